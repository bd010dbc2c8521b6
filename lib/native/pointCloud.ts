import type { FloatArray } from '../core/types.ts';
import type { cloudRetrievalColumns, NativeColumns } from './columns.ts';
import type { NativeMarginalMatrix, PartOptions, Task, TaskOptions } from './task.ts';

/** A batch of weighted clouds of different sizes for the native side. */
export interface NativeClouds {
  readonly count: number;
  /** count + 1, from 0: cloud i has the points offsets[i] to offsets[i + 1]. */
  readonly offsets: Int32Array;
  /** total x dimension. */
  readonly points: FloatArray;
  /** total. */
  readonly weights: FloatArray;
  /** Its name in errors. */
  readonly name: string;
  /** Index of its first point in the batch that errors tell of, of which this one may be a part. */
  readonly firstPoint: number;
}

/** A batch of clouds from the native side. */
export interface NativeCloudStates {
  readonly count: number;
  readonly offsets: Int32Array;
  readonly points: Float64Array;
  readonly weights: Float64Array;
}

/** The immutable items of a memory at one moment; `appendClouds` and `removeClouds` return new ones. */
export type NativeCloudItems = { readonly nativeCloudItems: never };

/** The stopping rule of a transport problem: the L1 error of its marginals, and the maximum number of iterations. */
export interface NativeStoppingRule {
  readonly marginalTolerance: number;
  readonly maxSolverIterations: number;
}

/** The stopping rule, and the way to solve a problem. */
export interface NativeSolverOptions extends NativeStoppingRule {
  /** Problems of more costs are solved in memory for their points alone. */
  readonly mostCosts: number;
}

/** The flow of a retrieval. `transportStep` or `reweightStep` 0 switches a channel off. */
export interface NativeFlowOptions {
  /** Betas of the iterations, the last for all later ones; in a sweep, one for each retrieval. */
  readonly betas: Float64Array;
  readonly transportStep: number;
  readonly reweightStep: number;
  /** Whether weights wait while points gain more. */
  readonly gated: boolean;
  /** Bound on the gradient norm; undefined: relative to the memory's own scale. */
  readonly tolerance: number | undefined;
  readonly maxIterations: number;
  /** The Gibbs mass that may be left out; undefined to evaluate every item. */
  readonly pruning: number | undefined;
  readonly trajectory: boolean;
  /** Whether the energy of the final state is computed to its last digits. */
  readonly asksEnergy: boolean;
}

export interface NativeCloudRetrieval extends NativeColumns<typeof cloudRetrievalColumns> {
  readonly states: NativeCloudStates;
  /** States after 0, 1, 2, ... iterations, and the energies of each. */
  readonly trajectory: readonly NativeCloudStates[] | undefined;
  readonly trajectoryEnergy: readonly Float64Array[] | undefined;
}

/** Transport problem, solved or not, of every pair of clouds. */
export interface NativePlans {
  /** <a, f> + <b, g>: the regularised cost. */
  readonly values: Float64Array;
  /** <P, C>: the cost of the plan alone. */
  readonly transportCosts: Float64Array;
  readonly marginalErrors: Float64Array;
  readonly iterations: Int32Array;
  /** Number of Newton steps among the iterations; the others are sweeps. */
  readonly newtonSteps: Int32Array;
  /**
   * 1 where the marginal error is within the tolerance; 0: the iterations were used up; 2: rounding allows no better.
   */
  readonly converged: Uint8Array;
  /** f and g, one for each point of the sources and the targets. */
  readonly sourcePotentials: Float64Array;
  readonly targetPotentials: Float64Array;
  /** All plans, one after the other, each row-major (source points x target points); empty unless wanted. */
  readonly plans: Float64Array;
}

export interface NativeDivergences {
  readonly values: Float64Array;
  /** Greatest of the three problems. */
  readonly marginalErrors: Float64Array;
  readonly iterations: Int32Array;
  readonly converged: Uint8Array;
  /** dS/dx of every source point, total x dimension; empty unless wanted. */
  readonly gradients: Float64Array;
  /** f_(source, target) - f_(source, source), total, of mean 0 under the source's weights; empty unless wanted. */
  readonly firstVariations: Float64Array;
}

export interface NativeCloudsOptions extends NativeSolverOptions {
  readonly dimension: number;
  readonly precision: 'float32' | 'float64';
  readonly epsilon: number;
}

export interface NativeCloudBetaOptions extends PartOptions {
  readonly beta: number;
  /** The Gibbs mass that may be left out; undefined to evaluate every item. */
  readonly pruning: number | undefined;
}

/** Options of the solvers of pairs of clouds. */
export interface NativePairOptions extends PartOptions, NativeSolverOptions {
  readonly dimension: number;
  readonly epsilon: number;
}

/** L1 marginal error of each problem, and 1 where it is within the tolerance. */
export interface NativeSolved {
  readonly marginalErrors: Float64Array;
  readonly converged: Uint8Array;
}

export interface NativePointCloud {
  /** No items, stored in `precision` when they come. */
  emptyClouds(options: NativeCloudsOptions): NativeCloudItems;
  cloudCount(items: NativeCloudItems): number;
  /** Points of all items together. */
  cloudPoints(items: NativeCloudItems): number;
  appendClouds(items: NativeCloudItems, clouds: NativeClouds, options: PartOptions): Task<NativeCloudItems>;
  /** Indices are distinct and valid. */
  removeClouds(items: NativeCloudItems, indices: Int32Array): Task<NativeCloudItems>;
  getClouds(items: NativeCloudItems, indices: Int32Array): Task<NativeCloudStates>;
  /** queries x items. */
  cloudDivergences(
    items: NativeCloudItems,
    queries: NativeClouds,
    options: PartOptions,
  ): Task<NativeSolved & { readonly values: Float64Array }>;
  /** Weights are queries x items; the rest has one number a query. */
  cloudWeights(
    items: NativeCloudItems,
    queries: NativeClouds,
    options: NativeCloudBetaOptions & { readonly wantWeights: boolean },
  ): Task<NativeSolved & { readonly weights: Float64Array; readonly energy: Float64Array }>;
  cloudGradient(
    items: NativeCloudItems,
    queries: NativeClouds,
    options: NativeCloudBetaOptions,
  ): Task<
    NativeSolved & {
      readonly energy: Float64Array;
      /** dE/dx, total x dimension. */
      readonly points: Float64Array;
      /** V, total, of mean 0 under the query's weights. */
      readonly firstVariation: Float64Array;
      readonly gradientNorm: Float64Array;
    }
  >;
  cloudRetrieve(
    items: NativeCloudItems,
    queries: NativeClouds,
    options: PartOptions & NativeFlowOptions,
  ): Task<NativeCloudRetrieval>;
  /** One retrieval for each beta, in their order. */
  cloudSweep(
    items: NativeCloudItems,
    queries: NativeClouds,
    options: PartOptions & NativeFlowOptions,
  ): Task<NativeCloudRetrieval[]>;
  /** Indices and divergences are queries x k, nearest first; errors have one number a query. */
  cloudNearest(
    items: NativeCloudItems,
    queries: NativeClouds,
    options: PartOptions & { readonly k: number; readonly pruning: boolean },
  ): Task<NativeSolved & { readonly indices: Int32Array; readonly divergences: Float64Array }>;
  /** T_i(x_k) of one query's points for each of these items: indices x points x dimension. */
  cloudTransport(
    items: NativeCloudItems,
    query: NativeClouds,
    options: PartOptions & { readonly indices: Int32Array },
  ): Task<NativeSolved & { readonly images: Float64Array }>;
  /** Source i with target i; a single cloud on one side goes with every one of the other. */
  solveTransport(
    sources: NativeClouds,
    targets: NativeClouds,
    options: NativePairOptions & { readonly wantPlans: boolean },
  ): Task<NativePlans>;
  /** One problem with any finite costs. Takes over the matrix, once all its numbers are there. */
  solveTransportOfCosts(
    problem: NativeMarginalMatrix,
    options: TaskOptions & NativeSolverOptions & { readonly epsilon: number; readonly wantPlan: boolean },
  ): Task<NativePlans>;
  sinkhornDivergences(
    sources: NativeClouds,
    targets: NativeClouds,
    options: NativePairOptions & { readonly wantGradients: boolean },
  ): Task<NativeDivergences>;
}
