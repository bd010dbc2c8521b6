import { writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type HalfArray, toFloats } from '../../lib/io/numbers.ts';
import { formatNpy, parseNpy, readNpy } from '../../lib/io/numpy/npy.ts';
import { check } from '../support/check.ts';
import { npyFile } from './archives.ts';
import { expectFault, temporaryDirectory } from './support.ts';

const file = temporaryDirectory();

const product = (shape: readonly number[]) => shape.reduce((all, extent) => all * extent, 1);

const tuple = (shape: readonly number[]) => `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;

const dictionary = (descr: string, shape: readonly number[], order: 'False' | 'True' = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${tuple(shape)}, }`;

/** Numbers in the byte order of the file, written one by one. */
function encode(numbers: readonly number[], type: 'f4' | 'f8', littleEndian: boolean): Uint8Array {
  const size = type === 'f4' ? 4 : 8;
  const view = new DataView(new ArrayBuffer(size * numbers.length));
  for (const [i, number] of numbers.entries()) {
    if (type === 'f4') view.setFloat32(size * i, number, littleEndian);
    else view.setFloat64(size * i, number, littleEndian);
  }
  return new Uint8Array(view.buffer);
}

/** The numbers of a row-major array in Fortran order: the definition, one index at a time. */
function fortranOrder(rowMajor: readonly number[], shape: readonly number[]): number[] {
  const result = new Array<number>(rowMajor.length);
  for (const [position, number] of rowMajor.entries()) {
    let rest = position;
    const index = shape.map((_, axis) => {
      const block = product(shape.slice(axis + 1));
      const here = Math.floor(rest / block);
      rest -= here * block;
      return here;
    });
    result[index.reduce((sum, i, axis) => sum + i * product(shape.slice(0, axis)), 0)] = number;
  }
  return result;
}

const shapeArbitrary = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 });

describe('reading', () => {
  test('every shape, precision, byte order, memory order and version', async () => {
    const variant = fc.record({
      shape: shapeArbitrary,
      type: fc.constantFrom('f4' as const, 'f8' as const),
      littleEndian: fc.boolean(),
      fortran: fc.boolean(),
      version: fc.constantFrom(1, 2, 3),
    });
    await check(variant, 400, ({ shape, type, littleEndian, fortran, version }) => {
      const numbers = Array.from({ length: product(shape) }, (_, i) => i - 2.5);
      const stored = fortran ? fortranOrder(numbers, shape) : numbers;
      const header = dictionary((littleEndian ? '<' : '>') + type, shape, fortran ? 'True' : 'False');
      const array = parseNpy(npyFile(header, encode(stored, type, littleEndian), version));
      expect(array.shape).toEqual(shape);
      expect(array.data).toEqual(type === 'f4' ? Float32Array.from(numbers) : Float64Array.from(numbers));
    });
  });

  test('a matrix in Fortran order, in full', () => {
    const columns = encode([1, 4, 2, 5, 3, 6], 'f8', true);
    const { shape, data } = parseNpy(npyFile(dictionary('<f8', [2, 3], 'True'), columns));
    expect([shape, data]).toEqual([[2, 3], new Float64Array([1, 2, 3, 4, 5, 6])]);
  });

  test.each<[string, number[], ArrayBufferView]>([
    ['|i1', [0xff, 2], Int8Array.of(-1, 2)],
    ['|u1', [0xff, 2], Uint8Array.of(255, 2)],
    ['|b1', [0, 1, 2], Uint8Array.of(0, 1, 1)],
    ['<i2', [0xfe, 0xff], Int16Array.of(-2)],
    ['>u2', [1, 2], Uint16Array.of(258)],
    ['<i4', [0xff, 0xff, 0xff, 0xff], Int32Array.of(-1)],
    ['>i4', [0, 0, 1, 0], Int32Array.of(256)],
    ['<u4', [0xff, 0xff, 0xff, 0xff], Uint32Array.of(4294967295)],
    ['<i8', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], Float64Array.of(-1)],
    ['>u8', [0, 0, 0, 1, 0, 0, 0, 2], Float64Array.of(4294967298)],
    ['<f2', [0x00, 0x3c, 0x01, 0xc0], Float32Array.of(1, -(2 + 2 ** -9))],
    ['>f2', [0x7b, 0xff, 0x00, 0x01, 0x80, 0x00, 0xfc, 0x00], Float32Array.of(65504, 2 ** -24, -0, -Infinity)],
  ])('each type has its own array: %s', (descr, bytes, numbers) => {
    const { data } = parseNpy(npyFile(dictionary(descr, [(numbers as Uint8Array).length]), Uint8Array.from(bytes)));
    expect(data).toEqual(numbers);
  });

  test('all numbers of half precision', () => {
    const bits = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i);
    const { data, dtype } = parseNpy(npyFile(dictionary('<f2', [2 ** 16]), new Uint8Array(bits.buffer)));
    expect(dtype).toBe('float16');
    // The definition: sign, exponent with a bias of 15, fraction of 10 bits.
    const right = Float32Array.from(bits, (each) => {
      const [sign, exponent, fraction] = [each >> 15 ? -1 : 1, (each >> 10) & 31, (each & 1023) / 1024];
      if (exponent === 31) return fraction ? Number.NaN : sign * Infinity;
      return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
    });
    expect(data).toEqual(right);
  });

  test('64-bit integers beyond 2^53 as bigints, or not at all', async () => {
    const values = BigInt64Array.of(7n, -(2n ** 63n), 2n ** 53n + 1n);
    const bytes = npyFile(dictionary('<i8', [3]), new Uint8Array(values.buffer));
    await writeFile(file('a.npy'), bytes);
    expect((await readNpy(file('a.npy'), { bigint: true })).data).toEqual(values);
    const message =
      /Expected an integer between .* for number\[1\] of file ".*a\.npy" but received -9223372036854775808/;
    await expectFault(readNpy(file('a.npy')), 'ERR_RANGE', message);
  });

  test.each([
    ['False', '1, 0'],
    ['True', '0, 1, 1'],
  ] as const)('the index of an integer beyond 2^53, Fortran order %s', async (order, index) => {
    const shape = order === 'True' ? [1, 2, 2] : [2, 2];
    const values = BigInt64Array.of(1n, 2n, order === 'True' ? 3n : 2n ** 60n, 2n ** 60n);
    const bytes = npyFile(dictionary('<i8', shape, order), new Uint8Array(values.buffer));
    const error = await expectFault(() => parseNpy(bytes, 'a.npy'), 'ERR_RANGE', /received 1152921504606846976; the/);
    expect(error.argument).toBe(`number[${index}] of file "a.npy"`);
  });

  test('integers of more than a block, in Fortran order', () => {
    const numbers = Array.from({ length: 300 * 70 }, (_, i) => i - 9000);
    const stored = BigInt64Array.from(fortranOrder(numbers, [300, 70]), BigInt);
    const array = parseNpy(npyFile(dictionary('<i8', [300, 70], 'True'), new Uint8Array(stored.buffer)));
    expect(array).toEqual({ shape: [300, 70], dtype: 'int64', data: Float64Array.from(numbers) });
  });

  test('what follows the numbers is ignored, as in numpy', async () => {
    const good = npyFile(dictionary('<f8', [2]), encode([1, 2], 'f8', true));
    const other = npyFile(dictionary('<f8', [1]), encode([7], 'f8', true));
    for (const behind of [Buffer.alloc(5000), Buffer.from('text'), other, Buffer.alloc(2 ** 20 + 1)]) {
      const bytes = Buffer.concat([good, behind]);
      expect(parseNpy(bytes).data).toEqual(Float64Array.of(1, 2));
      await writeFile(file('a.npy'), bytes);
      const seen: number[] = [];
      const array = await readNpy(file('a.npy'), { onProgress: ({ completed, total }) => seen.push(completed, total) });
      expect(array.data).toEqual(Float64Array.of(1, 2));
      expect(seen.slice(-2)).toEqual([good.length, good.length]);
    }
  });

  test('what numpy 2.4 wrote: big endian, Fortran order', () => {
    const golden =
      'k05VTVBZAQB2AHsnZGVzY3InOiAnPmY4JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMiwgMiksIH0gICAgICAgICAgICAg' +
      'ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAAEAQAAAAAAAAQAAAAAAAAABAGAAAAAAAAD/wAAAAAAAA' +
      'QBQAAAAAAABACAAAAAAAAEAcAAAAAAAA';
    const { shape, data } = parseNpy(Buffer.from(golden, 'base64'));
    expect([shape, data]).toEqual([[2, 2, 2], new Float64Array([0, 1, 2, 3, 4, 5, 6, 7])]);
  });

  test('keys in any order and the integers of Python 2', () => {
    const header = "{'shape': (2L, 1L), 'fortran_order': False, 'descr': '<f4'}";
    expect(parseNpy(npyFile(header, encode([1, 2], 'f4', true))).shape).toEqual([2, 1]);
  });

  test('a header longer than numpy reads is refused by the length it claims', async () => {
    const header = dictionary('<f8', [1]).padEnd(70_000);
    await expectFault(
      () => parseNpy(npyFile(header, encode([7], 'f8', true), 2)),
      'ERR_UNSUPPORTED',
      /its \.npy header has 70001 characters, expected at most 10000/,
    );
    const claimed = npyFile(dictionary('<f8', [1]), encode([7], 'f8', true), 2);
    new DataView(claimed.buffer, claimed.byteOffset).setUint32(8, 2 ** 32 - 1, true);
    await expectFault(() => parseNpy(claimed), 'ERR_UNSUPPORTED', /header has 4294967295 characters/);
  });

  test('the time to read a header does not grow with the square of its keys', () => {
    const header = `{'descr': '<f8', 'fortran_order': False, ${"'shape': (".repeat(900)}`;
    const start = performance.now();
    expect(() => parseNpy(npyFile(header, new Uint8Array(8)))).toThrow(/not a dictionary/);
    expect(performance.now() - start).toBeLessThan(200); // under a millisecond; the bound is for busy machines
  });

  test('from a URL', async () => {
    await writeFile(file('a b.npy'), formatNpy([1], Float64Array.of(3)));
    expect((await readNpy(pathToFileURL(file('a b.npy')))).data).toEqual(Float64Array.of(3));
    await expectFault(readNpy(new URL('https://example.org/a.npy')), 'ERR_RANGE', /file: URL for path/);
    await expectFault(
      readNpy(undefined as never),
      'ERR_SHAPE',
      /Expected a path or a file: URL for path but received undef/,
    );
    await expectFault(readNpy('a\0b'), 'ERR_RANGE', /without null characters for path/);
  });

  test('a file of several pieces, with progress', async () => {
    const numbers = Float64Array.from({ length: 300_001 }, (_, i) => i / 7);
    await writeFile(file('a.npy'), formatNpy([300_001], numbers));
    const steps: number[] = [];
    const read = await readNpy(file('a.npy'), { onProgress: ({ completed }) => steps.push(completed) });
    expect(read.shape).toEqual([300_001]);
    expect(Buffer.compare(Buffer.from(read.data.buffer), Buffer.from(numbers.buffer))).toBe(0);
    expect(steps.at(-1)).toBe(300_001 * 8 + 128);
    const signal = AbortSignal.abort(new Error('stop'));
    await expect(readNpy(file('a.npy'), { signal })).rejects.toBe(signal.reason);
  });

  test('the bytes given stay as they are, and the result is no view of them', () => {
    const bytes = npyFile(dictionary('>f8', [2]), encode([1, 2], 'f8', false));
    const before = bytes.slice();
    const { data } = parseNpy(bytes);
    expect(Buffer.compare(bytes, before)).toBe(0);
    bytes.fill(0);
    expect(data).toEqual(new Float64Array([1, 2]));
  });
});

describe('writing', () => {
  test('round trips', async () => {
    const array = shapeArbitrary.chain((shape) => {
      const options = { minLength: product(shape), maxLength: product(shape) };
      const data = fc.oneof(fc.float64Array(options), fc.float32Array(options));
      return fc.record({ shape: fc.constant(shape), data });
    });
    await check(array, 200, ({ shape, data }) => {
      const bytes = formatNpy(shape, data);
      expect((bytes.length - data.byteLength) % 64).toBe(0);
      const dtype = data instanceof Float64Array ? 'float64' : 'float32';
      expect(parseNpy(bytes)).toEqual({ shape, dtype, data });
    });
  });

  test('writes the header that numpy writes', () => {
    const text = Buffer.from(formatNpy([2, 3], new Float32Array(6))).toString('latin1', 0, 128);
    const dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
    expect(text).toBe(`${`\x93NUMPY\x01\x00\x76\x00${dictionary}`.padEnd(127)}\n`);
    expect(Buffer.from(formatNpy([3], new Float64Array(3))).toString('latin1')).toContain("'shape': (3,), }");
  });

  test('every type of numbers comes back', () => {
    const arrays = [Int8Array, Int16Array, Int32Array, Uint8Array, Uint16Array, Uint32Array];
    for (const ArrayType of arrays) {
      const data = ArrayType.of(1, 2, 100);
      expect(parseNpy(formatNpy([3], data)).data).toEqual(data);
    }
    expect(parseNpy(formatNpy([2], Uint8ClampedArray.of(1, 2))).data).toEqual(Uint8Array.of(1, 2));
    for (const data of [BigInt64Array.of(-1n, 2n ** 62n), BigUint64Array.of(0n, 2n ** 64n - 1n)]) {
      expect(parseNpy(formatNpy([2], data), 'a', { bigint: true }).data).toEqual(data);
    }
  });

  test('half precision, where the runtime has it', ({ skip }) => {
    const { Float16Array } = globalThis as { Float16Array?: { of(...numbers: number[]): HalfArray } };
    if (!Float16Array) return skip();
    const data = Float16Array.of(1, -2.5, 2 ** -24);
    expect(parseNpy(formatNpy([3], data))).toEqual({
      shape: [3],
      dtype: 'float16',
      data: Float32Array.from(data as never),
    });
    expect(toFloats(data)).toEqual(Float32Array.of(1, -2.5, 2 ** -24));
  });

  test('what is no array of numbers', async () => {
    await expectFault(
      () => formatNpy([2], [1, 2] as never),
      'ERR_SHAPE',
      /an array of numbers for data but received an array/,
    );
    await expectFault(
      () => formatNpy(undefined as never, Float64Array.of(1)),
      'ERR_SHAPE',
      /an array of whole numbers for shape but received undefined/,
    );
  });

  test('names of arrays that are no texts, or long', async () => {
    await expectFault(
      () => toFloats(5 as never, Symbol('q') as never),
      'ERR_SHAPE',
      /a string for name .* Symbol\(q\)/,
    );
    await expectFault(() => toFloats(5 as never, 'x'.repeat(1e6)), 'ERR_SHAPE', /^.{1,200}$/);
  });

  test('a shape that does not fit', async () => {
    await expectFault(
      () => formatNpy([2, 2], new Float64Array(3)),
      'ERR_SHAPE',
      /the numbers of shape \(2, 2\) for data but received 3/,
    );
  });
});

describe('files that are not good', () => {
  const good = npyFile(dictionary('<f8', [2]), encode([1, 2], 'f8', true));

  test('every truncation', async () => {
    for (let length = 0; length < good.length; length++) {
      const cut = good.subarray(0, length);
      await expectFault(() => parseNpy(cut, 'cut.npy'), 'ERR_CORRUPT_FILE', /^File "cut\.npy": .*truncated/);
      await writeFile(file('cut.npy'), cut);
      await expectFault(readNpy(file('cut.npy')), 'ERR_CORRUPT_FILE', /truncated/);
    }
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['another format', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), /not an \.npy file but a PNG image/],
    ['text', Buffer.from('1,2,3\n'), /does not begin with "\\x93NUMPY"/],
    [
      'no type',
      npyFile("{'descr': 8, 'fortran_order': False, 'shape': (1,)}", new Uint8Array(8)),
      /descr .* is not a type/,
    ],
    ['no dictionary', npyFile("'descr': '<f8', 'fortran_order': False, 'shape': ()", new Uint8Array(8)), /dictionary/],
    ['no shape', npyFile("{'descr': '<f8', 'fortran_order': False, }", new Uint8Array(8)), /expected descr, fort/],
    [
      'no tuple',
      npyFile(dictionary('<f8', [3]).replace('(3,)', '(3)'), new Uint8Array(24)),
      /its shape is not a tuple/,
    ],
    ['negative extent', npyFile(dictionary('<f8', [-1]), new Uint8Array(8)), /its shape is not a tuple of whole/],
    ['overflow', npyFile(dictionary('<f8', [2 ** 40, 2 ** 40]), new Uint8Array(8)), /product below 2\^53/],
    ['more than the file', npyFile(dictionary('<f8', [2 ** 40]), new Uint8Array(8)), /truncated: it has 8 bytes/],
  ])('%s', async (_, bytes, message) => {
    await expectFault(() => parseNpy(bytes, 'a.npy'), 'ERR_CORRUPT_FILE', message);
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['version 4', npyFile(dictionary('<f8', []), new Uint8Array(8), 4), /version 4\.0 is unknown/],
    ['Python objects', npyFile(dictionary('|O', [1]), new Uint8Array(8)), /holds Python objects \(dtype "\|O"\)/],
    ['records', npyFile("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}", good), /holds records/],
    ['complex numbers', npyFile(dictionary('<c16', [1]), new Uint8Array(16)), /dtype "<c16" is not supported/],
    ['long double', npyFile(dictionary('<f16', [1]), new Uint8Array(16)), /dtype "<f16" is not supported/],
    ['text', npyFile(dictionary('<U3', [1]), new Uint8Array(12)), /dtype "<U3" is not supported/],
    ['a type of the prototype', npyFile(dictionary('toString', [1]), new Uint8Array(8)), /"toString" is not supported/],
  ])('of other kinds: %s', async (_, bytes, message) => {
    await expectFault(() => parseNpy(bytes, 'a.npy'), 'ERR_UNSUPPORTED', message);
  });

  test('a missing file and a directory', async () => {
    await expect(readNpy(file('none.npy'))).rejects.toMatchObject({ code: 'ENOENT', path: file('none.npy') });
    await expectFault(readNpy(file()), 'ERR_CORRUPT_FILE', /received a directory/);
  });
});
