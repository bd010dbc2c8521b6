import type { FloatArray, Structure } from '../core/types.ts';
import type { NativeBasis } from './basis.ts';
import type { MemoryKind, NativeItems, NativeStates } from './memory.ts';
import type { ProgressCallback, Task } from './task.ts';

/** Variances along a basis, and of each covariance how far it is from diagonal there and whether float32 holds its numbers (1). */
export interface NativeProjection extends NativeStates {
  readonly residuals: Float64Array;
  readonly isSingle: Uint8Array;
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
