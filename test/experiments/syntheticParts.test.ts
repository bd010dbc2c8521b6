/** What the experiments on random items are made of, against closed forms and other ways of computing the same. */
import { describe, expect, it } from 'vitest';
import type { Experiment } from '../../experiments/core/experiment.ts';
import { ascending, percent, quantile, shareOf } from '../../experiments/core/statistics.ts';
import { gaussianCapacity } from '../../experiments/gaussian-capacity/experiment.ts';
import { growthRate, measureDimension, measuredCapacity } from '../../experiments/gaussian-capacity/measures.ts';
import { gaussianDynamics } from '../../experiments/gaussian-dynamics/experiment.ts';
import { measureLine } from '../../experiments/gaussian-dynamics/measures.ts';
import { gaussianPlanar } from '../../experiments/gaussian-planar/experiment.ts';
import { outline, planarRows, recallPlane, toGaussians } from '../../experiments/gaussian-planar/measures.ts';
import { pointCloudCapacity } from '../../experiments/pointcloud-capacity/experiment.ts';
import { measureBasins, measureSeparation } from '../../experiments/pointcloud-capacity/measures.ts';
import { itemsWithoutClosePair, measureClosePairs, pairsFinding } from '../../experiments/pointcloud-capacity/pairs.ts';
import { distancesToOwn, drawItems, drawQueries, range } from '../../experiments/shared/sphereItems.ts';
import { EuclideanMemory, GaussianMemory, type Gaussians, toFull } from '../../lib/index.ts';
import { expectFailure } from '../support/assertions.ts';
import { MemoryParts } from './parts.ts';

const shape = { count: 60, dimension: 3, range: [1, 1.1], seed: 3 } as const;

/** |mu - m|^2 + |s - t|^2 with root variances s and t along the common eigenvectors, by definition. */
function commutingSquare(a: Gaussians, i: number, b: Gaussians, j: number): number {
  const d = a.dimension;
  let sum = 0;
  for (let k = 0; k < d; k++) {
    const [ia, jb] = [i * d + k, j * d + k];
    sum += ((a.means[ia] as number) - (b.means[jb] as number)) ** 2;
    sum += (Math.sqrt(a.covariances[ia] as number) - Math.sqrt(b.covariances[jb] as number)) ** 2;
  }
  return sum;
}

describe('items on the sphere', async () => {
  const items = await drawItems({ covariances: 'commuting', ...shape }, {});
  const queries = await drawQueries(items, 1, { covariances: 'general', seed: 3 }, {});

  it('queries are at the distance, to rounding', async () => {
    for (const distance of await distancesToOwn(queries, items, {})) expect(distance).toBeCloseTo(1, 9);
  });

  it('distances to the own item are those of the closed form and, written out, of the full covariances', async () => {
    const others = range(items, 7, 57);
    const states = range(queries, 0, 50);
    const own = await distancesToOwn(states, others, {});
    const full = await distancesToOwn(await toFull(states), await toFull(others), {});
    for (const [i, distance] of own.entries()) {
      // Distances above 0.5 from numbers of about 4: rounding is far below this.
      expect(distance).toBeCloseTo(Math.sqrt(commutingSquare(states, i, others, i)), 11);
      expect(full[i]).toBeCloseTo(distance, 9);
    }
  });

  it('the first items are the same whatever their number', async () => {
    const fewer = await drawItems({ covariances: 'commuting', ...shape, count: 20 }, {});
    expect(range(items, 0, 20)).toEqual(fewer);
  });
});

describe('a line of the dynamics', () => {
  const settings = { ...gaussianDynamics.quick, count: 60, perturbedShare: 0.5, iterations: 1, threshold: 1, seed: 3 };

  it('is one step of the closed form', async () => {
    const line = { kind: 'commuting, random', dimension: 3, beta: 0.7 } as const;
    const [start, after] = await measureLine(line, settings, {});
    expect(start).toMatchObject({ iteration: 0 });
    expect(start?.median).toBeCloseTo(1, 9);
    expect(start?.largest).toBeCloseTo(1, 9);
    const items = await drawItems({ covariances: 'commuting', ...shape }, {});
    const queries = await drawQueries(range(items, 0, 30), 1, { covariances: 'general', seed: 3 }, {});
    const distances = Array.from({ length: 30 }, (_, query) => {
      const squares = Array.from({ length: 60 }, (_, item) => commutingSquare(queries, query, items, item));
      const nearest = Math.min(...squares);
      const weights = squares.map((square) => Math.exp(0.7 * (nearest - square)));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const average = (value: (item: number) => number) =>
        weights.reduce((sum, weight, item) => sum + (weight / total) * value(item), 0);
      const means = [0, 1, 2].map((k) => average((item) => items.means[3 * item + k] as number));
      const roots = [0, 1, 2].map((k) => average((item) => Math.sqrt(items.covariances[3 * item + k] as number)));
      const state = {
        ...items,
        count: 1,
        means: Float64Array.from(means),
        covariances: Float64Array.from(roots, (s) => s * s),
      };
      return Math.sqrt(commutingSquare(state, 0, items, query));
    });
    const sorted = [...distances].sort((a, b) => a - b);
    expect(after?.mean).toBeCloseTo(distances.reduce((sum, distance) => sum + distance, 0) / 30, 9);
    expect(after?.median).toBeCloseTo(((sorted[14] as number) + (sorted[15] as number)) / 2, 9);
    expect(after?.lower).toBeCloseTo(sorted[2] as number, 9);
    expect(after?.upper).toBeCloseTo(sorted[26] as number, 9);
    expect(after?.largest).toBeCloseTo(sorted[29] as number, 9);
    expect(after?.within).toBe(distances.filter((distance) => distance <= 1).length / 30);
  });
});

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

it('clouds far apart are disjoint, and close ones are not', async () => {
  const settings = { ...pointCloudCapacity.quick, baseDivergence: 1 };
  const far = await measureSeparation(24, 10, settings, {});
  expect(far).toMatchObject({ dimension: 24, count: 10, disjoint: 1 });
  expect(far.separation).toBeGreaterThan(4);
  const close = await measureSeparation(1, 10, settings, {});
  expect(close.disjoint).toBe(0);
  expect(close.separation).toBeLessThan(4);
});

it('random pairs of single points are close as seldom as a chi-squared variable is small', async () => {
  const settings = { ...pointCloudCapacity.quick, points: 1, pairs: 6001, baseDivergence: 1, baseEpsilon: 0.1 };
  const { close, items } = await measureClosePairs(2, settings, {});
  // Centres and spread make points of variance 2, so that the squared distance is 4 times chi-squared, which is at most 1 with this share.
  const expected = 1 - Math.exp(-1 / 2);
  // Four standard deviations of a share of 6001.
  expect(Math.abs(close - expected)).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / 6001));
  expect(items).toBeCloseTo((1 + Math.sqrt(1 + 4 / close)) / 2, 12);
  expect((await measureClosePairs(30, settings, {})).items).toBeNull();
});

it('growth is exponential when its steps do not fade', () => {
  const rows = (shares: readonly number[]) =>
    shares.map((close, at) => ({ dimension: 4 + at, pairs: 10_000, close, items: itemsWithoutClosePair(close) }));
  const verdict = (...shares: number[]) => pairsFinding(rows(shares), pointCloudCapacity.quick).verdict;
  expect(verdict(0.2, 0.1, 0.05, 0.02)).toBe('reproduced');
  expect(verdict(0.2, 0.05, 0.04, 0.035)).toBe('not reproduced');
  expect(verdict(0.2, 0.05, 0.06, 0.02)).toBe('not reproduced');
  // Shares of nearly all pairs, and of a few, tell nothing.
  expect(verdict(0.9, 0.2, 0.1, 0.05, 0.002, 0)).toBe('undetermined');
  // A step that is less than the first by less than the errors of both.
  expect(verdict(0.2, 0.1, 0.05, 0.0254)).toBe('reproduced');
});

it('basins are those of the first items', async () => {
  const rows = await measureBasins(4, 6, { ...pointCloudCapacity.quick, basins: 2, basinTrials: 2 }, {});
  expect(rows.map(({ index }) => index)).toEqual([0, 1]);
  for (const { radius, neighbour } of rows) {
    expect(radius).toBeGreaterThan(0);
    expect(neighbour).toBeGreaterThan(0);
  }
});

it('shares and quantiles count', () => {
  expect(shareOf([1, 5, 7, 9], (value, at) => value > 4 && at < 3)).toBe(0.5);
  expect([0, 0.25, 0.26, 1].map((share) => quantile([4, 1, 3, 2], share))).toEqual([1, 1, 2, 4]);
  expect(percent(0.9674)).toBe('96.7 %');
  expect(() => ascending('counts', [1, 2, 2])).toThrow('counts[2]');
  expect(() => ascending('counts', [])).toThrow('counts');
});

// biome-ignore lint/suspicious/noExplicitAny: wrong settings are the point
const refused: [Experiment<any>, object, string][] = [
  [gaussianDynamics, { perturbedShare: 0 }, 'settings.perturbedShare'],
  [gaussianDynamics, { perturbedShare: 1.1 }, 'settings.perturbedShare'],
  [gaussianDynamics, { iterations: 0 }, 'settings.iterations'],
  [gaussianDynamics, { range: [0, 1] }, 'settings.range[0]'],
  [gaussianPlanar, { betas: [] }, 'settings.betas'],
  [gaussianPlanar, { beta: 0 }, 'settings.beta'],
  [gaussianPlanar, { planes: 0 }, 'settings.planes'],
  [gaussianCapacity, { counts: [1, 2] }, 'settings.counts[0]'],
  [gaussianCapacity, { dimensions: [3, 2] }, 'settings.dimensions[1]'],
  [gaussianCapacity, { recoveredShare: 2 }, 'settings.recoveredShare'],
  [pointCloudCapacity, { counts: [10, 10] }, 'settings.counts[1]'],
  [pointCloudCapacity, { baseCount: 1 }, 'settings.baseCount'],
  [pointCloudCapacity, { pairs: 0 }, 'settings.pairs'],
  [pointCloudCapacity, { pairDimensions: [2.5, 3] }, 'settings.pairDimensions[0]'],
  [pointCloudCapacity, { trials: 0 }, 'settings.trials'],
  [pointCloudCapacity, { basins: 0 }, 'settings.basins'],
  [pointCloudCapacity, { basinTrials: 1e15 }, 'settings.basinTrials'],
  [pointCloudCapacity, { epsilons: [0.1, -1] }, 'settings.epsilons[1]'],
  [pointCloudCapacity, { baseBeta: 0 }, 'settings.baseBeta'],
];

it.each(refused)('$id refuses $1', async (experiment, change, mention) => {
  const parts = new MemoryParts();
  await expectFailure(() => experiment.run({ ...experiment.quick, ...change }, { parts }), 'ERR_RANGE', mention);
});
