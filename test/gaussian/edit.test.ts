/** get, add and remove: the memory answers as one created from the same items. */
import { describe, expect, it } from 'vitest';
import { GaussianMemory, type Gaussians } from '../../lib/index.ts';
import { expectFailure, expectNormwise, expectRelative, expectSameBits } from '../support/assertions.ts';
import { concatenate, ordinary, select } from '../support/batches.ts';
import { DOUBLE_EPSILON } from '../support/tolerances.ts';

const STRUCTURES = ['full', 'diagonal', 'isotropic'] as const;

async function expectSameMemory(actual: GaussianMemory, items: Gaussians): Promise<void> {
  expect([actual.size, actual.dimension, actual.structure]).toEqual([items.count, items.dimension, items.structure]);
  const fresh = await GaussianMemory.create(items);
  const queries = ordinary(items.structure, 2, items.dimension);
  // Equal items, perhaps centred or blocked in another way: a few roundings.
  expectRelative('distances', (await actual.distances(queries)).data, (await fresh.distances(queries)).data, 1e-13);
  const next = await actual.step(queries, { beta: 0.3 });
  const expected = await fresh.step(queries, { beta: 0.3 });
  expectNormwise('step', next.covariances, expected.covariances, 1e-13);
  expectNormwise('step means', next.means, expected.means, 1e-13);
}

describe.each(STRUCTURES)('%s', (structure) => {
  const items = ordinary(structure, 7, 3);

  // Diagonal and isotropic memories keep standard deviations (science 1.2): squaring a rounded root costs two
  // roundings.
  const rounding = structure === 'full' ? 0 : 2 * DOUBLE_EPSILON;

  it('get returns what was stored, in the order asked for', async () => {
    const memory = await GaussianMemory.create(items);
    const got = await memory.get([4, 0, 4]);
    const expected = select(items, [4, 0, 4]);
    expect([got.count, got.dimension, got.structure]).toEqual([3, 3, structure]);
    expectSameBits('means', got.means, expected.means);
    expectRelative('covariances', got.covariances, expected.covariances, rounding);
    const typed = await memory.get(Int32Array.of(6));
    expectRelative('typed indices', typed.covariances, select(items, [6]).covariances, rounding);
  });

  it('what get returns is a copy', async () => {
    const memory = await GaussianMemory.create(items);
    (await memory.get([0])).covariances.fill(Number.NaN);
    await expectSameMemory(memory, items);
  });

  it('add appends', async () => {
    const memory = await GaussianMemory.create(select(items, [0, 1]));
    await memory.add(select(items, [2]));
    await memory.add(select(items, [3, 4, 5, 6]));
    await expectSameMemory(memory, items);
  });

  it('remove keeps the order of the others', async () => {
    const memory = await GaussianMemory.create(items);
    await memory.remove([5, 0]);
    await expectSameMemory(memory, select(items, [1, 2, 3, 4, 6]));
    await memory.remove(Int32Array.of(4));
    await expectSameMemory(memory, select(items, [1, 2, 3, 4]));
    await memory.add(select(items, [6, 0]));
    await expectSameMemory(memory, select(items, [1, 2, 3, 4, 6, 0]));
  });

  it('get after add and remove returns the right items', async () => {
    const memory = await GaussianMemory.create(items);
    await memory.remove([1]);
    await memory.add(select(items, [1]));
    const got = await memory.get([0, 1, 6]);
    expectRelative('covariances', got.covariances, select(items, [0, 2, 1]).covariances, rounding);
  });

  it('invalid indices leave the memory as it was', async () => {
    const memory = await GaussianMemory.create(items);
    for (const [index, shown] of [
      [7, /\b7\b/],
      [-1, /-1\b/],
      [1.5, /1\.5/],
      [Number.NaN, /NaN/],
    ] as const) {
      await expectFailure(() => memory.get([0, index]), 'ERR_RANGE', /indices/, shown);
      await expectFailure(() => memory.remove([0, index]), 'ERR_RANGE', /indices/, shown);
    }
    await expectSameMemory(memory, items);
  });

  it('remove takes an index that is given twice once', async () => {
    const memory = await GaussianMemory.create(items);
    await memory.remove([2, 3, 2]);
    await expectSameMemory(memory, select(items, [0, 1, 4, 5, 6]));
  });

  it('edits that overlap are applied one after the other', async () => {
    const memory = await GaussianMemory.create(select(items, [0, 1]));
    await Promise.all([
      memory.add(select(items, [2, 3])),
      memory.add(select(items, [4])),
      memory.add(select(items, [5, 6])),
    ]);
    await expectSameMemory(memory, items);
  });
});

describe('failed edits', () => {
  it.each(STRUCTURES)('an add with one bad item adds nothing: %s', async (structure) => {
    const items = ordinary(structure, 5, 3);
    const memory = await GaussianMemory.create(items);
    const bad = concatenate(items, items);
    bad.covariances[bad.covariances.length - 1] = -4;
    await expectFailure(() => memory.add(bad), 'ERR_NOT_POSITIVE_DEFINITE', /\b9\b/);
    bad.covariances[bad.covariances.length - 1] = Number.NaN;
    await expectFailure(() => memory.add(bad), 'ERR_NOT_FINITE', /\b9\b/);
    await expectSameMemory(memory, items);
    await memory.add(select(items, [1]));
    await expectSameMemory(memory, select(items, [0, 1, 2, 3, 4, 1]));
  });

  it('an add of another dimension or structure adds nothing', async () => {
    const items = ordinary('diagonal', 3, 3);
    const memory = await GaussianMemory.create(items);
    await expectFailure(() => memory.add(ordinary('diagonal', 1, 4)), 'ERR_SHAPE', /dimension/, /\b3\b/, /\b4\b/);
    await expectFailure(() => memory.add(ordinary('full', 1, 3)), 'ERR_SHAPE', /structure/, /diagonal/, /full/);
    await expectSameMemory(memory, items);
  });
});
