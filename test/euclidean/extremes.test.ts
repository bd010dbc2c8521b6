/**
 * Very large and very small vectors and temperatures, coincidences, one item, one dimension: finite and right, never
 * NaN.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DenseamError } from '../../lib/core/errors.ts';
import { EuclideanMemory, GaussianMemory, type Gaussians, type Vectors } from '../../lib/index.ts';
import { ReferenceEuclideanMemory, vectorAt } from '../reference/euclidean.ts';
import { toNumber } from '../reference/extended.ts';
import { expectFailure, expectSameBits, expectWithin, largest } from '../support/assertions.ts';
import { check } from '../support/check.ts';
import { TestRandom } from '../support/random.ts';
import { vectors } from './vectors.ts';

type Precision = 'float32' | 'float64';
type FloatArrayType = new (values: ArrayLike<number>) => Float32Array | Float64Array;

interface Parameters {
  readonly seed: number;
  readonly precision: Precision;
  readonly dimension: number;
  readonly items: number;
  /** Numbers are about 2 to this, exactly so many times those of the reference. */
  readonly exponent: number;
  /** Every item is the same. */
  readonly identical: boolean;
  /** A query is this far from an item. */
  readonly closeness: number;
  /** beta times a typical squared distance, 10 to this. */
  readonly logSharpness: number;
}

/** Powers of two: to where squares fall below float32 or float64, and to where they overflow it. */
const exponents = {
  float32: fc.oneof(
    fc.integer({ min: -100, max: 63 }),
    fc.integer({ min: -75, max: -50 }),
    fc.integer({ min: 58, max: 63 }),
  ),
  float64: fc.oneof(fc.integer({ min: -480, max: 511 }), fc.integer({ min: 500, max: 511 })),
};

const parameters = fc
  .record({
    seed: fc.nat(0xffffffff),
    precision: fc.constantFrom<Precision>('float32', 'float64'),
    dimension: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 6 })),
    items: fc.integer({ min: 1, max: 9 }),
    identical: fc.boolean(),
    closeness: fc.constantFrom(0, 1e-6, 1e-2, 1),
    logSharpness: fc.integer({ min: -8, max: 8 }),
  })
  .chain((p): fc.Arbitrary<Parameters> => exponents[p.precision].map((exponent) => ({ ...p, exponent })));

interface Case extends Parameters {
  /** Vectors of size 1, then at the scale that is tested. */
  readonly items1: Vectors;
  readonly queries1: Vectors;
  readonly itemBatch: Vectors;
  readonly queryBatch: Vectors;
}

function scaled({ count, dimension, values }: Vectors, exponent: number, precision: Precision): Vectors {
  const Floats = precision === 'float32' ? Float32Array : Float64Array;
  return { count, dimension, values: new Floats(Array.from(values, (x) => x * 2 ** exponent)) };
}

const cases = parameters.map((p): Case => {
  const random = new TestRandom(p.seed);
  const normals = () => random.normals(p.dimension).map(Math.fround);
  const first = normals();
  const items = Array.from({ length: p.items }, () => (p.identical ? first : normals()));
  const queries = Array.from({ length: 3 }, () =>
    (items[random.below(p.items)] as Float64Array).map((x) => Math.fround(x + p.closeness * random.normal())),
  );
  const [items1, queries1] = [vectors(items), vectors(queries)];
  const [itemBatch, queryBatch] = [items1, queries1].map((batch) => scaled(batch, p.exponent, p.precision));
  return { ...p, items1, queries1, itemBatch: itemBatch as Vectors, queryBatch: queryBatch as Vectors };
});

/** Squares of these, of up to six of them, surely fit; beyond it what does not is refused by name. */
const surelyFits = { float32: 59, float64: 506 };
const relative = { float32: 2e-6, float64: 1e-11 };
const weightError = { float32: 1e-4, float64: 1e-9 };

async function created(random: Case): Promise<EuclideanMemory | undefined> {
  try {
    const memory = await EuclideanMemory.create(random.itemBatch);
    await memory.distances(random.queryBatch);
    return memory;
  } catch (error) {
    expect(error).toBeInstanceOf(DenseamError);
    expect(error).toMatchObject({ code: 'ERR_RANGE' });
    expect(random.exponent).toBeGreaterThan(surelyFits[random.precision]);
    return undefined;
  }
}

async function compare(random: Case): Promise<void> {
  const { exponent, precision, items, dimension, queryBatch, items1, queries1 } = random;
  const memory = await created(random);
  if (memory === undefined) return;
  const reference = new ReferenceEuclideanMemory(items1);
  const square = 4 ** exponent;
  const beta1 = 10 ** random.logSharpness;
  const beta = beta1 / square;
  const distances = (await memory.distances(queryBatch)).data;
  const nearest = await memory.nearest(queryBatch, { k: items });
  const [weights, energy, next] = [
    (await memory.weights(queryBatch, { beta })).data,
    await memory.energy(queryBatch, { beta }),
    await memory.step(queryBatch, { beta }),
  ];
  const found = await memory.retrieve(queryBatch, { beta, tolerance: 0, maxIterations: 2 });
  for (const array of [found.states.values, found.nearestDistance, found.stepLength]) {
    expect(array.every(Number.isFinite)).toBe(true);
  }
  for (let q = 0; q < queryBatch.count; q++) {
    const query = vectorAt(queries1, q);
    const exact = reference.distances(query).map(toNumber);
    const row = <T extends Float64Array>(data: T) => data.subarray(q * items, (q + 1) * items);
    const at = exact.map((distance) => square * distance);
    // Below 1e-300 a double has no more digits; distances that are 0 in theory are.
    expectWithin('distances', row(distances), at, (i) => relative[precision] * (at[i] as number) + 1e-320);
    const sorted = at.toSorted((a, b) => a - b);
    expectWithin('nearest', row(nearest.distances), sorted, (i) => 1e-14 * (sorted[i] as number) + 1e-320);
    expect(Math.min(...row(distances))).toBe(nearest.distances[q * items]);
    // exp(-beta D) multiplies what rounding changes in a distance of 10 by beta.
    const own = weightError[precision] + 1e-15 * beta1 * Math.min(...exact);
    expectWithin('weights', row(weights), reference.weights(query, beta1), own);
    const expected = square * reference.energy(query, beta1);
    const slack = 1e-14 * Math.abs(sorted[0] as number) + own / beta + 1e-320;
    // Where beta is small, log(items) / beta overflows before distances do.
    const fits = Math.log(items) / beta < 1e308;
    if (fits) expectWithin('energy', [energy[q] as number], [expected], slack);
    else expect(energy[q]).toBeLessThan(0);
    const size = largest(items1.values);
    const state = reference.step(query, beta1).map((x) => x * 2 ** exponent);
    const reached = next.values.subarray(q * dimension, (q + 1) * dimension);
    expectWithin('step', reached, state, (2 * items * own + 4 * relative[precision]) * size * 2 ** exponent);
  }
}

describe('vectors of any size', () => {
  it('agree with the same ones of size 1', async () => {
    await check(cases, 500, compare);
  });

  it('beta from 1e-8 to 1e8 at size 1, many items', async () => {
    const random = new TestRandom(8);
    for (const Floats of [Float32Array, Float64Array]) {
      const items: Vectors = { count: 1100, dimension: 1, values: Floats.from(random.normals(1100)) };
      const queries: Vectors = { count: 9, dimension: 1, values: Floats.from(random.normals(9)) };
      const memory = await EuclideanMemory.create(items);
      for (let power = -8; power <= 8; power++) {
        const beta = 10 ** power;
        const found = await memory.retrieve(queries, { beta, tolerance: 0, maxIterations: 5 });
        const { data } = await memory.weights(queries, { beta });
        for (const array of [found.states.values, found.energy, found.nearestDistance, data]) {
          expect(array.every(Number.isFinite)).toBe(true);
        }
        for (let q = 0; q < queries.count; q++) {
          const least = found.nearestDistance[q] as number;
          const energy = found.energy[q] as number;
          expect(energy).toBeLessThanOrEqual(least);
          expect(energy).toBeGreaterThanOrEqual(least - (Math.log(1100) * (1 + 1e-6)) / beta);
          const sum = data.subarray(q * 1100, (q + 1) * 1100).reduce((a, b) => a + b);
          expectWithin('sum', [sum], [1], 1e-12);
        }
      }
    }
  });
});

describe('retrieve with the default tolerance', () => {
  const random = new TestRandom(21);
  const means = random.normals(24).map(Math.fround);
  const variances = random.normals(24).map((x) => Math.fround(0.3 + x * x));

  /** Six items in four dimensions, or a query near one of them, times `scale`. */
  function memoryAt(kind: 'vectors' | 'diagonal' | 'isotropic', Floats: FloatArrayType, scale: number) {
    const times = (values: Float64Array, factor: number, by: number) => new Floats(values.map((x) => x * by * factor));
    const batch = (count: number, by: number): Gaussians => ({
      count,
      dimension: 4,
      structure: kind === 'isotropic' ? 'isotropic' : 'diagonal',
      means: times(means.subarray(0, 4 * count), scale, by),
      covariances: times(variances.subarray(0, kind === 'isotropic' ? count : 4 * count), scale * scale, by),
    });
    const toVectors = ({ count, dimension, means: values }: Gaussians): Vectors => ({ count, dimension, values });
    const options = { beta: 0.3 / (scale * scale), maxIterations: 500 };
    return kind === 'vectors'
      ? EuclideanMemory.create(toVectors(batch(6, 1))).then((memory) =>
          memory.retrieve(toVectors(batch(1, 1.25)), options),
        )
      : GaussianMemory.create(batch(6, 1)).then((memory) => memory.retrieve(batch(1, 1.25), options));
  }

  // About 1e-150, 1e-20, 1e20 and 1e150; in float32 to where variances and squares still are numbers.
  const scales: [FloatArrayType, number[]][] = [
    [Float64Array, [-498, -66, 66, 498]],
    [Float32Array, [-56, -20, 20, 56]],
  ];

  it.each(['vectors', 'diagonal', 'isotropic'] as const)(
    'stops after the same steps at every scale: %s',
    async (kind) => {
      for (const [Floats, exponents] of scales) {
        const here = await memoryAt(kind, Floats, 1);
        expect(here.stopped).toEqual(['converged']);
        expect(here.iterations[0]).toBeGreaterThan(2);
        for (const exponent of exponents) {
          const found = await memoryAt(kind, Floats, 2 ** exponent);
          expect(found.stopped).toEqual(['converged']);
          expect(found.iterations).toEqual(here.iterations);
          expect(found.nearest).toEqual(here.nearest);
          const square = 4 ** exponent;
          // Weights that single precision leaves are off by 1e-4 at most.
          const relative = Floats === Float32Array ? 1e-3 : 1e-11;
          const expected = here.nearestDistance.map((distance) => distance * square);
          expectWithin('nearestDistance', found.nearestDistance, expected, relative * square);
        }
      }
    },
  );
});

describe('opposite ends of a precision', () => {
  it('float32: vectors whose squared distance overflows float32', async () => {
    const values = Float32Array.of(1.8e19, -1.8e19, 1.7e19);
    const items: Vectors = { count: 3, dimension: 1, values };
    const memory = await EuclideanMemory.create(items);
    const expected = [...values].flatMap((x) => [...values].map((y) => (x - y) ** 2));
    const { data } = await memory.distances(items);
    expectWithin('distances', data, expected, (i) => 1e-15 * (expected[i] as number));
    expect([...(await memory.nearest(items, { k: 2 })).indices]).toEqual([0, 2, 1, 2, 2, 0]);
    const found = await memory.retrieve(items, { beta: 1 });
    expect([...found.nearest]).toEqual([0, 1, 2]);
    expectSameBits('states', found.states.values, values);
    // The means of all three, which such a beta makes equal.
    const flat = await memory.step(items, { beta: 1e-50 });
    const mean = [...values].reduce((a, b) => a + b) / 3;
    expectWithin('mean', flat.values, [mean, mean, mean], 1e-6 * 1.8e19);
  });

  it('float32: far off the origin, what is stored is taken as a query', async () => {
    const values = Float32Array.of(1e20, 1e20 + 2e13, 1e20 - 1e14);
    const items: Vectors = { count: 3, dimension: 1, values };
    const memory = await EuclideanMemory.create(items);
    const expected = [...values].flatMap((x) => [...values].map((y) => (x - y) ** 2));
    expectWithin('distances', (await memory.distances(items)).data, expected, (i) => 2e-6 * (expected[i] as number));
  });

  it('float64: what would overflow is refused by name, never infinite', async () => {
    const at = (x: number): Vectors => ({ count: 1, dimension: 1, values: Float64Array.of(x) });
    await expectFailure(() => EuclideanMemory.create(at(1e160)), 'ERR_RANGE', 'items.values[0]');
    const opposite = vectors([Float64Array.of(1e154), Float64Array.of(-1e154)]);
    await expectFailure(() => EuclideanMemory.create(opposite), 'ERR_RANGE', 'items.values[0]');
    const memory = await EuclideanMemory.create(at(6e153));
    await expectFailure(() => memory.distances(at(-1e154)), 'ERR_RANGE', 'queries.values[0]');
    const { data } = await memory.distances(at(-6e153));
    expectWithin('distance', data, [1.44e308], 1e294);
  });

  it('float64: differences whose squares underflow are 0', async () => {
    const items = vectors([Float64Array.of(1e-170), Float64Array.of(3e-170)]);
    const memory = await EuclideanMemory.create(items);
    expectSameBits('distances', (await memory.distances(items)).data, [0, 0, 0, 0]);
    const found = await memory.retrieve(items, { beta: 1e8 });
    expect([...found.states.values].every(Number.isFinite)).toBe(true);
    expectWithin('energy', found.energy, [-Math.log(2) / 1e8, -Math.log(2) / 1e8], 1e-24);
  });
});

describe('the energy', () => {
  it('counts an item far behind the nearest', async () => {
    for (const Floats of [Float32Array, Float64Array]) {
      const items: Vectors = { count: 2, dimension: 4, values: Floats.of(0, 0, 0, 0, 6, 2, 0, 0) };
      const memory = await EuclideanMemory.create(items);
      const query: Vectors = { count: 1, dimension: 4, values: new Floats(4) };
      // -log1p(e^-40)
      const right = -4.248354255291589e-18;
      const error = Floats === Float32Array ? 1e-5 : 1e-13;
      expectWithin('energy', await memory.energy(query, { beta: 1 }), [right], error * -right);
      const found = await memory.retrieve(query, { beta: 1, maxIterations: 0 });
      expectWithin('retrieve', found.energy, [right], error * -right);
    }
  });

  it('of one item is its distance, to the bit', async () => {
    const random = new TestRandom(3);
    for (const Floats of [Float32Array, Float64Array]) {
      for (const dimension of [1, 7, 200]) {
        const memory = await EuclideanMemory.create({
          count: 1,
          dimension,
          values: Floats.from(random.normals(dimension)),
        });
        const queries: Vectors = { count: 40, dimension, values: Floats.from(random.normals(40 * dimension)) };
        const energy = await memory.energy(queries, { beta: 0.3 });
        expectSameBits('energy', energy, (await memory.distances(queries)).data);
        expectSameBits('nearest', energy, (await memory.nearest(queries)).distances);
      }
    }
  });
});
