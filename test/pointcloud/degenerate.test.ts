/** Clouds at the edge of what is a cloud, epsilons at the edge of what is a number: finite answers or coded errors. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DenseamError } from '../../lib/core/errors.ts';
import { marginalMatrix } from '../../lib/memory/marginalMatrix.ts';
import { native } from '../../lib/native/addon.ts';
import { runTask } from '../../lib/native/calls.ts';
import { type Cloud, divergence, squaredDistance, transport } from '../reference/pointCloud.ts';
import { dot, type Row, sum } from '../reference/sinkhorn.ts';
import { expectFailure, expectRelative, expectWithin } from '../support/assertions.ts';
import { check } from '../support/check.ts';
import {
  batchOf,
  clouds,
  lineCloud,
  meanCost,
  normalisedWeights,
  randomCloud,
  transformed,
} from '../support/clouds.ts';
import { TestRandom } from '../support/random.ts';
import { divergenceOf, divergencesOfBatches, planOf, plansOfBatches, SOLVER } from './support.ts';

const EPSILONS = [1e-3, 0.1, 10];

function pair(seed = 4, dimension = 3): readonly [Cloud, Cloud] {
  const random = new TestRandom(seed);
  return [randomCloud(random, 7, dimension), randomCloud(random, 11, dimension)];
}

const scaledBy = (cloud: Cloud, c: number) => transformed(cloud, (x) => x.map((value) => c * value));

const finite = (values: Iterable<number>) => [...values].every(Number.isFinite);

describe('few different points', () => {
  it('two single points are apart by their squared distance', async () => {
    const [one, two] = [
      { points: [[1, 2, 3]], weights: [1] },
      { points: [[-1, 0.5, 3]], weights: [1] },
    ];
    for (const epsilon of [1e-12, 1e-3, 1, 1e12]) {
      const { value, gradient, firstVariation } = await divergenceOf(one, two, epsilon);
      expectRelative('value', [value], [6.25], 1e-15);
      expectRelative('gradient', gradient, [4, 3, 0], 1e-15);
      expect(firstVariation).toEqual([0]);
      expectRelative('plan', (await planOf(one, two, epsilon)).plan.flat(), [1], 1e-15);
    }
  });

  it('equal points count as one of their whole weight', async () => {
    const [, target] = pair();
    const heap: Cloud = { points: Array.from({ length: 5 }, () => [0.3, -1, 2]), weights: [0.1, 0.2, 0.3, 0.15, 0.25] };
    const single: Cloud = { points: [[0.3, -1, 2]], weights: [1] };
    for (const epsilon of EPSILONS) {
      const [many, one] = [await divergenceOf(heap, target, epsilon), await divergenceOf(single, target, epsilon)];
      expectRelative('value', [many.value], [one.value], 1e-12);
      const shares = heap.weights.flatMap((weight) => one.gradient.map((x) => weight * x));
      expectWithin('gradient', many.gradient, shares, 1e-11);
      expectWithin('first variation', many.firstVariation, [0, 0, 0, 0, 0], 1e-11);
      expectRelative('back', [(await divergenceOf(target, heap, epsilon)).value], [one.value], 1e-12);
      expectWithin('to itself', [(await divergenceOf(heap, single, epsilon)).value], [0], 1e-14);
    }
  });

  it('supports in common, and points that occur twice', async () => {
    const [source] = pair();
    const twice = {
      points: [...source.points, ...source.points],
      weights: [...source.weights, ...source.weights].map((w) => w / 2),
    };
    const other = { ...source, weights: normalisedWeights(source.weights.map((w, k) => w * (1 + (k % 3)))) };
    for (const epsilon of EPSILONS) {
      expectWithin('twice', [(await divergenceOf(twice, source, epsilon)).value], [0], 1e-11);
      const expected = divergence(source, other, epsilon);
      expectWithin('weights', [(await divergenceOf(source, other, epsilon)).value], [expected], 1e-11);
      expectWithin('weights, twice', [(await divergenceOf(twice, other, epsilon)).value], [expected], 1e-11);
    }
  });

  it('clouds that coincide are at no distance, at any epsilon', async () => {
    const [source] = pair();
    for (const epsilon of [1e-12, 1e-6, 1e-3, 1, 1e6, 1e12]) {
      const { value, gradient } = await divergenceOf(source, source, epsilon);
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(1e-11 * meanCost(source, source));
      expectWithin(
        'gradient',
        gradient,
        gradient.map(() => 0),
        1e-8,
      );
    }
  });
});

describe('vanishing weights', () => {
  const [source, target] = pair();
  const ghosts = [[1e3, 0, 0], source.points[0] as Row, [0, 0, 0]];

  it('below 1e-100 have no part in anything', async () => {
    for (const weight of [0, 5e-324, 1e-120]) {
      const haunted = (cloud: Cloud): Cloud => ({
        points: [ghosts[0] as Row, ...cloud.points, ...ghosts.slice(1)],
        weights: [weight, ...cloud.weights, weight, weight],
      });
      for (const epsilon of EPSILONS) {
        const one = await divergenceOf(source, target, epsilon);
        const two = await divergenceOf(haunted(source), haunted(target), epsilon);
        expectRelative('value', [two.value], [one.value], 1e-12);
        const zeros = (count: number) => new Array<number>(count).fill(0);
        expectWithin('gradient', two.gradient, [...zeros(3), ...one.gradient, ...zeros(6)], 1e-9);
        expect(finite(two.firstVariation)).toBe(true);
        expectWithin('first variation', two.firstVariation.slice(1, -2), one.firstVariation, 1e-8);
        const plan = await planOf(haunted(source), haunted(target), epsilon);
        expect(finite([...plan.f, ...plan.g])).toBe(true);
        const real = (await planOf(source, target, epsilon)).plan;
        const padded = [zeros(14), ...real.map((row) => [0, ...row, 0, 0]), zeros(14), zeros(14)];
        expectWithin('plan', plan.plan.flat(), padded.flat(), 1e-9);
      }
    }
  });

  it('above that count, however little', async () => {
    for (const weight of [1e-90, 1e-30, 1e-12]) {
      const light = { points: [...source.points, [3, 3, 3]], weights: [...source.weights, weight] };
      for (const epsilon of EPSILONS) {
        const [one, two] = [await divergenceOf(source, target, epsilon), await divergenceOf(light, target, epsilon)];
        // A weight times a cost of at most 100, and rounding.
        expectWithin('value', [two.value], [one.value], 1e3 * weight + 1e-11);
        expect(finite([...two.gradient, ...two.firstVariation])).toBe(true);
        expect(two.converged).toBe(1);
      }
    }
  });

  it('on either side never keep a problem from being solved', () =>
    check(
      fc.tuple(clouds({ maxPoints: 12, logEpsilons: [-3, -2, -1, 0] }), fc.boolean()),
      100,
      async ([given, swap]) => {
        const { seed, epsilon } = given;
        const [x, y] = swap ? [given.target, given.source] : [given.source, given.target];
        const random = new TestRandom(~seed);
        const weight = 10 ** -(14 + 80 * random.uniform());
        const ghost = [...random.normals((x.points[0] as Row).length)].map((value) => 2 * value);
        const light = { points: [...x.points, ghost], weights: [...x.weights, weight] };
        const [one, two] = [await planOf(x, y, epsilon), await planOf(light, y, epsilon)];
        expect([one.converged, two.converged, one.iterations < 1000, two.iterations < 1000]).toEqual([
          1,
          1,
          true,
          true,
        ]);
        expectWithin('value', [two.value], [one.value], 1e-11 * meanCost(x, y));
      },
    ));

  it('beside others over many magnitudes are like any weights', () =>
    check(fc.tuple(clouds({ logEpsilons: [-3, -2, -1, 0] }), fc.constantFrom(5, 15, 40, 200)), 100, async (given) => {
      const [{ source, target, epsilon, seed }, span] = given;
      const random = new TestRandom(~seed);
      const uneven = (cloud: Cloud): Cloud => {
        const weights = normalisedWeights(cloud.weights.map(() => Math.exp(-span * random.uniform())));
        return { points: cloud.points, weights };
      };
      const [x, y] = [uneven(source), uneven(target)];
      // What rounding of the exponents leaves at the least of these epsilons is below that.
      const { value, converged, iterations } = await planOf(x, y, epsilon, { marginalTolerance: 1e-10 });
      expect([converged, iterations < 2000]).toEqual([1, true]);
      expectWithin('value', [value], [transport(x, y, epsilon).value], 1e-9 * meanCost(x, y));
    }));
});

describe('light points at small epsilon', () => {
  it('are fitted at every temperature', async () => {
    // No marginal error shows the second target point before the last temperature, and from there it is 80,000 epsilon
    // away.
    const source = {
      points: [0.904254978145711, 0.21883003214044006, 2.2124358833461675, -0.35539697027199746].map((x) => [x]),
      weights: [0.9990504247473799, 0.00005811338267579106, 0.0007727610159838817, 0.00011870085396050143],
    };
    const target = {
      points: [[0.277456935393369], [0.9625127583546214]],
      weights: [0.999959250449605, 0.00004074955039503241],
    };
    const { converged, iterations, value } = await planOf(source, target, 7.563381695657131e-6, {
      marginalTolerance: 1e-10,
    });
    expect(converged).toBe(1);
    expect(iterations).toBeLessThan(1000);
    // By Sinkhorn's iteration in the log domain, epsilon halved.
    expect(value).toBeCloseTo(0.39535488, 7);
  });
});

describe('scales', () => {
  const [source, target] = pair();

  it('from 1e-150 to 1e150 with epsilon change nothing but the unit', async () => {
    for (const epsilon of EPSILONS) {
      const one = await divergenceOf(source, target, epsilon);
      for (const c of [1e-150, 1e-100, 1e-20, 1e20, 1e100, 1e150]) {
        const two = await divergenceOf(scaledBy(source, c), scaledBy(target, c), epsilon * c * c);
        expectRelative('value', [two.value / c / c], [one.value], 1e-10);
        expectWithin(
          'gradient',
          two.gradient.map((x) => x / c),
          one.gradient,
          1e-9,
        );
        expectWithin(
          'first variation',
          two.firstVariation.map((x) => x / c / c),
          one.firstVariation,
          1e-8,
        );
        expect(two.converged).toBe(1);
      }
    }
  });

  it('without epsilon give finite numbers or a coded error', async () => {
    for (const c of [1e-200, 1e-150, 1e-20, 1e-5, 1e5, 1e20, 1e100, 1e150, 1e154, 1e200, 1e300]) {
      const [x, y] = [scaledBy(source, c), scaledBy(target, c)];
      const found = await divergenceOf(x, y, 1).catch((error: unknown) => error);
      if (found instanceof DenseamError) {
        // Only where a squared distance is no number any more.
        expect(found.code).toBe('ERR_RANGE');
        expect(c).toBeGreaterThanOrEqual(1e150);
        continue;
      }
      const { value, gradient, firstVariation, converged } = found as Awaited<ReturnType<typeof divergenceOf>>;
      expect(finite([value, ...gradient, ...firstVariation]), `scale ${c}`).toBe(true);
      expect(value).toBeGreaterThanOrEqual(0);
      if (c <= 1e-5) expect(converged).toBe(1);
    }
  });

  it('where epsilon is all that counts give the squared distance of the means', async () => {
    const mean = (cloud: Cloud) =>
      [0, 1, 2].map((c) =>
        dot(
          cloud.weights,
          cloud.points.map((x) => x[c] as number),
        ),
      );
    const expected = squaredDistance(mean(source), mean(target));
    for (const ratio of [1e9, 1e12, 1e100]) {
      const { value, converged } = await divergenceOf(source, target, ratio * meanCost(source, target));
      // The next term is about cost^2 / epsilon; values are differences of numbers as large as the costs.
      expectWithin('value', [value], [expected], 1e-8);
      expect(converged).toBe(1);
    }
  });

  it('where epsilon is next to nothing give a transport cost that is near the best, or say that they do not', async () => {
    const [x, y] = [lineCloud([0, 1, 2.5, 4.1, 7]), lineCloud([0.5, 1.7, 2, 5, 6])];
    for (const ratio of [1e-6, 1e-9, 1e-12]) {
      const { value, transportCost, converged, marginalError } = await planOf(x, y, ratio * meanCost(x, y));
      expect(finite([value, transportCost, marginalError])).toBe(true);
      // Sorted points go to sorted points.
      const best = (0.25 + 0.49 + 0.25 + 0.81 + 1) / 5;
      if (converged === 1) expectWithin('cost', [transportCost, value], [best, best], 1e-4);
      // Otherwise the value is a lower bound, up to epsilon log 5.
      else expect(value).toBeLessThanOrEqual(best * (1 + 1e-4));
    }
  });

  it('far from the origin lose no more than the coordinates do', async () => {
    // Multiples of 2^-20, which 2^27 more does not round.
    const grid = (cloud: Cloud) => transformed(cloud, (x) => x.map((value) => Math.round(value * 2 ** 20) / 2 ** 20));
    const [x, y] = [grid(source), grid(target)];
    const far = (cloud: Cloud) => transformed(cloud, (p) => p.map((value) => value + 2 ** 27));
    for (const epsilon of EPSILONS) {
      const near = await divergenceOf(x, y, epsilon);
      const away = await divergenceOf(far(x), far(y), epsilon);
      // Means may be rounded like coordinates, to 1.5e-8 out there.
      expectWithin('value', [away.value], [near.value], 1e-6);
      expectWithin('gradient', away.gradient, near.gradient, 1e-6);
      // Only one of them far away: the square of the shift comes on top, and a cross term.
      const apart = await divergenceOf(far(x), y, epsilon);
      const [from, to] = [x, y].map((cloud) => sum(cloud.points.map((p, k) => sum(p) * (cloud.weights[k] as number))));
      const shift = 3 * 2 ** 54 + 2 ** 28 * ((from as number) - (to as number));
      expectRelative('apart', [apart.value], [shift + near.value], 1e-14);
    }
  });
});

describe('problems that are not solved', () => {
  const random = new TestRandom(21);
  const [source, target] = [randomCloud(random, 25, 2), randomCloud(random, 30, 2)];

  it('say so, with the marginal error that is left', async () => {
    const epsilon = 1e-3 * meanCost(source, target);
    const { plan, converged, iterations, marginalError, value } = await planOf(source, target, epsilon, {
      maxSolverIterations: 1,
    });
    expect(converged).toBe(0);
    expect(iterations).toBe(1);
    expect(marginalError).toBeGreaterThan(1e-6);
    const rows = sum(plan.map((row, k) => Math.abs(sum(row) - (source.weights[k] as number))));
    const columns = target.weights.map((_, j) => sum(plan.map((row) => row[j] as number)));
    const missed = rows + sum(columns.map((total, j) => Math.abs(total - (target.weights[j] as number))));
    expectWithin('marginal error', [missed], [marginalError], 1e-12 + 1e-9 * marginalError);
    // A dual value: a bound from below.
    expect(value).toBeLessThanOrEqual(transport(source, target, epsilon).value);
  });

  it('also as parts of a divergence', async () => {
    const epsilon = 1e-3 * meanCost(source, target);
    const found = await divergenceOf(source, target, epsilon, { maxSolverIterations: 1 });
    expect(found.converged).toBe(0);
    expect(found.marginalError).toBeGreaterThan(1e-6);
    expect(finite([found.value, ...found.gradient, ...found.firstVariation])).toBe(true);
  });

  it('need no more iterations than they are given', async () => {
    for (const maxSolverIterations of [1, 2, 5, 20]) {
      const epsilon = 1e-3 * meanCost(source, target);
      const found = await planOf(source, target, epsilon, { maxSolverIterations });
      expect(found.iterations).toBeLessThanOrEqual(maxSolverIterations);
    }
  });
});

describe('what is not a cloud', () => {
  const clean = () => [batchOf([...pair(4)], 'sources'), batchOf([...pair(5)], 'targets')] as const;
  const takers = {
    solveTransport: plansOfBatches,
    sinkhornDivergences: divergencesOfBatches,
  };

  for (const [name, take] of Object.entries(takers)) {
    // The second cloud of either batch begins at point 7.
    it.each([
      [0, 'points', 8 * 3 + 1],
      [1, 'points', 8 * 3 + 1],
      [0, 'weights', 7 + 2],
      [1, 'weights', 7 + 2],
    ] as const)(`${name} refuses what is not finite: batch %i, %s[%i]`, async (which, field, at) => {
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        const batches = clean();
        batches[which][field][at] = bad;
        const error = await expectFailure(() => take(...batches, 3, 1), 'ERR_NOT_FINITE');
        expect(error.message).toContain(which === 0 ? 'sources[1]' : 'targets[1]');
        expect(error.message).toMatch(field === 'points' ? /coordinate 1 of point 1 / : /weight 2 /);
        expect(error.message).toContain(String(bad));
      }
    });

    it(`${name} refuses weights below zero`, async () => {
      const batches = clean();
      batches[1].weights[9] = -0.01;
      const error = await expectFailure(() => take(...batches, 3, 1), 'ERR_RANGE');
      expect(error.message).toMatch(/targets\.weights\[9\] .* -0\.01 \(weight 2 of targets\[1\]\)/);
    });

    it(`${name} refuses weights that do not sum to 1, but for rounding`, async () => {
      const batches = clean();
      const weight = batches[0].weights[9] as number;
      batches[0].weights[9] = weight + 1e-3;
      // The second cloud, and its sum.
      await expectFailure(() => take(...batches, 3, 1), 'ERR_RANGE', /sources\[1\].*1\.001/);
      const right = await take(...clean(), 3, 1);
      batches[0].weights[9] = weight + 1e-12;
      expectRelative('values', (await take(...batches, 3, 1)).values, right.values, 1e-9);
      // Up to 1e-6 they are divided by their sum.
      const double = clean();
      batches[0].weights[9] = weight;
      double[0].weights.forEach((value, k) => {
        double[0].weights[k] = value * (1 + 5e-7);
      });
      expectRelative('divided', (await take(...double, 3, 1)).values, right.values, 1e-12);
    });

    it(`${name} refuses a cloud of no weight`, async () => {
      const batches = clean();
      batches[0].weights.fill(0, 7);
      await expectFailure(() => take(...batches, 3, 1), 'ERR_RANGE', /sources/);
    });
  }

  it('costs that are not finite', async () => {
    const half = Float64Array.of(0.5, 0.5);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const costs = Float64Array.of(0, 1, bad, 2);
      const call = async () => {
        const matrix = await marginalMatrix('cost', costs, half, half, undefined);
        return runTask((onProgress) =>
          native.solveTransportOfCosts(matrix, { epsilon: 1, ...SOLVER, wantPlan: true, onProgress }),
        );
      };
      const error = await expectFailure(call, 'ERR_NOT_FINITE', /cost.*\[1, 0\]/);
      expect(error.message).toContain(String(bad));
    }
  });
});
