import { describe, expect, it } from 'vitest';
import { shareOf } from '../../../experiments/core/statistics.ts';
import { gaussianCapacity } from '../../../experiments/gaussian-capacity/experiment.ts';
import { growthRate, measureDimension, measuredCapacity } from '../../../experiments/gaussian-capacity/measures.ts';
import { drawItems, drawQueries, range } from '../../../experiments/shared/sphereItems.ts';
import { GaussianMemory, toFull } from '../../../lib/index.ts';

describe('capacity in one dimension', () => {
  const settings = { ...gaussianCapacity.quick, counts: [10, 50], betas: [1.5, 6], queries: 20, threshold: 0.3 };

  it('counts as a retrieval of the full covariances does', async () => {
    const cells = await measureDimension(4, settings, {});
    expect(cells.map(({ count }) => count)).toEqual([10, 50]);
    const shape = { covariances: 'commuting', count: 50, dimension: 4, range: [1, 1.1], seed: settings.seed } as const;
    const items = await drawItems(shape, {});
    const full = await toFull(items);
    const memory = await GaussianMemory.create(full);
    const queries = await drawQueries(range(items, 0, 20), 1, { covariances: 'general', seed: settings.seed }, {});
    const { maxIterations } = settings;
    for (const { beta, recovered, nearest } of cells[1]?.recalls ?? []) {
      const found = await memory.retrieve(await toFull(queries), { beta, maxIterations });
      const { data } = await memory.distances(found.states);
      expect(recovered).toBe(shareOf(Array(20), (_, i) => (data[51 * i] as number) <= 0.3 ** 2));
      expect(nearest).toBe(shareOf(found.nearest, (item, i) => item === i));
    }
    // Neither none nor all, or the comparison would show little.
    expect(cells[1]?.recalls[1]?.recovered).toBeGreaterThan(0);
    expect(cells[1]?.recalls[0]?.recovered).toBeLessThan(1);
  });

  it('is where the share falls, on a logarithmic scale', () => {
    const points = [1, 0.8, 0.4].map((recovered, at) => ({ count: 10 ** (at + 1), recovered }));
    expect(measuredCapacity(points, 0.6)).toEqual({ count: expect.closeTo(10 ** 2.5, 9), isLeast: false });
    expect(measuredCapacity(points, 0.4)).toEqual({ count: 1000, isLeast: true });
    expect(measuredCapacity(points.slice(1), 0.9)).toEqual({ count: null, isLeast: false });
  });

  it('grows at the rate of an exponential', () => {
    const points = [3, 5, 6].map((dimension) => ({ dimension, count: 2 * Math.exp(0.7 * dimension) }));
    expect(growthRate(points)).toEqual({ rate: expect.closeTo(0.7, 12), correlation: expect.closeTo(1, 12) });
    expect(growthRate(points.slice(1))).toBeUndefined();
  });
});
