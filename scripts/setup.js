// Makes a fresh clone ready: system packages, npm packages, the native build, the TypeScript build. Each step is
// skipped when nothing it depends on has changed. `--test` adds the system packages that only `npm test` needs, `--dev`
// those that only `npm run lint` needs, `--bench` those that only `npm run bench` runs beside. It runs before there is
// a node_modules, hence plain JavaScript that imports nothing from npm.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { wasBuiltElsewhere } from './native-build.js';
import { ensureSystemPackages } from './system-packages.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stamps = join(root, '.setup');
const log = join(stamps, 'log');
/** Options and the system packages that they add. */
const extraPackages = { '--test': 'test', '--dev': 'lint', '--bench': 'peers' };
/** What denseam-experiments is built from: all there but what is built and installed. */
const experiments = fs
  .readdirSync(join(root, 'experiments'))
  .filter((name) => !['dist', 'node_modules'].includes(name))
  .map((name) => join('experiments', name));
/** What the compiled part is made from. */
const nativeInputs = ['package-lock.json', 'CMakeLists.txt', 'native', 'scripts/glibc-stubs.js', 'scripts/prebuild.sh'];
let stepsRun = 0;

function say(text) {
  console.log(`Set-up: ${text}`);
}

function requireNode() {
  const { engines } = JSON.parse(fs.readFileSync(join(root, 'package.json'), 'utf8'));
  const floor = engines.node.replace('>=', '');
  const number = (version) => version.split('.').reduce((sum, part) => sum * 1000 + Number(part), 0);
  if (number(process.versions.node) < number(floor)) {
    throw new Error(`Expected Node ${floor} or newer but this is Node ${process.versions.node}.`);
  }
}

/** npm needs a folder it may write to; without a usable home it gets one here. */
function environment() {
  try {
    fs.accessSync(homedir(), fs.constants.W_OK);
    return process.env;
  } catch {
    return { ...process.env, npm_config_cache: join(stamps, 'npm-cache') };
  }
}

/** Runs one command, its output kept aside and shown only when it fails. */
function run(title, [command, ...args]) {
  say(title);
  stepsRun++;
  const output = fs.openSync(log, 'w');
  const result = spawnSync(command, args, { cwd: root, env: environment(), stdio: ['ignore', output, output] });
  fs.closeSync(output);
  if (result.status === 0) return;
  process.stderr.write(fs.readFileSync(log));
  throw (
    result.error ?? new Error(`${[command, ...args].join(' ')} failed (${result.signal ?? `exit ${result.status}`})`)
  );
}

function filesUnder(path) {
  if (!fs.existsSync(path)) return [];
  if (!fs.statSync(path).isDirectory()) return [path];
  return fs
    .readdirSync(path)
    .sort()
    .flatMap((name) => filesUnder(join(path, name)));
}

/** The fingerprint of some files and folders on this kind of machine. */
function fingerprint(paths) {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}`);
  for (const file of paths.flatMap((path) => filesUnder(join(root, path)))) {
    hash.update(`\0${file.slice(root.length)}\0`).update(fs.readFileSync(file));
  }
  return hash.digest('hex');
}

/** Runs a step unless its output is there, was made from the same input, and is not stale for another reason. */
function step({ name, title, inputs, output, command, stale = false }) {
  const stamp = join(stamps, name);
  const current = fingerprint(inputs);
  const upToDate = !stale && fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === current;
  if (upToDate && fs.existsSync(join(root, output))) return;
  fs.rmSync(stamp, { force: true }); // a step that fails half way must run again
  run(title, command);
  fs.writeFileSync(stamp, current);
}

try {
  const start = Date.now();
  requireNode();
  fs.mkdirSync(stamps, { recursive: true });
  const extras = Object.entries(extraPackages).flatMap(([option, use]) => (process.argv.includes(option) ? [use] : []));
  ensureSystemPackages(extras, run);
  step({
    name: 'npm',
    title: 'npm packages (npm ci)',
    inputs: ['package-lock.json'],
    output: 'node_modules',
    command: ['npm', 'ci', '--include=dev'],
  });
  step({
    name: 'native',
    title: 'native build (npm run build:native)',
    inputs: nativeInputs,
    output: 'build/Release/denseam.node',
    command: ['npm', 'run', 'build:native'],
    stale: wasBuiltElsewhere(root),
  });
  if (extras.includes('test')) {
    step({
      name: 'prebuild',
      title: 'binary of the npm package (npm run prebuild)',
      inputs: nativeInputs,
      output: join('prebuilds', `${process.platform}-${process.arch}`, 'denseam.node'),
      command: ['npm', 'run', 'prebuild'],
    });
  }
  step({
    name: 'typescript',
    title: 'TypeScript build (npm run build:ts)',
    inputs: ['package-lock.json', 'package.json', 'tsconfig.json', 'tsdown.config.ts', 'lib', ...experiments],
    output: 'experiments/dist/index.js',
    command: ['npm', 'run', 'build:ts'],
  });
  say(stepsRun === 0 ? 'nothing to do' : `done in ${Math.round((Date.now() - start) / 1000)} s`);
} catch (error) {
  console.error(`Set-up: ${error.message}`);
  process.exitCode = 1;
}
