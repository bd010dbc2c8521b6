import type { FloatArray, Progress } from '../core/types.ts';

/** A running native call. `abort` asks it to stop at its next poll; the promise then rejects. */
export interface Task<T> {
  readonly promise: Promise<T>;
  abort(): void;
}

export type ProgressCallback = ((progress: Progress) => void) | undefined;

/** Options of every task that reports progress. */
export interface TaskOptions {
  readonly onProgress?: ProgressCallback;
}

/** Options of every task on a part of a batch. */
export interface PartOptions extends TaskOptions {
  /** Index of the part's first item in the whole batch, for error messages. */
  readonly firstIndex: number;
}

/** A matrix with a number for each of its rows and columns, on the native side. */
export interface NativeMarginalMatrix {
  readonly nativeMarginalMatrix: never;
}

/** Matrices that are too large to be copied at once. */
export interface NativeMarginalMatrices {
  makeMarginalMatrix(options: {
    readonly rows: number;
    readonly columns: number;
    readonly rowSums: Float64Array;
    readonly columnSums: Float64Array;
  }): NativeMarginalMatrix;
  /** Copies the next numbers of the matrix, row by row, at once. */
  appendMatrixNumbers(matrix: NativeMarginalMatrix, values: FloatArray): void;
}
