import { Buffer, isUtf8 } from 'node:buffer';
import { corruptFile, elementCount, recognisedFormat, unsupportedFile } from '../files.ts';
import { MOST_AXES } from '../shape.ts';
import { BYTES_PER_NPY_ITEM, type Dtype, type NpyType, parseDtype } from './dtype.ts';
import { type PythonValue, parsePythonLiteral } from './literal.ts';

/** Storage of the numbers of an .npy file. */
export interface NpyHeader extends Dtype {
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** The product of the shape. */
  readonly count: number;
  /** Start and end of the numbers: numpy ignores the bytes after them. */
  readonly dataStart: number;
  readonly dataEnd: number;
}

const MAGIC = Buffer.from('\x93NUMPY', 'latin1');

/** Number of bytes that identify an .npy file. */
export const NPY_MAGIC_BYTES = MAGIC.length;

/** Magic, two version bytes, and the header's length in two bytes (version 1) or four (2 and 3). */
const LENGTH_OFFSET = MAGIC.length + 2;

const ALIGNMENT = 64;

/** Maximum length of a header, numpy's default, so that a file's claim does not decide the bytes read. */
const MOST_CHARACTERS = 10_000;
const MOST_BYTES_PER_CHARACTER = 4;

/** Bytes of the beginning of a file that are enough for {@link parseNpyHeader}. */
export const MOST_HEADER_BYTES = LENGTH_OFFSET + 4 + MOST_CHARACTERS * MOST_BYTES_PER_CHARACTER;

/** Whether bytes are the beginning of an .npy file, as far as they go. */
export function beginsAsNpy(start: Uint8Array): boolean {
  const length = Math.min(start.length, MAGIC.length);
  return MAGIC.subarray(0, length).equals(start.subarray(0, length));
}

/**
 * Reads the header from the first bytes of a file of `totalBytes`, or returns undefined when they do not hold it all
 * yet.
 *
 * @throws DenseamError ERR_CORRUPT_FILE when this is no .npy file or it is shorter than its shape says; ERR_UNSUPPORTED
 * when numpy would not read it by default, or its numbers are of no supported type.
 */
export function parseNpyHeader(start: Uint8Array, totalBytes: number, path: string): NpyHeader | undefined {
  const bytes = Buffer.from(start.buffer, start.byteOffset, start.byteLength);
  if (!beginsAsNpy(bytes)) throw corruptFile(path, notNpy(bytes));
  if (bytes.length < LENGTH_OFFSET) return tooShort(bytes, totalBytes, LENGTH_OFFSET, path);
  const version = readVersion(bytes, path);
  const textStart = LENGTH_OFFSET + (version === 1 ? 2 : 4);
  if (bytes.length < textStart) return tooShort(bytes, totalBytes, textStart, path);
  const textBytes = version === 1 ? bytes.readUInt16LE(LENGTH_OFFSET) : bytes.readUInt32LE(LENGTH_OFFSET);
  if (textBytes > MOST_CHARACTERS * (version === 3 ? MOST_BYTES_PER_CHARACTER : 1)) throw tooLong(textBytes, path);
  const dataStart = textStart + textBytes;
  if (bytes.length < dataStart) return tooShort(bytes, totalBytes, dataStart, path);
  const text = decodeText(bytes.subarray(textStart, dataStart), version, path);
  const header = parseDictionary(text, version < 3, path);
  const dataEnd = dataStart + header.count * BYTES_PER_NPY_ITEM[header.type];
  return checkSize({ ...header, dataStart, dataEnd }, totalBytes, path);
}

function readVersion(bytes: Buffer, path: string): 1 | 2 | 3 {
  const [major = 0, minor] = bytes.subarray(MAGIC.length);
  if (minor === 0 && (major === 1 || major === 2 || major === 3)) return major;
  throw unsupportedFile(path, `.npy format version ${major}.${minor} is unknown, expected 1.0, 2.0 or 3.0`);
}

function decodeText(bytes: Buffer, version: number, path: string): string {
  if (version < 3) return bytes.toString('latin1');
  const text = bytes.toString('utf8');
  if (!isUtf8(bytes)) throw corruptFile(path, `its .npy header is not UTF-8: ${excerpt(text)}`);
  // Characters are counted only in a header whose bytes are within the limit.
  const characters = [...text].length;
  if (characters > MOST_CHARACTERS) throw tooLong(characters, path);
  return text;
}

function tooLong(length: number, path: string): Error {
  return unsupportedFile(path, `its .npy header has ${length} characters, expected at most ${MOST_CHARACTERS}`);
}

function notNpy(bytes: Uint8Array): string {
  const format = recognisedFormat(bytes);
  return format ? `not an .npy file but ${format}` : 'not an .npy file: it does not begin with "\\x93NUMPY"';
}

/** Result for incomplete bytes: undefined where the file has more, an error where it does not. */
function tooShort(bytes: Uint8Array, totalBytes: number, needed: number, path: string): undefined {
  if (totalBytes >= needed && bytes.length < totalBytes) return undefined;
  throw corruptFile(path, `truncated: it has ${totalBytes} bytes, its .npy header alone needs ${needed}`);
}

function parseDictionary(text: string, longs: boolean, path: string): Omit<NpyHeader, 'dataStart' | 'dataEnd'> {
  const header = parseLiteral(text, longs, path);
  if (header.type !== 'dict') throw corruptFile(path, `its .npy header is not a dictionary: ${excerpt(text)}`);
  const [descr, order, tuple] = ['descr', 'fortran_order', 'shape'].map((key) => header.entries.get(key));
  if (!descr || !order || !tuple || header.entries.size > 3) {
    throw corruptFile(path, `expected descr, fortran_order and shape in its .npy header: ${excerpt(text)}`);
  }
  if (order.type !== 'bool') throw corruptFile(path, `its fortran_order is not True or False: ${excerpt(text)}`);
  const { type, bigEndian } = readDtype(descr, path);
  const shape = readShape(tuple);
  const count = shape && elementCount(shape, BYTES_PER_NPY_ITEM[type]);
  if (!shape || count === undefined) {
    const expected = 'a tuple of whole numbers with a product below 2^53';
    throw corruptFile(path, `its shape is not ${expected}: ${excerpt(text)}`);
  }
  if (shape.length > MOST_AXES)
    throw unsupportedFile(path, `it has ${shape.length} axes, expected at most ${MOST_AXES}`);
  return { type, bigEndian, fortranOrder: order.value, shape, count };
}

function parseLiteral(text: string, longs: boolean, path: string): PythonValue {
  try {
    return parsePythonLiteral(text, longs);
  } catch (error) {
    throw corruptFile(path, `its .npy header is not a dictionary: ${excerpt(text)}`, error);
  }
}

/** Text from a file for a message: no control characters, not too long. */
function excerpt(text: string): string {
  return JSON.stringify(text.trim().slice(0, 120));
}

function readDtype(descr: PythonValue, path: string): Dtype {
  if (descr.type === 'list' || (descr.type === 'tuple' && !isScalar(descr))) {
    throw unsupportedFile(path, 'it holds records (a structured dtype), expected an array of plain numbers');
  }
  const name = descr.type === 'tuple' ? descr.items[0] : descr;
  if (name?.type !== 'str') throw corruptFile(path, 'the descr in its .npy header is not a type');
  const dtype = parseDtype(name.value);
  if (dtype) return dtype;
  const received = `dtype ${excerpt(name.value)}`;
  if (/^[<>=|]?O/.test(name.value)) {
    throw unsupportedFile(path, `it holds Python objects (${received}); save an array of numbers, of equal lengths`);
  }
  throw unsupportedFile(
    path,
    `${received} is not supported, expected bool, an integer type, float16, float32 or float64`,
  );
}

/** A type with an empty shape is the type itself. */
function isScalar({ items: [, shape, ...rest] }: { readonly items: readonly PythonValue[] }): boolean {
  return shape?.type === 'tuple' && shape.items.length === 0 && rest.length === 0;
}

function readShape(tuple: PythonValue): number[] | undefined {
  if (tuple.type !== 'tuple') return undefined;
  const extents = tuple.items.map((item) => (item.type === 'int' ? item.value + 0 : -1)); // -0 becomes 0
  return extents.every((extent) => extent >= 0) ? extents : undefined;
}

function checkSize(header: NpyHeader, totalBytes: number, path: string): NpyHeader {
  const { shape, type, dataStart, dataEnd } = header;
  if (totalBytes >= dataEnd) return header;
  const promise = `its shape (${shape.join(', ')}) of ${type} needs ${dataEnd - dataStart} bytes`;
  throw corruptFile(path, `truncated: it has ${totalBytes - dataStart} bytes of numbers, ${promise}`);
}

/** The header of a little-endian, row-major version 1.0 file, padded as numpy pads it. */
export function encodeNpyHeader(shape: readonly number[], type: NpyType): Uint8Array {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dictionary = `{'descr': '${BYTES_PER_NPY_ITEM[type] === 1 ? '|' : '<'}${type}', 'fortran_order': False, 'shape': (${tuple}), }`;
  const textStart = LENGTH_OFFSET + 2;
  const dataStart = Math.ceil((textStart + dictionary.length + 1) / ALIGNMENT) * ALIGNMENT;
  const header = Buffer.alloc(dataStart, ' ');
  MAGIC.copy(header);
  header.writeUInt8(1, MAGIC.length);
  header.writeUInt8(0, MAGIC.length + 1);
  header.writeUInt16LE(dataStart - textStart, LENGTH_OFFSET);
  header.write(dictionary, textStart, 'latin1');
  header.write('\n', dataStart - 1, 'latin1');
  return header;
}
