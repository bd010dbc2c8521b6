import type { FileHandle } from 'node:fs/promises';
import { posix } from 'node:path';
import { createGunzip } from 'node:zlib';
import type { ReadEntry } from 'tar';
import type { Parser } from 'tar/parse';
import type { CallOptions } from '../../core/types.ts';
import { corruptFile, filePieces, openForReading, readFully, recognisedFormat } from '../files.ts';
import { inflate } from '../numpy/inflate.ts';

/** What takes the bytes of a member of an archive as they come. */
export interface MemberSink {
  /** Takes the next bytes; they are valid during the call only. */
  push(bytes: Uint8Array): void;
  /** All bytes have come. */
  finish(): void;
}

/** The types of regular files; anything else (folders, links, devices) is passed over. */
const FILE_TYPES: readonly string[] = ['File', 'OldFile', 'ContiguousFile'];

/** How much is decompressed at a time. Members take it on the event loop, where a piece of text costs some milliseconds. */
const INFLATED_PIECE_BYTES = 1 << 16;

/**
 * Reads a gzipped tar archive from its beginning to its end, in pieces.
 *
 * @param choose is called for every regular file in the archive, with its name without folders and its length in bytes;
 * returns what takes its bytes, or undefined to pass over it
 * @throws DenseamError ERR_CORRUPT_FILE for a truncated, damaged or foreign file; whatever `choose` and the sinks throw;
 * the signal's reason; system errors with their code and a message that names the file.
 */
export async function readTarGz(
  path: string,
  choose: (name: string, byteLength: number) => MemberSink | undefined,
  options: CallOptions = {},
): Promise<void> {
  options.signal?.throwIfAborted();
  const { handle, size } = await openForReading(path);
  try {
    await checkSignature(path, handle, size);
    const tar = await import('tar/parse'); // only here: it takes megabytes of a process
    const parser = tarParser(tar.Parser, path, choose);
    const compressed = filePieces(path, handle, 0, size, options);
    for await (const piece of inflate(compressed, createGunzip({ chunkSize: INFLATED_PIECE_BYTES }), path)) {
      options.signal?.throwIfAborted();
      parser.write(piece as Buffer);
    }
    parser.end();
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

/**
 * A parser that hands each member's bytes on before its `write` returns, so `write` and `end` throw what a sink throws and
 * no data is ever queued.
 */
function tarParser(
  TarParser: typeof Parser,
  path: string,
  choose: (name: string, byteLength: number) => MemberSink | undefined,
): Parser {
  const parser = new TarParser({
    strict: true,
    zstd: false,
    onReadEntry: (entry) => {
      const sink = isFile(entry) ? choose(posix.basename(entry.path), entry.size) : undefined;
      if (!sink) {
        entry.resume();
        return;
      }
      entry.on('data', (bytes) => sink.push(bytes));
      entry.on('end', () => sink.finish());
    },
  });
  parser.on('error', (error: Error) => {
    throw corruptFile(path, `the gzip file holds no intact tar archive: ${error.message}`, error);
  });
  return parser;
}

function isFile(entry: ReadEntry): boolean {
  return FILE_TYPES.includes(entry.type);
}
