import { readFile, truncate, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FloatArray } from '../../lib/core/types.ts';
import { encodeHeader } from '../../lib/io/safetensors/header.ts';
import {
  type Dtype,
  openSafetensors,
  type TensorChunk,
  writeSafetensors,
} from '../../lib/io/safetensors/safetensors.ts';
import { check } from '../support/check.ts';
import { temporaryDirectory } from './support.ts';

const file = temporaryDirectory();

const bits = (array: ArrayBufferView) => Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('hex');

interface Tensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: number[];
  readonly data: FloatArray;
}

const tensorArbitrary: fc.Arbitrary<Tensor> = fc
  .record({
    name: fc.string({ unit: 'grapheme', maxLength: 8 }).filter((name) => name !== '__metadata__'),
    dtype: fc.constantFrom<Dtype>('F64', 'F32'),
    shape: fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 4 }),
  })
  .chain(({ name, dtype, shape }) => {
    const length = shape.reduce((product, extent) => product * extent, 1);
    const options = { minLength: length, maxLength: length };
    const data = dtype === 'F64' ? fc.float64Array(options) : fc.float32Array(options);
    return data.map((numbers) => ({ name, dtype, shape, data: numbers }));
  });

/** Cuts every tensor into chunks of `step` numbers; the tensors take turns. */
function* interleaved(tensors: readonly Tensor[], step: number): Generator<TensorChunk> {
  const longest = Math.max(0, ...tensors.map(({ data }) => data.length));
  for (let start = 0; start < longest; start += step) {
    for (const { name, data } of tensors) {
      if (start < data.length) yield { tensor: name, data: data.subarray(start, start + step) };
    }
  }
}

async function collect(chunks: AsyncIterable<FloatArray>): Promise<FloatArray[]> {
  const all: FloatArray[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
}

describe('round trips', () => {
  test('any tensors and metadata come back bit for bit, whatever the chunks', async () => {
    const metadataArbitrary = fc.dictionary(
      fc.string({ unit: 'grapheme' }).filter((key) => key !== 'format' && key !== 'checksum'),
      fc.string({ unit: 'grapheme' }),
      { noNullPrototype: true },
    );
    const tensorsArbitrary = fc.uniqueArray(tensorArbitrary, { selector: ({ name }) => name, maxLength: 4 });
    const step = fc.integer({ min: 1, max: 50 });
    const saved = fc.record({ tensors: tensorsArbitrary, metadata: metadataArbitrary, n: step, m: step });
    await check(saved, 150, async ({ tensors, metadata, n, m }) => {
      await writeSafetensors(file('a'), { tensors, metadata, chunks: interleaved(tensors, n) });
      const opened = await openSafetensors(file('a'));
      try {
        expect(opened.metadata).toEqual(metadata);
        expect([...opened.tensors.keys()].sort()).toEqual(tensors.map(({ name }) => name).sort());
        for (const { name, dtype, shape, data } of tensors) {
          expect(opened.tensor(name)).toMatchObject({ name, dtype, shape, byteLength: data.byteLength });
          const chunks = await collect(opened.readChunks(name, m * data.BYTES_PER_ELEMENT));
          expect(chunks.every((chunk) => chunk.constructor === data.constructor)).toBe(true);
          expect(chunks.slice(0, -1).every((chunk) => chunk.length === m)).toBe(true);
          expect(chunks.map(bits).join('')).toBe(bits(data));
          expect(bits(await opened.read(name))).toBe(bits(data));
        }
        await opened.verify();
      } finally {
        await opened.close();
      }
    });
  });

  test('a tensor longer than a piece and a subarray view', async () => {
    const data = Float32Array.from({ length: 700_001 }, (_, i) => Math.sin(i)).subarray(1);
    const tensors = [{ name: 'x', dtype: 'F32' as const, shape: [700_000] }];
    await writeSafetensors(file('a'), { tensors, chunks: [{ tensor: 'x', data }] });
    const opened = await openSafetensors(file('a'));
    expect(bits(await opened.read('x'))).toBe(bits(data));
    expect(opened.tensor('x').offset % 64).toBe(0);
    await opened.close();
    await opened.close(); // again does nothing
  });

  test('tensors of gigabytes are opened', async () => {
    // A file with a hole: its header, and a length. The offsets' product is beyond 2^53.
    const tensors = ['means', 'covariances'].map((name) => ({ name, dtype: 'F32' as const, shape: [1_000_000, 768] }));
    const byteLength = 4 * 768 * 1_000_000;
    const header = encodeHeader(
      tensors.map((tensor) => ({ ...tensor, byteLength })),
      {},
      [0, 0],
    );
    await writeFile(file('a'), header);
    await truncate(file('a'), header.length + 2 * byteLength);
    const opened = await openSafetensors(file('a'));
    expect(opened.tensor('covariances')).toMatchObject({ byteLength, offset: header.length + byteLength });
    await opened.close();
  });

  test('raw bytes are taken as they are', async () => {
    const data = new Float64Array([1, -2.5]);
    const tensors = [{ name: 'x', dtype: 'F64' as const, shape: [2] }];
    const chunks = [{ tensor: 'x', data: new Uint8Array(data.buffer) }];
    await writeSafetensors(file('a'), { tensors, chunks });
    const opened = await openSafetensors(file('a'));
    expect(await opened.read('x')).toEqual(data);
    await opened.close();
  });

  test('tensors can be read side by side, and a file outlives its replacement', async () => {
    const tensors = [
      { name: 'means', dtype: 'F64' as const, shape: [2, 1], data: new Float64Array([1, 2]) },
      { name: 'covariances', dtype: 'F64' as const, shape: [2, 1, 1], data: new Float64Array([3, 4]) },
    ];
    await writeSafetensors(file('a'), { tensors, chunks: interleaved(tensors, 1) });
    const opened = await openSafetensors(file('a'));
    await writeSafetensors(file('a'), { tensors: [], chunks: [] });
    const means = opened.readChunks('means', 8);
    const covariances = opened.readChunks('covariances', 8);
    const order = [await means.next(), await covariances.next(), await means.next(), await covariances.next()];
    expect(order.map(({ value }) => value?.[0])).toEqual([1, 3, 2, 4]);
    await opened.close();
  });
});

describe('the format', () => {
  test('is what the safetensors specification asks for', async () => {
    const tensors: Tensor[] = [
      { name: 'single', dtype: 'F32', shape: [3], data: new Float32Array([1, 2, 3]) },
      { name: 'double', dtype: 'F64', shape: [1, 2], data: new Float64Array([4, 5]) },
    ];
    await writeSafetensors(file('a'), { tensors, metadata: { kind: 'test' }, chunks: interleaved(tensors, 2) });
    const bytes = await readFile(file('a'));
    const length = Number(bytes.readBigUInt64LE());
    const text = bytes.toString('utf8', 8, 8 + length);
    expect(text).toMatch(/^\{.*\} *$/);
    // Double precision lies first, so that it is aligned whatever the length of the rest.
    expect(JSON.parse(text)).toEqual({
      __metadata__: { checksum: expect.stringMatching(/^crc32:.{8},.{8},.{8}$/), format: 'denseam', kind: 'test' },
      double: { dtype: 'F64', shape: [1, 2], data_offsets: [0, 16] },
      single: { dtype: 'F32', shape: [3], data_offsets: [16, 28] },
    });
    expect((8 + length) % 64).toBe(0);
    expect(bytes.length).toBe(8 + length + 28);
    expect(bytes.readDoubleLE(8 + length + 8)).toBe(5);
    expect(bytes.readFloatLE(8 + length + 24)).toBe(3);
  });

  test('the same content gives the same bytes', async () => {
    const tensors: Tensor[] = [{ name: 'x', dtype: 'F64', shape: [2], data: new Float64Array([1, 2]) }];
    await writeSafetensors(file('a'), { tensors, chunks: interleaved(tensors, 1) });
    await writeSafetensors(file('b'), { tensors, chunks: interleaved(tensors, 2) });
    expect(await readFile(file('a'))).toEqual(await readFile(file('b')));
  });

  test('a file written by the first version can always be read', async () => {
    await writeFile(file('a'), Buffer.from(GOLDEN_FILE, 'base64'));
    const opened = await openSafetensors(file('a'));
    expect(opened.metadata).toEqual({ kind: 'GaussianMemory' });
    expect(await opened.read('means')).toEqual(new Float64Array([1, -2]));
    expect(await opened.read('covariances')).toEqual(new Float32Array([0.5]));
    await opened.close();
  });
});

/** Bytes kept from the day the format was fixed; a change that breaks them breaks the files of users. */
const GOLDEN_FILE =
  '+AAAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJjaGVja3N1bSI6ImNyYzMyOmQ5Zjk5ZTI5LDk2MWIwYTdmLDk3MjJmMjIxIiwiZm9ybWF0Ijoi' +
  'ZGVuc2VhbSIsImtpbmQiOiJHYXVzc2lhbk1lbW9yeSJ9LCJtZWFucyI6eyJkdHlwZSI6IkY2NCIsInNoYXBlIjpbMiwxXSwiZGF0YV9vZmZz' +
  'ZXRzIjpbMCwxNl19LCJjb3ZhcmlhbmNlcyI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMV0sImRhdGFfb2Zmc2V0cyI6WzE2LDIwXX19ICAg' +
  'ICAgICAgICAgICAgIAAAAAAAAPA/AAAAAAAAAMAAAAA/';
