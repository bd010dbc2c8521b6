// Step 1 of a release: everything names one version, which is the tag's where one is given as the argument (v1.2.3). With
// --packed that includes what pack.js made in npm/.
import { readdirSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const library = JSON.parse(read('package.json'));
const experiments = JSON.parse(read('experiments/package.json'));
const lock = JSON.parse(read('package-lock.json')).packages;

/** The versions of the packages in npm/, and those of the binaries that the published denseam asks for. */
function packedVersions() {
  const folders = readdirSync(new URL('../../npm', import.meta.url));
  const manifests = folders.map((folder) => JSON.parse(read(`npm/${folder}/package.json`)));
  const wanted = manifests.find(({ name }) => name === 'denseam').optionalDependencies;
  return Object.fromEntries([
    ...manifests.map(({ name, version }) => [`${name} in npm/`, version]),
    ...Object.entries(wanted).map(([name, version]) => [`${name} in npm/denseam/package.json`, version]),
    ...Object.keys(wanted).map((name) => [`${name} in npm/`, manifests.find((other) => other.name === name)?.version]),
  ]);
}

const { values: options, positionals } = parseArgs({
  options: { packed: { type: 'boolean' } },
  allowPositionals: true,
});
const { version } = library;
const tag = positionals[0];
const found = {
  'experiments/package.json': experiments.version,
  'peerDependencies of experiments': experiments.peerDependencies.denseam,
  'package-lock.json': lock[''].version,
  'package-lock.json, experiments': lock.experiments.version,
  'CITATION.cff': /^version: (.*)$/m.exec(read('CITATION.cff'))?.[1],
  ...(tag && { 'the tag': tag.replace(/^v/, '') }),
  ...(options.packed && packedVersions()),
};

const others = Object.entries(found).filter(([, theirs]) => theirs !== version);
for (const [where, theirs] of others) console.error(`${where}: expected version ${version} but received ${theirs}`);
if (others.length === 0) console.log(`Version ${version}`);
process.exitCode = others.length === 0 ? 0 : 1;
