/** Good values of the arguments and options of functions and verbs. */
import { EuclideanMemory, GaussianMemory, PointCloudMemory, VonMisesFisherMemory } from '../../lib/index.ts';
import { ordinary } from '../support/batches.ts';

export const epsilon = 0.5;
export const beta = 1;
export const seed = 1;
export const gaussians = ordinary('full', 2, 2);
export const one = ordinary('full', 1, 2);
export const diagonal = ordinary('diagonal', 2, 2);
export const basis = { rows: 2, columns: 2, data: Float64Array.of(1, 0, 0, 1) };
export const vectors = { count: 2, dimension: 2, values: Float64Array.of(1, 0, 0, 1) };
export const clouds = {
  count: 2,
  dimension: 1,
  offsets: Int32Array.of(0, 2, 4),
  points: Float64Array.of(0, 1, 3, 5),
  weights: Float64Array.of(0.5, 0.5, 0.25, 0.75),
};
export const cloud = {
  ...clouds,
  count: 1,
  offsets: Int32Array.of(0, 2),
  points: Float64Array.of(0, 1),
  weights: Float64Array.of(0.5, 0.5),
};
export const training = { ...vectors, labels: Int32Array.of(1, 2), classes: 2 };
export const parameters = {
  dimension: 2,
  hiddenUnits: 2,
  classes: 1,
  beta: 1,
  betaScale: 1,
  memories: Float64Array.of(1, 0, 0, 1),
  classWeights: { rows: 3, columns: 2, data: new Float64Array(6).fill(1 / 6) },
};
export const labelled = { ...vectors, labels: Int32Array.of(1, 1) };
export const targets = { rows: 2, columns: 2, data: Float64Array.of(0.5, 0.5, 0.5, 0.5) };
export const shares = { hiddenShares: [0.25, 0.25, 0.5], classShares: [0.5, 0.5] };
export const call = { signal: new AbortController().signal, onProgress: () => {} };
export const iterating = { tolerance: 1, maxIterations: 1, pruning: true, trajectory: false, ...call };
export const flow = { transportStep: 1, reweightStep: 1, gated: true };
export const solver = { marginalTolerance: 1e-3, maxSolverIterations: 100 };
export const recovery = { ...call, ...flow, channels: 'both', threshold: 1, tolerance: 1, maxIterations: 1, seed };

/** What is called with which names of its arguments, and good values of them. Options are an argument of that name. */
export interface Case {
  readonly call: (...values: never[]) => unknown;
  readonly values: Readonly<Record<string, unknown>> & { readonly options?: unknown; readonly path?: unknown };
}

/** A path at which nothing can be. */
export const absent = '/nowhere/at/all';
export const memories = {
  gaussian: await GaussianMemory.create(gaussians),
  euclidean: await EuclideanMemory.create(vectors),
  cloud: await PointCloudMemory.create(clouds, { epsilon }),
  sphere: await VonMisesFisherMemory.from(parameters),
};
