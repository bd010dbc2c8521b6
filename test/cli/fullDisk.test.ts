import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CompiledPackage, compilePackage } from '../support/compiledPackage.ts';

// /dev/full is a disk without room: every write to it fails.
describe.runIf(existsSync('/dev/full'))('a full disk', () => {
  let compiled: CompiledPackage;
  let full: number;
  beforeAll(() => {
    compiled = compilePackage();
    full = openSync('/dev/full', 'w');
  }, 60_000);
  afterAll(() => {
    closeSync(full);
    compiled.remove();
  });
  const denseam = (args: readonly string[], stdout: number | 'pipe', stderr: number | 'pipe') => {
    const command = fileURLToPath(new URL('cli/denseam.js', compiled.entry));
    return spawnSync(process.execPath, [command, ...args], { stdio: ['ignore', stdout, stderr], encoding: 'utf8' });
  };

  it.each([[['data', 'list', '--json']], [['--help']]])('below the output of %j: one line, exit code 1', (args) => {
    const { status, stderr } = denseam(args, full, 'pipe');
    expect(stderr).toMatch(/^Error: Cannot write to stdout: ENOSPC.*\n$/);
    expect(status).toBe(1);
  });

  it('below the messages: the results are there, and the exit code tells', () => {
    expect(denseam(['data', 'fetch', 'none'], 'pipe', full)).toMatchObject({ status: 2, stdout: '' });
    expect(denseam(['data', 'list'], 'pipe', full)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('mnist'),
    });
  });
});
