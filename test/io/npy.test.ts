import { writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatNpy, parseNpy, readNpy } from '../../lib/io/npy.ts';
import { expectFault, npyFile, temporaryDirectory } from './support.ts';

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
  test('every shape, precision, byte order, memory order and version', () => {
    const variant = fc.record({
      shape: shapeArbitrary,
      type: fc.constantFrom('f4' as const, 'f8' as const),
      littleEndian: fc.boolean(),
      fortran: fc.boolean(),
      version: fc.constantFrom(1, 2, 3),
    });
    const property = fc.property(variant, ({ shape, type, littleEndian, fortran, version }) => {
      const numbers = Array.from({ length: product(shape) }, (_, i) => i - 2.5);
      const stored = fortran ? fortranOrder(numbers, shape) : numbers;
      const header = dictionary((littleEndian ? '<' : '>') + type, shape, fortran ? 'True' : 'False');
      const array = parseNpy(npyFile(header, encode(stored, type, littleEndian), version));
      expect(array.shape).toEqual(shape);
      expect(array.data).toEqual(type === 'f4' ? Float32Array.from(numbers) : Float64Array.from(numbers));
    });
    fc.assert(property, { numRuns: 400 });
  });

  test('a matrix in Fortran order, in full', () => {
    const columns = encode([1, 4, 2, 5, 3, 6], 'f8', true);
    const { shape, data } = parseNpy(npyFile(dictionary('<f8', [2, 3], 'True'), columns));
    expect([shape, data]).toEqual([[2, 3], new Float64Array([1, 2, 3, 4, 5, 6])]);
  });

  test.each<[string, number[], number[]]>([
    ['|i1', [0xff, 2], [-1, 2]],
    ['|u1', [0xff, 2], [255, 2]],
    ['|b1', [0, 1], [0, 1]],
    ['<i2', [0xfe, 0xff], [-2]],
    ['>u2', [1, 2], [258]],
    ['<i4', [0xff, 0xff, 0xff, 0xff], [-1]],
    ['>i4', [0, 0, 1, 0], [256]],
    ['<u4', [0xff, 0xff, 0xff, 0xff], [4294967295]],
    ['<i8', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [-1]],
    ['>u8', [0, 0, 0, 1, 0, 0, 0, 2], [4294967298]],
  ])('integers %s become float64', (descr, bytes, numbers) => {
    const { data } = parseNpy(npyFile(dictionary(descr, [numbers.length]), Uint8Array.from(bytes)));
    expect(data).toEqual(Float64Array.from(numbers));
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

  test('a header longer than version 1 allows', () => {
    const header = dictionary('<f8', [1]).padEnd(70_000);
    expect(parseNpy(npyFile(header, encode([7], 'f8', true), 2)).data[0]).toBe(7);
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
  test('round trips', () => {
    const array = shapeArbitrary.chain((shape) => {
      const options = { minLength: product(shape), maxLength: product(shape) };
      const data = fc.oneof(fc.float64Array(options), fc.float32Array(options));
      return fc.record({ shape: fc.constant(shape), data });
    });
    const property = fc.property(array, ({ shape, data }) => {
      const bytes = formatNpy(shape, data);
      expect((bytes.length - data.byteLength) % 64).toBe(0);
      expect(parseNpy(bytes)).toEqual({ shape, data });
    });
    fc.assert(property, { numRuns: 200 });
  });

  test('writes the header that numpy writes', () => {
    const text = Buffer.from(formatNpy([2, 3], new Float32Array(6))).toString('latin1', 0, 128);
    const dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
    expect(text).toBe(`${`\x93NUMPY\x01\x00\x76\x00${dictionary}`.padEnd(127)}\n`);
    expect(Buffer.from(formatNpy([3], new Float64Array(3))).toString('latin1')).toContain("'shape': (3,), }");
  });

  test('a shape that does not fit', async () => {
    await expectFault(() => formatNpy([2, 2], new Float64Array(3)), 'ERR_SHAPE', /shape \(2,2\) but received 3/);
  });
});

describe('files that are not good', () => {
  const good = npyFile(dictionary('<f8', [2]), encode([1, 2], 'f8', true));

  test('every truncation, and bytes at the end', async () => {
    for (let length = 0; length < good.length; length++) {
      const cut = good.subarray(0, length);
      await expectFault(() => parseNpy(cut, 'cut.npy'), 'ERR_CORRUPT_FILE', /^File "cut\.npy": .*truncated/);
      await writeFile(file('cut.npy'), cut);
      await expectFault(readNpy(file('cut.npy')), 'ERR_CORRUPT_FILE', /truncated/);
    }
    const long = Buffer.concat([good, good]);
    await expectFault(() => parseNpy(long), 'ERR_CORRUPT_FILE', /has \d+ bytes of numbers, but its shape .* needs 16/);
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['another format', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), /not an \.npy file but a PNG image/],
    ['text', Buffer.from('1,2,3\n'), /does not begin with "\\x93NUMPY"/],
    ['version 4', npyFile(dictionary('<f8', []), new Uint8Array(8), 4), /version 4 is unknown/],
    ['Python objects', npyFile(dictionary('|O', [1]), new Uint8Array(8)), /holds Python objects \(dtype \|O\)/],
    ['records', npyFile("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}", good), /holds records/],
    ['complex numbers', npyFile(dictionary('<c16', [1]), new Uint8Array(16)), /dtype <c16 is not supported/],
    ['half precision', npyFile(dictionary('<f2', [1]), new Uint8Array(2)), /dtype <f2 is not supported/],
    ['text numbers', npyFile(dictionary('<U3', [1]), new Uint8Array(12)), /dtype <U3 is not supported/],
    ['a type of the prototype', npyFile(dictionary('toString', [1]), new Uint8Array(8)), /toString is not supported/],
    ['no dictionary', npyFile("'descr': '<f8', 'fortran_order': False, 'shape': ()", new Uint8Array(8)), /dictionary/],
    ['no shape', npyFile("{'descr': '<f8', 'fortran_order': False, }", new Uint8Array(8)), /lacks descr, fort/],
    ['negative extent', npyFile(dictionary('<f8', [-1]), new Uint8Array(8)), /its shape is \(-1,\)/],
    ['overflow', npyFile(dictionary('<f8', [2 ** 40, 2 ** 40]), new Uint8Array(8)), /product below 2\^53/],
    ['more than the file', npyFile(dictionary('<f8', [2 ** 40]), new Uint8Array(8)), /truncated: it has 8 bytes/],
  ])('%s', async (_, bytes, message) => {
    await expectFault(() => parseNpy(bytes, 'a.npy'), 'ERR_CORRUPT_FILE', message);
  });

  test('a missing file and a directory', async () => {
    await expect(readNpy(file('none.npy'))).rejects.toMatchObject({ code: 'ENOENT', path: file('none.npy') });
    await expectFault(readNpy(file()), 'ERR_CORRUPT_FILE', /received a directory/);
  });
});
