import { writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { DenseamError } from '../../lib/core/errors.ts';
import { EuclideanMemory, GaussianMemory, PointCloudMemory } from '../../lib/index.ts';
import { allocate, memoryGuard } from '../../lib/io/files.ts';
import { readIdx } from '../../lib/io/idx.ts';
import { formatNpy, readNpy } from '../../lib/io/numpy/npy.ts';
import { readNpz } from '../../lib/io/numpy/npz.ts';
import { writeSafetensors } from '../../lib/io/safetensors/safetensors.ts';
import { readWord2Gauss } from '../../lib/io/word2gauss/word2gauss.ts';
import { zipFile } from './archives.ts';
import { expectFault, temporaryDirectory } from './support.ts';
import { modelMembers, tarGzFile } from './tar.ts';

// Whoever takes memory that a file asks for first asks whether it is there. A machine of a few bytes stands in for
// files of gigabytes.

const budget = vi.hoisted(() => ({ bytes: Number.POSITIVE_INFINITY, asked: [] as [string, number][] }));
vi.mock('../../lib/core/availableMemory.ts', async (original) => ({
  ...(await original<typeof import('../../lib/core/availableMemory.ts')>()),
  fitsInMemory: (name: string, bytes: number) => {
    budget.asked.push([name, bytes]);
    if (bytes > budget.bytes) throw new DenseamError('ERR_OUT_OF_MEMORY', `${name}: ${bytes}`);
  },
}));

const file = temporaryDirectory();
const megabyte = 2 ** 20;

beforeEach(() => {
  budget.bytes = Number.POSITIVE_INFINITY;
  budget.asked = [];
});

describe('arrays', () => {
  test('an allocation of a megabyte or more asks, and is not made where there is no room', async () => {
    budget.bytes = megabyte;
    expect(allocate('x', megabyte - 1, () => 'small')).toBe('small');
    expect(allocate('x', megabyte, () => 'fits')).toBe('fits');
    expect(budget.asked).toEqual([['x', megabyte]]);
    const allocation = vi.fn();
    await expectFault(() => allocate('x', megabyte + 1, allocation), 'ERR_OUT_OF_MEMORY', /^x: 1048577$/);
    expect(allocation).not.toHaveBeenCalled();
  });

  test('what is filled asks again on the way for what is still to come', () => {
    const guard = memoryGuard('x', 200 * megabyte);
    for (let filled = 0; filled <= 200 * megabyte; filled += megabyte) guard(filled);
    expect(budget.asked.map(([, bytes]) => bytes / megabyte)).toEqual([136, 72, 8]);
  });
});

describe('files', () => {
  test.each<[string, Uint8Array, (path: string) => Promise<unknown>]>([
    ['.npy', formatNpy([2 ** 18], new Float64Array(2 ** 18)), readNpy],
    ['.npy of bytes, as many', formatNpy([2 ** 21], new Uint8Array(2 ** 21)), readNpy],
    ['IDX', Buffer.concat([Buffer.of(0, 0, 8, 1, 0, 0x20, 0, 0), new Uint8Array(2 ** 21)]), readIdx],
    ['IDX, gzipped', gzipSync(Buffer.concat([Buffer.of(0, 0, 8, 1, 0, 0x20, 0, 0), new Uint8Array(2 ** 21)])), readIdx],
  ])('%s', async (_, bytes, read) => {
    await writeFile(file('a'), bytes);
    await read(file('a'));
    expect(budget.asked).toEqual([[`File "${file('a')}"`, 2 ** 21]]);
    budget.bytes = 2 ** 21 - 1;
    await expectFault(read(file('a')), 'ERR_OUT_OF_MEMORY', /2097152/);
  });

  test('arrays of an archive that fit one by one, not together', async () => {
    const bytes = formatNpy([2 ** 17], new Float64Array(2 ** 17));
    const members = ['a.npy', 'b.npy', 'c.npy'].map((name) => ({ name, bytes, deflate: true }));
    // What is no array and not asked for takes no memory, however large it is.
    await writeFile(file('a'), zipFile([...members, { name: 'README', bytes: new Uint8Array(8 * megabyte) }]));
    budget.asked = [];
    await readNpz(file('a'));
    const all: [string, number] = [`The arrays of file "${file('a')}"`, 3 * bytes.length];
    expect(budget.asked.splice(0)).toEqual([
      all,
      ...members.map(({ name }) => [`File "${file('a')}/${name}"`, megabyte]),
    ]);
    budget.bytes = 2.5 * megabyte;
    await expectFault(readNpz(file('a')), 'ERR_OUT_OF_MEMORY', /The arrays of file/);
    expect(budget.asked).toEqual([all]);
    expect((await readNpz(file('a'), ['a', 'c'])).size).toBe(2);
  });

  test('in Fortran order an array is there twice at the end', async () => {
    const header = formatNpy([2 ** 9, 2 ** 9], new Float64Array(2 ** 18));
    const text = Buffer.from(header).toString('latin1').replace("'fortran_order': False", "'fortran_order': True ");
    await writeFile(file('a'), text, 'latin1');
    budget.asked = [];
    await readNpy(file('a'));
    expect(budget.asked.map(([, bytes]) => bytes)).toEqual([2 ** 21, 2 ** 21]);
  });

  test('words of a file that packs them very small', async () => {
    const words = Array.from({ length: 300 }, (_, i) => `${i}`.padEnd(60_000, 'a'));
    const model = { words, means: words.map(() => [1]), variances: words.map(() => [1]) };
    const packed = tarGzFile(modelMembers(model));
    expect(packed.length).toBeLessThan(megabyte / 4);
    await writeFile(file('a'), packed);
    await readWord2Gauss(file('a'));
    expect(budget.asked.filter(([name]) => name.startsWith('The words of file'))).toHaveLength(1);
    budget.bytes = 16 * megabyte;
    await expectFault(readWord2Gauss(file('a')), 'ERR_OUT_OF_MEMORY', /The words of file/);
  });

  test('memories ask for as much when they are loaded as when they were created', async () => {
    const gaussians = {
      count: 3,
      dimension: 2,
      structure: 'full' as const,
      means: new Float32Array(6),
      covariances: Float32Array.of(1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1),
    };
    const clouds = {
      count: 2,
      dimension: 2,
      offsets: Int32Array.of(0, 1, 3),
      points: Float64Array.of(0, 0, 1, 0, 0, 1),
      weights: Float64Array.of(1, 0.5, 0.5),
    };
    const items = () => budget.asked.filter(([name]) => name === 'the items').splice(0);
    const makers: [() => Promise<{ save(path: string): Promise<void> }>, (path: string) => Promise<unknown>][] = [
      [() => GaussianMemory.create(gaussians), (path) => GaussianMemory.load(path)],
      [
        () => EuclideanMemory.create({ count: 3, dimension: 2, values: new Float64Array(6) }),
        (path) => EuclideanMemory.load(path),
      ],
      [() => PointCloudMemory.create(clouds, { epsilon: 1 }), (path) => PointCloudMemory.load(path)],
    ];
    for (const [create, load] of makers) {
      budget.asked = [];
      await (await create()).save(file('a'));
      const created = items();
      expect(created).toHaveLength(1);
      budget.asked = [];
      await load(file('a'));
      expect(items()).toEqual(created);
      budget.bytes = (created[0]?.[1] ?? 0) - 1;
      await expectFault(load(file('a')), 'ERR_OUT_OF_MEMORY', /the items/);
      budget.bytes = Number.POSITIVE_INFINITY;
    }
  });

  test('no more tensors are written than are read', async () => {
    const tensors = Array.from({ length: 1001 }, (_, i) => ({ name: `t${i}`, dtype: 'F64' as const, shape: [0] }));
    await expectFault(writeSafetensors(file('a'), { tensors, chunks: [] }), 'ERR_RANGE', /at most 1000 tensors/);
    await writeSafetensors(file('a'), { tensors: tensors.slice(1), chunks: [] });
  });
});
