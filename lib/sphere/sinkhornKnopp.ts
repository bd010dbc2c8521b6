import { fitsInMemory } from '../core/availableMemory.ts';
import { asGiven, callOptions, optional, readOptions, required, specify } from '../core/options.ts';
import type { CallOptions, FloatArray, FloatMatrix, Matrix } from '../core/types.ts';
import { extent, fields, floatArray, integer, nonNegative, numberList, product } from '../core/validate.ts';
import { marginalMatrix } from '../memory/marginalMatrix.ts';
import { maxIterationsLimit } from '../memory/verbOptions.ts';
import { native } from '../native/addon.ts';
import { runTask } from '../native/calls.ts';

/** Options of {@link sinkhornKnopp}: the target sums and the stopping rule. */
export interface SinkhornKnoppOptions extends CallOptions {
  /** Target sum of every row: finite, at least 0. */
  readonly rowSums: FloatArray | readonly number[];
  /**
   * Target sum of every column: finite, at least 0, with the same total as the row sums, to 1e-9 of it; to 1e-5 where
   * float32 holds all row sums or all column sums exactly (unless all are integers up to 2^24), since they may have
   * been rounded to it.
   */
  readonly columnSums: FloatArray | readonly number[];
  /** Relative error of the row sums at which sweeps stop. Default 1e-12. */
  readonly tolerance?: number | undefined;
  /** Maximum number of sweeps, at least 1. Default 10000. */
  readonly maxIterations?: number | undefined;
}

/** The scaled matrix and its scaling. */
export interface SinkhornKnoppResult {
  /** The scaled matrix diag(rowScaling) A diag(columnScaling). */
  readonly matrix: Matrix;
  /** Factor of each row, 0 for a target sum of 0. */
  readonly rowScaling: Float64Array;
  /** Factor of each column, 0 for a target sum of 0. */
  readonly columnScaling: Float64Array;
  /** Number of sweeps. */
  readonly iterations: number;
  /** Greatest relative error of a row sum of the matrix. Its column sums are exact to rounding. */
  readonly residual: number;
  /** Reason why the sweeps ended: the residual is within the tolerance, or the iterations were used up. */
  readonly stopped: 'converged' | 'iterations';
}

const knoppOptions = specify<SinkhornKnoppOptions>()({
  ...callOptions,
  rowSums: required<unknown, SinkhornKnoppOptions['rowSums']>(asGiven),
  columnSums: required<unknown, SinkhornKnoppOptions['columnSums']>(asGiven),
  tolerance: optional(nonNegative, 1e-12),
  maxIterations: optional((name, value) => integer(name, value, 1, maxIterationsLimit), 10_000),
});

/**
 * Scales the rows and the columns of a non-negative matrix to given sums. The result diag(r) A diag(c) is unique if it
 * exists, and has the least relative entropy to A among all matrices with these sums. The method sweeps over the rows,
 * then the columns (Sinkhorn and Knopp 1967; Thériault and Tantari 2025, eq. 22); each sweep reads the matrix once, on
 * all threads, and the result does not depend on their number. r and c are determined up to a factor t and 1/t, chosen
 * so that both are about as large.
 *
 * A matrix without zeros always converges, and faster the more even it is. With zeros, a scaling may exist only in the
 * limit, where some numbers become zero (a triangular matrix with equal sums becomes diagonal), and each sweep then
 * gains little; or none exists, and the residual stays large. `stopped` and `residual` report this. Row sums are first
 * multiplied by the ratio of the two totals, which differ by at most 1e-9 or, in float32, 1e-5.
 *
 * Numbers may have any scale: powers of two are taken out of rows, columns and sums. Only numbers 1e-300 below the
 * others in both their row and their column become zero, and a scaling that float64 cannot hold is infinite or 0, while
 * the matrix is right. Progress counts sweeps.
 *
 * @throws DenseamError ERR_SHAPE; ERR_NOT_FINITE; ERR_OUT_OF_MEMORY; ERR_RANGE for a negative number, totals that
 * differ, and a positive sum of a row or a column that is zero in all columns or rows of positive sum; the signal's
 * reason.
 */
export async function sinkhornKnopp(matrix: FloatMatrix, options: SinkhornKnoppOptions): Promise<SinkhornKnoppResult> {
  const read = readOptions(knoppOptions, options);
  const { tolerance, maxIterations, signal, onProgress } = read;
  const given = fields('matrix', matrix, ['rows', 'columns', 'data']);
  const rows = extent('matrix.rows', given.rows);
  const columns = extent('matrix.columns', given.columns);
  const length = product('matrix', rows, columns);
  const data = floatArray('matrix.data', given.data, length, `${rows} x ${columns}`);
  const rowSums = numberList('options.rowSums', read.rowSums, rows, 'one a row');
  const columnSums = numberList('options.columnSums', read.columnSums, columns, 'one a column');
  fitsInMemory('the scaled matrix', length * Float64Array.BYTES_PER_ELEMENT);
  const problem = await marginalMatrix('matrix.data', data, rowSums, columnSums, signal);
  const scaled = await runTask(
    (report) => native.scaleMatrix(problem, { tolerance, maxIterations, onProgress: report }),
    {
      signal,
      onProgress,
    },
  );
  const { rowScaling, columnScaling, iterations, residual, converged } = scaled;
  return {
    matrix: { rows, columns, data: scaled.matrix },
    rowScaling,
    columnScaling,
    iterations,
    residual,
    stopped: converged ? 'converged' : 'iterations',
  };
}
