/** Singular covariances: harmless in items, and in queries wherever no transport map is needed. */
import { describe, expect, it } from 'vitest';
import { GaussianMemory, type Gaussians } from '../../lib/index.ts';
import { toNumber } from '../reference/extended.ts';
import { gaussianAt, type ReferenceGaussian, ReferenceMemory, squaredWasserstein } from '../reference/gaussian.ts';
import { expectFailure, expectRelative, expectWithin, largest } from '../support/assertions.ts';
import { concatenate, gaussians, ordinary, scaled, select } from '../support/batches.ts';
import { type Case, cases } from '../support/cases.ts';
import { check } from '../support/check.ts';
import { AGREEMENT, DOUBLE_EPSILON, distanceTolerance, roundingFloor } from '../support/tolerances.ts';

const STRUCTURES = ['full', 'diagonal', 'isotropic'] as const;

/** A positive semidefinite but singular Gaussian of each structure, in two dimensions. */
const SINGULAR = {
  full: gaussians('full', [[1, 2]], [[1, 2, 2, 4]]),
  diagonal: gaussians('diagonal', [[1, 2]], [[0, 4]]),
  isotropic: gaussians('isotropic', [[1, 2]], [[0]]),
};

/**
 * How far a step may move when G = R'SR is rounded: roots of singular matrices are not Lipschitz, but
 * |G^1/2 - H^1/2|_F^2 <= |G - H|_1 (Powers and Stormer), with |G - H|_1 <= d (d eps |O| |S|), and K = R^-T G^1/2.
 */
function stepFloor(item: ReferenceGaussian, query: ReferenceGaussian): number {
  const d = query.mean.length;
  const condition = 10;
  return d * Math.sqrt(DOUBLE_EPSILON * condition * toNumber(item.covariance.trace()));
}

async function compareSingularStep({ itemBatch, queryBatch, beta }: Case): Promise<void> {
  const memory = await GaussianMemory.create(itemBatch);
  const reference = new ReferenceMemory(itemBatch);
  const next = await memory.step(queryBatch, { beta });
  for (let q = 0; q < queryBatch.count; q++) {
    const query = gaussianAt(queryBatch, q);
    const distances = reference.distances(query).map(toNumber);
    const floors = reference.items.map((item) => roundingFloor(item) + roundingFloor(query));
    const errors = distances.map((distance, i) => distanceTolerance(distance, floors[i] as number, 1e-12));
    // A wrong weight moves the state by at most the distances it lies between.
    const weightError = Math.min(1, beta * Math.max(...errors)) * Math.sqrt(largest(distances));
    const floor = Math.max(...reference.items.map((item) => stepFloor(item, query)));
    const miss = Math.sqrt(squaredWasserstein(gaussianAt(next, q), reference.step(query, beta)));
    const bound = floor + 2 * weightError + AGREEMENT * Math.hypot(...itemBatch.means);
    expect(miss).toBeLessThanOrEqual(bound);
  }
}

describe('singular items', () => {
  it('are accepted and a step agrees with the reference', async () => {
    const limits = { maxDimension: 12, maxLogCondition: 1, itemSpectra: ['nearSingular', 'lowRank'] as const };
    await check(cases(limits), 40, compareSingularStep);
  });

  it.each(STRUCTURES)('are found again: %s', async (structure) => {
    const items = concatenate(SINGULAR[structure], scaled(ordinary(structure, 1, 2), 10, 1));
    const memory = await GaussianMemory.create(items);
    const query = { ...ordinary(structure, 1, 2), means: Float64Array.of(1.1, 1.9) };
    const found = await memory.retrieve(query, { beta: 200, maxIterations: 1 });
    expectWithin('mean', found.states.means, [1, 2], 1e-12);
    expectWithin('covariance', found.states.covariances, SINGULAR[structure].covariances, 1e-7);
    expect([...found.nearest]).toEqual([0]);
    for (const value of [...found.energy, ...found.stepLength, ...found.nearestDistance]) expect(value).not.toBeNaN();
  });

  it('a distance between equal singular Gaussians is zero, not NaN', async () => {
    for (const structure of STRUCTURES) {
      const memory = await GaussianMemory.create(SINGULAR[structure]);
      const { data } = await memory.distances(SINGULAR[structure]);
      expectWithin('distance', data, [0], 1e-14);
    }
  });

  it('covariances that are singular only up to rounding are accepted as well', async () => {
    // Outer products of thirds are rounded: the smallest eigenvalue may come out as -1e-17.
    const v = [1 / 3, 2 / 7, -0.1, 5 / 11, 0.9];
    const outer = v.flatMap((x) => v.map((y) => x * y));
    const memory = await GaussianMemory.create(gaussians('full', [[0, 0, 0, 0, 0]], [outer]));
    const { data } = await memory.distances(ordinary('full', 2, 5));
    expect([...data].every(Number.isFinite)).toBe(true);
  });
});

describe.each(STRUCTURES)('singular queries: %s', (structure) => {
  const items = ordinary(structure, 3, 2);
  const queries = concatenate(select(items, [1]), SINGULAR[structure]);

  it('distances, weights, energy and nearest accept them', async () => {
    const memory = await GaussianMemory.create(items);
    const reference = new ReferenceMemory(items);
    const exact = reference.distances(gaussianAt(queries, 1)).map(toNumber);
    const distances = await memory.distances(queries);
    expectWithin('distances', distances.data.subarray(3), exact, 1e-6);
    const energy = await memory.energy(queries, { beta: 2 });
    expectWithin('energy', energy.subarray(1), [reference.energy(gaussianAt(queries, 1), 2)], 1e-6);
    const weights = await memory.weights(queries, { beta: 2 });
    expectWithin('weights', weights.data.subarray(3), reference.weights(gaussianAt(queries, 1), 2), 1e-6);
    const nearest = await memory.nearest(queries);
    expect(nearest.indices[1]).toBe(exact.indexOf(Math.min(...exact)));
  });

  it('step, retrieve and transportMaps refuse them: the index, and ridge as the way out', async () => {
    const memory = await GaussianMemory.create(items);
    const code = 'ERR_NOT_POSITIVE_DEFINITE';
    await expectFailure(() => memory.step(queries, { beta: 1 }), code, /quer/i, /\b1\b/, /ridge/);
    await expectFailure(() => memory.retrieve(queries, { beta: 1 }), code, /quer/i, /\b1\b/, /ridge/);
    await expectFailure(() => memory.transportMaps(SINGULAR[structure], [0]), code, /quer/i, /\b0\b/, /ridge/);
  });

  it('a ridge makes them acceptable, and equals adding it to the diagonal', async () => {
    const memory = await GaussianMemory.create(items);
    const ridge = 0.25;
    const options = { beta: 1.5, ridge };
    const lifted = withRidge(queries, ridge);
    const same = async (what: string, a: Promise<ArrayLike<number>>, b: Promise<ArrayLike<number>>) =>
      expectRelative(what, await a, await b, 1e-13);
    const data = async (matrix: Promise<{ data: Float64Array }>) => (await matrix).data;
    const plain = { beta: 1.5 };
    await same('distances', data(memory.distances(queries, { ridge })), data(memory.distances(lifted)));
    await same('weights', data(memory.weights(queries, options)), data(memory.weights(lifted, plain)));
    await same('energy', memory.energy(queries, options), memory.energy(lifted, plain));
    const near = async (batch: Gaussians, by: { ridge?: number }) => (await memory.nearest(batch, by)).distances;
    await same('nearest', near(queries, { ridge }), near(lifted, {}));
    const step = async (batch: Gaussians, by: typeof plain) => (await memory.step(batch, by)).covariances;
    await same('step', step(queries, options), step(lifted, plain));
    const retrieve = async (batch: Gaussians, by: typeof plain) =>
      (await memory.retrieve(batch, by)).states.covariances;
    await same('retrieve', retrieve(queries, options), retrieve(lifted, plain));
    const maps = async (batch: Gaussians, by: { ridge?: number }) =>
      (await memory.transportMaps(batch, [2], by)).matrices;
    await same('maps', maps(select(queries, [1]), { ridge }), maps(select(lifted, [1]), {}));
  });
});

/** Every covariance plus ridge * identity. */
function withRidge(batch: Gaussians, ridge: number): Gaussians {
  const { dimension: d, structure } = batch;
  const onDiagonal = (at: number) => structure !== 'full' || (at % (d * d)) % (d + 1) === 0;
  return { ...batch, covariances: batch.covariances.map((value, at) => (onDiagonal(at) ? value + ridge : value)) };
}
