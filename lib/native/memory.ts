import type { FloatArray } from '../core/types.ts';
import type { NativeBasis } from './basis.ts';
import type { ProgressCallback, Task } from './task.ts';

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
