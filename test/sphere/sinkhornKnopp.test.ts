/** Scaling of matrices to given sums: marginals, closed forms, invariances, patterns of zeros, extreme scales. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FloatMatrix, setThreads, sinkhornKnopp, threads } from '../../lib/index.ts';
import { sinkhornKnopp as referenceSinkhornKnopp } from '../reference/sphereTraining.ts';
import { expectRelative, expectSameBits, expectWithin } from '../support/assertions.ts';
import { check } from '../support/check.ts';
import { TestRandom } from '../support/random.ts';

function matrixOf(table: readonly (readonly number[])[]): FloatMatrix {
  return { rows: table.length, columns: (table[0] as readonly number[]).length, data: Float64Array.from(table.flat()) };
}

function sumsOf({ rows, columns, data }: FloatMatrix) {
  const rowSums = new Float64Array(rows);
  const columnSums = new Float64Array(columns);
  data.forEach((value, at) => {
    rowSums[Math.floor(at / columns)] = (rowSums[Math.floor(at / columns)] as number) + value;
    columnSums[at % columns] = (columnSums[at % columns] as number) + value;
  });
  return { rowSums, columnSums };
}

/** Row i times r_i and column j times c_j; `unit` keeps what is between in range. */
function scaled({ rows, columns, data }: FloatMatrix, r: ArrayLike<number>, c: ArrayLike<number>): FloatMatrix {
  const value = (x: number, at: number) => x * (r[Math.floor(at / columns)] as number) * (c[at % columns] as number);
  return { rows, columns, data: Float64Array.from(data, value) };
}

const even = (count: number, total = 1) => Float64Array.from({ length: count }, () => total / count);

interface Case {
  readonly matrix: FloatMatrix;
  readonly sums: { readonly rowSums: Float64Array; readonly columnSums: Float64Array };
  readonly random: TestRandom;
}

/** Positive matrices over a factor of e^3 up and down, with sums over a factor of ten. */
const cases: fc.Arbitrary<Case> = fc
  .record({ seed: fc.nat(), rows: fc.integer({ min: 1, max: 9 }), columns: fc.integer({ min: 1, max: 9 }) })
  .map(({ seed, rows, columns }) => {
    const random = new TestRandom(seed);
    const data = Float64Array.from({ length: rows * columns }, () => Math.exp(3 * random.normal()));
    const shares = (count: number) => {
      const parts = Array.from({ length: count }, () => 0.1 + random.uniform());
      const total = parts.reduce((a, b) => a + b, 0);
      return Float64Array.from(parts, (part) => part / total);
    };
    const sums = { rowSums: shares(rows), columnSums: shares(columns) };
    return { matrix: { rows, columns, data }, sums, random };
  });

// Sums of a few numbers near the tolerance of 1e-12.
const SUMS = 2e-12;

describe('the result', () => {
  it('has the sums, and is the matrix scaled', () =>
    check(cases, 200, async ({ matrix, sums }) => {
      const result = await sinkhornKnopp(matrix, sums);
      const found = sumsOf(result.matrix);
      expect(result.stopped).toBe('converged');
      expect(result.residual).toBeLessThanOrEqual(1e-12);
      expectRelative('row sums', found.rowSums, sums.rowSums, SUMS);
      expectRelative('column sums', found.columnSums, sums.columnSums, 1e-14);
      const again = scaled(matrix, result.rowScaling, result.columnScaling);
      expectRelative('scaled', again.data, result.matrix.data, 1e-15);
    }));

  it('is the one of the reference', () =>
    check(cases, 50, async ({ matrix, sums }) => {
      const { rows, columns, data } = matrix;
      const table = Array.from({ length: rows }, (_, i) => [...data.subarray(i * columns, (i + 1) * columns)]);
      const result = await sinkhornKnopp(matrix, sums);
      const sweeps = result.iterations + 5;
      const expected = referenceSinkhornKnopp(table, [...sums.rowSums], [...sums.columnSums], sweeps).flat();
      // Slow convergence, at a factor of 0.99 a sweep, leaves a hundred times the tolerance.
      expectRelative('matrix', result.matrix.data, expected, 1e-9);
    }));

  it('is unique: scaling rows and columns beforehand does not change it', () =>
    check(cases, 100, async ({ matrix, sums, random }) => {
      const factors = (count: number) => random.normals(count).map((x) => Math.exp(20 * x));
      const other = scaled(matrix, factors(matrix.rows), factors(matrix.columns));
      const [one, two] = [await sinkhornKnopp(matrix, sums), await sinkhornKnopp(other, sums)];
      expectRelative('matrix', two.matrix.data, one.matrix.data, 1e-9);
      // A fixed point, too.
      const again = await sinkhornKnopp(one.matrix, { ...sums, tolerance: SUMS });
      expect(again.iterations).toBe(1);
      expectRelative('again', again.matrix.data, one.matrix.data, SUMS);
      const t = again.rowScaling[0] as number;
      expectRelative('row scaling', again.rowScaling, new Float64Array(matrix.rows).fill(t), SUMS);
      expectRelative('column scaling', again.columnScaling, new Float64Array(matrix.columns).fill(1 / t), SUMS);
    }));

  it('follows a permutation and a transposition', () =>
    check(cases, 100, async ({ matrix: { rows, columns, data }, sums: { rowSums, columnSums } }) => {
      const result = await sinkhornKnopp({ rows, columns, data }, { rowSums, columnSums });
      const reversed = await sinkhornKnopp(
        { rows, columns, data: data.toReversed() },
        { rowSums: rowSums.toReversed(), columnSums: columnSums.toReversed() },
      );
      expectRelative('reversed', reversed.matrix.data, result.matrix.data.toReversed(), 1e-9);
      const flipped = (values: ArrayLike<number>) =>
        Float64Array.from({ length: rows * columns }, (_, at) => {
          return values[(at % rows) * columns + Math.floor(at / rows)] as number;
        });
      const transposed = await sinkhornKnopp(
        { rows: columns, columns: rows, data: flipped(data) },
        { rowSums: columnSums, columnSums: rowSums },
      );
      expectRelative('transposed', transposed.matrix.data, flipped(result.matrix.data), 1e-9);
    }));

  it('takes float32 and plain arrays, and leaves its input alone', async () => {
    const data = Float32Array.of(1, 2, 3, 4, 5, 6);
    const options = { rowSums: [0.5, 0.5], columnSums: [0.25, 0.25, 0.5] };
    const { matrix } = await sinkhornKnopp({ rows: 2, columns: 3, data }, options);
    const double = await sinkhornKnopp({ rows: 2, columns: 3, data: Float64Array.from(data) }, options);
    expectSameBits('matrix', matrix.data, double.matrix.data);
    expect([...data]).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

describe('closed forms', () => {
  it('rank one: the product of the sums, after one sweep', () =>
    check(cases, 50, async ({ matrix: { rows, columns }, sums, random }) => {
      const ones = { rows, columns, data: new Float64Array(rows * columns).fill(1) };
      const positive = (count: number) => random.normals(count).map(Math.exp);
      const result = await sinkhornKnopp(scaled(ones, positive(rows), positive(columns)), sums);
      expect(result.iterations).toBe(1);
      expectRelative('matrix', result.matrix.data, scaled(ones, sums.rowSums, sums.columnSums).data, 1e-14);
    }));

  it('2 x 2: a quadratic equation', () =>
    check(fc.tuple(fc.nat(), fc.integer({ min: -8, max: 8 })), 50, async ([seed, logRatio]) => {
      const random = new TestRandom(seed);
      const [r, c] = [0.1 + 0.8 * random.uniform(), 0.1 + 0.8 * random.uniform()];
      const ratio = 10 ** (logRatio / 2);
      const result = await sinkhornKnopp(
        matrixOf([
          [ratio, 1],
          [1, 1],
        ]),
        { rowSums: [r, 1 - r], columnSums: [c, 1 - c] },
      );
      // x (1 - r - c + x) = ratio (r - x) (c - x), since scaling keeps the cross ratio.
      const [a, b] = [1 - ratio, 1 - r - c + ratio * (r + c)];
      const root = Math.sqrt(b * b + 4 * a * ratio * r * c);
      const x = (2 * ratio * r * c) / (b + root);
      expectWithin('matrix', result.matrix.data, [x, r - x, c - x, 1 - r - c + x], 1e-10);
      expect(result.stopped).toBe('converged');
    }));

  it.each([1, 2, 7, 3000])('1 x %i and its transpose: the sums themselves', async (n) => {
    const random = new TestRandom(n);
    const data = random.normals(n).map(Math.exp);
    const columnSums = random.normals(n).map(Math.exp);
    const total = [columnSums.reduce((a, b) => a + b, 0)];
    const row = await sinkhornKnopp({ rows: 1, columns: n, data }, { rowSums: total, columnSums });
    const column = await sinkhornKnopp(
      { rows: n, columns: 1, data },
      { rowSums: columnSums, columnSums: total, tolerance: 1e-12 },
    );
    for (const { matrix, iterations } of [row, column]) {
      expectRelative('sums', matrix.data, columnSums, 1e-12);
      expect(iterations).toBe(1);
    }
  });
});

describe('zeros', () => {
  it('a pattern with a scaling keeps it', async () => {
    const matrix = matrixOf([
      [1, 2, 0],
      [0, 3, 4],
      [5, 0, 6],
    ]);
    const { matrix: result, stopped } = await sinkhornKnopp(matrix, { rowSums: [1, 1, 1], columnSums: [1, 1, 1] });
    expect(stopped).toBe('converged');
    // Rows (1 - x, x, 0), (0, 1 - x, x), (x, 0, 1 - x), and the cyclic ratio is kept.
    const x = 1 / (1 + Math.cbrt((1 * 3 * 6) / (2 * 4 * 5)));
    expectWithin('matrix', result.data, [1 - x, x, 0, 0, 1 - x, x, x, 0, 1 - x], 1e-11);
  });

  it('a triangle becomes diagonal, in the limit', async () => {
    const options = { rowSums: [1, 1], columnSums: [1, 1] };
    const triangle = matrixOf([
      [1, 1],
      [0, 1],
    ]);
    // The corner is 1/(2k), 1/(2k + 1) or so after k sweeps.
    for (const maxIterations of [10, 1000]) {
      const { matrix, residual, iterations, stopped } = await sinkhornKnopp(triangle, { ...options, maxIterations });
      expect([iterations, stopped]).toEqual([maxIterations, 'iterations']);
      expect(matrix.data[1]).toBeLessThan(1 / maxIterations);
      expect(matrix.data[1]).toBeGreaterThan(0.2 / maxIterations);
      expectWithin('diagonal', [matrix.data[0], matrix.data[3]] as number[], [1, 1], 1 / maxIterations);
      expect(residual).toBeGreaterThan(0.1 / maxIterations);
      expect(residual).toBeLessThan(1 / maxIterations);
    }
  });

  it('without any scaling the residual stays, and nothing overflows', async () => {
    const impossible = matrixOf([
      [1, 0, 0],
      [1, 0, 0],
      [1, 1, 1],
    ]);
    const result = await sinkhornKnopp(impossible, { rowSums: [1, 1, 1], columnSums: [1, 1, 1] });
    expect(result.stopped).toBe('iterations');
    // The first two rows can only share the one column that they have; the third gets all of the others.
    expectWithin('row sums', sumsOf(result.matrix).rowSums, [0.5, 0.5, 2], 1e-6);
    expectWithin('residual', [result.residual], [1], 1e-6);
    expect(result.matrix.data.every(Number.isFinite)).toBe(true);
    expectWithin('column sums', sumsOf(result.matrix).columnSums, [1, 1, 1], 1e-14);
  });

  it('rows and columns whose sum is to be zero become zero', async () => {
    const result = await sinkhornKnopp(
      matrixOf([
        [1, 2, 3],
        [4, 5, 6],
        [0, 7, 0],
      ]),
      { rowSums: [0.5, 0.5, 0], columnSums: [0.5, 0, 0.5] },
    );
    expect([result.stopped, result.rowScaling[2], result.columnScaling[1]]).toEqual(['converged', 0, 0]);
    const [a, , b, c, , d] = result.matrix.data;
    expectWithin('ratio', [((a as number) * (d as number)) / ((b as number) * (c as number))], [6 / 12], 1e-11);
    expect([1, 4, 6, 7, 8].map((at) => result.matrix.data[at])).toEqual([0, 0, 0, 0, 0]);
    const nothing = await sinkhornKnopp(matrixOf([[1, 2]]), { rowSums: [0], columnSums: [0, 0] });
    expect([[...nothing.matrix.data], nothing.stopped]).toEqual([[0, 0], 'converged']);
  });
});

describe('extreme scales', () => {
  const powers = (count: number, random: TestRandom) =>
    Float64Array.from({ length: count }, () => 10 ** (300 * random.uniform() - 150));

  it('rows and columns from 1e-150 to 1e150 make no difference', () =>
    check(cases, 100, async ({ matrix, sums, random }) => {
      const other = scaled(matrix, powers(matrix.rows, random), powers(matrix.columns, random));
      if (!other.data.every((value) => value > 1e-290 && Number.isFinite(value))) return;
      const [one, two] = [await sinkhornKnopp(matrix, sums), await sinkhornKnopp(other, sums)];
      expectRelative('matrix', two.matrix.data, one.matrix.data, 1e-9);
      const again = Float64Array.from(two.matrix.data, (_, at) => {
        const [r, c] = [two.rowScaling[Math.floor(at / matrix.columns)], two.columnScaling[at % matrix.columns]];
        // Powers of two in between: a product of two of the three may overflow.
        const unit = 2 ** Math.round(Math.log2(r as number) / 2);
        const value = (other.data[at] as number) * unit * (c as number) * ((r as number) / unit);
        return Number.isFinite(value) && value > 0 ? value : (two.matrix.data[at] as number);
      });
      expectRelative('scaled', again, two.matrix.data, 1e-12);
    }));

  it('independent numbers from 1e-150 to 1e150: the cross ratios are kept', () =>
    check(fc.nat(), 50, async (seed) => {
      const random = new TestRandom(seed);
      const data = powers(9, random);
      const result = await sinkhornKnopp({ rows: 3, columns: 3, data }, { rowSums: even(3), columnSums: even(3) });
      const log = (values: Float64Array, at: number) => Math.log(values[at] as number);
      for (const [a, b, c, d] of [
        [0, 1, 3, 4],
        [4, 5, 7, 8],
        [0, 2, 6, 8],
      ] as const) {
        const cross = (v: Float64Array) => log(v, a) - log(v, b) - log(v, c) + log(v, d);
        // Numbers of the result below the smallest normal one have lost digits, or all of them.
        if (Math.min(...[a, b, c, d].map((at) => result.matrix.data[at] as number)) < 1e-300) continue;
        expectWithin('cross ratio', [cross(result.matrix.data)], [cross(data)], 1e-11);
      }
      expect(result.matrix.data.every((value) => value >= 0 && value <= 1)).toBe(true);
      expectRelative('column sums', sumsOf(result.matrix).columnSums, even(3), 1e-14);
      expect(result.residual).toBeLessThanOrEqual(result.stopped === 'converged' ? 1e-12 : 1);
    }));

  it.each([1e-300, 1e-150, 1e150, 1e300])('sums of %f', (unit) =>
    check(cases, 20, async ({ matrix, sums }) => {
      const one = await sinkhornKnopp(matrix, sums);
      const times = (values: Float64Array) => values.map((value) => value * unit);
      const two = await sinkhornKnopp(matrix, { rowSums: times(sums.rowSums), columnSums: times(sums.columnSums) });
      expectRelative('matrix', two.matrix.data, times(one.matrix.data), 1e-9);
      expect(two.stopped).toBe('converged');
    }),
  );

  it('both scalings are about as large', async () => {
    const { rowScaling, columnScaling } = await sinkhornKnopp(matrixOf([[1e-200, 1e-200]]), {
      rowSums: [1],
      columnSums: [0.5, 0.5],
    });
    for (const scaling of [...rowScaling, ...columnScaling]) expectWithin('exponent', [Math.log10(scaling)], [100], 1);
  });
});

describe('large matrices', () => {
  it('the number of threads does not show', async () => {
    const random = new TestRandom(5);
    const [rows, columns] = [1100, 1300];
    const data = Float64Array.from({ length: rows * columns }, () => random.uniform() ** 4);
    const options = { rowSums: even(rows), columnSums: even(columns) };
    const before = threads();
    const results = [];
    for (const count of [1, 2, 3]) {
      setThreads(count);
      results.push(await sinkhornKnopp({ rows, columns, data }, options));
    }
    setThreads(before);
    const [first, ...others] = results as [(typeof results)[number], ...typeof results];
    expect(first.stopped).toBe('converged');
    expectRelative('row sums', sumsOf(first.matrix).rowSums, options.rowSums, SUMS);
    expectRelative('column sums', sumsOf(first.matrix).columnSums, options.columnSums, SUMS);
    for (const other of others) {
      expectSameBits('matrix', other.matrix.data, first.matrix.data);
      expectSameBits('rows', other.rowScaling, first.rowScaling);
      expectSameBits('columns', other.columnScaling, first.columnScaling);
      expect([other.iterations, other.residual]).toEqual([first.iterations, first.residual]);
    }
  });

  it('reports progress to its end and can be aborted', async () => {
    const n = 1000;
    // Nothing below the diagonal: it goes on for as long as it may.
    const data = Float64Array.from({ length: n * n }, (_, at) => (at % n >= Math.floor(at / n) ? 1 : 0));
    const triangle = { rows: n, columns: n, data };
    const options = { rowSums: even(n), columnSums: even(n) };
    const reports: { completed: number; total: number }[] = [];
    const onProgress = (progress: { completed: number; total: number }) => reports.push(progress);
    await sinkhornKnopp(triangle, { ...options, maxIterations: 100, onProgress });
    expect(reports.at(-1)).toEqual({ completed: 100, total: 100 });
    const reason = new Error('enough');
    await expect(sinkhornKnopp(triangle, { ...options, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const long = sinkhornKnopp(triangle, { ...options, maxIterations: 2 ** 31 - 1, signal: controller.signal });
    setTimeout(() => controller.abort(reason), 50);
    await expect(long).rejects.toBe(reason);
  });
});
