import { expect, it } from 'vitest';
import { pointCloudCapacity } from '../../../experiments/pointcloud-capacity/experiment.ts';
import { measureBasins, measureSeparation } from '../../../experiments/pointcloud-capacity/measures.ts';
import {
  itemsWithoutClosePair,
  measureClosePairs,
  pairsFinding,
} from '../../../experiments/pointcloud-capacity/pairs.ts';

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
  // Centres and spread make points of variance 2, so that the squared distance is 4 times chi-squared, which is at most
  // 1 with this share.
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
