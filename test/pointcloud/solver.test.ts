/** Entropic transport and the debiased divergence against the slow reference, closed forms and finite differences. */
import { describe, expect, it } from 'vitest';
import { marginalMatrix } from '../../lib/memory/marginalMatrix.ts';
import { native } from '../../lib/native/addon.ts';
import { gaussianCloud, gaussianDivergence, gaussianTransport } from '../reference/gaussHermite.ts';
import { type Cloud, compare, costsOf, divergence, divergenceGradient, transport } from '../reference/pointCloud.ts';
import { dot, largest, type Row, sum, type Table, transposed } from '../reference/sinkhorn.ts';
import { expectNormwise, expectRelative, expectSameBits, expectWithin } from '../support/assertions.ts';
import { check } from '../support/check.ts';
import { batchOf, clouds, lineCloud, linspace, meanCost, randomCloud } from '../support/clouds.ts';
import { TestRandom } from '../support/random.ts';
import { centralOf, divergenceOf, divergencesOf, planOf, plansOf, SOLVER, tableOf } from './support.ts';

/** How far exponents (f + g - C) / epsilon are rounded, a few operations each. */
function exponentRounding(costs: Table, epsilon: number): number {
  return (2 ** -50 * largest(costs)) / epsilon;
}

const spread = (a: Row, b: Row) => sum(a.map((value, k) => Math.abs(value - (b[k] as number))));

describe('transport', () => {
  it('costs what the reference says', () =>
    check(clouds(), 150, async ({ source, target, epsilon }) => {
      const found = await planOf(source, target, epsilon);
      const expected = transport(source, target, epsilon);
      // Values are of second order in the marginal error; what is left is rounding of numbers as large as the costs.
      const size = meanCost(source, target);
      expectWithin('value', [found.value], [expected.value], 1e-11 * size);
      // First order, over the least curvature.
      expectWithin('cost', [found.transportCost], [expected.transportCost], 1e-8 * size);
      expectWithin('plan', found.plan.flat(), expected.plan.flat(), 1e-8);
    }));

  it('gives the potentials of the reference where the costs do not dwarf epsilon', () =>
    check(clouds({ logEpsilons: [-1, 0, 1, 2] }), 60, async ({ source, target, epsilon }) => {
      const { f, g } = await planOf(source, target, epsilon);
      const expected = transport(source, target, epsilon);
      // A constant may go from one to the other.
      const shift = dot(source.weights, f) - dot(source.weights, expected.f);
      const bound = 1e-9 * meanCost(source, target);
      expectWithin(
        'f',
        f,
        expected.f.map((value) => value + shift),
        bound,
      );
      expectWithin(
        'g',
        g,
        expected.g.map((value) => value - shift),
        bound,
      );
    }));

  it('has a plan that meets the marginals, and potentials, value and cost of that very plan', () =>
    check(clouds(), 150, async ({ source, target, epsilon }) => {
      const { plan, f, g, value, transportCost, marginalError, converged } = await planOf(source, target, epsilon);
      const costs = costsOf(source, target);
      const rounding = exponentRounding(costs, epsilon) + 1e-14;
      expect(converged).toBe(marginalError <= SOLVER.marginalTolerance ? 1 : 0);
      // Below the tolerance, or at what rounding of the exponents permits.
      expect(marginalError).toBeLessThanOrEqual(SOLVER.marginalTolerance + rounding);
      expect(Math.min(...plan.flat())).toBeGreaterThanOrEqual(0);
      const missed = spread(plan.map(sum), source.weights) + spread(transposed(plan).map(sum), target.weights);
      expectWithin('marginal error', [missed], [marginalError], 2 * rounding + 1e-13);
      plan.forEach((row, k) => {
        const gibbs = row.map((_, j) => {
          const exponent = ((f[k] as number) + (g[j] as number) - ((costs[k] as Row)[j] as number)) / epsilon;
          return (source.weights[k] as number) * (target.weights[j] as number) * Math.exp(exponent);
        });
        // Potentials may be one update ahead of the plan.
        expectWithin('plan', row, gibbs, (j) => 20 * rounding * (gibbs[j] as number) + marginalError + 1e-300);
      });
      const size = largest([f, g, ...costs]);
      expectWithin('value', [value], [dot(source.weights, f) + dot(target.weights, g)], 1e-13 * size);
      // The plan misses the means by its marginal error.
      const planCost = sum(plan.map((row, k) => dot(row, costs[k] as Row)));
      expectWithin('cost', [transportCost], [planCost], (1e-13 + marginalError) * size);
    }));

  it('does not depend on the batch', async () => {
    const random = new TestRandom(5);
    const sources = [4, 1, 17, 9].map((size) => randomCloud(random, size, 3));
    const targets = [7, 12, 1, 9].map((size) => randomCloud(random, size, 3));
    const all = await plansOf(sources, targets, 0.2);
    const singles = await Promise.all(sources.map((source, i) => planOf(source, targets[i] as Cloud, 0.2)));
    expectSameBits(
      'values',
      all.values,
      singles.map((one) => one.value),
    );
    expectSameBits(
      'f',
      all.sourcePotentials,
      singles.flatMap((one) => one.f),
    );
    expectSameBits(
      'g',
      all.targetPotentials,
      singles.flatMap((one) => one.g),
    );
    expectSameBits(
      'plans',
      all.plans,
      singles.flatMap((one) => one.plan.flat()),
    );
    expectSameBits(
      'iterations',
      all.iterations,
      singles.map((one) => one.iterations),
    );
  });

  it('gives no plans unless they are wanted', async () => {
    const batch = batchOf([lineCloud([0, 1, 3])], 'sources');
    const { plans, values } = await native.solveTransport(batch, batch, {
      firstIndex: 0,
      dimension: 1,
      epsilon: 1,
      ...SOLVER,
      wantPlans: false,
    }).promise;
    expect(plans.length).toBe(0);
    expectRelative('value', values, [transport(lineCloud([0, 1, 3]), lineCloud([0, 1, 3]), 1).value], 1e-12);
  });

  it('takes float32 for the numbers they stand for', async () => {
    const random = new TestRandom(8);
    const [source, target] = [randomCloud(random, 6, 2), randomCloud(random, 8, 2)];
    const single = (cloud: Cloud, name: string) => {
      const batch = batchOf([cloud], name);
      return { ...batch, points: Float32Array.from(batch.points), weights: Float32Array.from(batch.weights) };
    };
    const rounded = (cloud: Cloud): Cloud => {
      const weights = cloud.weights.map(Math.fround);
      return { points: cloud.points.map((x) => x.map(Math.fround)), weights: weights.map((w) => w / sum(weights)) };
    };
    const [a, b] = [single(source, 'sources'), single(target, 'targets')];
    const { values } = await native.solveTransport(a, b, {
      firstIndex: 0,
      dimension: 2,
      epsilon: 0.5,
      ...SOLVER,
      wantPlans: false,
    }).promise;
    expectRelative('value', values, [transport(rounded(source), rounded(target), 0.5).value], 1e-12);
  });
});

describe('transport of given costs', () => {
  const solve = async (costs: Table, a: Row, b: Row, epsilon: number) => {
    const data = Float64Array.from(costs.flat());
    const matrix = await marginalMatrix('cost', data, Float64Array.from(a), Float64Array.from(b), undefined);
    return native.solveTransportOfCosts(matrix, { epsilon, ...SOLVER, wantPlan: true }).promise;
  };

  it('is that of the clouds that have them', () =>
    check(clouds(), 40, async ({ source, target, epsilon }) => {
      const found = await solve(costsOf(source, target), source.weights, target.weights, epsilon);
      const expected = transport(source, target, epsilon);
      const size = meanCost(source, target);
      expectWithin('value', found.values, [expected.value], 1e-11 * size);
      expectWithin('cost', found.transportCosts, [expected.transportCost], 1e-8 * size);
      expectWithin('plan', found.plans, expected.plan.flat(), 1e-8);
    }));

  it('takes negative costs, and amounts added to rows and columns only move the potentials', () =>
    check(clouds({ logEpsilons: [-1, 0, 1], maxPoints: 12 }), 40, async ({ source, target, epsilon, seed }) => {
      const random = new TestRandom(~seed);
      const costs = costsOf(source, target);
      const size = largest(costs);
      const [u, v] = [source, target].map(({ weights }) => [...random.normals(weights.length)].map((x) => size * x));
      const [rows, columns] = [u as Row, v as Row];
      const moved = costs.map((row, k) => row.map((cost, j) => cost + (rows[k] as number) + (columns[j] as number)));
      const one = await solve(costs, source.weights, target.weights, epsilon);
      const two = await solve(moved, source.weights, target.weights, epsilon);
      const more = dot(source.weights, rows) + dot(target.weights, columns);
      expectWithin('value', two.values, [(one.values[0] as number) + more], 1e-12 * size);
      expectWithin('plan', two.plans, one.plans, 1e-9);
    }));

  it('of equal costs has the product as its plan', async () => {
    const found = await solve(
      [
        [3, 3, 3],
        [3, 3, 3],
      ],
      [0.25, 0.75],
      [0.5, 0.3, 0.2],
      0.01,
    );
    expectRelative('value', found.values, [3], 1e-14);
    expectWithin('plan', found.plans, [0.125, 0.075, 0.05, 0.375, 0.225, 0.15], 1e-14);
  });
});

describe('the divergence', () => {
  it('is that of the reference', () =>
    check(clouds(), 100, async ({ source, target, epsilon }) => {
      const { value, gradient, firstVariation } = await divergenceOf(source, target, epsilon);
      const expected = compare(source, target, epsilon);
      const size = meanCost(source, target);
      expectWithin('value', [value], [expected.divergence], 1e-11 * size);
      // The error is of first order in the marginal errors, over the least curvature.
      expectWithin('gradient', gradient, divergenceGradient(source, expected).flat(), 1e-8 * Math.sqrt(size));
      // Potentials of parts of a plan that hardly exchange mass are determined by little more than the marginal error.
      if (epsilon < 0.3 * Math.min(size, 2 * meanCost(source, source))) return;
      expectWithin('first variation', firstVariation, expected.firstVariation, 1e-8 * size);
      expectWithin('mean', [dot(source.weights, firstVariation)], [0], 1e-13 * size);
    }));

  it('has the known values', async () => {
    const [four, two] = [lineCloud([0, 1, 2, 3]), lineCloud([0, 1])];
    expectWithin('0.1', [(await divergenceOf(two, four, 0.1)).value], [1.4653460458], 1e-10);
    const lines = [lineCloud(linspace(0, 5, 10)), lineCloud(linspace(1, 3, 20))] as const;
    expectWithin('1', [(await divergenceOf(...lines, 1)).value], [1.204681618], 1e-10);
    const sharp = async (x: Cloud, y: Cloud, epsilon: number) => {
      const { transportCosts } = await plansOf([x, x, y], [y, x, y], epsilon);
      const [cross, own, other] = transportCosts as unknown as [number, number, number];
      return cross - own / 2 - other / 2;
    };
    expectWithin('sharp 0.1', [await sharp(two, four, 0.1)], [1.4999659526], 1e-10);
    expectWithin('sharp 1', [await sharp(...lines, 1)], [1.2417240796], 1e-10);
  });

  it('and transport are those of Gaussians on Gauss-Hermite rules', async () => {
    const [one, two] = [
      { mean: 0.3, variance: 1 },
      { mean: -1, variance: 1.7 },
    ];
    const [x, y] = [gaussianCloud(one, 40), gaussianCloud(two, 40)];
    for (const epsilon of [5, 10, 100]) {
      // Such a rule is exact up to rounding here: the kernel is smooth. Its weights go down to 1e-30.
      expectRelative('value', [(await planOf(x, y, epsilon)).value], [gaussianTransport(one, two, epsilon)], 1e-12);
      expectRelative('self', [(await planOf(x, x, epsilon)).value], [gaussianTransport(one, one, epsilon)], 1e-12);
      expectRelative('S', [(await divergenceOf(x, y, epsilon)).value], [gaussianDivergence(one, two, epsilon)], 1e-11);
    }
  });

  it('has this gradient in the points, by differences', () =>
    check(clouds({ logEpsilons: [-1, 0, 1, 2], maxPoints: 8, maxDimension: 3 }), 20, async (pair) => {
      const { source, target, epsilon } = pair;
      const { gradient } = await divergenceOf(source, target, epsilon);
      const h = 2e-4 * Math.sqrt(Math.min(1, epsilon));
      const differences: number[] = [];
      for (const [k, x] of source.points.entries()) {
        for (const [c, value] of x.entries()) {
          const at = (t: number) => ({ ...source, points: source.points.with(k, x.with(c, value + t)) });
          differences.push(await centralOf(async (t) => (await divergenceOf(at(t), target, epsilon)).value, h));
        }
      }
      expectNormwise('gradient', gradient, differences, 1e-6);
    }));

  it('has this first variation in the weights, by differences', () =>
    check(clouds({ logEpsilons: [-1, 0, 1, 2], maxPoints: 8, maxDimension: 3 }), 20, async (pair) => {
      const { source, target, epsilon } = pair;
      const { firstVariation } = await divergenceOf(source, target, epsilon);
      const differences: number[] = [];
      for (const k of source.weights.keys()) {
        // Along e_k - a, which keeps the sum.
        const at = (t: number) => ({
          ...source,
          weights: source.weights.map((a, l) => a + t * ((l === k ? 1 : 0) - a)),
        });
        differences.push(await centralOf(async (t) => (await divergenceOf(at(t), target, epsilon)).value, 1e-4));
      }
      const size = Math.max(largest([differences]), 1e-3 * meanCost(source, target));
      expectWithin('first variation', firstVariation, differences, 1e-6 * size);
    }));

  it('does not depend on the batch, nor does a self term on where it stands', async () => {
    const random = new TestRandom(6);
    const sources = [4, 1, 17, 9].map((size) => randomCloud(random, size, 3));
    const targets = [7, 12, 1, 9].map((size) => randomCloud(random, size, 3));
    const all = await divergencesOf(sources, targets, 0.2);
    const singles = await Promise.all(sources.map((source, i) => divergenceOf(source, targets[i] as Cloud, 0.2)));
    expectSameBits(
      'values',
      all.values,
      singles.map((one) => one.value),
    );
    expectSameBits(
      'gradients',
      all.gradients,
      singles.flatMap((one) => one.gradient),
    );
    expectSameBits(
      'variations',
      all.firstVariations,
      singles.flatMap((one) => one.firstVariation),
    );
    expectRelative(
      'values',
      all.values,
      sources.map((source, i) => divergence(source, targets[i] as Cloud, 0.2)),
      1e-10,
    );
  });
});

describe('shapes of results', () => {
  it('follow the clouds', async () => {
    const random = new TestRandom(9);
    const sources = [2, 5].map((size) => randomCloud(random, size, 4));
    const targets = [3, 1].map((size) => randomCloud(random, size, 4));
    const plans = await plansOf(sources, targets, 1);
    expect(plans.plans.length).toBe(2 * 3 + 5 * 1);
    expect([plans.sourcePotentials.length, plans.targetPotentials.length]).toEqual([7, 4]);
    expect(tableOf(plans.plans.subarray(0, 6), 3).map(sum).length).toBe(2);
    const divergences = await divergencesOf(sources, targets, 1);
    expect([divergences.gradients.length, divergences.firstVariations.length]).toEqual([28, 7]);
    expect(divergences.converged).toEqual(Uint8Array.of(1, 1));
  });
});
