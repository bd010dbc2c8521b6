import { setImmediate } from 'node:timers/promises';
import type { FloatArray } from '../core/types.ts';
import { checkUnchanged } from '../core/validate.ts';
import { type NativeMarginalMatrix, native } from '../native/addon.ts';
import { coded } from '../native/calls.ts';
import { partBytes } from './partsAtOnce.ts';

/**
 * Copies a matrix and a number for each of its rows and columns to the native side, a few megabytes at a time so that
 * the event loop stays free. `name` is the numbers' name in errors.
 */
export async function marginalMatrix(
  name: string,
  data: FloatArray,
  rowSums: Float64Array,
  columnSums: Float64Array,
  signal: AbortSignal | undefined,
): Promise<NativeMarginalMatrix> {
  signal?.throwIfAborted();
  const { length } = data;
  const matrix = coded(() =>
    native.makeMarginalMatrix({ rows: rowSums.length, columns: columnSums.length, rowSums, columnSums }),
  );
  const step = partBytes / Float64Array.BYTES_PER_ELEMENT;
  for (let begin = 0; begin < length; begin += step) {
    if (begin > 0) await setImmediate();
    signal?.throwIfAborted();
    checkUnchanged(name, data, length);
    const part = data.subarray(begin, Math.min(length, begin + step));
    coded(() => native.appendMatrixNumbers(matrix, part));
  }
  return matrix;
}
