import type { Task } from './task.ts';

/** Kernels: 0 the best ones, 2 to 4 those of an x86-64 level, 1 LAPACK and BLAS, which have no `spectralSum`. */
export type LanesLevel = 0 | 1 | 2 | 3 | 4;

/**
 * The kernels that take eight matrices at once (native/linalg/lanes.h), for tests. Matrices are count x n x n,
 * symmetric, n up to 2048. A level that the processor lacks is an error.
 */
export interface NativeLanes {
  /** Values ascending; row k of a matrix's vectors belongs to value k. NaN and 1 where a matrix is not finite. */
  eigen(
    matrices: Float64Array,
    options: LanesOptions & { readonly wantVectors: boolean },
  ): Task<{
    readonly values: Float64Array;
    readonly vectors: Float64Array | undefined;
    readonly notConverged: Uint8Array;
  }>;
  /**
   * Values ascending by the way for large matrices, one after the other, at any size: LAPACK's dsytrd, or two stages by
   * the kernels of a level. Fails where a matrix is not finite.
   */
  largeEigenvalues(matrices: Float64Array, options: LanesOptions): Task<Float64Array>;
  /** r' s r of every matrix s, r lower triangular; `single` rounds s to float32 first, except for level 1. */
  congruences(
    matrices: Float64Array,
    options: LanesOptions & { readonly r: Float64Array; readonly single: boolean },
  ): Task<Float64Array>;
  /** The weighted sum of the matrices, put together from their eigenvectors and the positive ones of their values. */
  spectralSum(matrices: Float64Array, options: LanesOptions & { readonly weights: Float64Array }): Task<Float64Array>;
  /** The level that 0 stands for. */
  bestLevel(): LanesLevel;
}

export interface LanesOptions {
  readonly n: number;
  readonly count: number;
  readonly level: LanesLevel;
}
