/** What every divergence has whatever the clouds: sign, symmetry, and how it follows maps of the space. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cloud, squaredDistance } from '../reference/pointCloud.ts';
import { dot, type Row, sum } from '../reference/sinkhorn.ts';
import { expectRelative, expectWithin } from '../support/assertions.ts';
import { randomRotation } from '../support/cases.ts';
import { check } from '../support/check.ts';
import { clouds, lineCloud, meanCost, randomCloud, transformed } from '../support/clouds.ts';
import { TestRandom } from '../support/random.ts';
import { divergenceOf, planOf } from './support.ts';

/** Rounding of values as large as the costs, and what the marginal error leaves. */
const ROUNDING = 1e-11;

const valueFor = async (source: Cloud, target: Cloud, epsilon: number) =>
  (await divergenceOf(source, target, epsilon)).value;

function meanOf({ points, weights }: Cloud): number[] {
  return (points[0] as Row).map((_, c) =>
    dot(
      weights,
      points.map((x) => x[c] as number),
    ),
  );
}

const shiftedBy = (cloud: Cloud, shift: Row) =>
  transformed(cloud, (x) => x.map((value, c) => value + (shift[c] as number)));

/** The points in another order. */
function permuted(random: TestRandom, { points, weights }: Cloud): { readonly cloud: Cloud; readonly order: Row } {
  const order = points.map((_, k) => k);
  for (let k = order.length - 1; k > 0; k--) {
    const other = random.below(k + 1);
    [order[k], order[other]] = [order[other] as number, order[k] as number];
  }
  const cloud = { points: order.map((k) => points[k] as Row), weights: order.map((k) => weights[k] as number) };
  return { cloud, order };
}

describe('the divergence', () => {
  it('is symmetric, not negative, and zero of a cloud to itself', () =>
    check(clouds(), 100, async ({ source, target, epsilon }) => {
      const size = meanCost(source, target);
      const value = await valueFor(source, target, epsilon);
      expect(value).toBeGreaterThanOrEqual(0);
      expectWithin('swapped', [await valueFor(target, source, epsilon)], [value], ROUNDING * size);
      const own = await divergenceOf(source, source, epsilon);
      const ownSize = meanCost(source, source);
      expect(own.value).toBeGreaterThanOrEqual(0);
      expect(own.value).toBeLessThanOrEqual(ROUNDING * ownSize);
      expectWithin(
        'gradient',
        own.gradient,
        own.gradient.map(() => 0),
        1e-8 * Math.sqrt(ownSize),
      );
      // Potentials of parts of a plan that hardly exchange mass are determined by little more than the marginal error.
      if (epsilon < 0.3 * ownSize) return;
      expectWithin(
        'first variation',
        own.firstVariation,
        own.firstVariation.map(() => 0),
        1e-8 * ownSize,
      );
    }));

  it('of shifted clouds adds the square of the distance of the means', () =>
    check(clouds(), 60, async ({ source, target, epsilon }) => {
      const [from, to] = [meanOf(source), meanOf(target)];
      const centredSource = shiftedBy(
        source,
        from.map((value) => -value),
      );
      const centredTarget = shiftedBy(
        target,
        to.map((value) => -value),
      );
      const value = await valueFor(source, target, epsilon);
      const centred = await valueFor(centredSource, centredTarget, epsilon);
      const shift = squaredDistance(from, to);
      expectWithin('value', [value], [centred + shift], ROUNDING * meanCost(source, target));
      expect(value).toBeGreaterThanOrEqual(shift * (1 - 1e-12));
    }));

  it('does not change with a common shift or rotation; the gradient turns along', () =>
    check(clouds(), 60, async ({ source, target, epsilon, seed }) => {
      const random = new TestRandom(~seed);
      const d = (source.points[0] as Row).length;
      const rotation = randomRotation(random, d);
      const shift = [...random.normals(d)];
      const turn = (x: Row) => rotation.map((row) => dot([...row], x));
      const map = (x: Row) => turn(x).map((value, c) => value + (shift[c] as number));
      const one = await divergenceOf(source, target, epsilon);
      const two = await divergenceOf(transformed(source, map), transformed(target, map), epsilon);
      const size = meanCost(source, target);
      expectWithin('value', [two.value], [one.value], ROUNDING * size);
      const turned = source.points.flatMap((_, k) => turn(one.gradient.slice(k * d, (k + 1) * d)));
      expectWithin('gradient', two.gradient, turned, 1e-8 * Math.sqrt(size));
    }));

  it('does not change with the order of the points', () =>
    check(clouds(), 60, async ({ source, target, epsilon, seed }) => {
      const random = new TestRandom(~seed);
      const [from, to] = [permuted(random, source), permuted(random, target)];
      const one = await divergenceOf(source, target, epsilon);
      const two = await divergenceOf(from.cloud, to.cloud, epsilon);
      const size = meanCost(source, target);
      expectWithin('value', [two.value], [one.value], ROUNDING * size);
      const d = (source.points[0] as Row).length;
      const expected = from.order.flatMap((k) => one.gradient.slice(k * d, (k + 1) * d));
      expectWithin('gradient', two.gradient, expected, 1e-8 * Math.sqrt(size));
    }));

  it('does not change when a point is split into two of its parts', () =>
    check(clouds(), 60, async ({ source, target, epsilon, seed }) => {
      const random = new TestRandom(~seed);
      const split = (cloud: Cloud): Cloud => {
        const k = random.below(cloud.weights.length);
        const [whole, share] = [cloud.weights[k] as number, 0.5 * random.uniform()];
        const weights = [...cloud.weights.with(k, (1 - share) * whole), share * whole];
        return { points: [...cloud.points, cloud.points[k] as Row], weights };
      };
      const one = await divergenceOf(source, target, epsilon);
      const two = await divergenceOf(split(source), split(target), epsilon);
      expectWithin('value', [two.value], [one.value], ROUNDING * meanCost(source, target));
    }));

  it('scales with the square of the space when epsilon does', () =>
    check(fc.tuple(clouds(), fc.constantFrom(1e-6, 1e-2, 3, 1e5)), 60, async ([{ source, target, epsilon }, c]) => {
      const scaled = (cloud: Cloud) => transformed(cloud, (x) => x.map((value) => c * value));
      const one = await divergenceOf(source, target, epsilon);
      const two = await divergenceOf(scaled(source), scaled(target), c * c * epsilon);
      const size = c * c * meanCost(source, target);
      expectWithin('value', [two.value], [c * c * one.value], ROUNDING * size);
      expectWithin(
        'gradient',
        two.gradient,
        one.gradient.map((x) => c * x),
        1e-8 * Math.sqrt(size),
      );
    }));

  it('scales by powers of two to the bit', async () => {
    const random = new TestRandom(12);
    const [source, target] = [randomCloud(random, 9, 3), randomCloud(random, 14, 3)];
    const scaled = (cloud: Cloud) => transformed(cloud, (x) => x.map((value) => 64 * value));
    const one = await divergenceOf(source, target, 0.2);
    const two = await divergenceOf(scaled(source), scaled(target), 4096 * 0.2);
    expect(two.value).toBe(4096 * one.value);
  });
});

describe('limits', () => {
  /** Squared W2 on the line: the quantile functions apart, piece by piece. */
  function sortedTransport(one: Cloud, two: Cloud): number {
    const sorted = ({ points, weights }: Cloud) =>
      points.map((x, k) => ({ x: x[0] as number, mass: weights[k] as number })).sort((p, q) => p.x - q.x);
    const [from, to] = [sorted(one), sorted(two)];
    let total = 0;
    for (let i = 0, j = 0; i < from.length && j < to.length; ) {
      const [p, q] = [from[i] as { x: number; mass: number }, to[j] as { x: number; mass: number }];
      const mass = Math.min(p.mass, q.mass);
      total += mass * (p.x - q.x) ** 2;
      p.mass -= mass;
      q.mass -= mass;
      if (p.mass <= q.mass) i++;
      else j++;
    }
    return total;
  }

  it('as epsilon vanishes it is the squared W2 distance of sorted points', () =>
    check(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 })), 30, async (given) => {
      const [seed, n, m] = given;
      const random = new TestRandom(seed);
      const [source, target] = [randomCloud(random, n, 1), randomCloud(random, m, 1)];
      const expected = sortedTransport(source, target);
      for (const ratio of [1e-3, 1e-5]) {
        const epsilon = ratio * meanCost(source, target);
        const { value, converged } = await divergenceOf(source, target, epsilon);
        // Entropies lie between 0 and log n; half of each self term's is taken off again.
        const bound = epsilon * (Math.log(n) + Math.log(m) + 1e-3);
        if (converged === 1) expectWithin('W2', [value], [expected], bound);
        // At so small an epsilon a problem may be left unsolved, at a value that bounds from below.
        else expect(value).toBeLessThanOrEqual(expected + bound);
        if (ratio === 1e-3) expect(converged).toBe(1);
      }
    }));

  it('as epsilon grows it is the squared distance of the means', () =>
    check(clouds({ logEpsilons: [6] }), 30, async ({ source, target, epsilon }) => {
      const value = await valueFor(source, target, epsilon);
      const size = meanCost(source, target);
      // The next term is about cost^2 / epsilon.
      expectWithin('value', [value], [squaredDistance(meanOf(source), meanOf(target))], 1e-4 * size);
    }));
});

describe('transport', () => {
  it('of product clouds is the sum over the factors', () =>
    check(fc.tuple(fc.nat(), fc.constantFrom(0.03, 0.3, 3)), 10, async ([seed, epsilon]) => {
      const random = new TestRandom(seed);
      const lines = [6, 5, 4, 7].map((size) => randomCloud(random, size, 1)) as [Cloud, Cloud, Cloud, Cloud];
      const product = (x: Cloud, y: Cloud): Cloud => ({
        points: x.points.flatMap((p) => y.points.map((q) => [...p, ...q])),
        weights: x.weights.flatMap((a) => y.weights.map((b) => a * b)),
      });
      const { value } = await planOf(product(lines[0], lines[1]), product(lines[2], lines[3]), epsilon);
      const parts = [await planOf(lines[0], lines[2], epsilon), await planOf(lines[1], lines[3], epsilon)];
      const expected = sum(parts.map((part) => part.value));
      expectWithin('value', [value], [expected], ROUNDING * Math.max(1, expected));
    }));

  it('from one point costs the mean', async () => {
    const target = randomCloud(new TestRandom(2), 9, 4);
    const source = { points: [[1, -1, 0.5, 2]], weights: [1] };
    const expected = dot(
      target.weights,
      target.points.map((y) => squaredDistance(source.points[0] as Row, y)),
    );
    for (const epsilon of [1e-6, 1, 1e6]) {
      expectWithin('value', [(await planOf(source, target, epsilon)).value], [expected], 1e-13 * expected);
    }
  });

  it('of a line to itself at small epsilon stays in place', async () => {
    const line = lineCloud([0, 1, 2, 3, 4]);
    const { plan } = await planOf(line, line, 0.01);
    // exp(-1 / 0.01) is below rounding.
    expectWithin(
      'plan',
      plan.flat(),
      plan.flatMap((row, k) => row.map((_, j) => (j === k ? 0.2 : 0))),
      1e-12,
    );
  });
});

describe('exact shifts', () => {
  it('far from the origin change nothing, as the rounding of means is made up for', async () => {
    const random = new TestRandom(5);
    // Multiples of 2^-10, so that adding powers of two is exact.
    const onGrid = (cloud: Cloud, by: number) =>
      transformed(cloud, (x) => x.map((v) => Math.round(v * 1024) / 1024 + by));
    const [source, target] = [
      randomCloud(random, 7, 2),
      transformed(randomCloud(random, 9, 2), (x) => x.map((v) => v + 12)),
    ];
    const at = async (offset: number) =>
      (await divergenceOf(onGrid(source, offset), onGrid(target, offset), 0.5)).value;
    const near = await at(0);
    for (const offset of [2 ** 20, 2 ** 27, 2 ** 35]) {
      // Sums of points about the mean, as near the origin.
      expectRelative('S', [await at(offset)], [near], 1e-13);
    }
  });
});
