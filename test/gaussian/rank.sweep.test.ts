/** Where a covariance has full rank and where it does not: one rule, on its eigenvalues. */
import { describe, expect, it } from 'vitest';
import { GaussianMemory } from '../../lib/index.ts';
import { eigen } from '../reference/eigen.ts';
import { toNumber } from '../reference/extended.ts';
import { gaussianAt, ReferenceItem } from '../reference/gaussian.ts';
import { expectFailure, expectWithin } from '../support/assertions.ts';
import { randomRotation, rotatedDiagonal } from '../support/cases.ts';
import { TestRandom } from '../support/random.ts';
import { reportSweep, sweepCount } from '../support/sweep.ts';
import { centred, singularIntegerMatrices } from './integerMatrices.ts';

const IDENTITY = [1, 0, 0, 0, 1, 0, 0, 0, 1];
/** Relative error of distances between matrices of whole numbers. */
const INTEGER_AGREEMENT = 1e-12;

/** What the least eigenvalue that an error names is in units of d 2^-53 times the greatest. */
function leastInUnits(message: string, dimension: number, matrix: readonly number[]): number {
  const least = Number(/smallest eigenvalue (\S+)\)/.exec(message)?.[1]);
  const values = eigen(gaussianAt(centred(dimension, [matrix]), 0).covariance).values.map(toNumber);
  return Math.abs(least) / (dimension * 2 ** -53 * Math.max(...values));
}

async function identityMemory(dimension: number): Promise<GaussianMemory> {
  const identity = Array.from({ length: dimension ** 2 }, (_, at) => (at % (dimension + 1) === 0 ? 1 : 0));
  return GaussianMemory.create(centred(dimension, [identity]));
}

it('an error says how large a ridge must be, and that one is too small', async () => {
  const memory = await identityMemory(3);
  const query = centred(3, [[2, 1, 1, 1, 1, 0, 1, 0, 1]]);
  const error = await expectFailure(
    () => memory.step(query, { beta: 1, ridge: 1e-20 }),
    'ERR_NOT_POSITIVE_DEFINITE',
    /too small \(1e-20\)/,
  );
  const enough = Number(/pass one of (\S+) or more/.exec(error.message)?.[1]);
  await expect(memory.step(query, { beta: 1, ridge: enough })).resolves.toMatchObject({ count: 1 });
});

describe('singular queries are refused where a map is asked for', () => {
  it("all 2,007 matrices W W' with W 3 x 2 of whole numbers up to 2", async () => {
    const memory = await identityMemory(3);
    const all = singularIntegerMatrices(2);
    expect(all.length).toBe(2007);
    let greatest = 0;
    for (const matrix of all) {
      const query = centred(3, [matrix]);
      const error = await expectFailure(
        () => memory.transportMaps(query, [0]),
        'ERR_NOT_POSITIVE_DEFINITE',
        /singular/,
        /ridge/,
      );
      await expect(memory.step(query, { beta: 1 })).rejects.toMatchObject({ code: error.code });
      if (matrix.some((x) => x !== 0)) greatest = Math.max(greatest, leastInUnits(error.message, 3, matrix));
    }
    reportSweep('3 x 3', { matrices: all.length, 'greatest |least| / (d 2^-53 greatest)': greatest });
  });

  it('matrices of whole numbers of every rank below d, d to 96', async () => {
    const random = new TestRandom(11);
    const count = sweepCount({ test: 100, stress: 3000 });
    let greatest = 0;
    for (let k = 0; k < count; k++) {
      const d = 2 + random.below(k % 10 === 0 ? 95 : 15);
      const rank = k % 2 === 0 ? d - 1 : 1 + random.below(d - 1);
      const w = Array.from({ length: d * rank }, () => random.below(13) - 6);
      w[0] = 1; // not the zero matrix
      const matrix = Array.from({ length: d * d }, (_, at) => {
        const [i, j] = [Math.floor(at / d), at % d];
        let sum = 0;
        for (let r = 0; r < rank; r++) sum += (w[i * rank + r] as number) * (w[j * rank + r] as number);
        return sum;
      });
      const memory = await identityMemory(d);
      const query = centred(d, [matrix]);
      const error = await expectFailure(() => memory.transportMaps(query, [0]), 'ERR_NOT_POSITIVE_DEFINITE');
      if (d <= 16) greatest = Math.max(greatest, leastInUnits(error.message, d, matrix));
    }
    reportSweep('d x d', { matrices: count, 'greatest |least| / (d 2^-53 greatest), d to 16': greatest });
  });

  it('exactly where the least eigenvalue is at most 4 d 2^-53 times the greatest', async () => {
    const memory = await identityMemory(3);
    const level = 4 * 3 * 2 ** -53;
    const diagonal = (least: number) => centred(3, [[1, 0, 0, 0, least, 0, 0, 0, 1]]);
    for (const least of [0, level / 2, level]) {
      await expectFailure(() => memory.transportMaps(diagonal(least), [0]), 'ERR_NOT_POSITIVE_DEFINITE');
    }
    const above = level * (1 + 2 ** -52);
    const { matrices } = await memory.transportMaps(diagonal(above), [0]);
    expectWithin('map', [matrices[4] as number], [above ** -0.5], 1e-9 * above ** -0.5);
  });
});

it('regular queries of conditions up to 1e12 are accepted, and their maps are right', async () => {
  const random = new TestRandom(5);
  const count = sweepCount({ test: 60, stress: 2000 });
  for (let k = 0; k < count; k++) {
    const d = 2 + random.below(k % 10 === 0 ? 63 : 14);
    const spread = k % 3 === 0 ? 12 : 12 * random.uniform();
    const values = Float64Array.from({ length: d }, (_, i) => 10 ** ((-spread * i) / (d - 1)));
    const memory = await identityMemory(d);
    const query = centred(d, [rotatedDiagonal(values, randomRotation(random, d))]);
    const { matrices } = await memory.transportMaps(query, [0]);
    const trace = Array.from({ length: d }, (_, i) => matrices[i * (d + 1)] as number).reduce((a, b) => a + b);
    const expected = values.map((value) => value ** -0.5).reduce((a, b) => a + b);
    // The least eigenvalue is known to the rounding of the entries, d 2^-53 of the greatest; the map has its root.
    const rounding = d * 2 ** -52 * 10 ** spread;
    expectWithin('trace of the map', [trace], [expected], (1e-9 + rounding) * expected);
    await expect(memory.step(query, { beta: 1 })).resolves.toMatchObject({ count: 1 });
  }
});

describe('distances of matrices in whole numbers', () => {
  it('is 5 - 2 sqrt 3 between [[2, 1, 1], [1, 1, 0], [1, 0, 1]] and the identity, from both sides', async () => {
    const singular = centred(3, [[2, 1, 1, 1, 1, 0, 1, 0, 1]]);
    const identity = centred(3, [IDENTITY]);
    const right = 5 - 2 * Math.sqrt(3);
    for (const [items, query] of [
      [singular, identity],
      [identity, singular],
    ] as const) {
      const memory = await GaussianMemory.create(items);
      expectWithin('distance', (await memory.distances(query)).data, [right], 1e-15 * 5);
    }
  });

  it('is right for variances that are small but exact, and for a singular matrix of five dimensions', async () => {
    const identity = (d: number) => Array.from({ length: d * d }, (_, at) => (at % (d + 1) === 0 ? 1 : 0));
    const five = [11, 7, 0, 3, -1, 7, 7, 1, 5, 1, 0, 1, 10, 1, 3, 3, 5, 1, 5, 2, -1, 1, 3, 2, 2];
    const cases: [number, number[], number[], number][] = [
      [2, [1, 0, 0, 5e-16], identity(2), 0.999999955278641],
      [2, [1, 0, 0, 1e-17], identity(2), 0.9999999936754447],
      [3, [1, 0, 0, 0, 1e-17, 0, 0, 0, 0], identity(3), 1.9999999936754447],
      [5, five, [10, ...five.slice(1)], 0.14517345005583052],
    ];
    for (const [d, a, b, right] of cases) {
      for (const [item, query] of [
        [a, b],
        [b, a],
      ] as const) {
        const memory = await GaussianMemory.create(centred(d, [item]));
        const { data } = await memory.distances(centred(d, [query]));
        expectWithin('distance', data, [right], (d > 3 ? INTEGER_AGREEMENT : 1e-15) * right);
      }
    }
  });

  it('agree with the reference: singular, regular and nearly singular ones', async () => {
    const all = singularIntegerMatrices(2);
    const items = centred(3, all);
    const memory = await GaussianMemory.create(items);
    const references = all.map((_, i) => new ReferenceItem(gaussianAt(items, i)));
    const random = new TestRandom(9);
    const queries = [IDENTITY, [5, 2, 1, 2, 1, 0, 1, 0, 2], [13, 5, 8, 5, 2, 3, 8, 3, 6]];
    for (let k = sweepCount({ test: 1, stress: 100 }); k > 0; k--)
      queries.push(all[random.below(all.length)] as number[]);
    let worst = 0;
    for (const query of queries) {
      const batch = centred(3, [query]);
      const { data } = await memory.distances(batch);
      const expected = references.map((item) => toNumber(item.compare(gaussianAt(batch, 0)).distance));
      // Equal matrices are at the square of what rounding moves their factors by.
      expectWithin('distances', data, expected, (i) => INTEGER_AGREEMENT * (expected[i] as number) + 1e-28);
      data.forEach((distance, i) => {
        const right = expected[i] as number;
        if (right > 1e-20) worst = Math.max(worst, Math.abs(distance - right) / right);
      });
    }
    reportSweep('distances', { pairs: queries.length * all.length, 'worst relative error': worst });
  });
});
