/** Transport in memory for the points alone, on small problems: against the slow reference and the solver of others. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PointCloudMemory, setThreads, sinkhornDivergence, threads } from '../../lib/index.ts';
import { type Cloud, compare, divergence, divergenceGradient, transport } from '../reference/pointCloud.ts';
import { dot } from '../reference/sinkhorn.ts';
import { expectSameBits, expectWithin } from '../support/assertions.ts';
import { check } from '../support/check.ts';
import { clouds, meanCost, randomCloud } from '../support/clouds.ts';
import { TestRandom } from '../support/random.ts';
import { divergenceOf, planOf } from './support.ts';

/** Every problem is streamed. */
const streamed = { marginalTolerance: 1e-11, mostCosts: 0 };
/** A tenth of the mean cost, or more: sweeps take long below that. */
const logEpsilons = [-1, 0, 1];

describe('streamed transport', () => {
  it('has the value, cost, potentials and plan of the reference', () =>
    check(clouds({ logEpsilons }), 120, async ({ source, target, epsilon }) => {
      const found = await planOf(source, target, epsilon, streamed);
      const expected = transport(source, target, epsilon);
      const size = meanCost(source, target);
      expect(found.converged).toBe(1);
      expect(found.newtonSteps).toBe(0);
      // Values are of second order in the marginal error; what is left is rounding of numbers as large as the costs.
      expectWithin('value', [found.value], [expected.value], 1e-11 * size);
      // First order, over the least curvature.
      expectWithin('cost', [found.transportCost], [expected.transportCost], 1e-8 * size);
      expectWithin('plan', found.plan.flat(), expected.plan.flat(), 1e-8);
      const shift = dot(source.weights, found.f) - dot(source.weights, expected.f);
      const shifted = expected.f.map((value) => value + shift);
      expectWithin('f', found.f, shifted, 1e-8 * size);
    }));

  it('has the divergence and the gradient of the reference', () =>
    check(clouds({ logEpsilons: [-1, 0, 1] }), 80, async ({ source, target, epsilon }) => {
      const found = await divergenceOf(source, target, epsilon, streamed);
      const size = meanCost(source, target);
      expectWithin('S', [found.value], [divergence(source, target, epsilon)], 1e-10 * size);
      const expected = divergenceGradient(source, compare(source, target, epsilon)).flat();
      expectWithin('gradient', found.gradient.flat(), expected, 1e-7 * Math.sqrt(size));
    }));

  it('keeps the digits where epsilon is far above all costs', () =>
    check(clouds({ logEpsilons: [3, 6] }), 40, async ({ source, target, epsilon }) => {
      const [found, expected] = [
        await divergenceOf(source, target, epsilon, streamed),
        await divergenceOf(source, target, epsilon),
      ];
      const size = meanCost(source, target);
      expectWithin('S', [found.value], [expected.value], 1e-12 * size);
      expectWithin('gradient', found.gradient.flat(), expected.gradient.flat(), 1e-11 * Math.sqrt(size));
    }));

  it('agrees with the solver of smaller problems over runs of points, in any dimension', () => {
    const cases = fc.record({
      n: fc.integer({ min: 500, max: 1100 }),
      m: fc.integer({ min: 1, max: 600 }),
      dimension: fc.integer({ min: 1, max: 6 }),
      seed: fc.integer({ min: 0, max: 1000 }),
    });
    return check(cases, 12, async ({ n, m, dimension, seed }) => {
      const random = new TestRandom(seed);
      const [source, target] = [randomCloud(random, n, dimension), randomCloud(random, m, dimension)] as [Cloud, Cloud];
      const size = meanCost(source, target);
      const [found, expected] = await Promise.all(
        [streamed, {}].map((limits) => divergenceOf(source, target, 0.1 * size, limits)),
      );
      expect(found?.converged).toBe(1);
      expectWithin('S', [found?.value as number], [expected?.value as number], 1e-9 * size);
      const gradients = [found, expected].map((each) => each?.gradient.flat() as number[]);
      expectWithin('gradient', gradients[0] as number[], gradients[1] as number[], 1e-8 * Math.sqrt(size));
      const variations = [found, expected].map((each) => each?.firstVariation as number[]);
      expectWithin('variation', variations[0] as number[], variations[1] as number[], 1e-8 * size);
    });
  });

  it('says that it did not converge when its iterations are used up', async () => {
    const random = new TestRandom(3);
    const [source, target] = [randomCloud(random, 40, 2), randomCloud(random, 30, 2)];
    const limits = { ...streamed, maxSolverIterations: 3 };
    const found = await planOf(source, target, 0.01 * meanCost(source, target), limits);
    expect([found.converged, found.iterations]).toEqual([0, 3]);
    expect(found.marginalError).toBeGreaterThan(streamed.marginalTolerance);
  });
});

/** So many points that their costs are not kept. */
const count = 4200;
const large = (seed: number, shift: number) => {
  const random = new TestRandom(seed);
  return {
    count: 1,
    dimension: 2,
    offsets: Int32Array.of(0, count),
    points: Float64Array.from({ length: 2 * count }, () => shift + random.normal()),
    weights: new Float64Array(count).fill(1 / count),
  };
};

describe('large clouds', () => {
  const options = { epsilon: 0.5, marginalTolerance: 1e-7 };

  it('have equal bits with any number of threads', async () => {
    const before = threads();
    const found = [];
    for (const threads of [1, 2, 3]) {
      setThreads(threads);
      found.push(await sinkhornDivergence(large(1, 0), large(2, 0.5), { ...options, gradient: true }));
    }
    setThreads(before);
    for (const other of found.slice(1)) {
      expectSameBits('values', other.values, found[0]?.values as Float64Array);
      expectSameBits('gradients', other.gradients as Float64Array, found[0]?.gradients as Float64Array);
    }
    expect(found[0]?.stopped).toEqual(['converged']);
    // Normal clouds at the distance 0.5 in both coordinates.
    expect(found[0]?.values[0]).toBeCloseTo(0.5, 1);
  });

  it('are recalled by a memory, and a call on them ends when it is aborted', async () => {
    const [a, b] = [large(1, 0), large(2, 3)];
    const memory = await PointCloudMemory.create(
      {
        count: 2,
        dimension: 2,
        offsets: Int32Array.of(0, count, 2 * count),
        points: Float64Array.of(...a.points, ...b.points),
        weights: Float64Array.of(...a.weights, ...b.weights),
      },
      options,
    );
    const found = await memory.retrieve(large(3, 2.8), { beta: 2, maxIterations: 2 });
    expect([...found.nearest]).toEqual([1]);
    const abort = new AbortController();
    const call = memory.retrieve(large(3, 2.8), { beta: 2, maxIterations: 50, signal: abort.signal });
    setTimeout(() => abort.abort(), 50);
    await expect(call).rejects.toThrow('aborted');
    memory.close();
  });
});
