import type { FileHandle } from 'node:fs/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import type { Entry } from 'yauzl';
import type { CallOptions } from '../core/types.ts';
import {
  corruptFile,
  describeSystemError,
  filePieces,
  isSystemError,
  openForReading,
  readFully,
  recognisedFormat,
} from './files.ts';
import { inflate } from './inflate.ts';
import { type NpyArray, NpyDecoder } from './npy/decoder.ts';

const MEMBER_SUFFIX = '.npy';

/** The compression methods of the zip format that numpy uses. */
const STORED = 0;
const DEFLATED = 8;

const INFLATED_PIECE_BYTES = 1 << 18;

/**
 * Reads arrays from an .npz file: what `numpy.savez` and `numpy.savez_compressed` write, of any size. Every member read is
 * checked against the archive's checksum of it.
 *
 * @param names the arrays to read; all of them by default
 * @returns the arrays by name, in the order of the archive
 * @throws DenseamError ERR_CORRUPT_FILE for a truncated, altered or foreign file, one without an array of `names`, and
 * whatever {@link readNpy} refuses; the signal's reason; system errors with their code and a message that names the file.
 */
export async function readNpz(
  path: string,
  names?: readonly string[] | undefined,
  options: Pick<CallOptions, 'signal'> = {},
): Promise<Map<string, NpyArray>> {
  options.signal?.throwIfAborted();
  const { handle, size } = await openForReading(path);
  try {
    await checkSignature(path, handle, size);
    return await readMembers(path, handle, names, options.signal);
  } finally {
    await handle.close();
  }
}

/** Refuses what is no zip archive with a better message than that its end is missing. */
async function checkSignature(path: string, handle: FileHandle, size: number): Promise<void> {
  const start = new Uint8Array(Math.min(8, size));
  await readFully(handle, start, 0, path);
  if (start[0] === 0x50 && start[1] === 0x4b) return; // "PK"
  const format = recognisedFormat(start) ?? 'something else: it is no zip archive';
  throw corruptFile(path, `not an .npz file but ${format}`);
}

async function readMembers(
  path: string,
  handle: FileHandle,
  names: readonly string[] | undefined,
  signal: AbortSignal | undefined,
): Promise<Map<string, NpyArray>> {
  const arrays = new Map<string, NpyArray>();
  const found = new Set<string>();
  for await (const member of members(path)) {
    signal?.throwIfAborted();
    if (found.has(member.name)) throw corruptFile(path, `it holds two arrays named "${member.name}"`);
    found.add(member.name);
    if (names && !names.includes(member.name)) continue;
    arrays.set(member.name, await readMember(member, handle, signal));
  }
  const missing = names?.find((name) => !found.has(name));
  if (missing !== undefined) throw corruptFile(path, `it has no array "${missing}", only [${[...found].join(', ')}]`);
  return arrays;
}

/** An array in an archive: where its (perhaps compressed) bytes lie, and what yauzl read about them. */
interface Member {
  readonly name: string;
  /** For messages. */
  readonly path: string;
  readonly start: number;
  readonly entry: Entry;
}

/** The arrays that the archive's directory lists. Only the directory is read through yauzl, the bytes are read by us. */
async function* members(path: string): AsyncGenerator<Member, void, undefined> {
  const damaged = (error: unknown) => describeZipError(error, path, 'damaged or truncated archive');
  const { openPromise } = await import('yauzl'); // only here: it takes megabytes of a process
  const archive = await openPromise(path, { autoClose: false }).catch((error) => Promise.reject(damaged(error)));
  try {
    const entries = archive.eachEntry();
    for (;;) {
      const { value: entry, done } = await entries.next().catch((error) => Promise.reject(damaged(error)));
      if (done) return;
      if (!entry.fileName.endsWith(MEMBER_SUFFIX)) continue;
      const where = archive.readLocalFileHeaderPromise(entry, { minimal: true });
      const { fileDataStart } = await where.catch((error) => Promise.reject(damaged(error)));
      const name = entry.fileName.slice(0, -MEMBER_SUFFIX.length);
      yield { name, path: `${path}/${entry.fileName}`, start: fileDataStart, entry };
    }
  } finally {
    archive.close();
  }
}

async function readMember(member: Member, handle: FileHandle, signal: AbortSignal | undefined): Promise<NpyArray> {
  const { path, start, entry } = member;
  if (entry.isEncrypted()) throw corruptFile(path, 'it is encrypted');
  const stored = filePieces(path, handle, start, start + entry.compressedSize, { signal });
  const decoder = new NpyDecoder(path, entry.uncompressedSize);
  let checksum = 0;
  for await (const piece of decompress(stored, member)) {
    checksum = crc32(piece, checksum);
    decoder.push(piece);
  }
  if (checksum !== entry.crc32) throw corruptFile(path, 'altered: it does not match the checksum in the archive');
  return decoder.finish();
}

function decompress(pieces: AsyncIterable<Uint8Array>, { entry, path }: Member): AsyncIterable<Uint8Array> {
  if (entry.compressionMethod === STORED) return pieces;
  if (entry.compressionMethod === DEFLATED) {
    return inflate(pieces, createInflateRaw({ chunkSize: INFLATED_PIECE_BYTES }), path);
  }
  throw corruptFile(
    path,
    `compression method ${entry.compressionMethod} is not supported, expected stored or deflated`,
  );
}

/** yauzl throws plain errors for faults in the archive. */
function describeZipError(error: unknown, path: string, fault: string): unknown {
  if (isSystemError(error)) return describeSystemError(error, 'read', path);
  return corruptFile(path, `${fault}: ${(error as Error).message}`, error);
}
