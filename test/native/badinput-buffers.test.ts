/** Views, shared, detached and changing memory; sizes beyond memory. */
import { describe, expect, it } from 'vitest';
import { EuclideanMemory, GaussianMemory, type Gaussians } from '../../lib/index.ts';
import { expectFailure, expectSameBits } from '../support/assertions.ts';
import { ordinary, scaled } from '../support/batches.ts';

const STRUCTURES = ['full', 'diagonal', 'isotropic'] as const;

function detach(array: Gaussians['means']): void {
  structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] });
}

function copyOf(batch: Gaussians): Gaussians {
  return { ...batch, means: Float64Array.from(batch.means), covariances: Float64Array.from(batch.covariances) };
}

function shared(values: Gaussians['means']): Float64Array {
  const result = new Float64Array(new SharedArrayBuffer(values.byteLength));
  result.set(values);
  return result;
}

describe.each(STRUCTURES)('%s', (structure) => {
  const items = ordinary(structure, 5, 4);
  const queries = scaled(ordinary(structure, 3, 4), 1.1, 1.2);
  const beta = 0.4;

  it('detached arrays are refused as such', async () => {
    const memory = await GaussianMemory.create(items);
    for (const field of ['means', 'covariances'] as const) {
      const bad = copyOf(queries);
      detach(bad[field]);
      const pattern = new RegExp(field);
      await expectFailure(() => GaussianMemory.create(bad), 'ERR_SHAPE', pattern, /detached/);
      await expectFailure(() => memory.add(bad), 'ERR_SHAPE', pattern, /detached/);
      await expectFailure(() => memory.distances(bad), 'ERR_SHAPE', pattern, /detached/);
      await expectFailure(() => memory.step(bad, { beta }), 'ERR_SHAPE', pattern, /detached/);
      await expectFailure(() => memory.retrieve(bad, { beta }), 'ERR_SHAPE', pattern, /detached/);
      await expectFailure(() => memory.nearest(bad), 'ERR_SHAPE', pattern, /detached/);
    }
    expect(memory.size).toBe(5);
  });

  it('shared memory is accepted, its values copied', async () => {
    const inShared = (batch: Gaussians) => ({
      ...batch,
      means: shared(batch.means),
      covariances: shared(batch.covariances),
    });
    const source = inShared(items);
    const memory = await GaussianMemory.create(source);
    source.means.fill(Number.NaN);
    source.covariances.fill(Number.NaN);
    const plain = await GaussianMemory.create(items);
    const expected = await plain.step(queries, { beta });
    const asked = inShared(queries);
    const call = memory.step(asked, { beta });
    asked.covariances.fill(-1);
    expectSameBits('step', (await call).covariances, expected.covariances);
  });

  it('views of a larger buffer count from their offset', async () => {
    const buffer = new ArrayBuffer(8 * 1000);
    const meansView = new Float64Array(buffer, 8 * 7, items.means.length);
    const covariancesView = new Float64Array(buffer, 8 * 300, items.covariances.length);
    new Float64Array(buffer).fill(Number.NaN);
    meansView.set(items.means);
    covariancesView.set(items.covariances);
    const memory = await GaussianMemory.create({ ...items, means: meansView, covariances: covariancesView });
    const plain = await GaussianMemory.create(items);
    expectSameBits('distances', (await memory.distances(queries)).data, (await plain.distances(queries)).data);
  });

  const changes: Record<string, (batch: Gaussians) => void> = {
    changed: (batch) => {
      batch.means.fill(1e9);
      batch.covariances.fill(Number.NaN);
    },
    transferred: (batch) => {
      detach(batch.means);
      detach(batch.covariances);
    },
  };

  it.each(Object.keys(changes))('arrays %s right after the call began do not change its result', async (name) => {
    const change = changes[name] as (batch: Gaussians) => void;
    const plain = await GaussianMemory.create(items);
    const disturb = <T>(batch: Gaussians, call: (copy: Gaussians) => Promise<T>): Promise<T> => {
      const copy = copyOf(batch);
      const promise = call(copy);
      change(copy);
      return promise;
    };
    const memory = await disturb(items, (copy) => GaussianMemory.create(copy));
    const distances = (await disturb(queries, (copy) => memory.distances(copy))).data;
    expectSameBits('distances', distances, (await plain.distances(queries)).data);
    const energy = await disturb(queries, (copy) => memory.energy(copy, { beta }));
    expectSameBits('energy', energy, await plain.energy(queries, { beta }));
    const next = await disturb(queries, (copy) => memory.step(copy, { beta }));
    expectSameBits('step', next.covariances, (await plain.step(queries, { beta })).covariances);
    const found = await disturb(queries, (copy) => memory.retrieve(copy, { beta }));
    expectSameBits('states', found.states.covariances, (await plain.retrieve(queries, { beta })).states.covariances);
    await disturb(queries, (copy) => memory.add(copy));
    await plain.add(queries);
    expectSameBits('after add', (await memory.distances(queries)).data, (await plain.distances(queries)).data);
  });
});

describe('large batches', { timeout: 30_000 }, () => {
  it('transferred during the call end in the right answer or a coded error', async () => {
    // 60 MB: too large to be copied before the call returns.
    const items = ordinary('full', 120, 250);
    const source = copyOf(items);
    const creation = GaussianMemory.create(source);
    detach(source.covariances);
    detach(source.means);
    const memory = await creation.catch((error: unknown) => {
      expect(error).toMatchObject({
        name: 'DenseamError',
        code: 'ERR_SHAPE',
        message: expect.stringMatching(/detached/),
      });
    });
    if (!memory) return;
    const query = scaled(ordinary('full', 1, 250), 1.1, 1.2);
    const few = await GaussianMemory.create(ordinary('full', 3, 250));
    const { data } = await memory.distances(query);
    expectSameBits('first distances', data.subarray(0, 3), (await few.distances(query)).data);
  });
});

/** Refuses for want of memory; should it compute instead, it is stopped so that the other tests can run. */
async function expectOutOfMemory(call: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  // A refusal takes microseconds; two seconds are plenty on a busy machine.
  await expectFailure(() => call(AbortSignal.timeout(2000)), 'ERR_OUT_OF_MEMORY');
}

describe('results beyond memory', { timeout: 60_000 }, () => {
  it('are refused, and the process lives on', async () => {
    // 4e6 x 4e6 distances would be 128 TB.
    const count = 4_000_000;
    const many: Gaussians = {
      count,
      dimension: 1,
      structure: 'isotropic',
      means: new Float64Array(count),
      covariances: new Float64Array(count).fill(1),
    };
    const memory = await GaussianMemory.create(many);
    await expectOutOfMemory((signal) => memory.distances(many, { signal }));
    await expectOutOfMemory((signal) => memory.weights(many, { beta: 1, signal }));
    await expectOutOfMemory((signal) => memory.nearest(many, { k: count, signal }));
    const one = { ...many, count: 1, means: new Float64Array(1), covariances: Float64Array.of(4) };
    expect((await memory.nearest(one)).distances[0]).toBeCloseTo(1, 12);
  });

  it('copies of more items than memory holds are refused', async () => {
    const memory = await GaussianMemory.create(ordinary('full', 1, 700));
    // 4 million copies of 490,000 numbers: 15 TB.
    const indices = new Int32Array(4_000_000);
    await expectOutOfMemory((signal) => memory.get(indices, { signal }));
    const query = scaled(ordinary('full', 1, 700), 1, 1.5);
    await expectOutOfMemory((signal) => memory.transportMaps(query, indices, { signal }));
    expect((await memory.get([0])).count).toBe(1);
  });

  it('an endless trajectory can be stopped', async () => {
    const items = ordinary('full', 2, 50);
    const memory = await GaussianMemory.create(items);
    // Rounding keeps the step length of full covariances above zero: 2^31 states of 20 kB would be 43 TB.
    const options = { beta: 1e-9, tolerance: 0, maxIterations: 2 ** 31 - 1, trajectory: true };
    const call = memory.retrieve(scaled(items, 2, 3), { ...options, signal: AbortSignal.timeout(300) });
    await expect(call.then(() => 'finished')).rejects.toMatchObject({ name: 'TimeoutError' });
    expect((await memory.get([0])).count).toBe(1);
  });

  it('a huge maxIterations reserves nothing', async () => {
    const items = ordinary('diagonal', 2, 2);
    const memory = await GaussianMemory.create(items);
    const options = { beta: 50, maxIterations: 2 ** 31 - 1, trajectory: true };
    const found = await memory.retrieve(scaled(items, 1.01, 1.01), options);
    expect(found.stopped).toEqual(['converged', 'converged']);
    expect(found.trajectory).toHaveLength(Math.max(...found.iterations) + 1);
  });

  it('Euclidean results beyond memory are refused too', async () => {
    const count = 4_000_000;
    const many = { count, dimension: 1, values: new Float64Array(count) };
    const memory = await EuclideanMemory.create(many);
    await expectOutOfMemory((signal) => memory.distances(many, { signal }));
    const one = { count: 1, dimension: 1, values: Float64Array.of(2) };
    expect((await memory.energy(one, { beta: 1 }))[0]).toBeLessThan(4);
  });
});
