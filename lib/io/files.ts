import { Buffer } from 'node:buffer';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { getSystemErrorMap, types } from 'node:util';
import { fitsInMemory } from '../core/availableMemory.ts';
import { DenseamError } from '../core/errors.ts';
import type { CallOptions, Progress } from '../core/types.ts';
import type { Readable } from './readAhead.ts';

export { allocate } from '../core/allocation.ts';

/**
 * Bytes read, checked and written at a time. The checksum of a piece is taken on the event loop, so a piece must cost
 * well under a millisecond there; larger ones were not faster.
 */
export const PIECE_BYTES = 1 << 20;

const PROGRESS_INTERVAL_MS = 50;

/** Limit of a message, whatever names and texts a file holds. */
const MOST_CHARACTERS = 1000;

/** A path in a message: the beginning and the end of a long one. */
export function pathWords(path: string): string {
  const half = MOST_CHARACTERS / 4;
  return path.length <= MOST_CHARACTERS / 2 ? path : `${path.slice(0, half)}...${path.slice(-half)}`;
}

/** A message with text from a file: shortened, and without control characters. */
export function concise(message: string): string {
  const short = message.length > MOST_CHARACTERS ? `${message.slice(0, MOST_CHARACTERS)}...` : message;
  return short.replace(/\p{Cc}/gu, (control) => JSON.stringify(control).slice(1, -1));
}

/** Error for a fault in the contents of a file. The message names the file, then the fault. */
export function corruptFile(path: string, what: string, cause?: unknown): DenseamError {
  const message = concise(`File "${pathWords(path)}": ${what}`);
  return new DenseamError('ERR_CORRUPT_FILE', message, cause === undefined ? undefined : { cause });
}

/** Error for a valid file of an unsupported kind, with a message like that of {@link corruptFile}. */
export function unsupportedFile(path: string, what: string): DenseamError {
  return new DenseamError('ERR_UNSUPPORTED', concise(`File "${pathWords(path)}": ${what}`));
}

/** Codes of the errors for impossible numbers from a caller. */
const valueCodes: readonly string[] = ['ERR_SHAPE', 'ERR_RANGE', 'ERR_NOT_FINITE', 'ERR_NOT_POSITIVE_DEFINITE'];

/** Turns an error for impossible numbers into one for a corrupt file: its checksums may be right all the same. */
export function asCorrupt(path: string, error: unknown): unknown {
  const isValue = error instanceof DenseamError && valueCodes.includes(error.code);
  return isValue ? corruptFile(path, error.message, error) : error;
}

/** Whether the operating system raised this error (as opposed to the program or a library). */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  // No instanceof: errors of the system may come from another realm (Jest, node:vm).
  return types.isNativeError(error) && typeof (error as NodeJS.ErrnoException).errno === 'number' && 'syscall' in error;
}

/** Whether Node's permission model forbade a call, instead of the system. */
export function isForbidden(error: unknown): error is NodeJS.ErrnoException {
  return types.isNativeError(error) && (error as NodeJS.ErrnoException).code === 'ERR_ACCESS_DENIED';
}

/**
 * Gives a system error a message for people. `code` (ENOENT, EACCES, ENOSPC, ...), `errno`, `syscall` and `path`
 * stay as the system gave them; other errors are returned unchanged.
 */
function describeSystemError(error: unknown, action: 'read' | 'write', path: string): unknown {
  const failure = concise(`Cannot ${action} file "${pathWords(path)}"`);
  if (isForbidden(error)) {
    const what = 'Node may not touch it; its permission model needs --allow-fs-read and --allow-fs-write of the folder';
    const described = new Error(`${failure}: ${what} (${error.code})`, { cause: error });
    return Object.assign(described, { code: error.code, path });
  }
  if (!isSystemError(error)) return error;
  const meaning = getSystemErrorMap().get(error.errno as number)?.[1] ?? error.message;
  const described = new Error(`${failure}: ${meaning} (${error.code})`, { cause: error });
  return Object.assign(described, { code: error.code, errno: error.errno, syscall: error.syscall, path });
}

/** Awaits a call into the file system and describes its error. */
export async function describing<T>(action: 'read' | 'write', path: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw describeSystemError(error, action, path);
  }
}

/**
 * A part of an array as bytes; a view, not a copy. Node 20 has no byte arrays above 4 GiB, but larger arrays of
 * numbers, so code that works on all bytes of an array must take them piece by piece.
 */
export function bytesOf(array: ArrayBufferView, start: number, length: number): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset + start, length);
}

/** Swaps the byte order of every number of an array in place. */
export function swapByteOrder(array: ArrayBufferView, itemSize: 1 | 2 | 4 | 8): void {
  for (let start = 0; start < array.byteLength; start += PIECE_BYTES) {
    const length = Math.min(PIECE_BYTES, array.byteLength - start);
    const piece = Buffer.from(array.buffer, array.byteOffset + start, length);
    if (itemSize === 2) piece.swap16();
    if (itemSize === 4) piece.swap32();
    if (itemSize === 8) piece.swap64();
  }
}

/** Bytes filled between two checks of the available memory. */
const GUARDED_BYTES = 1 << 26;

/**
 * Guard of an array while it is filled, which is when it really takes memory: others may have taken the memory
 * available at its allocation. Call it with the number of bytes filled.
 */
export function memoryGuard(what: string, byteLength: number): (filled: number) => void {
  let next = GUARDED_BYTES;
  return (filled) => {
    if (filled < next) return;
    next = filled + GUARDED_BYTES;
    fitsInMemory(what, byteLength - filled);
  };
}

/**
 * The product of a shape, or undefined where it is not a list of whole numbers >= 0 or `bytesEach` of them pass 2^53.
 */
export function elementCount(shape: readonly unknown[], bytesEach: number): number | undefined {
  if (!shape.every((extent) => Number.isSafeInteger(extent) && (extent as number) >= 0)) return undefined;
  const extents = shape as readonly number[];
  // A zero anywhere makes the array empty, whatever the other extents would multiply to.
  const count = extents.includes(0) ? 0 : extents.reduce((product, extent) => product * extent, 1);
  return Number.isSafeInteger(count) && Number.isSafeInteger(count * bytesEach) ? count : undefined;
}

/** Calls `onProgress` at most about twenty times a second, and always at the end. */
export function progressReporter(onProgress: CallOptions['onProgress'], total: number): (completed: number) => void {
  if (!onProgress) return () => {};
  let last = -Infinity;
  return (completed) => {
    const now = performance.now();
    if (completed < total && now - last < PROGRESS_INTERVAL_MS) return;
    last = now;
    const progress: Progress = { completed, total };
    onProgress(progress);
  };
}

/** Opens a regular file. Directories, pipes and devices are refused before the open, which could block on them. */
export async function openForReading(path: string): Promise<{ handle: FileHandle; size: number }> {
  const stats = await describing('read', path, stat(path));
  if (!stats.isFile()) throw corruptFile(path, `expected a regular file but received a ${kindOf(stats)}`);
  const handle = await describing('read', path, open(path, 'r'));
  try {
    return { handle, size: (await describing('read', path, handle.stat())).size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Kind of a path that is not a regular file, in words. */
export function kindOf(stats: { isDirectory(): boolean; isFIFO(): boolean; isSocket(): boolean }): string {
  if (stats.isDirectory()) return 'directory';
  if (stats.isFIFO()) return 'pipe';
  return stats.isSocket() ? 'socket' : 'device';
}

/** Fills `target` from the file at `position`. A file that ends earlier (cut while it was being read) is corrupt. */
export async function readFully(handle: Readable, target: Uint8Array, position: number, path: string): Promise<void> {
  let filled = 0;
  while (filled < target.length) {
    const reading = handle.read(target, filled, target.length - filled, position + filled);
    const { bytesRead } = await describing('read', path, reading);
    if (bytesRead === 0) throw corruptFile(path, `truncated: it ends at byte ${position + filled}`);
    filled += bytesRead;
  }
}

/** Writes all of `source` at `position`, however the system splits it. */
export async function writeFully(
  handle: FileHandle,
  source: Uint8Array,
  position: number,
  path: string,
): Promise<void> {
  let written = 0;
  while (written < source.length) {
    const writing = handle.write(source, written, source.length - written, position + written);
    written += (await describing('write', path, writing)).bytesWritten;
  }
}

/** The bytes from `start` to `end` of a file, a piece at a time. A piece is valid until the next one is asked for. */
export async function* filePieces(
  path: string,
  handle: Readable,
  start: number,
  end: number,
  options: CallOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const buffer = new Uint8Array(Math.min(PIECE_BYTES, end - start));
  const report = progressReporter(options.onProgress, end - start);
  for (let position = start; position < end; position += buffer.length) {
    options.signal?.throwIfAborted();
    const piece = buffer.subarray(0, Math.min(buffer.length, end - position));
    await readFully(handle, piece, position, path);
    yield piece;
    report(position + piece.length - start);
  }
}

const SIGNATURES: readonly (readonly [name: string, signature: readonly number[]])[] = [
  ['a PNG image', [0x89, 0x50, 0x4e, 0x47]],
  ['a JPEG image', [0xff, 0xd8, 0xff]],
  ['a zip archive (an .npz file is one)', [0x50, 0x4b, 0x03, 0x04]],
  ['an .npy file', [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]],
  ['a gzip file', [0x1f, 0x8b]],
  ['an HDF5 file', [0x89, 0x48, 0x44, 0x46]],
  ['a GGUF model', [0x47, 0x47, 0x55, 0x46]],
  ['an IDX file of bytes (MNIST)', [0x00, 0x00, 0x08]],
];

const MOST_LISTED = 10;

/** The first names of a list that a file may have made long, for messages. */
export function listed(names: readonly string[]): string {
  const more = names.length - MOST_LISTED;
  const first = names.slice(0, MOST_LISTED).map(shortened).join(', ');
  return more > 0 ? `${first}, ... and ${more} more` : first;
}

/** A name from a file, for messages. */
function shortened(name: string): string {
  return name.length > 80 ? `${name.slice(0, 80)}...` : name;
}

/** Format of a file by its first bytes, for error messages; undefined when they do not tell. */
export function recognisedFormat(start: Uint8Array): string | undefined {
  return SIGNATURES.find(([, signature]) => signature.every((byte, i) => start[i] === byte))?.[0];
}
