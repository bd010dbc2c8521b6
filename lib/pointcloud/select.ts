import { cloudSize } from './batches.ts';
import type { PointClouds } from './types.ts';

/** Clouds in arrays of their own, in float64. */
export interface OwnPointClouds extends PointClouds {
  readonly points: Float64Array;
  readonly weights: Float64Array;
}

/** Copies of the clouds at these indices, which may repeat. The clouds are valid. */
export function selectClouds(clouds: PointClouds, indices: ArrayLike<number>): OwnPointClouds {
  const { dimension: d, offsets } = clouds;
  const count = indices.length;
  const selected = new Int32Array(count + 1);
  for (let i = 0; i < count; i++) selected[i + 1] = (selected[i] as number) + cloudSize(clouds, indices[i] as number);
  const points = new Float64Array((selected[count] as number) * d);
  const weights = new Float64Array(selected[count] as number);
  for (let i = 0; i < count; i++) {
    const [begin, end] = [offsets[indices[i] as number] as number, offsets[(indices[i] as number) + 1] as number];
    points.set(clouds.points.subarray(begin * d, end * d), (selected[i] as number) * d);
    weights.set(clouds.weights.subarray(begin, end), selected[i] as number);
  }
  return { count, dimension: d, offsets: selected, points, weights };
}
