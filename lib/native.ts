import { quotaProcessors } from './core/cgroups.ts';
import { defaultThreads } from './core/defaultThreads.ts';
import type { FloatArray, Progress, Structure } from './core/types.ts';
import { loadAddon } from './nativeAddon.ts';
import type { NativeCloudItems, NativePointCloud } from './nativePointCloud.ts';
import type {
  NativeScaling,
  NativeSphere,
  NativeSphereFunctions,
  NativeSphereModel,
  NativeSpherePreparation,
  NativeSphereRows,
  NativeSphereTheory,
  NativeSphereTrainer,
} from './nativeSphere.ts';

export type * from './nativePointCloud.ts';
export type * from './nativeSphere.ts';

/** A running native call. `abort` asks it to stop at its next poll; the promise then rejects. */
export interface Task<T> {
  readonly promise: Promise<T>;
  abort(): void;
}

export type ProgressCallback = ((progress: Progress) => void) | undefined;

/** What a native memory stores: vectors, or Gaussians of one structure. */
export type MemoryKind = 'euclidean' | 'full' | 'diagonal' | 'isotropic';

/** A batch as the native side takes it: positions (means or vectors) and, for Gaussians, covariances. */
export interface NativeBatch {
  readonly count: number;
  readonly positions: FloatArray;
  readonly covariances?: FloatArray | undefined;
}

/** The same with what errors call it. */
export interface NativeItems extends NativeBatch {
  readonly name: string;
}

/** A batch as the native side returns it. */
export interface NativeStates {
  readonly count: number;
  readonly positions: Float64Array;
  readonly covariances: Float64Array | undefined;
}

export interface NativeRetrieval {
  readonly states: NativeStates;
  readonly energy: Float64Array;
  readonly nearest: Int32Array;
  readonly nearestDistance: Float64Array;
  readonly iterations: Int32Array;
  readonly stepLength: Float64Array;
  /** 1 where the stopping rule was met. */
  readonly converged: Uint8Array;
  readonly evaluated: Int32Array;
  readonly droppedMass: Float64Array;
  readonly trajectory: readonly NativeStates[] | undefined;
}

export interface NativeMaps {
  readonly matrices: Float64Array;
  readonly offsets: Float64Array;
}

export interface NativeNeighbours {
  readonly indices: Int32Array;
  readonly distances: Float64Array;
}

/**
 * One memory of the addon. Reads work on the items as they were when the call began. `pruning` is the Gibbs mass that may be left out;
 * undefined: every item is evaluated.
 */
export interface NativeMemory {
  readonly size: number;
  /** Stages a copy of the items; `firstIndex` is what error messages count from. Nothing shows until `commit`. */
  append(batch: NativeBatch, firstIndex: number, onProgress: ProgressCallback): Task<void>;
  /** Completes what recall needs to know of staged items: to be called after the last `append`. */
  prepare(onProgress: ProgressCallback): Task<void>;
  /** Stages the removal of the items at these (distinct, valid) indices. */
  remove(indices: Int32Array): Task<void>;
  commit(): void;
  rollback(): void;
  /** Another object with the items as they are now, whatever happens to this one. */
  snapshot(): NativeMemory;
  /** Lets go of the items: their memory is free when no call works on them any more. Every other call is then ERR_CLOSED. */
  release(): void;
  get(indices: Int32Array): Task<NativeStates>;
  distances(queries: NativeBatch, firstIndex: number, ridge: number, onProgress: ProgressCallback): Task<Float64Array>;
  weights(
    queries: NativeBatch,
    firstIndex: number,
    ridge: number,
    beta: number,
    pruning: number | undefined,
    onProgress: ProgressCallback,
  ): Task<Float64Array>;
  energy(
    queries: NativeBatch,
    firstIndex: number,
    ridge: number,
    beta: number,
    pruning: number | undefined,
    onProgress: ProgressCallback,
  ): Task<Float64Array>;
  step(
    queries: NativeBatch,
    firstIndex: number,
    ridge: number,
    beta: number,
    pruning: number | undefined,
    onProgress: ProgressCallback,
  ): Task<NativeStates>;
  /**
   * `betas`: of one iteration after the other; with `sweep`, of one retrieval each: query by query, beta by beta. Without a tolerance
   * the memory's own scale says it.
   */
  retrieve(
    queries: NativeBatch,
    firstIndex: number,
    ridge: number,
    betas: Float64Array,
    sweep: boolean,
    tolerance: number | undefined,
    maxIterations: number,
    pruning: number | undefined,
    trajectory: boolean,
    onProgress: ProgressCallback,
  ): Task<NativeRetrieval>;
  nearest(
    queries: NativeBatch,
    firstIndex: number,
    ridge: number,
    k: number,
    prune: boolean,
    onProgress: ProgressCallback,
  ): Task<NativeNeighbours>;
  /** `basis`: that of diagonal covariances. */
  transportMaps(
    query: NativeBatch,
    ridge: number,
    indices: Int32Array,
    basis: NativeBasis['handle'] | undefined,
  ): Task<NativeMaps>;
}

/** Variances along a basis, and of each covariance how far it is from diagonal there and whether float32 holds its numbers (1). */
export interface NativeProjection extends NativeStates {
  readonly residuals: Float64Array;
  readonly isSingle: Uint8Array;
}

/** An orthogonal matrix that stays on the native side, and a copy of its numbers, row-major. */
export interface NativeBasis {
  readonly handle: { readonly nativeBasis: never };
  readonly values: Float64Array;
}

/** A matrix with a number for each of its rows and columns, on the native side. */
export interface NativeMarginalMatrix {
  readonly nativeMarginalMatrix: never;
}

/** Matrices that are too large to be copied at once. */
export interface NativeMarginalMatrices {
  makeMarginalMatrix(
    rows: number,
    columns: number,
    rowSums: Float64Array,
    columnSums: Float64Array,
  ): NativeMarginalMatrix;
  /** Copies the next numbers of the matrix, row by row, at once. */
  appendMatrixNumbers(matrix: NativeMarginalMatrix, values: FloatArray): void;
}

/** Random Gaussians and exact perturbations: see gaussian/sampling.ts for what each draws. Seeds are 64 bits, unsigned. */
export interface NativeSampling {
  randomBasis(dimension: number, seed: bigint): Task<NativeBasis>;
  /** Items `first` to `first + count` of a sample, whatever the parts it is drawn in. */
  sampleCommuting(
    first: number,
    count: number,
    basis: NativeBasis['handle'],
    least: number,
    greatest: number,
    seed: bigint,
    onProgress: ProgressCallback,
  ): Task<NativeStates & { readonly eigenvalues: Float64Array }>;
  sampleGeneral(
    first: number,
    count: number,
    dimension: number,
    seed: bigint,
    onProgress: ProgressCallback,
  ): Task<NativeStates>;
  /** Without a seed the items are dilated. `firstIndex` is what error messages and random streams count from. */
  perturb(
    structure: Structure,
    dimension: number,
    items: NativeItems,
    firstIndex: number,
    radius: number,
    seed: bigint | undefined,
    onProgress: ProgressCallback,
  ): Task<NativeStates>;
}

/** Covariances with common eigenvectors. `firstIndex` is what error messages count from; matrices are row-major. */
export interface NativeBases {
  /** Checks d x d numbers, finite and orthogonal; `name` is what errors call the matrix. */
  makeBasis(dimension: number, numbers: Float64Array, name: string): Task<NativeBasis['handle']>;
  /** The check alone, at once. */
  checkBasis(dimension: number, numbers: FloatArray, name: string): void;
  /** Full covariances from others. */
  expand(
    structure: MemoryKind,
    dimension: number,
    items: NativeItems,
    firstIndex: number,
    basis: NativeBasis['handle'] | undefined,
    onProgress: ProgressCallback,
  ): Task<NativeStates>;
  /** Variances along the basis from full covariances, and how far each covariance is from diagonal in it. */
  project(
    items: NativeItems,
    firstIndex: number,
    basis: NativeBasis['handle'],
    onProgress: ProgressCallback,
  ): Task<NativeProjection>;
  /** `sums` (none at first) with random combinations of full covariances added. */
  addCombinations(
    dimension: number,
    items: NativeItems,
    firstIndex: number,
    sums: Float64Array | undefined,
    onProgress: ProgressCallback,
  ): Task<Float64Array>;
  /** The orthogonal matrix that best makes the combinations diagonal, d x d. */
  commonEigenvectors(dimension: number, sums: Float64Array): Task<Float64Array>;
}

/** What computes a decomposition: 0 the best kernels, 2 to 4 those of an x86-64 level, 1 LAPACK (`eigen` only). */
export type LanesLevel = 0 | 1 | 2 | 3 | 4;

/**
 * The kernels that take eight small matrices at once (native/linalg/lanes.h), for tests. Matrices are count x n x n,
 * symmetric, n up to 64. A level that the processor lacks is an error.
 */
export interface NativeLanes {
  /** Values ascending; row k of a matrix's vectors belongs to value k. NaN and 1 where a matrix is not finite. */
  eigen(
    n: number,
    count: number,
    matrices: Float64Array,
    wantVectors: boolean,
    level: LanesLevel,
  ): Task<{
    readonly values: Float64Array;
    readonly vectors: Float64Array | undefined;
    readonly notConverged: Uint8Array;
  }>;
  /** r' s r of every matrix s, r lower triangular; `single` rounds s to float32 first. */
  congruences(
    n: number,
    count: number,
    matrices: Float64Array,
    r: Float64Array,
    single: boolean,
    level: LanesLevel,
  ): Task<Float64Array>;
  /** The weighted sum of the matrices, put together from their eigenvectors and the positive ones of their values. */
  spectralSum(
    n: number,
    count: number,
    matrices: Float64Array,
    weights: Float64Array,
    level: LanesLevel,
  ): Task<Float64Array>;
  /** What level 0 stands for. */
  bestLevel(): LanesLevel;
}

/** Things on the native side that a memory or model keeps. */
export type NativeHandle = NativeCloudItems | NativeSphereModel | NativeSphereRows | NativeSphereTrainer;

export interface Native
  extends NativeSampling,
    NativeBases,
    NativeSphereFunctions,
    NativeSphere,
    NativeSpherePreparation,
    NativeMarginalMatrices,
    NativeScaling,
    NativeSphereTheory,
    NativePointCloud {
  readonly lanes: NativeLanes;
  /** Lets go of what a handle stands for; whoever uses the handle afterwards gets ERR_CLOSED. */
  release(handle: NativeHandle): void;
  /** Another handle of the same thing, which stays until both are released. */
  share<H extends NativeHandle>(handle: H): H;
  /** How much memory a handle keeps, for the collector. */
  tell(handle: NativeHandle, bytes: number): void;
  /** `indexed`: full covariances get the signatures that bound distances. */
  readonly Memory: new (
    kind: MemoryKind,
    dimension: number,
    precision: 'float32' | 'float64',
    indexed: boolean,
  ) => NativeMemory;
  /** Bytes that everything on the native side takes which this process's memories, models and handles keep. */
  keptMemory(): number;
  /** Has the collector look for garbage: as if `bytes` had been allocated, and freed again. */
  press(bytes: number): void;
  /** Gives the system what the allocators keep for later. */
  giveBackFreeMemory(): void;
  /** How many threads compute; a new value reaches running calls from their next loop on. */
  threads(): number;
  setThreads(count: number): void;
  /** The same, unless either was called before by any thread of the process. */
  setDefaultThreads(count: number): void;
  /** How many threads the linked BLAS can serve at once; it corrupts memory beyond. */
  mostThreads(): number;
  /** Processors that the process may run on. */
  processors(): number;
  /** Stops every call of this environment and waits until none runs. */
  stop(): void;
  /** The BLAS in use, as it names itself. */
  blas(): string;
}

export const native = loadAddon() as Native;

const { DENSEAM_THREADS: wish } = process.env;
const bounds = { processors: native.processors(), quota: quotaProcessors(), most: native.mostThreads() };
native.setDefaultThreads(defaultThreads({ wish, ...bounds }));
