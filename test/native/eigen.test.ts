/** The kernels that solve eight small symmetric matrices at once, on every instruction set that this machine has. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LanesLevel, native } from '../../lib/native/addon.ts';
import { eigen as exactEigen } from '../reference/eigen.ts';
import { ExtendedMatrix, toNumber } from '../reference/extended.ts';
import { expectNormwise, expectWithin, largest } from '../support/assertions.ts';
import { check } from '../support/check.ts';
import { TestRandom } from '../support/random.ts';
import { DOUBLE_EPSILON } from '../support/tolerances.ts';

const { lanes } = native;
const LAPACK = 1;
const best = lanes.bestLevel();
const levels = ([2, 3, 4] as const).filter((level) => level <= best);

/** Within this many n eps |A| of LAPACK's values. Matrices of fewer rows than four are counted as four. */
const FACTOR = 4;

type Matrix = Float64Array;

function tolerance(n: number, scale: number): number {
  return FACTOR * Math.max(n, 4) * DOUBLE_EPSILON * scale;
}

function build(n: number, entry: (i: number, j: number) => number): Matrix {
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) matrix[i * n + j] = matrix[j * n + i] = entry(i, j);
  }
  return matrix;
}

function randomSymmetric(n: number, random: TestRandom): Matrix {
  return build(n, () => random.normal());
}

function diagonal(values: readonly number[]): Matrix {
  return build(values.length, (i, j) => (i === j ? (values[i] as number) : 0));
}

/** The matrix with these eigenvalues: their diagonal matrix between some random reflections. */
function withValues(values: readonly number[], random: TestRandom): Matrix {
  const n = values.length;
  let matrix = diagonal(values);
  for (let round = 0; round < 3; round++) {
    const v = random.normals(n);
    const norm = v.reduce((sum, x) => sum + x * x, 0);
    const product = v.map((_, i) => v.reduce((sum, x, j) => sum + (matrix[i * n + j] as number) * x, 0));
    const inner = product.reduce((sum, x, i) => sum + x * (v[i] as number), 0);
    const w = product.map((x, i) => (2 / norm) * (x - (inner / norm) * (v[i] as number)));
    const before = matrix;
    const at = (array: Float64Array, i: number) => array[i] as number;
    matrix = build(n, (i, j) => at(before, i * n + j) - at(v, i) * at(w, j) - at(w, i) * at(v, j));
  }
  return matrix;
}

function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

/** x, -x, 2 x, -2 x and so on in blocks of two rows that know nothing of each other. */
function twoByTwo(n: number): Matrix {
  return build(n, (i, j) => (i === j ? (i % 3) - 1 : i === j + 1 && i % 2 === 1 ? i : 0));
}

const kinds: Record<string, (n: number, random: TestRandom) => Matrix> = {
  random: randomSymmetric,
  clustered: (n, random) =>
    withValues(
      range(n).map((i) => 1 + (i % 3) + 1e-13 * random.normal()),
      random,
    ),
  graded: (n, random) =>
    withValues(
      range(n).map((i) => 10 ** ((-16 * i) / n)),
      random,
    ),
  'graded, small first': (n) => build(n, (i, j) => (i === j ? 1 : 0.3) * 10 ** ((-8 * (2 * n - i - j)) / n)),
  'graded, large first': (n) => build(n, (i, j) => (i === j ? 1 : 0.3) * 10 ** ((-8 * (i + j)) / n)),
  diagonal: (n, random) => diagonal(range(n).map(() => random.normal())),
  zero: (n) => new Float64Array(n * n),
  identity: (n) => diagonal(range(n).map(() => 1)),
  'rank one': (n, random) => {
    const v = random.normals(n);
    return build(n, (i, j) => (v[i] as number) * (v[j] as number));
  },
  'all ones': (n) => build(n, () => 1),
  'near singular': (n, random) =>
    withValues(
      range(n).map((i) => (i % 2 ? 1 + i : 1e-15 * i)),
      random,
    ),
  'two by two blocks': twoByTwo,
  'zero diagonal': (n) => build(n, (i, j) => (i === j + 1 ? 1 : 0)),
  Wilkinson: (n) => build(n, (i, j) => (i === j ? Math.abs(i - (n - 1) / 2) : i === j + 1 ? 1 : 0)),
  huge: (n, random) => randomSymmetric(n, random).map((x) => 1e299 * x),
  tiny: (n, random) => randomSymmetric(n, random).map((x) => 1e-300 * x),
};

interface Solved {
  readonly values: Float64Array;
  readonly vectors: Float64Array | undefined;
  readonly notConverged: Uint8Array;
}

function solve(n: number, matrices: readonly Matrix[], vectors: boolean, level: LanesLevel): Promise<Solved> {
  const together = new Float64Array(matrices.length * n * n);
  for (const [i, matrix] of matrices.entries()) together.set(matrix, i * n * n);
  return lanes.eigen(together, { n, count: matrices.length, wantVectors: vectors, level }).promise;
}

/** |A V - V diag(values)| and |V'V - 1| are of rounding size. */
function expectVectors(what: string, n: number, matrix: Matrix, values: Float64Array, vectors: Float64Array): void {
  const scale = largest(values);
  const row = (array: Float64Array, i: number) => array.subarray(i * n, (i + 1) * n);
  const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);
  for (let k = 0; k < n; k++) {
    const vector = row(vectors, k);
    const product = vector.map((_, i) => dot(row(matrix, i), vector));
    const expected = vector.map((x) => x * (values[k] as number));
    // The products here round as well, and underflow where the matrix is tiny.
    expectWithin(`${what}: A v - lambda v, ${k}`, product, expected, tolerance(n, scale) + Number.MIN_VALUE * n);
    const cosines = new Float64Array(k + 1).map((_, other) => dot(vector, row(vectors, other)));
    const unit = cosines.map((_, other) => (other === k ? 1 : 0));
    expectWithin(`${what}: v'v, ${k}`, cosines, unit, tolerance(n, 1));
  }
}

async function expectSolved(what: string, n: number, matrices: readonly Matrix[], level: LanesLevel): Promise<void> {
  const expected = await solve(n, matrices, false, LAPACK);
  const alone = await solve(n, matrices, false, level);
  const full = await solve(n, matrices, true, level);
  for (const [item, matrix] of matrices.entries()) {
    const of = (array: Float64Array) => array.subarray(item * n, (item + 1) * n);
    const bound = tolerance(n, largest(of(expected.values)));
    const name = `${what}, n = ${n}, ${item}`;
    expectWithin(`${name}: values`, of(alone.values), of(expected.values), bound);
    expectWithin(`${name}: values with vectors`, of(full.values), of(expected.values), bound);
    const vectors = (full.vectors as Float64Array).subarray(item * n * n, (item + 1) * n * n);
    expectVectors(name, n, matrix, of(full.values), vectors);
  }
  expect(largest(alone.notConverged)).toBe(0);
  expect(largest(full.notConverged)).toBe(0);
}

function largeValues(n: number, matrices: readonly Matrix[], level: LanesLevel): Promise<Float64Array> {
  const together = Float64Array.from(matrices.flatMap((matrix) => [...matrix]));
  return lanes.largeEigenvalues(together, { n, count: matrices.length, level }).promise;
}

/** One matrix of every kind: its values by the way for large matrices are LAPACK's, and so are those by dsytrd. */
async function expectLarge(n: number, random: TestRandom, level: LanesLevel): Promise<void> {
  for (const [kind, make] of Object.entries(kinds)) {
    const matrix = make(n, random);
    const expected = (await solve(n, [matrix], false, LAPACK)).values;
    const bound = Math.min(tolerance(n, 1), 1e-13) * largest(expected);
    expectWithin(`${kind}, n = ${n}`, await largeValues(n, [matrix], level), expected, bound);
    expectWithin(`${kind}, n = ${n}, dsytrd`, await largeValues(n, [matrix], LAPACK), expected, bound);
  }
}

function expectBits(what: string, actual: Float64Array, expected: Float64Array): void {
  const bits = (array: Float64Array) => Buffer.from(array.slice().buffer);
  expect(bits(actual).equals(bits(expected)), what).toBe(true);
}

/** r' s r of some random matrices against the definition, in double precision and rounded to single. */
async function expectCongruences(n: number, level: LanesLevel): Promise<void> {
  const random = new TestRandom(n);
  const count = 10;
  const r = new Float64Array(n * n).map((_, k) => (k % n <= Math.floor(k / n) ? random.normal() : 0));
  const matrices = Float64Array.from(range(count).flatMap(() => [...randomSymmetric(n, random)])).map(Math.fround);
  const expected = new Float64Array(count * n * n);
  const at = (array: Float64Array, i: number, j: number) => array[i * n + j] as number;
  for (let item = 0; item < count; item++) {
    const s = matrices.subarray(item * n * n, (item + 1) * n * n);
    const product = new Float64Array(n * n);
    for (let k = 0; k < n * n; k++) {
      product[k] = range(n).reduce((sum, l) => sum + at(s, Math.floor(k / n), l) * at(r, l, k % n), 0);
    }
    for (let k = 0; k < n * n; k++) {
      const sum = range(n).reduce((total, l) => total + at(r, l, Math.floor(k / n)) * at(product, l, k % n), 0);
      expected[item * n * n + k] = sum;
    }
  }
  for (const single of [false, true]) {
    const found = await lanes.congruences(matrices, { n, count, r, single, level }).promise;
    expectNormwise(`n = ${n}`, found, expected, tolerance(n, 1));
  }
}

describe.each(levels)('level %i', (level) => {
  it.each(Object.keys(kinds))('%s matrices', async (kind) => {
    const random = new TestRandom(1);
    const make = kinds[kind] as (typeof kinds)[string];
    for (const n of [1, 2, 3, 4, 5, 7, 8, 10, 16, 19]) {
      const matrices = range(3).map(() => make(n, random));
      await expectSolved(kind, n, matrices, level);
    }
    for (const n of [33, 64]) await expectSolved(kind, n, [make(n, random)], level);
  });

  it('every size up to 64, all kinds beside each other', async () => {
    const random = new TestRandom(2);
    for (let n = 1; n <= 64; n++) {
      const matrices = Object.values(kinds).map((make) => make(n, random));
      const expected = await solve(n, matrices, false, LAPACK);
      const { values } = await solve(n, matrices, false, level);
      for (let item = 0; item < matrices.length; item++) {
        const of = (array: Float64Array) => array.subarray(item * n, (item + 1) * n);
        const bound = tolerance(n, largest(of(expected.values)));
        expectWithin(`n = ${n}, ${item}`, of(values), of(expected.values), bound);
      }
    }
  });

  it('sizes around the ends of words of bits, all kinds beside each other', async () => {
    const random = new TestRandom(9);
    for (const n of [65, 66, 96, 127, 128, 129, 192, 193, 255, 256, 257]) {
      const matrices = Object.values(kinds).map((make) => make(n, random));
      const expected = await solve(n, matrices, false, LAPACK);
      const { values, notConverged } = await solve(n, matrices, false, level);
      expect(largest(notConverged)).toBe(0);
      for (let item = 0; item < matrices.length; item++) {
        const of = (array: Float64Array) => array.subarray(item * n, (item + 1) * n);
        const bound = tolerance(n, largest(of(expected.values)));
        expectWithin(`n = ${n}, ${item}`, of(values), of(expected.values), bound);
      }
    }
  });

  it.each(['random', 'clustered', 'graded', 'zero diagonal'])('%s matrices of more than a word', async (kind) => {
    const random = new TestRandom(10);
    const make = kinds[kind] as (typeof kinds)[string];
    for (const n of [65, 128, 130]) await expectSolved(kind, n, [make(n, random)], level);
  });

  it('values as in extended precision', async () => {
    const random = new TestRandom(3);
    for (const n of [2, 5, 9]) {
      const matrices = ['random', 'graded', 'clustered', 'near singular'].map((kind) =>
        (kinds[kind] as (typeof kinds)[string])(n, random),
      );
      const { values } = await solve(n, matrices, false, level);
      for (const [item, matrix] of matrices.entries()) {
        const exact = Float64Array.from(exactEigen(new ExtendedMatrix(n, matrix)).values, toNumber).sort();
        const found = values.subarray(item * n, (item + 1) * n);
        expectWithin(`n = ${n}, ${item}`, found, exact, tolerance(n, largest(exact)));
      }
    }
  });

  it('any symmetric matrix', async () => {
    const cases = fc.integer({ min: 1, max: 7 }).chain((n) =>
      fc.record({
        n: fc.constant(n),
        matrices: fc.array(
          fc
            .array(
              fc.oneof(
                fc.constantFrom(0, 1, -1, 1e-60, 1e-89, 1e-91, 1e-140, 1e-160),
                fc.double({ min: -1e3, max: 1e3, noNaN: true }),
                fc.double({ min: -1e140, max: 1e140, noNaN: true }),
              ),
              { minLength: n * n, maxLength: n * n },
            )
            .map((entries) => build(n, (i, j) => entries[i * n + j] as number)),
          { minLength: 1, maxLength: 9 },
        ),
      }),
    );
    // LAPACK is no judge here: where entries differ by 1e100 it is wrong in the eighth digit.
    await check(cases, 60, async ({ n, matrices }) => {
      const full = await solve(n, matrices, true, level);
      const { values, notConverged } = await solve(n, matrices, false, level);
      for (const [item, matrix] of matrices.entries()) {
        const of = (array: Float64Array) => array.subarray(item * n, (item + 1) * n);
        const bound = tolerance(n, largest(of(full.values))) + 8 * n * Number.MIN_VALUE;
        expectWithin(`matrix ${item}`, of(values), of(full.values), bound);
        const vectors = (full.vectors as Float64Array).subarray(item * n * n, (item + 1) * n * n);
        expectVectors(`matrix ${item}`, n, matrix, of(full.values), vectors);
      }
      expect(largest(notConverged) + largest(full.notConverged)).toBe(0);
    });
  });

  it("a lane's bits do not depend on its neighbours or its place", async () => {
    const random = new TestRandom(4);
    for (const n of [1, 2, 3, 6, 8, 13, 24, 37, 67]) {
      const matrices = [...Object.values(kinds), ...Object.values(kinds)].map((make) => make(n, random));
      matrices[5] = new Float64Array(n * n).fill(Number.NaN);
      const together = await solve(n, matrices, true, level);
      const values = await solve(n, matrices, false, level);
      const order = range(matrices.length).sort(() => random.uniform() - 0.5);
      const shuffled = await solve(
        n,
        order.map((item) => matrices[item] as Matrix),
        true,
        level,
      );
      for (const [place, item] of order.entries()) {
        if (item === 5) continue;
        const size = n * n;
        const alone = await solve(n, [matrices[item] as Matrix], true, level);
        const aloneValues = await solve(n, [matrices[item] as Matrix], false, level);
        const name = `n = ${n}, matrix ${item}`;
        const valuesAt = (solved: Solved, at: number) => solved.values.subarray(at * n, (at + 1) * n);
        const vectorsAt = (solved: Solved, at: number) => solved.vectors?.subarray(at * size, (at + 1) * size);
        expectBits(name, valuesAt(values, item), aloneValues.values);
        expectBits(name, valuesAt(together, item), alone.values);
        expectBits(name, valuesAt(shuffled, place), alone.values);
        expectBits(name, vectorsAt(together, item) as Float64Array, alone.vectors as Float64Array);
        expectBits(name, vectorsAt(shuffled, place) as Float64Array, alone.vectors as Float64Array);
      }
    }
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    '%d anywhere fails its lane alone',
    async (bad) => {
      const random = new TestRandom(5);
      for (const n of [1, 2, 5, 12, 70]) {
        const matrices = range(11).map(() => randomSymmetric(n, random));
        const [i, j] = [random.below(n), random.below(n)];
        (matrices[2] as Matrix)[i * n + j] = (matrices[2] as Matrix)[j * n + i] = bad;
        for (const vectors of [false, true]) {
          const { values, notConverged } = await solve(n, matrices, vectors, level);
          expect([...notConverged]).toEqual(range(11).map((item) => (item === 2 ? 1 : 0)));
          for (let item = 0; item < 11; item++) {
            const finite = values.subarray(item * n, (item + 1) * n).every(Number.isFinite);
            expect(finite, `n = ${n}, matrix ${item}`).toBe(item !== 2);
          }
        }
      }
    },
  );

  it('values of large matrices in two stages, all kinds', async () => {
    const random = new TestRandom(11);
    for (const n of [1, 2, 3, 8, 31, 32, 33, 34, 35, 63, 64, 65, 97, 128, 161, 200]) {
      await expectLarge(n, random, level);
    }
  });

  // A band of 32, groups of 6 rows, tiles of 24 and 8: sizes that are multiples of all, and of none.
  it.each([384, 513, 701, 768])(
    'values of %i rows in two stages, all kinds',
    async (n) => {
      await expectLarge(n, new TestRandom(n), level);
    },
    120_000,
  );

  it('values of closed form in two stages', async () => {
    for (const n of [100, 385, 600]) {
      const ends = build(n, (i, j) => Math.min(i, j) + 1);
      const angle = (k: number) => ((2 * k - 1) * Math.PI) / (4 * n + 2);
      const exact = Float64Array.from(range(n), (k) => 1 / (4 * Math.sin(angle(n - k)) ** 2));
      const found = await lanes.largeEigenvalues(ends, { n, count: 1, level }).promise;
      expectWithin(`min(i, j), n = ${n}`, found, exact, tolerance(n, largest(exact)));
    }
  });

  it('singular matrices in two stages have as many zeros', async () => {
    const random = new TestRandom(12);
    for (const [n, rank] of [
      [200, 3],
      [400, 40],
      [600, 599],
    ] as const) {
      const values = range(n).map((i) => (i < n - rank ? 0 : 1 + i / n));
      const found = await lanes.largeEigenvalues(withValues(values, random), { n, count: 1, level }).promise;
      expectWithin(`n = ${n}`, found, Float64Array.from(values), tolerance(n, 2));
    }
  });

  it("a large matrix's bits do not depend on its company", async () => {
    const random = new TestRandom(13);
    for (const n of [50, 400]) {
      const matrices = ['random', 'graded', 'rank one', 'zero', 'huge', 'tiny', 'random', 'clustered', 'identity'].map(
        (kind) => (kinds[kind] as (typeof kinds)[string])(n, random),
      );
      const together = await largeValues(n, [...matrices, ...matrices], level);
      for (const [item, matrix] of matrices.entries()) {
        const alone = await largeValues(n, [matrix], level);
        const other = item + matrices.length;
        expectBits(`n = ${n}, ${item}`, together.subarray(item * n, (item + 1) * n), alone);
        expectBits(`n = ${n}, ${other}`, together.subarray(other * n, (other + 1) * n), alone);
      }
    }
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('%d in a large matrix is an error', async (bad) => {
    const random = new TestRandom(14);
    for (const n of [1, 40, 150]) {
      const matrix = randomSymmetric(n, random);
      const i = random.below(n);
      matrix[i * n + i] = bad;
      await expect(largeValues(n, [randomSymmetric(n, random), matrix], level)).rejects.toThrow(/did not converge/);
    }
  });

  it('congruences', async () => {
    for (let n = 1; n <= 21; n++) await expectCongruences(n, level);
  });

  it('spectral sums', async () => {
    const random = new TestRandom(7);
    for (let n = 1; n <= 21; n++) {
      const matrices = range(11).map(() => withValues([...random.normals(n).map(Math.abs)], random));
      const weights = new Float64Array(11).map(() => random.uniform());
      const expected = new Float64Array(n * n).map((_, k) =>
        matrices.reduce((sum, matrix, item) => sum + (weights[item] as number) * (matrix[k] as number), 0),
      );
      const together = Float64Array.from(matrices.flatMap((matrix) => [...matrix]));
      const found = await lanes.spectralSum(together, { n, count: 11, weights, level }).promise;
      expectNormwise(`n = ${n}`, found, expected, tolerance(n, matrices.length));
    }
  });
});

it.each([1, 2, 64, 65, 66, 97, 130])('congruences of %i rows by BLAS', async (n) => {
  await expectCongruences(n, LAPACK);
});

describe('levels', () => {
  it('0 is the best', async () => {
    const matrices = range(3).map(() => randomSymmetric(12, new TestRandom(8)));
    const [chosen, named] = [await solve(12, matrices, true, 0), await solve(12, matrices, true, best)];
    expectBits('values', chosen.values, named.values);
    expectBits('vectors', chosen.vectors as Float64Array, named.vectors as Float64Array);
  });

  it('refuses what it cannot do', () => {
    for (const n of [0, 2049]) {
      expect(() => lanes.eigen(new Float64Array(n * n), { n, count: 1, wantVectors: false, level: 0 })).toThrow(
        /n from 1 to 2048/,
      );
    }
    expect(() =>
      lanes.eigen(new Float64Array(4), { n: 2, count: 1, wantVectors: false, level: 7 as LanesLevel }),
    ).toThrow(/level 7/);
    expect(() => lanes.eigen(new Float64Array(4), { n: 2, count: 2, wantVectors: false, level: 0 })).toThrow(
      /matrices/,
    );
  });
});
