import { zeros } from '../core/allocation.ts';
import { fitsInMemory } from '../core/availableMemory.ts';
import { atOnce, type Steps } from '../core/turns.ts';
import { checkUnchanged, shapeError } from '../core/validate.ts';
import { cloudSize } from './batches.ts';
import type { PointClouds } from './types.ts';

/** Clouds in arrays of their own, in float64. */
export interface OwnPointClouds extends PointClouds {
  readonly points: Float64Array;
  readonly weights: Float64Array;
}

/** Offsets are 32-bit integers. */
export const greatestTotal = 2 ** 31 - 1;

/** Numbers copied before other events get their turn. */
const numbersPerStep = 2 ** 14;

/** Copies of the clouds at these indices, which may repeat. The clouds are valid. */
export function selectClouds(clouds: PointClouds, indices: ArrayLike<number>): OwnPointClouds {
  return atOnce(selection(clouds, indices));
}

/** Copies of the clouds at these indices, made in steps. */
export function* selection(clouds: PointClouds, indices: ArrayLike<number>): Steps<OwnPointClouds> {
  const { dimension: d, offsets } = clouds;
  const count = indices.length;
  const selected = yield* offsetsOfSelection(clouds, indices);
  const total = selected[count] as number;
  const points = zeros('the clouds', Float64Array, total * d);
  const weights = zeros('the clouds', Float64Array, total);
  const given = { points: clouds.points.length, weights: clouds.weights.length };
  let copied = 0;
  for (let i = 0; i < count; i++) {
    const [begin, end] = [offsets[indices[i] as number] as number, offsets[(indices[i] as number) + 1] as number];
    points.set(clouds.points.subarray(begin * d, end * d), (selected[i] as number) * d);
    weights.set(clouds.weights.subarray(begin, end), selected[i] as number);
    copied += (end - begin) * (d + 1);
    if (copied < numbersPerStep) continue;
    copied = 0;
    yield;
    checkUnchanged('clouds', clouds.points, given.points);
    checkUnchanged('clouds', clouds.weights, given.weights);
  }
  return { count, dimension: d, offsets: selected, points, weights };
}

function* offsetsOfSelection(clouds: PointClouds, indices: ArrayLike<number>): Steps<Int32Array> {
  const count = indices.length;
  fitsInMemory('the clouds', (count + 1) * Int32Array.BYTES_PER_ELEMENT);
  const selected = zeros('the clouds', Int32Array, count + 1);
  let total = 0;
  for (let i = 0; i < count; i++) {
    total += cloudSize(clouds, indices[i] as number);
    if (total > greatestTotal) throw shapeError('the clouds', `at most ${greatestTotal} points`, 'more');
    selected[i + 1] = total;
    if (i % numbersPerStep === 0) yield;
  }
  fitsInMemory('the clouds', total * (clouds.dimension + 1) * Float64Array.BYTES_PER_ELEMENT);
  return selected;
}
