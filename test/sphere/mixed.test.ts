/** Training in mixed precision: its products, gradients, switch by beta, threads, checkpoints and refusals. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { setThreads, type TrainOptions, threads, VonMisesFisherMemory } from '../../lib/index.ts';
import { native } from '../../lib/native/addon.ts';
import { expectFailure, expectSameBits, expectWithin } from '../support/assertions.ts';
import { check } from '../support/check.ts';
import { TestRandom } from '../support/random.ts';
import { epoch, makeTrainer, stateOf, table } from './support.ts';

const { bfloat16Product } = native.products;
const one = { rows: 1, length: 1, columns: 1, b: Float64Array.of(1), isTransposed: false };
/** Whether this processor has the products; where it lacks them, the option changes nothing. */
const hasProducts = bfloat16Product(Float64Array.of(1), one) !== null;

const initialThreads = threads();
const folder = mkdtempSync(join(tmpdir(), 'denseam-mixed-'));
afterEach(() => setThreads(initialThreads));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** To the nearest number with 8 binary digits, to the even one of two. */
function toBfloat16(x: number): number {
  const bits = new Uint32Array(Float32Array.of(x).buffer);
  const word = bits[0] as number;
  bits[0] = (word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000;
  return new Float32Array(bits.buffer)[0] as number;
}

interface Product {
  readonly rows: number;
  readonly length: number;
  readonly columns: number;
  readonly isTransposed: boolean;
}

/** The product of the rounded factors, and the greatest sum of absolute terms. */
function plainProduct(a: Float64Array, b: Float64Array, { rows, length, columns, isTransposed }: Product) {
  const [x, y] = [a.map(toBfloat16), b.map(toBfloat16)];
  const sums: number[] = [];
  let size = 0;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let [sum, absolute] = [0, 0];
      for (let k = 0; k < length; k++) {
        const own = x[isTransposed ? k * rows + i : i * length + k] as number;
        const other = y[isTransposed ? j * length + k : k * columns + j] as number;
        sum += own * other;
        absolute += Math.abs(own * other);
      }
      sums.push(sum);
      size = Math.max(size, absolute);
    }
  }
  return { sums, size };
}

describe.runIf(hasProducts)('products in bfloat16', () => {
  const sides = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 45, max: 100 }));
  const sizes = fc.record({
    rows: sides,
    columns: sides,
    // A run of sums has 1024 terms.
    length: fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1020, max: 1030 })),
    isTransposed: fc.boolean(),
    seed: fc.integer({ min: 0, max: 1000 }),
  });

  it('are those of the rounded numbers', async () => {
    await check(sizes, 60, ({ seed, ...product }) => {
      const { rows, length, columns } = product;
      const random = new TestRandom(seed);
      const [a, b] = [random.normals(rows * length), random.normals(length * columns)];
      const { sums, size } = plainProduct(a, b, product);
      // A product of numbers with 8 digits is exact in float32; each of `length` sums is rounded.
      const found = bfloat16Product(a, { ...product, b }) as Float64Array;
      expectWithin(JSON.stringify(product), found, sums, size * (length + 1) * 2 ** -24);
    });
  });

  it('are exact for small integers', async () => {
    await check(sizes, 60, ({ seed, ...product }) => {
      const { rows, length, columns } = product;
      const random = new TestRandom(seed);
      const integers = (count: number) => random.normals(count).map((x) => Math.round(20 * x));
      const [a, b] = [integers(rows * length), integers(length * columns)];
      expect(Array.from(bfloat16Product(a, { ...product, b }) as Float64Array)).toEqual(
        plainProduct(a, b, product).sums.map((sum) => sum + 0),
      );
    });
  });
});

/** Rows about as many centres as there are classes, of norm 1. */
function clusters(count: number, dimension: number, classes: number) {
  const random = new TestRandom(7);
  const centres = random.normals(classes * dimension);
  const noise = random.normals(count * dimension);
  const values = new Float32Array(count * dimension);
  for (let i = 0; i < count; i++) {
    const row = Array.from({ length: dimension }, (_, j) => {
      return (centres[(i % classes) * dimension + j] as number) + 0.5 * (noise[i * dimension + j] as number);
    });
    values.set(
      row.map((x) => x / Math.hypot(...row)),
      i * dimension,
    );
  }
  return { count, dimension, values, labels: Array.from({ length: count }, (_, i) => 1 + (i % classes)), classes };
}

describe('gradients', () => {
  const data = clusters(300, 64, 5);
  const start = {
    dimension: 64,
    hiddenUnits: 40,
    labels: 6,
    hiddenShares: new Float64Array(41).fill(1 / 41),
    classShares: new Float64Array(6).fill(1 / 6),
    betaScale: 1,
    seed: 3n,
  };

  /** Velocities of the memories after a step from rest. */
  async function velocities(beta: number, precision: 'float32' | 'float64', isMixed: boolean): Promise<number[]> {
    const single = await native.initialSphereState({ ...start, beta, precision: 'float32' }).promise;
    const numbers = (values: ArrayLike<number>) =>
      precision === 'float32' ? Float32Array.from(values) : Float64Array.from(values);
    const { memories, memoryVelocities } = single;
    const state = { ...single, memories: numbers(memories), memoryVelocities: numbers(memoryVelocities) };
    const trainer = await makeTrainer({ x: table(data.values, 64), labels: data.labels }, state, { isMixed });
    await epoch(trainer);
    return [...(await stateOf(trainer)).memoryVelocities];
  }

  // Scores are rounded up to 30.4.
  it.each([1, 30, 31, 300])('at beta %d differ by a few thousandths from those in float64', async (beta) => {
    const exact = await velocities(beta, 'float64', false);
    const mixed = await velocities(beta, 'float32', true);
    const error = Math.hypot(...mixed.map((v, i) => v - (exact[i] as number))) / Math.hypot(...exact);
    // Two roundings of 2^-9 at most in each term; rounded scores move responsibilities by 1e-2 at most, as a standard error.
    expect(error).toBeLessThan(beta < 30.4 ? 2 ** -8 + 1e-2 : 2 ** -8);
    // And they are not those of float32, whose error is some 1e-6.
    if (hasProducts) expect(error).toBeGreaterThan(1e-4);
  });
});

describe('the option', () => {
  // More than a tile each way.
  const data = clusters(700, 520, 3);
  const options = {
    hiddenUnits: 530,
    batchSize: 540,
    beta: { trainedFrom: 30 },
    maxEpochs: 3,
    patience: 3,
    precision: 'mixed',
    seed: 2,
  } as const;

  it('gives the same bits with any number of threads', async () => {
    const run = async (count: number) => {
      setThreads(count);
      const { memories, classWeights, beta } = await VonMisesFisherMemory.train(data, options);
      return Float64Array.from([...memories, ...classWeights.data, beta]);
    };
    const alone = await run(1);
    for (const count of [2, 5]) expectSameBits(`${count} threads`, await run(count), alone);
  });

  it('is kept in a checkpoint', async () => {
    const checkpoint = join(folder, 'checkpoint');
    const whole = await VonMisesFisherMemory.train(data, options);
    const controller = new AbortController();
    const { signal } = controller;
    const stopped = VonMisesFisherMemory.train(data, {
      ...options,
      checkpoint,
      signal,
      onEpoch: () => controller.abort(new Error('stop')),
    });
    await expect(stopped).rejects.toThrow('stop');
    const resumed = await VonMisesFisherMemory.resume(checkpoint, data);
    expectSameBits('memories', resumed.memories, whole.memories);
    expect(resumed.history.map(({ loss }) => loss)).toEqual(whole.history.map(({ loss }) => loss));
    const { precision: _, ...others } = options;
    const single = await VonMisesFisherMemory.train(data, others);
    expect(single.memories.some((x, i) => x !== whole.memories[i])).toBe(hasProducts);
  });

  it('rounds scores up to a beta that grows with the root of the dimension', async () => {
    const firstLoss = async (dimension: number, effectiveBeta: number, precision?: 'mixed') => {
      const data = clusters(60, dimension, 3);
      const { history } = await VonMisesFisherMemory.train(data, {
        hiddenUnits: 10,
        initialMemories: data.values.slice(0, 10 * dimension),
        batchSize: 60,
        beta: 2 * effectiveBeta,
        betaScale: 0.5,
        validationShare: 0,
        maxEpochs: 1,
        precision,
      });
      return history[0]?.loss;
    };
    // 0.01 sqrt(N) / 0.00263
    for (const [dimension, least, greatest] of [
      [64, 30, 31],
      [784, 106, 107],
    ] as const) {
      expect((await firstLoss(dimension, least, 'mixed')) !== (await firstLoss(dimension, least))).toBe(hasProducts);
      expect(await firstLoss(dimension, greatest, 'mixed')).toBe(await firstLoss(dimension, greatest));
    }
  });

  it('splits memories as without it', async () => {
    const grown = { ...options, hiddenUnits: 40, splitting: { from: 20, epochs: 1 } };
    const { history } = await VonMisesFisherMemory.train(data, grown);
    expect(history.map(({ hiddenUnits }) => hiddenUnits)).toEqual([20, 40, 40]);
  });

  it('is refused for float64, and so is every other value', async () => {
    const train = (values: Float32Array | Float64Array, precision: unknown) => () =>
      VonMisesFisherMemory.train({ ...data, values }, { ...options, precision } as TrainOptions);
    await expectFailure(train(Float64Array.from(data.values), 'mixed'), 'ERR_RANGE', 'options.precision', 'float64');
    for (const other of ['float32', 'full', true, null]) {
      await expectFailure(train(data.values, other), 'ERR_RANGE', 'options.precision', '"mixed"');
    }
  });
});
