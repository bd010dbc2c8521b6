/** The index in a file: the memory that is loaded answers as the one that was saved, and no file makes it answer wrong. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { EuclideanMemory, GaussianMemory, type Gaussians, type Progress, type Vectors } from '../../lib/index.ts';
import { openSafetensors } from '../../lib/io/safetensors/safetensors.ts';
import { expectFailure, expectSameBits } from '../support/assertions.ts';
import { scaled, select, toSingle } from '../support/batches.ts';
import { buildCase, cases, randomRotation, rotatedDiagonal } from '../support/cases.ts';
import { check } from '../support/check.ts';
import { type Contents, contentsOf, forge } from '../support/forgery.ts';
import { TestRandom } from '../support/random.ts';

const folder = mkdtempSync(join(tmpdir(), 'denseam-index-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, 'saved.safetensors');
const forged = join(folder, 'forged.safetensors');

async function shapesOf(file: string): Promise<Record<string, string>> {
  const opened = await openSafetensors(file);
  const shapes = [...opened.tensors.values()].map(({ name, dtype, shape }) => [name, `${dtype} ${shape}`] as const);
  await opened.close();
  return Object.fromEntries(shapes);
}

/** The numbers of a tensor. */
function numbers({ tensors }: Contents, name: string) {
  return (tensors.get(name) as { data: Float32Array | Float64Array }).data;
}

/** Changes one number of a tensor. */
function alter(name: string, at: number, change: (x: number) => number): (contents: Contents) => void {
  return (contents) => {
    const data = numbers(contents, name);
    data[at] = change(data[at] as number);
  };
}

describe('of full covariances', () => {
  const { itemBatch, queryBatch } = buildCase({
    seed: 3,
    dimension: 10,
    structure: 'full',
    items: 200,
    queries: 5,
    logCondition: 1,
    logScale: 0,
    spread: 1,
    closeness: 0.3,
    itemSpectrum: 'regular',
    querySpectrum: 'regular',
    sharpness: 10,
  });

  async function expectAlike(found: GaussianMemory, expected: GaussianMemory, queries: Gaussians): Promise<void> {
    const options = { beta: 3, maxIterations: 4 };
    const [a, b] = [await found.retrieve(queries, options), await expected.retrieve(queries, options)];
    expectSameBits('states', a.states.covariances, b.states.covariances);
    expect(a.evaluated).toEqual(b.evaluated);
    const [near, nearest] = [await found.nearest(queries, { k: 3 }), await expected.nearest(queries, { k: 3 })];
    expect(near.indices).toEqual(nearest.indices);
    expectSameBits('distances', near.distances, nearest.distances);
  }

  it('is saved beside triangles, and not with index: false', async () => {
    const memory = await GaussianMemory.create(itemBatch);
    await memory.save(path);
    expect(await shapesOf(path)).toEqual({ means: 'F64 200,10', covariances: 'F64 200,55', index: 'F32 200,65' });
    const plain = join(folder, 'plain.safetensors');
    await (await GaussianMemory.create(itemBatch, { index: false })).save(plain);
    expect(Object.keys(await shapesOf(plain))).toEqual(['means', 'covariances']);
    await expectAlike(await GaussianMemory.load(path), memory, queryBatch);
    await expectAlike(await GaussianMemory.load(plain), memory, queryBatch);
    const withoutIndex = await GaussianMemory.create(itemBatch, { index: false });
    await expectAlike(await GaussianMemory.load(path, { index: false }), withoutIndex, queryBatch);
  });

  it('does not show in an answer, however near to singular the items are', async () => {
    const limits = { structures: ['full'], minDimension: 8, maxDimension: 14, maxItems: 12, maxQueries: 2 } as const;
    await check(cases({ ...limits, maxLogCondition: 12 }), 60, async (random) => {
      for (const items of [random.itemBatch, toSingle(random.itemBatch)]) {
        const memory = await GaussianMemory.create(items);
        await memory.save(path);
        const loaded = await GaussianMemory.load(path);
        const [a, b] = [await loaded.distances(random.queryBatch), await memory.distances(random.queryBatch)];
        expectSameBits('distances', a.data, b.data);
        const [near, nearest] = [await loaded.nearest(random.queryBatch), await memory.nearest(random.queryBatch)];
        expect(near.indices).toEqual(nearest.indices);
      }
    });
  });

  it('is kept through changes', async () => {
    const memory = await GaussianMemory.create(toSingle(itemBatch));
    await memory.save(path);
    const loaded = await GaussianMemory.load(path);
    for (const each of [memory, loaded]) {
      await each.remove([0, 3, 64, 199]);
      await each.add(select(itemBatch, [5, 6]));
    }
    await expectAlike(loaded, memory, queryBatch);
    await loaded.save(forged);
    await expectAlike(await GaussianMemory.load(forged), memory, queryBatch);
  });

  // Above 64 dimensions items are not stored side by side, above 128 they are signed one by one.
  it.each([1, 7, 8, 65, 130])('at d = %i', async (d) => {
    const random = buildCase({ ...CASE, dimension: d, items: d > 64 ? 5 : 70 });
    const memory = await GaussianMemory.create(random.itemBatch);
    await memory.save(path);
    expect('index' in (await shapesOf(path))).toBe(d >= 8);
    await expectAlike(await GaussianMemory.load(path), memory, random.queryBatch);
    expect((await contentsOf(path)).metadata).toHaveProperty('version', '3');
  });

  it.each([1e-300, 1e-160, 1e150])('of variances near %d', async (scale) => {
    const memory = await GaussianMemory.create(scaled(itemBatch, Math.sqrt(scale), scale));
    await memory.save(path);
    expect((await GaussianMemory.load(path)).size).toBe(200);
  });

  it('of singular covariances, and of none at all', async () => {
    const covariances = itemBatch.covariances.map((_, k) => (k % 100 === 0 && k >= 10_000 ? 1 : 0));
    const memory = await GaussianMemory.create({ ...itemBatch, covariances });
    await memory.save(path);
    const loaded = await GaussianMemory.load(path);
    expect((await loaded.nearest(queryBatch)).indices).toEqual((await memory.nearest(queryBatch)).indices);
  });

  // One basis, spectra that differ by less than float32 tells: the bound by spectra is the distance itself but for the
  // rounding, which the bounds have to allow for. Without the allowance the nearest item is left out now and then.
  it('leaves out no item for its rounding', async () => {
    const [d, count] = [24, 400];
    const random = new TestRandom(8);
    const basis = randomRotation(random, d);
    const spectrum = Array.from({ length: d }, (_, k) => 0.5 + k / 7);
    const full = (spectra: readonly number[][]) =>
      Float64Array.from(spectra.flatMap((each) => [...rotatedDiagonal(each, basis)]));
    const stored = { count, dimension: d, structure: 'full' as const, means: new Float64Array(count * d) };
    const items = {
      ...stored,
      covariances: full(Array.from({ length: count }, () => spectrum.map((x) => x * (1 + 1e-9 * random.normal())))),
    };
    await (await GaussianMemory.create(items)).save(path);
    const memory = await GaussianMemory.load(path);
    const spectra = Array.from({ length: 30 }, () => 0.5 + random.uniform()).map((p) => spectrum.map((x) => x ** p));
    const queries = { ...stored, count: 30, means: new Float64Array(30 * d), covariances: full(spectra) };
    const all = await memory.nearest(queries, { pruning: false });
    const pruned = await memory.nearest(queries);
    expect(pruned.indices).toEqual(all.indices);
    expectSameBits('distances', pruned.distances, all.distances);
  });

  const forgeries: readonly (readonly [string, RegExp, (index: Float32Array) => void])[] = [
    ['scaled', /index\[\d+\].*norm/, (index) => index.set(index.map((x) => 1.001 * x))],
    ['not a number', /index\[7\].*norm/, (index) => index.fill(Number.NaN, 7 * 65 + 2, 7 * 65 + 3)],
    ['nothing', /index\[7\].*norm/, (index) => index.fill(0, 7 * 65, 8 * 65)],
    ['infinite', /index\[7\].*norm/, (index) => index.fill(Number.POSITIVE_INFINITY, 8 * 65 - 1, 8 * 65)],
    ['of other items', /index\[\d+\].*square/, (index) => index.set([...index.slice(65), ...index.slice(0, 65)])],
    [
      'of other spectra',
      /index\[\d+\].*off by/,
      (index) => {
        for (let item = 0; item < 200; item++) index.subarray(item * 65 + 55, (item + 1) * 65).reverse();
      },
    ],
  ];

  it.each(forgeries)('is refused where it is %s', async (_, message, change) => {
    await (await GaussianMemory.create(itemBatch)).save(path);
    await forge(path, forged, (contents) => change(numbers(contents, 'index') as Float32Array));
    await expectFailure(() => GaussianMemory.load(forged), 'ERR_CORRUPT_FILE', /forged\.safetensors/, message);
    expect((await GaussianMemory.load(forged, { index: false })).size).toBe(200);
  });

  it('is refused in another shape, and so are covariances that are none', async () => {
    await (await GaussianMemory.create(itemBatch)).save(path);
    const refused = async (change: (contents: Contents) => void, ...words: (string | RegExp)[]) => {
      await forge(path, forged, change);
      await expectFailure(() => GaussianMemory.load(forged), 'ERR_CORRUPT_FILE', /forged\.safetensors/, ...words);
    };
    await refused(({ tensors }) => {
      tensors.set('index', { dtype: 'F32', shape: [200, 64], data: new Float32Array(200 * 64) });
    }, /"index" is F32 \[200,64\] where F32 \[200,65\] belongs/);
    await refused(
      alter('covariances', 55 * 4 + 3, () => Number.NaN),
      /covariances\[4\]\[2\]\[0\]/,
    );
    await refused(
      alter('covariances', 55 * 4 + 5, () => -1),
      /semidefinite.*covariances\[4\]/,
    );
    await refused(
      alter('means', 11, () => Number.NaN),
      /means\[1\]\[1\]/,
    );
    await refused(({ metadata }) => Object.assign(metadata, { structure: 'diagonal' }), /structure is "diagonal"/);
    await refused(({ metadata }) => Object.assign(metadata, { version: '1' }), /where F64 \[200,10,10\] belongs/);
  });

  it('reports progress up to the end, and stops when it is told to', async () => {
    await (await GaussianMemory.create(itemBatch)).save(path);
    const seen: Progress[] = [];
    await GaussianMemory.load(path, { onProgress: (progress) => void seen.push({ ...progress }) });
    expect(seen.at(-1)).toEqual({ completed: 200, total: 200 });
    expect(seen.map(({ completed }) => completed)).toEqual(
      seen.map(({ completed }) => completed).sort((a, b) => a - b),
    );
    const stop = new AbortController();
    const loading = GaussianMemory.load(path, { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(loading).rejects.toThrow('enough');
  });
});

const CASE = {
  seed: 5,
  structure: 'full',
  queries: 3,
  logCondition: 1,
  logScale: 0,
  spread: 1,
  closeness: 0.3,
  itemSpectrum: 'regular',
  querySpectrum: 'regular',
  sharpness: 10,
} as const;

describe('of rows', () => {
  const [count, width] = [4200, 70];

  /** Rows in which a code could be refused that is right. */
  const kinds: Record<string, (random: TestRandom, row: number, column: number) => number> = {
    normal: (random) => random.normal(),
    'far from the origin': (random) => 1e4 + random.normal(),
    'of very different scales': (random, _, column) => 10 ** (column % 9) * random.normal(),
    equal: () => 0.3,
    zero: () => 0,
    'with rows of every size': (random, row) => 10 ** ((row % 31) - 15) * random.normal(),
    'as small as they get': (random) => 1e-38 * random.normal(),
    large: (random) => 1e17 * random.normal(),
  };

  function rowsOf(kind: string, Floats: typeof Float64Array | typeof Float32Array, columns = width): Vectors {
    const random = new TestRandom(2);
    const make = kinds[kind] as (typeof kinds)[string];
    const values = new Floats(count * columns);
    for (let at = 0; at < values.length; at++) values[at] = make(random, Math.floor(at / columns), at % columns);
    return { count, dimension: columns, values };
  }

  const queriesOf = ({ values, dimension }: Vectors): Vectors => ({
    count: 5,
    dimension,
    values: Float64Array.from(values.subarray(0, 5 * dimension), (x, k) => x * (1 + 0.01 * Math.sin(k))),
  });

  async function expectAlike(found: EuclideanMemory, expected: EuclideanMemory, queries: Vectors): Promise<void> {
    for (const beta of [1e-2, 10]) {
      const options = { beta, maxIterations: 2 };
      const [a, b] = [await found.retrieve(queries, options), await expected.retrieve(queries, options)];
      expectSameBits('states', a.states.values, b.states.values);
      expect(a.evaluated).toEqual(b.evaluated);
      expect(a.droppedMass).toEqual(b.droppedMass);
    }
    const [near, nearest] = [await found.nearest(queries, { k: 3 }), await expected.nearest(queries, { k: 3 })];
    expect(near.indices).toEqual(nearest.indices);
    expectSameBits('distances', near.distances, nearest.distances);
  }

  it.each(Object.keys(kinds))('answers alike: %s', async (kind) => {
    for (const Floats of [Float64Array, Float32Array]) {
      const rows = rowsOf(kind, Floats);
      const memory = await EuclideanMemory.create(rows);
      await memory.save(path);
      expect(Object.keys(await shapesOf(path)).sort()).toEqual(['index', 'index.shared', 'values']);
      await expectAlike(await EuclideanMemory.load(path), memory, queriesOf(rows));
    }
  });

  it('is not there with index: false, nor for few rows', async () => {
    const rows = rowsOf('normal', Float64Array);
    await (await EuclideanMemory.create(rows, { index: false })).save(path);
    expect(await shapesOf(path)).toEqual({ values: `F64 ${count},${width}` });
    const memory = await EuclideanMemory.create(rows);
    await expectAlike(await EuclideanMemory.load(path), memory, queriesOf(rows));
    await memory.save(path);
    const without = await EuclideanMemory.load(path, { index: false });
    await without.save(forged);
    expect(statSync(forged).size).toBeLessThan(statSync(path).size - count * width);
    await memory.remove(Array.from({ length: 200 }, (_, i) => i));
    await memory.save(path);
    expect(await shapesOf(path)).toEqual({ values: `F64 ${count - 200},${width}` });
  });

  it('is kept through changes', async () => {
    const rows = rowsOf('of very different scales', Float32Array, 300);
    const memory = await EuclideanMemory.create(rows);
    await memory.save(path);
    const loaded = await EuclideanMemory.load(path);
    const more = { ...rows, count: 60, values: rows.values.slice(0, 60 * 300).map((x) => -x) };
    for (const each of [memory, loaded]) {
      await each.remove([0, 3, 64, 4199]);
      await each.add(more);
    }
    await expectAlike(loaded, memory, queriesOf(rows));
  });

  it('of variances in a basis', async () => {
    const d = 40;
    const random = new TestRandom(4);
    const basis = { rows: d, columns: d, data: new Float64Array(d * d).map((_, k) => (k % (d + 1) === 0 ? 1 : 0)) };
    const means = new Float64Array(count * d).map(() => random.normal());
    const covariances = new Float64Array(count * d).map(() => random.normal() ** 2);
    const items = { count, dimension: d, structure: 'diagonal' as const, means, covariances };
    for (const batch of [{ ...items, basis }, items, toSingle(items)]) {
      const memory = await GaussianMemory.create(batch);
      await memory.save(path);
      expect((await contentsOf(path)).metadata).toHaveProperty('version', 'basis' in batch ? '2' : '1');
      const loaded = await GaussianMemory.load(path);
      const queries = { ...(await memory.get([5, 70])), ...('basis' in batch && { basis }) };
      expect((await loaded.nearest(queries, { k: 4 })).indices).toEqual(
        (await memory.nearest(queries, { k: 4 })).indices,
      );
      const [a, b] = [await loaded.retrieve(queries, { beta: 20 }), await memory.retrieve(queries, { beta: 20 })];
      expect(a.evaluated).toEqual(b.evaluated);
      expectSameBits('states', a.states.covariances, b.states.covariances);
    }
  });

  /** A record: 128 codes, then scale, error, and the squared norm and norm of the code's parts. */
  const record = 128 / 4 + 4;
  const at = 1234 * record;
  const forgeries: readonly (readonly [string, RegExp, (contents: Contents) => void])[] = [
    ['a code', /index\[1234\]/, (contents) => bytes(contents).set([1], 4 * at + 9)],
    ['a scale', /index\[1234\]/, alter('index', at + 32, (x) => 1.01 * x)],
    ['an error', /index\[1234\]/, alter('index', at + 33, (x) => 0.99 * x)],
    ['an error below zero', /index\[1234\]/, alter('index', at + 33, () => -Infinity)],
    ['an error that is none', /index\[1234\]/, alter('index', at + 33, () => Number.NaN)],
    ['a norm', /index\[1234\]/, alter('index', at + 34, (x) => 1.00001 * x)],
    ['the other norm', /index\[1234\]/, alter('index', at + 35, (x) => x + 1e-3)],
    ['the order', /shared index/, alter('index.shared', 3, () => 5)],
    ['the centre', /index\[\d+\]/, alter('index.shared', width, (x) => x + 1)],
    ['a scale of all', /shared index/, alter('index.shared', 2 * width, () => 0)],
    ['the unit', /shared index/, alter('index.shared', 3 * width, () => Number.NaN)],
    [
      'the shape',
      /"index.shared" is F64 \[3\] where/,
      ({ tensors }) => void tensors.set('index.shared', { dtype: 'F64', shape: [3], data: new Float64Array(3) }),
    ],
    ['a missing book', /no tensor "index.shared"/, ({ tensors }) => void tensors.delete('index.shared')],
  ];
  const bytes = (contents: Contents) => new Uint8Array(numbers(contents, 'index').buffer);

  it.each(forgeries)('is refused where it was forged: %s', async (_, message, change) => {
    await (await EuclideanMemory.create(rowsOf('normal', Float64Array))).save(path);
    await forge(path, forged, change);
    await expectFailure(() => EuclideanMemory.load(forged), 'ERR_CORRUPT_FILE', /forged\.safetensors/, message);
    expect((await EuclideanMemory.load(forged, { index: false })).size).toBe(count);
  });

  it('keeps what single precision does not hold as it was', async () => {
    const rows = rowsOf('normal', Float64Array);
    rows.values.set(new Float64Array(width).fill(1e150), 7 * width);
    const memory = await EuclideanMemory.create(rows);
    await memory.save(path);
    await expectAlike(await EuclideanMemory.load(path), memory, queriesOf(rows));
  });
});
