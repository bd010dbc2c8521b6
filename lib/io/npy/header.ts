import { Buffer } from 'node:buffer';
import { corruptFile, elementCount, recognisedFormat } from '../files.ts';

/** How the numbers of an .npy file are stored. */
export interface NpyHeader {
  readonly type: NpyType;
  readonly bigEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** The product of the shape. */
  readonly count: number;
  /** Where the numbers start. */
  readonly dataStart: number;
}

/** A number type as numpy spells it, without the byte order. */
export type NpyType = keyof typeof BYTES_PER_NPY_ITEM;

export const BYTES_PER_NPY_ITEM = {
  f4: 4,
  f8: 8,
  i1: 1,
  i2: 2,
  i4: 4,
  i8: 8,
  u1: 1,
  u2: 2,
  u4: 4,
  u8: 8,
  b1: 1,
} as const;

const MAGIC = Buffer.from('\x93NUMPY', 'latin1');

/** Magic, two version bytes, and the header's length in two bytes (version 1) or four (2 and 3). */
const LENGTH_OFFSET = MAGIC.length + 2;

const ALIGNMENT = 64;

/**
 * Reads the header from the first bytes of a file of `totalBytes`, or returns undefined when they do not hold it all yet.
 *
 * @throws DenseamError ERR_CORRUPT_FILE when this is no .npy file, its numbers are of no supported type, or the file is
 * shorter or longer than its shape says.
 */
export function parseNpyHeader(start: Uint8Array, totalBytes: number, path: string): NpyHeader | undefined {
  const bytes = Buffer.from(start.buffer, start.byteOffset, start.byteLength);
  const magic = bytes.subarray(0, MAGIC.length);
  if (!magic.equals(MAGIC.subarray(0, magic.length))) throw corruptFile(path, notNpy(bytes));
  const version = bytes[MAGIC.length];
  if (version !== undefined && (version < 1 || version > 3)) {
    throw corruptFile(path, `.npy format version ${version} is unknown, expected 1, 2 or 3`);
  }
  const textStart = LENGTH_OFFSET + (version === 1 ? 2 : 4);
  if (bytes.length < textStart) return tooShort(bytes, totalBytes, textStart, path);
  const textBytes = version === 1 ? bytes.readUInt16LE(LENGTH_OFFSET) : bytes.readUInt32LE(LENGTH_OFFSET);
  const dataStart = textStart + textBytes;
  if (bytes.length < dataStart) return tooShort(bytes, totalBytes, dataStart, path);
  const text = bytes.toString(version === 3 ? 'utf8' : 'latin1', textStart, dataStart);
  return checkSize({ ...parseDictionary(text, path), dataStart }, totalBytes, path);
}

function notNpy(bytes: Uint8Array): string {
  const format = recognisedFormat(bytes);
  return format ? `not an .npy file but ${format}` : 'not an .npy file: it does not begin with "\\x93NUMPY"';
}

/** More bytes are needed: undefined where the file has them, an error where it does not. */
function tooShort(bytes: Uint8Array, totalBytes: number, needed: number, path: string): undefined {
  if (totalBytes >= needed && bytes.length < totalBytes) return undefined;
  throw corruptFile(path, `truncated: it has ${totalBytes} bytes, its .npy header alone needs ${needed}`);
}

function parseDictionary(text: string, path: string): Omit<NpyHeader, 'dataStart'> {
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const tuple = /'shape'\s*:\s*\(([^)]*)\)/.exec(text)?.[1];
  if (!/^\s*\{.*\}\s*$/s.test(text)) throw corruptFile(path, `its .npy header is not a dictionary: ${excerpt(text)}`);
  if (descr === undefined && /'descr'\s*:\s*\[/.test(text)) {
    throw corruptFile(path, 'it holds records (a structured dtype), expected an array of plain numbers');
  }
  if (descr === undefined || order === undefined || tuple === undefined) {
    throw corruptFile(path, `its .npy header lacks descr, fortran_order or shape: ${excerpt(text)}`);
  }
  const { type, bigEndian } = parseType(descr, path);
  const shape = parseShape(tuple);
  const count = shape && elementCount(shape, BYTES_PER_NPY_ITEM[type]);
  if (!shape || count === undefined) {
    throw corruptFile(path, `its shape is (${tuple}), expected whole numbers with a product below 2^53`);
  }
  return { type, bigEndian, fortranOrder: order === 'True', shape, count };
}

/** Text from a file for a message: no control characters, not too long. */
function excerpt(text: string): string {
  return JSON.stringify(text.trim().slice(0, 120));
}

function parseType(descr: string, path: string): Pick<NpyHeader, 'type' | 'bigEndian'> {
  const [, byteOrder, type = ''] = /^([<>=|]?)(\S+)$/.exec(descr) ?? [];
  if (/^O/.test(type)) {
    throw corruptFile(path, `it holds Python objects (dtype ${descr}); save an array of numbers, of equal lengths`);
  }
  if (!Object.hasOwn(BYTES_PER_NPY_ITEM, type)) {
    throw corruptFile(path, `dtype ${descr} is not supported, expected float32, float64, bool or an integer type`);
  }
  return { type: type as NpyType, bigEndian: byteOrder === '>' };
}

/** "3, 4" or "3," or "" (a single number); Python 2 wrote 3L for 3. */
function parseShape(tuple: string): number[] | undefined {
  const parts = tuple.split(',').map((part) => part.trim());
  if (parts.at(-1) === '') parts.pop();
  return parts.every((part) => /^\d+L?$/.test(part)) ? parts.map((part) => Number.parseInt(part, 10)) : undefined;
}

function checkSize(header: NpyHeader, totalBytes: number, path: string): NpyHeader {
  const { shape, count, type, dataStart } = header;
  const expected = count * BYTES_PER_NPY_ITEM[type];
  const found = totalBytes - dataStart;
  const promise = `its shape (${shape}) of ${type} needs ${expected} bytes`;
  if (found < expected) throw corruptFile(path, `truncated: it has ${found} bytes of numbers, ${promise}`);
  if (found > expected) throw corruptFile(path, `it has ${found} bytes of numbers, but ${promise} (one array a file)`);
  return header;
}

/** The header of a little-endian, row-major version 1.0 file, padded as numpy pads it. */
export function encodeNpyHeader(shape: readonly number[], type: 'f4' | 'f8' | 'i4'): Uint8Array {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dictionary = `{'descr': '<${type}', 'fortran_order': False, 'shape': (${tuple}), }`;
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
