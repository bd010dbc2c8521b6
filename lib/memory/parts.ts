import { zeros } from '../core/allocation.ts';
import { partProgress } from '../core/progress.ts';
import type { CallOptions } from '../core/types.ts';
import type { NativeStates } from '../native/addon.ts';
import { type Batch, itemWidth, slice } from './batches.ts';

/** A run of a batch's items for one native call. */
export interface Part {
  readonly batch: Batch;
  /** Index of its first item in the whole batch. */
  readonly first: number;
  readonly onProgress: CallOptions['onProgress'];
}

// Input is copied on the event loop: 16 MiB take a few milliseconds. Results are copied there only if there are several
// parts, so they may be larger, as long as joining them is not felt.
export const inputBytes = 16 * 2 ** 20;
export const resultBytes = 64 * 2 ** 20;

/**
 * Calls `run` on one part of the batch after another, each small enough for the event loop, and returns the results in
 * order. `total` is the work of the whole batch for `onProgress`; a query has `copies` states in progress and `columns`
 * numbers of results or kept values.
 */
export async function inParts<T>(
  batch: Batch,
  total: number,
  { copies = 1, columns = 1 }: { readonly copies?: number; readonly columns?: number },
  options: CallOptions,
  run: (part: Part) => Promise<T>,
): Promise<T[]> {
  const { position, covariance } = itemWidth(batch.kind, batch.dimension);
  const bytes = Float64Array.BYTES_PER_ELEMENT;
  const height = Math.max(
    1,
    Math.min(
      Math.floor(inputBytes / (bytes * copies * (position + covariance))),
      Math.floor(resultBytes / (bytes * Math.max(1, columns))),
    ),
  );
  const ends = Array.from({ length: Math.ceil(batch.count / height) }, (_, i) =>
    Math.min(batch.count, (i + 1) * height),
  );
  return inRuns(ends, total, options.onProgress, (first, end, onProgress) =>
    run({ batch: slice(batch, first, end), first, onProgress }),
  );
}

/** Calls `run` for one run of items after another: up to the first end, from there to the second, and so on. */
export async function inRuns<T>(
  ends: readonly number[],
  total: number,
  onProgress: CallOptions['onProgress'],
  run: (begin: number, end: number, onProgress: CallOptions['onProgress']) => Promise<T>,
): Promise<T[]> {
  const workOfOne = total / (ends.at(-1) as number);
  const results: T[] = [];
  let begin = 0;
  for (const end of ends) {
    const ofRun = partProgress(onProgress, workOfOne * begin, workOfOne * (end - begin), total);
    results.push(await run(begin, end, ofRun));
    begin = end;
  }
  return results;
}

/** Concatenation of the arrays; a single array itself, without a copy. */
export function concatFloats(arrays: readonly Float64Array[]): Float64Array {
  return join(arrays, (length) => zeros('the results', Float64Array, length));
}

export function concatInts(arrays: readonly Int32Array[]): Int32Array {
  return join(arrays, (length) => zeros('the results', Int32Array, length));
}

function join<A extends Float64Array | Int32Array>(arrays: readonly A[], allocate: (length: number) => A): A {
  if (arrays.length === 1) return arrays[0] as A;
  const result = allocate(arrays.reduce((length, array) => length + array.length, 0));
  let offset = 0;
  for (const array of arrays) {
    result.set(array, offset);
    offset += array.length;
  }
  return result;
}

export function concatStates(parts: readonly NativeStates[]): NativeStates {
  const covariances = parts.flatMap((part) => part.covariances ?? []);
  return {
    count: parts.reduce((count, part) => count + part.count, 0),
    positions: concatFloats(parts.map((part) => part.positions)),
    covariances: covariances.length > 0 ? concatFloats(covariances) : undefined,
  };
}
