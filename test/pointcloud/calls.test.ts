/** Calls of a point-cloud memory: large batches, progress and cancellation. */
import { describe, expect, it } from 'vitest';
import { PointCloudMemory, type Progress } from '../../lib/index.ts';
import { expectFailure, expectSameBits } from '../support/assertions.ts';
import { copyOfClouds, selectClouds, someClouds } from './batches.ts';
import { beta, create, epsilon, expectSameMemory, items, queries } from './smallMemory.ts';

describe('large batches', { timeout: 60_000 }, () => {
  // 17.6 MB: more than is handed over at once.
  const many = someClouds(5, new Array(1100).fill(2), 1000);

  it('are stored and asked about in parts as in one', async () => {
    const seen: Progress[] = [];
    const memory = await PointCloudMemory.create(many, { epsilon: 100, onProgress: (p) => seen.push(p) });
    expectProgress(seen, 1100);
    const last = await memory.get([0, 1049, 1099]);
    expectSameBits('points', last.points, selectClouds(many, [0, 1049, 1099]).points);
    const few = await PointCloudMemory.create(selectClouds(many, [3, 1098]), { epsilon: 100 });
    const all = await few.divergences(many);
    const alone = await few.divergences(selectClouds(many, [0, 1099]));
    expectSameBits('first', all.data.subarray(0, 2), alone.data.subarray(0, 2));
    expectSameBits('last', all.data.subarray(-2), alone.data.subarray(-2));
    const next = await few.step(many, { beta: 0.01 });
    expectSameBits('offsets', next.offsets, many.offsets);
    const [first, end] = [
      await few.step(selectClouds(many, [0]), { beta: 0.01 }),
      await few.step(selectClouds(many, [1099]), { beta: 0.01 }),
    ];
    expectSameBits('first step', next.points.subarray(0, 2000), first.points);
    expectSameBits('last step', next.points.subarray(-2000), end.points);
  });

  it('that are transferred during the call end in an error', async () => {
    const memory = await PointCloudMemory.create(selectClouds(many, [0]), { epsilon: 100 });
    const own = copyOfClouds(many);
    const call = memory.add(own);
    structuredClone(own.points, { transfer: [own.points.buffer as ArrayBuffer] });
    await expectFailure(() => call, 'ERR_SHAPE', 'items', 'detached');
    expect(memory.size).toBe(1);
  });

  it('with a fault in a later part store nothing, and the error counts from the start', async () => {
    const memory = await PointCloudMemory.create(selectClouds(many, [0]), { epsilon: 100 });
    const broken = copyOfClouds(many);
    broken.weights[2 * 1090] = -1;
    await expectFailure(() => memory.add(broken), 'ERR_RANGE', /items\[1090\]/);
    expect(memory.size).toBe(1);
  });
});

function expectProgress(seen: readonly Progress[], total: number): void {
  expect(seen.length).toBeGreaterThan(0);
  expect(seen.every((progress) => progress.total === total)).toBe(true);
  const completed = seen.map((progress) => progress.completed);
  expect(completed).toEqual([...completed].sort((a, b) => a - b));
  expect(completed.at(-1)).toBe(total);
}

describe('progress', () => {
  it('of reads counts item evaluations and ends at all of them', async () => {
    const memory = await create();
    const during = async (call: (onProgress: (progress: Progress) => void) => Promise<unknown>, total: number) => {
      const seen: Progress[] = [];
      await call((progress) => seen.push(progress));
      expectProgress(seen, total);
    };
    await during((onProgress) => memory.divergences(queries, { onProgress }), 18);
    await during((onProgress) => memory.energy(queries, { beta, onProgress }), 18);
    await during((onProgress) => memory.retrieve(queries, { beta, maxIterations: 3, onProgress }), 4 * 18);
    await during((onProgress) => memory.sweep(queries, { betas: [1, 2], maxIterations: 3, onProgress }), 2 * 4 * 18);
    await during((onProgress) => memory.add(items, { onProgress }), 6);
  });

  it('whose callback throws rejects the call with what it threw', async () => {
    const memory = await create();
    const thrown = new Error('from the callback');
    const onProgress = (): never => {
      throw thrown;
    };
    await expect(memory.divergences(queries, { onProgress }).catch((error: unknown) => error)).resolves.toBe(thrown);
    await expect(memory.add(items, { onProgress }).catch((error: unknown) => error)).resolves.toBe(thrown);
    await expectSameMemory(memory, items);
  });
});

describe('a signal', () => {
  it('aborted before the call rejects every verb with its reason', async () => {
    const memory = await create();
    const reason = { why: 'not an Error' };
    const signal = AbortSignal.abort(reason);
    const calls: Record<string, () => Promise<unknown>> = {
      create: () => PointCloudMemory.create(items, { epsilon, signal }),
      add: () => memory.add(items, { signal }),
      remove: () => memory.remove([0], { signal }),
      get: () => memory.get([0], { signal }),
      save: () => memory.save('never.safetensors', { signal }),
      divergences: () => memory.divergences(queries, { signal }),
      weights: () => memory.weights(queries, { beta, signal }),
      energy: () => memory.energy(queries, { beta, signal }),
      gradient: () => memory.gradient(queries, { beta, signal }),
      step: () => memory.step(queries, { beta, signal }),
      retrieve: () => memory.retrieve(queries, { beta, signal }),
      sweep: () => memory.sweep(queries, { betas: [beta], signal }),
      nearest: () => memory.nearest(queries, { signal }),
      transportMaps: () => memory.transportMaps(selectClouds(queries, [0]), [0], { signal }),
    };
    for (const [name, call] of Object.entries(calls)) {
      await expect(
        call().catch((error: unknown) => error),
        name,
      ).resolves.toBe(reason);
    }
    await expectSameMemory(memory, items);
  });

  it('aborted during a call stops it promptly and leaves the memory as it was', { timeout: 60_000 }, async () => {
    const large = someClouds(3, new Array(300).fill(400), 2); // half a second of transport of each to itself and no other
    const memory = await create();
    const sharp = await PointCloudMemory.create(selectClouds(large, [0, 1, 2, 3]), { epsilon: 0.01 });
    const abortedAfter = async (call: (signal: AbortSignal) => Promise<unknown>) => {
      const controller = new AbortController();
      const outcome = call(controller.signal).then(
        () => 'finished',
        (error: unknown) => error,
      );
      await new Promise((done) => setTimeout(done, 20));
      const start = performance.now();
      controller.abort('enough');
      expect(await outcome).toBe('enough');
      expect(performance.now() - start).toBeLessThan(100); // the bar of the other memories
    };
    await abortedAfter((signal) => PointCloudMemory.create(large, { epsilon: 0.01, signal }));
    await abortedAfter((signal) => memory.add(large, { signal }));
    await abortedAfter((signal) => sharp.add(large, { signal }));
    await abortedAfter((signal) => sharp.divergences(large, { signal }));
    await abortedAfter((signal) => sharp.retrieve(large, { beta, tolerance: 0, maxIterations: 10_000, signal }));
    expect(sharp.size).toBe(4);
    await expectSameMemory(memory, items);
  });
});
