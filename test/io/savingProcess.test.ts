import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EuclideanMemory } from '../../lib/index.ts';
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
function run(program: string, path: string, flags: readonly string[] = []) {
  const text = `import * as denseam from ${JSON.stringify(compiled.entry)}; const path = ${JSON.stringify(path)}; ${program}`;
  const args = [...flags, '--input-type=module', '--eval', text];
  return spawnSync(process.execPath, args, { encoding: 'utf8', cwd: file() });
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
