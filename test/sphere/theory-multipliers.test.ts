/** Class weights from their sums and their marginals (eq. 21). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classWeightMultipliers, effectiveInverseTemperature, type Multipliers } from '../../lib/index.ts';
import { columnSums, multipliers, rowSums } from '../reference/sphereTraining.ts';
import { expectFailure, expectRelative, expectSameBits, expectWithin, largest } from '../support/assertions.ts';
import { check } from '../support/check.ts';
import { TestRandom } from '../support/random.ts';
import { matrixOf, tableOf } from './theorySupport.ts';

interface MultiplierCase {
  readonly seed: number;
  readonly units: number;
  readonly labels: number;
  /** Numbers lie between 1 and 10 to minus this; rows as a whole once more. */
  readonly decades: number;
  readonly rowDecades: number;
}

const cases = (decades: readonly number[], rowDecades: readonly number[]) =>
  fc.record<MultiplierCase>({
    seed: fc.nat(0xffffffff),
    units: fc.integer({ min: 1, max: 12 }),
    labels: fc.integer({ min: 1, max: 7 }),
    decades: fc.constantFrom(...decades),
    rowDecades: fc.constantFrom(...rowDecades),
  });

function build({ seed, units, labels, decades, rowDecades }: MultiplierCase) {
  const random = new TestRandom(seed);
  const shares = (count: number) => {
    const weights = Array.from({ length: count }, () => 0.05 + random.uniform());
    const sum = weights.reduce((a, b) => a + b);
    return weights.map((weight) => weight / sum);
  };
  const pbar = Array.from({ length: units }, () => {
    const scale = 10 ** (-rowDecades * random.uniform());
    return Array.from({ length: labels }, () => scale * 10 ** (-decades * random.uniform()));
  });
  return { pbar, hiddenShares: shares(units), classShares: shares(labels) };
}

/** Error of the marginals: 1e-14, at which the method stops, twice, and the rounding of the sums here. */
const MARGINAL_ERROR = 5e-14;

function expectMarginals({ classWeights }: Multipliers, hidden: readonly number[], classes: readonly number[]) {
  const p = tableOf(classWeights);
  expectRelative('row sums', rowSums(p), hidden, MARGINAL_ERROR);
  expectRelative('column sums', columnSums(p), classes, MARGINAL_ERROR);
}

it('agrees with the reference', async () => {
  await check(cases([0, 1, 3], [0]), 60, async (parameters) => {
    const { pbar, hiddenShares, classShares } = build(parameters);
    const found = await classWeightMultipliers(matrixOf(pbar), { hiddenShares, classShares });
    const expected = multipliers(pbar, hiddenShares, classShares);
    // The reference stops at 1e-12; a thousand to one among the numbers makes a few digits less of it.
    expectRelative('class weights', found.classWeights.data, expected.classWeights.flat(), 1e-9);
    expectMarginals(found, hiddenShares, classShares);
    const zeta = [...found.rowMultipliers].flatMap((omega) =>
      [...found.columnMultipliers].map((value) => value + omega),
    );
    expectRelative(
      'pbar',
      found.classWeights.data.map((p, at) => p * (zeta[at] as number)),
      pbar.flat(),
      1e-10,
    );
  });
});

it('is exact over the whole range of doubles', async () => {
  await check(cases([0, 2, 12, 30, 100], [0, 20, 60, 180]), 300, async (parameters) => {
    const { pbar, hiddenShares, classShares } = build(parameters);
    const found = await classWeightMultipliers(matrixOf(pbar), { hiddenShares, classShares });
    expectMarginals(found, hiddenShares, classShares);
    expect(found.residual).toBeLessThan(1e-13);
    // zeta = pbar / p is a sum of multipliers to the rounding of the greater of them.
    const { rowMultipliers, columnMultipliers } = found;
    const scale = largest(rowMultipliers) + largest(columnMultipliers);
    pbar.forEach((row, gamma) => {
      row.forEach((value, y) => {
        const p = found.classWeights.data[gamma * row.length + y] as number;
        expect(p).toBeGreaterThan(0);
        const sum = (rowMultipliers[gamma] as number) + (columnMultipliers[y] as number);
        expect(Math.abs(value / p - sum)).toBeLessThanOrEqual(1e-12 * scale);
      });
    });
  });
});

it('gives multipliers that are balanced between units and classes', async () => {
  const { pbar, hiddenShares, classShares } = build({ seed: 3, units: 4, labels: 3, decades: 1, rowDecades: 0 });
  const found = await classWeightMultipliers(matrixOf(pbar), { hiddenShares, classShares });
  const half = pbar.flat().reduce((a, b) => a + b) / 2;
  const mean = (shares: readonly number[], values: Float64Array) =>
    shares.reduce((sum, share, at) => sum + share * (values[at] as number), 0);
  // sum p zeta = sum pbar, and half of it comes from either side.
  expectRelative(
    'halves',
    [mean(hiddenShares, found.rowMultipliers), mean(classShares, found.columnMultipliers)],
    [half, half],
    1e-13,
  );
});

it('solves independent classes and single rows and columns in closed form', async () => {
  const hiddenShares = [0.5, 0.3, 0.2];
  const classShares = [0.1, 0.9];
  const product = hiddenShares.map((h) => classShares.map((q) => 7 * h * q));
  const even = await classWeightMultipliers(matrixOf(product), { hiddenShares, classShares });
  expectRelative(
    'p = pbar / 7',
    even.classWeights.data,
    product.flat().map((value) => value / 7),
    1e-13,
  );
  const column = await classWeightMultipliers(matrixOf([[3], [2], [5]]), { hiddenShares, classShares: [1] });
  expectRelative('one class', column.classWeights.data, hiddenShares, 1e-14);
  const row = await classWeightMultipliers(matrixOf([[3, 8]]), { hiddenShares: [1], classShares });
  expectRelative('one unit', row.classWeights.data, classShares, 1e-14);
});

it('does not depend on the scale of pbar and follows permutations', async () => {
  const { pbar, hiddenShares, classShares } = build({ seed: 8, units: 5, labels: 3, decades: 2, rowDecades: 0 });
  const { classWeights, columnMultipliers } = await classWeightMultipliers(matrixOf(pbar), {
    hiddenShares,
    classShares,
  });
  for (const scale of [2 ** 1000, 2 ** -900]) {
    const scaled = pbar.map((row) => row.map((value) => value * scale));
    const other = await classWeightMultipliers(matrixOf(scaled), { hiddenShares, classShares });
    expectSameBits('scaled', other.classWeights.data, classWeights.data);
    expectSameBits(
      'multipliers',
      other.columnMultipliers,
      columnMultipliers.map((value) => value * scale),
    );
  }
  const reversed = await classWeightMultipliers(matrixOf([...pbar].reverse()), {
    hiddenShares: [...hiddenShares].reverse(),
    classShares,
  });
  expectRelative('reversed', reversed.classWeights.data, tableOf(classWeights).reverse().flat(), 1e-12);
});

describe('zeros', () => {
  it('a zero share makes zero weights and an infinite multiplier', async () => {
    const pbar = matrixOf([
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ]);
    const found = await classWeightMultipliers(pbar, { hiddenShares: [0, 0.5, 0.5], classShares: [0.2, 0.8, 0] });
    const { data } = found.classWeights;
    expect([data[0], data[1], data[2], data[5], data[8]]).toEqual([0, 0, 0, 0, 0]);
    expect(found.rowMultipliers[0]).toBe(Number.POSITIVE_INFINITY);
    expect(found.columnMultipliers[2]).toBe(Number.POSITIVE_INFINITY);
    expectMarginals(found, [0, 0.5, 0.5], [0.2, 0.8, 0]);
  });

  it('zeros of pbar stay, in blocks and elsewhere', async () => {
    const blocks = await classWeightMultipliers(
      matrixOf([
        [1, 2, 0],
        [3, 1, 0],
        [0, 0, 5],
      ]),
      { hiddenShares: [0.3, 0.3, 0.4], classShares: [0.5, 0.1, 0.4] },
    );
    expectMarginals(blocks, [0.3, 0.3, 0.4], [0.5, 0.1, 0.4]);
    expect(blocks.classWeights.data[2]).toBe(0);
    const one = await classWeightMultipliers(
      matrixOf([
        [1, 2],
        [3, 0],
      ]),
      { hiddenShares: [0.7, 0.3], classShares: [0.4, 0.6] },
    );
    // The zero leaves one table only.
    expectWithin('p', one.classWeights.data, [0.1, 0.6, 0.3, 0], 1e-14);
  });

  it.each<[string, number[][], number[], number[]]>([
    [
      'a unit without pbar',
      [
        [0, 0],
        [1, 1],
      ],
      [0.5, 0.5],
      [0.5, 0.5],
    ],
    [
      'a class without pbar',
      [
        [0, 1],
        [0, 1],
      ],
      [0.5, 0.5],
      [0.5, 0.5],
    ],
    [
      'a zero that the marginals exclude',
      [
        [1, 0],
        [1, 1],
      ],
      [0.7, 0.3],
      [0.5, 0.5],
    ],
    [
      'a zero that makes another',
      [
        [1, 0],
        [1, 1],
      ],
      [0.5, 0.5],
      [0.5, 0.5],
    ],
  ])('refuses %s', async (_, pbar, hiddenShares, classShares) => {
    await expectFailure(
      () => classWeightMultipliers(matrixOf(pbar), { hiddenShares, classShares }),
      'ERR_RANGE',
      'pbar',
    );
  });
});

it('takes float32 and a signal', async () => {
  const pbar = { rows: 1, columns: 2, data: Float32Array.of(1, 3) };
  const found = await classWeightMultipliers(pbar, { hiddenShares: [1], classShares: [0.25, 0.75] });
  expectRelative('p', found.classWeights.data, [0.25, 0.75], 1e-14);
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(classWeightMultipliers(pbar, { hiddenShares: [1], classShares: [0.25, 0.75], signal })).rejects.toThrow(
    'enough',
  );
});

describe('effectiveInverseTemperature', () => {
  it('is s(2 v) beta', () => {
    expect(effectiveInverseTemperature(6, 0)).toBe(0);
    expect(effectiveInverseTemperature(6, Number.POSITIVE_INFINITY)).toBe(6);
    // s(4/3) = (4/3) / (5/3 + 1) = 1/2.
    expectRelative('s(4/3)', [effectiveInverseTemperature(6, 2 / 3)], [3], 1e-15);
    // s(x) = x/2 - x^3/8 ..., 1 - 1/x ...; the squares of these leave the range of doubles.
    expectRelative('small', [effectiveInverseTemperature(1, 1e-200)], [1e-200], 1e-15);
    expectRelative('great', [effectiveInverseTemperature(1, 1e300)], [1], 1e-15);
  });

  it('refuses what is no temperature', async () => {
    await expectFailure(() => effectiveInverseTemperature(-1, 1), 'ERR_RANGE', 'beta', '-1');
    await expectFailure(() => effectiveInverseTemperature(1, Number.NaN), 'ERR_RANGE', 'v', 'NaN');
    await expectFailure(() => effectiveInverseTemperature(Number.POSITIVE_INFINITY, 1), 'ERR_RANGE', 'beta');
  });
});
