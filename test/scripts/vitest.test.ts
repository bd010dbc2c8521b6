import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { testsThrough } from '../../scripts/stress/vitest.ts';

const folder = mkdtempSync(join(tmpdir(), 'denseam-vitest-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What comes of a file with these tests. */
async function outcomeOf(name: string, text: string) {
  const file = join(folder, `${name}.test.mjs`);
  writeFileSync(file, text);
  const tests = testsThrough(join(folder, `${name}.json`), [`${name}.test`, '--root', folder, '--globals']);
  const [program = '', ...args] = tests.command;
  const { status, signal } = spawnSync(program, args, { stdio: 'ignore', cwd: folder });
  return { file, ...(await tests.outcome(status ?? `${signal}`)) };
}

it('counts the tests that passed', async () => {
  const { counts, faults } = await outcomeOf(
    'passing',
    "it('a', () => {}); it('b', () => {}); it.skip('c', () => {});",
  );
  expect({ counts, faults }).toEqual({ counts: { 'tests passed': 2 }, faults: [] });
});

it('reports each test that failed', async () => {
  const failing = await outcomeOf(
    'failing',
    "it('a', () => { throw new Error('first\\nsecond'); }); it('b', () => {});",
  );
  expect(failing.counts).toEqual({ 'tests passed': 1 });
  expect(failing.faults).toEqual([`${failing.file}: a: Error: first`]);
});

it('reports each file that could not be run', async () => {
  const broken = await outcomeOf('broken', "throw new Error('no test here')");
  expect(broken.faults).toEqual([`${broken.file}: no test here`]);
});

it.each([
  ['a process that dies', "it('a', () => {}); it('b', () => process.kill(process.pid, 'SIGKILL'));"],
  [
    'an error outside the tests',
    "it('a', () => {}); setTimeout(() => { throw new Error('late'); }); it('b', () => new Promise((r) => setTimeout(r, 50)));",
  ],
  ['a hook that fails', "describe('a', () => { beforeAll(() => { throw new Error('hook'); }); it('b', () => {}); });"],
])('reports %s', async (what, text) => {
  const { faults } = await outcomeOf(what.replaceAll(' ', '-'), text);
  expect(faults).toEqual([expect.stringMatching(/^vitest ended with 1: \d tests passed, none failed$/)]);
});

it('reports a run without a report', async () => {
  const tests = testsThrough(join(folder, 'none.json'), []);
  expect((await tests.outcome('SIGKILL')).faults).toEqual(['vitest ended with SIGKILL: 0 tests passed, none failed']);
});

it('reports a run without a test', async () => {
  const { faults } = await outcomeOf('skipped', "it.skip('a', () => {});");
  expect(faults).toEqual(['vitest ended with 0: 0 tests passed, none failed']);
});
