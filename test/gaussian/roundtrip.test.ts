/** What comes out of a memory goes into every function, whatever precision its numbers once had. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  commonBasis,
  GaussianMemory,
  type Gaussians,
  gaussiansFrom,
  perturb,
  toBasis,
  toFull,
} from '../../lib/index.ts';
import { eigen, spectralFunction } from '../reference/eigen.ts';
import { squareRoot } from '../reference/extended.ts';
import { gaussianAt, type ReferenceGaussian, squaredWasserstein } from '../reference/gaussian.ts';
import { expectFailure, expectSameBits, expectWithin } from '../support/assertions.ts';
import { randomRotation, rotatedDiagonal } from '../support/cases.ts';
import { TestRandom } from '../support/random.ts';

/** A matrix of rank one, rounded to float32: its least eigenvalue is -2.6e-9. */
const RANK_ONE = Float32Array.from([0.09, 0.15, 0.15, 0.25]);

/** Sample covariances X' X / n of n < d samples, summed and rounded in float32. */
function sampleCovariances(count: number, dimension: number, samples: number, seed: number): Gaussians {
  const random = new TestRandom(seed);
  const covariances = new Float32Array(count * dimension * dimension);
  for (let i = 0; i < count; i++) {
    const own = covariances.subarray(i * dimension ** 2, (i + 1) * dimension ** 2);
    for (let n = 0; n < samples; n++) {
      const x = Float32Array.from({ length: dimension }, () => random.normal() / Math.sqrt(samples));
      for (let j = 0; j < dimension; j++) {
        const xj = x[j] as number;
        for (let k = 0; k < dimension; k++) {
          own[j * dimension + k] = (own[j * dimension + k] as number) + xj * (x[k] as number);
        }
      }
    }
  }
  const means = Float32Array.from({ length: count * dimension }, () => random.normal());
  return { count, dimension, structure: 'full', means, covariances };
}

/** The Gaussian whose covariance is the positive part: what an indefinite one stands for. */
function positivePart({ mean, covariance }: ReferenceGaussian): ReferenceGaussian {
  const root = spectralFunction(eigen(covariance), squareRoot);
  return { mean, covariance: root.times(root).symmetrised() };
}

const inDouble = (items: Gaussians): Gaussians => ({
  ...items,
  means: Float64Array.from(items.means),
  covariances: Float64Array.from(items.covariances),
});

describe('a rank-one covariance in float32', () => {
  const items: Gaussians = {
    count: 1,
    dimension: 2,
    structure: 'full',
    means: new Float32Array(2),
    covariances: RANK_ONE,
  };

  it('is at distance 0 from itself, however it comes back', async () => {
    const memory = await GaussianMemory.create(items);
    const got = await memory.get([0]);
    expectSameBits('covariances', got.covariances, RANK_ONE);
    const ways: Gaussians[] = [
      items,
      got,
      { ...items, means: new Float64Array(2) },
      await gaussiansFrom({
        means: { shape: [1, 2], data: new Float64Array(2) },
        covariances: { shape: [1, 2, 2], data: RANK_ONE },
        kind: 'covariance',
      }),
    ];
    for (const query of ways) {
      expectWithin('distance', (await memory.distances(query)).data, [0], 1e-30);
      expectWithin('nearest', (await memory.nearest(query)).distances, [0], 1e-30);
      expectWithin('energy', await memory.energy(query, { beta: 2 }), [0], 1e-30);
      expectWithin('weights', (await memory.weights(query, { beta: 2 })).data, [1], 0);
      const other = await GaussianMemory.create(query);
      expectWithin('created', (await other.distances(got)).data, [0], 1e-30);
      await other.add(got);
      expect(other.size).toBe(2);
      expectSameBits('again', (await other.get([1])).covariances, RANK_ONE);
    }
  });

  it('is refused where a map is asked for, and a ridge that is visible in float64 is enough', async () => {
    const memory = await GaussianMemory.create(items);
    await expectFailure(() => memory.step(items, { beta: 1 }), 'ERR_NOT_POSITIVE_DEFINITE', /ridge/);
    // Less than what rounding to float32 took from the least eigenvalue.
    const next = await memory.step(items, { beta: 1, ridge: 1e-12 });
    expectWithin('covariance', next.covariances, RANK_ONE, 1e-7);
  });

  it('is the same in a saved and loaded memory', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'denseam-'));
    try {
      for (const given of [items, inDouble(items)]) {
        const path = join(directory, 'memory.safetensors');
        const memory = await GaussianMemory.create(given);
        await memory.save(path);
        const loaded = await GaussianMemory.load(path);
        const got = await loaded.get([0]);
        expectSameBits('covariances', got.covariances, RANK_ONE);
        expectWithin('distance', (await loaded.distances(got)).data, [0], 1e-30);
      }
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('can be perturbed, and is then at that distance', async () => {
    const memory = await GaussianMemory.create(items);
    for (const covariances of ['general', 'commuting'] as const) {
      const moved = await perturb(await memory.get([0]), 0.25, { covariances, seed: 4 });
      const { data } = await memory.distances(moved);
      expectWithin('distance', data, [0.25 ** 2], 1e-9 * 0.25 ** 2);
      const other = await GaussianMemory.create(moved);
      expectWithin('distance', (await other.distances(items)).data, [0.25 ** 2], 1e-9 * 0.25 ** 2);
    }
  });

  it('is refused when its negative eigenvalue is more than rounding', async () => {
    const broken = { ...items, covariances: Float64Array.of(0.09, 0.15, 0.15, 0.2499) };
    await expectFailure(() => GaussianMemory.create(broken), 'ERR_NOT_POSITIVE_DEFINITE', /items.covariances\[0\]/);
  });
});

describe('float32 covariances of fewer samples than dimensions', () => {
  it.each([
    [3, 2, 40],
    [7, 3, 9],
    [20, 6, 20],
    [64, 20, 5],
    [100, 30, 3],
  ])('agree with their positive parts: d = %i, %i samples', async (dimension, samples, count) => {
    const items = sampleCovariances(count, dimension, samples, dimension);
    const memory = await GaussianMemory.create(items);
    const indices = Array.from({ length: Math.min(count, 3) }, (_, i) => i);
    const queries = await memory.get(indices);
    const { data } = await memory.distances(queries);
    const references = Array.from({ length: count }, (_, i) => positivePart(gaussianAt(inDouble(items), i)));
    for (const q of indices) {
      const row = data.subarray(q * count, (q + 1) * count);
      const expected = references.map((item) =>
        dimension > 20 ? undefined : squaredWasserstein(item, references[q] as ReferenceGaussian),
      );
      expected.forEach((value, i) => {
        if (value !== undefined)
          expectWithin(`distance ${q} to ${i}`, [row[i] as number], [value], 1e-9 * value + 1e-12);
      });
      expect(row[q]).toBeLessThanOrEqual(1e-24 * dimension);
      expect(row[q]).toBe(Math.min(...row));
    }
    await GaussianMemory.create(queries);
    await memory.add(queries);
  });

  it('295 samples in 800 dimensions: what was stored is found again', { timeout: 120_000 }, async () => {
    const items = sampleCovariances(2, 800, 295, 3);
    const memory = await GaussianMemory.create(items, { index: false });
    const query = await memory.get([1]);
    const { data } = await memory.distances(query);
    expect(data[1]).toBeLessThanOrEqual(1e-20);
    expect(data[0]).toBeGreaterThan(100);
    const again = await GaussianMemory.create(query, { index: false });
    expect((await again.distances(query)).data[0]).toBeLessThanOrEqual(1e-20);
  });

  it('items removed, added and mixed with others are what they were', async () => {
    const items = sampleCovariances(24, 10, 3, 6);
    const all = await GaussianMemory.create(items);
    const memory = await GaussianMemory.create(items);
    const query = await all.get([5, 11]);
    await memory.remove([0, 1, 2, 17]);
    const kept = Array.from({ length: 24 }, (_, i) => i).filter((i) => ![0, 1, 2, 17].includes(i));
    const [whole, rest] = [(await all.distances(query)).data, (await memory.distances(query)).data];
    expectSameBits(
      'distances',
      rest,
      [0, 24].flatMap((row) => kept.map((i) => whole[row + i] as number)),
    );
  });
});

describe('basis functions', () => {
  /** Covariances with common eigenvectors, of which half are zeros, rounded to float32. */
  function commuting(dimension: number, count: number): Gaussians {
    const random = new TestRandom(8);
    const rotation = randomRotation(random, dimension);
    const covariances = new Float32Array(count * dimension ** 2);
    for (let i = 0; i < count; i++) {
      const values = Float64Array.from({ length: dimension }, (_, k) => (k % 2 === 0 ? 0 : 1 + k + random.uniform()));
      covariances.set(rotatedDiagonal(values, rotation), i * dimension ** 2);
    }
    return { count, dimension, structure: 'full', means: new Float32Array(count * dimension), covariances };
  }

  it('take float32 covariances from a memory, and queries of one along a basis', async () => {
    const items = commuting(6, 5);
    const stored = await (await GaussianMemory.create(items)).get([0, 1, 2, 3, 4]);
    expect(stored.covariances).toBeInstanceOf(Float64Array);
    const basis = await commonBasis(stored);
    if (basis === undefined) expect.fail('no common basis');
    const along = await toBasis(stored, basis);
    const memory = await GaussianMemory.create(along);
    const { data } = await memory.distances(stored);
    for (let i = 0; i < 5; i++) expect(data[i * 6]).toBeLessThanOrEqual(1e-20);
    const full = await GaussianMemory.create(await toFull(along));
    expect((await full.distances(await toFull(stored))).data[0]).toBeLessThanOrEqual(1e-4);
  });

  it('still refuse float64 covariances that are off by more than their rounding', async () => {
    const items = commuting(4, 3);
    const basis = await commonBasis(items);
    if (basis === undefined) expect.fail('no common basis');
    const along = await toBasis(items, basis);
    const exact = await toFull(along);
    const off = { ...exact, covariances: Float64Array.from(exact.covariances) };
    off.covariances[1] = off.covariances[4] = (off.covariances[1] as number) + 1e-7;
    await expectFailure(() => toBasis(off, basis), 'ERR_RANGE', /diagonal in the basis/);
  });
});
