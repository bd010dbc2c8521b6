import type { FloatArray, Progress } from '../core/types.ts';

/** A running native call. `abort` asks it to stop at its next poll; the promise then rejects. */
export interface Task<T> {
  readonly promise: Promise<T>;
  abort(): void;
}

export type ProgressCallback = ((progress: Progress) => void) | undefined;

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
