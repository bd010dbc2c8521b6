import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { DenseamError } from '../core/errors.ts';
import type { CallOptions } from '../core/types.ts';
import {
  corruptFile,
  describeSystemError,
  isSystemError,
  openForReading,
  readFully,
  recognisedFormat,
} from './files.ts';
import { type NpyArray, NpyDecoder } from './npy/decoder.ts';

const MEMBER_SUFFIX = '.npy';

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
  await checkSignature(path);
  const wanted = names && new Set(names);
  const arrays = new Map<string, NpyArray>();
  const found = new Set<string>();
  await eachMember(path, options.signal, async (archive, entry) => {
    if (!entry.fileName.endsWith(MEMBER_SUFFIX)) return;
    const name = entry.fileName.slice(0, -MEMBER_SUFFIX.length);
    if (found.has(name)) throw corruptFile(path, `it holds two arrays named "${name}"`);
    found.add(name);
    if (wanted && !wanted.has(name)) return;
    arrays.set(name, await readMember(path, archive, entry, options.signal));
  });
  const missing = names?.find((name) => !found.has(name));
  if (missing !== undefined) {
    throw corruptFile(path, `it has no array "${missing}", only [${[...found].join(', ')}]`);
  }
  return arrays;
}

/** Refuses what is no zip archive with a better message than that its end is missing. */
async function checkSignature(path: string): Promise<void> {
  const { handle, size } = await openForReading(path);
  try {
    const start = new Uint8Array(Math.min(8, size));
    await readFully(handle, start, 0, path);
    if (start[0] === 0x50 && start[1] === 0x4b) return; // "PK"
    throw corruptFile(
      path,
      `not an .npz file but ${recognisedFormat(start) ?? 'something else: it is no zip archive'}`,
    );
  } finally {
    await handle.close();
  }
}

/** Calls `visit` for every member, one after the other; the archive is closed at the end. */
async function eachMember(
  path: string,
  signal: AbortSignal | undefined,
  visit: (archive: ZipFile, entry: Entry) => Promise<void>,
): Promise<void> {
  try {
    const archive = await openPromise(path);
    for await (const entry of archive.eachEntry()) await visit(archive, entry);
  } catch (error) {
    throw describeZipError(error, path, 'damaged or truncated archive', signal);
  }
}

async function readMember(
  path: string,
  archive: ZipFile,
  entry: Entry,
  signal: AbortSignal | undefined,
): Promise<NpyArray> {
  const member = `${path}/${entry.fileName}`;
  const decoder = new NpyDecoder(member, entry.uncompressedSize);
  let checksum = 0;
  try {
    for await (const piece of await archive.openReadStreamPromise(entry)) {
      signal?.throwIfAborted();
      checksum = crc32(piece as Uint8Array, checksum);
      decoder.push(piece as Uint8Array);
    }
  } catch (error) {
    throw describeZipError(error, member, 'damaged', signal);
  }
  if (checksum !== entry.crc32) throw corruptFile(member, 'altered: it does not match the checksum in the archive');
  return decoder.finish();
}

/** yauzl and zlib throw plain errors for faults in the archive. Those that already say what they are pass. */
function describeZipError(error: unknown, path: string, fault: string, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof DenseamError) return error;
  if (isSystemError(error)) return describeSystemError(error, 'read', path);
  return corruptFile(path, `${fault}: ${(error as Error).message}`, error);
}
