import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EuclideanMemory, writeNpz } from '../../lib/index.ts';
import { type CompiledPackage, compilePackage } from '../support/compiledPackage.ts';
import { temporaryDirectory } from './support.ts';

// Saving in a process that is killed, and in one that may do little.

const file = temporaryDirectory();
let compiled: CompiledPackage;
beforeAll(() => {
  compiled = compilePackage();
}, 60_000);
afterAll(() => compiled.remove());

/** Runs a program that has the package as `denseam` and the path as `path`. */
function run(program: string, path: string, flags: readonly string[] = [], limits = 'true') {
  const text = `import * as denseam from ${JSON.stringify(compiled.entry)}; const path = ${JSON.stringify(path)}; ${program}`;
  const args = [...flags, '--input-type=module', '--eval', text];
  return spawnSync('bash', ['-c', `${limits}; exec "$@"`, 'bash', process.execPath, ...args], {
    encoding: 'utf8',
    cwd: file(),
  });
}

const create =
  'const memory = await denseam.EuclideanMemory.create({ count: 2, dimension: 2e6, values: new Float64Array(4e6) });';

test('what a killed save leaves goes with the next save', async () => {
  const killed = run(
    `${create} await memory.save(path, { onProgress: () => process.kill(process.pid, 'SIGKILL') });`,
    file('a'),
  );
  expect(killed.signal).toBe('SIGKILL');
  expect(readdirSync(file())).toEqual([expect.stringMatching(/^\.denseam-.*\.tmp$/)]);
  const memory = await EuclideanMemory.create({ count: 1, dimension: 2, values: Float64Array.of(1, 2) });
  await memory.save(file('a'));
  expect(readdirSync(file())).toEqual(['a']);
});

const isLinux = process.platform === 'linux';

test('a file that may not grow so large: the one before stays whole, and nothing is left', async () => {
  const memory = await EuclideanMemory.create({ count: 1, dimension: 2, values: Float64Array.of(1, 2) });
  await memory.save(file('a'));
  const { stdout, status } = run(
    `${create} await memory.save(path).catch((error) => console.log(error.code, error.message));`,
    file('a'),
    [],
    'ulimit -f 64',
  );
  expect({ stdout, status }).toEqual({
    stdout: expect.stringMatching(/^EFBIG Cannot write file ".*a": file too large \(EFBIG\)\n$/),
    status: 0,
  });
  expect((await EuclideanMemory.load(file('a'))).size).toBe(1);
  expect(readdirSync(file())).toEqual(['a']);
});

/** Opens files until the process may open no more; `free` closes them. */
const exhaust = `import { closeSync, openSync } from 'node:fs'; const held = [];
  const fill = () => { try { for (;;) held.push(openSync('/dev/null')); } catch {} };
  const free = () => { for (const each of held.splice(0)) closeSync(each); };
  const told = (call) => call.then(() => console.log('done'), ({ code, message }) => console.log(code, message));`;

test.runIf(isLinux)('a process out of descriptors at its first save removes litter like any other later', async () => {
  const killed = run(
    `${create} ${exhaust} fill(); await told(memory.save(path)); free();
    await memory.save(path, { onProgress: () => process.kill(process.pid, 'SIGKILL') });`,
    file('a'),
    [],
    'ulimit -n 300',
  );
  expect(killed.stdout).toMatch(/^EMFILE Cannot write file ".*a": too many open files \(EMFILE\)\n$/);
  expect(killed.signal).toBe('SIGKILL');
  expect(readdirSync(file())).toHaveLength(1);
  const memory = await EuclideanMemory.create({ count: 1, dimension: 2, values: Float64Array.of(1, 2) });
  await memory.save(file('a'));
  expect(readdirSync(file())).toEqual(['a']);
});

test.runIf(isLinux)('archives name their file when the process is out of descriptors', async () => {
  await writeNpz(file('a'), [{ name: 'x', shape: [1], data: Float64Array.of(1) }]);
  const { stdout } = run(
    `${exhaust} const arrays = [{ name: 'x', shape: [1], data: Float64Array.of(1) }];
    fill(); await told(denseam.writeNpz(path, arrays)); await told(denseam.readNpz(path)); free();`,
    file('a'),
    [],
    'ulimit -n 300',
  );
  const [writing, reading, ...rest] = stdout.split('\n');
  // Newer Nodes say so in another way while they load the package that writes archives.
  expect(writing).toMatch(
    /^(EMFILE Cannot write file ".*a": too many open files \(EMFILE\)|ERR_INVALID_PACKAGE_CONFIG .*)$/,
  );
  expect(reading).toMatch(/^EMFILE Cannot read file ".*a": too many open files \(EMFILE\)$/);
  expect(rest).toEqual(['']);
});

const permission = ['--permission', '--experimental-permission'].find((flag) =>
  process.allowedNodeEnvironmentFlags.has(flag),
);

test.runIf(permission)("under Node's permission model", () => {
  const flags = [permission as string, '--allow-addons', '--allow-fs-read=*'];
  const save = `${create} for (let i = 0; i < 2; i++) await memory.save(path);
    console.log((await denseam.EuclideanMemory.load(path)).size);`;
  const saved = run(save, file('a'), [...flags, `--allow-fs-write=${file()}`]);
  expect(saved).toMatchObject({ stdout: '2\n', status: 0 });
  expect(readdirSync(file())).toEqual(['a']);
  const forbidden = run(
    `${create} await memory.save(path).catch((error) => console.log(error.code, error.message));`,
    file('b'),
    flags,
  );
  expect(forbidden.stdout).toMatch(
    /^ERR_ACCESS_DENIED Cannot write file ".*b": Node may not touch it; .*--allow-fs-write/,
  );
});
