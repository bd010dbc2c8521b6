/** Wrong shapes, types and options: a coded error that names the argument, and a memory that answers as before. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EuclideanMemory, GaussianMemory, type Gaussians, type Vectors } from '../../lib/index.ts';
import { expectFailure, expectSameBits } from '../support/assertions.ts';
import { ordinary, select } from '../support/batches.ts';

const STRUCTURES = ['full', 'diagonal', 'isotropic'] as const;
const D = 3;

/** A batch with some fields replaced, whatever their type. */
function altered(batch: Gaussians, fields: Record<string, unknown>): Gaussians {
  return { ...batch, ...fields } as Gaussians;
}

describe.each(STRUCTURES)('%s', (structure) => {
  const items = ordinary(structure, 4, D);
  const queries = ordinary(structure, 2, D);
  let memory: GaussianMemory;
  let answer: Float64Array;
  beforeAll(async () => {
    memory = await GaussianMemory.create(items);
    answer = (await memory.distances(queries)).data;
  });
  afterEach(async () => {
    expect(memory.size).toBe(4);
    expectSameBits('distances afterwards', (await memory.distances(queries)).data, answer);
  });

  /** Every method that takes a batch, with an otherwise valid call. */
  const takers: Record<string, (batch: Gaussians) => Promise<unknown>> = {
    create: (batch) => GaussianMemory.create(batch),
    add: (batch) => memory.add(batch),
    distances: (batch) => memory.distances(batch),
    weights: (batch) => memory.weights(batch, { beta: 1 }),
    energy: (batch) => memory.energy(batch, { beta: 1 }),
    step: (batch) => memory.step(batch, { beta: 1 }),
    retrieve: (batch) => memory.retrieve(batch, { beta: 1 }),
    nearest: (batch) => memory.nearest(batch),
    transportMaps: (batch) => memory.transportMaps(batch, [0]),
  };
  const names = Object.keys(takers);
  const take = (name: string, batch: Gaussians) => (takers[name] as (b: Gaussians) => Promise<unknown>)(batch);

  it.each(names)('%s refuses arrays of the wrong length', async (name) => {
    const { means, covariances } = queries;
    for (const wrong of [means.slice(1), new Float64Array(0), new Float64Array(means.length + 1)]) {
      await expectFailure(() => take(name, altered(queries, { means: wrong })), 'ERR_SHAPE', /means/, /\b6\b/);
    }
    for (const wrong of [covariances.slice(1), new Float64Array(0), new Float64Array(covariances.length + 1)]) {
      await expectFailure(() => take(name, altered(queries, { covariances: wrong })), 'ERR_SHAPE', /covariances/);
    }
  });

  it.each(names)('%s refuses what is no typed array of floats', async (name) => {
    for (const wrong of [
      [...queries.means],
      new Int32Array(6),
      new DataView(new ArrayBuffer(48)),
      null,
      undefined,
      'six',
    ]) {
      await expectFailure(() => take(name, altered(queries, { means: wrong })), 'ERR_SHAPE', /means/);
    }
    await expectFailure(() => take(name, altered(queries, { covariances: [1, 2] })), 'ERR_SHAPE', /covariances/);
  });

  it.each(names)('%s refuses zero items or queries', async (name) => {
    const none = { count: 0, means: new Float64Array(0), covariances: new Float64Array(0) };
    await expectFailure(() => take(name, altered(queries, none)), 'ERR_SHAPE', /count/, /\b0\b/);
  });

  it.each(names)('%s refuses dimension 0', async (name) => {
    const flat = {
      dimension: 0,
      means: new Float64Array(0),
      covariances: new Float64Array(structure === 'isotropic' ? 2 : 0),
    };
    await expectFailure(() => take(name, altered(queries, flat)), 'ERR_SHAPE', /dimension/, /\b0\b/);
  });

  it.each(names)('%s refuses counts and dimensions that are no sizes', async (name) => {
    for (const wrong of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '2', null, undefined, 2 ** 53]) {
      await expectFailure(() => take(name, altered(queries, { count: wrong })), 'ERR_SHAPE', /count/);
      await expectFailure(() => take(name, altered(queries, { dimension: wrong })), 'ERR_SHAPE', /dimension/);
    }
  });

  it.each(names)('%s refuses sizes whose product no array can have', async (name) => {
    for (const [count, dimension] of [
      [2 ** 30, 2 ** 30],
      [2 ** 52, 2 ** 52],
      [3, 2 ** 31],
      // 2^32 and 2^64 times the right size: a product in 32 or 64 bits would fit again.
      [2 ** 33, D],
      [2 ** 32, 2 ** 32],
    ]) {
      const codes = ['ERR_SHAPE', 'ERR_OUT_OF_MEMORY'] as const;
      await expectFailure(() => take(name, altered(queries, { count, dimension })), codes);
    }
  });

  it.each(names)('%s refuses an unknown structure', async (name) => {
    for (const wrong of ['banded', '', 'FULL', undefined, 3]) {
      await expectFailure(
        () => take(name, altered(queries, { structure: wrong })),
        ['ERR_SHAPE', 'ERR_RANGE'],
        /structure/,
      );
    }
  });

  it.each(names)('%s refuses what is no batch', async (name) => {
    for (const wrong of [null, undefined, 5, 'batch', [], {}]) {
      await expectFailure(() => take(name, wrong as unknown as Gaussians), 'ERR_SHAPE');
    }
  });

  it.each(names.filter((name) => name !== 'create'))('%s refuses another dimension or structure', async (name) => {
    await expectFailure(() => take(name, ordinary(structure, 2, D + 1)), 'ERR_SHAPE', /dimension/, /\b3\b/, /\b4\b/);
    const other = structure === 'full' ? 'diagonal' : 'full';
    const pattern = new RegExp(structure);
    await expectFailure(() => take(name, ordinary(other, 2, D)), 'ERR_SHAPE', /structure/, pattern, new RegExp(other));
  });

  it('transportMaps takes one query', async () => {
    await expectFailure(() => memory.transportMaps(queries, [0]), 'ERR_SHAPE', /query/, /\b2\b/);
  });

  it('beta must be positive and finite', async () => {
    for (const beta of [
      0,
      -0,
      -1,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      '1',
      undefined,
      null,
    ]) {
      const options = { beta } as { beta: number };
      await expectFailure(() => memory.weights(queries, options), 'ERR_RANGE', /beta/);
      await expectFailure(() => memory.energy(queries, options), 'ERR_RANGE', /beta/);
      await expectFailure(() => memory.step(queries, options), 'ERR_RANGE', /beta/);
      await expectFailure(() => memory.retrieve(queries, options), 'ERR_RANGE', /beta/);
    }
    await expectFailure(() => memory.energy(queries, undefined as never), 'ERR_SHAPE', /options/);
  });

  it('other options must lie in their range', async () => {
    const retrieve = (options: object) => memory.retrieve(queries, { beta: 1, ...options });
    for (const tolerance of [-1e-9, Number.NaN, '1']) {
      await expectFailure(() => retrieve({ tolerance }), 'ERR_RANGE', /tolerance/);
    }
    for (const maxIterations of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '3']) {
      await expectFailure(() => retrieve({ maxIterations }), 'ERR_RANGE', /maxIterations/);
    }
    for (const ridge of [-1e-9, Number.NaN, Number.POSITIVE_INFINITY, '1']) {
      await expectFailure(() => retrieve({ ridge }), 'ERR_RANGE', /ridge/);
      await expectFailure(() => memory.distances(queries, { ridge } as { ridge: number }), 'ERR_RANGE', /ridge/);
    }
    for (const k of [0, -1, 5, 1.5, Number.NaN, 2 ** 33, '1']) {
      await expectFailure(() => memory.nearest(queries, { k } as { k: number }), 'ERR_RANGE', /\bk\b/);
    }
  });

  it('indices must name items', async () => {
    const query = select(queries, [0]);
    for (const [index, shown] of [
      [4, /\b4\b/],
      [-1, /-1\b/],
      [0.5, /0\.5/],
      [Number.NaN, /NaN/],
      [2 ** 32, /4294967296/],
      ['1', /indices/],
    ] as const) {
      const indices = [0, index] as number[];
      await expectFailure(() => memory.transportMaps(query, indices), 'ERR_RANGE', /indices/, shown);
      await expectFailure(() => memory.get(indices), 'ERR_RANGE', /indices/, shown);
      await expectFailure(() => memory.remove(indices), 'ERR_RANGE', /indices/, shown);
    }
    for (const wrong of [null, 3, '0', new Float64Array(2)]) {
      await expectFailure(() => memory.get(wrong as never), ['ERR_SHAPE', 'ERR_RANGE'], /indices/);
    }
  });

  it('empty indices are refused where they make an empty batch', async () => {
    await expectFailure(() => memory.get([]), ['ERR_SHAPE', 'ERR_RANGE'], /indices/);
    await expectFailure(() => memory.transportMaps(select(queries, [0]), []), ['ERR_SHAPE', 'ERR_RANGE'], /indices/);
  });

  it('a memory never becomes empty', async () => {
    await expectFailure(() => memory.remove([0, 1, 2, 3]), ['ERR_SHAPE', 'ERR_RANGE'], /indices/);
  });
});

describe('Euclidean memories', () => {
  const items: Vectors = { count: 2, dimension: 2, values: Float64Array.of(1, 2, 3, 4) };
  const wrong: [string, Record<string, unknown>, RegExp][] = [
    ['length', { values: new Float64Array(3) }, /values/],
    ['type', { values: [1, 2, 3, 4] }, /values/],
    ['count 0', { count: 0, values: new Float64Array(0) }, /count/],
    ['dimension 0', { dimension: 0, values: new Float64Array(0) }, /dimension/],
    ['product of sizes', { count: 2 ** 32, dimension: 2 ** 32 }, /./],
  ];

  it.each(wrong)('refuse a wrong %s', async (_, fields, argument) => {
    const memory = await EuclideanMemory.create(items);
    const bad = { ...items, ...fields } as Vectors;
    const codes = ['ERR_SHAPE', 'ERR_OUT_OF_MEMORY'] as const;
    await expectFailure(() => EuclideanMemory.create(bad), codes, argument);
    await expectFailure(() => memory.add(bad), codes, argument);
    await expectFailure(() => memory.distances(bad), codes, argument);
    await expectFailure(() => memory.retrieve(bad, { beta: 1 }), codes, argument);
    expect(memory.size).toBe(2);
  });

  it('refuse NaN, another dimension, and options out of range', async () => {
    const memory = await EuclideanMemory.create(items);
    const bad = { ...items, values: Float64Array.of(1, 2, 3, Number.NaN) };
    await expectFailure(() => EuclideanMemory.create(bad), 'ERR_NOT_FINITE', /values/, /\b1\b/);
    await expectFailure(() => memory.add(bad), 'ERR_NOT_FINITE', /values/, /\b3\b|\b1\b/);
    await expectFailure(() => memory.step(bad, { beta: 1 }), 'ERR_NOT_FINITE', /values/, /\b1\b/);
    const other = { count: 1, dimension: 4, values: new Float64Array(4) };
    await expectFailure(() => memory.energy(other, { beta: 1 }), 'ERR_SHAPE', /dimension/);
    await expectFailure(() => memory.energy(items, { beta: -1 }), 'ERR_RANGE', /beta/);
    await expectFailure(() => memory.nearest(items, { k: 3 }), 'ERR_RANGE', /\bk\b/);
    await expectFailure(() => memory.get([2]), 'ERR_RANGE', /indices/);
    expectSameBits('distances', (await memory.distances(items)).data, [0, 8, 8, 0]);
  });
});
