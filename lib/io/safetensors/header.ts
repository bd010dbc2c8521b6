import { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';
import { describe } from '../../core/describe.ts';
import { DenseamError } from '../../core/errors.ts';
import { expectedError, rangeError } from '../../core/validate.ts';
import { corruptFile, elementCount, recognisedFormat } from '../files.ts';
import { parseJson } from '../json.ts';

/** The number types of tensors: double and single precision, as safetensors names them. */
export type Dtype = 'F64' | 'F32';

export interface TensorSpec {
  /** Unique in its file. */
  readonly name: string;
  readonly dtype: Dtype;
  /** Row-major extents; a zero makes the tensor empty. */
  readonly shape: readonly number[];
}

/** A tensor of a file. */
export interface TensorInfo extends TensorSpec {
  readonly byteLength: number;
  /** Offset of its first byte from the start of the file. */
  readonly offset: number;
}

export interface Header {
  /** The strings that were saved with the tensors. */
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of the data. */
  readonly tensors: readonly TensorInfo[];
  /** The CRC-32 of each tensor's bytes, in the order of `tensors`. */
  readonly checksums: readonly number[];
}

export const BYTES_PER_ITEM: Readonly<Record<Dtype, 4 | 8>> = { F64: 8, F32: 4 };

/** Bytes before the JSON: its length as a little-endian 64-bit integer. */
export const PREFIX_BYTES = 8;

/** The data starts at a multiple of this, so that a mapped file can be read with any vector instruction. */
const ALIGNMENT = 64;

/**
 * Longer headers are refused before they are allocated: JSON is parsed on the event loop. The longest that denseam
 * writes is that of a checkpoint with a probability for each of 2^20 classes, some 25 MB.
 */
const MAX_HEADER_BYTES = 2 ** 25;

/** Limit of tensors, many more than denseam writes: each takes time and memory before its data is read. */
const MOST_TENSORS = 1000;

/** Objects, arrays and keys in a header, and as many commas: seven a tensor (of up to three axes), and the metadata. */
const MOST_PARTS = 10 * MOST_TENSORS;

const METADATA = '__metadata__';
const FORMAT = 'denseam';
const RESERVED_KEYS = ['checksum', 'format'];

/**
 * First characters of every header. After them comes the CRC-32 of the 8-byte prefix and the header, taken with its own
 * eight digits set to '0', then ",CRC-32" for each tensor. So the header can be trusted as soon as a file is open,
 * tensors can be checked in any order (means and covariances are read side by side), and a fault can name the tensor.
 * CRC-32 finds every change of up to 32 neighbouring bits, and any other but for one in 2^32. It guards against
 * accidents; like any checksum inside its file it is no defence against forgery.
 */
const HEADER_START = `{"${METADATA}":{"checksum":"crc32:`;
const DIGITS_START = PREFIX_BYTES + HEADER_START.length;
const DIGITS = 8;

const toDigits = (checksum: number): string => checksum.toString(16).padStart(DIGITS, '0');

/** Places tensors one after the other: double precision first, so that every number is aligned to its size. */
export function layOut(specs: readonly TensorSpec[]): Omit<TensorInfo, 'offset'>[] {
  if (specs.length > MOST_TENSORS) {
    throw rangeError('a file', `at most ${MOST_TENSORS} tensors`, specs.length);
  }
  const names = new Set<string>();
  const tensors = specs.map(({ name, dtype, shape }) => {
    if (name === METADATA || names.has(name)) {
      throw rangeError('the names of tensors', `distinct ones other than ${METADATA}`, name);
    }
    names.add(name);
    const itemBytes = BYTES_PER_ITEM[dtype];
    if (!itemBytes) throw expectedError('ERR_RANGE', `"${name}"`, 'dtype F64 or F32', dtype);
    const count = elementCount(shape, itemBytes);
    if (count === undefined) {
      const fault = { argument: `"${name}"`, expected: 'a shape', found: `it cannot have [${shape}]` };
      throw new DenseamError('ERR_SHAPE', fault);
    }
    return { name, dtype, shape: [...shape], byteLength: count * itemBytes };
  });
  return tensors.sort((a, b) => BYTES_PER_ITEM[b.dtype] - BYTES_PER_ITEM[a.dtype]);
}

/**
 * The first bytes of a file, prefix included. Their number does not depend on the checksums, so a header written with
 * zeros can be replaced once the data is known.
 */
export function encodeHeader(
  tensors: readonly Omit<TensorInfo, 'offset'>[],
  metadata: Readonly<Record<string, string>>,
  checksums: readonly number[],
): Uint8Array {
  const json = `${HEADER_START}${[0, ...checksums].map(toDigits).join()}"${encodeMetadata(metadata)}}${encodeTensors(tensors)}}`;
  const jsonBytes = Buffer.from(json, 'utf8');
  const total = Math.ceil((PREFIX_BYTES + jsonBytes.length) / ALIGNMENT) * ALIGNMENT;
  if (total - PREFIX_BYTES > MAX_HEADER_BYTES) {
    throw rangeError('metadata', `at most ${MAX_HEADER_BYTES} bytes`, total);
  }
  const header = Buffer.alloc(total, ' ');
  header.writeBigUInt64LE(BigInt(total - PREFIX_BYTES));
  jsonBytes.copy(header, PREFIX_BYTES);
  header.write(toDigits(crc32(header)), DIGITS_START, 'latin1');
  return header;
}

function encodeMetadata(metadata: Readonly<Record<string, string>>): string {
  const entries = Object.entries({ format: FORMAT }).concat(Object.entries(metadata));
  return entries
    .map(([key, value], i) => {
      if (typeof value !== 'string' || (i > 0 && RESERVED_KEYS.includes(key))) {
        throw expectedError('ERR_RANGE', 'metadata', `strings under keys other than ${RESERVED_KEYS}`, key);
      }
      return `,${JSON.stringify(key)}:${JSON.stringify(value)}`;
    })
    .join('');
}

function encodeTensors(tensors: readonly Omit<TensorInfo, 'offset'>[]): string {
  let begin = 0;
  return tensors
    .map(({ name, dtype, shape, byteLength }) => {
      const entry = { dtype, shape, data_offsets: [begin, begin + byteLength] };
      begin += byteLength;
      return `,${JSON.stringify(name)}:${JSON.stringify(entry)}`;
    })
    .join('');
}

/**
 * The header's length, from the first bytes of the file (at least 8 where the file has them).
 *
 * @throws DenseamError ERR_CORRUPT_FILE when no header of that length can be in the file.
 */
export function parseHeaderLength(start: Uint8Array, fileSize: number, path: string): number {
  const format = recognisedFormat(start);
  if (format) throw corruptFile(path, `not a denseam file but ${format}`);
  if (fileSize < PREFIX_BYTES) {
    throw corruptFile(path, `not a denseam file, or truncated: it has ${fileSize} bytes, a header alone is longer`);
  }
  const length = Buffer.from(start).readBigUInt64LE();
  if (length > MAX_HEADER_BYTES || Number(length) > fileSize - PREFIX_BYTES) {
    const what = `its first bytes announce a header of ${length} bytes, the file has ${fileSize}`;
    throw corruptFile(path, `not a denseam file, or truncated: ${what}`);
  }
  return Number(length);
}

/**
 * Reads and checks a header (prefix included).
 *
 * @throws DenseamError ERR_CORRUPT_FILE for a header that is altered, inconsistent, does not fit the size of the file,
 * or was written by another program.
 */
export function parseHeader(header: Uint8Array, fileSize: number, path: string): Header {
  const entries = parseJsonObject(header.subarray(PREFIX_BYTES), path);
  const { checksum, ...metadata } = parseMetadata(entries.get(METADATA), path);
  entries.delete(METADATA);
  if (entries.size > MOST_TENSORS) {
    throw corruptFile(path, `it has ${entries.size} tensors, no file of denseam has more than ${MOST_TENSORS}`);
  }
  const checksums = checkHeader(header, checksum ?? '', path);
  const tensors = [...entries].map(([name, entry]) => parseTensor(name, entry, header.length, path));
  tensors.sort((a, b) => a.offset - b.offset || a.byteLength - b.byteLength);
  checkLayout(tensors, header.length, fileSize, path);
  if (checksums.length !== tensors.length) {
    throw corruptFile(path, `it has ${tensors.length} tensors but checksums for ${checksums.length}`);
  }
  const { format: _format, ...saved } = metadata;
  return { metadata: saved, tensors, checksums };
}

function parseJsonObject(bytes: Uint8Array, path: string): Map<string, unknown> {
  let value: unknown;
  try {
    value = parseJson(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), MOST_PARTS);
  } catch (cause) {
    const what = `its header is not JSON as denseam writes it (${(cause as Error).message})`;
    throw corruptFile(path, `not a denseam file, or altered: ${what}`, cause);
  }
  if (!isObject(value)) throw corruptFile(path, 'not a denseam file: its header is not a JSON object');
  return new Map(Object.entries(value));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A value of the header for a message. Nested values are not shown, since they may be nested too deeply for recursion.
 */
function shown(value: unknown): string {
  const isFlat = Array.isArray(value) && value.length <= 8 && !value.some((each) => typeof each === 'object');
  return isFlat || typeof value === 'string' ? JSON.stringify(value) : describe(value);
}

function parseMetadata(value: unknown, path: string): Record<string, string> {
  const { format: found } = isObject(value) ? value : {};
  if (found !== FORMAT) {
    const says = found === undefined ? 'says no format' : `says format ${shown(found)}`;
    throw corruptFile(path, `a safetensors file, but not one of denseam: its metadata ${says}, expected "${FORMAT}"`);
  }
  const metadata = value as Record<string, unknown>;
  const wrong = Object.keys(metadata).find((key) => typeof metadata[key] !== 'string');
  if (wrong !== undefined) throw corruptFile(path, `its metadata "${wrong}" is not a string`);
  return metadata as Record<string, string>;
}

/** Checks the header against its checksum and returns the checksums of the tensors. */
function checkHeader(header: Uint8Array, checksum: string, path: string): number[] {
  const zeroed = Buffer.from(header);
  const inPlace = zeroed.toString('latin1', PREFIX_BYTES, DIGITS_START) === HEADER_START;
  if (!inPlace || !/^crc32:[0-9a-f]{8}(,[0-9a-f]{8})*$/.test(checksum)) {
    throw corruptFile(path, 'altered: its header does not begin with checksums as denseam writes them');
  }
  zeroed.fill('0', DIGITS_START, DIGITS_START + DIGITS);
  const [own, ...others] = checksum.slice('crc32:'.length).split(',');
  const actual = toDigits(crc32(zeroed));
  if (own !== actual)
    throw corruptFile(path, `altered: the header's checksum is ${actual}, not ${own} as when it was saved`);
  return others.map((digits) => Number.parseInt(digits, 16));
}

function parseTensor(name: string, entry: unknown, dataStart: number, path: string): TensorInfo {
  const { dtype, shape, data_offsets: range } = isObject(entry) ? entry : {};
  if (dtype !== 'F64' && dtype !== 'F32') {
    throw corruptFile(path, `tensor "${name}" has dtype ${shown(dtype)}, expected F64 or F32`);
  }
  const count = Array.isArray(shape) ? elementCount(shape, BYTES_PER_ITEM[dtype]) : undefined;
  if (count === undefined) {
    throw corruptFile(path, `tensor "${name}" has shape ${shown(shape)}, expected sizes with a product below 2^53`);
  }
  const byteLength = count * BYTES_PER_ITEM[dtype];
  const isRange =
    Array.isArray(range) && range.length === 2 && range.every((at) => Number.isSafeInteger(at) && at >= 0);
  const [begin, end] = isRange ? (range as [number, number]) : [0, -1];
  if (end - begin !== byteLength) {
    const needs = `its shape [${shape}] needs ${byteLength} bytes`;
    throw corruptFile(path, `tensor "${name}" lies at ${shown(range)}, but ${needs}`);
  }
  return { name, dtype, shape: shape as number[], byteLength, offset: dataStart + begin };
}

/**
 * The tensors, sorted by offset, must cover the data from its start to the end of the file, without hole or overlap.
 */
function checkLayout(tensors: readonly TensorInfo[], dataStart: number, fileSize: number, path: string): void {
  let end = dataStart;
  for (const { name, offset, byteLength } of tensors) {
    if (offset !== end) {
      const fault = offset > end ? 'leaves a hole before it' : 'overlaps the one before it';
      throw corruptFile(path, `tensor "${name}" starts at byte ${offset} and ${fault}, expected ${end}`);
    }
    end += byteLength;
  }
  if (fileSize < end) throw corruptFile(path, `truncated: it has ${fileSize} bytes, its header promises ${end}`);
  if (fileSize > end) throw corruptFile(path, `${fileSize - end} bytes follow its end at byte ${end}`);
}
