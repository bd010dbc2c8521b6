import { copied } from '../core/allocation.ts';
import { describe } from '../core/describe.ts';
import type { Vectors } from '../core/types.ts';
import { fields, floatArray, shapeError } from '../core/validate.ts';
import { type CloudBatch, cloudBatch, cloudSize } from './batches.ts';
import { type OwnPointClouds, selectClouds } from './select.ts';
import type { PointClouds } from './types.ts';

/**
 * Flattens every cloud to one row of coordinates, point after point, for an {@link EuclideanMemory} as the classical
 * baseline. Weights are left out, and the order of the points counts: such a memory compares the first point with the
 * first. Its squared distance is a sum over points where a divergence is a weighted mean, so its beta is that of the
 * point-cloud memory over the number of points.
 *
 * @throws DenseamError ERR_SHAPE, also for clouds of different sizes.
 */
export function flattenClouds(clouds: PointClouds): Vectors {
  const { count, dimension, points, size } = ofOneSize('clouds', clouds);
  return { count, dimension: size * dimension, values: copied('the vectors', points) };
}

/**
 * Turns rows in the order of {@link flattenClouds} back into clouds, with the weights of `clouds`: a baseline moves
 * only points.
 *
 * @throws DenseamError ERR_SHAPE if count or dimension do not fit the clouds, or these are of different sizes.
 */
export function unflattenClouds(vectors: Vectors, clouds: PointClouds): OwnPointClouds {
  const own = ofOneSize('clouds', clouds);
  const width = own.size * own.dimension;
  const { count, dimension, values } = fields('vectors', vectors, ['count', 'dimension', 'values']);
  if (count !== own.count) throw shapeError('vectors.count', `${own.count} as in clouds`, describe(count));
  if (dimension !== width) throw shapeError('vectors.dimension', `${width} as in clouds`, describe(dimension));
  const given = floatArray('vectors.values', values, own.count * width, `${own.count} x ${width}`);
  const all = new Int32Array(own.count).map((_, i) => i);
  return { ...selectClouds(own, all), points: Float64Array.from(given) };
}

/** Checks that all clouds have the same number of points, and returns it with them. */
function ofOneSize(name: string, value: PointClouds): CloudBatch & { readonly size: number } {
  const clouds = cloudBatch(name, value);
  const size = cloudSize(clouds, 0);
  for (let i = 1; i < clouds.count; i++) {
    if (cloudSize(clouds, i) === size) continue;
    throw shapeError(
      `${name}.offsets`,
      `clouds of ${size} points like the first`,
      `${cloudSize(clouds, i)} in cloud ${i}`,
    );
  }
  return { ...clouds, size };
}
