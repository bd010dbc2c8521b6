/** Transport maps: against the reference, and by what defines them, T_i # query = item i. */
import { describe, expect, it } from 'vitest';
import { GaussianMemory, type Gaussians, type TransportMaps } from '../../lib/index.ts';
import { type Extended, ExtendedMatrix, multiply, toNumber } from '../reference/extended.ts';
import { gaussianAt, ReferenceMemory } from '../reference/gaussian.ts';
import { expectNormwise, expectSameBits, expectWithin } from '../support/assertions.ts';
import { buildCase, type Case, cases } from '../support/cases.ts';
import { check } from '../support/check.ts';
import { AGREEMENT } from '../support/tolerances.ts';

function firstOf(batch: Gaussians): Gaussians {
  const { count, means, covariances } = batch;
  const head = (values: Gaussians['means']) => values.subarray(0, values.length / count);
  return { ...batch, count: 1, means: head(means), covariances: head(covariances) };
}

/** Matrix k written out in full, whatever the structure. */
function matrixAt({ structure, dimension: d, matrices }: TransportMaps, k: number): ExtendedMatrix {
  if (structure === 'full') return new ExtendedMatrix(d, matrices.subarray(k * d * d, (k + 1) * d * d));
  const entry = (i: number) => matrices[structure === 'diagonal' ? k * d + i : k] as number;
  return ExtendedMatrix.diagonal(Array.from({ length: d }, (_, i): Extended => [entry(i), 0]));
}

async function compareMaps({ itemBatch, queryBatch, items, dimension, structure }: Case): Promise<void> {
  const memory = await GaussianMemory.create(itemBatch);
  const reference = new ReferenceMemory(itemBatch);
  const indices = Array.from({ length: items }, (_, k) => items - 1 - k);
  const query = firstOf(queryBatch);
  const maps = await memory.transportMaps(query, indices);
  const lengths = { full: dimension * dimension, diagonal: dimension, isotropic: 1 };
  expect([maps.count, maps.dimension, maps.structure]).toEqual([items, dimension, structure]);
  expect([maps.matrices.length, maps.offsets.length]).toEqual([items * lengths[structure], items * dimension]);
  const from = gaussianAt(query, 0);
  indices.forEach((index, k) => {
    const matrix = matrixAt(maps, k);
    const offset = maps.offsets.subarray(k * dimension, (k + 1) * dimension);
    const expected = reference.transportMap(index, from);
    expectNormwise('A', matrix.toNumbers(), expected.matrix.toNumbers(), AGREEMENT);
    // The offset mu - A m is a difference: its error is that of its terms.
    const terms = Math.hypot(...from.mean) * matrix.frobeniusNorm() + Math.hypot(...itemBatch.means);
    expectWithin('offset', offset, expected.offset, AGREEMENT * terms);
    const pushed = matrix.times(from.covariance).times(matrix.transposed()).toNumbers();
    expectNormwise('A O A', pushed, gaussianAt(itemBatch, index).covariance.toNumbers(), AGREEMENT);
  });
}

// The reference takes about a second a map at d = 64, several times that on a busy machine.
describe('transportMaps', { timeout: 120_000 }, () => {
  it.each(['full', 'diagonal', 'isotropic'] as const)('agree with the reference: %s', async (structure) => {
    await check(cases({ structures: [structure], maxDimension: 16, maxItems: 4 }), 30, compareMaps);
  });

  it('agree with the reference: d to 64', async () => {
    await check(cases({ structures: ['full'], minDimension: 40, maxItems: 2 }), 3, compareMaps);
  });

  const example = buildCase({
    seed: 11,
    dimension: 5,
    structure: 'full',
    items: 4,
    queries: 2,
    logCondition: 2,
    logScale: 0,
    spread: 1,
    closeness: 1,
    itemSpectrum: 'regular',
    querySpectrum: 'regular',
    sharpness: 1,
  });

  it('are symmetric, and the identity from an item to itself', async () => {
    const memory = await GaussianMemory.create(example.itemBatch);
    const maps = await memory.transportMaps(firstOf(example.itemBatch), [0, 3]);
    const own = matrixAt(maps, 0);
    const identity = Float64Array.from({ length: 25 }, (_, at) => (at % 6 === 0 ? 1 : 0));
    // Condition 100 of the covariance: the two triangular solves lose that many of 16 digits.
    expectWithin('A of an item to itself', own.toNumbers(), identity, 1e-12);
    expectWithin('its offset', maps.offsets.subarray(0, 5), new Float64Array(5), 1e-11);
    const other = matrixAt(maps, 1);
    expectNormwise('symmetry', other.transposed().toNumbers(), other.toNumbers(), 1e-13);
    expect(toNumber(multiply(other.trace(), [1, 0]))).toBeGreaterThan(0);
  });

  it('may repeat an index and follow the order asked for', async () => {
    const memory = await GaussianMemory.create(example.itemBatch);
    const query = firstOf(example.queryBatch);
    const maps = await memory.transportMaps(query, Int32Array.of(2, 0, 2));
    const single = await memory.transportMaps(query, [2]);
    expectSameBits('first', maps.matrices.subarray(0, 25), single.matrices);
    expectSameBits('third', maps.matrices.subarray(50), single.matrices);
  });
});
