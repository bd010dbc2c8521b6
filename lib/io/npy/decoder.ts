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

/** Numbers along each side of the tiles in which an array is transposed; a tile's lines fit the first-level cache. */
const TILE = 32;

/**
 * From Fortran order (the first index varies fastest) to row-major order (the last one does). The first axis is
 * contiguous in the source and the last one in the target, so tiles over these two keep both within the cache.
 */
function toRowMajor(data: FloatArray, shape: readonly number[]): FloatArray {
  if (shape.length < 2 || data.length === 0) return data;
  const rows = shape[0] as number;
  const columns = shape.at(-1) as number;
  const between = shape.slice(1, -1);
  const depth = data.length / rows / columns;
  const result = data instanceof Float32Array ? new Float32Array(data.length) : new Float64Array(data.length);
  for (let middle = 0; middle < depth; middle++) {
    // The same indices of the axes between, counted with the last one fastest here and with the first one fastest there.
    const source = rows * reversedPosition(middle, between);
    const target = columns * middle;
    transpose(data, source, rows * depth, result, target, columns * depth, rows, columns);
  }
  return result;
}

/** Where the item at a row-major position of an array of this shape lies in Fortran order. */
function reversedPosition(position: number, shape: readonly number[]): number {
  let rest = position;
  let stride = shape.reduce((product, extent) => product * extent, 1);
  let reversed = 0;
  for (const extent of [...shape].reverse()) {
    stride /= extent;
    reversed += (rest % extent) * stride;
    rest = Math.floor(rest / extent);
  }
  return reversed;
}

/** target[row, column] = source[column, row], each from an offset on and with a stride between its lines. */
function transpose(
  source: FloatArray,
  sourceStart: number,
  sourceStride: number,
  target: FloatArray,
  targetStart: number,
  targetStride: number,
  rows: number,
  columns: number,
): void {
  for (let rowTile = 0; rowTile < rows; rowTile += TILE) {
    const rowEnd = Math.min(rowTile + TILE, rows);
    for (let columnTile = 0; columnTile < columns; columnTile += TILE) {
      const columnEnd = Math.min(columnTile + TILE, columns);
      for (let row = rowTile; row < rowEnd; row++) {
        for (let column = columnTile; column < columnEnd; column++) {
          target[targetStart + row * targetStride + column] = source[
            sourceStart + column * sourceStride + row
          ] as number;
        }
      }
    }
  }
}
