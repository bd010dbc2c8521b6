/** How many threads compute, and what refuses others. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultThreads } from '../../lib/core/defaultThreads.ts';
import { setThreads, threads } from '../../lib/index.ts';
import { native } from '../../lib/native/addon.ts';
import { type CompiledPackage, compilePackage } from '../support/compiledPackage.ts';

describe('the default', () => {
  const bounds = { wish: undefined, processors: 8, quota: Number.POSITIVE_INFINITY, most: 64 };

  it('is what the process may use, and the linked BLAS can serve', () => {
    expect(defaultThreads(bounds)).toBe(8);
    expect(defaultThreads({ ...bounds, quota: 3 })).toBe(3);
    expect(defaultThreads({ ...bounds, processors: 300 })).toBe(64);
    expect(defaultThreads({ ...bounds, wish: '' })).toBe(8);
  });

  it('is what was wished for', () => {
    expect(defaultThreads({ ...bounds, wish: '12' })).toBe(12);
    expect(defaultThreads({ ...bounds, wish: '64' })).toBe(64);
  });

  it.each(['abc', '0', '-1', '2.5', '65', '1e1', 'NaN', '4 threads'])('refuses DENSEAM_THREADS=%s', (wish) => {
    expect(() => defaultThreads({ ...bounds, wish })).toThrow(
      expect.objectContaining({
        code: 'ERR_RANGE',
        message: `Expected an integer from 1 to 64 for DENSEAM_THREADS of the environment but received "${wish}"`,
      }),
    );
  });
});

describe('setThreads', () => {
  it('takes as many as the linked OpenBLAS was built for, and no more', () => {
    const before = threads();
    const built = Number(/MAX_THREADS=(\d+)/.exec(native.blas())?.[1]);
    expect(native.mostThreads()).toBe(built);
    setThreads(built);
    expect(threads()).toBe(built);
    for (const count of [built + 1, 1024, 1e9]) {
      expect(() => setThreads(count)).toThrow(
        expect.objectContaining({
          code: 'ERR_RANGE',
          message: `Expected at most ${built} for count, the limit of the linked OpenBLAS, but received ${count}`,
          argument: 'count',
          expected: `at most ${built}`,
          received: String(count),
        }),
      );
      expect(() => native.setThreads(count)).toThrow(expect.objectContaining({ code: 'ERR_RANGE' }));
    }
    expect(threads()).toBe(built);
    setThreads(before);
  });
});

describe('a process of its own', { timeout: 60_000 }, () => {
  let compiled: CompiledPackage;
  beforeAll(() => {
    compiled = compilePackage();
  }, 60_000);
  afterAll(() => compiled?.remove());

  const script = (entry: string) =>
    `const { threads } = await import(${JSON.stringify(entry)}); console.log(threads());`;

  async function run(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const node = ['--input-type=module', '-e', script(compiled.entry)];
    const { DENSEAM_THREADS: _, ...inherited } = process.env;
    return promisify(execFile)(command, [...args, ...node], { env: { ...inherited, ...env } });
  }

  it.runIf(process.platform === 'linux')('takes the processors of its affinity', async () => {
    expect((await run('taskset', ['-c', '0', process.execPath])).stdout.trim()).toBe('1');
  });

  it('takes DENSEAM_THREADS, and cannot load with one that is none', async () => {
    expect((await run(process.execPath, [], { DENSEAM_THREADS: '5' })).stdout.trim()).toBe('5');
    const { stderr } = (await run(process.execPath, [], { DENSEAM_THREADS: 'abc' }).catch((error) => error)) as {
      stderr: string;
    };
    expect(stderr).toMatch(/DenseamError: Expected an integer from 1 to \d+ for DENSEAM_THREADS .* received "abc"/);
    expect(stderr).toMatch(/ERR_RANGE/);
  });
});
