/** Values no Gaussian has: NaN, infinities, negative variances, asymmetric and indefinite covariances. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type DenseamError, GaussianMemory, type Gaussians } from '../../lib/index.ts';
import { expectFailure, expectSameBits } from '../support/assertions.ts';
import { concatenate, gaussians, ordinary } from '../support/batches.ts';

const STRUCTURES = ['full', 'diagonal', 'isotropic'] as const;

/** A copy of the batch with one value of one of its arrays replaced. */
function poisoned(batch: Gaussians, field: 'means' | 'covariances', at: number, value: number): Gaussians {
  const values = Float64Array.from(batch[field]);
  values[at < 0 ? values.length + at : at] = value;
  return { ...batch, [field]: values };
}

/** Every number written in a message. */
function numbersIn(error: DenseamError): number[] {
  return (error.message.match(/-?\d+(\.\d+)?(e[+-]?\d+)?/gi) ?? []).map(Number);
}

describe.each(STRUCTURES)('%s', (structure) => {
  const items = ordinary(structure, 4, 3);
  const batch = ordinary(structure, 3, 3);
  let memory: GaussianMemory;
  let answer: Float64Array;
  beforeAll(async () => {
    memory = await GaussianMemory.create(items);
    answer = (await memory.distances(batch)).data;
  });
  afterEach(async () => {
    expect(memory.size).toBe(4);
    expectSameBits('distances afterwards', (await memory.distances(batch)).data, answer);
  });

  /** How each method counts the third Gaussian of the batch, and whether it calls it an item or a query. */
  const takers: Record<string, { call: (bad: Gaussians) => Promise<unknown>; what: RegExp; index: RegExp }> = {
    create: { call: (bad) => GaussianMemory.create(bad), what: /items/, index: /\b2\b/ },
    // Added items count from those that are there, or from the start of what is added.
    add: { call: (bad) => memory.add(bad), what: /items/, index: /\b6\b|\b2\b/ },
    distances: { call: (bad) => memory.distances(bad), what: /queries/, index: /\b2\b/ },
    weights: { call: (bad) => memory.weights(bad, { beta: 1 }), what: /queries/, index: /\b2\b/ },
    energy: { call: (bad) => memory.energy(bad, { beta: 1 }), what: /queries/, index: /\b2\b/ },
    step: { call: (bad) => memory.step(bad, { beta: 1 }), what: /queries/, index: /\b2\b/ },
    retrieve: { call: (bad) => memory.retrieve(bad, { beta: 1 }), what: /queries/, index: /\b2\b/ },
    nearest: { call: (bad) => memory.nearest(bad), what: /queries/, index: /\b2\b/ },
  };
  const names = Object.keys(takers);
  const taker = (name: string) => takers[name] as (typeof takers)[string];

  it.each(names)('%s refuses NaN and infinities', async (name) => {
    const { call, what, index } = taker(name);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (const field of ['means', 'covariances'] as const) {
        const pattern = new RegExp(field);
        await expectFailure(() => call(poisoned(batch, field, -1, value)), 'ERR_NOT_FINITE', what, pattern, index);
      }
    }
  });

  it.each(names)('%s refuses negative variances, with the smallest eigenvalue', async (name) => {
    const { call, what, index } = taker(name);
    const bad = poisoned(batch, 'covariances', -1, -4);
    const error = await expectFailure(() => call(bad), 'ERR_NOT_POSITIVE_DEFINITE', what, /covariances/, index);
    // The off-diagonal 0.1 of a full covariance pushes the smallest eigenvalue slightly below -4.
    expect(numbersIn(error).some((value) => Math.abs(value + 4) < 0.01)).toBe(true);
  });

  it('one NaN among float32 values is found as well', async () => {
    const single = (values: Gaussians['means']) => Float32Array.from(values);
    const bad = poisoned(batch, 'covariances', 0, Number.NaN);
    const narrow = { ...bad, means: single(bad.means), covariances: single(bad.covariances) };
    await expectFailure(() => GaussianMemory.create(narrow), 'ERR_NOT_FINITE', /covariances/, /\b0\b/);
    await expectFailure(() => memory.step(narrow, { beta: 1 }), 'ERR_NOT_FINITE', /covariances/, /\b0\b/);
  });

  it('the first fault is the one reported', async () => {
    const bad = poisoned(poisoned(batch, 'means', -1, Number.NaN), 'means', 3, Number.POSITIVE_INFINITY);
    for (let round = 0; round < 5; round++) {
      await expectFailure(() => memory.distances(bad), 'ERR_NOT_FINITE', /\b1\b/);
    }
  });
});

describe('full covariances', () => {
  const good = ordinary('full', 1, 2);

  it.each([
    ['indefinite', [1, 2, 2, 1], -1],
    ['negative definite', [-3, 0, 0, -1], -3],
    ['slightly indefinite', [1, 1.001, 1.001, 1], -0.001],
    ['tiny and indefinite', [1e-20, 2e-20, 2e-20, 1e-20], -1e-20],
  ])('%s ones are refused with index and smallest eigenvalue', async (_, covariance, smallest) => {
    const bad = concatenate(good, gaussians('full', [[0, 0]], [covariance]));
    const memory = await GaussianMemory.create(good);
    for (const call of [
      () => GaussianMemory.create(bad),
      () => memory.add(bad),
      () => memory.distances(bad),
      () => memory.step(bad, { beta: 1 }),
    ]) {
      const error = await expectFailure(call, 'ERR_NOT_POSITIVE_DEFINITE', /covariances/, /\b[12]\b/);
      // Messages may round: two digits are enough to recognise it.
      expect(numbersIn(error).some((value) => Math.abs(value - smallest) < 0.02 * Math.abs(smallest))).toBe(true);
    }
    expect(memory.size).toBe(1);
  });

  it('asymmetric ones are refused by index', async () => {
    const bad = concatenate(good, gaussians('full', [[0, 0]], [[1, 0.3, 0.2, 1]]));
    const memory = await GaussianMemory.create(good);
    const code = 'ERR_NOT_POSITIVE_DEFINITE';
    await expectFailure(() => GaussianMemory.create(bad), code, /symmetric/, /\b1\b/);
    await expectFailure(() => memory.add(bad), code, /symmetric/, /\b[12]\b/);
    await expectFailure(() => memory.distances(bad), code, /symmetric/, /\b1\b/);
    await expectFailure(() => memory.retrieve(bad, { beta: 1 }), code, /symmetric/, /\b1\b/);
  });

  it('asymmetry of rounding size is accepted, in both precisions', async () => {
    const next = 0.3 + 2 ** -54;
    const covariance = [1, next, 0.3, 1];
    const batch = gaussians('full', [[0, 0]], [covariance]);
    await GaussianMemory.create(batch);
    const single = Float32Array.of(1, 0.3 + 2 ** -25, 0.3, 1);
    await GaussianMemory.create({ ...batch, means: new Float32Array(2), covariances: single });
  });

  it.each([16, 130])('an indefinite one of dimension %i is found among good ones', async (d) => {
    const bad = ordinary('full', 3, d);
    const covariances = Float64Array.from(bad.covariances);
    // Coupling two coordinates by more than their variances: an eigenvalue of about -7.
    covariances[d * d + 1] = covariances[d * d + d] = 9;
    const error = await expectFailure(
      () => GaussianMemory.create({ ...bad, covariances }),
      'ERR_NOT_POSITIVE_DEFINITE',
      /\b1\b/,
    );
    expect(numbersIn(error).some((value) => value < -6 && value > -9)).toBe(true);
  });
});
