/** Certified pruning: the same answers as without, and what was left out is as little as is said. */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import {
  GaussianMemory,
  type Gaussians,
  perturb,
  type Retrieval,
  sampleWassersteinSphere,
  setThreads,
  threads,
} from '../../lib/index.ts';
import { expectNormwise, expectSameBits, expectWithin } from '../support/assertions.ts';
import { concatenate, scaled, select } from '../support/batches.ts';
import { buildCase, type Case, cases } from '../support/cases.ts';
import { check } from '../support/check.ts';

const INVISIBLE = 2 ** -53;

/**
 * Memories large enough for the index (64 items and more, d from 8 on), and small ones: with duplicates, near ties
 * (items a millionth apart) and items a thousand times smaller and larger.
 */
function crowds(minDimension: number, maxDimension: number, items: number): fc.Arbitrary<Case> {
  const limits = { structures: ['full'], minDimension, maxDimension, maxItems: items, maxQueries: 4 } as const;
  return fc
    .tuple(cases({ ...limits, spreads: [0.1, 1, 10], maxLogCondition: 2 }), fc.constantFrom(1e-3, 0.1, 1, 30, 1e4))
    .map(([{ itemBatch: few, ...rest }, factor]) => {
      const twice = concatenate(few, few);
      const ties = scaled(few, 1 + 1e-6, 1 + 1e-6);
      const itemBatch = concatenate(
        concatenate(twice, ties),
        concatenate(scaled(few, 1e3, 1e6), scaled(few, 1e-3, 1e-6)),
      );
      return { ...rest, itemBatch, items: itemBatch.count, beta: rest.beta * factor };
    });
}

/** The sum of the weights that `kept` has not. */
function dropped(all: Float64Array, kept: Float64Array): number {
  return all.reduce((sum, weight, i) => (kept[i] === 0 ? sum + weight : sum), 0);
}

async function compareVerbs({ itemBatch, queryBatch, beta, items }: Case, index: boolean): Promise<void> {
  const memory = await GaussianMemory.create(itemBatch, { index });
  const all = await memory.weights(queryBatch, { beta, pruning: false });
  const pruned = await memory.weights(queryBatch, { beta });
  // Which distances are recomputed in the slower, more exact form may differ: as much as it may between such forms.
  expectWithin('weights', pruned.data, all.data, 1e-8);
  for (let q = 0; q < queryBatch.count; q++) {
    const row = (matrix: { data: Float64Array }) => matrix.data.subarray(q * items, (q + 1) * items);
    expect(dropped(row(all), row(pruned))).toBeLessThanOrEqual(INVISIBLE * (1 + 1e-6));
  }
  const energy = await memory.energy(queryBatch, { beta, pruning: false });
  const scale = 1 / beta + Math.max(...energy.map(Math.abs));
  expectWithin('energy', await memory.energy(queryBatch, { beta }), energy, 1e-9 * scale);

  const k = Math.min(7, items);
  const near = await memory.nearest(queryBatch, { k, pruning: false });
  const nearest = await memory.nearest(queryBatch, { k });
  expectSameBits('nearest', nearest.distances, near.distances);
  expect(nearest.indices).toEqual(near.indices);
}

function expectSameStates(pruned: Retrieval<Gaussians>, all: Retrieval<Gaussians>, precision: number): void {
  const size = Math.hypot(...all.states.means) + Math.sqrt(Math.max(...all.states.covariances));
  expectWithin('means', pruned.states.means, all.states.means, precision * size);
  expectNormwise('covariances', pruned.states.covariances, all.states.covariances, precision);
}

async function compareRetrieval({ itemBatch, queryBatch, beta, items }: Case, index: boolean): Promise<void> {
  const memory = await GaussianMemory.create(itemBatch, { index });
  // Two steps: where basins meet, a difference at the level of rounding grows from step to step.
  const options = { beta, tolerance: 0, maxIterations: 2 };
  const all = await memory.retrieve(queryBatch, { ...options, pruning: false });
  const pruned = await memory.retrieve(queryBatch, options);
  expectSameStates(pruned, all, 1e-7);
  pruned.evaluated.forEach((evaluated, q) => {
    const states = (all.iterations[q] as number) + 1;
    expect(pruned.iterations[q]).toBe(states - 1);
    expect(evaluated).toBeLessThanOrEqual(states * items);
    expect(evaluated).toBeGreaterThanOrEqual(states);
    expect(all.evaluated[q]).toBe(states * items);
    expect(all.droppedMass[q]).toBe(0);
    expect(pruned.droppedMass[q]).toBeLessThanOrEqual(INVISIBLE);
    if (evaluated < states * items) expect(pruned.droppedMass[q]).toBeGreaterThan(0);
  });
}

describe('pruning changes nothing that shows', { timeout: 120_000 }, () => {
  it.each([true, false])('in weights, energy and nearest: index %s', async (index) => {
    await check(crowds(8, 12, 40), 15, (random) => compareVerbs(random, index));
    await check(crowds(1, 7, 8), 25, (random) => compareVerbs(random, index));
  });

  it.each([true, false])('in retrieve: index %s', async (index) => {
    await check(crowds(8, 12, 40), 15, (random) => compareRetrieval(random, index));
    await check(crowds(1, 7, 8), 25, (random) => compareRetrieval(random, index));
  });

  it('above the size of the batched kernels', async () => {
    await check(crowds(65, 66, 16), 2, (random) => compareRetrieval(random, true));
  });

  it('on a memory that was changed', async () => {
    const { itemBatch, queryBatch, beta } = buildCase({ ...CROWD, items: 120 });
    const kept = Array.from({ length: 120 }, (_, i) => i).filter((i) => i % 5 !== 2);
    const memory = await GaussianMemory.create(itemBatch);
    await memory.remove(Array.from({ length: 120 }, (_, i) => i).filter((i) => i % 5 === 2));
    await memory.add(select(itemBatch, [2, 7]));
    const fresh = await GaussianMemory.create(select(itemBatch, [...kept, 2, 7]));
    const found = await memory.retrieve(queryBatch, { beta });
    const expected = await fresh.retrieve(queryBatch, { beta });
    expectSameBits('states', found.states.covariances, expected.states.covariances);
    expect(found.evaluated).toEqual(expected.evaluated);
    expect((await memory.nearest(queryBatch, { k: 3 })).indices).toEqual(
      (await fresh.nearest(queryBatch, { k: 3 })).indices,
    );
  });
});

const CROWD = {
  seed: 3,
  dimension: 10,
  structure: 'full',
  items: 200,
  queries: 5,
  logCondition: 1,
  logScale: 0,
  spread: 1,
  closeness: 0.3,
  itemSpectrum: 'regular',
  querySpectrum: 'regular',
  sharpness: 10,
} as const;

describe('covariances that are semidefinite only to rounding', () => {
  it('are bounded by their positive part', async () => {
    // One item has a small negative eigenvalue, the other lies a little off in its mean: the first is the nearer one.
    const d = 40;
    const covariances = new Float32Array(2 * d * d);
    covariances[0] = covariances[d * d] = 1;
    for (let k = 1; k < d; k++) covariances[k * (d + 1)] = -2.5e-5;
    const means = new Float32Array(2 * d);
    means[d] = 1e-4;
    const memory = await GaussianMemory.create({ count: 2, dimension: d, structure: 'full', means, covariances });
    const query = { ...(await memory.get([0])), covariances: new Float64Array(d * d).map((_, k) => (k === 0 ? 1 : 0)) };
    const all = await memory.nearest(query, { pruning: false });
    expect((await memory.nearest(query)).indices).toEqual(all.indices);
    const weights = await memory.weights(query, { beta: 1e9, pruning: false });
    expectWithin('weights', (await memory.weights(query, { beta: 1e9 })).data, weights.data, 1e-6);
  });
});

describe('what pruning says of itself', () => {
  it.each([1e-12, 1e-3, 0.3])('the dropped mass stays below the one allowed: %s', async (mass) => {
    const { itemBatch, queryBatch, beta } = buildCase(CROWD);
    const memory = await GaussianMemory.create(itemBatch);
    const all = await memory.weights(queryBatch, { beta, pruning: false });
    const pruned = await memory.weights(queryBatch, { beta, pruning: { mass } });
    const found = await memory.retrieve(queryBatch, { beta, maxIterations: 0, pruning: { mass } });
    for (let q = 0; q < queryBatch.count; q++) {
      const row = (matrix: { data: Float64Array }) => matrix.data.subarray(q * 200, (q + 1) * 200);
      const lost = dropped(row(all), row(pruned));
      expect(lost).toBeLessThanOrEqual(found.droppedMass[q] as number);
      expect(found.droppedMass[q]).toBeLessThanOrEqual(mass);
      // The rest still adds up to 1.
      expectWithin('sum', [row(pruned).reduce((sum, weight) => sum + weight, 0)], [1], 1e-12);
    }
    // A larger mass leaves out more.
    const exact = await memory.retrieve(queryBatch, { beta, maxIterations: 0 });
    found.evaluated.forEach((count, q) => {
      expect(count).toBeLessThanOrEqual(exact.evaluated[q] as number);
    });
  });

  it('at small beta nothing can be left out', async () => {
    const { itemBatch, queryBatch } = buildCase(CROWD);
    const memory = await GaussianMemory.create(itemBatch);
    const found = await memory.retrieve(queryBatch, { beta: 1e-8, maxIterations: 1, tolerance: 0 });
    expect([...found.evaluated]).toEqual([400, 400, 400, 400, 400]);
    expect([...found.droppedMass]).toEqual([0, 0, 0, 0, 0]);
  });

  it('of 1000 general covariances in 20 dimensions, at most 8 are evaluated in the median', async () => {
    const items = await sampleWassersteinSphere({ count: 1000, dimension: 20, covariances: 'general', seed: 1 });
    const memory = await GaussianMemory.create(items);
    const queries = await perturb(select(items, [...Array(100).keys()]), 1, { seed: 2 });
    const { evaluated, iterations } = await memory.retrieve(queries, { beta: 2 });
    const perState = Array.from(evaluated, (count, q) => count / ((iterations[q] as number) + 1));
    expect(perState.toSorted((a, b) => a - b)[50]).toBeLessThanOrEqual(8);
  });

  it('is the same for any number of threads', async () => {
    const count = threads();
    afterAll(() => setThreads(count));
    const { itemBatch, queryBatch, beta } = buildCase(CROWD);
    const memory = await GaussianMemory.create(itemBatch);
    setThreads(1);
    const one = await memory.retrieve(queryBatch, { beta });
    setThreads(3);
    const three = await memory.retrieve(queryBatch, { beta });
    setThreads(count);
    expectSameBits('states', three.states.covariances, one.states.covariances);
    expectSameBits('dropped', three.droppedMass, one.droppedMass);
    expect(three.evaluated).toEqual(one.evaluated);
  });
});
