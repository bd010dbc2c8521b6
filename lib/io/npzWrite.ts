import { Buffer } from 'node:buffer';
import { endianness } from 'node:os';
import { Readable } from 'node:stream';
import type { ZipFile } from 'yazl';
import type { CallOptions } from '../core/types.ts';
import { writeAtomically } from './atomic.ts';
import { bytesOf, PIECE_BYTES, swapByteOrder, writeFully } from './files.ts';
import { itemBytes, type NpyData, npyHeaderOf } from './npy.ts';

/** Numbers with a name and a shape. */
export interface NamedArray {
  readonly name: string;
  readonly shape: readonly number[];
  /** Row-major, as many numbers as the product of `shape`. */
  readonly data: NpyData;
}

/**
 * Writes arrays to an .npz file that `numpy.load` and {@link readNpz} read, uncompressed and atomically: an existing file is replaced
 * only by a whole one. The same arrays give the same bytes.
 *
 * @throws DenseamError ERR_SHAPE for an array of another length than its shape; the signal's reason; system errors with their code and
 * a message that names the file.
 */
export async function writeNpz(
  path: string,
  arrays: readonly NamedArray[],
  { signal }: Pick<CallOptions, 'signal'> = {},
): Promise<void> {
  const headers = arrays.map(({ shape, data }) => npyHeaderOf(shape, data));
  const yazl = await import('yazl'); // only here: it takes megabytes of a process
  await writeAtomically(
    path,
    async (handle) => {
      let position = 0;
      for await (const piece of archiveOf(new yazl.ZipFile(), arrays, headers)) {
        signal?.throwIfAborted();
        await writeFully(handle, piece, position, path);
        position += piece.length;
      }
    },
    signal,
  );
}

function archiveOf(
  archive: ZipFile,
  arrays: readonly NamedArray[],
  headers: readonly Uint8Array[],
): AsyncIterable<Uint8Array> {
  // The earliest time of the format: when a file was written is no part of what is in it.
  const fixed = { compress: false, mtime: new Date(1980, 0, 1), forceDosTimestamp: true };
  for (const [index, { name, data }] of arrays.entries()) {
    const header = headers[index] as Uint8Array;
    const options = { ...fixed, size: header.length + data.byteLength };
    archive.addReadStreamLazy(`${name}.npy`, options, (done) => done(null, Readable.from(piecesOf(header, data))));
  }
  archive.end();
  return archive.outputStream as Readable;
}

function* piecesOf(header: Uint8Array, data: NpyData): Generator<Buffer> {
  yield Buffer.from(header);
  for (let start = 0; start < data.byteLength; start += PIECE_BYTES) {
    // A copy: the stream holds it for longer than it may stay as it is.
    const piece = Buffer.from(bytesOf(data, start, Math.min(PIECE_BYTES, data.byteLength - start)));
    if (endianness() === 'BE') swapByteOrder(piece, itemBytes(data));
    yield piece;
  }
}
