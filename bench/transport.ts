import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../lib/core/random.ts';
import type { PointClouds } from '../lib/index.ts';

/** Pairs of clouds of one size. */
export interface TransportCase {
  /** Points of every cloud. */
  readonly points: number;
  readonly dimension: number;
  /** epsilon in units of the mean cost of all pairs. */
  readonly share: number;
  readonly weights: 'random' | 'equal';
}

/** The numbers that every contender gets. */
export interface Pairs {
  readonly count: number;
  readonly dimension: number;
  readonly points: number;
  readonly sources: PointClouds;
  readonly targets: PointClouds;
  readonly meanCost: number;
  readonly epsilon: number;
}

export const nameOf = ({ points, dimension, share, weights }: TransportCase) =>
  `n = m = ${points}, d = ${dimension}, epsilon ${share}, ${weights} weights`;

/** One pair for which epsilon is a share of the expected cost: |x - y|^2 is 2 d on average. */
export function expectedPairs(of: TransportCase): Pairs {
  const { points, dimension } = of;
  const meanCost = 2 * dimension;
  const [sources, targets] = [normalClouds(of, 1, 1), normalClouds(of, 1, 2)];
  return { count: 1, dimension, points, sources, targets, meanCost, epsilon: of.share * meanCost };
}

/** Standard normal points; weights all equal, or uniform on [0.5, 1.5] before they are divided by their sum. */
export function makePairs(of: TransportCase, count: number): Pairs {
  const { points, dimension } = of;
  const sources = normalClouds(of, count, 1);
  const targets = normalClouds(of, count, 2);
  let meanCost = 0;
  for (let pair = 0; pair < count; pair++) {
    const [x, y] = [sources, targets].map((clouds) => pointsOf(clouds, pair, dimension)) as [
      Float64Array,
      Float64Array,
    ];
    meanCost += squaredDistances(x, y, dimension).reduce((sum, cost) => sum + cost, 0) / (points * points * count);
  }
  return { count, dimension, points, sources, targets, meanCost, epsilon: of.share * meanCost };
}

function normalClouds({ points, dimension, weights }: TransportCase, count: number, seed: number) {
  const random = new Random(seed);
  const total = count * points;
  const clouds = {
    count,
    dimension,
    offsets: Int32Array.from({ length: count + 1 }, (_, cloud) => cloud * points),
    points: Float64Array.from({ length: total * dimension }, () => random.normal()),
    weights: Float64Array.from({ length: total }, () => (weights === 'equal' ? 1 : 0.5 + random.uniform())),
  };
  for (let cloud = 0; cloud < count; cloud++) normalize(weightsOf(clouds, cloud));
  return clouds;
}

export function normalize(weights: Float64Array): void {
  const sum = weights.reduce((sum, weight) => sum + weight, 0);
  weights.forEach((weight, k) => {
    weights[k] = weight / sum;
  });
}

export function pointsOf({ offsets, points }: PointClouds, cloud: number, dimension: number): Float64Array {
  const [begin, end] = [offsets[cloud] as number, offsets[cloud + 1] as number];
  return (points as Float64Array).subarray(begin * dimension, end * dimension);
}

export function weightsOf({ offsets, weights }: PointClouds, cloud: number): Float64Array {
  return (weights as Float64Array).subarray(offsets[cloud], offsets[cloud + 1]);
}

/** Between all points of one cloud and all of another, a row for each of the first. */
export function squaredDistances(x: Float64Array, y: Float64Array, dimension: number): Float64Array {
  const [rows, columns] = [x.length / dimension, y.length / dimension];
  const distances = new Float64Array(rows * columns);
  for (let k = 0; k < rows; k++) {
    for (let l = 0; l < columns; l++) {
      let sum = 0;
      for (let c = 0; c < dimension; c++) {
        sum += ((x[k * dimension + c] as number) - (y[l * dimension + c] as number)) ** 2;
      }
      distances[k * columns + l] = sum;
    }
  }
  return distances;
}

/** Runs `use` with a folder that holds the pairs and `settings.json`, and removes it. */
export async function inFolder<T>(pairs: Pairs, settings: object, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'denseam-bench-'));
  const { count, dimension, epsilon, sources, targets } = pairs;
  try {
    await writeFile(join(folder, 'settings.json'), JSON.stringify({ ...settings, count, dimension, epsilon }));
    for (const [name, clouds] of Object.entries({ source: sources, target: targets })) {
      await writeFile(join(folder, `${name}s.bin`), clouds.points);
      await writeFile(join(folder, `${name}Weights.bin`), clouds.weights);
    }
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
