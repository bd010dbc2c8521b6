import { endianness } from 'node:os';
import { DenseamError } from '../core/errors.ts';
import type { CallOptions, FloatArray } from '../core/types.ts';
import { allocate, bytesOf, elementCount, filePieces, openForReading, swapByteOrder } from './files.ts';
import { type NpyArray, NpyDecoder } from './npy/decoder.ts';
import { encodeNpyHeader } from './npy/header.ts';

export type { NpyArray } from './npy/decoder.ts';

/**
 * Reads an .npy file (format 1, 2 or 3) of float32, float64, integers or booleans, of either byte order, in C or Fortran
 * order. float32 stays float32; integers and booleans become float64. `onProgress` counts bytes.
 *
 * @throws DenseamError ERR_CORRUPT_FILE for a truncated, foreign or object file, ERR_OUT_OF_MEMORY when the array does not
 * fit; the signal's reason; system errors with their code and a message that names the file.
 */
export async function readNpy(path: string, options: CallOptions = {}): Promise<NpyArray> {
  options.signal?.throwIfAborted();
  const { handle, size } = await openForReading(path);
  try {
    const decoder = new NpyDecoder(path, size);
    for await (const piece of filePieces(path, handle, 0, size, options)) decoder.push(piece);
    return decoder.finish();
  } finally {
    await handle.close();
  }
}

/**
 * The array in the bytes of an .npy file; the bytes are copied.
 *
 * @param name what error messages call them
 * @throws DenseamError as {@link readNpy}
 */
export function parseNpy(bytes: Uint8Array, name = 'bytes'): NpyArray {
  const decoder = new NpyDecoder(name, bytes.length);
  decoder.push(bytes);
  return decoder.finish();
}

/** Numbers that .npy files are written of. */
export type NpyData = FloatArray | Int32Array;

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
 * @throws DenseamError ERR_SHAPE when they are more or fewer than the product of `shape`
 */
export function npyHeaderOf(shape: readonly number[], data: NpyData): Uint8Array {
  if (elementCount(shape, data.BYTES_PER_ELEMENT) !== data.length) {
    throw new DenseamError('ERR_SHAPE', `Expected numbers for shape (${shape}) but received ${data.length}`);
  }
  if (data instanceof Int32Array) return encodeNpyHeader(shape, 'i4');
  return encodeNpyHeader(shape, data instanceof Float32Array ? 'f4' : 'f8');
}

export function itemBytes(data: NpyData): 4 | 8 {
  return data instanceof Float64Array ? 8 : 4;
}
