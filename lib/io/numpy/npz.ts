import { Buffer } from 'node:buffer';
import type { FileHandle } from 'node:fs/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import type { Entry, getFileNameLowLevel, RandomAccessReader, ZipFile } from 'yauzl';
import { fitsInMemory } from '../../core/availableMemory.ts';
import { describe } from '../../core/describe.ts';
import { DenseamError } from '../../core/errors.ts';
import { aBoolean, aString, optional, readOptions, signalOptions, specify } from '../../core/options.ts';
import { checkedElements, isArray as isList, shapeError } from '../../core/validate.ts';
import {
  corruptFile,
  describing,
  filePieces,
  isSystemError,
  listed,
  openForReading,
  readFully,
  recognisedFormat,
  unsupportedFile,
} from '../files.ts';
import { type FilePath, filePath } from '../path.ts';
import { ReadAhead, type Readable } from '../readAhead.ts';
import { type BigNpyArray, type NpyArray, NpyDecoder } from './decoder.ts';
import { beginsAsNpy, NPY_MAGIC_BYTES } from './header.ts';
import { inflate, MOST_INFLATION } from './inflate.ts';
import type { ReadNpyOptions } from './npy.ts';

const MEMBER_SUFFIX = '.npy';

/** The flag of members that are encrypted. */
const ENCRYPTED = 1;

/** The compression methods of the zip format that numpy uses. */
const STORED = 0;
const DEFLATED = 8;

/**
 * Pieces of this size are allocated for each member, so they are no larger than it; streams take none smaller than the
 * least.
 */
const MOST_INFLATED_PIECE_BYTES = 1 << 18;
const LEAST_INFLATED_PIECE_BYTES = 64;

/** Options of {@link readNpz}. */
export interface ReadNpzOptions extends Pick<ReadNpyOptions, 'bigint' | 'signal'> {}

const npzOptions = specify<ReadNpzOptions>()({ ...signalOptions, bigint: optional(aBoolean, false) });

/** The option with which integers of 64 bits are bigints. */
interface Big {
  readonly bigint: true;
}

/**
 * Reads arrays of numbers from an .npz file of any size, like `numpy.load(path, allow_pickle=False)`, each in the form
 * of {@link readNpy}. An array's name is its member's without ".npy", and may be any text ("/layer/bias"): nothing is
 * ever written by such a name. Members that hold no array are skipped, by their first bytes and not their names, as in
 * numpy. The last of several members of one name counts. Every member read is checked against the archive's checksum of
 * it.
 *
 * @param names the arrays to read, with or without ".npy"; all of them by default. Other members may be of any kind
 * @returns the arrays by name, in the order of `names`, or of the archive
 * @throws DenseamError ERR_CORRUPT_FILE for a truncated, altered or foreign file, one without an array of `names` and
 * one in which members that are read share bytes; ERR_UNSUPPORTED for what is encrypted, compressed in another way than
 * numpy does, or asked for by name though it is no array; ERR_OUT_OF_MEMORY for more than the memory holds, all arrays
 * together; whatever {@link readNpy} refuses; the signal's reason; system errors with their code and a message that
 * names the file.
 */
export function readNpz(
  path: FilePath,
  names: readonly string[] | undefined,
  options: ReadNpzOptions & Big,
): Promise<Map<string, BigNpyArray>>;
export function readNpz(
  path: FilePath,
  names?: readonly string[] | undefined,
  options?: ReadNpzOptions,
): Promise<Map<string, NpyArray>>;
export async function readNpz(
  path: FilePath,
  names?: readonly string[] | undefined,
  options: ReadNpzOptions = {},
): Promise<Map<string, NpyArray | BigNpyArray>> {
  const file = filePath(path);
  const read = readOptions(npzOptions, options);
  const wantedNames = names === undefined ? undefined : readNames(names);
  return withArchive(file, read.signal, (archive) => {
    const wanted = wantedNames ? archive.named(wantedNames) : archive.all();
    return archive.read(wanted, read);
  });
}

function readNames(names: unknown): string[] {
  if (!isList(names)) throw shapeError('names', 'an array of names', describe(names));
  return checkedElements('names', names, aString);
}

/** Reads the arrays among `names` that the file holds, and nothing else. */
export async function readNpzIfThere(
  path: string,
  names: readonly string[],
  options: ReadNpzOptions = {},
): Promise<Map<string, NpyArray>> {
  return withArchive(path, options.signal, (archive) =>
    archive.read(archive.named(names.filter((name) => archive.find(name) !== undefined)), options),
  );
}

/** Loaded when it is needed: it takes megabytes of a process. */
function archiveReader() {
  return import('yauzl');
}

async function withArchive<T>(
  path: string,
  signal: AbortSignal | undefined,
  use: (archive: Archive) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const { handle, size } = await openForReading(path);
  try {
    await checkSignature(path, handle, size);
    await describing('read', path, archiveReader()); // a failure here is no damage
    const damaged = (error: unknown) => describeZipError(error, path, 'damaged or truncated archive');
    const file = new ReadAhead(handle);
    const zip = await openZip(path, file, size).catch((error) => {
      throw damaged(error);
    });
    try {
      return await use(new Archive(path, file, size, zip, await listMembers(zip, signal, damaged)));
    } finally {
      zip.close();
    }
  } finally {
    await handle.close();
  }
}

async function openZip(path: string, file: Readable, size: number): Promise<ZipFile> {
  const { fromRandomAccessReaderPromise, RandomAccessReader } = await archiveReader();
  class Reader extends RandomAccessReader {
    override read(...[target, offset, length, position, done]: Parameters<RandomAccessReader['read']>): void {
      readFully(file, target.subarray(offset, offset + length), position, path).then(() => done(null), done);
    }
  }
  return fromRandomAccessReaderPromise(new Reader(), size, { autoClose: false, decodeStrings: false });
}

/** Refuses files that are no zip archive, with a better message than that the end is missing. */
async function checkSignature(path: string, handle: FileHandle, size: number): Promise<void> {
  const start = new Uint8Array(Math.min(8, size));
  await readFully(handle, start, 0, path);
  if (start[0] === 0x50 && start[1] === 0x4b) return; // "PK"
  const format = recognisedFormat(start) ?? 'something else: it is no zip archive';
  throw corruptFile(path, `not an .npz file but ${format}`);
}

/** Entry of the archive's directory, reduced to the needed fields, since there may be very many. */
type Member = Pick<
  Entry,
  | 'compressedSize'
  | 'compressionMethod'
  | 'crc32'
  | 'generalPurposeBitFlag'
  | 'relativeOffsetOfLocalHeader'
  | 'uncompressedSize'
>;

async function listMembers(
  zip: ZipFile,
  signal: AbortSignal | undefined,
  damaged: (error: unknown) => unknown,
): Promise<Map<string, Member>> {
  const members = new Map<string, Member>();
  const { getFileNameLowLevel } = await archiveReader();
  const entries = zip.eachEntry();
  for (;;) {
    signal?.throwIfAborted();
    const { value: entry, done } = await entries.next().catch((error) => {
      throw damaged(error);
    });
    if (done) return members;
    const { compressedSize, compressionMethod, crc32, generalPurposeBitFlag, uncompressedSize } = entry;
    const { relativeOffsetOfLocalHeader } = entry;
    members.set(nameOf(entry, getFileNameLowLevel), {
      compressedSize,
      compressionMethod,
      crc32,
      generalPurposeBitFlag,
      relativeOffsetOfLocalHeader,
      uncompressedSize,
    });
  }
}

/** The unchanged name, backslashes included, up to a null character, as in Python's zipfile. */
function nameOf(
  { generalPurposeBitFlag, fileNameRaw, extraFields }: Entry,
  decode: typeof getFileNameLowLevel,
): string {
  const keepsBackslashes = true;
  return decode(generalPurposeBitFlag, fileNameRaw, extraFields, keepsBackslashes).split('\0', 1)[0] as string;
}

/** A member that is to be read. */
interface Wanted {
  /** The array's name. */
  readonly name: string;
  readonly member: string;
  /** Whether it must be an array. */
  readonly asked: boolean;
}

/** An open archive. yauzl reads only its directory, this class the members. */
class Archive {
  readonly #path: string;
  readonly #file: Readable;
  readonly #size: number;
  readonly #zip: ZipFile;
  readonly #members: ReadonlyMap<string, Member>;

  constructor(path: string, file: Readable, size: number, zip: ZipFile, members: ReadonlyMap<string, Member>) {
    this.#path = path;
    this.#file = file;
    this.#size = size;
    this.#zip = zip;
    this.#members = members;
  }

  /** The member's name for an array's name. */
  find(name: string): string | undefined {
    return [name, `${name}${MEMBER_SUFFIX}`].find((each) => this.#members.has(each));
  }

  named(names: readonly string[]): Wanted[] {
    return names.map((name) => {
      const member = this.find(name);
      if (member !== undefined) return { name, member, asked: true };
      const found = this.all().map((each) => each.name);
      throw corruptFile(this.#path, `it has no array "${name}", only [${listed(found)}]`);
    });
  }

  /** Every member except folders. Two arrays named "x" and "x.npy" keep their names. */
  all(): Wanted[] {
    const members = [...this.#members.keys()].filter((member) => !member.endsWith('/'));
    return members.map((member) => {
      const short = member.endsWith(MEMBER_SUFFIX) ? member.slice(0, -MEMBER_SUFFIX.length) : member;
      const isTaken = short !== member && this.#members.has(short);
      // The ending promises an array, so anything else is damaged.
      return { name: isTaken ? member : short, member, asked: short !== member };
    });
  }

  async read(wanted: readonly Wanted[], options: ReadNpzOptions): Promise<Map<string, NpyArray>> {
    for (const { member } of wanted) this.#checkSizes(member);
    this.#checkMemory(wanted);
    const ends = latestEnds(wanted.map(({ member }) => this.#members.get(member) as Member));
    const arrays = new Map<string, NpyArray>();
    for (const { name, member, asked } of wanted) {
      options.signal?.throwIfAborted();
      const array = await this.#readArray(member, asked, ends, options);
      if (array) arrays.set(name, array);
    }
    return arrays;
  }

  /** Refuses sizes that the bytes of the archive cannot hold, before memory is asked for. */
  #checkSizes(name: string): void {
    const { compressedSize, compressionMethod, uncompressedSize } = this.#members.get(name) as Member;
    const most = compressionMethod === DEFLATED ? compressedSize * MOST_INFLATION : compressedSize;
    if (compressedSize <= this.#size && uncompressedSize <= most) return;
    const what = `the archive says ${uncompressedSize} bytes in ${compressedSize}, of a file of ${this.#size}`;
    throw corruptFile(`${this.#path}/${name}`, `altered or truncated: ${what}`);
  }

  /** Each array asks for its own memory when it is read. Many that fit one by one may not fit together. */
  #checkMemory(wanted: readonly Wanted[]): void {
    const arrays = wanted.filter(({ asked }) => asked);
    if (arrays.length < 2) return;
    const sizes = arrays.map(({ member }) => this.#members.get(member)?.uncompressedSize ?? 0);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    fitsInMemory(`The arrays of file "${this.#path}"`, total);
  }

  async #readArray(
    name: string,
    asked: boolean,
    ends: ReadonlyMap<Member, number>,
    options: ReadNpzOptions,
  ): Promise<NpyArray | undefined> {
    const path = `${this.#path}/${name}`;
    const member = this.#members.get(name) as Member;
    const pieces = await this.#open(path, member, ends.get(member) as number, options.signal);
    if (!name.endsWith(MEMBER_SUFFIX) && !(await isArray(pieces()))) {
      if (asked) throw unsupportedFile(path, 'it holds no array');
      return undefined;
    }
    const decoder = new NpyDecoder(path, member.uncompressedSize, options);
    let checksum = 0;
    for await (const piece of pieces()) {
      checksum = crc32(piece, checksum);
      decoder.push(piece);
    }
    if (checksum !== member.crc32) throw corruptFile(path, 'altered: it does not match the checksum in the archive');
    return decoder.finish();
  }

  /** Source of the bytes of a member, from its beginning each time; it must end at `latestEnd` at the latest. */
  async #open(
    path: string,
    member: Member,
    latestEnd: number,
    signal: AbortSignal | undefined,
  ): Promise<() => AsyncIterable<Uint8Array>> {
    const { compressedSize, compressionMethod, generalPurposeBitFlag, uncompressedSize } = member;
    if ((generalPurposeBitFlag & ENCRYPTED) !== 0) throw unsupportedFile(path, 'it is encrypted');
    if (compressionMethod !== STORED && compressionMethod !== DEFLATED) {
      const expected = 'expected stored or deflated';
      throw unsupportedFile(path, `compression method ${compressionMethod} is not supported, ${expected}`);
    }
    const where = this.#zip.readLocalFileHeaderPromise(member as Entry, { minimal: true });
    const { fileDataStart: start } = await where.catch((error) => {
      throw describeZipError(error, path, 'damaged or truncated');
    });
    const end = start + compressedSize;
    if (end > latestEnd) throw corruptFile(path, 'it overlaps another member of the archive');
    const stored = () => filePieces(path, this.#file, start, end, { signal });
    if (compressionMethod === STORED) return stored;
    const chunkSize = Math.max(LEAST_INFLATED_PIECE_BYTES, Math.min(MOST_INFLATED_PIECE_BYTES, uncompressedSize));
    return () => inflate(stored(), createInflateRaw({ chunkSize }), path);
  }
}

/**
 * Latest end of each member: the beginning of the next one. Members lie in any order and may have gaps between them,
 * but with shared bytes a small archive could hold any number of large arrays.
 */
function latestEnds(members: readonly Member[]): ReadonlyMap<Member, number> {
  const begin = (member: Member) => member.relativeOffsetOfLocalHeader;
  const inOrder = [...new Set(members)].sort((a, b) => begin(a) - begin(b));
  return new Map(
    inOrder.map((member, i) => {
      const next = inOrder[i + 1];
      return [member, next ? begin(next) : Number.POSITIVE_INFINITY];
    }),
  );
}

/** Whether a member begins as an .npy file does. */
async function isArray(pieces: AsyncIterable<Uint8Array>): Promise<boolean> {
  let start = new Uint8Array(0);
  for await (const piece of pieces) {
    start = Buffer.concat([start, piece.subarray(0, NPY_MAGIC_BYTES)]);
    if (start.length >= NPY_MAGIC_BYTES) return beginsAsNpy(start);
  }
  return false;
}

/** yauzl throws plain errors for faults in the archive. Those of our own reads come through it. */
function describeZipError(error: unknown, path: string, fault: string): unknown {
  if (error instanceof DenseamError || isSystemError(error)) return error;
  return corruptFile(path, `${fault}: ${(error as Error).message}`, error);
}
