/** The oracle on itself: closed forms, a second route, and identities that define what it computes. */
import { describe, expect, it } from 'vitest';
import { expectNormwise, expectRelative, expectWithin } from '../support/assertions.ts';
import { buildCase, cases, randomRotation, rotatedDiagonal } from '../support/cases.ts';
import { check } from '../support/check.ts';
import { TestRandom } from '../support/random.ts';
import { eigen, spectralFunction } from './eigen.ts';
import { divide, type Extended, ExtendedMatrix, multiply, squareRoot, subtract, toNumber } from './extended.ts';
import {
  gaussianAt,
  gaussiansOf,
  type ReferenceGaussian,
  ReferenceItem,
  ReferenceMemory,
  squaredWasserstein,
} from './gaussian.ts';
import { procrustesDistance } from './procrustes.ts';

/** Three or so digits above the resolution of the extended arithmetic, 2^-104 = 5e-32. */
const EXTENDED_EPSILON = 1e-28;

function plain(mean: number[], covariance: number[]): ReferenceGaussian {
  return { mean: Float64Array.from(mean), covariance: new ExtendedMatrix(mean.length, covariance) };
}

describe('extended arithmetic', () => {
  it('has twice the digits of a double', () => {
    const third = divide([1, 0], [3, 0]);
    expect(Math.abs(toNumber(subtract(multiply(third, [3, 0]), [1, 0])))).toBeLessThan(1e-31);
    const root = squareRoot([2, 0]);
    expect(Math.abs(toNumber(subtract(multiply(root, root), [2, 0])))).toBeLessThan(1e-30);
    expect(toNumber(squareRoot([-1e-40, 0]))).toBe(0);
  });
});

describe('eigen', () => {
  it.each([1, 2, 5, 24, 64])('diagonalises in dimension %i', (d) => {
    const random = new TestRandom(d);
    const values = Array.from({ length: d }, (_, k) =>
      k === 0 ? 1e-14 : k % 3 === 0 ? 1 : 10 ** (-4 * random.uniform()),
    );
    const a = new ExtendedMatrix(d, rotatedDiagonal(values, randomRotation(random, d)));
    const decomposition = eigen(a);
    const rebuilt = spectralFunction(decomposition, (value) => value);
    expect(rebuilt.plus(a, [-1, 0]).frobeniusNorm()).toBeLessThan(EXTENDED_EPSILON * d * a.frobeniusNorm());
    const gram = decomposition.vectors.transposed().times(decomposition.vectors);
    const identity = ExtendedMatrix.diagonal(values.map((): Extended => [1, 0]));
    expect(gram.plus(identity, [-1, 0]).frobeniusNorm()).toBeLessThan(EXTENDED_EPSILON * d);
  });

  it('takes roots that square to the matrix', () => {
    const random = new TestRandom(7);
    const a = new ExtendedMatrix(12, rotatedDiagonal(random.normals(12).map(Math.abs), randomRotation(random, 12)));
    const root = spectralFunction(eigen(a), squareRoot);
    expect(root.times(root).plus(a, [-1, 0]).frobeniusNorm()).toBeLessThan(EXTENDED_EPSILON * a.frobeniusNorm());
  });
});

describe('distances', () => {
  it('has the closed form of one dimension', () => {
    expect(squaredWasserstein(plain([0], [1]), plain([10], [1]))).toBe(100);
    expect(squaredWasserstein(plain([1], [4]), plain([-2], [0.25]))).toBeCloseTo(9 + 1.5 ** 2, 14);
    expect(squaredWasserstein(plain([1], [0]), plain([1], [9]))).toBeCloseTo(9, 14);
  });

  it('is d (3 - 2 sqrt 2) between I and 2I', () => {
    const identity = (factor: number) => plain([0, 0, 0], [factor, 0, 0, 0, factor, 0, 0, 0, factor]);
    expect(squaredWasserstein(identity(1), identity(2))).toBeCloseTo(3 * (3 - 2 * Math.SQRT2), 14);
  });

  it('has the closed form of two dimensions', () => {
    const s = [2, 0.7, 0.7, 1];
    const o = [0.5, -0.3, -0.3, 3];
    const traceOfProduct = 2 * 0.5 + 2 * 0.7 * -0.3 + 1 * 3;
    const fidelity = Math.sqrt(traceOfProduct + 2 * Math.sqrt((2 - 0.49) * (1.5 - 0.09)));
    expect(squaredWasserstein(plain([0, 0], s), plain([0, 0], o))).toBeCloseTo(6.5 - 2 * fidelity, 14);
  });

  it('agrees with the Procrustes form, close distributions included', async () => {
    const limits = { structures: ['full'], maxDimension: 24, maxItems: 1, spreads: [1e-6, 1e-3, 1] } as const;
    await check(cases(limits), 15, ({ dimension, itemBatch, queryBatch }) => {
      const item = gaussianAt(itemBatch, 0);
      const query = gaussianAt(queryBatch, 0);
      const centred = { ...query, mean: item.mean };
      const expected = procrustesDistance(query.covariance.high, item.covariance.high, dimension);
      const actual = Math.sqrt(squaredWasserstein(item, centred));
      // The Procrustes form is in plain doubles: its factors carry an error of eps sqrt(condition) of their norm.
      const floor = 1e-13 * Math.sqrt(10 ** 4 * toNumber(item.covariance.trace()));
      expectWithin('distance', [actual], [expected], 1e-10 * expected + floor);
    });
  });
});

describe('transport maps', () => {
  it('push the query to the item: A O A = S and A m + offset = mu', async () => {
    await check(cases({ maxDimension: 20, maxItems: 2 }), 10, ({ itemBatch, queryBatch, dimension }) => {
      const memory = new ReferenceMemory(itemBatch);
      const query = gaussianAt(queryBatch, 0);
      memory.items.forEach((item, index) => {
        const { matrix, offset } = memory.transportMap(index, query);
        const pushed = matrix.times(query.covariance).times(matrix).toNumbers();
        expectNormwise('A O A', pushed, item.covariance.toNumbers(), 1e-15);
        const mean = offset.map((value, row) =>
          query.mean.reduce((sum, m, column) => sum + toNumber(matrix.get(row, column)) * m, value),
        );
        const size = Math.hypot(...item.mean, ...query.mean) * (matrix.frobeniusNorm() + 1);
        expectWithin('A m + offset', mean, item.mean, 1e-15 * dimension * size);
      });
    });
  });
});

describe('step and retrieve', () => {
  it('takes commuting covariances to the square of the mean of their roots', () => {
    const batch = {
      count: 2,
      dimension: 2,
      structure: 'diagonal',
      means: Float64Array.of(0, 0, 1, 1),
      covariances: Float64Array.of(1, 4, 9, 16),
    } as const;
    const memory = new ReferenceMemory(batch);
    const query = gaussiansOf({ ...batch, count: 1, means: Float64Array.of(0, 1), covariances: Float64Array.of(2, 3) });
    const weights = memory.weights(query[0] as ReferenceGaussian, 0.1);
    const next = memory.step(query[0] as ReferenceGaussian, 0.1);
    const root = (k: number) => (weights[0] as number) * (1 + k) + (weights[1] as number) * (3 + k);
    expectRelative('variances', [...next.covariance.toNumbers()], [root(0) ** 2, 0, 0, root(1) ** 2], 1e-15);
    expectRelative('mean', next.mean, [weights[1] as number, weights[1] as number], 1e-15);
  });

  it('ends at a fixed point: sum w_i T_i = Id', () => {
    const { itemBatch, queryBatch, beta } = buildCase({
      seed: 3,
      dimension: 4,
      structure: 'full',
      items: 3,
      queries: 1,
      logCondition: 1,
      logScale: 0,
      spread: 1,
      closeness: 0.3,
      itemSpectrum: 'regular',
      querySpectrum: 'regular',
      sharpness: 3,
    });
    const memory = new ReferenceMemory(itemBatch);
    const { state, stepLength, iterations } = memory.retrieve(gaussianAt(queryBatch, 0), beta, 1e-12, 200);
    expect(stepLength).toBeLessThanOrEqual(1e-12);
    expect(iterations).toBeGreaterThan(0);
    const weights = memory.weights(state, beta);
    let map = new ExtendedMatrix(4);
    memory.items.forEach((_, i) => {
      map = map.plus(memory.transportMap(i, state).matrix, [weights[i] as number, 0]);
    });
    expectWithin('sum w A', map.toNumbers(), [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], 1e-11);
  });

  it('roots are taken once an item', () => {
    const item = new ReferenceItem(plain([0, 0], [4, 0, 0, 9]));
    expectWithin('root', item.root.toNumbers(), [2, 0, 0, 3], 0);
  });
});
