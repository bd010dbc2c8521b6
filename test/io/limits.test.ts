import { writeFile } from 'node:fs/promises';
import { crc32, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { EuclideanMemory } from '../../lib/index.ts';
import { readIdx } from '../../lib/io/idx.ts';
import { readNpy } from '../../lib/io/numpy/npy.ts';
import { readNpz } from '../../lib/io/numpy/npz.ts';
import { readWord2Gauss } from '../../lib/io/word2gauss/word2gauss.ts';
import { npyFile, zipFile } from './archives.ts';
import { expectFault, temporaryDirectory } from './support.ts';
import { modelMembers, parametersText, paxRecord, spherical, tarGzFile } from './tar.ts';

// The limits in the table of docs/files.md: small files that announce much are refused as corrupt, not for the memory
// that they would take, so that nothing is allocated before the bytes are there that justify it.

const file = temporaryDirectory();

async function written(bytes: Uint8Array): Promise<string> {
  await writeFile(file('a'), bytes);
  return file('a');
}

/** IDX with this shape and six bytes of data. */
function idx(...shape: readonly number[]): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  for (const [axis, extent] of shape.entries()) header.writeUInt32BE(extent, 4 + 4 * axis);
  return Buffer.concat([header, Buffer.alloc(6)]);
}

describe('IDX', () => {
  it('has as many bytes as its shape needs', async () => {
    await expectFault(readIdx(await written(idx(1000, 1000))), 'ERR_CORRUPT_FILE', /at most 6 bytes of data/);
  });

  it('has as many bytes as its shape needs, at 1032 a byte of a gzip file', async () => {
    const bomb = gzipSync(Buffer.concat([idx(1000, 1000).subarray(0, 12), Buffer.alloc(1_000_000)]));
    expect((await readIdx(await written(bomb))).data).toHaveLength(1_000_000);
    const forged = gzipSync(idx(1000, 1000));
    await expectFault(readIdx(await written(forged)), 'ERR_CORRUPT_FILE', /truncated: it has at most/);
  });

  it('has at most 255 axes: their number is one byte', async () => {
    const shape = Array.from({ length: 255 }, () => 1);
    await expectFault(readIdx(await written(idx(...shape))), 'ERR_CORRUPT_FILE', /has at least 6 bytes/);
  });
});

describe('.npy', () => {
  const shaped = (shape: string) =>
    written(npyFile(`{'descr': '<f8', 'fortran_order': False, 'shape': ${shape}, }`, Buffer.alloc(8)));

  it('has as many bytes as its shape needs', async () => {
    const huge = npyFile("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000,), }", new Uint8Array(8));
    await expectFault(readNpy(await written(huge)), 'ERR_CORRUPT_FILE', /truncated: it has 8 bytes of numbers/);
  });

  it('has a header of at most 10,000 characters', async () => {
    const long = npyFile(
      `{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }${' '.repeat(10_000)}`,
      Buffer.alloc(8),
    );
    await expectFault(readNpy(await written(long)), 'ERR_UNSUPPORTED', /10000/);
  });

  it('has at most 64 axes', async () => {
    const ones = (axes: number) => `(${'1, '.repeat(axes)})`;
    expect((await readNpy(await shaped(ones(64)))).shape).toHaveLength(64);
    await expectFault(readNpy(await shaped(ones(65))), 'ERR_UNSUPPORTED', /65/);
  });

  it('has at most 200 lists and tuples in one another', async () => {
    const nested = (depth: number) => shaped(`${'['.repeat(depth)}${']'.repeat(depth)}`);
    await expectFault(readNpy(await nested(199)), 'ERR_CORRUPT_FILE', /its shape/);
    await expectFault(readNpy(await nested(201)), 'ERR_CORRUPT_FILE', /is not a dictionary/);
  });
});

describe('.npz', () => {
  const array = npyFile("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000,), }", new Uint8Array(8));

  it.each([
    ['stored', false],
    ['deflated', true],
  ])('has members of at most what their bytes can hold, %s', async (_, deflate) => {
    const member = { name: 'a.npy', bytes: array, deflate, claimedSize: 8_000_200 };
    await expectFault(readNpz(await written(zipFile([member]))), 'ERR_CORRUPT_FILE', /8000200/);
  });

  it('has an entry of the directory for every 46 bytes at most', async () => {
    const archive = Buffer.from(zipFile([{ name: 'a.npy', bytes: array }]));
    for (const place of [14, 12]) archive.writeUInt16LE(1000, archive.length - place);
    await expectFault(readNpz(await written(archive)), 'ERR_CORRUPT_FILE', /truncated: it ends at/);
  });

  it('takes what deflates best', async () => {
    const zeros = npyFile("{'descr': '<f8', 'fortran_order': False, 'shape': (200000,), }", new Uint8Array(1_600_000));
    const arrays = await readNpz(await written(zipFile([{ name: 'a.npy', bytes: zeros, deflate: true }])));
    expect(arrays.get('a')?.data).toHaveLength(200_000);
  });

  it('refuses one that cannot be before any is read', async () => {
    const members = [
      { name: 'a.npy', bytes: array },
      { name: 'b.npy', bytes: array, deflate: true, claimedSize: 2 ** 31 },
    ];
    await expectFault(readNpz(await written(zipFile(members))), 'ERR_CORRUPT_FILE', /b\.npy.* 2147483648/);
  });
});

describe('word2gauss', () => {
  const model = (changes: Readonly<Record<string, string>>) =>
    tarGzFile(
      modelMembers(spherical).map((member) => ({ ...member, text: changes[member.name] ?? member.text ?? '' })),
    );

  it('has as many bytes as its counts need, two a number', async () => {
    const parameters = parametersText({ N: 1_000_000, K: 1000 });
    await expectFault(readWord2Gauss(await written(model({ parameters }))), 'ERR_SHAPE', /1000000 rows of 1000/);
  });

  it('has at most 64 KiB of parameters and 1 MiB of names', async () => {
    const parameters = ' '.repeat(65_537);
    await expectFault(readWord2Gauss(await written(model({ parameters }))), 'ERR_CORRUPT_FILE', /at most 65536 bytes/);
    const names = { name: 'pax', type: 'x', text: paxRecord('path', 'x'.repeat(1 << 20)) };
    const archive = tarGzFile([names, ...modelMembers(spherical)]);
    await expectFault(readWord2Gauss(await written(archive)), 'ERR_CORRUPT_FILE', /tar archive/);
  });
});

describe('safetensors', () => {
  /** A header with right checksums and no data. */
  function headed(rest: string): Buffer {
    const start = '{"__metadata__":{"checksum":"crc32:';
    const json = Buffer.from(`${start}00000000${rest}`);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(json.length));
    const whole = Buffer.concat([length, json]);
    whole.write(crc32(whole).toString(16).padStart(8, '0'), 8 + start.length);
    return whole;
  }

  it('has a header of at most 32 MiB, and no longer than the file', async () => {
    const announced = (bytes: bigint) => {
      const start = Buffer.alloc(64);
      start.writeBigUInt64LE(bytes);
      return written(start);
    };
    for (const bytes of [57n, 2n ** 25n + 1n, 2n ** 63n]) {
      await expectFault(EuclideanMemory.load(await announced(bytes)), 'ERR_CORRUPT_FILE', /announce a header/);
    }
  });

  it('has at most 1,000 tensors and 10,000 objects, lists and keys', async () => {
    const tensor = '{"dtype":"F64","shape":[0],"data_offsets":[0,0]}';
    const many = Array.from({ length: 1001 }, (_, i) => `,"t${i}":${tensor}`).join('');
    const format = '","format":"denseam"}';
    await expectFault(
      EuclideanMemory.load(await written(headed(`${format}${many}}`))),
      'ERR_CORRUPT_FILE',
      /1001 tensors/,
    );
    const lists = headed(`${format},"t":[${'[],'.repeat(10_000)}[]]}`);
    await expectFault(EuclideanMemory.load(await written(lists)), 'ERR_CORRUPT_FILE', /more than 10000/);
  });

  it('has the bytes of all its tensors', async () => {
    const tensor = '{"dtype":"F64","shape":[1000000,1000],"data_offsets":[0,8000000000]}';
    const forged = headed(`,00000000","format":"denseam","memory":"euclidean","version":"1"},"values":${tensor}}`);
    await expectFault(EuclideanMemory.load(await written(forged)), 'ERR_CORRUPT_FILE', /truncated/);
  });
});
