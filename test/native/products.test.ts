/** The products of flat memories, on every instruction set that this machine has. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { native } from '../../lib/native/addon.ts';
import { expectSameBits, expectWithin } from '../support/assertions.ts';
import { check } from '../support/check.ts';
import { TestRandom } from '../support/random.ts';
import { DOUBLE_EPSILON } from '../support/tolerances.ts';

const { products } = native;
const best = native.lanes.bestLevel();
const levels = ([2, 3, 4] as const).filter((level) => level <= best);
const SINGLE_EPSILON = 2 ** -23;

interface Problem {
  readonly count: number;
  readonly width: number;
  readonly others: number;
}

/** sum_k a_ik b_jk, and the sum of the absolute terms. */
function innerProducts(a: Float64Array, b: Float64Array, length: number): { sums: number[]; sizes: number[] } {
  const [rows, columns] = [a.length / length, b.length / length];
  const [sums, sizes]: [number[], number[]] = [[], []];
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let [sum, size] = [0, 0];
      for (let k = 0; k < length; k++) {
        const term = (a[i * length + k] as number) * (b[j * length + k] as number);
        sum += term;
        size += Math.abs(term);
      }
      sums.push(sum);
      sizes.push(size);
    }
  }
  return { sums, sizes };
}

function transposed(values: Float64Array, columns: number): Float64Array {
  const rows = values.length / columns;
  return values.map((_, at) => values[(at % rows) * columns + Math.floor(at / rows)] as number);
}

const roundedIf = (single: boolean, values: Float64Array) => (single ? values.map(Math.fround) : values);

describe.each(levels)('level %i', (level) => {
  describe.each([false, true])('single precision: %s', (single) => {
    /** Every term is rounded once or twice, and so is every partial sum. */
    const bound = (length: number, sizes: readonly number[]) => {
      const epsilon = single ? SINGLE_EPSILON : DOUBLE_EPSILON;
      return Math.max(...sizes, 0) * epsilon * (length + 2);
    };

    function expectProducts({ count, width, others }: Problem, random: TestRandom): void {
      const rows = roundedIf(single, random.normals(count * width));
      const queries = roundedIf(single, random.normals(others * width));
      const weights = roundedIf(single, random.normals(others * count));
      const name = `${count} x ${width}, ${others}`;
      const options = { count, width, others, single, level };
      const scores = innerProducts(queries, rows, width);
      const found = products.scores(rows, { ...options, factors: queries });
      expectWithin(`${name}: scores`, found, scores.sums, bound(width, scores.sizes));
      const sums = innerProducts(weights, transposed(rows, width), count);
      const foundSums = products.rowSums(rows, { ...options, factors: weights });
      expectWithin(`${name}: sums`, foundSums, sums.sums, bound(count, sums.sizes));
    }

    it('any sizes', async () => {
      const sizes = fc.record({
        count: fc.integer({ min: 1, max: 40 }),
        width: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 120, max: 140 }), fc.constant(300)),
        others: fc.integer({ min: 1, max: 70 }),
        seed: fc.integer({ min: 0, max: 1000 }),
      });
      await check(sizes, 60, async ({ seed, ...problem }) => expectProducts(problem, new TestRandom(seed)));
    });

    it('a query has the same bits in any company', () => {
      const random = new TestRandom(3);
      for (const [count, width] of [
        [37, 1],
        [50, 19],
        [36, 128],
        [41, 300],
      ] as const) {
        const rows = random.normals(count * width);
        const queries = random.normals(70 * width);
        const weights = random.normals(70 * count);
        const options = { count, width, single, level };
        const all = products.scores(rows, { ...options, others: 70, factors: queries });
        const allSums = products.rowSums(rows, { ...options, others: 70, factors: weights });
        for (const [first, others] of [
          [0, 1],
          [69, 1],
          [5, 2],
          [8, 3],
          [12, 4],
          [3, 5],
          [1, 17],
          [20, 33],
        ] as const) {
          const end = first + others;
          const part = products.scores(rows, {
            ...options,
            others,
            factors: queries.slice(first * width, end * width),
          });
          expectSameBits(`scores of ${others}, width ${width}`, part, all.subarray(first * count, end * count));
          const partSums = products.rowSums(rows, {
            ...options,
            others,
            factors: weights.slice(first * count, end * count),
          });
          expectSameBits(`sums of ${others}`, partSums, allSums.subarray(first * width, end * width));
        }
      }
    });

    it('whole numbers are exact, and errors of one sign stay small', () => {
      const [count, width, others] = [40, 300, 20];
      const whole = (length: number) => new Float64Array(length).map((_, i) => (i % 7) - 3);
      const [rows, queries] = [whole(count * width), whole(others * width)];
      const scores = innerProducts(queries, rows, width);
      const options = { count, width, others, single, level };
      expect([...products.scores(rows, { ...options, factors: queries })]).toEqual(scores.sums);
      // Equal numbers round in one direction: a run of 128 columns is off by at most 64 units of a sum's last digit.
      const long = 4096;
      const constant = roundedIf(single, new Float64Array(long).fill(0.1));
      const [found] = products.scores(constant, { ...options, count: 1, width: long, others: 1, factors: constant });
      const exact = long * (constant[0] as number) ** 2;
      expect(Math.abs((found as number) - exact)).toBeLessThan(exact * (single ? SINGLE_EPSILON : DOUBLE_EPSILON) * 48);
    });
  });

  it('numbers that are not finite stay with their own row and query', () => {
    const [count, width, others] = [20, 130, 18];
    const random = new TestRandom(5);
    const [rows, queries] = [random.normals(count * width), random.normals(others * width)];
    rows[3 * width + 128] = Number.NaN;
    queries[7 * width + 1] = Number.POSITIVE_INFINITY;
    const found = products.scores(rows, { count, width, others, factors: queries, single: false, level });
    found.forEach((value, at) => {
      const [query, row] = [Math.floor(at / count), at % count];
      expect(Number.isFinite(value)).toBe(query !== 7 && row !== 3);
    });
  });
});

it('a level that is not there is refused', () => {
  const factors = Float64Array.of(1);
  const options = { count: 1, width: 1, others: 1, factors, single: false, level: 7 as 2 };
  expect(() => products.scores(factors, options)).toThrow(expect.objectContaining({ code: 'ERR_RANGE' }));
});
