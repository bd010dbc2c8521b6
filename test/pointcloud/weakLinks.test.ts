/**
 * Clouds whose groups of points differ in mass by little, while the rest has far to go: at small epsilon hardly
 * anything links the parts of the plan.
 */
import { describe, expect, it } from 'vitest';
import { PointCloudMemory, type PointClouds, sinkhorn, sinkhornDivergence } from '../../lib/index.ts';
import { certify } from '../reference/certificate.ts';
import type { Cloud } from '../reference/pointCloud.ts';
import { expectRelative, expectWithin } from '../support/assertions.ts';
import { batchOf, meanCost, normalisedWeights } from '../support/clouds.ts';
import { TestRandom } from '../support/random.ts';
import { divergenceOf, planOf, plansOf } from './support.ts';

const x: Cloud = {
  points: [
    [9, 2],
    [2, 4],
  ],
  weights: [7 / 15, 8 / 15],
};
const y: Cloud = {
  points: [
    [5, 5],
    [7, 0],
  ],
  weights: [9 / 17, 8 / 17],
};
/** Their divergence, by arithmetic with fifty digits. */
const known = [
  [1e-3, 9.188212368072893],
  [1e-4, 9.188233001513172],
] as const;

const batch = (...clouds: Cloud[]): PointClouds => ({ ...batchOf(clouds, 'clouds'), dimension: 2 });

async function expectSolved(source: Cloud, target: Cloud, epsilon: number, marginalTolerance = 1e-12): Promise<void> {
  const found = await planOf(source, target, epsilon, { marginalTolerance });
  expect(found.converged).toBe(1);
  expect(found.iterations).toBeLessThanOrEqual(400);
  const { gap, marginalError } = certify(source, target, epsilon, found);
  expect(marginalError).toBeLessThanOrEqual(marginalTolerance + 1e-14);
  expect(Math.abs(gap)).toBeLessThanOrEqual(1e-10 * meanCost(source, target));
}

describe('masses that nearly agree', () => {
  it.each(known)('cost what they must: epsilon %d', async (epsilon, value) => {
    for (const [source, target] of [
      [x, y],
      [y, x],
    ] as const) {
      const { values, stopped } = await sinkhornDivergence(batch(source), batch(target), { epsilon });
      expectRelative('divergence', values, [value], 1e-14);
      expect(stopped).toEqual(['converged']);
      const { iterations, newtonSteps } = await sinkhorn(batch(source), batch(target), { epsilon });
      expect(iterations[0]).toBeLessThan(100);
      expect(newtonSteps[0]).toBeLessThan(20);
    }
  });

  it('differ by as little as one likes', async () => {
    for (let digits = 1; digits <= 16; digits++) {
      const difference = 10 ** -digits / 2;
      const source: Cloud = {
        points: [
          [0, 0],
          [1, 0],
        ],
        weights: [0.5, 0.5],
      };
      const target: Cloud = {
        points: [
          [0, 0.1],
          [1, 0.1],
        ],
        weights: [0.5 - difference, 0.5 + difference],
      };
      for (const epsilon of [1e-2, 1e-4, 1e-6]) await expectSolved(source, target, epsilon);
    }
  });

  // Two links are needed, one of them of a mass that hardly matters; parts that it joins have far to go together.
  it.each([
    [
      '8,3 5,2 3,3',
      [3 / 16, 5 / 16, 1 / 2],
      [0.18750000000288738, 0.3124999999148227, 0.5000000000822901],
      2.483303210211269e-5,
    ],
    ['0,0 8,4 3,2', [0.25, 0.4, 0.35], [0.25000000000150213, 0.40000000000133246, 0.3499999999971653], 0.07],
  ] as const)('agree to about the tolerance: %s', async (list, weights, others, epsilon) => {
    const points = list.split(' ').map((point) => point.split(',').map(Number));
    for (const marginalTolerance of [1e-9, 1e-10, 1e-11, 1e-12]) {
      const [source, target] = [
        { points, weights },
        { points, weights: others },
      ];
      await expectSolved(source, target, epsilon, marginalTolerance);
      const { iterations } = await planOf(source, target, epsilon, { marginalTolerance });
      expect(iterations).toBeLessThan(30);
    }
  });

  it('never end farther off than they began', async () => {
    const source: Cloud = { points: x.points, weights: [0.5, 0.5] };
    const target: Cloud = { points: x.points, weights: [0.5 - 1e-13, 0.5 + 1e-13] };
    // Below what rounding leaves.
    const { converged, marginalError } = await planOf(source, target, 1e-4, { marginalTolerance: 1e-18 });
    expect(converged).toBe(2);
    expect(marginalError).toBeLessThanOrEqual(2.1e-13);
  });

  it('agree exactly', async () => {
    const square: Cloud = {
      points: [
        [0, 0],
        [0, 9],
        [7, 0],
        [8, 8],
      ],
      weights: [0.25, 0.25, 0.25, 0.25],
    };
    const halves: Cloud = {
      points: [
        [1, 4],
        [5, 5],
      ],
      weights: [0.5, 0.5],
    };
    for (const epsilon of [1e-1, 1e-3, 1e-5, 1e-7]) {
      await expectSolved(square, halves, epsilon);
      await expectSolved(halves, square, epsilon);
    }
  });

  it('stand beside points of hardly any weight', async () => {
    for (const weight of [1e-3, 1e-9, 1e-15, 1e-40, 1e-90]) {
      const light: Cloud = { points: [...x.points, [30, 30]], weights: normalisedWeights([...x.weights, weight]) };
      for (const epsilon of [1e-2, 1e-4, 1e-6]) {
        await expectSolved(light, y, epsilon);
        await expectSolved(y, light, epsilon);
      }
    }
  });

  it('are of one point only, or of a cloud and itself', async () => {
    const one: Cloud = { points: [[3, 3]], weights: [1] };
    for (const epsilon of [1e-2, 1e-4, 1e-7]) {
      await expectSolved(one, y, epsilon);
      await expectSolved(x, one, epsilon);
      await expectSolved(x, x, epsilon);
      const { value, converged } = await divergenceOf(x, x, epsilon);
      expect(converged).toBe(1);
      expectWithin('divergence', [value], [0], 1e-12);
    }
  });

  it('go many against one as each by itself', async () => {
    const random = new TestRandom(11);
    const others = Array.from({ length: 20 }, () => ({
      points: Array.from({ length: 3 }, () => [random.below(10), random.below(10)]),
      weights: normalisedWeights(Array.from({ length: 3 }, () => 1 + random.below(9))),
    }));
    const all = await plansOf([x], others, 1e-4);
    const singles = await Promise.all(others.map((other) => planOf(x, other, 1e-4)));
    expect([...all.values]).toEqual(singles.map(({ value }) => value));
    expect([...all.converged]).toEqual(others.map(() => 1));
  });

  it('are solved to the default tolerance where epsilon is far below the rounding of the costs', async () => {
    const random = new TestRandom(12);
    for (let i = 0; i < 20; i++) {
      const cloud = () => ({
        points: Array.from({ length: 20 }, () => [...random.normals(2)]),
        weights: normalisedWeights(Array.from({ length: 20 }, () => random.uniform())),
      });
      const [source, target] = [cloud(), cloud()];
      for (const share of [1e-8, 1e-10, 1e-12]) {
        await expectSolved(source, target, share * meanCost(source, target), 1e-10);
      }
    }
  });
});

describe('a memory of them', () => {
  const asGiven = (clouds: PointClouds) => clouds;
  const far: Cloud = {
    points: [
      [60, 40],
      [70, 45],
      [64, 41],
    ],
    weights: [0.2, 0.5, 0.3],
  };

  it.each([
    ['float64', asGiven],
    [
      'float32',
      (clouds: PointClouds): PointClouds => ({
        ...clouds,
        points: Float32Array.from(clouds.points),
        weights: Float32Array.from(clouds.weights),
      }),
    ],
  ] as const)('answers every question: %s', async (_, stored) => {
    for (const [epsilon, value] of known) {
      const memory = await PointCloudMemory.create(stored(batch(y, far)), { epsilon });
      const query = batch(x);
      const found = await memory.divergences(query);
      expect(found.notConverged).toBe(0);
      // What single precision leaves of the weights, times the cost.
      expectRelative('divergence', [found.data[0] as number], [value], stored === asGiven ? 1e-14 : 1e-6);
      expect((await memory.nearest(query)).indices[0]).toBe(0);
      expect((await memory.energy(query, { beta: 1 })).every(Number.isFinite)).toBe(true);
      expect((await memory.weights(query, { beta: 1 })).data[0]).toBeCloseTo(1, 12);
      expect((await memory.gradient(query, { beta: 1 })).points.every(Number.isFinite)).toBe(true);
      expect((await memory.step(query, { beta: 1 })).points.every(Number.isFinite)).toBe(true);
      expect((await memory.transportMaps(query, [0, 1])).count).toBe(2);
      for (const { stopped, iterations, nearest } of [
        await memory.retrieve(query, { beta: 1 }),
        ...(await memory.sweep(query, { betas: [0.1, 10] })),
      ]) {
        expect(stopped[0]).not.toBe('unsolved');
        expect(iterations[0]).toBeGreaterThan(0);
        expect(nearest[0]).toBe(0);
      }
    }
  });

  it('answers the float64 original of what it holds in float32', async () => {
    const points = [5, 7, 6, 6, 3, 6, 0, 5];
    const original = { count: 1, dimension: 2, offsets: Int32Array.of(0, 4), points: Float64Array.from(points) };
    const query = { ...original, weights: Float64Array.of(9 / 26, 4 / 26, 6 / 26, 7 / 26) };
    const held = { ...query, points: Float32Array.from(points), weights: Float32Array.from(query.weights) };
    const memory = await PointCloudMemory.create(held, { epsilon: 0.0013713317026422891 });
    const { stopped, states } = await memory.retrieve(query, { beta: 1 });
    expect(stopped[0]).not.toBe('unsolved');
    for (const asked of [query, states]) {
      expect((await memory.divergences(asked)).notConverged).toBe(0);
      expect((await memory.energy(asked, { beta: 1 })).every(Number.isFinite)).toBe(true);
    }
  });

  it('answers what its own flows end in', async () => {
    const items: PointClouds = {
      count: 2,
      dimension: 2,
      offsets: Int32Array.of(0, 1, 4),
      points: Float64Array.of(7, 9, 5, 4, 1, 8, 8, 8),
      weights: Float64Array.of(1, 1 / 9, 2 / 9, 6 / 9),
    };
    const query = batch({
      points: [
        [0, 0],
        [7, 5],
        [1, 9],
      ],
      weights: [1 / 7, 4 / 7, 2 / 7],
    });
    const memory = await PointCloudMemory.create(items, { epsilon: 0.000008858238247398178 });
    const { states, energy } = await memory.retrieve(query, { beta: 42.856263393603484, maxIterations: 60 });
    expect((await memory.divergences(states)).notConverged).toBe(0);
    const again = await memory.energy(states, { beta: 42.856263393603484 });
    // Divergences are differences of numbers up to the squared distances, tens, to the marginal tolerance.
    expectWithin('energy', again, energy, 1e-8);
  });
});
