import { Buffer } from 'node:buffer';
import { endianness } from 'node:os';
import { Readable } from 'node:stream';
import type { ZipFile } from 'yazl';
import { describe, shortened } from '../../core/describe.ts';
import { readOptions, signalOptions } from '../../core/options.ts';
import type { CallOptions } from '../../core/types.ts';
import { checkedElements, fields, isArray, rangeError, shapeError } from '../../core/validate.ts';
import { writeAtomically } from '../atomic.ts';
import { bytesOf, describing, PIECE_BYTES, swapByteOrder, writeFully } from '../files.ts';
import { type FilePath, filePath } from '../path.ts';
import { itemBytes, type NpyData, npyHeaderOf } from './npy.ts';

/** The format has 16 bits for the length of a name. */
const MOST_NAME_BYTES = 0xffff;

/** Numbers with a name and a shape. */
export interface NamedArray<Data extends NpyData = NpyData> {
  readonly name: string;
  readonly shape: readonly number[];
  /** Row-major, as many numbers as the product of `shape`. */
  readonly data: Data;
}

/**
 * Writes arrays to an .npz file that `numpy.load` and {@link readNpz} read, uncompressed and atomically: an existing
 * file is replaced only by a whole one. The same arrays give the same bytes.
 *
 * @throws DenseamError ERR_SHAPE for an array of another length than its shape, and for a value that is no array of
 * named arrays; ERR_RANGE for a name that an archive cannot have or two arrays of one name; the signal's reason; system
 * errors with their code and a message that names the file.
 */
export async function writeNpz(
  path: FilePath,
  arrays: readonly NamedArray[],
  options: Pick<CallOptions, 'signal'> = {},
): Promise<void> {
  const target = filePath(path);
  const { signal } = readOptions(signalOptions, options);
  const members = membersOf(arrays);
  // Only here: it takes megabytes of a process.
  const yazl = await describing('write', target, import('yazl'));
  await writeAtomically(
    target,
    async (handle) => {
      let position = 0;
      for await (const piece of archiveOf(new yazl.ZipFile(), members)) {
        signal?.throwIfAborted();
        await writeFully(handle, piece, position, target);
        position += piece.length;
      }
    },
    signal,
  );
}

/** A member of the archive. */
interface Member {
  readonly name: string;
  readonly header: Uint8Array;
  readonly data: NpyData;
}

function membersOf(arrays: readonly NamedArray[]): Member[] {
  if (!isArray(arrays)) throw shapeError('arrays', 'an array of { name, shape, data }', describe(arrays));
  const names = new Set<string>();
  return checkedElements('arrays', arrays, fieldsOf).map(({ name, shape, data }, i) => {
    checkMemberName(`arrays[${i}].name`, name);
    if (names.has(name)) throw rangeError(`arrays[${i}].name`, 'a name of its own', name);
    names.add(name);
    const called = {
      shape: `arrays[${i}].shape ("${shortened(name)}")`,
      data: `arrays[${i}].data ("${shortened(name)}")`,
    };
    return { name, header: npyHeaderOf(shape, data as NpyData, called), data: data as NpyData };
  });
}

function fieldsOf(name: string, value: unknown) {
  return fields(name, value, ['name', 'shape', 'data']);
}

/**
 * Refuses the names that the archive's writer refuses: those that other programs could write outside of their folder.
 */
function checkMemberName(argument: string, name: unknown): asserts name is string {
  if (typeof name !== 'string') throw shapeError(argument, 'a string', describe(name));
  const refuse = (expected: string) => rangeError(argument, expected, name.replaceAll('\0', '\\0'));
  if (Buffer.byteLength(`${name}.npy`) > MOST_NAME_BYTES)
    throw refuse(`a name of at most ${MOST_NAME_BYTES - 4} bytes`);
  if (/[\\\0]/.test(name)) throw refuse('a name without backslashes and null characters');
  if (name.startsWith('/')) throw refuse('a name that does not begin with a slash');
  if (/^[a-zA-Z]:/.test(name)) throw refuse('a name that does not begin with a drive letter');
  if (name.split('/').includes('..')) throw refuse('a name without ".." folders');
}

function archiveOf(archive: ZipFile, members: readonly Member[]): AsyncIterable<Uint8Array> {
  // The earliest time of the format, so that the contents do not depend on the time of writing.
  const fixed = { compress: false, mtime: new Date(1980, 0, 1), forceDosTimestamp: true };
  for (const { name, header, data } of members) {
    const options = { ...fixed, size: header.length + data.byteLength };
    archive.addReadStreamLazy(`${name}.npy`, options, (done) => done(null, Readable.from(piecesOf(header, data))));
  }
  archive.end();
  return archive.outputStream as Readable;
}

function* piecesOf(header: Uint8Array, data: NpyData): Generator<Buffer> {
  yield Buffer.from(header);
  for (let start = 0; start < data.byteLength; start += PIECE_BYTES) {
    // A copy, since the stream holds it for longer than it is valid.
    const piece = Buffer.from(bytesOf(data, start, Math.min(PIECE_BYTES, data.byteLength - start)));
    if (endianness() === 'BE') swapByteOrder(piece, itemBytes(data));
    yield piece;
  }
}
