import { types } from 'node:util';
import { describe, shortened } from '../core/describe.ts';
import { aString } from '../core/options.ts';
import type { FloatArray } from '../core/types.ts';
import { expectedError, shapeError } from '../core/validate.ts';
import { allocate } from './files.ts';

/** Integers of at most 32 bits. */
export type IntegerArray =
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint8ClampedArray
  | Uint16Array
  | Uint32Array;

/** Half precision, in runtimes that have a class for it (Node 24 and later). */
export interface HalfArray extends ArrayBufferView {
  readonly [Symbol.toStringTag]: 'Float16Array';
  readonly length: number;
  readonly BYTES_PER_ELEMENT: number;
  readonly [index: number]: number;
}

/** Numbers in an array of any type but those of bigints. */
export type NumberArray = FloatArray | HalfArray | IntegerArray;

/** The name of a typed array's class, whatever realm it comes from; undefined for anything else. */
export function arrayTypeOf(value: unknown): string | undefined {
  return types.isTypedArray(value) ? value[Symbol.toStringTag] : undefined;
}

/** Whether numbers are in an array of single precision or less, all numbers of which are float32. */
export function isSingle(data: NumberArray): boolean {
  const type = arrayTypeOf(data);
  return type === 'Float32Array' || type === 'Float16Array';
}

/**
 * Converts numbers to the arrays that memories take: a Float32Array or Float64Array unchanged; half precision as a
 * Float32Array, integers as a Float64Array. Nothing is rounded.
 *
 * @throws DenseamError ERR_SHAPE for anything but an array of numbers, ERR_RANGE for a bigint beyond 2^53,
 * ERR_OUT_OF_MEMORY
 * @param name the array's name in error messages
 */
export function toFloats(data: NumberArray | BigInt64Array | BigUint64Array, name = 'data'): FloatArray {
  const called = shortened(aString('name', name));
  const type = arrayTypeOf(data);
  if (type === 'Float64Array' || type === 'Float32Array') return data as FloatArray;
  if (type === undefined) throw shapeError(called, 'an array of numbers', describe(data));
  const FloatArrayType = type === 'Float16Array' ? Float32Array : Float64Array;
  const { length } = data;
  const floats = allocate(called, length * FloatArrayType.BYTES_PER_ELEMENT, () => new FloatArrayType(length));
  for (let i = 0; i < length; i++) {
    const number = Number(data[i]);
    if (typeof data[i] === 'bigint' && !Number.isSafeInteger(number)) {
      throw expectedError('ERR_RANGE', called, 'integers within 2^53', `${data[i]} at [${i}]`);
    }
    floats[i] = number;
  }
  return floats;
}
