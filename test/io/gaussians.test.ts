import { writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FloatArray } from '../../lib/core/types.ts';
import { gaussiansFrom, readGaussians, type ShapedArray, type SpreadKind } from '../../lib/io/gaussians.ts';
import { formatNpy } from '../../lib/io/numpy/npy.ts';
import { check } from '../support/check.ts';
import { zipFile } from './archives.ts';
import { expectFault, temporaryDirectory } from './support.ts';

const file = temporaryDirectory();

const array = (shape: number[], data: FloatArray | number[]): ShapedArray => ({
  shape,
  data: Array.isArray(data) ? new Float64Array(data) : data,
});

const means = array([2, 3], [1, 2, 3, 4, 5, 6]);

const from = (shape: number[], numbers: FloatArray | number[], kind: SpreadKind) =>
  gaussiansFrom({ means, covariances: array(shape, numbers), kind });

describe('the kind and the shapes say what the numbers are', () => {
  test('covariance', async () => {
    const covariances = Array.from({ length: 18 }, (_, i) => i - 4);
    expect(await from([2, 3, 3], covariances, 'covariance')).toEqual({
      count: 2,
      dimension: 3,
      structure: 'full',
      means: means.data,
      covariances: new Float64Array(covariances),
    });
  });

  test('variance', async () => {
    const diagonal = await from([2, 3], [0, 1, 2, 3, 4, 5], 'variance');
    expect(diagonal).toMatchObject({ structure: 'diagonal', covariances: new Float64Array([0, 1, 2, 3, 4, 5]) });
    for (const shape of [[2], [2, 1]]) {
      const isotropic = await from(shape, [0, 1], 'variance');
      expect(isotropic).toMatchObject({ structure: 'isotropic', covariances: new Float64Array([0, 1]) });
    }
  });

  test('standardDeviation is squared, logVariance exponentiated', async () => {
    const numbers = fc.float64Array({ min: -100, max: 100, noNaN: true, minLength: 6, maxLength: 6 });
    await check(numbers, 100, async (values) => {
      const exponentiated = await from([2, 3], values, 'logVariance');
      expect(exponentiated.covariances).toEqual(values.map((value) => Math.exp(value)));
      const deviations = values.map(Math.abs);
      const squared = await from([2, 3], deviations, 'standardDeviation');
      expect(squared.covariances).toEqual(values.map((value) => value ** 2));
      expect(deviations).toEqual(values.map(Math.abs)); // the input is not changed
    });
  });

  test('one dimension', async () => {
    const line = array([2, 1], [1, 2]);
    const structure = async (shape: number[], kind: SpreadKind) =>
      (await gaussiansFrom({ means: line, covariances: array(shape, [1, 2]), kind })).structure;
    expect(await structure([2, 1], 'variance')).toBe('diagonal');
    expect(await structure([2], 'variance')).toBe('isotropic');
    expect(await structure([2, 1, 1], 'covariance')).toBe('full');
  });

  test('float32 stays float32; a mixture becomes float64', async () => {
    const single = array([2, 3], new Float32Array([1, 2, 3, 4, 5, 6]));
    const deviations = new Float32Array([0.1, 0.2]);
    const both = await gaussiansFrom({ means: single, covariances: array([2], deviations), kind: 'standardDeviation' });
    expect(both.means).toBe(single.data);
    expect(both.covariances).toEqual(deviations.map((value) => value * value));
    const mixed = await gaussiansFrom({ means, covariances: array([2], deviations), kind: 'standardDeviation' });
    expect(mixed.covariances).toEqual(Float64Array.from(deviations, (value) => value * value));
    const other = await gaussiansFrom({ means: single, covariances: array([2], [1, 2]), kind: 'variance' });
    expect(other.means).toEqual(new Float64Array([1, 2, 3, 4, 5, 6]));
  });
});

describe('numbers and shapes that are not good', () => {
  test.each<[string, number[], FloatArray | number[], SpreadKind, RegExp]>([
    [
      'full for variances',
      [2, 3, 3],
      new Float64Array(18),
      'variance',
      /\(2, 3\) or \(2\) or \(2, 1\) .* \(2, 3, 3\)$/,
    ],
    [
      'diagonal for covariance',
      [2, 3],
      new Float64Array(6),
      'covariance',
      /\(2, 3, 3\) .* of kind covariance .* \(2, 3\)$/,
    ],
    ['other count', [3, 3], new Float64Array(9), 'variance', /beside means of shape \(2, 3\) but received \(3, 3\)$/],
    ['other dimension', [2, 2], new Float64Array(4), 'logVariance', /received \(2, 2\)$/],
    ['transposed', [3, 2], new Float64Array(6), 'variance', /received \(3, 2\)$/],
    ['no axes', [], [1], 'variance', /received \(\)$/],
    ['data too short', [2, 3], [1, 2], 'variance', /shape \(2, 3\) for covariances\.data but received 2$/],
  ])('%s', async (_, shape, numbers, kind, message) => {
    await expectFault(from(shape, numbers, kind), 'ERR_SHAPE', message);
  });

  test.each<[string, number[], number[]]>([
    ['a single vector', [3], [1, 2, 3]],
    ['no Gaussians', [0, 3], []],
    ['no dimensions', [2, 0], []],
    ['three axes', [1, 1, 1], [1]],
  ])('means of %s', async (_, shape, numbers) => {
    const call = gaussiansFrom({ means: array(shape, numbers), covariances: array([2], [1, 2]), kind: 'variance' });
    await expectFault(call, 'ERR_SHAPE', /Expected shape \(n, d\) with n and d at least 1 for means/);
  });

  test.each([
    ['variance', 'ERR_NOT_POSITIVE_DEFINITE', [1, 1, 1, 1, 1, -1e-300], /covariances\[1, 2\] but received -1e-300/],
    ['standardDeviation', 'ERR_RANGE', [1, -2, 1, 1, 1, 1], /at least 0 for covariances\[0, 1\] but received -2/],
    ['standardDeviation', 'ERR_RANGE', [1, 1, 1, 1e200, 1, 1], /within float64 for covariances\[1, 0\] .* 1e\+200/],
    ['logVariance', 'ERR_RANGE', [1, 1, 1, 1, 710, 1], /within float64 for covariances\[1, 1\] but received 710/],
    ['variance', 'ERR_NOT_FINITE', [Number.NaN, 1, 1, 1, 1, 1], /covariances\[0, 0\] but received NaN/],
    ['variance', 'ERR_NOT_FINITE', [1, 1, 1, 1, 1, Number.POSITIVE_INFINITY], /covariances\[1, 2\] .* Infinity/],
    ['logVariance', 'ERR_NOT_FINITE', [1, 1, Number.NEGATIVE_INFINITY, 1, 1, 1], /covariances\[0, 2\] .* -Infinity/],
  ] as const)('%s: %s', async (kind, code, numbers, message) => {
    await expectFault(from([2, 3], [...numbers], kind), code, message);
  });

  test('what overflows only in float32', async () => {
    const single = array([1, 1], new Float32Array([0]));
    const covariances = array([1], new Float32Array([89]));
    const call = gaussiansFrom({ means: single, covariances, kind: 'logVariance' });
    await expectFault(call, 'ERR_RANGE', /within float32 for covariances\[0\] but received 89/);
    await gaussiansFrom({ means: array([1, 1], [0]), covariances, kind: 'logVariance' });
  });

  test('NaN in the means and in a covariance, beyond the first block', async () => {
    const n = 200_000;
    const many = new Float64Array(n);
    many[n - 1] = Number.NaN;
    const ones = array([n], new Float64Array(n).fill(1));
    const call = gaussiansFrom({ means: array([n, 1], many), covariances: ones, kind: 'variance' });
    await expectFault(call, 'ERR_NOT_FINITE', /means\[199999, 0\] but received NaN/);
    const full = new Float64Array(18);
    full[9 + 5] = Number.NaN;
    await expectFault(from([2, 3, 3], full, 'covariance'), 'ERR_NOT_FINITE', /covariances\[1, 1, 2\]/);
  });

  test('a kind that is not said, and what is no array', async () => {
    const kind = undefined as unknown as SpreadKind;
    await expectFault(
      from([2], [1, 2], kind),
      'ERR_RANGE',
      /"variance", "standardDeviation", .* but received undefined/,
    );
    await expectFault(from([2], [1, 2], 'toString' as SpreadKind), 'ERR_RANGE', /received "toString"/);
    await expectFault(
      readGaussians('none', undefined as never),
      'ERR_SHAPE',
      /an object with kind for options but received undefined/,
    );
    const missing = gaussiansFrom({ means, covariances: undefined as never, kind: 'variance' });
    await expectFault(missing, 'ERR_SHAPE', /for covariances but received undefined/);
    for (const data of [[1, 2], new BigInt64Array(2), new DataView(new ArrayBuffer(16))] as never[]) {
      const call = gaussiansFrom({ means, covariances: { shape: [2], data }, kind: 'variance' });
      await expectFault(
        call,
        'ERR_SHAPE',
        /with a typed array of numbers for covariances but received .* data: (an array|BigInt64A|DataV)/,
      );
    }
  });

  test('integers, as numpy saves whole numbers', async () => {
    const arrays = {
      means: { shape: [2, 1], data: Int32Array.of(3, -4) },
      covariances: { shape: [2], data: Uint8Array.of(1, 0) },
    };
    const gaussians = await gaussiansFrom({ ...arrays, kind: 'variance' });
    expect(gaussians.means).toEqual(Float64Array.of(3, -4));
    expect(gaussians.covariances).toEqual(Float64Array.of(1, 0));
  });

  test('stops with the reason of the signal', async () => {
    const signal = AbortSignal.abort(new Error('stop'));
    const call = gaussiansFrom({ means, covariances: array([2], [1, 2]), kind: 'variance' }, { signal });
    await expect(call).rejects.toBe(signal.reason);
  });
});

describe('files', () => {
  const meansFile = formatNpy([2, 3], means.data);
  const deviationsFile = formatNpy([2], new Float64Array([2, 3]));
  const expected = {
    count: 2,
    dimension: 3,
    structure: 'isotropic',
    means: means.data,
    covariances: new Float64Array([4, 9]),
  };

  test("an .npz file, with names of one's own", async () => {
    const members = [
      { name: 'mu.npy', bytes: meansFile },
      { name: 'sigma.npy', bytes: deviationsFile, deflate: true },
    ];
    await writeFile(file('a.npz'), zipFile(members));
    const options = { kind: 'standardDeviation', means: 'mu', covariances: 'sigma' } as const;
    expect(await readGaussians(file('a.npz'), options)).toEqual(expected);
    const call = readGaussians(file('a.npz'), { kind: 'variance' });
    await expectFault(call, 'ERR_CORRUPT_FILE', /no array "means", only \[mu, sigma\]/);
  });

  test('two .npy files', async () => {
    await writeFile(file('means.npy'), meansFile);
    await writeFile(file('deviations.npy'), deviationsFile);
    const paths = { means: file('means.npy'), covariances: file('deviations.npy') };
    expect(await readGaussians(paths, { kind: 'standardDeviation' })).toEqual(expected);
    const missing = readGaussians({ ...paths, covariances: file('none.npy') }, { kind: 'variance' });
    await expect(missing).rejects.toMatchObject({ code: 'ENOENT', path: file('none.npy') });
  });
});
