import type { FileHandle } from 'node:fs/promises';
import { endianness } from 'node:os';
import { describe } from '../../core/describe.ts';
import { aBoolean, callOptions, optional, readOptions, specify } from '../../core/options.ts';
import type { CallOptions } from '../../core/types.ts';
import { shapeError } from '../../core/validate.ts';
import { allocate, bytesOf, elementCount, filePieces, openForReading, readFully, swapByteOrder } from '../files.ts';
import { arrayTypeOf, type NumberArray } from '../numbers.ts';
import { type FilePath, filePath } from '../path.ts';
import { extentsOf, shapeWords } from '../shape.ts';
import { type BigNpyArray, type NpyArray, NpyDecoder, type NpyDecoderOptions } from './decoder.ts';
import { BYTES_PER_NPY_ITEM, type NpyType } from './dtype.ts';
import { encodeNpyHeader, MOST_HEADER_BYTES, parseNpyHeader } from './header.ts';

export type { BigNpyArray, NpyArray, NpyArrayTypes } from './decoder.ts';

/** Options of {@link readNpy}. */
export interface ReadNpyOptions extends CallOptions {
  /**
   * Whether int64 gives a BigInt64Array and uint64 a BigUint64Array. Otherwise they become a Float64Array of the same
   * integers, and integers beyond 2^53, which it cannot hold, are refused.
   */
  readonly bigint?: boolean | undefined;
}

const npyOptions = specify<ReadNpyOptions>()({ ...callOptions, bigint: optional(aBoolean, false) });

/** The option with which integers of 64 bits are bigints. */
interface Big {
  readonly bigint: true;
}

/**
 * Reads numbers (numpy's kinds b, i, u and f) from an .npy file, like `numpy.load(path, allow_pickle=False)`: in any
 * version of the format, of either byte order, in C or Fortran order; bytes after the numbers are ignored. Arrays of
 * other things (text, dates, records, complex numbers, Python objects) and the C type long double, whose bytes differ
 * between machines, are refused.
 *
 * The file's type decides the result's:
 *
 * | numpy | `data` |
 * |------------------------------------|---------------------------------------------------------------------------|
 * | float32, float64 | Float32Array, Float64Array |
 * | float16 | Float32Array |
 * | int8, int16, int32, uint8, ... | Int8Array, Int16Array, Int32Array, Uint8Array, Uint16Array, Uint32Array |
 * | int64, uint64 | Float64Array of whole numbers; with `bigint` BigInt64Array, BigUint64Array|
 * | bool | Uint8Array of 0 and 1 |
 *
 * Integers are labels for `VonMisesFisherMemory.train` as they are; {@link toFloats} makes numbers of any array that
 * memories store. `onProgress` counts bytes.
 *
 * @throws DenseamError ERR_UNSUPPORTED for a file that is good but holds something else, or whose header is longer than
 * numpy reads (10,000 characters); ERR_CORRUPT_FILE for a truncated, altered or foreign file; ERR_RANGE for an integer
 * beyond 2^53; ERR_OUT_OF_MEMORY when the array does not fit; the signal's reason; system errors with their code and a
 * message that names the file.
 */
export function readNpy(path: FilePath, options: ReadNpyOptions & Big): Promise<BigNpyArray>;
export function readNpy(path: FilePath, options?: ReadNpyOptions): Promise<NpyArray>;
export async function readNpy(path: FilePath, options: ReadNpyOptions = {}): Promise<NpyArray | BigNpyArray> {
  const name = filePath(path);
  const read = readOptions(npyOptions, options);
  read.signal?.throwIfAborted();
  const { handle, size } = await openForReading(name);
  try {
    const end = await endOfNumbers(name, handle, size);
    const decoder = new NpyDecoder(name, end, read);
    for await (const piece of filePieces(name, handle, 0, end, read)) decoder.push(piece);
    return decoder.finish();
  } finally {
    await handle.close();
  }
}

/** Position behind the numbers. The bytes after them are not read: as in numpy they may be anything. */
async function endOfNumbers(name: string, handle: FileHandle, size: number): Promise<number> {
  const start = new Uint8Array(Math.min(size, MOST_HEADER_BYTES));
  await readFully(handle, start, 0, name);
  return parseNpyHeader(start, size, name)?.dataEnd ?? size;
}

/**
 * The array in the bytes of an .npy file; the bytes are copied.
 *
 * @param name their name in error messages
 * @throws DenseamError as {@link readNpy}
 */
export function parseNpy(bytes: Uint8Array, name: string, options: NpyDecoderOptions & Big): BigNpyArray;
export function parseNpy(bytes: Uint8Array, name?: string, options?: NpyDecoderOptions): NpyArray;
export function parseNpy(bytes: Uint8Array, name = 'bytes', options: NpyDecoderOptions = {}): NpyArray | BigNpyArray {
  const decoder = new NpyDecoder(name, bytes.length, options);
  decoder.push(bytes);
  return decoder.finish();
}

/** Numbers that .npy files can hold. */
export type NpyData = NumberArray | BigInt64Array | BigUint64Array;

const TYPE_OF_ARRAY: ReadonlyMap<string | undefined, NpyType> = new Map([
  ['Float64Array', 'f8'],
  ['Float32Array', 'f4'],
  ['Float16Array', 'f2'],
  ['Int8Array', 'i1'],
  ['Int16Array', 'i2'],
  ['Int32Array', 'i4'],
  ['BigInt64Array', 'i8'],
  ['Uint8Array', 'u1'],
  ['Uint8ClampedArray', 'u1'],
  ['Uint16Array', 'u2'],
  ['Uint32Array', 'u4'],
  ['BigUint64Array', 'u8'],
]);

/**
 * The bytes of an .npy file (format 1, little-endian, row-major) that `numpy.load` reads.
 *
 * @param data as many numbers as the product of `shape`; its type gives the file's
 * @throws DenseamError ERR_SHAPE when they are more or fewer
 */
export function formatNpy(shape: readonly number[], data: NpyData): Uint8Array {
  const header = npyHeaderOf(shape, data);
  const length = header.length + data.byteLength;
  const file = allocate('The .npy file', length, () => new Uint8Array(length));
  file.set(header);
  file.set(bytesOf(data, 0, data.byteLength), header.length);
  if (endianness() === 'BE') swapByteOrder(file.subarray(header.length), itemBytes(data));
  return file;
}

/**
 * The header that goes before these numbers.
 *
 * @throws DenseamError ERR_SHAPE for anything but an array of numbers, and when they are more or fewer than the product
 * of `shape`
 */
export function npyHeaderOf(shape: unknown, data: NpyData, names = { shape: 'shape', data: 'data' }): Uint8Array {
  const type = TYPE_OF_ARRAY.get(arrayTypeOf(data));
  if (!type) throw shapeError(names.data, 'an array of numbers', describe(data));
  const extents = extentsOf(names.shape, shape);
  if (elementCount(extents, data.BYTES_PER_ELEMENT) !== data.length) {
    throw shapeError(names.data, `the numbers of shape (${shapeWords(extents)})`, String(data.length));
  }
  return encodeNpyHeader(extents, type);
}

export function itemBytes(data: NpyData): 1 | 2 | 4 | 8 {
  return BYTES_PER_NPY_ITEM[TYPE_OF_ARRAY.get(arrayTypeOf(data)) ?? 'u1'];
}
