import { writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseIdx, readIdx } from '../../lib/io/idx.ts';
import { check } from '../support/check.ts';
import { expectFault, temporaryDirectory } from './support.ts';

const file = temporaryDirectory();

function idxFile(shape: readonly number[], data: Uint8Array, type = 8): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, type, shape.length]);
  for (const [axis, extent] of shape.entries()) header.writeUInt32BE(extent, 4 + 4 * axis);
  return Buffer.concat([header, data]);
}

describe('reading', () => {
  test('any shape, plain and gzipped, whatever the name', async () => {
    const shapes = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 4 });
    const array = shapes.chain((shape) => {
      const length = shape.reduce((product, extent) => product * extent, 1);
      return fc.record({ shape: fc.constant(shape), data: fc.uint8Array({ minLength: length, maxLength: length }) });
    });
    await check(fc.tuple(array, fc.boolean()), 60, async ([{ shape, data }, gzipped]) => {
      const bytes = idxFile(shape, data);
      await writeFile(file('images'), gzipped ? gzipSync(bytes) : bytes);
      const read = await readIdx(file('images'));
      expect(read.shape).toEqual(shape);
      expect(Uint8Array.from(read.data)).toEqual(data);
    });
  });

  test('into memory of its own, as much as the shape says', async () => {
    const bytes = idxFile([2, 3], Uint8Array.of(1, 2, 3, 4, 5, 6));
    for (const content of [bytes, gzipSync(bytes)]) {
      await writeFile(file('a'), content);
      const { data } = await readIdx(file('a'));
      expect(data.constructor).toBe(Uint8Array);
      expect(data.buffer.byteLength).toBe(6);
    }
  });

  test('in pieces of a megabyte, plain and gzipped, with progress', async () => {
    const data = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 7) % 251);
    for (const content of [idxFile([3, 1000, 1000], data), gzipSync(idxFile([3, 1000, 1000], data))]) {
      await writeFile(file('a'), content);
      const steps: number[] = [];
      const read = await readIdx(pathToFileURL(file('a')), { onProgress: ({ completed }) => steps.push(completed) });
      expect(Buffer.compare(read.data, data)).toBe(0);
      expect(steps.at(-1)).toBe(content.length);
    }
  });

  test('a small file that unzips to more than its shape says stops there', async () => {
    await writeFile(file('a'), gzipSync(idxFile([10], new Uint8Array(5_000_000))));
    await expectFault(
      readIdx(file('a')),
      'ERR_CORRUPT_FILE',
      /too long: it has at least \d{1,6} bytes of data, its shape \[10\]/,
    );
  });

  test('a subarray of other bytes', () => {
    const bytes = Buffer.concat([Buffer.alloc(3), idxFile([2], Uint8Array.of(7, 8))]).subarray(3);
    expect([...parseIdx(bytes).data]).toEqual([7, 8]);
  });

  test('stops with the reason of the signal', async () => {
    await writeFile(file('a'), idxFile([2], Uint8Array.of(7, 8)));
    const signal = AbortSignal.abort(new Error('stop'));
    await expect(readIdx(file('a'), { signal })).rejects.toBe(signal.reason);
  });
});

describe('files that are not good', () => {
  const images = idxFile([2, 2, 2], Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));

  test.each([
    ['plain', images],
    ['gzipped', gzipSync(images)],
  ])('every truncation, %s', async (_, bytes) => {
    for (let length = 0; length < bytes.length; length++) {
      await writeFile(file('a'), bytes.subarray(0, length));
      await expectFault(readIdx(file('a')), 'ERR_CORRUPT_FILE', /truncated|not an IDX file|damaged: unexpected end/);
    }
  });

  test('an altered gzip file', async () => {
    const bytes = gzipSync(images);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 8) ^ 1, bytes.length - 8); // its checksum
    await writeFile(file('a'), bytes);
    await expectFault(readIdx(file('a')), 'ERR_CORRUPT_FILE', /damaged: incorrect data check/);
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['empty', new Uint8Array(0), /not an IDX file but an empty file/],
    [
      'bytes at the end',
      Buffer.concat([images, images]),
      /too long: it has at least 32 bytes of data, its shape \[2,2,2\] needs 8/,
    ],
    ['no axes', idxFile([], new Uint8Array(1)), /not an IDX file/],
    ['unknown type', idxFile([1], new Uint8Array(1), 10), /not an IDX file/],
    ['a PNG image', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), /not an IDX file but a PNG image/],
    ['overflow', idxFile([2 ** 31, 2 ** 31, 2 ** 31], new Uint8Array(8)), /truncated/],
  ])('%s', async (_, bytes, message) => {
    await expectFault(() => parseIdx(bytes, 'a'), 'ERR_CORRUPT_FILE', message);
  });

  test.each([
    [9, 'signed bytes'],
    [11, '16-bit integers'],
    [13, 'float32'],
  ])('other numbers, type %i', async (type, name) => {
    const bytes = idxFile([1], new Uint8Array(8), type);
    await expectFault(() => parseIdx(bytes, 'a'), 'ERR_UNSUPPORTED', new RegExp(`it holds ${name}, expected unsigned`));
  });

  test('a missing file', async () => {
    await expect(readIdx(file('none'))).rejects.toMatchObject({ code: 'ENOENT', path: file('none') });
  });
});
