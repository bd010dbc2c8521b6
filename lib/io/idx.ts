import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { CallOptions } from '../core/types.ts';
import { corruptFile, elementCount, readWholeFile, recognisedFormat } from './files.ts';

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

const unzip = promisify(gunzip);

/**
 * Reads an IDX file of unsigned bytes (the format of MNIST and Fashion-MNIST, images and labels alike), plain or gzipped:
 * its first bytes say which, not its name.
 *
 * @throws DenseamError ERR_CORRUPT_FILE for a truncated, damaged or foreign file and other number types; the signal's
 * reason; system errors with their code and a message that names the file.
 */
export async function readIdx(path: string, options: CallOptions = {}): Promise<IdxArray> {
  const bytes = await readWholeFile(path, options);
  const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? await decompress(bytes, path) : bytes;
  options.signal?.throwIfAborted();
  return parseIdx(plain, path);
}

async function decompress(bytes: Uint8Array, path: string): Promise<Uint8Array> {
  try {
    return await unzip(bytes);
  } catch (error) {
    throw corruptFile(path, `its gzip data is damaged or truncated (${(error as Error).message})`, error);
  }
}

/**
 * The array in the bytes of an (uncompressed) IDX file; `data` is a view of them, not a copy.
 *
 * @param name what error messages call them
 * @throws DenseamError ERR_CORRUPT_FILE as {@link readIdx}
 */
export function parseIdx(bytes: Uint8Array, name = 'bytes'): IdxArray {
  const [zero0, zero1, type = 0, axes = 0] = bytes;
  if (bytes.length < 4 || zero0 !== 0 || zero1 !== 0 || axes === 0 || (type !== UNSIGNED_BYTES && !OTHER_TYPES[type])) {
    const format =
      recognisedFormat(bytes) ?? 'something else: it does not begin with 0, 0, a type and a number of axes';
    throw corruptFile(name, `not an IDX file but ${bytes.length === 0 ? 'an empty file' : format}`);
  }
  if (type !== UNSIGNED_BYTES) throw corruptFile(name, `it holds ${OTHER_TYPES[type]}, expected unsigned bytes`);
  const dataStart = 4 + 4 * axes;
  if (bytes.length < dataStart) {
    throw corruptFile(name, `truncated: it has ${bytes.length} bytes, its header alone needs ${dataStart}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis));
  const found = bytes.length - dataStart;
  const expected = elementCount(shape, 1) ?? Number.POSITIVE_INFINITY;
  if (found !== expected) {
    const fault = found < expected ? 'truncated' : 'too long';
    throw corruptFile(name, `${fault}: it has ${found} bytes of data, its shape [${shape}] needs ${expected}`);
  }
  return { shape, data: bytes.subarray(dataStart) };
}
