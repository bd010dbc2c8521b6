/** A small point-cloud memory and its queries. */
import { expect } from 'vitest';
import { PointCloudMemory, type PointClouds } from '../../lib/index.ts';
import { expectRelative, expectSameBits } from '../support/assertions.ts';
import { DOUBLE_EPSILON } from '../support/tolerances.ts';
import { someClouds } from './batches.ts';

export const epsilon = 0.5;
export const items = someClouds(1, [3, 1, 5, 4, 2, 6], 2);
export const queries = someClouds(2, [4, 2, 3], 2);
export const beta = 0.7;

export const create = (batch: PointClouds = items) => PointCloudMemory.create(batch, { epsilon });

/** A memory of these items and no others, in this order. */
export async function expectSameMemory(actual: PointCloudMemory, expected: PointClouds): Promise<void> {
  expect([actual.size, actual.dimension]).toEqual([expected.count, expected.dimension]);
  const got = await actual.get(Array.from({ length: expected.count }, (_, i) => i));
  expectSameBits('offsets', got.offsets, expected.offsets);
  expectSameBits('points', got.points, expected.points);
  // Divided by a sum that is 1 to rounding.
  expectRelative('weights', got.weights, expected.weights, 2 * expected.weights.length * DOUBLE_EPSILON);
  const fresh = await create(expected);
  const [a, b] = [await actual.divergences(queries), await fresh.divergences(queries)];
  expectSameBits('divergences', a.data, b.data);
}
