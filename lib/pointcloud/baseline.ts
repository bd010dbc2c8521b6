import type { Vectors } from '../core/types.ts';
import { floatArray, object, product, shapeError } from '../core/validate.ts';
import { cloudBatch, cloudSize } from './batches.ts';
import { type OwnPointClouds, selectClouds } from './select.ts';
import type { PointClouds } from './types.ts';

/**
 * The coordinates of every cloud in one row, point after point: what an {@link EuclideanMemory} stores as the classical baseline.
 * Weights are left out, and the order of the points counts: such a memory compares the first point with the first. Its squared
 * distance is a sum over points where a divergence is a weighted mean, so its beta is that of the point-cloud memory over the number
 * of points.
 *
 * @throws DenseamError ERR_SHAPE, also for clouds of different sizes.
 */
export function flattenClouds(clouds: PointClouds): Vectors {
  const size = commonSize('clouds', clouds);
  return { count: clouds.count, dimension: size * clouds.dimension, values: clouds.points.slice() };
}

/**
 * Clouds whose points are these rows, as {@link flattenClouds} orders them, and whose weights are those of `clouds`: a baseline moves
 * points alone.
 *
 * @throws DenseamError ERR_SHAPE if count or dimension do not fit the clouds, or these are of different sizes.
 */
export function unflattenClouds(vectors: Vectors, clouds: PointClouds): OwnPointClouds {
  const width = commonSize('clouds', clouds) * clouds.dimension;
  const { count, dimension, values } = object('vectors', vectors) as Vectors;
  if (count !== clouds.count) throw shapeError('vectors.count', `${clouds.count} as in clouds`, String(count));
  if (dimension !== width) throw shapeError('vectors.dimension', `${width} as in clouds`, String(dimension));
  const length = product('vectors.values', count, dimension);
  const given = floatArray('vectors.values', values, length, `${count} x ${dimension}`);
  const all = Int32Array.from({ length: count }, (_, i) => i);
  return { ...selectClouds(clouds, all), points: Float64Array.from(given) };
}

function commonSize(name: string, clouds: PointClouds): number {
  const { count } = cloudBatch(name, clouds);
  const size = cloudSize(clouds, 0);
  for (let i = 1; i < count; i++) {
    if (cloudSize(clouds, i) === size) continue;
    throw shapeError(
      `${name}.offsets`,
      `clouds of ${size} points like the first`,
      `${cloudSize(clouds, i)} in cloud ${i}`,
    );
  }
  return size;
}
