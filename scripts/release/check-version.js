// Step 1 of a release: everything names one version, which is the tag's where one is given as the argument (v1.2.3).
import { readFileSync } from 'node:fs';

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const library = JSON.parse(read('package.json'));
const experiments = JSON.parse(read('experiments/package.json'));
const lock = JSON.parse(read('package-lock.json')).packages;

const { version } = library;
const tag = process.argv[2];
const found = {
  'experiments/package.json': experiments.version,
  'peerDependencies of experiments': experiments.peerDependencies.denseam,
  'package-lock.json': lock[''].version,
  'package-lock.json, experiments': lock.experiments.version,
  'CITATION.cff': /^version: (.*)$/m.exec(read('CITATION.cff'))?.[1],
  ...(tag && { 'the tag': tag.replace(/^v/, '') }),
};

const others = Object.entries(found).filter(([, theirs]) => theirs !== version);
for (const [where, theirs] of others) console.error(`${where}: expected version ${version} but received ${theirs}`);
if (others.length === 0) console.log(`Version ${version}`);
process.exitCode = others.length === 0 ? 0 : 1;
