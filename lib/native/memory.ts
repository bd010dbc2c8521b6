import type { FloatArray } from '../core/types.ts';
import type { NativeBasis } from './basis.ts';
import type { NativeColumns, retrievalColumns } from './columns.ts';
import type { PartOptions, Task, TaskOptions } from './task.ts';

/** Kind of a native memory: vectors, or Gaussians of one structure. */
export type MemoryKind = 'euclidean' | 'full' | 'diagonal' | 'isotropic';

/** A batch for the native side: positions (means or vectors) and, for Gaussians, covariances. */
export interface NativeBatch {
  readonly count: number;
  readonly positions: FloatArray;
  readonly covariances?: FloatArray | undefined;
}

/** Items as a file keeps them. */
export interface NativeSavedItems {
  readonly positions: FloatArray;
  /** Full covariances as lower triangles, row by row; empty for vectors. */
  readonly covariances: FloatArray;
  /** The items' part of the index, or nothing. */
  readonly index: Float32Array;
}

/** A batch to append; it may come from a file. */
export interface NativeNewItems extends NativeBatch {
  /** Whether full covariances are lower triangles, row by row. Default false. */
  readonly isSaved?: boolean | undefined;
  readonly index?: Float32Array | undefined;
}

/** What a file keeps of an index; nothing for items that have none. */
export interface NativeIndexShape {
  /** Float32 numbers of an item. */
  readonly width: number;
  /** Float64 numbers of all items together. */
  readonly shared: number;
  /** Whether every item has its part. */
  readonly isComplete: boolean;
}

/** A batch with its name in errors. */
export interface NativeNamedBatch extends NativeBatch {
  readonly name: string;
}

/** A batch from the native side. */
export interface NativeStates {
  readonly count: number;
  readonly positions: Float64Array;
  readonly covariances: Float64Array | undefined;
}

export interface NativeRetrieval extends NativeColumns<typeof retrievalColumns> {
  readonly states: NativeStates;
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

/** The immutable items of a memory at one moment; `appendItems` and `removeItems` return new ones. */
export interface NativeItems {
  readonly nativeItems: never;
}

export interface NativeItemsOptions {
  readonly kind: MemoryKind;
  readonly dimension: number;
  readonly precision: 'float32' | 'float64';
  /** Whether items get an index that bounds distances, if their kind and width allow it. */
  readonly indexed: boolean;
}

export interface NativeQueryOptions extends PartOptions {
  /** Ridge added to the variances of the queries. */
  readonly ridge: number;
}

export interface NativeBetaOptions extends NativeQueryOptions {
  readonly beta: number;
  /** The Gibbs mass that may be left out; undefined to evaluate every item. */
  readonly pruning: number | undefined;
}

export interface NativeRetrieveOptions extends NativeQueryOptions {
  /** Betas of the iterations, the last for all later ones; in a sweep, one for each retrieval. */
  readonly betas: Float64Array;
  /** Undefined: relative to the memory's own scale. */
  readonly tolerance: number | undefined;
  readonly maxIterations: number;
  readonly pruning: number | undefined;
  readonly trajectory: boolean;
}

export interface NativeNearestOptions extends NativeQueryOptions {
  readonly k: number;
  /** Whether items that certainly are not among the k nearest may be left out. */
  readonly pruning: boolean;
}

/** Stores of vectors and Gaussians, and the verbs on them. */
export interface NativeMemories {
  emptyItems(options: NativeItemsOptions): NativeItems;
  itemCount(items: NativeItems): number;
  /** Bytes of the items with their indexes. */
  itemBytes(items: NativeItems): number;
  appendItems(items: NativeItems, batch: NativeNewItems, options: PartOptions): Task<NativeItems>;
  /** Whether items of this kind get an index, which `prepareItems` completes. */
  haveIndex(items: NativeItems): boolean;
  /** Completes the numbers of the items that recall needs; called after the last `appendItems` of a change. */
  prepareItems(items: NativeItems, options: TaskOptions): Task<NativeItems>;
  indexShape(items: NativeItems): NativeIndexShape;
  /** The numbers of a complete index for all items together. */
  sharedIndex(items: NativeItems): Float64Array;
  /** Empty items with such numbers. */
  shareIndex(items: NativeItems, numbers: Float64Array): Task<NativeItems>;
  /** Fails where the index of an item is not what its numbers give. */
  checkIndex(items: NativeItems, index: number): Task<undefined>;
  savedItems(
    items: NativeItems,
    options: { readonly first: number; readonly count: number; readonly withIndex: boolean },
  ): Task<NativeSavedItems>;
  /** Indices are distinct and valid. */
  removeItems(items: NativeItems, indices: Int32Array): Task<NativeItems>;
  getItems(items: NativeItems, indices: Int32Array): Task<NativeStates>;
  /** queries x items. */
  distances(items: NativeItems, queries: NativeBatch, options: NativeQueryOptions): Task<Float64Array>;
  /** queries x items. */
  weights(items: NativeItems, queries: NativeBatch, options: NativeBetaOptions): Task<Float64Array>;
  energy(items: NativeItems, queries: NativeBatch, options: NativeBetaOptions): Task<Float64Array>;
  step(items: NativeItems, queries: NativeBatch, options: NativeBetaOptions): Task<NativeStates>;
  retrieve(items: NativeItems, queries: NativeBatch, options: NativeRetrieveOptions): Task<NativeRetrieval>;
  /** One retrieval for each beta, in their order. */
  sweep(items: NativeItems, queries: NativeBatch, options: NativeRetrieveOptions): Task<NativeRetrieval[]>;
  /** queries x k. */
  nearest(items: NativeItems, queries: NativeBatch, options: NativeNearestOptions): Task<NativeNeighbours>;
  transportMaps(
    items: NativeItems,
    query: NativeBatch,
    options: {
      readonly indices: Int32Array;
      readonly ridge: number;
      /** The basis of diagonal covariances, if they have one. */
      readonly basis: NativeBasis['handle'] | undefined;
    },
  ): Task<NativeMaps>;
}
