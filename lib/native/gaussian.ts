import type { FloatArray, Structure } from '../core/types.ts';
import type { NativeBasis } from './basis.ts';
import type { MemoryKind, NativeNamedBatch, NativeStates } from './memory.ts';
import type { PartOptions, Task, TaskOptions } from './task.ts';

/**
 * Variances along a basis and, for each covariance, its distance from diagonal there and whether float32 holds its
 * numbers (1).
 */
export interface NativeProjection extends NativeStates {
  readonly residuals: Float64Array;
  readonly isSingle: Uint8Array;
}

/** The size of a square matrix, row-major, and its name in errors. */
interface NativeMatrixOptions {
  readonly dimension: number;
  readonly name: string;
}

/** Covariances with common eigenvectors. Matrices are row-major. */
export interface NativeBases {
  /** Checks d x d numbers, finite and orthogonal. */
  makeBasis(numbers: Float64Array, options: NativeMatrixOptions): Task<NativeBasis['handle']>;
  /** Only checks the numbers, at once. */
  checkBasis(numbers: FloatArray, options: NativeMatrixOptions): void;
  /** Expands covariances to full ones. */
  expand(
    items: NativeNamedBatch,
    options: PartOptions & {
      readonly structure: MemoryKind;
      readonly dimension: number;
      readonly basis: NativeBasis['handle'] | undefined;
    },
  ): Task<NativeStates>;
  /** Projects full covariances to variances along the basis, with the distance of each from diagonal. */
  project(
    items: NativeNamedBatch,
    options: PartOptions & { readonly basis: NativeBasis['handle'] },
  ): Task<NativeProjection>;
  /** `sums` (none at first) with random combinations of full covariances added. */
  addCombinations(
    items: NativeNamedBatch,
    options: PartOptions & { readonly dimension: number; readonly sums: Float64Array | undefined },
  ): Task<Float64Array>;
  /** The orthogonal matrix that best makes the combinations diagonal, d x d. */
  commonEigenvectors(sums: Float64Array, options: { readonly dimension: number }): Task<Float64Array>;
}

/** Items `first` to `first + count` of a sample, which does not depend on its division into parts. */
export interface NativeRunOptions extends TaskOptions {
  readonly first: number;
  readonly count: number;
  readonly seed: bigint;
}

/** Random Gaussians and exact perturbations, described in gaussian/sampling.ts. Seeds are 64 bits, unsigned. */
export interface NativeSampling {
  randomBasis(options: { readonly dimension: number; readonly seed: bigint }): Task<NativeBasis>;
  sampleCommuting(
    options: NativeRunOptions & {
      readonly basis: NativeBasis['handle'];
      readonly least: number;
      readonly greatest: number;
    },
  ): Task<NativeStates & { readonly eigenvalues: Float64Array }>;
  sampleGeneral(options: NativeRunOptions & { readonly dimension: number }): Task<NativeStates>;
  /** Without a seed the items are dilated. Random streams count from `firstIndex`, too. */
  perturb(
    items: NativeNamedBatch,
    options: PartOptions & {
      readonly structure: Structure;
      readonly dimension: number;
      readonly radius: number;
      readonly seed: bigint | undefined;
    },
  ): Task<NativeStates>;
}
