import { describe, expect, it } from 'vitest';
import { outline, planarRows, recallPlane, toGaussians } from '../../../experiments/gaussian-planar/measures.ts';
import { EuclideanMemory, GaussianMemory, type Gaussians } from '../../../lib/index.ts';

describe('the plane', async () => {
  const items = toGaussians(planarRows.map(({ item }) => item));
  const queries = toGaussians(planarRows.map(({ query }) => query));

  it('outlines are at one standard deviation', () => {
    for (let i = 0; i < queries.count; i++) {
      const [a, b, , c] = queries.covariances.subarray(4 * i, 4 * i + 4) as unknown as [number, number, number, number];
      const points = outline(queries, i, 8);
      expect(points).toHaveLength(9);
      for (const [x, y] of points) {
        const [dx, dy] = [x - (queries.means[2 * i] as number), y - (queries.means[2 * i + 1] as number)];
        // (p - m)' S^-1 (p - m), S^-1 by Cramer's rule.
        expect((c * dx * dx - 2 * b * dx * dy + a * dy * dy) / (a * c - b * b)).toBeCloseTo(1, 9);
      }
    }
  });

  it('in rows 1 and 3 another item is the nearest in stacked means and covariances, and in W2 the own one in all', async () => {
    const rows = (batch: Gaussians) => ({
      count: 5,
      dimension: 6,
      values: Float64Array.from(
        [0, 1, 2, 3, 4].flatMap((i) => [
          ...batch.means.subarray(2 * i, 2 * i + 2),
          ...batch.covariances.subarray(4 * i, 4 * i + 4),
        ]),
      ),
    });
    const euclidean = await EuclideanMemory.create(rows(items));
    expect([...(await euclidean.nearest(rows(queries))).indices]).toEqual([1, 1, 3, 3, 4]);
    const gaussian = await GaussianMemory.create(items);
    expect([...(await gaussian.nearest(queries)).indices]).toEqual([0, 1, 2, 3, 4]);
    const [own, other] = await recallPlane(items, queries, [1], {});
    // The Euclidean memory stops at the other item: W2 between the two.
    const between = (await gaussian.distances(items)).data;
    // States stop within 1e-6 of the items' deviation, which is below 10 here.
    for (const distance of own?.distances ?? []) expect(distance).toBeLessThan(1e-5);
    expect(other?.distances[0]).toBeCloseTo(Math.sqrt(between[1] as number), 6);
    expect(other?.distances[2]).toBeCloseTo(Math.sqrt(between[2 * 5 + 3] as number), 6);
  });
});
