/**
 * Perturbations: the divergence they reach, what they move, and what cannot be reached; the search for their size by
 * itself.
 */
import { describe, expect, it } from 'vitest';
import { setThreads, threads } from '../../lib/native/threads.ts';
import { type PerturbedChannels, perturbClouds } from '../../lib/pointcloud/perturbation.ts';
import { samplePointClouds } from '../../lib/pointcloud/sampling.ts';
import { selectClouds } from '../../lib/pointcloud/select.ts';
import { sinkhornDivergence } from '../../lib/pointcloud/sinkhorn.ts';
import { SizeSearch } from '../../lib/pointcloud/sizeSearch.ts';
import type { PointClouds } from '../../lib/pointcloud/types.ts';
import { expectFailure, expectRelative, expectSameBits } from '../support/assertions.ts';

const epsilon = 0.5;
const clouds = await samplePointClouds({ count: 12, dimension: 3, points: [4, 9], weights: 'random', seed: 3 });

const point: PointClouds = {
  count: 1,
  dimension: 2,
  offsets: Int32Array.of(0, 1),
  points: Float64Array.of(3, -1),
  weights: Float64Array.of(1),
};

describe('perturbClouds', () => {
  const cases: [PerturbedChannels, number][] = [
    ['both', 1e-6],
    ['both', 0.3],
    ['both', 50],
    ['points', 1e-6],
    ['points', 50],
    ['weights', 1e-6],
    ['weights', 0.1],
  ];

  it.each(cases)('%s: reach the divergence %f', async (channels, divergence) => {
    const perturbed = await perturbClouds(clouds, divergence, { epsilon, channels, seed: 5 });
    expect([...perturbed.offsets]).toEqual([...clouds.offsets]);
    const { values } = await sinkhornDivergence(perturbed, clouds, { epsilon });
    // What is promised, and 1e-10 of marginal errors for the divergences near 0.
    expectRelative('divergence', values, Array(12).fill(divergence), 1.1e-6 + 1e-10 / divergence);
    const samePoints = perturbed.points.every((x, at) => x === clouds.points[at]);
    // Weights are divided by their sum again, which may change the last bit.
    const sameWeights = perturbed.weights.every((w, at) => Math.abs(w - (clouds.weights[at] as number)) <= 1e-15);
    expect([samePoints, sameWeights]).toEqual([channels === 'weights', channels === 'points']);
  });

  it('a single point moves by exactly the root of the divergence', async () => {
    const { points } = await perturbClouds(point, 4, { epsilon });
    expectRelative('shift', [Math.hypot((points[0] as number) - 3, (points[1] as number) + 1)], [2], 1e-6);
  });

  it('divergence 0 leaves clouds as they are, in arrays of their own', async () => {
    const same = await perturbClouds(clouds, 0, { epsilon });
    expectSameBits('points', same.points, clouds.points);
    expect(same.points.buffer).not.toBe(clouds.points.buffer);
  });

  it.each([0, 0.3])('refuses clouds with impossible numbers, divergence %s', async (divergence) => {
    const infinite = { ...point, points: Float64Array.of(3, Number.POSITIVE_INFINITY) };
    await expectFailure(() => perturbClouds(infinite, divergence, { epsilon }), 'ERR_NOT_FINITE', 'clouds.points[0]');
    const unweighted = { ...point, weights: Float64Array.of(Number.NaN) };
    await expectFailure(
      () => perturbClouds(unweighted, divergence, { epsilon }),
      'ERR_NOT_FINITE',
      'clouds.weights[0]',
    );
    const negative = { ...point, weights: Float64Array.of(-1) };
    await expectFailure(() => perturbClouds(negative, divergence, { epsilon }), 'ERR_RANGE', 'clouds.weights[0]');
  });

  it('a direction follows from the seed and the index alone, whatever the divergence and the threads', async () => {
    const one = await perturbClouds(selectClouds(clouds, [0, 1]), 0.2, { epsilon, seed: 9 });
    const initial = threads();
    setThreads(1);
    const all = await perturbClouds(clouds, 0.2, { epsilon, seed: 9 });
    setThreads(initial);
    expectSameBits('points', selectClouds(all, [0, 1]).points, one.points);
    const other = await perturbClouds(clouds, 0.2, { epsilon, seed: 10 });
    expect(other.points[0]).not.toBe(all.points[0]);
    // Two divergences, one direction: moves of the points are parallel.
    const far = await perturbClouds(clouds, 2, { epsilon, seed: 9, channels: 'points' });
    const near = await perturbClouds(clouds, 0.2, { epsilon, seed: 9, channels: 'points' });
    const ratio = (at: number) =>
      ((far.points[at] as number) - (clouds.points[at] as number)) /
      ((near.points[at] as number) - (clouds.points[at] as number));
    expectRelative('ratio', [1, 2, 3].map(ratio), Array(3).fill(ratio(0)), 1e-9);
  });

  it('says how far weights go when they do not reach the divergence', async () => {
    const failure = await expectFailure(
      () => perturbClouds(clouds, 1e3, { epsilon, channels: 'weights' }),
      'ERR_RANGE',
      /cloud \d+/,
      '"weights"',
    );
    expect(Number(/about ([\d.]+)/.exec(failure.message)?.[1])).toBeGreaterThan(0.1);
    await expectFailure(() => perturbClouds(point, 1, { epsilon, channels: 'weights' }), 'ERR_RANGE', 'cloud 0');
  });

  it('refuses a divergence that rounding hides, unsolved problems, and bad options', async () => {
    const farAway = { ...clouds, points: clouds.points.map((x) => 1e6 * x) };
    await expectFailure(() => perturbClouds(farAway, 1e-12, { epsilon: 1e12 }), 'ERR_RANGE', 'rounding');
    const few = { epsilon, maxSolverIterations: 1 };
    await expectFailure(() => perturbClouds(clouds, 0.1, few), 'ERR_NOT_CONVERGED', /clouds\[\d+\]/);
    // Rounding ends the solver before any iterations are used up.
    const exact = { epsilon, marginalTolerance: 1e-18 };
    await expectFailure(() => perturbClouds(clouds, 0.1, exact), 'ERR_NOT_CONVERGED', /clouds\[\d+\]/);
    await expectFailure(() => perturbClouds(clouds, -1, { epsilon }), 'ERR_RANGE', 'divergence');
    await expectFailure(() => perturbClouds(clouds, 1, { epsilon: 0 }), 'ERR_RANGE', 'epsilon');
    const channels = 'mass' as 'both';
    await expectFailure(() => perturbClouds(clouds, 1, { epsilon, channels }), 'ERR_RANGE', 'channels');
    const short = { ...clouds, weights: clouds.weights.subarray(1) };
    await expectFailure(() => perturbClouds(short, 1, { epsilon }), 'ERR_SHAPE', 'clouds.weights');
  });

  it('can be aborted', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(perturbClouds(clouds, 0.1, { epsilon, signal })).rejects.toThrow('enough');
  });
});

describe('SizeSearch', () => {
  /** Runs a search on a function and returns the size it found and how many evaluations that took. */
  function run(target: number, divergence: (size: number) => number, greatest = Number.POSITIVE_INFINITY) {
    const search = new SizeSearch(target, greatest);
    let evaluations = 0;
    while (!search.isFound) {
      evaluations++;
      if (!search.tell(divergence(search.size))) return { search, evaluations, size: Number.NaN };
    }
    return { search, evaluations, size: search.size };
  }

  it.each([
    ['a square', (t: number) => t * t],
    ['a square with a fourth power', (t: number) => t * t + 3 * t ** 4],
    ['one that levels off', (t: number) => (1e9 * t * t) / (1e9 + t * t)],
    ['one with a kink', (t: number) => (t < 2 ? t * t : 4 + 100 * (t - 2))],
    ['one that falls in between', (t: number) => t * t * (1.2 + Math.sin(5 * t))],
  ])('finds the size on %s, for targets of any scale', (_, divergence) => {
    for (const target of [1e-12, 1e-3, 1, 4.5, 1e5]) {
      const { size, evaluations } = run(target, divergence);
      expectRelative('divergence', [divergence(size)], [target], 1e-6);
      expect(evaluations).toBeLessThan(40);
    }
  });

  it('gives up where the target is out of reach, and tells how near it came', () => {
    const { size, search } = run(2, (t) => 1 - Math.exp(-t), 64);
    expect([size, search.size]).toEqual([Number.NaN, 64]);
    expect(search.greatest).toBeCloseTo(1, 12);
  });

  it('gives up where values jump over the target, as rounding makes them', () => {
    expect(run(1, (t) => (t < 0.5 ? 0.9 : 1.1)).size).toBeNaN();
    expect(run(1, () => Number.NaN).size).toBeNaN();
  });
});
