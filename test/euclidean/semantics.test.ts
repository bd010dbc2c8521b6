/** The classical memory: what options mean, precision, threads, and large batches. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { EuclideanMemory, setThreads, threads, type Vectors } from '../../lib/index.ts';
import { ReferenceEuclideanMemory, vectorAt } from '../reference/euclidean.ts';
import { toNumber } from '../reference/extended.ts';
import { expectNormwise, expectSameBits, expectWithin, largest } from '../support/assertions.ts';
import { TestRandom } from '../support/random.ts';
import { SINGLE_EPSILON } from '../support/tolerances.ts';
import { select } from './vectors.ts';

function cloud(count: number, dimension: number, seed = 1): Vectors {
  const random = new TestRandom(seed);
  return { count, dimension, values: random.normals(count * dimension) };
}

describe('retrieve', () => {
  const items = cloud(6, 4);
  const queries = cloud(3, 4, 2);
  const beta = 1.5;

  it('with maxIterations 0 returns the query and describes it', async () => {
    const memory = await EuclideanMemory.create(items);
    const found = await memory.retrieve(queries, { beta, maxIterations: 0 });
    expectSameBits('states', found.states.values, queries.values);
    expectNormwise('energy', found.energy, await memory.energy(queries, { beta }), 1e-13);
    const nearest = await memory.nearest(queries);
    expect(found.nearest).toEqual(nearest.indices);
    expectNormwise('nearestDistance', found.nearestDistance, nearest.distances, 1e-13);
  });

  it('the trajectory goes step by step from the query to the state', async () => {
    const memory = await EuclideanMemory.create(items);
    const found = await memory.retrieve(queries, { beta, tolerance: 0, maxIterations: 3, trajectory: true });
    const states = found.trajectory as readonly Vectors[];
    expect(states).toHaveLength(4);
    expectSameBits('first', (states[0] as Vectors).values, queries.values);
    expectSameBits('last', (states[3] as Vectors).values, found.states.values);
    for (const [k, state] of states.slice(0, 3).entries()) {
      const next = await memory.step(state, { beta });
      expectNormwise(`state ${k + 1}`, (states[k + 1] as Vectors).values, next.values, 1e-12);
    }
    expect((await memory.retrieve(queries, { beta })).trajectory).toBeUndefined();
  });

  it('nearest sorts by distance, then by index, and k defaults to one', async () => {
    const twice = select(items, [0, 1, 0, 1]);
    const memory = await EuclideanMemory.create(twice);
    const found = await memory.nearest(select(items, [1]), { k: 4 });
    expect([...found.indices]).toEqual([1, 3, 0, 2]);
    const one = await memory.nearest(queries);
    expect([one.rows, one.columns]).toEqual([3, 1]);
  });
});

describe('precision and size', () => {
  afterAll(() => setThreads(initial));
  const initial = threads();

  it('float32 items answer to single precision', async () => {
    const items = cloud(50, 30);
    const single = { ...items, values: Float32Array.from(items.values) };
    const memory = await EuclideanMemory.create(single);
    const queries = { ...cloud(5, 30, 3), values: Float32Array.from(cloud(5, 30, 3).values) };
    const reference = new ReferenceEuclideanMemory(single);
    const { data } = await memory.distances(queries);
    const next = await memory.step(queries, { beta: 0.2 });
    expect(next.values).toBeInstanceOf(Float64Array);
    for (let q = 0; q < 5; q++) {
      const query = vectorAt(queries, q);
      const exact = reference.distances(query).map(toNumber);
      // A single-precision product of 30 terms, of norms about as large as the distance.
      expectWithin('distances', data.subarray(q * 50, (q + 1) * 50), exact, 30 * SINGLE_EPSILON * largest(exact));
      const state = reference.step(query, 0.2);
      expectWithin('step', next.values.subarray(q * 30, (q + 1) * 30), state, 300 * SINGLE_EPSILON * largest(exact));
    }
  });

  it('blocks of a large batch agree with single queries, on one and on two threads', async () => {
    const items = cloud(3001, 17);
    const queries = cloud(533, 17, 4);
    const memory = await EuclideanMemory.create(items);
    const options = { beta: 2, tolerance: 1e-9, maxIterations: 30 };
    setThreads(1);
    const one = await memory.retrieve(queries, options);
    setThreads(2);
    const two = await memory.retrieve(queries, options);
    expectSameBits('states', two.states.values, one.states.values);
    expectSameBits('energy', two.energy, one.energy);
    expect(two.iterations).toEqual(one.iterations);
    for (const q of [0, 255, 256, 532]) {
      const single = await memory.retrieve(select(queries, [q]), options);
      expectNormwise('state', one.states.values.subarray(q * 17, (q + 1) * 17), single.states.values, 1e-8);
    }
  });

  it('nearest does not depend on the other queries of a call, to the bit', async () => {
    for (const Floats of [Float32Array, Float64Array]) {
      const items = cloud(700, 64);
      const memory = await EuclideanMemory.create({ ...items, values: Floats.from(items.values) });
      const queries = cloud(130, 64, 5);
      const all = await memory.nearest(queries, { k: 3 });
      for (const q of [0, 1, 64, 127, 128, 129]) {
        const alone = await memory.nearest(select(queries, [q]), { k: 3 });
        expectSameBits('distances', all.distances.subarray(3 * q, 3 * q + 3), alone.distances);
        expectSameBits('indices', all.indices.subarray(3 * q, 3 * q + 3), alone.indices);
      }
    }
  });

  it('a loaded memory gives the same bits, also where it is read in more parts than it was created from', async () => {
    // 8 MiB of vectors about a common offset, which is subtracted before anything is multiplied.
    const items = cloud(16_384, 64);
    const shifted = { ...items, values: items.values.map((x, i) => x + 10 + i / items.values.length) };
    const memory = await EuclideanMemory.create(shifted);
    const folder = await mkdtemp(join(tmpdir(), 'denseam-'));
    try {
      const path = join(folder, 'memory.safetensors');
      await memory.save(path);
      const loaded = await EuclideanMemory.load(path);
      const queries = select(shifted, [5, 900, 16_000]);
      expectSameBits('distances', (await loaded.distances(queries)).data, (await memory.distances(queries)).data);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('does not depend on whether the arrays are views', async () => {
    const items = cloud(20, 5);
    const padded = new Float64Array(111).fill(Number.NaN);
    padded.set(items.values, 7);
    const viewed = await EuclideanMemory.create({ ...items, values: padded.subarray(7, 107) });
    const plain = await EuclideanMemory.create(items);
    const queries = cloud(2, 5, 9);
    expectSameBits('distances', (await viewed.distances(queries)).data, (await plain.distances(queries)).data);
  });
});
