/** Very large and very small numbers, temperatures and coincidences: finite and right, never NaN. */
import { describe, expect, it } from 'vitest';
import { GaussianMemory, type Gaussians } from '../../lib/index.ts';
import { expectNormwise, expectRelative, expectWithin } from '../support/assertions.ts';
import { concatenate, ordinary, scaled, select } from '../support/batches.ts';

const STRUCTURES = ['full', 'diagonal', 'isotropic'] as const;

/** c = 2^k multiplies means, c^2 variances, both exactly: 4^332 is about 1e200. */
const EXPONENTS = [-332, -250, -166, 166, 250, 332];

describe.each(STRUCTURES)('variances from 1e-200 to 1e200: %s', (structure) => {
  const items = ordinary(structure, 4, 3);
  const queries = scaled(select(items, [2, 0]), 1.25, 1.5);

  it.each(EXPONENTS)('variances times 4^%i', async (exponent) => {
    const [c, cc] = [2 ** exponent, 4 ** exponent];
    const here = await GaussianMemory.create(items);
    const there = await GaussianMemory.create(scaled(items, c, cc));
    const moved = scaled(queries, c, cc);
    const expected = (await here.distances(queries)).data.map((distance) => cc * distance);
    expectRelative('distances', (await there.distances(moved)).data, expected, 1e-12);
    const weights = (await here.weights(queries, { beta: 0.7 })).data;
    expectWithin('weights', (await there.weights(moved, { beta: 0.7 / cc })).data, weights, 1e-12);
    const next = scaled(await here.step(queries, { beta: 0.7 }), c, cc);
    const nextThere = await there.step(moved, { beta: 0.7 / cc });
    expectNormwise('means', nextThere.means, next.means, 1e-12);
    expectNormwise('covariances', nextThere.covariances, next.covariances, 1e-12);
    const found = await there.retrieve(moved, { beta: 0.7 / cc, tolerance: 1e-9 * c });
    const foundHere = await here.retrieve(queries, { beta: 0.7, tolerance: 1e-9 });
    expect(found.iterations).toEqual(foundHere.iterations);
    expectNormwise('states', found.states.covariances, scaled(foundHere.states, c, cc).covariances, 1e-12);
  });
});

describe.each(STRUCTURES)('beta from 1e-8 to 1e8: %s', (structure) => {
  const items = ordinary(structure, 5, 4);
  const queries = scaled(select(items, [1, 3]), 1.1, 1.3);

  it.each([1e-8, 1e-4, 1, 1e4, 1e8])('beta %d', async (beta) => {
    const memory = await GaussianMemory.create(items);
    const { data: weights } = await memory.weights(queries, { beta });
    // Near the temperature at which two items merge, convergence is slow.
    const found = await memory.retrieve(queries, { beta, maxIterations: 20_000 });
    const energy = await memory.energy(queries, { beta });
    for (const value of [...weights, ...energy, ...found.energy, ...found.states.covariances, ...found.states.means]) {
      expect(Number.isFinite(value)).toBe(true);
    }
    expect(found.stopped).toEqual(['converged', 'converged']);
    if (beta <= 1e-8) expectWithin('flat weights', weights, Array(10).fill(0.2), 1e-6);
    if (beta >= 1e4) {
      const nearest = await memory.nearest(queries);
      nearest.indices.forEach((index, q) => {
        expectWithin('sharp weight', [weights[q * 5 + index] as number], [1], 1e-12);
        const item = select(items, [index]);
        const length = item.covariances.length;
        const reached = found.states.covariances.subarray(q * length, (q + 1) * length);
        expectNormwise('recalled covariance', reached, item.covariances, 1e-9);
      });
    }
  });
});

describe.each(STRUCTURES)('coincidences: %s', (structure) => {
  const one = select(ordinary(structure, 1, 6), [0]);
  const other = scaled(one, 2, 3);

  it('d(A, A) is zero and not NaN, also from far off the origin', async () => {
    for (const shift of [0, 1e3, 1e6]) {
      const away = { ...one, means: one.means.map((m) => m + shift) };
      const memory = await GaussianMemory.create(concatenate(away, other));
      const { data } = await memory.distances(away);
      // Squares of rounding errors of the width (here about 3), and nothing that grows with the shift.
      expectWithin('distance', data.subarray(0, 1), [0], 1e-24);
      const found = await memory.retrieve(away, { beta: 50 });
      expect(found.nearest[0]).toBe(0);
      expectWithin('nearestDistance', found.nearestDistance, [0], 1e-24);
    }
  });

  it('identical items share the weight', async () => {
    const memory = await GaussianMemory.create(concatenate(concatenate(one, one), one));
    const { data } = await memory.weights(other, { beta: 1e3 });
    expectWithin('weights', data, [1 / 3, 1 / 3, 1 / 3], 1e-12);
    const next = await memory.step(other, { beta: 1e3 });
    expectNormwise('means', next.means, one.means, 1e-12);
    expectNormwise('covariances', next.covariances, one.covariances, 1e-12);
  });

  it('nearest names the first of identical items', async () => {
    const memory = await GaussianMemory.create(concatenate(concatenate(other, one), one));
    const { indices, distances } = await memory.nearest(one, { k: 3 });
    expect([...indices]).toEqual([1, 2, 0]);
    expectWithin('distances', distances.subarray(0, 2), [0, 0], 1e-24);
  });

  it('an item of a lone memory is its own fixed point', async () => {
    const memory = await GaussianMemory.create(one);
    const found = await memory.retrieve(one, { beta: 1 });
    expect(found.stopped).toEqual(['converged']);
    expect(found.iterations[0]).toBe(0);
    expectWithin('stepLength', found.stepLength, [0], 1e-12);
  });
});

describe('items of very different size', () => {
  it('keeps the small distances beside the large ones', async () => {
    const near: Gaussians = ordinary('full', 2, 4);
    const far = scaled(near, 1e8, 1e16);
    const memory = await GaussianMemory.create(concatenate(near, far));
    const alone = await GaussianMemory.create(near);
    const query = scaled(select(near, [1]), 1.001, 1.002);
    const { data } = await memory.distances(query);
    expectRelative('near distances', data.subarray(0, 2), (await alone.distances(query)).data, 1e-11);
    const next = await memory.step(query, { beta: 3 });
    expectNormwise('next', next.covariances, (await alone.step(query, { beta: 3 })).covariances, 1e-11);
  });
});
