import type { FileHandle } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import type { CallOptions } from '../../core/types.ts';
import { corruptFile, filePieces, openForReading, readFully, recognisedFormat } from '../files.ts';
import { inflate } from '../numpy/inflate.ts';
import { type ChooseMember, TarReader } from './tar.ts';

/** Bytes decompressed at a time. Members take them on the event loop, where a piece of text costs some milliseconds. */
const INFLATED_PIECE_BYTES = 1 << 16;

/**
 * Reads a gzipped tar archive from its beginning to its end, in pieces.
 *
 * @param choose called for every regular file in the archive, in its order
 * @throws DenseamError ERR_CORRUPT_FILE for a truncated, damaged or foreign file; whatever `choose` and the sinks
 * throw; the signal's reason; system errors with their code and a message that names the file.
 */
export async function readTarGz(path: string, choose: ChooseMember, options: CallOptions = {}): Promise<void> {
  options.signal?.throwIfAborted();
  const { handle, size } = await openForReading(path);
  try {
    await checkSignature(path, handle, size);
    const tar = new TarReader(path, choose);
    const compressed = filePieces(path, handle, 0, size, options);
    for await (const piece of inflate(compressed, createGunzip({ chunkSize: INFLATED_PIECE_BYTES }), path)) {
      options.signal?.throwIfAborted();
      tar.push(piece);
    }
    tar.finish();
  } finally {
    await handle.close();
  }
}

async function checkSignature(path: string, handle: FileHandle, size: number): Promise<void> {
  const start = new Uint8Array(Math.min(8, size));
  await readFully(handle, start, 0, path);
  if (start[0] === 0x1f && start[1] === 0x8b) return;
  const format = recognisedFormat(start) ?? 'something else';
  throw corruptFile(path, `not a gzip file but ${format}`);
}
