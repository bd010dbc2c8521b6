/** Calls at the same time on one memory, progress, and the event loop. */
import { describe, expect, it } from 'vitest';
import { GaussianMemory, type Progress } from '../../lib/index.ts';
import { expectSameBits } from '../support/assertions.ts';
import { concatenate, ordinary, scaled, select } from '../support/batches.ts';

describe('concurrent calls', () => {
  it('answer as they do one by one', async () => {
    const items = ordinary('full', 20, 24);
    const queries = scaled(ordinary('full', 6, 24), 1.1, 1.2);
    const memory = await GaussianMemory.create(items);
    const alone = await memory.retrieve(queries, { beta: 0.1, maxIterations: 4 });
    const distances = (await memory.distances(queries)).data;
    const calls = Array.from({ length: 12 }, () => memory.retrieve(queries, { beta: 0.1, maxIterations: 4 }));
    const others = Array.from({ length: 12 }, () => memory.distances(queries));
    for (const found of await Promise.all(calls)) {
      expectSameBits('states', found.states.covariances, alone.states.covariances);
      expectSameBits('energy', found.energy, alone.energy);
    }
    for (const { data } of await Promise.all(others)) expectSameBits('distances', data, distances);
  });

  it.each(['full', 'diagonal', 'isotropic'] as const)(
    'edits do not disturb a retrieval under way: %s',
    async (structure) => {
      const d = structure === 'full' ? 16 : 64;
      const items = ordinary(structure, 40, d);
      const queries = scaled(ordinary(structure, 10, d), 1.1, 1.2);
      const memory = await GaussianMemory.create(items);
      const options = { beta: 0.01, tolerance: 0, maxIterations: 12 };
      const quiet = await memory.retrieve(queries, options);
      const disturbed = memory.retrieve(queries, options);
      await Promise.all([memory.add(scaled(items, 5, 9)), memory.remove([0, 3, 4])]);
      await memory.add(scaled(items, 7, 2));
      const found = await disturbed;
      expectSameBits('states', found.states.covariances, quiet.states.covariances);
      expectSameBits('means', found.states.means, quiet.states.means);
      expectSameBits('energy', found.energy, quiet.energy);
      expect(memory.size).toBe(40 + 40 + 40 - 3);
    },
  );

  it('a call that begins after an edit has ended sees it', async () => {
    const items = ordinary('full', 5, 6);
    const memory = await GaussianMemory.create(select(items, [0, 1]));
    const [, before] = await Promise.all([memory.add(select(items, [2])), memory.distances(select(items, [0]))]);
    expect(before.columns === 2 || before.columns === 3).toBe(true);
    expect((await memory.distances(select(items, [0]))).columns).toBe(3);
    const full = await GaussianMemory.create(select(items, [0, 1, 2]));
    const expected = (await full.distances(items)).data;
    expectSameBits('distances', (await memory.distances(items)).data, expected);
  });
});

describe('progress', () => {
  const items = ordinary('full', 60, 48);
  const queries = concatenate(ordinary('full', 8, 48), scaled(ordinary('full', 8, 48), 2, 2));

  it('never falls, keeps its total, and ends at it', async () => {
    const memory = await GaussianMemory.create(items);
    const record = (reports: Progress[]) => (progress: Progress) => {
      reports.push({ ...progress });
    };
    const runs = {
      distances: (onProgress: (p: Progress) => void) => memory.distances(queries, { onProgress }),
      step: (onProgress: (p: Progress) => void) => memory.step(queries, { beta: 0.1, onProgress }),
      retrieve: (onProgress: (p: Progress) => void) =>
        memory.retrieve(queries, { beta: 0.1, maxIterations: 5, onProgress }),
      create: (onProgress: (p: Progress) => void) => GaussianMemory.create(items, { onProgress }),
    };
    for (const [name, run] of Object.entries(runs)) {
      const reports: Progress[] = [];
      await run(record(reports));
      expect(reports.length, name).toBeGreaterThan(0);
      reports.forEach(({ completed, total }, i) => {
        expect(total, name).toBe(reports[0]?.total);
        expect(completed, name).toBeGreaterThanOrEqual(reports[i - 1]?.completed ?? 0);
        expect(completed, name).toBeLessThanOrEqual(total);
      });
      expect(reports.at(-1)?.completed, name).toBe(reports[0]?.total);
    }
  });

  it('is silent after the promise has settled', async () => {
    const memory = await GaussianMemory.create(items);
    let settled = false;
    let late = 0;
    const onProgress = () => {
      if (settled) late++;
    };
    await memory.distances(queries, { onProgress });
    settled = true;
    await new Promise((done) => setTimeout(done, 120));
    expect(late).toBe(0);
  });
});

describe('the event loop', () => {
  it('runs on while all threads compute', { timeout: 30_000 }, async () => {
    const memory = await GaussianMemory.create(ordinary('full', 6, 400));
    let running = true;
    const call = memory.distances(scaled(ordinary('full', 12, 400), 1.1, 1.3)).finally(() => {
      running = false;
    });
    const lateness: number[] = [];
    while (running) {
      const start = performance.now();
      await new Promise((done) => setTimeout(done, 5));
      lateness.push(performance.now() - start - 5);
    }
    await call;
    lateness.sort((a, b) => a - b);
    expect(lateness.length).toBeGreaterThan(5);
    // The bench holds the bar of 20 ms at 99 %; here the machine runs other tests too, so half of the ticks.
    expect(lateness[Math.floor(lateness.length / 2)]).toBeLessThan(20);
  });
});
