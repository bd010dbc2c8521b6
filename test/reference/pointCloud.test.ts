/** The oracle of the point-cloud memory on itself: closed forms, two solvers that agree, and finite differences. */
import { describe, expect, it } from 'vitest';
import { expectNormwise, expectRelative, expectWithin } from '../support/assertions.ts';
import { check } from '../support/check.ts';
import { clouds, lineCloud, linspace, normalisedWeights, randomCloud } from '../support/clouds.ts';
import { central } from '../support/differences.ts';
import { TestRandom } from '../support/random.ts';
import { gaussHermite, gaussianCloud, gaussianDivergence, gaussianTransport } from './gaussHermite.ts';
import {
  type Cloud,
  compare,
  costsOf,
  divergence,
  divergenceGradient,
  ReferencePointCloudMemory,
  squaredDistance,
  transport,
} from './pointCloud.ts';
import { dot, newton, type Row, sinkhorn, sum, transposed } from './sinkhorn.ts';

describe('transport', () => {
  it('is the same by sweeps and by Newton', () =>
    check(clouds({ logEpsilons: [-2, -1, 0, 1, 2], maxPoints: 12 }), 60, ({ source, target, epsilon }) => {
      const problem = {
        costs: costsOf(source, target),
        rowWeights: source.weights,
        columnWeights: target.weights,
        epsilon,
      };
      const [slow, fast] = [sinkhorn(problem), newton(problem)];
      expectRelative('value', [fast.value], [slow.value], 1e-12);
      expectRelative('cost', [fast.transportCost], [slow.transportCost], 1e-9);
      expectWithin('plan', fast.plan.flat(), slow.plan.flat(), 1e-10);
      expectWithin('rows', fast.plan.map(sum), source.weights, 1e-12);
      expectWithin('columns', transposed(fast.plan).map(sum), target.weights, 1e-12);
    }));

  it('of two points to themselves is a logistic function', () => {
    for (const epsilon of [0.05, 0.3, 2, 50]) {
      const stay = 1 / (1 + Math.exp(-1 / epsilon));
      const entropy = stay * Math.log(2 * stay) + (1 - stay) * Math.log(2 * (1 - stay));
      const { value, plan } = transport(lineCloud([0, 1]), lineCloud([0, 1]), epsilon);
      expectWithin('plan', plan.flat(), [stay / 2, (1 - stay) / 2, (1 - stay) / 2, stay / 2], 1e-14);
      // Errors of the marginals and of the exponents.
      expectWithin('value', [value], [1 - stay + epsilon * entropy], 1e-13);
    }
  });

  it('of one point to a cloud has the product as its plan', () => {
    const cloud = randomCloud(new TestRandom(3), 7, 3);
    const point = { points: [[1, 2, 3]], weights: [1] };
    const { value, plan } = transport(point, cloud, 0.2);
    expectRelative('value', [value], [dot(costsOf(point, cloud)[0] as Row, cloud.weights)], 1e-14);
    expectRelative('plan', plan[0] as Row, cloud.weights, 1e-13);
  });
});

describe('the divergence', () => {
  it('has the known values', () => {
    expectWithin('0.1', [divergence(lineCloud([0, 1]), lineCloud([0, 1, 2, 3]), 0.1)], [1.4653460458], 1e-10);
    const lines = [lineCloud(linspace(0, 5, 10)), lineCloud(linspace(1, 3, 20))] as const;
    expectWithin('1', [divergence(...lines, 1)], [1.204681618], 1e-10);
    // The debiased costs of the plans alone.
    const sharp = (x: Cloud, y: Cloud, epsilon: number) => {
      const cost = (one: Cloud, two: Cloud) => transport(one, two, epsilon).transportCost;
      return cost(x, y) - cost(x, x) / 2 - cost(y, y) / 2;
    };
    expectWithin('sharp 0.1', [sharp(lineCloud([0, 1]), lineCloud([0, 1, 2, 3]), 0.1)], [1.4999659526], 1e-10);
    expectWithin('sharp 1', [sharp(...lines, 1)], [1.2417240796], 1e-10);
  });

  it('is that of Gaussians on Gauss-Hermite rules', () => {
    const [one, two] = [
      { mean: 0.3, variance: 1 },
      { mean: -1, variance: 1.7 },
    ];
    for (const epsilon of [5, 10, 100]) {
      const sources = [gaussianCloud(one, 40), gaussianCloud(two, 40)] as const;
      // The rule of 40 nodes is exact up to rounding here: the kernel is smooth.
      expectRelative('value', [transport(...sources, epsilon).value], [gaussianTransport(one, two, epsilon)], 1e-13);
      expectRelative('divergence', [divergence(...sources, epsilon)], [gaussianDivergence(one, two, epsilon)], 1e-12);
    }
  });

  it('has this gradient, in points and in weights', () =>
    check(clouds({ logEpsilons: [-1, 0, 1], maxPoints: 6, maxDimension: 3 }), 15, ({ source, target, epsilon }) => {
      const comparison = compare(source, target, epsilon);
      const found = derivatives(source, (cloud) => divergence(cloud, target, epsilon));
      // Differences of values rounded to 1e-14, over steps of 1e-3.
      expectNormwise('points', divergenceGradient(source, comparison).flat(), found.points, 1e-7);
      expectNormwise('weights', comparison.firstVariation, found.weights, 1e-7);
    }));
});

describe('the energy', () => {
  const random = new TestRandom(11);
  const items = [3, 5, 4].map((size) => randomCloud(random, size, 2));
  const query = randomCloud(random, 4, 2);
  const memory = new ReferencePointCloudMemory(items, 0.3);

  it('has this gradient, in points and in weights', () => {
    for (const beta of [0.1, 1, 10]) {
      const { gradient, firstVariation, gradientNorm } = memory.evaluate(query, beta);
      const found = derivatives(query, (cloud) => memory.energy(cloud, beta));
      expectNormwise('points', gradient.flat(), found.points, 1e-8);
      expectNormwise('weights', firstVariation, found.weights, 1e-8);
      const points = sum(gradient.map((row, k) => squaredDistance(row, [0, 0]) / (query.weights[k] as number)));
      const weights = sum(firstVariation.map((value, k) => (query.weights[k] as number) * value ** 2));
      expectRelative('norm', [gradientNorm], [Math.sqrt(points + weights)], 1e-13);
    }
  });

  it('falls on the way of a shifted item with other weights back to the item', () => {
    const item = items[1] as Cloud;
    // At an epsilon well below the costs weights have kinks, where steps of the flow get short.
    const soft = new ReferencePointCloudMemory(items, 3);
    const weights = normalisedWeights(item.weights.map((weight, k) => weight * (k % 2 === 0 ? 1.5 : 0.7)));
    let state: Cloud = { points: item.points.map((x) => x.map((value) => value + 0.3)), weights };
    const start = divergence(state, item, 3);
    let energy = soft.energy(state, 20);
    for (let k = 0; k < 10; k++) {
      const next = soft.step(state, 20, { transport: 1, reweight: 1 / 3, gated: true });
      expect(next).toBeDefined();
      state = next?.state as Cloud;
      expect(soft.energy(state, 20)).toBeLessThan(energy);
      energy = soft.energy(state, 20);
    }
    expect(divergence(state, item, 3)).toBeLessThan(0.01 * start);
  });

  it('leaves alone what a closed channel would move', () => {
    const points = memory.step(query, 1, { transport: 1, reweight: 0, gated: true })?.state as Cloud;
    const weights = memory.step(query, 1, { transport: 0, reweight: 1, gated: true })?.state as Cloud;
    expectWithin('weights', points.weights, query.weights, 1e-15);
    expect(points.points).not.toEqual(query.points);
    expect(weights.points).toEqual(query.points);
    expect(Math.abs((weights.weights[0] as number) - (query.weights[0] as number))).toBeGreaterThan(1e-3);
  });
});

describe('Gauss-Hermite rules', () => {
  it('integrate polynomials', () => {
    const { points, weights } = gaussHermite(40);
    const moment = (power: number) => sum(points.map((x, k) => x ** power * (weights[k] as number)));
    expectWithin('moments', [moment(0), moment(1), moment(2), moment(4), moment(6)], [1, 0, 1, 3, 15], 1e-12);
    expectRelative('high', [moment(20)], [654729075], 1e-12);
  });
});

/**
 * Derivatives of F at a cloud: in the coordinates of the points, and in the weights along e_k - a, as a first variation
 * of mean 0.
 */
function derivatives(cloud: Cloud, of: (cloud: Cloud) => number): { points: number[]; weights: number[] } {
  const h = 1e-3;
  const points = cloud.points.flatMap((x, k) =>
    x.map((value, c) => {
      const moved = (t: number) => x.with(c, value + t);
      return central((t) => of({ ...cloud, points: cloud.points.with(k, moved(t)) }), h);
    }),
  );
  const weights = cloud.weights.map((weight, k) => {
    const moved = (t: number) => cloud.weights.map((other, l) => other + t * ((l === k ? 1 : 0) - other));
    return central((t) => of({ ...cloud, weights: moved(t) }), Math.min(h, weight / 4));
  });
  return { points, weights };
}
