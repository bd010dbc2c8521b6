import type { FloatArray } from '../core/types.ts';
import type { cloudRetrievalColumns, NativeColumns } from './columns.ts';
import type { NativeMarginalMatrix, PartOptions, Task, TaskOptions } from './task.ts';

/** A batch of weighted clouds of different sizes, as the native side takes it. */
export interface NativeClouds {
  readonly count: number;
  /** count + 1, from 0: cloud i has the points offsets[i] to offsets[i + 1]. */
  readonly offsets: Int32Array;
  /** total x dimension. */
  readonly points: FloatArray;
  /** total. */
  readonly weights: FloatArray;
  /** What errors call it. */
  readonly name: string;
}

/** A batch of clouds as the native side returns it. */
export interface NativeCloudStates {
  readonly count: number;
  readonly offsets: Int32Array;
  readonly points: Float64Array;
  readonly weights: Float64Array;
}

/** The items of a memory as they are at one moment. They never change: `appendClouds` and `removeClouds` give others. */
export type NativeCloudItems = { readonly nativeCloudItems: never };

/** When a transport problem counts as solved: the L1 error of its marginals, and how many iterations it may take. */
export interface NativeSolverOptions {
  readonly marginalTolerance: number;
  readonly maxSolverIterations: number;
}

/** The flow of a retrieval. `transportStep` or `reweightStep` 0 switches a channel off. */
export interface NativeFlowOptions {
  /** One for each iteration, of which the last holds for all that follow; in a sweep, one for each retrieval. */
  readonly betas: Float64Array;
  readonly transportStep: number;
  readonly reweightStep: number;
  /** Weights wait while points gain more. */
  readonly gated: boolean;
  /** Of the gradient norm; undefined: relative to the memory's own scale. */
  readonly tolerance: number | undefined;
  readonly maxIterations: number;
  /** The Gibbs mass that may be left out; undefined: every item is evaluated. */
  readonly pruning: number | undefined;
  readonly trajectory: boolean;
  /** The energy of the state where it ends is wanted, to its last digits. */
  readonly asksEnergy: boolean;
}

export interface NativeCloudRetrieval extends NativeColumns<typeof cloudRetrievalColumns> {
  readonly states: NativeCloudStates;
  /** States after 0, 1, 2, ... iterations, and the energies of each. */
  readonly trajectory: readonly NativeCloudStates[] | undefined;
  readonly trajectoryEnergy: readonly Float64Array[] | undefined;
}

/** One solved (or not) transport problem for every pair of clouds. */
export interface NativePlans {
  /** <a, f> + <b, g>: the regularised cost. */
  readonly values: Float64Array;
  /** <P, C>: the cost of the plan alone. */
  readonly transportCosts: Float64Array;
  readonly marginalErrors: Float64Array;
  readonly iterations: Int32Array;
  /** Of the iterations; the others are sweeps. */
  readonly newtonSteps: Int32Array;
  /** 1 where the marginal error is within the tolerance; 0: the iterations were used up; 2: rounding allows no better. */
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
  /** The Gibbs mass that may be left out; undefined: every item is evaluated. */
  readonly pruning: number | undefined;
}

/** What solvers of pairs of clouds take. */
export interface NativePairOptions extends PartOptions, NativeSolverOptions {
  readonly dimension: number;
  readonly epsilon: number;
}

/** How well each problem was solved: its L1 marginal error, and 1 where that is within the tolerance. */
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
