/** Distances, weights, energy, nearest and step against the slow reference, over random cases of every structure. */
import { describe, expect, it } from 'vitest';
import { GaussianMemory, type Gaussians } from '../../lib/index.ts';
import { type Extended, toNumber } from '../reference/extended.ts';
import { gaussianAt, gaussiansOf, type ReferenceGaussian, ReferenceMemory } from '../reference/gaussian.ts';
import { expectNormwise, expectWithin, largest } from '../support/assertions.ts';
import { type Case, type CaseLimits, cases } from '../support/cases.ts';
import { check } from '../support/check.ts';
import { AGREEMENT, distanceTolerance, roundingFloor, weightTolerance } from '../support/tolerances.ts';

/** What the reference says of one query, and how far off an answer may be. */
interface Expected {
  readonly query: ReferenceGaussian;
  readonly exact: readonly Extended[];
  readonly distances: readonly number[];
  readonly floors: readonly number[];
}

function expectations(memory: ReferenceMemory, queries: Gaussians): Expected[] {
  const itemFloors = memory.items.map((item) => roundingFloor(item));
  return gaussiansOf(queries).map((query) => {
    const exact = memory.distances(query);
    const floor = roundingFloor(query);
    return { query, exact, distances: exact.map(toNumber), floors: itemFloors.map((itemFloor) => itemFloor + floor) };
  });
}

function row(data: Float64Array, index: number, columns: number): Float64Array {
  return data.subarray(index * columns, (index + 1) * columns);
}

async function compareDistances({ itemBatch, queryBatch, items, beta }: Case): Promise<void> {
  const memory = await GaussianMemory.create(itemBatch);
  const reference = new ReferenceMemory(itemBatch);
  const distances = await memory.distances(queryBatch);
  // Every weight is compared, also those that pruning would leave out (pruning.test.ts).
  const weights = await memory.weights(queryBatch, { beta, pruning: false });
  const energy = await memory.energy(queryBatch, { beta });
  const nearest = await memory.nearest(queryBatch, { k: items });
  expect([distances.rows, distances.columns]).toEqual([queryBatch.count, items]);
  expect([nearest.rows, nearest.columns]).toEqual([queryBatch.count, items]);
  expectations(reference, queryBatch).forEach((expected, q) => {
    const allowed = expected.distances.map((distance, i) => distanceTolerance(distance, expected.floors[i] as number));
    expectWithin('distances', row(distances.data, q, items), expected.distances, (i) => allowed[i] as number);
    compareWeights(row(weights.data, q, items), expected, reference, beta);
    // The energy is a soft minimum, min D - log(...) / beta: it errs no more than the distances and its own terms.
    const energyBound = Math.max(...allowed) + (AGREEMENT * Math.log(items)) / beta;
    expectWithin('energy', [energy[q] as number], [reference.energy(expected.query, beta)], energyBound);
    const sorted = expected.distances.toSorted((a, b) => a - b);
    expectWithin('nearest', row(nearest.distances, q, items), sorted, Math.max(...allowed));
    expect([...nearest.indices.subarray(q * items, (q + 1) * items)].sort()).toEqual([...expected.exact.keys()].sort());
  });
}

function compareWeights(weights: Float64Array, expected: Expected, reference: ReferenceMemory, beta: number): void {
  const relative = weightTolerance(beta, expected.distances, expected.floors);
  const exact = reference.weights(expected.query, beta);
  // 1e-300: weights below the normal range of doubles have fewer digits.
  expectWithin('weights', weights, exact, (i) => relative(exact[i] as number) * (exact[i] as number) + 1e-300);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  expectWithin('sum of weights', [sum], [1], 1e-14 * weights.length);
}

/** The covariances of a full, diagonal or isotropic batch, as full matrices, one after the other. */
function fullCovariances(batch: Gaussians): Float64Array[] {
  return gaussiansOf(batch).map((gaussian) => gaussian.covariance.toNumbers());
}

async function compareStep({ itemBatch, queryBatch, beta, dimension, structure }: Case): Promise<void> {
  const memory = await GaussianMemory.create(itemBatch);
  const reference = new ReferenceMemory(itemBatch);
  const next = await memory.step(queryBatch, { beta });
  expect([next.count, next.dimension, next.structure]).toEqual([queryBatch.count, dimension, structure]);
  expectations(reference, queryBatch).forEach((expected, q) => {
    const exact = reference.step(expected.query, beta);
    const reach = weightTolerance(beta, expected.distances, expected.floors)(1);
    // The weights' error moves the mean by at most the items' extent.
    const extent = largest(itemBatch.means.map((mu, at) => mu - (exact.mean[at % dimension] as number)));
    const bound = 1e-14 * largest(itemBatch.means) + reach * extent;
    expectWithin('mean', gaussianAt(next, q).mean, exact.mean, bound);
    expectNormwise('covariance', fullCovariances(next)[q] as Float64Array, exact.covariance.toNumbers(), AGREEMENT);
  });
}

/** The reference takes up to half a second a pair at d = 64, several times that on a busy machine. */
const PATIENCE = { timeout: 120_000 };

const SMALL: CaseLimits = { maxDimension: 12 };
const MEDIUM: CaseLimits = { minDimension: 13, maxDimension: 40, maxItems: 4, maxQueries: 2 };
const LARGE: CaseLimits = { minDimension: 48, maxDimension: 64, maxItems: 2, maxQueries: 1 };

describe('distances, weights, energy and nearest', PATIENCE, () => {
  it.each(['full', 'diagonal', 'isotropic'] as const)('agree with the reference: %s, d to 12', async (structure) => {
    await check(cases({ ...SMALL, structures: [structure] }), 60, compareDistances);
  });

  it('agree with the reference: d to 40', async () => {
    await check(cases(MEDIUM), 12, compareDistances);
  });

  it('agree with the reference: d to 64', async () => {
    await check(cases(LARGE), 6, compareDistances);
  });

  it('agree with the reference on singular items and queries', async () => {
    const spectra = ['regular', 'nearSingular', 'lowRank'] as const;
    await check(cases({ ...SMALL, itemSpectra: spectra, querySpectra: spectra }), 80, compareDistances);
    await check(cases({ ...MEDIUM, itemSpectra: spectra, querySpectra: spectra }), 6, compareDistances);
  });
});

describe('step', PATIENCE, () => {
  it.each(['full', 'diagonal', 'isotropic'] as const)('agrees with the reference: %s, d to 12', async (structure) => {
    await check(cases({ ...SMALL, structures: [structure] }), 50, compareStep);
  });

  it('agrees with the reference: d to 40', async () => {
    await check(cases(MEDIUM), 10, compareStep);
  });

  it('agrees with the reference: d to 64', async () => {
    await check(cases(LARGE), 4, compareStep);
  });
});
