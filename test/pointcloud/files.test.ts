/** Point-cloud memories on disk: they come back as they were, and anything else is a coded error. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../lib/core/errors.ts';
import { EuclideanMemory, type FloatArray, PointCloudMemory, type Progress } from '../../lib/index.ts';
import { openSafetensors, writeSafetensors } from '../../lib/io/safetensors/safetensors.ts';
import { expectFailure, expectRelative, expectSameBits, expectWithin } from '../support/assertions.ts';
import { DOUBLE_EPSILON, SINGLE_EPSILON } from '../support/tolerances.ts';
import { someClouds, toSingleClouds } from './batches.ts';

const folder = mkdtempSync(join(tmpdir(), 'denseam-clouds-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const path = join(folder, 'memory.safetensors');
const epsilon = 0.3;
const items = someClouds(1, [3, 1, 5, 4], 2);
const queries = someClouds(2, [4, 2], 2);

describe('save and load', () => {
  it.each(['float64', 'float32'] as const)('give the same memory: %s', async (precision) => {
    const own = precision === 'float32' ? toSingleClouds(items) : items;
    const memory = await PointCloudMemory.create(own, { epsilon, marginalTolerance: 1e-12 });
    await memory.remove([1]);
    await memory.save(path);
    const loaded = await PointCloudMemory.load(path, { marginalTolerance: 1e-12 });
    expect(loaded).toMatchObject({ size: 3, dimension: 2, precision, epsilon, marginalTolerance: 1e-12 });
    const [a, b] = [await memory.get([0, 1, 2]), await loaded.get([0, 1, 2])];
    expectSameBits('offsets', b.offsets, a.offsets);
    expectSameBits('points', b.points, a.points);
    // Weights are divided by their sum again, which is 1 to rounding.
    const rounding = precision === 'float32' ? SINGLE_EPSILON : 10 * DOUBLE_EPSILON;
    expectRelative('weights', b.weights, a.weights, rounding);
    const [before, after] = [await memory.divergences(queries), await loaded.divergences(queries)];
    // That much of a cost of at most 100, and a marginal error of 1e-12 of it twice.
    expectWithin('divergences', after.data, before.data, 100 * (rounding + 2e-12));
    expect((await PointCloudMemory.load(path)).marginalTolerance).toBe(1e-10);
  });

  it('in parts as in one, with progress', async () => {
    // 8.8 MB of points, in clouds that end within what is read at a time.
    const many = someClouds(
      3,
      Array.from({ length: 400 }, (_, i) => 1 + (i % 10)),
      500,
    );
    const memory = await PointCloudMemory.create(many, { epsilon: 100 });
    await memory.save(path);
    const seen: Progress[] = [];
    const loaded = await PointCloudMemory.load(path, { onProgress: (progress) => seen.push(progress) });
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.at(-1)).toEqual({ completed: 400, total: 400 });
    const indices = Array.from({ length: 400 }, (_, i) => i);
    const [a, b] = [await memory.get(indices), await loaded.get(indices)];
    expectSameBits('offsets', b.offsets, a.offsets);
    expectSameBits('points', b.points, a.points);
    expectRelative('weights', b.weights, a.weights, 10 * DOUBLE_EPSILON);
  });

  it('saves the items as they were when it began', async () => {
    const memory = await PointCloudMemory.create(items, { epsilon });
    const saving = memory.save(path);
    await memory.remove([0, 1]);
    await saving;
    expect((await PointCloudMemory.load(path)).size).toBe(4);
  });

  it('a failed or aborted save leaves nothing behind and the old file alone', async () => {
    const memory = await PointCloudMemory.create(items, { epsilon });
    await memory.save(path);
    const before = readFileSync(path);
    await expect(memory.save(join(folder, 'no', 'such.safetensors'))).rejects.toMatchObject({ code: 'ENOENT' });
    const controller = new AbortController();
    const saving = memory.save(path, { signal: controller.signal, onProgress: () => controller.abort('enough') });
    controller.abort('enough');
    await expect(saving.catch((error: unknown) => error)).resolves.toBe('enough');
    expect(readdirSync(folder)).toEqual(['memory.safetensors']);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('a load can be aborted', async () => {
    await (await PointCloudMemory.create(items, { epsilon })).save(path);
    const signal = AbortSignal.abort('enough');
    await expect(PointCloudMemory.load(path, { signal }).catch((error: unknown) => error)).resolves.toBe('enough');
  });
});

describe('a file that is not a saved memory', () => {
  const damaged = join(folder, 'damaged.safetensors');

  async function savedBytes(): Promise<Buffer> {
    await (await PointCloudMemory.create(items, { epsilon })).save(path);
    return readFileSync(path);
  }

  const refusedAs = (code: ErrorCode, ...mentions: (string | RegExp)[]) =>
    expectFailure(() => PointCloudMemory.load(damaged), code, 'damaged.safetensors', ...mentions);
  const refused = refusedAs.bind(undefined, 'ERR_CORRUPT_FILE');

  it('because it was truncated anywhere, is refused', async () => {
    const bytes = await savedBytes();
    for (const length of [0, 1, 8, 9, 40, bytes.length >> 1, bytes.length - 8, bytes.length - 1]) {
      writeFileSync(damaged, bytes.subarray(0, length));
      await refused();
    }
    writeFileSync(damaged, Buffer.concat([bytes, Buffer.from('more')]));
    await refused();
  });

  it('because any byte was altered, is refused', async () => {
    const bytes = await savedBytes();
    const step = Math.max(1, Math.floor(bytes.length / 150));
    for (let at = 0; at < bytes.length; at += step) {
      const altered = Buffer.from(bytes);
      altered.writeUInt8(altered.readUInt8(at) ^ 0xa5, at);
      writeFileSync(damaged, altered);
      await refused();
    }
  });

  it('but another or none, is refused', async () => {
    const values = Float64Array.of(1, 2, 3, 4);
    await (await EuclideanMemory.create({ count: 2, dimension: 2, values })).save(damaged);
    await refused('euclidean', 'point-cloud');
    writeFileSync(damaged, Buffer.alloc(4096, 0xff));
    await refused();
    await savedBytes();
    await expectFailure(() => EuclideanMemory.load(path), 'ERR_CORRUPT_FILE', 'pointcloud');
    await expect(PointCloudMemory.load(join(folder, 'absent'))).rejects.toThrow(/absent/);
  });

  /** The saved memory with other tensors and metadata, as no release writes it but with the right checksums. */
  async function rewritten(
    change: Record<string, FloatArray | null>,
    metadata = {},
    shapes: Record<string, number[]> = {},
  ) {
    await savedBytes();
    const file = await openSafetensors(path);
    const tensors: { name: string; dtype: 'F64' | 'F32'; shape: number[] }[] = [];
    const chunks: { tensor: string; data: FloatArray }[] = [];
    for (const { name, shape } of file.tensors.values()) {
      const data = change[name] === undefined ? await file.read(name) : change[name];
      if (data === null) continue;
      const dtype = data instanceof Float32Array ? 'F32' : 'F64';
      tensors.push({ name, dtype, shape: shapes[name] ?? [...shape] });
      chunks.push({ tensor: name, data });
    }
    await file.close();
    const all = { memory: 'pointcloud', version: '1', ...metadata };
    await writeSafetensors(damaged, { tensors, chunks, metadata: all });
  }

  it('the tests below only fail for what they change', async () => {
    await rewritten({});
    expect((await PointCloudMemory.load(damaged)).size).toBe(4);
  });

  it('of another version, is refused', async () => {
    await rewritten({}, { version: '7' }, {});
    await refusedAs('ERR_UNSUPPORTED', 'version is 7');
  });

  it.each<[string, Record<string, FloatArray | null>, object, Record<string, number[]>, ...string[]]>([
    ['without sizes', { sizes: null }, {}, {}, 'sizes'],
    ['without epsilon', { epsilon: null }, {}, {}, 'epsilon'],
    ['with an epsilon of zero', { epsilon: Float64Array.of(0) }, {}, {}, 'epsilon', '0'],
    ['with an epsilon of NaN', { epsilon: Float64Array.of(Number.NaN) }, {}, {}, 'epsilon', 'NaN'],
    ['with a size that is none', { sizes: Float64Array.of(3, 1.5, 4.5, 4) }, {}, {}, 'cloud 1', '1.5'],
    ['with an empty cloud', { sizes: Float64Array.of(3, 0, 6, 4) }, {}, {}, 'cloud 1', '0'],
    ['with a negative size', { sizes: Float64Array.of(3, -1, 7, 4) }, {}, {}, 'cloud 1', '-1'],
    ['with sizes of NaN', { sizes: Float64Array.of(3, Number.NaN, 5, 4) }, {}, {}, 'cloud 1', 'NaN'],
    ['with fewer points in clouds', { sizes: Float64Array.of(3, 1, 5, 3) }, {}, {}, '13 points', '12'],
    ['with infinite sizes', { sizes: Float64Array.of(3, 1, 5, Infinity) }, {}, {}, 'cloud 3', 'Infinity'],
    ['with sizes of floats', { sizes: Float32Array.of(3, 1, 5, 4) }, {}, {}, 'sizes', 'F32'],
    ['with points of floats', { points: Float32Array.from(items.points) }, {}, {}, 'weights', 'F64'],
    ['with flat points', {}, {}, { points: [26] }, 'no clouds'],
    ['with weights of another shape', {}, {}, { weights: [13, 1] }, 'weights'],
    ['without clouds', { sizes: new Float64Array(0) }, {}, { sizes: [0] }, 'no clouds'],
    ['with a point that is not finite', { points: items.points.with(3, Number.NaN) as FloatArray }, {}, {}, 'NaN'],
    ['with a negative weight', { weights: items.weights.with(0, -1) as FloatArray }, {}, {}, '-1'],
  ])('%s, is refused', async (_, change, metadata, shapes, ...mentions) => {
    await rewritten(change, metadata, shapes);
    await refused(...mentions);
  });
});
