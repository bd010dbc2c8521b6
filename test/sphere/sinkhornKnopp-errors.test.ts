/** Scaling of matrices to given sums: what cannot be scaled. */
import { describe, expect, it } from 'vitest';
import { type FloatMatrix, type SinkhornKnoppOptions, sinkhornKnopp } from '../../lib/index.ts';
import { expectFailure, largest } from '../support/assertions.ts';

function matrixOf(table: readonly (readonly number[])[]): FloatMatrix {
  return { rows: table.length, columns: (table[0] as readonly number[]).length, data: Float64Array.from(table.flat()) };
}

const even = (count: number) => new Float64Array(count).fill(1 / count);

describe('bad input', () => {
  const good = matrixOf([
    [1, 2],
    [3, 4],
  ]);
  const sums = { rowSums: [0.5, 0.5], columnSums: [0.5, 0.5] };
  const withOptions = (options: object) => sinkhornKnopp(good, { ...sums, ...options } as SinkhornKnoppOptions);
  const withNumber = (at: number, value: number) =>
    sinkhornKnopp({ ...good, data: good.data.map((x, i) => (i === at ? value : x)) }, sums);

  it('the matrix', async () => {
    await expectFailure(() => sinkhornKnopp(null as never, sums), 'ERR_SHAPE', /matrix/);
    await expectFailure(() => sinkhornKnopp({ ...good, rows: 0 }, sums), 'ERR_SHAPE', /matrix\.rows/);
    await expectFailure(() => sinkhornKnopp({ ...good, columns: 3 }, sums), 'ERR_SHAPE', /matrix\.data/);
    await expectFailure(() => sinkhornKnopp({ ...good, data: [1, 2, 3, 4] as never }, sums), 'ERR_SHAPE', /data/);
    await expectFailure(() => withNumber(2, -1e-9), 'ERR_RANGE', /matrix\.data\[2\].*-1e-09/);
    await expectFailure(() => withNumber(3, Number.NaN), 'ERR_NOT_FINITE', /matrix\.data\[3\]/);
    await expectFailure(() => withNumber(0, Number.POSITIVE_INFINITY), 'ERR_NOT_FINITE', /matrix\.data\[0\]/);
  });

  it('options', async () => {
    await expectFailure(() => sinkhornKnopp(good, undefined as never), 'ERR_SHAPE', /options/);
    await expectFailure(() => withOptions({ rowSums: undefined }), 'ERR_SHAPE', /options\.rowSums/);
    await expectFailure(() => withOptions({ rowSums: [1] }), 'ERR_SHAPE', /options\.rowSums/);
    await expectFailure(() => withOptions({ columnSums: ['1', 0] }), 'ERR_SHAPE', /options\.columnSums\[0\]/);
    await expectFailure(() => withOptions({ columnSums: [1.5, -0.5] }), 'ERR_RANGE', /options\.columnSums\[1\].*-0\.5/);
    await expectFailure(() => withOptions({ rowSums: [Number.NaN, 1] }), 'ERR_NOT_FINITE', /options\.rowSums\[0\]/);
    await expectFailure(() => withOptions({ rowSums: [0.5, 0.6] }), 'ERR_RANGE', /total.*1\.1 and 1/);
    await expectFailure(() => withOptions({ tolerance: -1 }), 'ERR_RANGE', /options\.tolerance/);
    await expectFailure(() => withOptions({ maxIterations: 0 }), 'ERR_RANGE', /options\.maxIterations/);
    await expectFailure(() => withOptions({ sweeps: 3 }), 'ERR_RANGE', /sweeps/);
  });

  it('totals: 1e-9 apart is an error, less is taken out', async () => {
    const columnSums = [0.3, 0.7];
    await expectFailure(() => withOptions({ rowSums: [0.5, 0.5 + 2e-9], columnSums }), 'ERR_RANGE', /total/);
    const { stopped, residual } = await withOptions({ rowSums: [0.5, 0.5 + 5e-10], columnSums });
    expect([stopped, residual <= 1e-12]).toEqual(['converged', true]);
  });

  it('totals: what float32 leaves is taken out, in whatever array, but not from counts', async () => {
    const shares = Float32Array.of(1 / 7, 6 / 7).map((share) => share * 0.7);
    const [a, b] = [shares[0] as number, shares[1] as number];
    for (const list of [shares, Float64Array.from(shares), [a, b]]) {
      for (const options of [
        { rowSums: list, columnSums: [0.3, 0.4] },
        { rowSums: [0.3, 0.4], columnSums: list },
      ]) {
        expect(Math.abs(a + b - 0.7)).toBeGreaterThan(1e-9);
        expect((await withOptions(options)).stopped).toBe('converged');
      }
    }
    await expectFailure(() => withOptions({ rowSums: shares, columnSums: [0.3, 0.40002] }), 'ERR_RANGE', /total/);
    const counts = {
      rowSums: Float32Array.of(3_000_000, 4_000_000),
      columnSums: Float32Array.of(2_000_000, 5_000_001),
    };
    await expectFailure(() => withOptions(counts), 'ERR_RANGE', /7e\+06 and 7000001/);
    // Beyond 2^24 float32 rounds integers, too: 1e8 / 3 and 2e8 / 3 become 33333334 and 66666668.
    const large = { rowSums: Float32Array.of(1e8 / 3, 2e8 / 3), columnSums: [4e7, 6e7] };
    expect((await withOptions(large)).stopped).toBe('converged');
  });

  it('rows and columns of zeros, also where only columns of sum zero fill them', async () => {
    const zeroRow = matrixOf([
      [1, 2],
      [0, 0],
    ]);
    await expectFailure(() => sinkhornKnopp(zeroRow, sums), 'ERR_RANGE', /options\.rowSums\[1\].*0\.5.*row 1/);
    const zeroColumn = matrixOf([
      [1, 0],
      [2, 0],
    ]);
    await expectFailure(() => sinkhornKnopp(zeroColumn, sums), 'ERR_RANGE', /options\.columnSums\[1\].*column 1/);
    const corner = matrixOf([
      [1, 1],
      [0, 1],
    ]);
    const options = { rowSums: [0.5, 0.5], columnSums: [1, 0] };
    await expectFailure(() => sinkhornKnopp(corner, options), 'ERR_RANGE', /options\.rowSums\[1\].*row 1/);
  });

  it('an array that is transferred away while it is copied', async () => {
    const n = 1500; // 18 MB: several parts
    const data = new Float64Array(n * n).fill(1);
    const call = sinkhornKnopp({ rows: n, columns: n, data }, { rowSums: even(n), columnSums: even(n) });
    structuredClone(data, { transfer: [data.buffer] });
    await expectFailure(() => call, 'ERR_SHAPE', /matrix\.data.*detached/);
  });

  it('largest number: finite', async () => {
    const data = Float64Array.of(Number.MAX_VALUE, 1, 1, Number.MIN_VALUE);
    const { matrix } = await sinkhornKnopp({ rows: 2, columns: 2, data }, sums);
    expect(largest(matrix.data)).toBeLessThanOrEqual(0.5);
  });
});
