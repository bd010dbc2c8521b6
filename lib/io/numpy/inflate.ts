import { pipeline, Readable, type Transform } from 'node:stream';
import { types } from 'node:util';
import { corruptFile } from '../files.ts';

/** Bytes that a byte of deflated data holds at most: its shortest code, of two bits, stands for 258 bytes. */
export const MOST_INFLATION = 1032;

/**
 * Decompresses pieces of a file on request. A piece is valid until the next request.
 *
 * @param inflater a decompressing stream of node:zlib, which this consumes
 * @param path the source's name in error messages
 * @throws DenseamError ERR_CORRUPT_FILE for damaged or truncated data; whatever `pieces` throws
 */
export async function* inflate(
  pieces: AsyncIterable<Uint8Array>,
  inflater: Transform,
  path: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  async function* copies() {
    for await (const piece of pieces) yield piece.slice(); // the stream holds on to what it is given
  }
  // Errors of the source reach the loop below through the inflater, which the pipeline destroys with them.
  pipeline(Readable.from(copies(), { highWaterMark: 1 }), inflater, () => {});
  try {
    for await (const piece of inflater) yield piece;
  } catch (error) {
    const isZlibError = types.isNativeError(error) && String((error as NodeJS.ErrnoException).code).startsWith('Z_');
    throw isZlibError ? corruptFile(path, `damaged: ${error.message}`, error) : error;
  }
}
