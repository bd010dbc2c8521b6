/** The energy at both ends of what double precision holds, in every memory. */
import { describe, expect, it } from 'vitest';
import { EuclideanMemory, GaussianMemory, PointCloudMemory, type Structure } from '../../lib/index.ts';
import { expectRelative } from '../support/assertions.ts';
import { covarianceLength } from '../support/batches.ts';

/** Stops retrievals where they begin. */
const stay = { tolerance: 1e300 };

/**
 * Points of four coordinates and a query at the origin, as any memory takes them: of equal covariances, or one point
 * each. Returns what every verb that has an energy gives for the query.
 */
type Energy = (points: readonly number[][], beta: number) => Promise<number[]>;

function euclidean(precision: 'float32' | 'float64'): Energy {
  const array = precision === 'float32' ? Float32Array : Float64Array;
  return async (points, beta) => {
    const memory = await EuclideanMemory.create({
      count: points.length,
      dimension: 4,
      values: array.from(points.flat()),
    });
    const query = { count: 1, dimension: 4, values: new Float64Array(4) };
    return flatEnergies(memory, query, beta);
  };
}

async function flatEnergies<Q>(
  memory: {
    energy(query: Q, options: { beta: number }): Promise<Float64Array>;
    retrieve(query: Q, options: { beta: number; maxIterations: number }): Promise<{ energy: Float64Array }>;
    sweep(query: Q, options: { betas: number[] }): Promise<{ energy: Float64Array }[]>;
  },
  query: Q,
  beta: number,
): Promise<number[]> {
  const found: number[] = [];
  for (const pruning of [undefined, false] as const) {
    const rest = { ...stay, ...(pruning === undefined ? {} : { pruning }) };
    found.push(...(await memory.energy(query, { beta, ...(pruning === undefined ? {} : { pruning }) })));
    for (const maxIterations of [0, 5])
      found.push(...(await memory.retrieve(query, { beta, ...rest, maxIterations })).energy);
    const sweep = await memory.sweep(query, { betas: [beta, beta], ...rest });
    found.push(...sweep.flatMap(({ energy }) => [...energy]));
  }
  return found;
}

function gaussian(structure: Structure): Energy {
  return async (points, beta) => {
    const one = Float64Array.from({ length: covarianceLength(structure, 4) }, (_, at) =>
      structure !== 'full' || at % 5 === 0 ? 1 : 0,
    );
    const batch = (means: readonly number[][]) => ({
      count: means.length,
      dimension: 4,
      structure,
      means: Float64Array.from(means.flat()),
      covariances: Float64Array.from(means.flatMap(() => [...one])),
    });
    const memory = await GaussianMemory.create(batch(points));
    const query = batch([[0, 0, 0, 0]]);
    return flatEnergies(memory, query, beta);
  };
}

const cloud: Energy = async (points, beta) => {
  const batch = (rows: readonly number[][]) => ({
    count: rows.length,
    dimension: 4,
    offsets: Int32Array.from({ length: rows.length + 1 }, (_, i) => i),
    points: Float64Array.from(rows.flat()),
    weights: new Float64Array(rows.length).fill(1),
  });
  const memory = await PointCloudMemory.create(batch(points), { epsilon: 1 });
  const query = batch([[0, 0, 0, 0]]);
  const found = await flatEnergies(memory, query, beta);
  for (const options of [{ beta }, { beta, pruning: false } as const]) {
    found.push(...(await memory.gradient(query, options)).energy);
    const { trajectoryEnergy } = await memory.retrieve(query, { ...options, ...stay, trajectory: true });
    found.push(...(trajectoryEnergy as readonly Float64Array[]).flatMap((energy) => [...energy]));
  }
  return found;
};

describe.each<[string, Energy, number]>([
  ['Euclidean', euclidean('float64'), 1e-15],
  // Distances and weights of other items than the nearest are those of float32: 40 roundings of 2^-24 in the exponent.
  ['Euclidean, float32', euclidean('float32'), 1e-5],
  ['Gaussian, full', gaussian('full'), 1e-15],
  ['Gaussian, diagonal', gaussian('diagonal'), 1e-15],
  ['Gaussian, isotropic', gaussian('isotropic'), 1e-15],
  ['point clouds', cloud, 1e-15],
])('%s', (_, energy, relative) => {
  it('of (0,0,0,0) and (6,2,0,0) at the first one is -log1p(exp -40), not 0', async () => {
    for (const points of [
      [
        [0, 0, 0, 0],
        [6, 2, 0, 0],
      ],
      [
        [6, 2, 0, 0],
        [0, 0, 0, 0],
      ],
    ]) {
      const found = await energy(points, 1);
      expectRelative('energy', found, Array(found.length).fill(-4.248354255291589e-18), relative);
    }
  });

  it('counts all others, far behind, in any order', async () => {
    // At squared distances 0, 36, 36, 40, 100 and 576.
    const points = [
      [0, 6, 0, 0],
      [24, 0, 0, 0],
      [0, 0, 0, 0],
      [6, 0, 0, 0],
      [6, 2, 0, 0],
      [0, 0, 10, 0],
    ];
    const found = await energy(points, 1);
    const right = -Math.log1p(2 * Math.exp(-36) + Math.exp(-40) + Math.exp(-100));
    expectRelative('energy', found, Array(found.length).fill(right), relative);
  });

  it('is the nearest distance at huge beta, and the mean distance less log(N) / beta at tiny beta', async () => {
    const points = [
      [1, 0, 0, 0],
      [0, 2, 0, 0],
      [0, 0, 3, 0],
    ];
    for (const beta of [1e4, 1e40, 1e300]) {
      const found = await energy(points, beta);
      expectRelative('energy', found, Array(found.length).fill(1), relative);
    }
    // -log(sum_i exp(-beta D_i)) / beta = mean D - log(N) / beta + O(beta).
    for (const beta of [1e-4, 1e-9, 1e-40, 1e-300]) {
      const found = await energy(points, beta);
      const squares = (beta * (1 + 16 + 81)) / 3 - (beta * (14 / 3) ** 2) / 1;
      const right = 14 / 3 - squares / 2 - Math.log(3) / beta;
      expectRelative('energy', found, Array(found.length).fill(right), Math.max(relative, beta * beta * 100));
      expect(found.every(Number.isFinite)).toBe(true);
    }
  });
});
