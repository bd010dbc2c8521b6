/** The memory's energy and its flow, against the slow reference, finite differences and what a descent must do. */
import { describe, expect, it } from 'vitest';
import { type Cloud, ReferencePointCloudMemory } from '../reference/pointCloud.ts';
import { dot, type Row, sum } from '../reference/sinkhorn.ts';
import { expectNormwise, expectRelative, expectWithin, largest } from '../support/assertions.ts';
import { check } from '../support/check.ts';
import { normalisedWeights, randomCloud } from '../support/clouds.ts';
import { TestRandom } from '../support/random.ts';
import {
  cloudAt,
  divergencesTo,
  energyOf,
  gradientOf,
  memoryCases,
  retrieve,
  storedClouds,
  weightsOf,
} from './memorySupport.ts';
import { centralOf } from './support.ts';

describe('the energy', () => {
  it('divergences, weights and gradient are those of the reference', () =>
    check(memoryCases(), 60, async ({ items, queries, epsilon, beta, size }) => {
      const query = queries[0] as Cloud;
      const expected = new ReferencePointCloudMemory(items, epsilon).evaluate(query, beta);
      const stored = await storedClouds(items, epsilon);
      const divergences = await divergencesTo(stored, queries);
      expectWithin('divergences', divergences.values, expected.divergences, 1e-11 * size);
      expect([...divergences.converged]).toEqual(items.map(() => 1));
      const { weights, energy } = await weightsOf(stored, queries, beta);
      // beta multiplies the errors of the divergences, whose scale here is size.
      expectWithin('weights', weights, expected.weights, 1e-10 * (1 + beta * size));
      expectWithin('energy', energy, [expected.energy], 1e-11 * size);
      const gradient = await gradientOf(stored, queries, beta);
      const bound = 1e-8 * (1 + beta * size);
      expectWithin('energy too', gradient.energy, [expected.energy], 1e-11 * size);
      expectWithin('gradient', gradient.points, expected.gradient.flat(), bound * Math.sqrt(size));
      // Potentials of parts of a plan that hardly exchange mass are determined by little more than the marginal error.
      if (epsilon < 0.3 * size) return;
      expectWithin('first variation', gradient.firstVariation, expected.firstVariation, bound * size);
      expectWithin('norm', gradient.gradientNorm, [expected.gradientNorm], bound * (size + Math.sqrt(size)));
    }));

  it('has this gradient in the points, by differences', () =>
    check(memoryCases({ logEpsilons: [-1, 0, 1], sharpnesses: [0.1, 1, 10] }), 15, async (given) => {
      const { items, queries, epsilon, beta } = given;
      const query = queries[0] as Cloud;
      const stored = await storedClouds(items, epsilon);
      const { points } = await gradientOf(stored, [query], beta);
      const differences: number[] = [];
      for (const [k, x] of query.points.entries()) {
        for (const [c, value] of x.entries()) {
          const at = (t: number) => ({ ...query, points: query.points.with(k, x.with(c, value + t)) });
          differences.push(await centralOf((t) => energyOf(stored, at(t), beta), 1e-4));
        }
      }
      expectNormwise('gradient', points, differences, 1e-6);
    }));

  it('has this first variation in the weights, by differences', () =>
    check(memoryCases({ logEpsilons: [-1, 0, 1], sharpnesses: [0.1, 1, 10] }), 15, async (given) => {
      const { items, queries, epsilon, beta, size } = given;
      const query = queries[0] as Cloud;
      const stored = await storedClouds(items, epsilon);
      const { firstVariation } = await gradientOf(stored, [query], beta);
      const differences: number[] = [];
      for (const k of query.weights.keys()) {
        // Along e_k - a, which keeps the sum.
        const at = (t: number) => ({ ...query, weights: query.weights.map((a, l) => a + t * ((l === k ? 1 : 0) - a)) });
        differences.push(await centralOf((t) => energyOf(stored, at(t), beta), 1e-4));
      }
      expectWithin('first variation', firstVariation, differences, 1e-6 * Math.max(largest(differences), 1e-2 * size));
      expectWithin('mean', [dot(query.weights, [...firstVariation])], [0], 1e-13 * size);
    }));

  it('stays between what the nearest item allows, from the smallest beta to the greatest', async () => {
    const random = new TestRandom(3);
    const items = [4, 2, 6, 3].map((size) => randomCloud(random, size, 2));
    const query = randomCloud(random, 5, 2);
    const stored = await storedClouds(items, 0.5);
    const values = [...(await divergencesTo(stored, [query])).values];
    const least = Math.min(...values);
    for (const logBeta of [-8, -4, -1, 0, 1, 4, 8]) {
      const beta = 10 ** logBeta;
      const { energy, weights } = await weightsOf(stored, [query], beta);
      const masses = values.map((value) => Math.exp(-beta * (value - least)));
      // The bare formula, shifted: log1p of the others keeps what is far below 1.
      const expected = least - Math.log1p(sum(masses) - 1) / beta;
      expectWithin('energy', energy, [expected], 1e-13 * (1 + 1 / beta));
      expectWithin('weights', weights, normalisedWeights(masses), 1e-13 * (1 + beta * least));
      expect(energy[0]).toBeLessThanOrEqual(least);
      const { states, energy: after } = await retrieve(stored, [query], beta, 0.5);
      expect([...states.points, ...states.weights, ...after].every(Number.isFinite)).toBe(true);
      expect(after[0]).toBeLessThanOrEqual(energy[0] as number);
    }
  });
});

/** How much longer than the last one each step of reweighting begins. */
const REGROWTH = 1.3;

describe('one step', () => {
  const limits = { logEpsilons: [-1, 0], sharpnesses: [0.3, 3], maxItems: 3, maxPoints: 5 };

  it.each([
    ['both channels', 1, 1, true],
    ['transport alone', 1, 0, true],
    ['reweighting alone', 0, 1, true],
    ['shorter steps', 0.3, 0.05, true],
    ['both channels at once', 1, 1, false],
    ['shorter steps at once', 0.3, 0.05, false],
  ] as const)('and the next are those of the reference: %s', (_, transport, ratio, gated) =>
    check(memoryCases(limits), 12, async ({ items, queries, epsilon, beta, size }) => {
      const reference = new ReferencePointCloudMemory(items, epsilon);
      const steps = { transport, reweight: ratio / epsilon, gated };
      const stored = await storedClouds(items, epsilon);
      const channels = { transportStep: transport, reweightStep: steps.reweight, gated };
      const options = { ...channels, maxIterations: 3, tolerance: 1e-3 };
      const found = await retrieve(stored, queries, beta, epsilon, options);
      let state = queries[0] as Cloud;
      let share = 1;
      for (let k = 1; k < (found.trajectory as readonly unknown[]).length; k++) {
        const step = reference.step(state, beta, steps, share);
        if (!step) expect.fail('the reference found no step');
        state = step.state;
        share = Math.min(1, REGROWTH * step.reweightShare);
        const actual = cloudAt((found.trajectory as NonNullable<typeof found.trajectory>)[k] as never, 0);
        expectWithin('points', actual.points.flat(), state.points.flat(), 1e-7 * Math.sqrt(size));
        expectWithin('weights', actual.weights, state.weights, 1e-7);
      }
    }),
  );
});

describe('the flow', () => {
  it('never raises the energy, in 1000 flows', async () => {
    let flows = 0;
    await check(memoryCases({ maxItems: 4, maxPoints: 5, queries: 20 }), 50, async (given) => {
      const { items, queries, epsilon, beta, size } = given;
      const stored = await storedClouds(items, epsilon);
      const found = await retrieve(stored, queries, beta, epsilon, { maxIterations: 30 });
      const energies = found.trajectoryEnergy as readonly Float64Array[];
      for (const q of queries.keys()) {
        const path = energies.slice(0, (found.iterations[q] as number) + 1).map((all) => all[q] as number);
        // Beyond the solver's tolerance of 1e-12 and the rounding of values as large as the costs.
        for (const [k, energy] of path.entries())
          expect(energy).toBeLessThanOrEqual((path[k - 1] ?? energy) + 1e-12 * size);
        expectRelative('last', [path.at(-1) as number], [found.energy[q] as number], 0);
        flows++;
      }
      expectWithin(
        'states',
        found.states.weights,
        found.states.weights.map((w) => Math.max(0, w)),
        0,
      );
      for (const q of queries.keys()) expectWithin('sum', [sum(cloudAt(found.states, q).weights)], [1], 1e-14);
    });
    expect(flows).toBeGreaterThanOrEqual(1000);
  });

  it('has the energies of its states', () =>
    check(memoryCases({ maxPoints: 5, queries: 2 }), 15, async ({ items, queries, epsilon, beta, size }) => {
      const stored = await storedClouds(items, epsilon);
      const found = await retrieve(stored, queries, beta, epsilon, { maxIterations: 5 });
      for (const [k, states] of (found.trajectory ?? []).entries()) {
        const clouds = queries.map((_, q) => cloudAt(states, q));
        const { energy } = await weightsOf(stored, clouds, beta);
        expectWithin(
          'energy',
          (found.trajectoryEnergy as readonly Float64Array[])[k] as Float64Array,
          energy,
          1e-11 * size,
        );
      }
      const first = (found.trajectory as NonNullable<typeof found.trajectory>)[0] as never;
      queries.forEach((query, q) => {
        expectWithin('first', cloudAt(first, q).points.flat(), query.points.flat(), 0);
        expectWithin('first', cloudAt(first, q).weights, query.weights, 1e-15);
      });
    }));

  it('with one channel leaves the other alone', () =>
    check(memoryCases({ queries: 2 }), 20, async ({ items, queries, epsilon, beta }) => {
      const stored = await storedClouds(items, epsilon);
      const transport = await retrieve(stored, queries, beta, epsilon, { reweightStep: 0 });
      expectWithin(
        'weights',
        transport.states.weights,
        queries.flatMap((query) => query.weights),
        1e-14,
      );
      const reweight = await retrieve(stored, queries, beta, epsilon, { transportStep: 0 });
      expectWithin(
        'points',
        reweight.states.points,
        queries.flatMap((query) => query.points.flat()),
        0,
      );
    }));

  it('stays where it starts with an item on its own, and says so', () =>
    check(memoryCases({ maxItems: 1, logEpsilons: [0, 1] }), 20, async ({ items, epsilon, beta, size }) => {
      const stored = await storedClouds(items, epsilon);
      const found = await retrieve(stored, items, beta, epsilon, { tolerance: 1e-5 * size + 1e-5 });
      expect([...found.stopped]).toEqual([1]);
      expect([...found.iterations]).toEqual([0]);
      expectWithin('energy', found.energy, [0], 1e-11 * size);
    }));

  it('stops by the norm of the gradient, which it reports of the state it returns', () =>
    check(memoryCases({ queries: 3, logEpsilons: [0, 1], sharpnesses: [0.1, 1] }), 20, async (given) => {
      const { items, queries, epsilon, beta, size } = given;
      const stored = await storedClouds(items, epsilon);
      const tolerance = 1e-2 * Math.sqrt(size);
      const found = await retrieve(stored, queries, beta, epsilon, { tolerance, maxIterations: 20 });
      const clouds = queries.map((_, q) => cloudAt(found.states, q));
      const { gradientNorm, energy } = await gradientOf(stored, clouds, beta);
      expectWithin('norm', found.gradientNorm, gradientNorm, 1e-6 * (size + Math.sqrt(size)));
      expectWithin('energy', found.energy, energy, 1e-11 * size);
      found.stopped.forEach((stopped, q) => {
        const norm = found.gradientNorm[q] as number;
        if (stopped === 1) expect(norm).toBeLessThanOrEqual(tolerance);
        else expect(norm).toBeGreaterThan(tolerance);
        if (stopped === 0) expect(found.iterations[q]).toBe(20);
      });
    }));

  it('leaves a point of no weight where it is', async () => {
    const random = new TestRandom(14);
    const items = [4, 5].map((size) => randomCloud(random, size, 2));
    const query = randomCloud(random, 4, 2);
    const ghost: Row = [5, -7];
    for (const weight of [0, 1e-120]) {
      const haunted = { points: [ghost, ...query.points, ghost], weights: [weight, ...query.weights, weight] };
      const stored = await storedClouds(items, 0.5);
      const found = await retrieve(stored, [haunted, query], 2, 0.5, { maxIterations: 10 });
      const [one, two] = [cloudAt(found.states, 0), cloudAt(found.states, 1)];
      expect([one.points[0], one.points[5], one.weights[0], one.weights[5]]).toEqual([ghost, ghost, 0, 0]);
      expectWithin('points', one.points.slice(1, 5).flat(), two.points.flat(), 1e-12);
      expectWithin('weights', one.weights.slice(1, 5), two.weights, 1e-12);
      expectWithin('energy', [found.energy[0] as number], [found.energy[1] as number], 1e-12);
      const { points, firstVariation } = await gradientOf(stored, [haunted], 2);
      expect([...points.subarray(0, 2), ...points.subarray(10)]).toEqual([0, 0, 0, 0]);
      expect([...firstVariation].every(Number.isFinite)).toBe(true);
    }
  });

  it('lets weights vanish without losing its way', async () => {
    // Two points far from anything stored, which reweighting empties.
    const item: Cloud = {
      points: [
        [0, 0],
        [1, 0],
        [0, 1],
      ],
      weights: [0.2, 0.3, 0.5],
    };
    const query: Cloud = {
      points: [
        [0, 0.1],
        [1, 0.1],
        [0, 1.1],
        [30, 0],
        [0, -40],
      ],
      weights: [0.2, 0.2, 0.2, 0.2, 0.2],
    };
    const stored = await storedClouds([item], 0.5);
    const found = await retrieve(stored, [query], 1, 0.5, { transportStep: 0, maxIterations: 500 });
    expect([...found.states.points, ...found.states.weights, ...found.energy].every(Number.isFinite)).toBe(true);
    expect((found.states.weights[3] as number) + (found.states.weights[4] as number)).toBeLessThan(1e-50);
    const rest: Cloud = {
      points: query.points.slice(0, 3),
      weights: normalisedWeights([...found.states.weights].slice(0, 3)),
    };
    expectWithin('energy', found.energy, [await energyOf(stored, rest, 1)], 1e-11);
    expect(found.marginalError[0]).toBeLessThanOrEqual(1e-12);
  });

  it('brings a shifted item with other weights back', async () => {
    const random = new TestRandom(11);
    const items = [3, 5, 4].map((size) => randomCloud(random, size, 2));
    const item = items[1] as Cloud;
    const weights = normalisedWeights(item.weights.map((weight, k) => weight * (k % 2 === 0 ? 1.5 : 0.7)));
    const query = { points: item.points.map((x) => x.map((value) => value + 0.3)), weights };
    const stored = await storedClouds(items, 3);
    const before = (await divergencesTo(stored, [query])).values[1] as number;
    const found = await retrieve(stored, [query], 20, 3, { maxIterations: 200 });
    const after = (await divergencesTo(stored, [cloudAt(found.states, 0)])).values[1] as number;
    expect(found.nearest[0]).toBe(1);
    expectWithin('nearest', found.nearestDivergence, [after], 1e-11);
    expect(after).toBeLessThan(0.01 * before);
  });
});

describe('at the ends of what is allowed', () => {
  const random = new TestRandom(12);
  const clouds = Array.from({ length: 6 }, () => randomCloud(random, 5, 2));
  const [items, query] = [clouds.slice(1), clouds[0] as Cloud];

  it('tiny betas lead to the barycentre, whose energy they do not drown', async () => {
    const stored = await storedClouds(items, 1);
    const ends = [];
    for (const beta of [1e-6, 1e-12, 1e-18]) {
      const { gradientNorm, states, energy } = await retrieve(stored, [query], beta, 1, { maxIterations: 2000 });
      // Divergences of about 1 are known to 1e-15; their root is what a gradient can tell.
      expect(gradientNorm[0]).toBeLessThan(1e-5);
      // Beside its constant what is left is a divergence of about 1.
      expectRelative('energy', energy, [-Math.log(items.length) / beta], 1e-6);
      ends.push(cloudAt(states, 0).points.flat());
    }
    // The least beta is a limit; the others are off by beta times squared divergences.
    for (const end of ends) expectWithin('points', end, ends[2] as number[], 1e-3);
  });

  it('no step is taken on the word of a problem that is not solved', async () => {
    const stored = await storedClouds(items, 1e-3, { maxSolverIterations: 2 });
    const { stopped, states, marginalError, iterations } = await retrieve(stored, [query], 10, 1e-3);
    expect([stopped[0], iterations[0]]).toEqual([3, 0]);
    expect(marginalError[0]).toBeGreaterThan(1e-12);
    expect(cloudAt(states, 0)).toEqual(query);
  });
});
