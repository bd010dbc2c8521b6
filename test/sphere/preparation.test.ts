/** Data on its way to the sphere: exact zeros, all scales, and patches in their order. */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import {
  imagePatches,
  type RawArray,
  type RawVectors,
  sampleUniformSphere,
  setThreads,
  threads,
  toSphere,
} from '../../lib/index.ts';
import { expectFailure, expectSameBits, expectWithin } from '../support/assertions.ts';
import { check } from '../support/check.ts';
import { TestRandom } from '../support/random.ts';

const initialThreads = threads();
afterAll(() => setThreads(initialThreads));

const one = (values: RawArray): RawVectors => ({ count: 1, dimension: values.length, values });

/** A row minus its mean, of length 1: Neumaier's sums of numbers scaled by the largest one. */
function reference(row: ArrayLike<number>, centre = true): number[] {
  const numbers = Array.from(row);
  const scale = Math.max(...numbers.map(Math.abs));
  if (scale === 0) return numbers;
  const scaled = numbers.map((x) => x / scale);
  const mean = centre ? exactSum(scaled) / scaled.length : 0;
  const deviations = scaled.map((x) => x - mean);
  const length = Math.sqrt(exactSum(deviations.map((x) => x * x)));
  return deviations.map((x) => (length === 0 ? 0 : x / length));
}

function exactSum(numbers: readonly number[]): number {
  let [sum, rest] = [0, 0];
  for (const x of numbers) {
    const next = sum + x;
    rest += Math.abs(sum) >= Math.abs(x) ? sum - next + x : x - next + sum;
    sum = next;
  }
  return sum + rest;
}

const bytes = fc.uint8Array({ minLength: 2, maxLength: 70 });

describe('toSphere of bytes', () => {
  it('is the centred row divided by its length', async () => {
    await check(bytes, 300, async (values) => {
      const { values: single } = await toSphere(one(values));
      expect(single).toBeInstanceOf(Float32Array);
      const { values: double } = await toSphere(one(values), { precision: 'float64' });
      // The integers n x - sum are exact: roundings of the length and of the quotient remain.
      const sum = values.reduce((total, x) => total + x, 0);
      const centred = Array.from(values, (x) => values.length * x - sum);
      const length = Math.sqrt(centred.reduce((total, x) => total + x * x, 0));
      const expected = centred.map((x) => (length === 0 ? 0 : x / length));
      expectWithin('float64', double, expected, (i) => 1e-15 * Math.abs(expected[i] as number));
      expectSameBits('float32', single, Float32Array.from(double));
    });
  });

  it('is exactly zero for every constant row, and for no other', async () => {
    for (const dimension of [1, 3, 36, 784]) {
      const count = 256;
      const values = Uint8Array.from({ length: count * dimension }, (_, at) => Math.floor(at / dimension));
      const { values: zeros } = await toSphere({ count, dimension, values });
      expect(zeros.every((x) => x === 0)).toBe(true);
    }
    for (let at = 0; at < 784; at += 87) {
      const values = new Uint8Array(784).fill(255);
      values[at] = 254;
      const { values: point } = await toSphere(one(values), { precision: 'float64' });
      // One pixel against 783: -sqrt(783 / 784) and 1 / sqrt(784 783).
      expectWithin('point', [point[at] as number], [-Math.sqrt(783 / 784)], 1e-15);
      expectWithin('rest', [point[(at + 1) % 784] as number], [1 / Math.sqrt(784 * 783)], 1e-17);
    }
  });

  it('keeps constant rows without centring, except zeros', async () => {
    const data = { count: 3, dimension: 4, values: Uint8Array.of(7, 7, 7, 7, 0, 0, 0, 0, 0, 3, 4, 0) };
    const { values } = await toSphere(data, { centre: false });
    expectWithin('values', values, [0.5, 0.5, 0.5, 0.5, 0, 0, 0, 0, 0, 0.6, 0.8, 0], 1e-7);
  });
});

describe('toSphere of floating-point numbers', () => {
  it('agrees with compensated sums at every scale', async () => {
    const cases = fc.tuple(fc.integer({ min: 2, max: 400 }), fc.integer({ min: -1040, max: 1020 }), fc.boolean());
    await check(cases, 200, async ([dimension, exponent, centre]) => {
      const random = new TestRandom(dimension + exponent);
      const values = random.normals(dimension).map((x) => (1 + x / 4) * 2 ** (exponent / 2) * 2 ** (exponent / 2));
      const { values: actual } = await toSphere(one(values), { centre });
      expect(actual).toBeInstanceOf(Float64Array);
      // A few roundings of the row's largest number, which its deviations are a quarter of, in units of its length.
      expectWithin('values', actual, reference(values, centre), 1e-14);
      const length = Math.sqrt(exactSum(Array.from(actual, (x) => x * x)));
      expectWithin('length', [length], [1], 1e-15);
      if (centre) expectWithin('sum', [exactSum(Array.from(actual))], [0], 1e-14);
    });
  });

  it.each([1e-300, 1e300, 5e-324, Number.MAX_VALUE, 2 ** -1074 * 3])('takes numbers of size %d', async (scale) => {
    const { values } = await toSphere(one(Float64Array.of(scale, 0, -scale, 0)));
    // Two roundings: of the length and of the quotient.
    expectWithin('values', values, [Math.SQRT1_2, 0, -Math.SQRT1_2, 0], 2 ** -52);
    const { values: plain } = await toSphere(one(Float64Array.of(scale, scale)), { centre: false });
    expectWithin('values', plain, [Math.SQRT1_2, Math.SQRT1_2], 2 ** -52);
  });

  it('is exactly zero for constant rows of any length and value', async () => {
    for (const dimension of [1, 2, 3, 7, 36, 784, 5000]) {
      const constants = [0.1, 1 / 3, -1e-300, 1e300, 5e-324, Math.PI * 1e7, 0, Number.MAX_VALUE];
      const values = Float64Array.from(constants.flatMap((c) => Array<number>(dimension).fill(c)));
      const data = { count: constants.length, dimension, values };
      expect((await toSphere(data)).values.every((x) => x === 0)).toBe(true);
      const singles = Float32Array.from(values, (x) => (Math.abs(x) > 1e38 ? 1e38 : x));
      const { values: zeros } = await toSphere({ ...data, values: singles });
      expect(zeros).toBeInstanceOf(Float32Array);
      expect(zeros.every((x) => x === 0)).toBe(true);
    }
  });

  it('takes rows for constant up to four roundings of their own precision', async () => {
    const row = (spread: number) => Float64Array.of(3 - spread, 3, 3 + spread);
    const isZero = async (values: RawArray) => (await toSphere(one(values))).values.every((x) => x === 0);
    const [single, double] = [2 ** -23 * 3, 2 ** -52 * 3];
    expect(await isZero(row(3 * double))).toBe(true);
    expect(await isZero(row(6 * double))).toBe(false);
    expect(await isZero(Float32Array.from(row(3 * single)))).toBe(true);
    expect(await isZero(Float32Array.from(row(6 * single)))).toBe(false);
    // What is dust in one precision is not in the other.
    expect(await isZero(row(3 * single))).toBe(false);
    // Offsets that float32 arithmetic leaves, as in 0.1 + 0.2 - 0.3 of a caller's own normalisation.
    expect(await isZero(Float64Array.of(0.1 + 0.2, 0.3, 0.3, 0.3))).toBe(true);
  });

  it('is zero for one-dimensional rows when centred, else their sign', async () => {
    const data = { count: 4, dimension: 1, values: Float64Array.of(5, -1e-300, 0, 1e300) };
    expect([...(await toSphere(data)).values]).toEqual([0, 0, 0, 0]);
    expect([...(await toSphere(data, { centre: false })).values]).toEqual([1, -1, 0, 1]);
  });

  it('leaves points of the sphere where they are', async () => {
    const sample = await sampleUniformSphere({ count: 50, dimension: 20 });
    const { values } = await toSphere(sample, { centre: false });
    expectWithin('values', values, sample.values, 1e-15);
  });

  it('chooses the precision', async () => {
    const double = Float64Array.of(1, 2, 4);
    const single = Float32Array.from(double);
    const expected = (await toSphere(one(double))).values;
    expect((await toSphere(one(double), { precision: 'float32' })).values).toEqual(Float32Array.from(expected));
    expect((await toSphere(one(single), { precision: 'float64' })).values).toEqual(expected);
    expect((await toSphere(one(single))).values).toEqual(Float32Array.from(expected));
  });
});

describe('toSphere', () => {
  /** More rows than one native call takes, some of them constant. */
  function large(seed: number) {
    const [count, dimension] = [9000, 300];
    const random = new TestRandom(seed);
    const values = Float64Array.from({ length: count * dimension }, (_, at) =>
      Math.floor(at / dimension) % 7 === 0 ? 0.3 : random.uniform(),
    );
    return { count, dimension, values };
  }

  it('works row by row, whatever the parts and threads', async () => {
    const data = large(1);
    setThreads(1);
    const { values } = await toSphere(data);
    setThreads(2);
    expectSameBits('two threads', (await toSphere(data)).values, values);
    for (const row of [0, 1, 1746, 1747, 1748, 8999]) {
      const own = data.values.subarray(row * 300, (row + 1) * 300);
      expectSameBits(`row ${row}`, (await toSphere(one(own))).values, values.subarray(row * 300, (row + 1) * 300));
      expectWithin(
        `row ${row}`,
        values.subarray(row * 300, (row + 1) * 300),
        row % 7 ? reference(own) : Array(300).fill(0),
        1e-14,
      );
    }
  });

  it('reads subarrays at their offset and leaves the input as it is', async () => {
    for (const type of [Uint8Array, Float32Array, Float64Array]) {
      const values = type.of(9, 9, 9, 1, 2, 4, 8, 9);
      const before = values.slice();
      const data = { count: 2, dimension: 2, values: values.subarray(3, 7) };
      expectWithin(
        'values',
        (await toSphere(data)).values,
        [-1, 1, -1, 1].map((x) => x * Math.SQRT1_2),
        1e-7,
      );
      expect(values).toEqual(before);
    }
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'names row and column of %d',
    async (bad) => {
      for (const type of [Float32Array, Float64Array]) {
        const data = { count: 9000, dimension: 300, values: new type(9000 * 300) };
        data.values[8000 * 300 + 17] = bad;
        data.values[8500 * 300 + 3] = bad;
        const mention = `data.values[8000][17] but received ${bad}`;
        const error = await expectFailure(() => toSphere(data), 'ERR_NOT_FINITE');
        expect(error.message).toContain(mention);
      }
    },
  );

  it('does not hold up the event loop, reports progress and stops', async () => {
    const data = { count: 20_000, dimension: 784, values: new Uint8Array(20_000 * 784).map((_, i) => i % 251) };
    const reports: number[] = [];
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await toSphere(data, { onProgress: ({ completed }) => reports.push(completed) });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(3);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(reports.at(-1)).toBe(20_000);
    const reason = new Error('enough');
    await expect(toSphere(data, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const call = toSphere(data, { signal: controller.signal });
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
  });

  const good = { count: 2, dimension: 2, values: Float64Array.of(1, 2, 3, 4) };
  it.each<[Record<string, unknown>, Record<string, unknown>, string, string]>([
    [{ count: 0 }, {}, 'ERR_SHAPE', 'data.count'],
    [{ count: 3 }, {}, 'ERR_SHAPE', 'data.values'],
    [{ dimension: 0 }, {}, 'ERR_SHAPE', 'data.dimension'],
    [{ dimension: 1.5 }, {}, 'ERR_SHAPE', 'data.dimension'],
    [{ dimension: 2 ** 52 }, {}, 'ERR_SHAPE', 'data.values'],
    [{ values: [1, 2, 3, 4] }, {}, 'ERR_SHAPE', 'data.values'],
    [{ values: Int32Array.of(1, 2, 3, 4) }, {}, 'ERR_SHAPE', 'data.values'],
    [{ values: undefined }, {}, 'ERR_SHAPE', 'data.values'],
    [{ values: new Uint8Array(0) }, {}, 'ERR_SHAPE', 'data.values'],
    [{}, { centre: 1 }, 'ERR_RANGE', 'options.centre'],
    [{}, { center: true }, 'ERR_RANGE', 'center'],
    [{}, { precision: 'float16' }, 'ERR_RANGE', 'options.precision'],
  ])('refuses %o with %o', async (data, options, code, mention) => {
    await expectFailure(() => toSphere({ ...good, ...data } as never, options), code as 'ERR_RANGE', mention);
  });

  it('has read a small array before it returns', async () => {
    const values = Float64Array.of(1, 2, 4, 8);
    const expected = await toSphere(one(values));
    const call = toSphere(one(values));
    values.fill(5);
    structuredClone(values.buffer, { transfer: [values.buffer] });
    expectSameBits('values', (await call).values, expected.values);
  });

  it('fails when a large array is transferred away meanwhile', async () => {
    const { values, ...shape } = { count: 9000, dimension: 300, values: new Float64Array(9000 * 300) };
    const call = toSphere({ ...shape, values });
    structuredClone(values.buffer, { transfer: [values.buffer] });
    await expectFailure(() => call, 'ERR_SHAPE', /data\.values .* detached/);
  });

  it('refuses an array that was transferred away', async () => {
    const values = Float64Array.of(1, 2, 3, 4);
    structuredClone(values.buffer, { transfer: [values.buffer] });
    await expectFailure(() => toSphere({ ...good, values }), 'ERR_SHAPE', /data\.values .* detached/);
  });
});

describe('imagePatches', () => {
  /** By the definition: pixel (i, j) of patch (row, column). */
  function cut(image: ArrayLike<number>, height: number, width: number, size: number, stride: number): number[] {
    const patches: number[] = [];
    for (let row = 0; row * stride + size <= height; row++) {
      for (let column = 0; column * stride + size <= width; column++) {
        for (let i = 0; i < size; i++) {
          for (let j = 0; j < size; j++) {
            patches.push(image[(row * stride + i) * width + column * stride + j] as number);
          }
        }
      }
    }
    return patches;
  }

  it('cuts every patch, in order', async () => {
    const cases = fc.record({
      count: fc.integer({ min: 1, max: 4 }),
      height: fc.integer({ min: 1, max: 12 }),
      width: fc.integer({ min: 1, max: 12 }),
      stride: fc.integer({ min: 1, max: 13 }),
      share: fc.integer({ min: 0, max: 11 }),
      type: fc.constantFrom(Uint8Array, Float32Array, Float64Array),
    });
    await check(cases, 300, async ({ count, height, width, stride, share, type }) => {
      const size = 1 + (share % Math.min(height, width));
      const random = new TestRandom(height * 100 + width);
      const pixels = height * width;
      // At an offset, which counts.
      const values = type.from(Array.from({ length: 3 + count * pixels }, () => random.below(256))).subarray(3);
      const patches = await imagePatches({ count, height, width, values }, { size, stride });
      const images = Array.from({ length: count }, (_, i) => values.subarray(i * pixels, (i + 1) * pixels));
      const expected = images.flatMap((image) => cut(image, height, width, size, stride));
      expect(patches.values).toBeInstanceOf(type);
      expectSameBits('patches', patches.values, expected);
      expect(patches.rows).toBe(Math.floor((height - size) / stride) + 1);
      expect(patches.columns).toBe(Math.floor((width - size) / stride) + 1);
      expect([patches.count, patches.dimension]).toEqual([count * patches.rows * patches.columns, size * size]);
    });
  });

  it('cuts 144 patches of 6 x 6 from a digit of 28 x 28 by default, which toSphere takes', async () => {
    const count = 500;
    const random = new TestRandom(1);
    const values = Uint8Array.from({ length: count * 784 }, () => (random.uniform() < 0.8 ? 0 : random.below(256)));
    const patches = await imagePatches({ count, height: 28, width: 28, values });
    expect([patches.count, patches.dimension, patches.rows, patches.columns]).toEqual([count * 144, 36, 12, 12]);
    // More than one part.
    const last = values.subarray((count - 1) * 784);
    expectSameBits('last image', patches.values.subarray((count - 1) * 5184), cut(last, 28, 28, 6, 2));
    const { values: points } = await toSphere(patches);
    expect(points).toHaveLength(count * 144 * 36);
  });

  it('a patch may be the whole image or one pixel', async () => {
    const values = Float32Array.of(1, 2, 3, 4, 5, 6);
    const whole = await imagePatches({ count: 1, height: 2, width: 3, values }, { size: 2, stride: 100 });
    expect([...whole.values]).toEqual([1, 2, 4, 5]);
    const pixels = await imagePatches({ count: 1, height: 2, width: 3, values }, { size: 1, stride: 1 });
    expect([pixels.count, ...pixels.values]).toEqual([6, 1, 2, 3, 4, 5, 6]);
  });

  it('is the same for any number of threads, reports progress and stops', async () => {
    const count = 3000;
    const images = { count, height: 28, width: 28, values: new Uint8Array(count * 784).map((_, i) => i % 253) };
    setThreads(1);
    const alone = await imagePatches(images);
    setThreads(2);
    const reports: number[] = [];
    const both = await imagePatches(images, { onProgress: ({ completed }) => reports.push(completed) });
    expectSameBits('patches', both.values, alone.values);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(reports.at(-1)).toBe(count);
    const reason = new Error('enough');
    await expect(imagePatches(images, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  const good = { count: 1, height: 8, width: 7, values: new Uint8Array(56) };
  it.each<[Record<string, unknown>, Record<string, unknown>, string, string]>([
    [{ count: 2 }, {}, 'ERR_SHAPE', 'images.values'],
    [{ count: 0 }, {}, 'ERR_SHAPE', 'images.count'],
    [{ height: 0 }, {}, 'ERR_SHAPE', 'images.height'],
    [{ width: Number.NaN }, {}, 'ERR_SHAPE', 'images.width'],
    [{ values: new Uint16Array(56) }, {}, 'ERR_SHAPE', 'images.values'],
    [{}, { size: 8 }, 'ERR_RANGE', 'options.size'],
    [{}, { size: 0 }, 'ERR_RANGE', 'options.size'],
    [{}, { size: 2.5 }, 'ERR_RANGE', 'options.size'],
    [{}, { stride: 0 }, 'ERR_RANGE', 'options.stride'],
    [{}, { stride: '2' }, 'ERR_RANGE', 'options.stride'],
    [{}, { step: 2 }, 'ERR_RANGE', 'step'],
  ])('refuses %o with %o', async (images, options, code, mention) => {
    await expectFailure(() => imagePatches({ ...good, ...images } as never, options), code as 'ERR_RANGE', mention);
  });
});
