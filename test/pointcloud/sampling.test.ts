/** Random clouds: their distribution, that everything follows from the seed, and what is refused. */
import { describe, expect, it } from 'vitest';
import { samplePointClouds } from '../../lib/pointcloud/sampling.ts';
import { selectClouds } from '../../lib/pointcloud/select.ts';
import type { PointClouds } from '../../lib/pointcloud/types.ts';
import { expectFailure, expectRelative, expectSameBits, expectWithin } from '../support/assertions.ts';

const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;

/** The average is within six standard errors of what is expected; the spread is measured. */
function expectAverage(what: string, values: readonly number[], expected: number): void {
  const centre = mean(values);
  const variance = mean(values.map((x) => (x - centre) ** 2));
  expectWithin(what, [centre], [expected], 6 * Math.sqrt(variance / values.length));
}

function expectSameClouds(actual: PointClouds, expected: PointClouds): void {
  expect([...actual.offsets]).toEqual([...expected.offsets]);
  expectSameBits('points', actual.points, expected.points);
  expectSameBits('weights', actual.weights, expected.weights);
}

const cloudMean = ({ dimension: d, offsets, points }: PointClouds, i: number) =>
  Array.from({ length: d }, (_, c) => {
    const ks = Array.from(
      { length: (offsets[i + 1] as number) - (offsets[i] as number) },
      (_, k) => (offsets[i] as number) + k,
    );
    return mean(ks.map((k) => points[k * d + c] as number));
  });

describe('samplePointClouds', () => {
  it('draws normal points about standard normal centres, all of the same weight', async () => {
    const sample = await samplePointClouds({ count: 4000, dimension: 3, points: 5, spread: 0.5, seed: 1 });
    expect([sample.count, sample.dimension, sample.offsets.length, sample.points.length]).toEqual([
      4000, 3, 4001, 60_000,
    ]);
    expectSameBits('weights', sample.weights, Array(20_000).fill(1 / 5));
    for (let c = 0; c < 3; c++) {
      const coordinate = Array.from({ length: 4000 }, (_, i) => sample.points[i * 15 + c] as number);
      expectAverage(`mean ${c}`, coordinate, 0);
      expectAverage(
        `variance ${c}`,
        coordinate.map((x) => x * x),
        1.25,
      );
      // Two points of one cloud have the centre in common, and nothing else.
      const other = Array.from({ length: 4000 }, (_, i) => sample.points[i * 15 + 3 + c] as number);
      expectAverage(
        `covariance ${c}`,
        coordinate.map((x, i) => x * (other[i] as number)),
        1,
      );
      expectAverage(
        `within ${c}`,
        coordinate.map((x, i) => (x - (other[i] as number)) ** 2),
        0.5,
      );
    }
  });

  it('puts centres on a sphere where a radius is given', async () => {
    const still = await samplePointClouds({ count: 50, dimension: 4, points: 2, spread: 0, radius: 3, seed: 2 });
    const norms = Array.from({ length: 100 }, (_, k) => Math.hypot(...still.points.subarray(4 * k, 4 * k + 4)));
    expectRelative('radius', norms, Array(100).fill(3), 1e-15 * 4);
    const wide = await samplePointClouds({ count: 500, dimension: 4, points: 400, spread: 1, radius: 3, seed: 2 });
    expectAverage(
      'squared norm',
      Array.from({ length: 500 }, (_, i) => mean(cloudMean(wide, i).map((x) => x * x))),
      (9 + 4 / 400) / 4,
    );
  });

  // A Dirichlet weight with parameter c among n has the mean 1/n and the variance (n - 1) / (n^2 (c n + 1)).
  it.each([1, 4])('random weights are Dirichlet: concentration %i', async (concentration) => {
    const n = 6;
    const options = { count: 20_000, dimension: 1, points: n, weights: 'random', concentration } as const;
    const { weights } = await samplePointClouds(options);
    for (let k = 0; k < n; k++) {
      const weight = Array.from({ length: options.count }, (_, i) => weights[i * n + k] as number);
      expectAverage(`mean ${k}`, weight, 1 / n);
      expectAverage(
        `variance ${k}`,
        weight.map((w) => (w - 1 / n) ** 2),
        (n - 1) / (n * n * (concentration * n + 1)),
      );
    }
    const sums = Array.from({ length: options.count }, (_, i) =>
      weights.subarray(i * n, (i + 1) * n).reduce((a, b) => a + b, 0),
    );
    expectRelative('sums', sums, Array(options.count).fill(1), 1e-15 * n);
  });

  it('draws every size in a range alike often', async () => {
    const { offsets } = await samplePointClouds({ count: 6000, dimension: 1, points: [2, 4] });
    const sizes = Array.from({ length: 6000 }, (_, i) => (offsets[i + 1] as number) - (offsets[i] as number));
    for (const size of [2, 3, 4])
      expectAverage(
        `share of ${size}`,
        sizes.map((s) => (s === size ? 1 : 0)),
        1 / 3,
      );
  });

  it('cloud i follows from the seed and i alone', async () => {
    const options = { dimension: 2, points: [1, 9], weights: 'random', seed: 7n } as const;
    const many = await samplePointClouds({ ...options, count: 30 });
    const few = await samplePointClouds({ ...options, count: 4 });
    expectSameClouds(selectClouds(many, [0, 1, 2, 3]), few);
    const other = await samplePointClouds({ ...options, count: 4, seed: 8 });
    expect(other.points[0]).not.toBe(few.points[0]);
  });

  it('reports progress and can be aborted', async () => {
    const progress: number[] = [];
    const options = { count: 500, dimension: 10, points: 100 };
    await samplePointClouds({ ...options, onProgress: ({ completed, total }) => progress.push(completed / total) });
    expect(progress.length).toBeGreaterThan(1);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress.at(-1)).toBe(1);
    const controller = new AbortController();
    const aborted = samplePointClouds({ ...options, count: 1e5, signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
  });

  it.each([
    [{ count: 0 }, 'count'],
    [{ dimension: 1.5 }, 'dimension'],
    [{ points: [3, 2] }, /points\[1\]/],
    [{ points: [1, 2, 3] }, 'least'],
    [{ points: 0 }, 'points'],
    [{ spread: -1 }, 'spread'],
    [{ radius: Number.NaN }, 'radius'],
    [{ weights: 'even' }, '"uniform" or "random"'],
    [{ concentration: 0.5 }, 'concentration'],
    [{ seed: 0.5 }, 'seed'],
    [{ colour: 1 }, 'colour'],
  ])('refuses %o', async (wrong, mention) => {
    const options = { count: 2, dimension: 2, points: 3, ...wrong } as Parameters<typeof samplePointClouds>[0];
    await expectFailure(() => samplePointClouds(options), 'ERR_RANGE', mention);
  });
});
