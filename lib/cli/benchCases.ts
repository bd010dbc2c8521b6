import type { CallOptions, Vectors } from '../core/types.ts';
import {
  EuclideanMemory,
  GaussianMemory,
  PointCloudMemory,
  perturb,
  Random,
  samplePointClouds,
  sampleWassersteinSphere,
} from '../index.ts';

/** A case to measure: a call and the work that it does. */
export interface BenchCase {
  readonly what: string;
  /** Unit of `count`: distances, queries, ... */
  readonly unit: string;
  readonly count: number;
  run(options: CallOptions): Promise<unknown>;
}

/** Seed of equal problems on every machine. */
const seed = 1;

/** Sets up the problems, one after another. A call takes 5 to 50 ms. */
export const benchCases: readonly ((options: CallOptions) => Promise<BenchCase>)[] = [
  gaussianDistances,
  gaussianRecall,
  vectorRecall,
  cloudDivergences,
];

/** All distances, without the bounds that spare most of them in recall. */
async function gaussianDistances(options: CallOptions): Promise<BenchCase> {
  const [size, queries, dimension] = [100, 10, 64];
  const items = await sampleWassersteinSphere({ ...options, count: size, dimension, covariances: 'general', seed });
  const memory = await GaussianMemory.create(items, { ...options, index: false });
  const others = await memory.get(Array.from({ length: queries }, (_, i) => i));
  return {
    what: `Wasserstein distances, full covariances, d = ${dimension}`,
    unit: 'distances',
    count: size * queries,
    run: (call) => memory.distances(others, call),
  };
}

async function gaussianRecall(options: CallOptions): Promise<BenchCase> {
  const [size, count, dimension] = [1000, 20, 20];
  const items = await sampleWassersteinSphere({ ...options, count: size, dimension, covariances: 'general', seed });
  const memory = await GaussianMemory.create(items, options);
  const some = await memory.get(Array.from({ length: count }, (_, i) => i));
  const queries = await perturb(some, 0.5, { ...options, seed });
  return {
    what: `recall of Gaussians, full covariances, ${size} items, d = ${dimension}`,
    unit: 'queries',
    count,
    run: (call) => memory.retrieve(queries, { ...call, beta: 5 }),
  };
}

async function vectorRecall(options: CallOptions): Promise<BenchCase> {
  const [size, count, dimension] = [10_000, 50, 128];
  const random = new Random(seed);
  const items: Vectors = {
    count: size,
    dimension,
    values: Float64Array.from({ length: size * dimension }, () => random.normal()),
  };
  const memory = await EuclideanMemory.create(items, options);
  const queries = { ...items, count, values: items.values.subarray(0, count * dimension) };
  return {
    what: `recall of vectors, ${size} items, d = ${dimension}`,
    unit: 'queries',
    count,
    run: (call) => memory.retrieve(queries, { ...call, beta: 1 }),
  };
}

async function cloudDivergences(options: CallOptions): Promise<BenchCase> {
  const [size, count, points, dimension] = [20, 5, 50, 3];
  const items = await samplePointClouds({ ...options, count: size, dimension, points, seed });
  const memory = await PointCloudMemory.create(items, { ...options, epsilon: 0.5 });
  const queries = await samplePointClouds({ ...options, count, dimension, points, seed: seed + 1 });
  return {
    what: `Sinkhorn divergences of point clouds, ${points} points, d = ${dimension}, epsilon = 0.5`,
    unit: 'divergences',
    count: size * count,
    run: (call) => memory.divergences(queries, call),
  };
}
