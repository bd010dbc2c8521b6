import fc from 'fast-check';
import {
  type NativeCloudItems,
  type NativeCloudStates,
  type NativeFlowOptions,
  native,
} from '../../lib/native/addon.ts';
import { runTask } from '../../lib/native/calls.ts';
import { type Cloud, divergence } from '../reference/pointCloud.ts';
import { batchOf, meanCost, randomCloud, transformed } from '../support/clouds.ts';
import { TestRandom } from '../support/random.ts';
import { dimensionOf, SOLVER, type SolverLimits, tableOf } from './support.ts';

/** The Gibbs mass that the default pruning leaves out: nothing that doubles could show. */
export const EXACT_PRUNING = 2 ** -53;

export function storedClouds(items: readonly Cloud[], epsilon: number, limits: SolverLimits = {}) {
  const empty = native.emptyClouds({
    dimension: dimensionOf(items),
    precision: 'float64',
    epsilon,
    ...SOLVER,
    ...limits,
  });
  return runTask((onProgress) => native.appendClouds(empty, batchOf(items, 'items'), { firstIndex: 0, onProgress }));
}

export function divergencesTo(items: NativeCloudItems, queries: readonly Cloud[]) {
  return runTask((onProgress) =>
    native.cloudDivergences(items, batchOf(queries, 'queries'), { firstIndex: 0, onProgress }),
  );
}

export function weightsOf(items: NativeCloudItems, queries: readonly Cloud[], beta: number, pruning?: number) {
  return runTask((onProgress) =>
    native.cloudWeights(items, batchOf(queries, 'queries'), {
      firstIndex: 0,
      beta,
      pruning,
      wantWeights: true,
      onProgress,
    }),
  );
}

export async function energyOf(items: NativeCloudItems, query: Cloud, beta: number): Promise<number> {
  return (await weightsOf(items, [query], beta)).energy[0] as number;
}

export function gradientOf(items: NativeCloudItems, queries: readonly Cloud[], beta: number, pruning?: number) {
  return runTask((onProgress) =>
    native.cloudGradient(items, batchOf(queries, 'queries'), { firstIndex: 0, beta, pruning, onProgress }),
  );
}

/** Both channels with their default steps, 50 iterations at most, every item evaluated, with the trajectory. */
function flowOf(betas: Float64Array, epsilon: number, options: Partial<NativeFlowOptions>): NativeFlowOptions {
  return {
    betas,
    transportStep: 1,
    reweightStep: 1 / epsilon,
    gated: true,
    tolerance: 1e-6,
    maxIterations: 50,
    pruning: undefined,
    trajectory: true,
    asksEnergy: true,
    ...options,
  };
}

export function retrieve(
  items: NativeCloudItems,
  queries: readonly Cloud[],
  beta: number,
  epsilon: number,
  options: Partial<NativeFlowOptions> = {},
) {
  const flow = flowOf(Float64Array.of(beta), epsilon, options);
  return runTask((onProgress) =>
    native.cloudRetrieve(items, batchOf(queries, 'queries'), { firstIndex: 0, ...flow, onProgress }),
  );
}

export function sweep(
  items: NativeCloudItems,
  queries: readonly Cloud[],
  epsilon: number,
  { betas, ...options }: Partial<NativeFlowOptions> & Pick<NativeFlowOptions, 'betas'>,
) {
  const flow = flowOf(betas, epsilon, options);
  return runTask((onProgress) =>
    native.cloudSweep(items, batchOf(queries, 'queries'), { firstIndex: 0, ...flow, onProgress }),
  );
}

export function nearestOf(items: NativeCloudItems, queries: readonly Cloud[], k: number, prune: boolean) {
  return runTask((onProgress) =>
    native.cloudNearest(items, batchOf(queries, 'queries'), { firstIndex: 0, k, pruning: prune, onProgress }),
  );
}

/** One cloud of a batch that came back. */
export function cloudAt(states: NativeCloudStates, index: number): Cloud {
  const [from, to] = [states.offsets[index] as number, states.offsets[index + 1] as number];
  const dimension = states.points.length / states.weights.length;
  const points = tableOf(states.points.subarray(from * dimension, to * dimension), dimension);
  return { points, weights: [...states.weights.subarray(from, to)] };
}

export interface MemoryCase {
  readonly seed: number;
  readonly items: readonly Cloud[];
  readonly queries: readonly Cloud[];
  readonly epsilon: number;
  readonly beta: number;
  /** Mean cost between the query and the items. */
  readonly size: number;
}

export interface MemoryLimits {
  readonly maxItems?: number;
  readonly queries?: number;
  readonly maxPoints?: number;
  readonly maxDimension?: number;
  readonly logEpsilons?: readonly number[];
  /** beta times the mean cost. */
  readonly sharpnesses?: readonly number[];
}

/** Random clouds, about as far from each other as they are wide; queries are some of each. */
export function memoryCases(limits: MemoryLimits = {}): fc.Arbitrary<MemoryCase> {
  return fc
    .record({
      seed: fc.nat(),
      count: fc.integer({ min: 1, max: limits.maxItems ?? 5 }),
      dimension: fc.integer({ min: 1, max: limits.maxDimension ?? 3 }),
      logEpsilon: fc.constantFrom(...(limits.logEpsilons ?? [-2, -1, 0, 1])),
      sharpness: fc.constantFrom(...(limits.sharpnesses ?? [0.1, 1, 10, 100])),
    })
    .map(({ seed, count, dimension, logEpsilon, sharpness }) => {
      const random = new TestRandom(seed);
      const cloud = () => {
        const shift = random.normals(dimension);
        const base = randomCloud(random, 1 + random.below(limits.maxPoints ?? 6), dimension);
        return transformed(base, (x) => x.map((value, c) => value + (shift[c] as number)));
      };
      const items = Array.from({ length: count }, cloud);
      const queries = Array.from({ length: limits.queries ?? 1 }, cloud);
      const size = meanCost(queries[0] as Cloud, items[0] as Cloud);
      return { seed, items, queries, size, epsilon: 10 ** logEpsilon * size, beta: sharpness / size };
    });
}

export function divergencesByReference(items: readonly Cloud[], query: Cloud, epsilon: number): number[] {
  return items.map((item) => divergence(query, item, epsilon));
}
