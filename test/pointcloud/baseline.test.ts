import { expect, it } from 'vitest';
import { EuclideanMemory } from '../../lib/euclidean/memory.ts';
import { flattenClouds, unflattenClouds } from '../../lib/pointcloud/baseline.ts';
import { samplePointClouds } from '../../lib/pointcloud/sampling.ts';
import { expectFailure, expectRelative, expectSameBits } from '../support/assertions.ts';

const clouds = await samplePointClouds({ count: 5, dimension: 2, points: 3, weights: 'random', seed: 1 });

it('puts the coordinates of a cloud in a row, and back with the weights of other clouds', () => {
  const rows = flattenClouds(clouds);
  expect([rows.count, rows.dimension]).toEqual([5, 6]);
  expectSameBits('row 2', rows.values.subarray(12, 18), clouds.points.subarray(12, 18));
  rows.values[0] = 99;
  expect(clouds.points[0]).not.toBe(99);
  const back = unflattenClouds(rows, clouds);
  expect([back.points[0], back.points.length, [...back.offsets]]).toEqual([99, 30, [0, 3, 6, 9, 12, 15]]);
  expectSameBits('weights', back.weights, clouds.weights);
});

it('rows have the squared distance of the clouds point by point', async () => {
  const memory = await EuclideanMemory.create(flattenClouds(clouds));
  const { data } = await memory.distances(flattenClouds(clouds));
  const squared = Array.from(
    { length: 6 },
    (_, at) => (clouds.points[at] as number) - (clouds.points[6 + at] as number),
  );
  expectRelative('distance', [data[1] as number], [squared.reduce((sum, x) => sum + x * x, 0)], 1e-13);
});

it('refuses clouds of different sizes and rows that do not fit', async () => {
  const ragged = await samplePointClouds({ count: 8, dimension: 2, points: [1, 5], seed: 2 });
  const other = [1, 2, 3, 4, 5, 6, 7].find(
    (i) => (ragged.offsets[i + 1] as number) - (ragged.offsets[i] as number) !== (ragged.offsets[1] as number),
  );
  await expectFailure(() => flattenClouds(ragged), 'ERR_SHAPE', `cloud ${other}`);
  const rows = flattenClouds(clouds);
  await expectFailure(() => unflattenClouds({ ...rows, count: 4 }, clouds), 'ERR_SHAPE', 'vectors.count');
  await expectFailure(() => unflattenClouds({ ...rows, dimension: 5 }, clouds), 'ERR_SHAPE', 'vectors.dimension');
  const short = { ...rows, values: new Float64Array(29) };
  await expectFailure(() => unflattenClouds(short, clouds), 'ERR_SHAPE', 'vectors.values');
});
