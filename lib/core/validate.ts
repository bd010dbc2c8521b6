import { types } from 'node:util';
import { describe, shortened } from './describe.ts';
import { DenseamError, type ErrorCode } from './errors.ts';
import type { FloatArray } from './types.ts';

// Validators that say "Expected X for Y but received Z".

export function rangeError(name: string, expected: string, value: unknown): DenseamError {
  return expectedError('ERR_RANGE', name, expected, describe(value));
}

export function shapeError(name: string, expected: string, received: string): DenseamError {
  return expectedError('ERR_SHAPE', name, expected, received);
}

/** An error with this code: "Expected X for Y but received Z". */
export function expectedError(code: ErrorCode, argument: string, expected: string, received: string): DenseamError {
  return new DenseamError(code, { argument, expected, received });
}

/** A finite number above zero. */
export function positive(name: string, value: unknown): number {
  if (typeof value !== 'number' || !(value > 0) || !Number.isFinite(value)) {
    throw rangeError(name, 'a finite number above 0', value);
  }
  return value;
}

/** A finite number of at least zero. */
export function nonNegative(name: string, value: unknown): number {
  if (typeof value !== 'number' || !(value >= 0) || !Number.isFinite(value)) {
    throw rangeError(name, 'a finite number of at least 0', value);
  }
  return value;
}

/** An integer from `least` to `greatest`. */
export function integer(name: string, value: unknown, least: number, greatest: number): number {
  if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > greatest) {
    throw rangeError(name, `an integer from ${least} to ${greatest}`, value);
  }
  return value as number;
}

export function object(name: string, value: unknown): object {
  if (typeof value !== 'object' || value === null) throw shapeError(name, 'an object', describe(value));
  return value;
}

/** Checks for an object that is no list. */
export function record(name: string, value: unknown, expected = 'an object'): object {
  if (typeof value !== 'object' || value === null || isArray(value) || ArrayBuffer.isView(value)) {
    throw shapeError(name, expected, describe(value));
  }
  return value;
}

/** The listed properties of an object, each read once, since getters may give another value the next time. */
export function fields<Key extends string, Optional extends string = never>(
  name: string,
  value: unknown,
  keys: readonly Key[],
  optional: readonly Optional[] = [],
): Record<Key | Optional, unknown> {
  const source = record(name, value, `an object { ${keys.join(', ')} }`);
  const read = [...keys, ...optional].map((key) => [key, property(name, source, key)]);
  return Object.fromEntries(read) as Record<Key | Optional, unknown>;
}

/** Reads a property of an object that may be a proxy or have getters, and these may throw. */
export function property(name: string, source: object, key: string): unknown {
  return reading(`${name}.${shortened(key)}`, () => (source as Record<string, unknown>)[key]);
}

/** Runs a function that reads a caller's object, which may throw. */
export function reading<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new DenseamError('ERR_SHAPE', `${name} cannot be read: its getter or proxy threw`, {
      cause,
      argument: name,
      expected: 'something that can be read',
    });
  }
}

/** Whether this is an array, of whichever realm. */
export function isArray(value: unknown): value is readonly unknown[] {
  try {
    return Array.isArray(value);
  } catch {
    return false; // a revoked proxy
  }
}

/** Whether this is a Float64Array or a Float32Array, of whichever realm. */
export function isFloatArray(value: unknown): value is FloatArray {
  return types.isFloat64Array(value) || types.isFloat32Array(value);
}

/** A count that shapes are made of: a positive safe integer. */
export function extent(name: string, value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 1)
    throw shapeError(name, 'a positive integer', describe(value));
  return value as number;
}

/** The product of extents, refused beyond the length of any array. */
export function product(name: string, ...extents: number[]): number {
  const result = extents.reduce((a, b) => a * b, 1);
  if (result > Number.MAX_SAFE_INTEGER) {
    throw shapeError(name, 'at most 2^53 numbers', extents.join(' x '));
  }
  return result;
}

/** A Float64Array or Float32Array of this length. */
export function floatArray(name: string, value: unknown, length: number, shape: string): FloatArray {
  if (!isFloatArray(value)) {
    const hint = types.isTypedArray(value) ? ' (toFloats makes one)' : '';
    throw shapeError(name, `a Float64Array or Float32Array${hint}`, describe(value));
  }
  if (isDetached(value)) throw shapeError(name, `${length} numbers (${shape})`, 'an array whose buffer is detached');
  if (value.length !== length) throw shapeError(name, `${length} numbers (${shape})`, String(value.length));
  return value;
}

/** The numbers of a d x d matrix. */
export function squareMatrix(name: string, value: unknown, dimension: number): FloatArray {
  const { rows, columns, data } = fields(name, value, ['rows', 'columns', 'data']);
  const shape = `${dimension} x ${dimension}`;
  if (rows !== dimension || columns !== dimension) {
    throw shapeError(name, `a matrix of ${shape}`, `${describe(rows)} x ${describe(columns)}`);
  }
  return floatArray(`${name}.data`, data, product(name, dimension, dimension), shape);
}

/** Whether an array's memory was transferred away. */
export function isDetached(array: ArrayBufferView): boolean {
  if (array.byteLength > 0) return false;
  try {
    new Uint8Array(array.buffer);
    return false;
  } catch {
    return true;
  }
}

/** Checks that an array still has the numbers that it had at the beginning of a call that reads it in parts. */
export function checkUnchanged(name: string, array: FloatArray | Uint8Array, length: number): void {
  if (array.length === length) return;
  const found = isDetached(array) ? 'a detached buffer' : `one resized to ${array.length} numbers`;
  throw shapeError(name, 'arrays that stay during the call', found);
}

/** Greatest number of items. */
export const greatestSize = 2 ** 31 - 1;

/** Distinct or repeated indices of items, 0 to size - 1. */
export function indexArray(name: string, value: unknown, size: number): Int32Array {
  if (!isArray(value) && !types.isInt32Array(value)) {
    throw shapeError(name, 'an array of integers or an Int32Array', describe(value));
  }
  if (value.length === 0) throw shapeError(name, 'at least one index', 'none');
  return Int32Array.from(checkedElements(name, value, (each, index) => integer(each, index, 0, size - 1)));
}

/** The checked elements of a list, each read once; the first bad one is named by its index. */
export function checkedElements<T>(
  name: string,
  list: ArrayLike<unknown>,
  check: (name: string, value: unknown) => T,
): T[] {
  const checked: T[] = [];
  const length = reading(name, () => list.length);
  for (let i = 0; i < length; i++) {
    const element = elementOf(name, list, i);
    try {
      checked.push(check(name, element));
    } catch {
      checked.push(check(`${name}[${i}]`, element)); // fails once more: lists are long, and only an error needs the name
    }
  }
  return checked;
}

function elementOf(name: string, list: ArrayLike<unknown>, index: number): unknown {
  try {
    return list[index];
  } catch {
    return reading(`${name}[${index}]`, () => list[index]);
  }
}

/** Distinct indices of items, but not of all of them; repeated ones are taken once. */
export function someIndices(name: string, value: unknown, size: number): Int32Array {
  const distinct = Int32Array.from(new Set(indexArray(name, value, size)));
  if (distinct.length < size) return distinct;
  const [expected, received] = ['to leave at least one item', `all ${size}`];
  throw new DenseamError('ERR_RANGE', `Expected ${name} ${expected} but received ${received}`, {
    argument: name,
    expected,
    received,
  });
}

/** A list of any kind of this length; its elements are not checked ({@link checkedElements} does that). */
export function listOf(name: string, value: unknown, length: number, what: string): ArrayLike<unknown> {
  const found = property(name, object(name, value), 'length');
  if (found !== length) throw shapeError(name, what, describe(found));
  return value as ArrayLike<unknown>;
}

/** Numbers copied from an array of either kind; their values are not checked. */
export function numberList(name: string, value: unknown, length: number, shape: string): Float64Array {
  if (!isArray(value)) return Float64Array.from(floatArray(name, value, length, shape));
  if (value.length !== length) throw shapeError(name, `${length} numbers (${shape})`, String(value.length));
  return Float64Array.from(checkedElements(name, value, aNumber));
}

function aNumber(name: string, value: unknown): number {
  if (typeof value !== 'number') throw shapeError(name, 'a number', describe(value));
  return value;
}
