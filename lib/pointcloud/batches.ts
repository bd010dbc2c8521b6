import { types } from 'node:util';
import { copied } from '../core/allocation.ts';
import { fitsInMemory } from '../core/availableMemory.ts';
import { describe } from '../core/describe.ts';
import type { CallOptions } from '../core/types.ts';
import { checkUnchanged, extent, fields, floatArray, isDetached, product, shapeError } from '../core/validate.ts';
import type { Precision } from '../memory/memory.ts';
import { inputBytes, inRuns, resultBytes } from '../memory/parts.ts';
import type { NativeCloudStates, NativeClouds } from '../native/addon.ts';
import { mostCosts } from './options.ts';
import type { PointClouds } from './types.ts';

/** Clouds in the form of the native side, with their dimension. The batch owns its offsets. */
export interface CloudBatch extends NativeClouds {
  readonly dimension: number;
}

const bytesOfNumber = Float64Array.BYTES_PER_ELEMENT;

/** Number of matrices of one problem: costs, plan, scaled plan, Newton matrix; costs and kernel of a self term. */
const workMatrices = 6;

/** Checks the shapes of clouds; their values are checked natively, in the pass that reads them. */
export function cloudBatch(name: string, value: PointClouds): CloudBatch {
  const given = fields(name, value, ['count', 'dimension', 'offsets', 'points', 'weights']);
  const count = extent(`${name}.count`, given.count);
  const dimension = extent(`${name}.dimension`, given.dimension);
  const offsets = readOffsets(`${name}.offsets`, given.offsets, count);
  const total = offsets[count] as number;
  const length = product(`${name}.points`, total, dimension);
  return {
    name,
    count,
    dimension,
    offsets,
    points: floatArray(`${name}.points`, given.points, length, `${total} x ${dimension}`),
    weights: floatArray(`${name}.weights`, given.weights, total, 'one a point'),
    firstPoint: 0,
  };
}

/** Copies the offsets, so that nobody changes them after the check. */
function readOffsets(name: string, value: unknown, count: number): Int32Array {
  if (!types.isInt32Array(value)) throw shapeError(name, 'an Int32Array', describe(value));
  const shape = `${count + 1} integers (count + 1)`;
  if (isDetached(value)) throw shapeError(name, shape, 'an array whose buffer is detached');
  if (value.length !== count + 1) throw shapeError(name, shape, String(value.length));
  const offsets = value.slice();
  if (offsets[0] !== 0) throw shapeError(`${name}[0]`, '0', String(offsets[0]));
  for (let i = 0; i < count; i++) {
    const [begin, end] = [offsets[i] as number, offsets[i + 1] as number];
    if (end <= begin) throw shapeError(`${name}[${i + 1}]`, `more than ${begin} (no cloud is empty)`, String(end));
  }
  return offsets;
}

/** Number of points of a cloud. */
export function cloudSize({ offsets }: { readonly offsets: Int32Array }, index: number): number {
  return (offsets[index + 1] as number) - (offsets[index] as number);
}

/** The precision in which clouds are stored. */
export function cloudPrecision({ points, weights }: CloudBatch): Precision {
  return types.isFloat32Array(points) && types.isFloat32Array(weights) ? 'float32' : 'float64';
}

/** A copy in arrays of its own. */
export function copyClouds(batch: CloudBatch): CloudBatch {
  return { ...batch, points: copied(batch.name, batch.points), weights: copied(batch.name, batch.weights) };
}

/**
 * Clouds `begin` to `end` of a batch, their numbers as views.
 *
 * @throws DenseamError ERR_SHAPE when an array was transferred away or resized since the batch was checked.
 */
export function sliceClouds(batch: CloudBatch, begin: number, end: number): CloudBatch {
  const { name, dimension } = batch;
  const total = batch.offsets[batch.count] as number;
  checkUnchanged(name, batch.points, total * dimension);
  checkUnchanged(name, batch.weights, total);
  const [first, last] = [batch.offsets[begin] as number, batch.offsets[end] as number];
  return {
    name,
    dimension,
    count: end - begin,
    offsets: batch.offsets.subarray(begin, end + 1).map((offset) => offset - first),
    points: batch.points.subarray(first * dimension, last * dimension),
    weights: batch.weights.subarray(first, last),
    firstPoint: batch.firstPoint + first,
  };
}

/**
 * Refuses clouds with a transport problem that does not fit in memory. The largest one is that of the largest cloud
 * with itself.
 */
export function problemsFitInMemory({ name, count, offsets }: CloudBatch): void {
  let largest = 0;
  for (let i = 1; i < count; i++) if (cloudSize({ offsets }, i) > cloudSize({ offsets }, largest)) largest = i;
  const size = cloudSize({ offsets }, largest);
  pairFitsInMemory(`${name}[${largest}] (${size} points)`, size * size);
}

/** Refuses a transport problem between clouds, with so many costs, that does not fit in memory. */
export function pairFitsInMemory(name: string, costs: number): void {
  problemFitsInMemory(name, Math.min(costs, mostCosts));
}

/** Refuses a transport problem with so many costs that it does not fit in memory. */
export function problemFitsInMemory(name: string, costs: number): void {
  fitsInMemory(`the transport problem of ${name}`, costs * workMatrices * bytesOfNumber);
}

/** A run of a batch's clouds for one native call. */
export interface CloudPart {
  readonly batch: CloudBatch;
  /** Index of its first cloud in the whole batch. */
  readonly first: number;
  readonly onProgress: CallOptions['onProgress'];
}

/**
 * Calls `run` on one part of the batch after another: `inParts` of lib/memory/parts.ts for items of different sizes. A
 * cloud has `copies` states in progress and `columns` numbers as its result; `total` is the work of the whole batch.
 */
export async function inCloudParts<T>(
  batch: CloudBatch,
  total: number,
  { copies = 1, columns = 0 }: { readonly copies?: number; readonly columns?: number },
  { onProgress }: CallOptions,
  run: (part: CloudPart) => Promise<T>,
): Promise<T[]> {
  const bytesOfPoint = copies * (batch.dimension + 1) * bytesOfNumber;
  const load = (i: number) =>
    Math.max((cloudSize(batch, i) * bytesOfPoint) / inputBytes, (columns * bytesOfNumber) / resultBytes);
  return inRuns(runEnds(batch.count, load), total, onProgress, (first, end, ofPart) =>
    run({ batch: sliceClouds(batch, first, end), first, onProgress: ofPart }),
  );
}

/** Ends of runs with a total load of at most 1 each; a single item may exceed it. */
export function runEnds(count: number, loadOf: (index: number) => number): number[] {
  const ends: number[] = [];
  let load = 0;
  for (let i = 0; i < count; i++) {
    const own = loadOf(i);
    if (i > 0 && load + own > 1) {
      ends.push(i);
      load = 0;
    }
    load += own;
  }
  return [...ends, count];
}

export function toPointClouds(dimension: number, { count, offsets, points, weights }: NativeCloudStates): PointClouds {
  return { count, dimension, offsets, points, weights };
}
