/** Recall rates, separation and basins: what is counted, and that it goes the way it must. */
import { describe, expect, it } from 'vitest';
import { estimateBasinRadius } from '../../lib/pointcloud/basins.ts';
import { type CloudRecallOptions, cloudSeparation, measureCloudRecall } from '../../lib/pointcloud/capacity.ts';
import { PointCloudMemory } from '../../lib/pointcloud/memory.ts';
import { perturbClouds } from '../../lib/pointcloud/perturbation.ts';
import { Tally } from '../../lib/pointcloud/recall.ts';
import { samplePointClouds } from '../../lib/pointcloud/sampling.ts';
import { selectClouds } from '../../lib/pointcloud/select.ts';
import type { CloudRetrieval } from '../../lib/pointcloud/types.ts';
import { expectFailure, expectRelative } from '../support/assertions.ts';

const epsilon = 0.5;
const items = await samplePointClouds({ count: 12, dimension: 2, points: 6, weights: 'random', seed: 1 });
const memory = await PointCloudMemory.create(items, { epsilon });

describe('measureCloudRecall', () => {
  const options: CloudRecallOptions = {
    counts: [4, 12],
    dimensions: [2, 4],
    epsilons: [0.5, 1],
    betas: [0.05, 20],
    divergences: [0.01, 0.2],
    points: 6,
    weights: 'random',
    queries: 6,
    trials: 2,
    maxIterations: 8,
    threshold: 0.05,
    seed: 3,
  };

  it('gives a row for every combination, in order, and shares that are possible', async () => {
    const rows = await measureCloudRecall(options);
    const settings = rows.map(({ count, dimension, epsilon, divergence, beta }) => [
      ...[count, dimension, epsilon, divergence, beta],
    ]);
    const expected = [4, 12].flatMap((n) =>
      [2, 4].flatMap((d) =>
        [0.5, 1].flatMap((e) => [0.01, 0.2].flatMap((r) => [0.05, 20].map((b) => [n, d, e, r, b]))),
      ),
    );
    expect(settings).toEqual(expected);
    for (const row of rows) {
      expect(row.queries).toBe(row.count === 4 ? 8 : 12);
      expect(row.recovered).toBeLessThanOrEqual(row.nearest);
      expect(row.medianDivergence).toBeLessThanOrEqual(row.greatestDivergence);
      expect(row.medianIterations).toBeLessThanOrEqual(8);
      expect(row.separation).toBeGreaterThan(0);
    }
    // Nearly no beta: all states drift to one mixture, so about one query in N ends where it belongs. Large beta: all
    // do.
    const share = (beta: number) => rows.filter((row) => row.beta === beta && row.divergence === 0.01);
    for (const { nearest, recovered } of share(20)) expect([nearest, recovered]).toEqual([1, 1]);
    for (const { nearest, count } of share(0.05)) expect(nearest).toBeLessThanOrEqual(2 / count);
  });

  it('counts as a retrieval by hand does', async () => {
    // Every item is a query; a threshold that some meet and others do not.
    const [row] = await measureCloudRecall({
      ...options,
      ...{ counts: [10], dimensions: [2], epsilons: [0.5], betas: [5], divergences: [0.2], queries: 10, trials: 1 },
      ...{ threshold: 1e-2, transportStep: 0.5 },
    });
    // The seeds as the first trial draws them.
    const { Random } = await import('../../lib/core/random.ts');
    const seed = new Random(3).integer(Number.MAX_SAFE_INTEGER);
    const stored = await samplePointClouds({ count: 10, dimension: 2, points: 6, weights: 'random', seed });
    const byHand = await PointCloudMemory.create(stored, { epsilon });
    const targets = new Random(seed).sample(10, 10);
    const queries = await perturbClouds(selectClouds(stored, targets), 0.2, { epsilon, seed });
    const found = await byHand.retrieve(queries, { beta: 5, maxIterations: 8, transportStep: 0.5 });
    const isNearest = [...targets].map((target, i) => found.nearest[i] === target);
    const isRecovered = isNearest.map((yes, i) => yes && (found.nearestDivergence[i] as number) <= 1e-2);
    const share = (all: readonly boolean[]) => all.filter(Boolean).length / 10;
    expect([row?.nearest, row?.recovered]).toEqual([share(isNearest), share(isRecovered)]);
    expect(row?.recovered).toBeGreaterThan(0);
    expect(row?.recovered).toBeLessThan(1);
    expect(row?.greatestDivergence).toBe(Math.max(...found.nearestDivergence));
  });

  it('reports progress that never falls and ends at the total, and can be aborted', async () => {
    const one = { ...options, counts: [6], dimensions: [2], epsilons: [1], trials: 1 };
    const progress: { completed: number; total: number }[] = [];
    await measureCloudRecall({ ...one, onProgress: (at) => progress.push(at) });
    expect(progress.map(({ completed }) => completed)).toEqual(
      progress.map(({ completed }) => completed).sort((a, b) => a - b),
    );
    expect(progress.at(-1)).toEqual({ completed: 24, total: 24 });
    const controller = new AbortController();
    const aborted = measureCloudRecall({
      ...one,
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    });
    await expect(aborted).rejects.toThrow('enough');
  });

  it.each([
    [{ counts: [] }, 'counts'],
    [{ betas: 3 }, 'betas'],
    [{ trials: 0 }, 'trials'],
    [{ threshold: -1 }, 'threshold'],
    [{ sizes: [1] }, 'sizes'],
  ])('refuses %o', async (wrong, mention) => {
    const bad = { ...options, ...wrong } as unknown as CloudRecallOptions;
    await expectFailure(() => measureCloudRecall(bad), 'ERR_RANGE', mention);
  });
});

it('tallies who came back, by nearest item and by threshold', () => {
  const tally = new Tally(0.5);
  const retrieval = {
    nearest: Int32Array.of(3, 1, 2, 0),
    nearestDivergence: Float64Array.of(0.5, 0.6, 0.1, 4),
    iterations: Int32Array.of(1, 2, 3, 10),
    stopped: ['converged', 'stalled', 'iterations', 'converged'],
  } as unknown as CloudRetrieval;
  tally.add(retrieval, Int32Array.of(3, 1, 0, 0));
  expect(tally.shares()).toEqual({
    ...{ queries: 4, nearest: 0.75, recovered: 0.25, converged: 0.5 },
    ...{ medianDivergence: 0.55, greatestDivergence: 4, medianIterations: 2.5 },
  });
});

describe('cloudSeparation', () => {
  it('is the least divergence between two items', async () => {
    const { data } = await memory.divergences(items);
    const others = Array.from(data, (value, at) => (Math.floor(at / 12) === at % 12 ? Infinity : value));
    const { divergence, items: pair } = await cloudSeparation(memory);
    // Each was solved to a marginal error of 1e-10, on its own.
    expectRelative('separation', [divergence], [Math.min(...others)], 1e-8);
    expectRelative('of the pair', [data[12 * (pair[0] as number) + (pair[1] as number)] as number], [divergence], 1e-8);
  });

  it('is 0 for doubles and infinite for a single item', async () => {
    const doubles = await PointCloudMemory.create(selectClouds(items, [0, 1, 0]), { epsilon });
    expect((await cloudSeparation(doubles)).divergence).toBeLessThan(1e-9);
    const single = await PointCloudMemory.create(selectClouds(items, [0]), { epsilon });
    expect(await cloudSeparation(single)).toEqual({ divergence: Number.POSITIVE_INFINITY, items: [] });
  });
});

describe('estimateBasinRadius', () => {
  const search = { beta: 20, trials: 8, maxIterations: 8, threshold: 0.05, seed: 2 };

  it('bounds the radius from both sides: perturbations return from within and not from beyond', async () => {
    const basin = await estimateBasinRadius(memory, 4, search);
    expect(basin.radius).toBeGreaterThan(0);
    expect(basin.bound / basin.radius).toBeGreaterThan(1);
    expect(basin.bound / basin.radius).toBeLessThanOrEqual(1.05);
    const originals = selectClouds(items, Array(8).fill(4));
    const share = async (divergence: number) => {
      const queries = await perturbClouds(originals, divergence, { epsilon, seed: 2 });
      const { nearest, nearestDivergence } = await memory.retrieve(queries, { beta: 20, maxIterations: 8 });
      return nearest.filter((item, i) => item === 4 && (nearestDivergence[i] as number) <= 0.05).length / 8;
    };
    expect(await share(basin.radius)).toBe(basin.returned);
    expect(basin.returned).toBeGreaterThanOrEqual(0.9);
    expect(await share(basin.bound)).toBeLessThan(0.9);
    const row = (await memory.divergences(selectClouds(items, [4]))).data;
    expectRelative('neighbour', [basin.neighbourDivergence], [Math.min(...row.filter((_, i) => i !== 4))], 1e-8);
  });

  it('has no bound where everything returns, and no radius where nothing does', async () => {
    const all = await estimateBasinRadius(memory, 4, { ...search, greatest: 1e-3 });
    expect(all).toMatchObject({ radius: 1e-3, bound: Number.POSITIVE_INFINITY, returned: 1 });
    // At so small a beta every state goes to a mixture of all.
    const none = await estimateBasinRadius(memory, 4, { ...search, trials: 2, beta: 1e-3 });
    expect(none).toMatchObject({ radius: 0, returned: 0 });
    expect(none.bound).toBeGreaterThan(0);
  });

  it('reports progress that ends at the total', async () => {
    const progress: number[] = [];
    const onProgress = ({ completed, total }: { completed: number; total: number }) => progress.push(completed / total);
    await estimateBasinRadius(memory, 4, { ...search, trials: 2, onProgress });
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress.at(-1)).toBe(1);
  });

  it('refuses what has no answer', async () => {
    const single = await PointCloudMemory.create(selectClouds(items, [0]), { epsilon });
    await expectFailure(() => estimateBasinRadius(single, 0, search), 'ERR_RANGE', 'at least 2');
    const doubles = await PointCloudMemory.create(selectClouds(items, [0, 0]), { epsilon });
    await expectFailure(() => estimateBasinRadius(doubles, 0, search), 'ERR_RANGE', 'differs');
    await expectFailure(() => estimateBasinRadius(memory, 12, search), 'ERR_RANGE', 'index');
    await expectFailure(() => estimateBasinRadius(memory, 1, { ...search, share: 1.1 }), 'ERR_RANGE', 'share');
    await expectFailure(() => estimateBasinRadius(memory, 1, { ...search, accuracy: 0 }), 'ERR_RANGE', 'accuracy');
    // Clouds of a single point each, whose weight cannot move.
    const points = await samplePointClouds({ count: 3, dimension: 2, points: 1 });
    const weightless = await PointCloudMemory.create(points, { epsilon });
    const weights = { ...search, channels: 'weights' } as const;
    await expectFailure(() => estimateBasinRadius(weightless, 1, weights), 'ERR_RANGE', 'weights');
  });
});
