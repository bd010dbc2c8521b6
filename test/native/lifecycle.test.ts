/** Threads, exits and memory: what only whole processes can show. */
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChildResult, runChild } from '../support/child.ts';
import { type CompiledPackage, compilePackage } from '../support/compiledPackage.ts';

let compiled: CompiledPackage;
beforeAll(() => {
  compiled = compilePackage();
}, 60_000);
afterAll(() => compiled?.remove());

/** A hang shows as SIGKILL at this limit; the slowest child takes about a tenth of it on two cores. */
const TIME_LIMIT = 120_000;

function run(script: string, args: readonly string[] = []): Promise<ChildResult> {
  return runChild(new URL(`./children/${script}`, import.meta.url), [compiled.entry, ...args], TIME_LIMIT);
}

describe('the pool', { timeout: TIME_LIMIT + 10_000 }, () => {
  it('survives thousands of short loops', async () => {
    const { code, signal, stdout, stderr } = await run('manyloops.mjs');
    expect({ code, signal, stdout, stderr }).toEqual({ code: 0, signal: null, stdout: 'done', stderr: '' });
  });
});

describe('worker threads', { timeout: TIME_LIMIT + 10_000 }, () => {
  it('load the addon too and compute the same bits at the same time', async () => {
    const { code, signal, stdout, stderr } = await run('workers.mjs');
    expect({ code, signal, stdout, stderr }).toEqual({ code: 0, signal: null, stdout: 'same', stderr: '' });
  });

  it('may be terminated while their calls run', async () => {
    const { code, signal, stdout, stderr } = await run('terminate.mjs');
    expect({ code, signal, stdout, stderr }).toEqual({ code: 0, signal: null, stdout: 'same', stderr: '' });
  });
});

describe('the end of the process', { timeout: TIME_LIMIT + 10_000 }, () => {
  it.each([0, 30, 150])('process.exit %i ms into running calls ends it cleanly', async (delay) => {
    const { code, signal, stdout, stderr } = await run('exit.mjs', [String(delay)]);
    expect({ code, signal, stderr }).toEqual({ code: 7, signal: null, stderr: '' });
    // The calls would run for minutes: each thread ends the one eigenproblem it is at (some 10 ms) and no more.
    expect(Date.now() - Number(stdout)).toBeLessThan(5000);
  });

  it('waits for a call whose promise is pending', async () => {
    const { code, signal, stdout, stderr } = await run('unfinished.mjs');
    expect({ code, signal, stdout, stderr }).toEqual({ code: 0, signal: null, stdout: '200', stderr: '' });
  });
});

describe('resident memory', { timeout: TIME_LIMIT + 10_000 }, () => {
  // A small young generation is full grown after the warm-up, and so is one heap of the C library; with one heap a
  // thread, as usual, resident memory creeps up by some MB over the first 150,000 calls before it stays.
  async function growth(work: 'retrievals' | 'edits'): Promise<number> {
    const script = new URL('./children/growth.mjs', import.meta.url);
    const flags = ['--expose-gc', '--max-semi-space-size=1'];
    const { code, stdout, stderr } = await runChild(script, [compiled.entry, work], TIME_LIMIT, flags, {
      MALLOC_ARENA_MAX: '1',
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { before, after } = JSON.parse(stdout) as { before: number; after: number };
    return after - before;
  }

  it('does not grow over 100,000 small retrievals', async () => {
    // 70,000 calls lie between the samples: a leak of 64 bytes a call would show as 4.3 MB. The noise is about 1 MB.
    expect(await growth('retrievals')).toBeLessThan(3);
  });

  it('of a service that reloads a file of 132 MB stays below 2.5 times the file', async () => {
    const saved = (await run('reloading.mjs', ['', 'save'])).stdout;
    try {
      // 20 when V8 does not know of them; one memory, with the next one beside it for a while, and what Node itself
      // takes. Where a variable holds the old memory until the next one is there, two of them and what Node itself
      // takes are 2.4.
      for (const [mode, index, bound] of [
        ['leave', 'index', 2.5],
        // The index, which is not loaded, is one byte of nine in the file.
        ['hold', 'none', 2.75 / (1 + 1 / 8)],
        ['hold', 'index', 2.75],
        ['close', 'index', 2.5],
      ] as const) {
        const { code, stdout, stderr } = await run('reloading.mjs', [mode, 'load', saved, index]);
        expect({ code, stderr }, mode).toEqual({ code: 0, stderr: '' });
        expect(Number(stdout), `${mode}, ${index}`).toBeLessThan(bound);
      }
    } finally {
      rmSync(dirname(saved), { recursive: true });
    }
  });

  it('does not grow over 10,000 additions and removals', async () => {
    // After 30,000 edits the allocators have settled. 7000 lie between the samples: an item kept with its arrays (some
    // 400 bytes) would show as 2.8 MB.
    expect(await growth('edits')).toBeLessThan(2);
  });
});
