import { Buffer } from 'node:buffer';
import { endianness } from 'node:os';
import { DenseamError } from 'denseam';

/** Single-precision numbers as text, for the finished parts of an experiment: base64 of their little-endian bytes. */
export type PackedFloats = string;

export function packFloats(values: Float32Array): PackedFloats {
  const copy = values.slice();
  const bytes = Buffer.from(copy.buffer);
  return (endianness() === 'BE' ? bytes.swap32() : bytes).toString('base64');
}

/** @throws DenseamError ERR_CORRUPT_FILE unless there are `length` numbers. */
export function unpackFloats(packed: PackedFloats, length: number): Float32Array {
  const bytes = Buffer.from(packed, 'base64');
  if (bytes.length !== 4 * length) {
    const message = `Expected ${4 * length} bytes for ${length} kept numbers but received ${bytes.length}`;
    throw new DenseamError('ERR_CORRUPT_FILE', message);
  }
  const values = new Float32Array(length);
  new Uint8Array(values.buffer).set(endianness() === 'BE' ? bytes.swap32() : bytes);
  return values;
}
