import { Buffer } from 'node:buffer';
import { createGunzip } from 'node:zlib';
import { callOptions, readOptions } from '../core/options.ts';
import type { CallOptions } from '../core/types.ts';
import {
  allocate,
  corruptFile,
  elementCount,
  filePieces,
  memoryGuard,
  openForReading,
  readFully,
  recognisedFormat,
  unsupportedFile,
} from './files.ts';
import { inflate, MOST_INFLATION } from './numpy/inflate.ts';
import { type FilePath, filePath } from './path.ts';

/** An array of bytes from an IDX file, for example images: count x rows x columns. */
export interface IdxArray {
  readonly shape: readonly number[];
  /** Row-major, as many bytes as the product of `shape`. */
  readonly data: Uint8Array;
}

const UNSIGNED_BYTES = 0x08;

/** The other types of the format, for error messages. */
const OTHER_TYPES: Readonly<Record<number, string>> = {
  9: 'signed bytes',
  11: '16-bit integers',
  12: '32-bit integers',
  13: 'float32',
  14: 'float64',
};

/** Two zeros, the type and the number of axes. */
const LEAST_HEADER_BYTES = 4;
const EXTENT_BYTES = 4;

const INFLATED_PIECE_BYTES = 1 << 18;

/**
 * Reads an IDX file of unsigned bytes (the format of MNIST and Fashion-MNIST, images and labels alike), plain or
 * gzipped, as its first bytes tell, not its name. `data` has memory of its own, of the size of the shape.
 *
 * @throws DenseamError ERR_CORRUPT_FILE for a truncated, damaged or foreign file; ERR_UNSUPPORTED for other number
 * types; ERR_OUT_OF_MEMORY when the array does not fit; the signal's reason; system errors with their code and a
 * message that names the file.
 */
export async function readIdx(path: FilePath, options: CallOptions = {}): Promise<IdxArray> {
  const name = filePath(path);
  const read = readOptions(callOptions, options);
  read.signal?.throwIfAborted();
  const { handle, size } = await openForReading(name);
  try {
    const start = new Uint8Array(Math.min(2, size));
    await readFully(handle, start, 0, name);
    const stored = filePieces(name, handle, 0, size, read);
    const isGzip = start[0] === 0x1f && start[1] === 0x8b;
    const plain = isGzip ? inflate(stored, createGunzip({ chunkSize: INFLATED_PIECE_BYTES }), name) : stored;
    const decoder = new IdxDecoder(name, isGzip ? size * MOST_INFLATION : size);
    for await (const piece of plain) decoder.push(piece);
    return decoder.finish();
  } finally {
    await handle.close();
  }
}

/**
 * The array in the bytes of an (uncompressed) IDX file; the bytes are copied.
 *
 * @param name their name in error messages
 * @throws DenseamError as {@link readIdx}
 */
export function parseIdx(bytes: Uint8Array, name = 'bytes'): IdxArray {
  const decoder = new IdxDecoder(name, bytes.length);
  decoder.push(bytes);
  return decoder.finish();
}

/** Decoder of the bytes of an IDX file, in pieces of any size, to an array of the size that its header declares. */
class IdxDecoder {
  readonly #name: string;
  readonly #mostBytes: number;
  #start = new Uint8Array(0);
  #shape: readonly number[] | undefined;
  #data = new Uint8Array(0);
  #filled = 0;
  #guard: (filled: number) => void = () => {};

  /** @param mostBytes bound on the bytes that will come, and so on the memory that a header may ask for */
  constructor(name: string, mostBytes: number) {
    this.#name = name;
    this.#mostBytes = mostBytes;
  }

  push(bytes: Uint8Array): void {
    if (this.#shape) {
      this.#append(bytes);
      return;
    }
    this.#start = Buffer.concat([this.#start, bytes]);
    const needed = headerBytes(this.#start, this.#name);
    if (this.#start.length < needed) return;
    this.#readHeader(needed);
    this.#append(this.#start.subarray(needed));
    this.#start = new Uint8Array(0);
  }

  finish(): IdxArray {
    if (!this.#shape) {
      const needed = headerBytes(this.#start, this.#name);
      if (this.#start.length < LEAST_HEADER_BYTES) throw notIdx(this.#start, this.#name);
      const what = `truncated: it has ${this.#start.length} bytes, its header alone needs ${needed}`;
      throw corruptFile(this.#name, what);
    }
    if (this.#filled < this.#data.length) throw this.#wrongLength('truncated', String(this.#filled));
    return { shape: this.#shape, data: this.#data };
  }

  #readHeader(length: number): void {
    const view = new DataView(this.#start.buffer, this.#start.byteOffset, length);
    const axes = (length - LEAST_HEADER_BYTES) / EXTENT_BYTES;
    this.#shape = Array.from({ length: axes }, (_, axis) => view.getUint32(LEAST_HEADER_BYTES + EXTENT_BYTES * axis));
    const count = elementCount(this.#shape, 1);
    if (count === undefined)
      throw corruptFile(this.#name, `truncated: its shape [${this.#shape}] needs more than 2^53 bytes`);
    const most = this.#mostBytes - length;
    if (count > most) {
      throw corruptFile(
        this.#name,
        `truncated: it has at most ${most} bytes of data, its shape [${this.#shape}] needs ${count}`,
      );
    }
    const what = `File "${this.#name}"`;
    this.#data = allocate(what, count, () => new Uint8Array(count));
    this.#guard = memoryGuard(what, count);
  }

  #append(bytes: Uint8Array): void {
    const room = this.#data.length - this.#filled;
    if (bytes.length > room) throw this.#wrongLength('too long', `at least ${this.#filled + bytes.length}`);
    this.#guard(this.#filled);
    this.#data.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  #wrongLength(fault: string, found: string): Error {
    const needs = `its shape [${this.#shape}] needs ${this.#data.length}`;
    return corruptFile(this.#name, `${fault}: it has ${found} bytes of data, ${needs}`);
  }
}

/** Length of the header, from its first bytes. */
function headerBytes(start: Uint8Array, name: string): number {
  if (start.length < LEAST_HEADER_BYTES) return LEAST_HEADER_BYTES;
  const [zero0, zero1, type = 0, axes = 0] = start;
  if (zero0 !== 0 || zero1 !== 0 || axes === 0 || (type !== UNSIGNED_BYTES && !OTHER_TYPES[type]))
    throw notIdx(start, name);
  if (type !== UNSIGNED_BYTES) throw unsupportedFile(name, `it holds ${OTHER_TYPES[type]}, expected unsigned bytes`);
  return LEAST_HEADER_BYTES + EXTENT_BYTES * axes;
}

function notIdx(start: Uint8Array, name: string): Error {
  const format = recognisedFormat(start) ?? 'something else: it does not begin with 0, 0, a type and a number of axes';
  return corruptFile(name, `not an IDX file but ${start.length === 0 ? 'an empty file' : format}`);
}
