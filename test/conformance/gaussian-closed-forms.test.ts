/** Closed forms of the Gaussian memory: values anyone can check with pencil and paper. */
import { describe, expect, it } from 'vitest';
import { GaussianMemory } from '../../lib/index.ts';
import { expectRelative, expectWithin } from '../support/assertions.ts';
import { gaussians } from '../support/batches.ts';

/** A few roundings of a double. */
const ROUNDING = 1e-14;

function identity(d: number, factor: number): number[] {
  return Array.from({ length: d * d }, (_, at) => (at % (d + 1) === 0 ? factor : 0));
}

describe('distances', () => {
  it('W2(N(0, 1), N(10, 1)) = 10 in every structure', async () => {
    for (const structure of ['full', 'diagonal', 'isotropic'] as const) {
      const memory = await GaussianMemory.create(gaussians(structure, [[0]], [[1]]));
      const { data } = await memory.distances(gaussians(structure, [[10]], [[1]]));
      expectRelative('distance', data, [100], ROUNDING);
    }
  });

  it('one dimension: (mu - m)^2 + (s - t)^2', async () => {
    const memory = await GaussianMemory.create(gaussians('full', [[1], [-3], [2]], [[4], [0], [1e-4]]));
    const { data } = await memory.distances(gaussians('full', [[-2]], [[0.25]]));
    expectRelative('distances', data, [9 + 1.5 ** 2, 1 + 0.25, 16 + 0.49 ** 2], ROUNDING);
  });

  it.each([1, 2, 3, 10, 64, 200])('d_B^2(I, 2I) = d (3 - 2 sqrt 2), d = %i', async (d) => {
    const zero = Array(d).fill(0) as number[];
    const memory = await GaussianMemory.create(gaussians('full', [zero], [identity(d, 1)]));
    const { data } = await memory.distances(gaussians('full', [zero], [identity(d, 2)]));
    expectRelative('distance', data, [d * (3 - 2 * Math.SQRT2)], 10 * ROUNDING);
  });

  it('two dimensions: F = sqrt(tr SO + 2 sqrt(det S det O))', async () => {
    const items = [
      [2, 0.7, 0.7, 1],
      [1, 1, 1, 1],
      [1e-3, 0, 0, 5],
    ];
    const o = [0.5, -0.3, -0.3, 3];
    const expected = items.map(([a = 0, b = 0, , c = 0]) => {
      const traceOfProduct = a * 0.5 + 2 * b * -0.3 + c * 3;
      const fidelity = Math.sqrt(traceOfProduct + 2 * Math.sqrt((a * c - b * b) * (1.5 - 0.09)));
      return a + c + 3.5 - 2 * fidelity;
    });
    const origin = items.map(() => [0, 0]);
    const memory = await GaussianMemory.create(gaussians('full', origin, items));
    const { data } = await memory.distances(gaussians('full', [[0, 0]], [o]));
    // The second item is singular: roots of rounding errors, 1e-8 of the width.
    expectWithin('distances', data, expected, (i) => (i === 1 ? 1e-7 : ROUNDING * 10));
  });

  it('commuting covariances: |s - t|^2 of the standard deviations', async () => {
    // Rotating by the 3-4-5 angle both ways keeps short decimals.
    const turn = (a: number, b: number) => [0.36 * a + 0.64 * b, 0.48 * (a - b), 0.48 * (a - b), 0.64 * a + 0.36 * b];
    const memory = await GaussianMemory.create(gaussians('full', [[0, 0]], [turn(4, 9)]));
    const { data } = await memory.distances(gaussians('full', [[3, 4]], [turn(1, 16)]));
    expectRelative('distance', data, [25 + 1 + 1], 10 * ROUNDING);
  });

  it('a point mass is as far as its mean and the whole trace', async () => {
    const memory = await GaussianMemory.create(gaussians('full', [[0, 0]], [[0, 0, 0, 0]]));
    const { data } = await memory.distances(gaussians('full', [[3, 4]], [[2, 1, 1, 5]]));
    expectRelative('distance', data, [25 + 7], ROUNDING);
  });
});

describe('weights and energy', () => {
  it('two items at distances 0 and 1: logistic weights', async () => {
    const memory = await GaussianMemory.create(gaussians('isotropic', [[0], [1]], [[1], [1]]));
    const query = gaussians('isotropic', [[0]], [[1]]);
    const beta = 1.7;
    const { data } = await memory.weights(query, { beta });
    const first = 1 / (1 + Math.exp(-beta));
    expectRelative('weights', data, [first, Math.exp(-beta) * first], ROUNDING);
    const energy = await memory.energy(query, { beta });
    expectRelative('energy', energy, [-Math.log1p(Math.exp(-beta)) / beta], ROUNDING);
  });

  it('one item: weight 1, the energy is the distance, one step reaches it', async () => {
    const item = gaussians('full', [[1, 2]], [[3, 1, 1, 2]]);
    const memory = await GaussianMemory.create(item);
    const query = gaussians('full', [[0, 0]], [[1, -0.5, -0.5, 4]]);
    for (const beta of [1e-8, 1, 1e8]) {
      expect([...(await memory.weights(query, { beta })).data]).toEqual([1]);
      const { data } = await memory.distances(query);
      expectRelative('energy', await memory.energy(query, { beta }), data, ROUNDING);
      const next = await memory.step(query, { beta });
      expectRelative('mean', next.means, item.means, ROUNDING);
      expectRelative('covariance', next.covariances, item.covariances, 10 * ROUNDING);
    }
  });
});

describe('step', () => {
  it('equal weights of commuting items: the mean of the roots, squared', async () => {
    const memory = await GaussianMemory.create(gaussians('full', [[0], [2]], [[1], [9]]));
    // Halfway in mean and standard deviation, so both items are equally far.
    const next = await memory.step(gaussians('full', [[1]], [[4]]), { beta: 3 });
    expectRelative('mean', next.means, [1], ROUNDING);
    expectRelative('variance', next.covariances, [4], ROUNDING);
  });

  it('N(0, 1) moves to the weighted mean and the weighted standard deviation', async () => {
    const beta = 0.5;
    const logits = [1 + 1, 4 + 4].map((distance) => Math.exp(-beta * distance));
    const total = (logits[0] as number) + (logits[1] as number);
    const [w1, w2] = logits.map((logit) => logit / total) as [number, number];
    for (const structure of ['full', 'diagonal', 'isotropic'] as const) {
      const memory = await GaussianMemory.create(gaussians(structure, [[1], [-2]], [[4], [9]]));
      const next = await memory.step(gaussians(structure, [[0]], [[1]]), { beta });
      expectRelative('mean', next.means, [w1 - 2 * w2], 10 * ROUNDING);
      expectRelative('variance', next.covariances, [(2 * w1 + 3 * w2) ** 2], ROUNDING);
    }
  });
});

describe('retrieve', () => {
  it('a sharp memory returns the nearest item', async () => {
    const means = [
      [0, 0],
      [10, 0],
      [0, 10],
    ];
    const covariances = [
      [1, 0, 0, 1],
      [2, 0.5, 0.5, 1],
      [1, -0.5, -0.5, 3],
    ];
    const memory = await GaussianMemory.create(gaussians('full', means, covariances));
    const found = await memory.retrieve(gaussians('full', [[8, 1]], [[1, 0, 0, 1]]), { beta: 5 });
    expect([...found.nearest]).toEqual([1]);
    expectWithin('mean', found.states.means, [10, 0], 1e-12);
    expectWithin('covariance', found.states.covariances, [2, 0.5, 0.5, 1], 1e-12);
    expect(found.stopped).toEqual(['converged']);
    expect(found.iterations[0]).toBeLessThanOrEqual(2);
  });

  it('beta near zero returns the barycenter: (mean of the roots) squared for commuting items', async () => {
    const memory = await GaussianMemory.create(gaussians('diagonal', [[0], [4]], [[1], [25]]));
    const { states } = await memory.retrieve(gaussians('diagonal', [[100]], [[7]]), { beta: 1e-12 });
    expectWithin('mean', states.means, [2], 1e-8);
    expectWithin('variance', states.covariances, [9], 1e-8);
  });
});
