import { Buffer } from 'node:buffer';
import { endianness } from 'node:os';
import { types } from 'node:util';
import { DenseamError } from '../../core/errors.ts';
import { allocate, concise, corruptFile, memoryGuard, pathWords, swapByteOrder } from '../files.ts';
import { indicesOf } from '../shape.ts';
import { BYTES_PER_NPY_ITEM, type NpyType } from './dtype.ts';
import { float32Of } from './half.ts';
import { type NpyHeader, parseNpyHeader } from './header.ts';

/** How the numbers of each type of numpy's are given. */
export interface NpyArrayTypes {
  /** 0 and 1. */
  readonly bool: Uint8Array;
  readonly int8: Int8Array;
  readonly int16: Int16Array;
  readonly int32: Int32Array;
  readonly uint8: Uint8Array;
  readonly uint16: Uint16Array;
  readonly uint32: Uint32Array;
  /** Whole numbers, each exactly; with the option `bigint` a BigInt64Array. */
  readonly int64: Float64Array;
  /** As for int64; with the option `bigint` a BigUint64Array. */
  readonly uint64: Float64Array;
  /** Every float16 is a float32. */
  readonly float16: Float32Array;
  readonly float32: Float32Array;
  readonly float64: Float64Array;
}

interface BigNpyArrayTypes extends Omit<NpyArrayTypes, 'int64' | 'uint64'> {
  readonly int64: BigInt64Array;
  readonly uint64: BigUint64Array;
}

type ArrayOf<Types> = {
  [Type in keyof Types]: {
    readonly shape: readonly number[];
    /** numpy's name of the type that the file holds; it decides the type of `data`. */
    readonly dtype: Type;
    /** Row-major, as many numbers as the product of `shape`. */
    readonly data: Types[Type];
  };
}[keyof Types];

/** An array from a file. */
export type NpyArray = ArrayOf<NpyArrayTypes>;

/** An array from a file whose integers of 64 bits are bigints. */
export type BigNpyArray = ArrayOf<BigNpyArrayTypes>;

type NumberArray = (NpyArray | BigNpyArray)['data'];
type NumberArrayType = new (length: number) => NumberArray;

interface TypeInfo {
  readonly dtype: keyof NpyArrayTypes;
  /** The array type of the numbers in the file. */
  readonly Stored: new (
    buffer: ArrayBuffer,
    start: number,
    length: number,
  ) => NumberArray;
  readonly Given: NumberArrayType;
}

const TYPES: Readonly<Record<NpyType, TypeInfo>> = {
  b1: { dtype: 'bool', Stored: Uint8Array, Given: Uint8Array },
  i1: { dtype: 'int8', Stored: Int8Array, Given: Int8Array },
  i2: { dtype: 'int16', Stored: Int16Array, Given: Int16Array },
  i4: { dtype: 'int32', Stored: Int32Array, Given: Int32Array },
  i8: { dtype: 'int64', Stored: BigInt64Array, Given: Float64Array },
  u1: { dtype: 'uint8', Stored: Uint8Array, Given: Uint8Array },
  u2: { dtype: 'uint16', Stored: Uint16Array, Given: Uint16Array },
  u4: { dtype: 'uint32', Stored: Uint32Array, Given: Uint32Array },
  u8: { dtype: 'uint64', Stored: BigUint64Array, Given: Float64Array },
  f2: { dtype: 'float16', Stored: Uint16Array, Given: Float32Array },
  f4: { dtype: 'float32', Stored: Float32Array, Given: Float32Array },
  f8: { dtype: 'float64', Stored: Float64Array, Given: Float64Array },
};

/**
 * Numbers are brought into their own array so many bytes at a time: whole numbers of every type, few enough for the
 * cache.
 */
const BLOCK_BYTES = 1 << 16;

/** Options of the decoder. */
export interface NpyDecoderOptions {
  /** Integers of 64 bits as bigints; otherwise as numbers, and those beyond 2^53 are refused. */
  readonly bigint?: boolean | undefined;
}

/**
 * Decoder of the bytes of an .npy file, in pieces of any size, to an array. It reads files and archives of any size
 * with one copy of the numbers in memory (two where it must change them to row-major order).
 */
export class NpyDecoder {
  readonly #path: string;
  readonly #totalBytes: number;
  readonly #bigint: boolean;
  #start = new Uint8Array(0);
  #numbers: Numbers | undefined;

  /** @param totalBytes the length of the whole file, an upper bound on the memory that a header may ask for. */
  constructor(path: string, totalBytes: number, { bigint = false }: NpyDecoderOptions = {}) {
    this.#path = path;
    this.#totalBytes = totalBytes;
    this.#bigint = bigint;
  }

  /** Takes the next bytes; they are copied. */
  push(bytes: Uint8Array): void {
    if (this.#numbers) {
      this.#numbers.push(bytes);
      return;
    }
    this.#start = Buffer.concat([this.#start, bytes]);
    const header = parseNpyHeader(this.#start, this.#totalBytes, this.#path);
    if (!header) return;
    this.#numbers = new Numbers(header, this.#path, this.#totalBytes, this.#bigint);
    this.#numbers.push(this.#start.subarray(header.dataStart));
    this.#start = new Uint8Array(0);
  }

  /** The array, once all bytes have come; with the option `bigint` a {@link BigNpyArray}. */
  finish(): NpyArray {
    if (!this.#numbers) this.push(new Uint8Array(0));
    if (!this.#numbers) throw truncated(this.#path, this.#totalBytes);
    return this.#numbers.finish() as NpyArray;
  }
}

function truncated(path: string, totalBytes: number): DenseamError {
  return corruptFile(path, `truncated: it has fewer than the expected ${totalBytes} bytes`);
}

/** The numbers behind a header. */
class Numbers {
  readonly #header: NpyHeader;
  readonly #path: string;
  readonly #totalBytes: number;
  readonly #data: NumberArray;
  readonly #guard: (bytes: number) => void;
  readonly #block: Uint8Array<ArrayBuffer>;
  /** Bytes that wait in the block. */
  #waiting = 0;
  /** Numbers that are in `data`. */
  #filled = 0;
  #bytesSeen: number;

  constructor(header: NpyHeader, path: string, totalBytes: number, bigint: boolean) {
    const { count, type, dataStart } = header;
    const { Stored, Given } = TYPES[type];
    const isBig = bigint && (type === 'i8' || type === 'u8');
    const ArrayType = (isBig ? Stored : Given) as NumberArrayType & { readonly BYTES_PER_ELEMENT: number };
    const byteLength = count * ArrayType.BYTES_PER_ELEMENT;
    this.#header = header;
    this.#path = path;
    this.#totalBytes = totalBytes;
    this.#data = allocate(`File "${pathWords(path)}"`, byteLength, () => new ArrayType(count));
    this.#guard = memoryGuard(`File "${pathWords(path)}"`, byteLength);
    this.#block = new Uint8Array(Math.min(BLOCK_BYTES, count * BYTES_PER_NPY_ITEM[type]));
    this.#bytesSeen = dataStart;
  }

  /** Takes the bytes of the numbers, and counts the bytes after them. */
  push(bytes: Uint8Array): void {
    this.#bytesSeen += bytes.length;
    if (this.#bytesSeen > this.#totalBytes) {
      throw corruptFile(this.#path, `it is longer than the expected ${this.#totalBytes} bytes`);
    }
    let taken = 0;
    while (taken < bytes.length && this.#filled < this.#header.count) {
      const some = bytes.subarray(taken, taken + this.#block.length - this.#waiting);
      this.#block.set(some, this.#waiting);
      this.#waiting += some.length;
      taken += some.length;
      this.#flushWholeBlock();
    }
  }

  finish(): { shape: readonly number[]; dtype: keyof NpyArrayTypes; data: NumberArray } {
    if (this.#bytesSeen < this.#totalBytes) throw truncated(this.#path, this.#totalBytes);
    const { shape, type, fortranOrder } = this.#header;
    const data = fortranOrder ? toRowMajor(this.#data, shape, this.#path) : this.#data;
    return { shape, dtype: TYPES[type].dtype, data };
  }

  /** Moves the numbers of the block to the array once the block is full or holds all that remain. */
  #flushWholeBlock(): void {
    const { type, count, bigEndian } = this.#header;
    const itemBytes = BYTES_PER_NPY_ITEM[type];
    const expected = Math.min(this.#block.length, (count - this.#filled) * itemBytes);
    if (this.#waiting < expected) return;
    this.#guard(this.#filled * this.#data.BYTES_PER_ELEMENT);
    if (bigEndian !== (endianness() === 'BE')) swapByteOrder(this.#block, itemBytes);
    const stored = new TYPES[type].Stored(this.#block.buffer, 0, expected / itemBytes);
    store(stored, this.#header, this.#data, this.#filled, this.#path);
    this.#filled += stored.length;
    this.#waiting = 0;
  }
}

/** Writes numbers in the file's form to the array from a position on. */
function store(stored: NumberArray, header: NpyHeader, data: NumberArray, start: number, path: string): void {
  const { type } = header;
  if (type === 'f2') storeHalves(stored as Uint16Array, data as Float32Array, start);
  else if (type !== 'f8' && types.isFloat64Array(data))
    storeIntegers(stored as BigInt64Array, header, data, start, path);
  else (data as Float64Array).set(stored as Float64Array, start); // arrays of the same type
  if (type === 'b1') makeBooleans(data.subarray(start, start + stored.length) as Uint8Array);
}

function storeHalves(stored: Uint16Array, data: Float32Array, start: number): void {
  for (let i = 0; i < stored.length; i++) data[start + i] = float32Of(stored[i] as number);
}

/** For numpy every byte but zero is true. */
function makeBooleans(bytes: Uint8Array): void {
  for (let i = 0; i < bytes.length; i++) bytes[i] = bytes[i] === 0 ? 0 : 1;
}

function storeIntegers(
  stored: BigInt64Array,
  header: NpyHeader,
  data: Float64Array,
  start: number,
  path: string,
): void {
  for (let i = 0; i < stored.length; i++) {
    const number = Number(stored[i]);
    if (!Number.isSafeInteger(number)) throw tooLarge(stored[i] as bigint, start + i, header, path);
    data[start + i] = number;
  }
}

function tooLarge(value: bigint, position: number, { shape, fortranOrder }: NpyHeader, path: string): DenseamError {
  const index = fortranOrder ? indicesOf(position, [...shape].reverse()).reverse() : indicesOf(position, shape);
  return new DenseamError('ERR_RANGE', {
    argument: `number[${index.join(', ')}] of file "${concise(pathWords(path))}"`,
    expected: 'an integer between -2^53 and 2^53',
    received: String(value),
    hint: 'the option bigint reads such integers',
  });
}

/** Numbers along each side of the tiles in which an array is transposed; a tile's lines fit the first-level cache. */
const TILE = 32;

/**
 * From Fortran order (the first index varies fastest) to row-major order (the last one does). The first axis is
 * contiguous in the source and the last one in the target, so tiles over these two keep both within the cache.
 */
function toRowMajor<A extends NumberArray>(data: A, shape: readonly number[], path: string): A {
  if (shape.length < 2 || data.length === 0) return data;
  const rows = shape[0] as number;
  const columns = shape.at(-1) as number;
  const between = shape.slice(1, -1);
  const depth = data.length / rows / columns;
  const ArrayType = data.constructor as new (length: number) => A;
  const result = allocate(`File "${pathWords(path)}"`, data.byteLength, () => new ArrayType(data.length));
  for (let middle = 0; middle < depth; middle++) {
    // Equal indices of the axes between: the last one counts fastest here, the first one there.
    const source = rows * reversedPosition(middle, between);
    const target = columns * middle;
    transpose(data, source, rows * depth, result, target, columns * depth, rows, columns);
  }
  return result;
}

/** Position in Fortran order of the item at a row-major position of an array of this shape. */
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
  source: NumberArray,
  sourceStart: number,
  sourceStride: number,
  target: NumberArray,
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
