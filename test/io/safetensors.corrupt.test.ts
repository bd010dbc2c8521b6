import { readFile, writeFile } from 'node:fs/promises';
import { crc32, deflateSync, gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import { DenseamError } from '../../lib/core/errors.ts';
import type { FloatArray } from '../../lib/core/types.ts';
import { formatNpy } from '../../lib/io/numpy/npy.ts';
import { openSafetensors, writeSafetensors } from '../../lib/io/safetensors/safetensors.ts';
import { zipFile } from './archives.ts';
import { expectFault, temporaryDirectory } from './support.ts';

const file = temporaryDirectory();

/** Reads everything the way a memory does; returns what it would have used. */
async function load(path: string): Promise<FloatArray[]> {
  const opened = await openSafetensors(path);
  const chunks: FloatArray[] = [];
  try {
    for (const name of opened.tensors.keys()) {
      for await (const chunk of opened.readChunks(name, 16)) chunks.push(chunk);
    }
    return chunks;
  } finally {
    await opened.close();
  }
}

async function verify(path: string): Promise<void> {
  const opened = await openSafetensors(path);
  await opened.verify().finally(() => opened.close());
}

async function outcome(path: string, read: (path: string) => Promise<unknown>): Promise<string> {
  try {
    await read(path);
    return 'accepted';
  } catch (error) {
    return error instanceof DenseamError && error.message.includes(path) ? error.code : String(error);
  }
}

describe('any damage is found', () => {
  let original: Buffer;

  beforeEach(async () => {
    const tensors = [
      { name: 'means', dtype: 'F64' as const, shape: [2, 2] },
      { name: 'covariances', dtype: 'F32' as const, shape: [2, 2] },
    ];
    const chunks = [
      { tensor: 'means', data: new Float64Array([1, 2, 3, 4]) },
      { tensor: 'covariances', data: new Float32Array([1, 0.5, 0.25, 2]) },
    ];
    await writeSafetensors(file('a'), { tensors, metadata: { kind: 'GaussianMemory', version: '1' }, chunks });
    original = await readFile(file('a'));
  });

  test('the file is good to begin with', async () => {
    expect(await load(file('a'))).toHaveLength(3);
    await verify(file('a'));
  });

  test.each([0x01, 0x20, 0x80, 0xff])('every byte, changed by %i', async (change) => {
    const missed: unknown[] = [];
    for (let at = 0; at < original.length; at++) {
      const altered = Buffer.from(original);
      altered.writeUInt8(altered.readUInt8(at) ^ change, at);
      await writeFile(file('a'), altered);
      const outcomes = [await outcome(file('a'), load), await outcome(file('a'), verify)];
      if (outcomes.some((result) => result !== 'ERR_CORRUPT_FILE')) missed.push([at, ...outcomes]);
    }
    expect(missed).toEqual([]);
  });

  test('every truncation, and bytes at the end', async () => {
    const missed: unknown[] = [];
    for (let length = 0; length < original.length; length++) {
      await writeFile(file('a'), original.subarray(0, length));
      const result = await outcome(file('a'), load);
      if (result !== 'ERR_CORRUPT_FILE') missed.push([length, result]);
    }
    expect(missed).toEqual([]);
    await writeFile(file('a'), original.subarray(0, -1));
    await expectFault(load(file('a')), 'ERR_CORRUPT_FILE', /truncated: it has \d+ bytes, its header promises \d+$/);
    await writeFile(file('a'), Buffer.concat([original, Buffer.from([0])]));
    await expectFault(load(file('a')), 'ERR_CORRUPT_FILE', /1 bytes follow its end/);
  });

  test('two neighbouring numbers swapped', async () => {
    const swapped = Buffer.from(original);
    const start = original.length - 8;
    original.copy(swapped, start, start + 4, start + 8);
    original.copy(swapped, start + 4, start, start + 4);
    await writeFile(file('a'), swapped);
    await expectFault(load(file('a')), 'ERR_CORRUPT_FILE', /altered: tensor "covariances" has checksum/);
  });

  test('the last chunk of an altered tensor never comes', async () => {
    const altered = Buffer.from(original);
    const start = altered.length - 16 - 32; // the first byte of "means"
    altered.writeUInt8(altered.readUInt8(start) ^ 1, start);
    await writeFile(file('a'), altered);
    const opened = await openSafetensors(file('a'));
    const chunks = opened.readChunks('means', 16);
    expect((await chunks.next()).done).toBe(false);
    await expectFault(chunks.next(), 'ERR_CORRUPT_FILE', /tensor "means"/);
    expect((await opened.read('covariances'))[3]).toBe(2);
    await opened.close();
  });

  test('a file cut after it was opened', async () => {
    const opened = await openSafetensors(file('a'));
    await writeFile(file('a'), original.subarray(0, -8));
    await expectFault(opened.read('covariances'), 'ERR_CORRUPT_FILE', /truncated/);
    await opened.close();
  });

  test('a tensor that is not there', async () => {
    const opened = await openSafetensors(file('a'));
    expect(() => opened.tensor('weights')).toThrow(/no tensor "weights", only \[means, covariances\]/);
    await expectFault(opened.read('weights'), 'ERR_CORRUPT_FILE', /no tensor "weights"/);
    await expectFault(opened.readChunks('means', 7).next(), 'ERR_RANGE', /at least 8 for bytesPerChunk .* 7/);
    await expectFault(opened.readChunks('means', Number.NaN).next(), 'ERR_RANGE', /NaN/);
    await opened.close();
  });
});

/** A file with this header, whose own checksum is right, and `dataBytes` zeros after it. */
function forged(tensors: string, dataBytes: number, checksums = ',00000000'): Buffer {
  const json = `{"__metadata__":{"checksum":"crc32:00000000${checksums}","format":"denseam"}${tensors}}`;
  const header = Buffer.alloc(8 + json.length);
  header.writeBigUInt64LE(BigInt(json.length));
  header.write(json, 8, 'latin1');
  header.write(crc32(header).toString(16).padStart(8, '0'), 8 + json.indexOf('crc32:') + 6, 'latin1');
  return Buffer.concat([header, Buffer.alloc(dataBytes)]);
}

const zerosChecksum = `,${crc32(Buffer.alloc(8)).toString(16).padStart(8, '0')}`;

describe('headers that contradict themselves', () => {
  test('the forgery itself is accepted when all is right', async () => {
    await writeFile(file('a'), forged(',"x":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}', 8, zerosChecksum));
    expect(await load(file('a'))).toEqual([new Float64Array(1)]);
  });

  test.each<[string, string, number, RegExp, string?]>([
    ['unknown dtype', ',"x":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}', 8, /"x" has dtype "I64"/],
    ['dtype from the prototype', ',"x":{"dtype":"toString","shape":[1],"data_offsets":[0,8]}', 8, /dtype "toString"/],
    ['no entry', ',"x":null', 8, /"x" has dtype undefined/],
    ['no shape', ',"x":{"dtype":"F64","data_offsets":[0,8]}', 8, /"x" has shape undefined/],
    ['negative extent', ',"x":{"dtype":"F64","shape":[-1,-1],"data_offsets":[0,8]}', 8, /shape \[-1,-1\]/],
    ['fractional extent', ',"x":{"dtype":"F64","shape":[2,0.5],"data_offsets":[0,8]}', 8, /shape \[2,0.5\]/],
    ['overflow', ',"x":{"dtype":"F64","shape":[4294967296,4294967296],"data_offsets":[0,0]}', 0, /below 2\^53/],
    ['overflow in bytes', ',"x":{"dtype":"F64","shape":[4503599627370496],"data_offsets":[0,0]}', 0, /below 2\^53/],
    ['infinite extent', ',"x":{"dtype":"F64","shape":[1e400],"data_offsets":[0,8]}', 8, /below 2\^53/],
    ['too large for the file', ',"x":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}', 8, /truncated/],
    ['size against shape', ',"x":{"dtype":"F64","shape":[2],"data_offsets":[0,8]}', 8, /shape \[2\] needs 16 bytes/],
    ['offsets reversed', ',"x":{"dtype":"F64","shape":[1],"data_offsets":[8,0]}', 8, /lies at \[8,0\]/],
    ['negative offset', ',"x":{"dtype":"F64","shape":[1],"data_offsets":[-8,0]}', 8, /lies at \[-8,0\]/],
    ['offsets missing', ',"x":{"dtype":"F64","shape":[0]}', 0, /lies at undefined/],
    ['three offsets', ',"x":{"dtype":"F64","shape":[1],"data_offsets":[0,8,8]}', 8, /lies at \[0,8,8\]/],
    ['hole', ',"x":{"dtype":"F64","shape":[1],"data_offsets":[8,16]}', 16, /leaves a hole/],
    [
      'overlap',
      ',"x":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},"y":{"dtype":"F64","shape":[1],"data_offsets":[8,16]}',
      16,
      /"y" starts at .* overlaps/,
      ',00000000,00000000',
    ],
    ['trailing bytes', ',"x":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}', 9, /1 bytes follow/],
    [
      'missing checksum',
      ',"x":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}',
      8,
      /1 tensors but checksums for 0/,
      '',
    ],
    ['malformed checksum', '', 0, /does not begin with checksums/, ',0'],
  ])('%s', async (_, tensors, dataBytes, message, checksums) => {
    await writeFile(file('a'), forged(tensors, dataBytes, checksums));
    await expectFault(load(file('a')), 'ERR_CORRUPT_FILE', message);
  });
});

function plainSafetensors(header: string, data = 8): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
  return Buffer.concat([length, Buffer.from(header), Buffer.alloc(data)]);
}

describe('foreign files', () => {
  const tensor = '"x":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}';
  const npy = formatNpy([2], new Float64Array(2));
  test.each<[string, Uint8Array, RegExp]>([
    ['empty', new Uint8Array(0), /not a denseam file, or truncated: it has 0 bytes/],
    ['seven bytes', new Uint8Array(7).fill(65), /it has 7 bytes/],
    ['PNG', Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), deflateSync('x')]), /a PNG image/],
    ['npz', zipFile([{ name: 'means.npy', bytes: npy }]), /a zip archive \(an \.npz file is one\)/],
    ['npy', npy, /an \.npy file/],
    ['gzip', gzipSync('hello hello'), /a gzip file/],
    ['text', Buffer.from('x,y\n1,2\n3,4\n'), /announce a header of \d+ bytes, the file has 12/],
    ['zeros', new Uint8Array(100), /header is not JSON/],
    ['huge header', Buffer.concat([Buffer.from('ffffffffffffffff', 'hex'), new Uint8Array(9)]), /18446744073709551615/],
    ['not UTF-8', plainSafetensors('').fill(0xff, 8).fill(4, 0, 1), /header is not JSON/],
    ['JSON, no object', plainSafetensors('[1]'), /not a JSON object/],
    ['safetensors of PyTorch', plainSafetensors(`{"__metadata__":{"format":"pt"},${tensor}}`), /says format "pt"/],
    ['safetensors without metadata', plainSafetensors(`{${tensor}}`), /but not one of denseam: its metadata says no/],
    ['metadata that is no object', plainSafetensors(`{"__metadata__":[],${tensor}}`), /says no format/],
    [
      'rewritten by another program, which dropped the checksum',
      plainSafetensors(`{"__metadata__":{"format":"denseam"},${tensor}}`),
      /does not begin with checksums/,
    ],
    [
      'metadata with a number',
      plainSafetensors(`{"__metadata__":{"format":"denseam","n":1},${tensor}}`),
      /metadata "n" is not a string/,
    ],
  ])('%s', async (_, bytes, message) => {
    await writeFile(file('a'), bytes);
    await expectFault(load(file('a')), 'ERR_CORRUPT_FILE', message);
  });

  // Recursion into what is nested so deep ends in a RangeError of its own.
  const deep = '['.repeat(9000) + ']'.repeat(9000);
  const place = '"data_offsets":[0,8]';
  test.each<[string, Uint8Array, RegExp]>([
    ['the whole header', plainSafetensors(deep), /not a JSON object/],
    [
      'the format',
      plainSafetensors(`{"__metadata__":{"format":${deep}}}`),
      /metadata says format an array of length 1,/,
    ],
    ['metadata', plainSafetensors(`{"__metadata__":{"format":"denseam","x":${deep}}}`), /metadata "x" is not a string/],
    [
      'a dtype',
      forged(`,"x":{"dtype":${deep},"shape":[1],${place}}`, 8),
      /has dtype an array of length 1, expected F64/,
    ],
    ['a shape', forged(`,"x":{"dtype":"F64","shape":${deep},${place}}`, 8), /has shape an array of length 1, expected/],
    [
      'offsets',
      forged(`,"x":{"dtype":"F64","shape":[1],"data_offsets":${deep}}`, 8),
      /lies at an array of length 1, but/,
    ],
    ['a tensor', forged(`,"x":${deep}`, 8), /has dtype undefined/],
  ])('nested 9000 deep: %s', async (_, bytes, message) => {
    await writeFile(file('a'), bytes);
    await expectFault(load(file('a')), 'ERR_CORRUPT_FILE', message);
  });

  test('more tensors than any file of denseam has', async () => {
    await writeFile(file('a'), forged(Array.from({ length: 1001 }, (_, i) => `,"t${i}":0`).join(''), 0));
    await expectFault(
      load(file('a')),
      'ERR_CORRUPT_FILE',
      /it has 1001 tensors, no file of denseam has more than 1000/,
    );
  });

  test.each<[string, string, RegExp?]>([
    ['tensors', Array.from({ length: 100_000 }, (_, i) => `,"t${i}":{}`).join('')],
    ['keys', `,"t":{${Array.from({ length: 100_000 }, (_, i) => `"\\\\${i}":0`)}}`],
    ['arrays', `,"t\\"":[${'[],'.repeat(1e6)}[]]`],
    ['levels', `,"t":${'['.repeat(1e6)}${']'.repeat(1e6)}`],
    ['numbers', `,"t":[${'1,'.repeat(12e6)}1]`, /it has more than 10000 commas/], // parsed in a second, with 270 MB
    ['strings', `,"t":[${'"",'.repeat(8e6)}""]`, /it has more than 10000 commas/],
  ])(
    'a header of very many %s is not parsed',
    async (_, text, message = /it has more than 10000 objects, arrays and keys/) => {
      await writeFile(file('a'), forged(text, 0));
      const start = performance.now();
      await expectFault(load(file('a')), 'ERR_CORRUPT_FILE', message);
      expect(performance.now() - start).toBeLessThan(500); // some 10 ms; the bound is for busy machines
    },
  );

  test('brackets, colons and commas in strings are no parts of the header', async () => {
    const metadata = { text: `${'[{:,'.repeat(20_000)}\\"[\\` };
    await writeSafetensors(file('a'), { tensors: [], metadata, chunks: [] });
    const opened = await openSafetensors(file('a'));
    await opened.close();
    expect(opened.metadata).toEqual(metadata);
  });

  test('names from a file: not long in messages, and no control characters', async () => {
    await writeFile(file('a'), forged(`,"\\u001b[31m${'x'.repeat(100_000)}":{}`, 0));
    const error = await load(file('a')).catch((error: Error) => error);
    expect((error as Error).message).toMatch(/tensor "\\u001b\[31mxxx/);
    expect((error as Error).message.length).toBeLessThan(1100);
  });

  test('a directory', async () => {
    await expectFault(load(file()), 'ERR_CORRUPT_FILE', /expected a regular file but received a directory/);
  });

  test('a device', async () => {
    await expectFault(load('/dev/null'), 'ERR_CORRUPT_FILE', /expected a regular file but received a device/);
  });

  test('a missing file keeps the code of the system', async () => {
    const error = await load(file('none')).catch((error: unknown) => error);
    expect(error).toMatchObject({
      code: 'ENOENT',
      path: file('none'),
      message: expect.stringContaining('no such file'),
    });
    expect((error as Error).message).toContain(`Cannot read file "${file('none')}"`);
  });
});
