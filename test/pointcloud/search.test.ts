/** What the memory leaves out, finds and returns: pruning, neighbours, transport, edits, and threads. */
import { afterAll, describe, expect, it } from 'vitest';
import { type NativeCloudItems, native } from '../../lib/native/addon.ts';
import { runTask } from '../../lib/native/calls.ts';
import { type Cloud, images, transport } from '../reference/pointCloud.ts';
import type { Row } from '../reference/sinkhorn.ts';
import { expectRelative, expectSameBits, expectWithin } from '../support/assertions.ts';
import { check } from '../support/check.ts';
import { batchOf, randomCloud, transformed } from '../support/clouds.ts';
import { TestRandom } from '../support/random.ts';
import {
  cloudAt,
  divergencesByReference,
  divergencesTo,
  EXACT_PRUNING,
  memoryCases,
  nearestOf,
  retrieve,
  storedClouds,
  sweep,
  weightsOf,
} from './memorySupport.ts';
import { SOLVER } from './support.ts';

const initialThreads = native.threads();
afterAll(() => native.setThreads(initialThreads));

/** Clouds around centres of their own, so that most items are far from a query. */
function scattered(seed: number, count: number, width: number): { items: Cloud[]; queries: Cloud[] } {
  const random = new TestRandom(seed);
  const cloud = (size: number) => {
    const centre = random.normals(3);
    return transformed(randomCloud(random, size, 3), (x) => x.map((v, c) => width * v + (centre[c] as number)));
  };
  const items = Array.from({ length: count }, () => cloud(3 + random.below(5)));
  return { items, queries: [cloud(4), cloud(6), items[0] as Cloud] };
}

describe('pruning', () => {
  it('changes nothing that doubles show', () =>
    check(memoryCases({ maxItems: 30, queries: 3, maxPoints: 5, sharpnesses: [1, 100, 1e4] }), 15, async (given) => {
      const { items, queries, epsilon, beta, size } = given;
      const stored = await storedClouds(items, epsilon);
      const [all, some] = [
        await weightsOf(stored, queries, beta),
        await weightsOf(stored, queries, beta, EXACT_PRUNING),
      ];
      expectWithin('energy', some.energy, all.energy, 1e-11 * size);
      expectWithin('weights', some.weights, all.weights, 1e-10 * (1 + beta * size));
      const whole = await retrieve(stored, queries, beta, epsilon, { maxIterations: 3 });
      const pruned = await retrieve(stored, queries, beta, epsilon, { maxIterations: 3, pruning: EXACT_PRUNING });
      expectWithin('points', pruned.states.points, whole.states.points, 1e-6 * Math.sqrt(size));
      expectWithin('weights after', pruned.states.weights, whole.states.weights, 1e-6);
      expectWithin('energy after', pruned.energy, whole.energy, 1e-9 * size);
      expect([...pruned.nearest]).toEqual([...whole.nearest]);
      for (const dropped of pruned.droppedMass) expect(dropped).toBeLessThanOrEqual(EXACT_PRUNING);
      expect([...whole.droppedMass]).toEqual(queries.map(() => 0));
    }));

  it('bounds what it leaves out', async () => {
    const { items, queries } = scattered(5, 60, 0.3);
    for (const epsilon of [0.01, 0.3]) {
      const stored = await storedClouds(items, epsilon);
      for (const beta of [0.5, 3, 20, 200]) {
        const { energy } = await weightsOf(stored, queries, beta);
        for (const pruning of [1e-1, 1e-3, 1e-9]) {
          const found = await retrieve(stored, queries, beta, epsilon, { maxIterations: 0, pruning });
          found.energy.forEach((pruned, q) => {
            // The energy of the items that were evaluated says how much mass the others have.
            const left = -Math.expm1(-beta * (pruned - (energy[q] as number)));
            const bound = found.droppedMass[q] as number;
            expect(bound).toBeLessThanOrEqual(pruning);
            expect(left).toBeLessThanOrEqual(bound + 1e-11 * beta);
            if ((found.evaluated[q] as number) === items.length) expect(bound).toBe(0);
          });
        }
      }
    }
  });

  it('saves most of the work where items are far apart and beta is sharp', async () => {
    const { items, queries } = scattered(6, 200, 0.1);
    const stored = await storedClouds(items, 0.01);
    const found = await retrieve(stored, queries, 200, 0.01, { maxIterations: 0, pruning: EXACT_PRUNING });
    for (const evaluated of found.evaluated) expect(evaluated).toBeLessThan(100);
    const whole = await retrieve(stored, queries, 200, 0.01, { maxIterations: 0 });
    expect([...whole.evaluated]).toEqual(queries.map(() => 200));
  });

  it('cannot prune at a small beta, and does not', async () => {
    const { items, queries } = scattered(7, 20, 0.3);
    const stored = await storedClouds(items, 0.1);
    const found = await retrieve(stored, queries, 1e-6, 0.1, { maxIterations: 0, pruning: EXACT_PRUNING });
    expect([...found.evaluated]).toEqual(queries.map(() => 20));
  });
});

describe('nearest', () => {
  it('are those of brute force, in order', () =>
    check(memoryCases({ maxItems: 30, queries: 3, maxPoints: 5 }), 25, async ({ items, queries, epsilon, size }) => {
      const stored = await storedClouds(items, epsilon);
      const { values } = await divergencesTo(stored, queries);
      const k = Math.min(4, items.length);
      for (const prune of [true, false]) {
        const found = await nearestOf(stored, queries, k, prune);
        for (const q of queries.keys()) {
          const row = values.subarray(q * items.length, (q + 1) * items.length);
          const sorted = [...row].sort((x, y) => x - y).slice(0, k);
          const [from, to] = [q * k, (q + 1) * k];
          expectWithin('divergences', found.divergences.subarray(from, to), sorted, 1e-11 * size);
          const indices = [...found.indices.subarray(from, to)];
          expect(new Set(indices).size).toBe(k);
          expectWithin(
            'of these items',
            indices.map((index) => row[index] as number),
            sorted,
            1e-11 * size,
          );
        }
      }
    }));

  it('of an item is the item', async () => {
    const { items } = scattered(8, 30, 0.5);
    const stored = await storedClouds(items, 0.1);
    const found = await nearestOf(stored, items, 1, true);
    expect([...found.indices]).toEqual(items.map((_, i) => i));
    expectWithin(
      'divergences',
      found.divergences,
      items.map(() => 0),
      1e-12,
    );
  });
});

describe('transport', () => {
  it('takes the points of a query where the reference says', () =>
    check(memoryCases(), 25, async ({ items, queries, epsilon, size }) => {
      const stored = await storedClouds(items, epsilon);
      const query = queries[0] as Cloud;
      const indices = Int32Array.from(items, (_, i) => items.length - 1 - i);
      const found = await runTask((onProgress) =>
        native.cloudTransport(stored, batchOf([query], 'queries'), { indices, firstIndex: 0, onProgress }),
      );
      const expected = [...indices].flatMap((index) => {
        const item = items[index] as Cloud;
        return images(query, item, transport(query, item, epsilon).plan).flat();
      });
      expectWithin('images', found.images, expected, 1e-8 * Math.sqrt(size));
    }));
});

describe('items', () => {
  const random = new TestRandom(31);
  const items = [3, 1, 7, 4, 2].map((size) => randomCloud(random, size, 2));
  const queries = [randomCloud(random, 4, 2)];
  const removed = (stored: NativeCloudItems, indices: number[]) =>
    runTask(() => native.removeClouds(stored, Int32Array.from(indices)));

  it('come back as they went in', async () => {
    const stored = await storedClouds(items, 0.5);
    expect([native.cloudCount(stored), native.cloudPoints(stored)]).toEqual([5, 17]);
    const back = await runTask(() => native.getClouds(stored, Int32Array.of(2, 0, 2)));
    [2, 0, 2].forEach((index, at) => {
      const item = items[index] as Cloud;
      expect(cloudAt(back, at).points).toEqual(item.points);
      expectRelative('weights', cloudAt(back, at).weights, item.weights, 1e-15);
    });
  });

  it('added in parts and removed are the ones that stay', async () => {
    const whole = await storedClouds(items, 0.5);
    const first = await storedClouds(items.slice(0, 2), 0.5);
    const all = await runTask((p) =>
      native.appendClouds(first, batchOf(items.slice(2), 'items'), { firstIndex: 2, onProgress: p }),
    );
    const one = await divergencesTo(whole, queries);
    expectSameBits('appended', (await divergencesTo(all, queries)).values, one.values);
    // What was there before is as it was.
    expectSameBits('before', (await divergencesTo(first, queries)).values, one.values.subarray(0, 2));
    const fewer = await removed(all, [3, 0]);
    expect([native.cloudCount(fewer), native.cloudPoints(fewer)]).toEqual([3, 10]);
    const kept = [1, 2, 4].map((index) => one.values[index] as number);
    expectSameBits('removed', (await divergencesTo(fewer, queries)).values, kept);
    expect(native.cloudCount(all)).toBe(5);
  });

  it('in float32 are the clouds that these numbers stand for', async () => {
    const empty = native.emptyClouds({ dimension: 2, precision: 'float32', epsilon: 0.5, ...SOLVER });
    const batch = batchOf(items, 'items');
    const single = { ...batch, points: Float32Array.from(batch.points), weights: Float32Array.from(batch.weights) };
    const stored = await runTask((onProgress) => native.appendClouds(empty, single, { firstIndex: 0, onProgress }));
    const rounded = items.map((item): Cloud => {
      const weights = item.weights.map(Math.fround);
      const total = weights.reduce((a, b) => a + b);
      return { points: item.points.map((x: Row) => x.map(Math.fround)), weights: weights.map((w) => w / total) };
    });
    const { values } = await divergencesTo(stored, queries);
    // Weights may be divided by their sum before or after they are rounded.
    expectWithin('values', values, divergencesByReference(rounded, queries[0] as Cloud, 0.5), 1e-6);
  });
});

describe('threads', () => {
  it('do not change a bit of any result', async () => {
    const { items, queries } = scattered(9, 40, 0.5);
    const more = [...queries, ...scattered(10, 5, 0.5).items];
    const results: unknown[][] = [];
    for (const threads of [1, 2, 3]) {
      native.setThreads(threads);
      const stored = await storedClouds(items, 0.1);
      results.push([
        await divergencesTo(stored, more),
        await weightsOf(stored, more, 5, 1e-6),
        await nearestOf(stored, more, 3, true),
        await retrieve(stored, more, 5, 0.1, { pruning: 1e-6, maxIterations: 10 }),
        await retrieve(stored, more.slice(0, 1), 5, 0.1, { maxIterations: 10 }),
      ]);
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });
});

describe('betas', () => {
  const { items, queries } = scattered(11, 6, 0.5);

  it('in a sweep are retrievals of their own', async () => {
    const stored = await storedClouds(items, 0.3);
    const betas = [0.5, 5, 50];
    const options = { betas: Float64Array.from(betas), maxIterations: 5, trajectory: false };
    const found = await sweep(stored, queries, 0.3, options);
    expect(found.map(({ states }) => states.count)).toEqual(betas.map(() => queries.length));
    for (const [b, { states, energy }] of found.entries()) {
      for (const [q, query] of queries.entries()) {
        const single = await retrieve(stored, [query], betas[b] as number, 0.3, { maxIterations: 5 });
        const [one, two] = [cloudAt(states, q), cloudAt(single.states, 0)];
        expectSameBits('points', one.points.flat(), two.points.flat());
        expectSameBits('weights', one.weights, two.weights);
        expect(energy[q]).toBe(single.energy[0]);
      }
    }
  });

  it('one after the other are those of the iterations', async () => {
    const stored = await storedClouds(items, 0.3);
    const betas = Float64Array.of(0.5, 2, 8);
    const found = await retrieve(stored, queries.slice(0, 1), 0, 0.3, { betas, maxIterations: 4, tolerance: 1e-12 });
    const states = (found.trajectory ?? []).map((state) => cloudAt(state, 0));
    expect(states.length).toBe(5);
    for (const [k, state] of states.entries()) {
      const { energy } = await weightsOf(stored, [state], betas[Math.min(k, 2)] as number);
      expectWithin('energy', (found.trajectoryEnergy as readonly Float64Array[])[k] as Float64Array, energy, 1e-11);
    }
  });
});
