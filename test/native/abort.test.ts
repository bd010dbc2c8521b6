/** Aborting: the promise rejects with the signal's reason, within 100 ms at every size, and nothing is half done. */
import { describe, expect, it } from 'vitest';
import { EuclideanMemory, GaussianMemory } from '../../lib/index.ts';
import { expectSameBits } from '../support/assertions.ts';
import { ordinary, scaled } from '../support/batches.ts';

/** The bar of the native rules: at most 100 ms from abort to rejection. */
const PROMPT = 100;

/** Aborts `delay` ms after the call began; resolves to the time from abort to rejection. */
async function timeToReject(call: (signal: AbortSignal) => Promise<unknown>, delay: number): Promise<number> {
  const controller = new AbortController();
  const reason = new Error('enough');
  const outcome = call(controller.signal).then(
    () => 'finished',
    (error: unknown) => error,
  );
  await new Promise((done) => setTimeout(done, delay));
  const start = performance.now();
  controller.abort(reason);
  expect(await outcome).toBe(reason);
  return performance.now() - start;
}

describe('a signal aborted before the call', () => {
  it('rejects every method with the signal reason', async () => {
    const items = ordinary('full', 3, 3);
    const query = ordinary('full', 1, 3);
    const memory = await GaussianMemory.create(items);
    const reason = { why: 'not an Error' };
    const signal = AbortSignal.abort(reason);
    const calls: Record<string, () => Promise<unknown>> = {
      create: () => GaussianMemory.create(items, { signal }),
      add: () => memory.add(items, { signal }),
      remove: () => memory.remove([0], { signal }),
      get: () => memory.get([0], { signal }),
      distances: () => memory.distances(query, { signal }),
      weights: () => memory.weights(query, { beta: 1, signal }),
      energy: () => memory.energy(query, { beta: 1, signal }),
      step: () => memory.step(query, { beta: 1, signal }),
      retrieve: () => memory.retrieve(query, { beta: 1, signal }),
      nearest: () => memory.nearest(query, { signal }),
      transportMaps: () => memory.transportMaps(query, [0], { signal }),
    };
    for (const [name, call] of Object.entries(calls)) {
      await expect(
        call().catch((error: unknown) => error),
        name,
      ).resolves.toBe(reason);
    }
    expect(memory.size).toBe(3);
  });

  it('without a reason of its own rejects with an AbortError', async () => {
    const call = GaussianMemory.create(ordinary('full', 2, 2), { signal: AbortSignal.abort() });
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('a signal aborted during the call', { timeout: 60_000 }, () => {
  it.each([
    [768, 20, 30],
    [768, 20, 200],
    [1200, 6, 30],
    [1200, 6, 300],
  ])('d = %i, %i items, after %i ms', async (d, count, delay) => {
    const memory = await GaussianMemory.create(ordinary('full', count, d));
    const queries = scaled(ordinary('full', 3, d), 1.1, 1.3);
    for (const call of [
      (signal: AbortSignal) => memory.distances(queries, { signal }),
      (signal: AbortSignal) => memory.retrieve(queries, { beta: 1e-4, tolerance: 0, signal }),
    ]) {
      expect(await timeToReject(call, delay)).toBeLessThan(PROMPT);
    }
    // It goes on answering, also while the aborted work is still winding down.
    expect((await memory.get([1])).dimension).toBe(d);
  });

  it('create and add: nothing is added', async () => {
    const items = ordinary('full', 60, 400);
    expect(await timeToReject((signal) => GaussianMemory.create(items, { signal }), 10)).toBeLessThan(PROMPT);
    const few = ordinary('full', 2, 400);
    const memory = await GaussianMemory.create(few);
    const before = (await memory.distances(few)).data;
    expect(await timeToReject((signal) => memory.add(items, { signal }), 10)).toBeLessThan(PROMPT);
    expect(memory.size).toBe(2);
    expectSameBits('distances', (await memory.distances(few)).data, before);
    await memory.add(few);
    expect(memory.size).toBe(4);
  });

  it('diagonal and Euclidean memories, in the middle of a large batch', async () => {
    const items = ordinary('diagonal', 50_000, 64);
    const queries = scaled(ordinary('diagonal', 400, 64), 1.1, 1.3);
    const memory = await GaussianMemory.create(items);
    const options = { beta: 0.01, tolerance: 0, maxIterations: 1000 };
    expect(await timeToReject((signal) => memory.retrieve(queries, { ...options, signal }), 200)).toBeLessThan(PROMPT);
    const vectors = await EuclideanMemory.create({ count: items.count, dimension: 64, values: items.means });
    const asked = { count: 400, dimension: 64, values: queries.means };
    expect(await timeToReject((signal) => vectors.retrieve(asked, { ...options, signal }), 200)).toBeLessThan(PROMPT);
  });

  it('an aborted call does not hold up the ones after it', async () => {
    const memory = await GaussianMemory.create(ordinary('full', 10, 300));
    const queries = scaled(ordinary('full', 10, 300), 1.1, 1.3);
    const controller = new AbortController();
    const long = { beta: 1e-4, tolerance: 0, maxIterations: 10_000, signal: controller.signal };
    const aborted = Array.from({ length: 8 }, () => memory.retrieve(queries, long).catch((error: unknown) => error));
    await new Promise((done) => setTimeout(done, 100));
    controller.abort();
    for (const outcome of await Promise.all(aborted)) expect(outcome).toMatchObject({ name: 'AbortError' });
    const start = performance.now();
    await memory.get([0]);
    // Each of the pool's threads finishes the one eigenproblem it is at (some 10 ms at d = 300) and no more.
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it('a signal that aborts after the end changes nothing', async () => {
    const controller = new AbortController();
    const memory = await GaussianMemory.create(ordinary('full', 2, 2), { signal: controller.signal });
    controller.abort();
    expect((await memory.get([0])).count).toBe(1);
  });

  it('one signal may serve many calls without piling up listeners', async () => {
    const { signal } = new AbortController();
    const warnings: Error[] = [];
    const listen = (warning: Error) => warnings.push(warning);
    process.on('warning', listen);
    const memory = await GaussianMemory.create(ordinary('full', 2, 2));
    for (let i = 0; i < 50; i++) await memory.energy(ordinary('full', 1, 2), { beta: 1, signal });
    await new Promise((done) => setImmediate(done));
    process.off('warning', listen);
    expect(warnings).toEqual([]);
  });
});
