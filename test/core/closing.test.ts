/** close() on every memory and model: what it frees, and what becomes of calls before and after it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  EuclideanMemory,
  GaussianMemory,
  type Gaussians,
  PointCloudMemory,
  type PointClouds,
  type Vectors,
  VonMisesFisherMemory,
} from '../../lib/index.ts';
import { checkSupported } from '../../lib/memory/batches.ts';
import { ItemStore } from '../../lib/memory/store.ts';
import { native } from '../../lib/native/addon.ts';
import { expectSameBits } from '../support/assertions.ts';

const closed = { name: 'DenseamError', code: 'ERR_CLOSED' };

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'denseam-closing-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
const path = () => join(folder, 'memory.safetensors');

function waves(length: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => Math.sin(i + 1));
}

/** More than one part of a call. */
const manyRows = 600_000;
const vectors = (count: number): Vectors => ({ count, dimension: 4, values: waves(count * 4) });
const diagonal = (count: number): Gaussians => ({
  count,
  dimension: 4,
  structure: 'diagonal',
  means: waves(count * 4),
  covariances: waves(count * 4).map((x) => 2 + x),
});
const full = (count: number): Gaussians => ({
  count,
  dimension: 2,
  structure: 'full',
  means: waves(count * 2),
  covariances: Float64Array.from({ length: count * 4 }, (_, i) => (i % 4 === 0 || i % 4 === 3 ? 2 + Math.sin(i) : 0.1)),
});
const clouds = (count: number): PointClouds => ({
  count,
  dimension: 2,
  offsets: Int32Array.from({ length: count + 1 }, (_, i) => 2 * i),
  points: waves(count * 4),
  weights: new Float64Array(count * 2).fill(0.5),
});
const sphere = (count: number): Vectors => ({
  count,
  dimension: 2,
  values: Float64Array.from({ length: count * 2 }, (_, i) => (i % 2 === 0 ? Math.cos(i >> 1) : Math.sin(i >> 1))),
});
const model = {
  dimension: 2,
  hiddenUnits: 2,
  classes: 1,
  beta: 3,
  betaScale: 1,
  memories: Float64Array.of(1, 0, 0, 1),
  classWeights: { rows: 3, columns: 2, data: Float64Array.of(0.2, 0.1, 0.1, 0.3, 0.1, 0.2) },
};

const beta = 0.5;

function ofItems<Items>(memory: EuclideanMemory | GaussianMemory, items: Items): Record<string, () => unknown> {
  const own = memory as unknown as {
    [verb: string]: (...given: unknown[]) => unknown;
    readonly size: never;
  };
  const call = (verb: string, ...given: unknown[]) => own[verb]?.(...given);
  return {
    distances: () => call('distances', items),
    weights: () => call('weights', items, { beta }),
    energy: () => call('energy', items, { beta }),
    step: () => call('step', items, { beta }),
    retrieve: () => call('retrieve', items, { beta }),
    sweep: () => call('sweep', items, { betas: [1, 2] }),
    nearest: () => call('nearest', items),
    get: () => call('get', [0]),
    add: () => call('add', items),
    remove: () => call('remove', [0]),
    save: () => call('save', path()),
    ...(memory instanceof GaussianMemory && { transportMaps: () => call('transportMaps', items, [0]) }),
    size: () => own.size,
  };
}

const kinds: Record<
  string,
  () => Promise<{ memory: Disposable & { close(): void }; verbs: Record<string, () => unknown> }>
> = {
  Euclidean: async () => {
    const memory = await EuclideanMemory.create(vectors(3));
    return { memory, verbs: ofItems(memory, vectors(1)) };
  },
  'diagonal Gaussian': async () => {
    const memory = await GaussianMemory.create(diagonal(3));
    return { memory, verbs: ofItems(memory, diagonal(1)) };
  },
  'full Gaussian': async () => {
    const memory = await GaussianMemory.create(full(3));
    return { memory, verbs: ofItems(memory, full(1)) };
  },
  'point clouds': async () => {
    const memory = await PointCloudMemory.create(clouds(3), { epsilon: 1 });
    const query = clouds(1);
    const verbs = {
      divergences: () => memory.divergences(query),
      weights: () => memory.weights(query, { beta }),
      energy: () => memory.energy(query, { beta }),
      gradient: () => memory.gradient(query, { beta }),
      step: () => memory.step(query, { beta }),
      retrieve: () => memory.retrieve(query, { beta }),
      sweep: () => memory.sweep(query, { betas: [1, 2] }),
      nearest: () => memory.nearest(query),
      transportMaps: () => memory.transportMaps(query, [0]),
      get: () => memory.get([0]),
      add: () => memory.add(query),
      remove: () => memory.remove([0]),
      save: () => memory.save(path()),
      size: () => memory.size,
    };
    return { memory, verbs };
  },
  'von Mises-Fisher': async () => {
    const memory = await VonMisesFisherMemory.from(model);
    const x = sphere(3);
    const verbs = {
      logDensity: () => memory.logDensity(x),
      predictProbabilities: () => memory.predictProbabilities(x),
      predict: () => memory.predict(x),
      nearestMemory: () => memory.nearestMemory(x),
      fidelity: () => memory.fidelity(x),
      reconstruct: () => memory.reconstruct(x),
      save: () => memory.save(path()),
      memories: () => memory.memories,
      classWeights: () => memory.classWeights,
      memoryClasses: () => memory.memoryClasses,
    };
    return { memory, verbs };
  },
};

describe.each(Object.keys(kinds))('a closed memory: %s', (kind) => {
  const make = kinds[kind] as (typeof kinds)[string];

  it('refuses every verb, and to be closed again does nothing', async () => {
    const { memory, verbs } = await make();
    for (const call of Object.values(verbs)) await call();
    memory.close();
    memory.close();
    memory[Symbol.dispose]();
    for (const [verb, call] of Object.entries(verbs)) {
      await expect((async () => call())(), verb).rejects.toMatchObject(closed);
    }
  });

  it('is closed by Symbol.dispose', async () => {
    const { memory, verbs } = await make();
    memory[Symbol.dispose]();
    const [call] = Object.values(verbs) as [() => unknown];
    await expect((async () => call())()).rejects.toMatchObject(closed);
  });
});

describe('calls that run when the memory is closed', () => {
  it('reads of several parts end as if it were open', async () => {
    const memory = await EuclideanMemory.create(vectors(3));
    const queries = vectors(manyRows);
    const expected = await memory.distances(queries);
    const call = memory.distances(queries);
    memory.close();
    expectSameBits('distances', (await call).data, expected.data);
  });

  it('reads of clouds and models do', async () => {
    const memory = await PointCloudMemory.create(clouds(3), { epsilon: 1 });
    const expected = await memory.divergences(clouds(5));
    const divergences = memory.divergences(clouds(5));
    const saved = memory.save(path());
    memory.close();
    expectSameBits('divergences', (await divergences).data, expected.data);
    await saved;
    expect((await PointCloudMemory.load(path())).size).toBe(3);
    const mixture = await VonMisesFisherMemory.from(model);
    const expectedFidelity = await mixture.fidelity(sphere(50));
    const [fidelity, nearest] = [mixture.fidelity(sphere(50)), mixture.nearestMemory(sphere(1))];
    mixture.close();
    expect(await fidelity).toBe(expectedFidelity);
    expect((await nearest).classes).toHaveLength(1);
  });

  it('changes are refused, those that wait as well', async () => {
    const memory = await EuclideanMemory.create(vectors(3));
    const changes = [memory.add(vectors(manyRows)), memory.add(vectors(2)), memory.remove([0])];
    memory.close();
    for (const change of changes) await expect(change).rejects.toMatchObject(closed);
    const stored = await PointCloudMemory.create(clouds(3), { epsilon: 1 });
    const ofClouds = [stored.add(clouds(2)), stored.remove([0])];
    stored.close();
    for (const change of ofClouds) await expect(change).rejects.toMatchObject(closed);
  });

  it('a change is refused where the memory is closed in its second step', async () => {
    const shape = { kind: 'euclidean', dimension: 1, precision: 'float64', indexed: false } as const;
    const store = new ItemStore({}, native.emptyItems(shape), native.itemBytes);
    const change = store.change(async (staged) => {
      const step = () => staged.apply((items) => ({ promise: Promise.resolve(native.share(items)), abort() {} }));
      await step();
      const second = step();
      store.close();
      await second;
    });
    await expect(change).rejects.toMatchObject(closed);
  });
});

describe('memory of the native side', () => {
  /** What closing gives back at once. Other tests' memories may be collected at any other time. */
  function freedBy(memory: { close(): void }): number {
    const before = native.keptMemory();
    memory.close();
    return before - native.keptMemory();
  }

  it('is told to V8 while a memory is open, and no longer', async () => {
    const memory = await EuclideanMemory.create(vectors(1000));
    await memory.distances(vectors(1));
    await memory.remove([0]);
    // Rows of 4 numbers, each with its squared norm.
    expect(freedBy(memory)).toBe(999 * 5 * 8);
    expect(freedBy(memory)).toBe(0);
    const stored = await PointCloudMemory.create(clouds(100), { epsilon: 1 });
    await stored.remove([0]);
    // Points, weights and means.
    expect(freedBy(stored)).toBe(99 * (4 + 2 + 2) * 8);
    // Memories and class weights.
    expect(freedBy(await VonMisesFisherMemory.from(model))).toBe((4 + 6) * 8);
  });

  it('of a memory that could not be filled is freed', async () => {
    const before = native.keptMemory();
    const bad = vectors(manyRows);
    bad.values[bad.values.length - 1] = Number.NaN;
    await expect(EuclideanMemory.create(bad)).rejects.toMatchObject({ code: 'ERR_NOT_FINITE' });
    expect(native.keptMemory()).toBeLessThanOrEqual(before);
  });
});

describe('results', () => {
  it.each([10, 3000])('of %i rows are ordinary arrays, which can be transferred', async (count) => {
    const memory = await EuclideanMemory.create(vectors(100));
    // Memory from elsewhere is not counted there; Node 22 and later refuse to transfer it. A collection in between
    // takes other arrays off, but not in each of several calls.
    const calls: { readonly data: Float64Array; readonly counted: number }[] = [];
    for (let call = 0; call < 5; call++) {
      const before = process.memoryUsage().arrayBuffers;
      const { data } = await memory.distances(vectors(count));
      calls.push({ data, counted: process.memoryUsage().arrayBuffers - before });
    }
    const [{ data }] = calls as [(typeof calls)[0]];
    expect(Math.max(...calls.map(({ counted }) => counted))).toBeGreaterThanOrEqual(data.byteLength);
    const last = data.at(-1);
    const moved = structuredClone(data, { transfer: [data.buffer as ArrayBuffer] });
    expect(moved.at(-1)).toBe(last);
    expect(data.byteLength).toBe(0);
  });
});

describe('what BLAS and LAPACK cannot count', () => {
  it('is refused before anything is allocated', async () => {
    const batch: Gaussians = {
      count: 1,
      dimension: 32_767,
      structure: 'full',
      means: new Float64Array(0),
      covariances: new Float64Array(0),
    };
    const refused = {
      code: 'ERR_UNSUPPORTED',
      message: expect.stringMatching(/32766 for items.dimension of full cov/),
    };
    await expect(GaussianMemory.create(batch)).rejects.toMatchObject(refused);
    // One less is counted: the shape is what is wrong.
    await expect(GaussianMemory.create({ ...batch, dimension: 32_766 })).rejects.toMatchObject({ code: 'ERR_SHAPE' });
    for (const kind of ['euclidean', 'diagonal', 'isotropic'] as const) {
      expect(() => checkSupported('items.dimension', kind, 2 ** 30)).toThrow(
        expect.objectContaining({ code: 'ERR_UNSUPPORTED' }),
      );
      checkSupported('items.dimension', kind, 2 ** 30 - 1);
    }
  });
});
