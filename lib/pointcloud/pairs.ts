import { describe } from '../core/describe.ts';
import type { CallOptions } from '../core/types.ts';
import { shapeError } from '../core/validate.ts';
import { inputBytes, inRuns, resultBytes } from '../memory/parts.ts';
import type { ProgressCallback, Task } from '../native/addon.ts';
import { runTask } from '../native/calls.ts';
import { type CloudBatch, cloudBatch, cloudSize, runEnds, sliceClouds } from './batches.ts';
import { greatestTotal } from './select.ts';
import type { PointClouds } from './types.ts';

/** Pairs of source i and target i; a single cloud on one side pairs with every one of the other. */
export interface CloudPairs {
  readonly count: number;
  readonly dimension: number;
  readonly sources: CloudBatch;
  readonly targets: CloudBatch;
}

const bytesOfNumber = Float64Array.BYTES_PER_ELEMENT;

/** Checks the shapes of both sides and that they match. */
export function cloudPairs(sources: PointClouds, targets: PointClouds): CloudPairs {
  const [from, to] = [cloudBatch('sources', sources), cloudBatch('targets', targets)];
  const { dimension } = from;
  if (to.dimension !== dimension) {
    throw shapeError('targets.dimension', `${dimension} as of the sources`, describe(to.dimension));
  }
  if (from.count !== to.count && from.count !== 1 && to.count !== 1) {
    throw shapeError('targets.count', `1 or ${from.count} as of the sources`, describe(to.count));
  }
  const pairs = { count: Math.max(from.count, to.count), dimension, sources: from, targets: to };
  for (const side of ['sources', 'targets'] as const) totalOf(side, pairs);
  return pairs;
}

/** Points of one side in all pairs. */
export function totalOf(side: 'sources' | 'targets', { count, [side]: batch }: CloudPairs): number {
  const total = batch.weights.length * (batch.count === 1 ? count : 1);
  if (total > greatestTotal) throw shapeError(side, 'at most 2^31 - 1 points in all pairs', describe(total));
  return total;
}

/** Points of both sides of a pair. */
export function pairSizes({ sources, targets }: CloudPairs, index: number): [source: number, target: number] {
  const size = (batch: CloudBatch) => cloudSize(batch, batch.count === 1 ? 0 : index);
  return [size(sources), size(targets)];
}

/** Sum and maximum over the pairs of a function of their sizes. */
export function overPairs(
  pairs: CloudPairs,
  numbers: (source: number, target: number) => number,
): { sum: number; greatest: number } {
  let [sum, greatest] = [0, 0];
  for (let i = 0; i < pairs.count; i++) {
    const own = numbers(...pairSizes(pairs, i));
    sum += own;
    greatest = Math.max(greatest, own);
  }
  return { sum, greatest };
}

/**
 * Runs a task on one part of the pairs after another, each small enough for the event loop. A pair has `numbers`
 * results beside those of the size of its points.
 */
export function inPairParts<T>(
  pairs: CloudPairs,
  options: CallOptions,
  numbers: (source: number, target: number) => number,
  task: (sources: CloudBatch, targets: CloudBatch, firstIndex: number, onProgress: ProgressCallback) => Task<T>,
): Promise<T[]> {
  const bytesOfPoint = (pairs.dimension + 1) * bytesOfNumber;
  const load = (i: number) => {
    const [source, target] = pairSizes(pairs, i);
    const results = (numbers(source, target) * bytesOfNumber) / resultBytes;
    return Math.max(((source + target) * bytesOfPoint) / inputBytes, results);
  };
  return inRuns(runEnds(pairs.count, load), pairs.count, options.onProgress, (first, end, onProgress) => {
    const [sources, targets] = [sideOf(pairs.sources, first, end), sideOf(pairs.targets, first, end)];
    return runTask((report) => task(sources, targets, first, report), { ...options, onProgress });
  });
}

function sideOf(batch: CloudBatch, begin: number, end: number): CloudBatch {
  return batch.count === 1 ? sliceClouds(batch, 0, 1) : sliceClouds(batch, begin, end);
}

/** Offsets of the points of every pair on one side. */
export function offsetsOf(side: 'sources' | 'targets', { count, [side]: batch }: CloudPairs): Int32Array {
  if (batch.count === count) return batch.offsets;
  return Int32Array.from({ length: count + 1 }, (_, i) => i * batch.weights.length);
}
