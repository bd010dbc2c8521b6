import { Buffer } from 'node:buffer';
import { endianness } from 'node:os';
import type { FloatArray } from '../../core/types.ts';
import { allocate, bytesOf, corruptFile, swapByteOrder } from '../files.ts';
import { BYTES_PER_NPY_ITEM, type NpyHeader, type NpyType, parseNpyHeader } from './header.ts';

/** An array read from a file: row-major, float32 where the file held float32, float64 otherwise. */
export interface NpyArray {
  readonly shape: readonly number[];
  /** As many numbers as the product of `shape`. */
  readonly data: FloatArray;
}

type RawArray = FloatArray | Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array;
type Int64Array = BigInt64Array | BigUint64Array;

const ARRAY_TYPES: Record<NpyType, new (length: number) => RawArray | Int64Array> = {
  f4: Float32Array,
  f8: Float64Array,
  i1: Int8Array,
  i2: Int16Array,
  i4: Int32Array,
  i8: BigInt64Array,
  u1: Uint8Array,
  u2: Uint16Array,
  u4: Uint32Array,
  u8: BigUint64Array,
  b1: Uint8Array,
};

/**
 * Turns the bytes of an .npy file, in pieces of any size, into an array, so that files and archives of any size are read
 * with one copy of the numbers in memory (two where they must be converted or brought into row-major order).
 */
export class NpyDecoder {
  readonly #path: string;
  readonly #totalBytes: number;
  #start = new Uint8Array(0);
  #header: NpyHeader | undefined;
  #raw: RawArray | Int64Array | undefined;
  #filled = 0;

  /** @param totalBytes the length of the whole file; it must be known, so that no header can ask for more memory than it. */
  constructor(path: string, totalBytes: number) {
    this.#path = path;
    this.#totalBytes = totalBytes;
  }

  /** Takes the next bytes; they are copied. */
  push(bytes: Uint8Array): void {
    if (this.#raw) {
      this.#append(this.#raw, bytes);
      return;
    }
    this.#start = Buffer.concat([this.#start, bytes]);
    const header = parseNpyHeader(this.#start, this.#totalBytes, this.#path);
    if (!header) return;
    const ArrayType = ARRAY_TYPES[header.type];
    const byteLength = header.count * BYTES_PER_NPY_ITEM[header.type];
    this.#raw = allocate(`File "${this.#path}"`, byteLength, () => new ArrayType(header.count));
    this.#header = header;
    this.#append(this.#raw, this.#start.subarray(header.dataStart));
    this.#start = new Uint8Array(0);
  }

  /** The array, once all bytes have come. */
  finish(): NpyArray {
    if (!this.#raw) this.push(new Uint8Array(0));
    const { header, raw } = { header: this.#header, raw: this.#raw };
    if (!header || !raw || this.#filled !== raw.byteLength) {
      throw corruptFile(this.#path, `truncated: it does not have the ${this.#totalBytes} bytes that were expected`);
    }
    const hostIsBigEndian = endianness() === 'BE';
    if (header.bigEndian !== hostIsBigEndian) swapByteOrder(raw, BYTES_PER_NPY_ITEM[header.type]);
    const data = toFloats(raw);
    return { shape: header.shape, data: header.fortranOrder ? toRowMajor(data, header.shape) : data };
  }

  #append(raw: RawArray | Int64Array, bytes: Uint8Array): void {
    if (bytes.length > raw.byteLength - this.#filled) {
      throw corruptFile(this.#path, `it is longer than the ${this.#totalBytes} bytes that were expected`);
    }
    bytesOf(raw, this.#filled, bytes.length).set(bytes);
    this.#filled += bytes.length;
  }
}

/** Floating-point numbers as they are; integers and booleans as float64 (64-bit integers above 2^53 are rounded). */
function toFloats(raw: RawArray | Int64Array): FloatArray {
  if (raw instanceof Float32Array || raw instanceof Float64Array) return raw;
  if (raw instanceof BigInt64Array || raw instanceof BigUint64Array) return Float64Array.from(raw, Number);
  return new Float64Array(raw);
}

/** From Fortran order (the first index varies fastest) to row-major order (the last one does). */
function toRowMajor(data: FloatArray, shape: readonly number[]): FloatArray {
  if (shape.length < 2) return data;
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, extent) => product * extent, 1));
  const result = data instanceof Float32Array ? new Float32Array(data.length) : new Float64Array(data.length);
  const index = new Array<number>(shape.length).fill(0);
  let source = 0;
  for (let target = 0; target < result.length; target++) {
    result[target] = data[source] as number;
    // Counts up in row-major order, carrying from the last axis; `source` follows.
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const extent = shape[axis] as number;
      const stride = strides[axis] as number;
      index[axis] = (index[axis] as number) + 1;
      source += stride;
      if ((index[axis] as number) < extent) break;
      index[axis] = 0;
      source -= extent * stride;
    }
  }
  return result;
}
