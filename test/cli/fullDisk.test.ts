import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

  it('below a report: the file of the run before stays whole, and nothing is left beside it', () => {
    const out = mkdtempSync(join(tmpdir(), 'denseam-test-'));
    const folder = join(out, 'gaussian-planar');
    mkdirSync(folder);
    writeFileSync(join(folder, 'result.json'), 'of the run before');
    const command = fileURLToPath(new URL('cli/denseam.js', compiled.entry));
    // As on a disk with little room, the first write of a large file stops half-way without an error.
    const limited = ['-c', 'ulimit -f 64; exec "$@"', 'bash', process.execPath, command];
    const args = ['experiment', 'run', 'gaussian-planar', '--quick', '--out', out];
    const { status, stderr } = spawnSync('bash', [...limited, ...args], { encoding: 'utf8' });
    expect(stderr).toMatch(/Cannot write file ".*result\.json": file too large \(EFBIG\)\n$/);
    expect(status).toBe(1);
    expect(readFileSync(join(folder, 'result.json'), 'utf8')).toBe('of the run before');
    expect(readdirSync(folder).filter((name) => /tmp|result\.json./.test(name))).toEqual([]);
    rmSync(out, { recursive: true });
  });
});
