/** Saved memories come back bit for bit; anything else is a coded error (the format itself is tested in test/io). */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { EuclideanMemory, GaussianMemory } from '../../lib/index.ts';
import { expectFailure, expectSameBits } from '../support/assertions.ts';
import { ordinary, toSingle } from '../support/batches.ts';

const folder = mkdtempSync(join(tmpdir(), 'denseam-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const STRUCTURES = ['full', 'diagonal', 'isotropic'] as const;

describe.each(STRUCTURES)('a saved memory: %s', (structure) => {
  it.each(['float64', 'float32'] as const)('answers the same after load: %s', async (precision) => {
    const items = ordinary(structure, 6, 5);
    const memory = await GaussianMemory.create(precision === 'float32' ? toSingle(items) : items);
    await memory.remove([2]);
    const path = join(folder, `${structure}-${precision}.safetensors`);
    await memory.save(path);
    const loaded = await GaussianMemory.load(path);
    expect([loaded.size, loaded.dimension, loaded.structure]).toEqual([5, 5, structure]);
    const queries = ordinary(structure, 3, 5);
    expectSameBits('distances', (await loaded.distances(queries)).data, (await memory.distances(queries)).data);
    const options = { beta: 0.4, maxIterations: 5 };
    const [a, b] = [await loaded.retrieve(queries, options), await memory.retrieve(queries, options)];
    expectSameBits('states', a.states.covariances, b.states.covariances);
    expect((await loaded.get([0])).means.constructor).toBe((await memory.get([0])).means.constructor);
  });
});

describe('a saved Euclidean memory', () => {
  it('answers the same after load', async () => {
    const memory = await EuclideanMemory.create({
      count: 3,
      dimension: 2,
      values: Float64Array.of(1, 2, 3, 4, 5, 6.5),
    });
    const path = join(folder, 'vectors.safetensors');
    await memory.save(path);
    const loaded = await EuclideanMemory.load(path);
    const queries = { count: 1, dimension: 2, values: Float64Array.of(0.1, 0.7) };
    expectSameBits('distances', (await loaded.distances(queries)).data, (await memory.distances(queries)).data);
    await expectFailure(() => GaussianMemory.load(path), 'ERR_CORRUPT_FILE', /vectors\.safetensors/);
  });
});

describe('files that are not a saved memory', () => {
  const path = join(folder, 'memory.safetensors');
  const damaged = join(folder, 'damaged.safetensors');

  async function expectRefused(bytes: Uint8Array): Promise<void> {
    writeFileSync(damaged, bytes);
    await expectFailure(() => GaussianMemory.load(damaged), 'ERR_CORRUPT_FILE', /damaged\.safetensors/);
  }

  async function savedBytes(): Promise<Buffer> {
    const memory = await GaussianMemory.create(ordinary('full', 4, 3));
    await memory.save(path);
    return readFileSync(path);
  }

  it('truncated anywhere, they are refused', async () => {
    const bytes = await savedBytes();
    for (const length of [0, 1, 7, 8, 9, 40, bytes.length >> 1, bytes.length - 8, bytes.length - 1]) {
      await expectRefused(bytes.subarray(0, length));
    }
    await expectRefused(Buffer.concat([bytes, Buffer.from('more')]));
  });

  it('altered, they are refused or still a valid memory, and never end the process', async () => {
    const bytes = await savedBytes();
    const step = Math.max(1, Math.floor(bytes.length / 150));
    for (let at = 0; at < bytes.length; at += step) {
      const altered = Buffer.from(bytes);
      altered.writeUInt8(altered.readUInt8(at) ^ 0xa5, at);
      writeFileSync(damaged, altered);
      try {
        const loaded = await GaussianMemory.load(damaged);
        const { data } = await loaded.distances(ordinary('full', 1, 3));
        expect([...data].every(Number.isFinite)).toBe(true);
      } catch (error) {
        expect(error).toMatchObject({ name: 'DenseamError' });
      }
    }
  });

  it('an altered covariance is refused', async () => {
    const bytes = await savedBytes();
    const altered = Buffer.from(bytes);
    altered.fill(0xff, bytes.length - 16);
    await expectRefused(altered);
  });

  it('foreign, they are refused', async () => {
    await expectRefused(Buffer.from('PK\u0003\u0004 this is no safetensors file'));
    await expectRefused(Buffer.alloc(4096, 0xff));
    const header = Buffer.from('{"other":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}');
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    await expectRefused(Buffer.concat([length, header, Buffer.alloc(8)]));
  });

  it('a file that is not there fails with its own error, naming the path', async () => {
    await expect(GaussianMemory.load(join(folder, 'absent.safetensors'))).rejects.toThrow(/absent\.safetensors/);
  });

  it('a failed save leaves nothing behind and the old file alone', async () => {
    const memory = await GaussianMemory.create(ordinary('full', 2, 2));
    await expect(memory.save(join(folder, 'no', 'such', 'folder.safetensors'))).rejects.toThrow();
    await savedBytes();
    const names = readdirSync(folder);
    await memory.save(path);
    expect(readdirSync(folder).sort()).toEqual(names.sort());
    expect((await GaussianMemory.load(path)).size).toBe(2);
  });
});
