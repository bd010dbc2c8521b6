/** float32 items and queries: stored in single precision, answered to it. */
import { describe, expect, it } from 'vitest';
import { GaussianMemory, type Gaussians } from '../../lib/index.ts';
import { toNumber } from '../reference/extended.ts';
import { gaussianAt, gaussiansOf, ReferenceMemory } from '../reference/gaussian.ts';
import { expectNormwise, expectSameBits, expectWithin, largest } from '../support/assertions.ts';
import { ordinary, throughSingle, toSingle } from '../support/batches.ts';
import { type Case, cases } from '../support/cases.ts';
import { check } from '../support/check.ts';
import { distanceTolerance, roundingFloor, SINGLE_EPSILON } from '../support/tolerances.ts';

/**
 * Exact inputs are those that single precision holds (throughSingle), so only the computation is judged. A
 * single-precision kernel may round every term: d eps in a distance (the floors), a few eps relative beside.
 */
const RELATIVE = 8 * SINGLE_EPSILON;

async function compareSingle({ itemBatch, queryBatch, beta, items }: Case, queryPrecision: 'single' | 'double') {
  const exactItems = throughSingle(itemBatch);
  const exactQueries = throughSingle(queryBatch);
  const memory = await GaussianMemory.create(toSingle(itemBatch));
  const reference = new ReferenceMemory(exactItems);
  const asked = queryPrecision === 'single' ? toSingle(queryBatch) : exactQueries;
  const { data } = await memory.distances(asked);
  const { data: weights } = await memory.weights(asked, { beta, pruning: false });
  const next = await memory.step(asked, { beta });
  const itemFloors = reference.items.map((item) => roundingFloor(item, SINGLE_EPSILON));
  gaussiansOf(exactQueries).forEach((query, q) => {
    const distances = reference.distances(query).map(toNumber);
    const floor = roundingFloor(query, SINGLE_EPSILON);
    const allowed = distances.map((d, i) => distanceTolerance(d, floor + (itemFloors[i] as number), RELATIVE));
    expectWithin('distances', data.subarray(q * items, (q + 1) * items), distances, (i) => allowed[i] as number);
    const exponent = 2 * beta * Math.max(...allowed);
    const exact = reference.weights(query, beta);
    const row = weights.subarray(q * items, (q + 1) * items);
    expectWithin('weights', row, exact, (i) => (RELATIVE + Math.expm1(exponent)) * (exact[i] as number) + 1e-37);
    const expected = reference.step(query, beta);
    const size = largest(exactItems.means);
    expectWithin(
      'mean',
      gaussianAt(next, q).mean,
      expected.mean,
      (8 * SINGLE_EPSILON + 2 * Math.expm1(exponent)) * size,
    );
    const covariance = gaussianAt(next, q).covariance.toNumbers();
    expectNormwise('covariance', covariance, expected.covariance.toNumbers(), 1e-4 + 2 * Math.expm1(exponent));
  });
}

const LIMITS = {
  maxDimension: 16,
  maxItems: 5,
  maxLogCondition: 2,
  spreads: [0.3, 3],
  closenesses: [1e-2, 1],
} as const;

describe('float32', () => {
  it('items with float32 queries agree with the reference', async () => {
    await check(cases(LIMITS), 40, (random) => compareSingle(random, 'single'));
  });

  it('items with float64 queries agree with the reference', async () => {
    await check(cases(LIMITS), 20, (random) => compareSingle(random, 'double'));
  });

  it.each(['full', 'diagonal', 'isotropic'] as const)(
    'copies are exact and results Float64Array: %s',
    async (structure) => {
      const items = toSingle(ordinary(structure, 3, 4));
      const memory = await GaussianMemory.create(items);
      const got = await memory.get([2, 1, 0].toReversed());
      expectSameBits('means', got.means, items.means);
      expectSameBits('covariances', got.covariances, items.covariances);
      const next: Gaussians = await memory.step(items, { beta: 1 });
      expect(next.means).toBeInstanceOf(Float64Array);
      expect(next.covariances).toBeInstanceOf(Float64Array);
      expect((await memory.distances(items)).data).toBeInstanceOf(Float64Array);
    },
  );

  it('float64 items beside float32 queries lose nothing of the items', async () => {
    const items = ordinary('full', 3, 4);
    const memory = await GaussianMemory.create(items);
    const query = ordinary('full', 1, 4);
    const single = (await memory.distances(toSingle(query))).data;
    const widened = (await memory.distances(throughSingle(query))).data;
    expectSameBits('distances', single, widened);
  });

  it('means of one precision and covariances of another are accepted or refused by name, never mixed up', async () => {
    const items = ordinary('diagonal', 3, 4);
    const odd = { ...items, means: Float32Array.from(items.means) };
    try {
      const memory = await GaussianMemory.create(odd);
      const expected = await GaussianMemory.create({ ...items, means: Float64Array.from(odd.means) });
      const query = ordinary('diagonal', 1, 4);
      const actual = (await memory.distances(query)).data;
      expectNormwise('distances', actual, (await expected.distances(query)).data, 1e-5);
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_SHAPE' });
    }
  });
});
