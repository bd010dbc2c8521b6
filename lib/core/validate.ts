import { DenseamError } from './errors.ts';
import type { FloatArray } from './types.ts';

export { fitsInMemory } from './availableMemory.ts';

// Validators that say "Expected X for Y but received Z".

/** How a value reads in an error message. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return `"${value}"`;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (value === null || value === undefined) return String(value);
  if (ArrayBuffer.isView(value))
    return `${value.constructor.name}(${(value as FloatArray).length ?? value.byteLength})`;
  if (Array.isArray(value)) return `an array of length ${value.length}`;
  return typeof value === 'object' ? (value.constructor?.name ?? 'an object') : `a ${typeof value}`;
}

export function rangeError(name: string, expected: string, value: unknown): DenseamError {
  return new DenseamError('ERR_RANGE', `Expected ${expected} for ${name} but received ${describe(value)}`);
}

export function shapeError(name: string, expected: string, received: string): DenseamError {
  return new DenseamError('ERR_SHAPE', `Expected ${expected} for ${name} but received ${received}`);
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

/** Every option of every verb: one object may serve several verbs, but a misspelt option must not pass in silence. */
const knownOptions = new Set([
  'beta',
  'betas',
  'index',
  'k',
  'maxIterations',
  'onProgress',
  'pruning',
  'ridge',
  'signal',
  'tolerance',
  'trajectory',
]);

/** Checks that options are an object of known options (those of the verbs by default), and those that every call has. */
export function checkOptions(value: unknown, known: ReadonlySet<string> = knownOptions): void {
  const options = object('options', value) as { signal?: unknown; onProgress?: unknown };
  for (const key of Object.keys(options)) {
    if (!known.has(key)) throw rangeError('options', `only ${[...known].join(', ')}`, key);
  }
  if (options.signal !== undefined && !(options.signal instanceof AbortSignal)) {
    throw shapeError('options.signal', 'an AbortSignal', describe(options.signal));
  }
  if (options.onProgress !== undefined && typeof options.onProgress !== 'function') {
    throw shapeError('options.onProgress', 'a function', describe(options.onProgress));
  }
}

/** A count that shapes are made of: a positive safe integer. */
export function extent(name: string, value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 1)
    throw shapeError(name, 'a positive integer', describe(value));
  return value as number;
}

/** The product of extents, refused where no array can be that long. */
export function product(name: string, ...extents: number[]): number {
  const result = extents.reduce((a, b) => a * b, 1);
  if (result > Number.MAX_SAFE_INTEGER) {
    throw shapeError(name, 'at most 2^53 numbers', extents.join(' x '));
  }
  return result;
}

/** A Float64Array or Float32Array of this length. */
export function floatArray(name: string, value: unknown, length: number, shape: string): FloatArray {
  if (!(value instanceof Float64Array || value instanceof Float32Array)) {
    throw shapeError(name, 'a Float64Array or Float32Array', describe(value));
  }
  if (isDetached(value)) throw shapeError(name, `${length} numbers (${shape})`, 'an array whose buffer is detached');
  if (value.length !== length) throw shapeError(name, `${length} numbers (${shape})`, String(value.length));
  return value;
}

/** The numbers of a d x d matrix. */
export function squareMatrix(name: string, value: unknown, dimension: number): FloatArray {
  const { rows, columns, data } = object(name, value) as { rows: unknown; columns: unknown; data: unknown };
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

/** More items than any memory has. */
export const greatestSize = 2 ** 31 - 1;

/** Distinct or repeated indices of items, 0 to size - 1. */
export function indexArray(name: string, value: unknown, size: number): Int32Array {
  if (!Array.isArray(value) && !(value instanceof Int32Array)) {
    throw shapeError(name, 'an array of integers or an Int32Array', describe(value));
  }
  const given = value as ArrayLike<unknown>;
  if (given.length === 0) throw shapeError(name, 'at least one index', 'none');
  const bad = Array.prototype.findIndex.call(
    given,
    (index) => !Number.isSafeInteger(index) || index < 0 || index >= size,
  );
  if (bad >= 0) integer(`${name}[${bad}]`, given[bad], 0, size - 1);
  return Int32Array.from(given as ArrayLike<number>);
}

/** Distinct indices of items, but not of all of them; repeated ones are taken once. */
export function someIndices(name: string, value: unknown, size: number): Int32Array {
  const distinct = Int32Array.from(new Set(indexArray(name, value, size)));
  if (distinct.length < size) return distinct;
  throw new DenseamError('ERR_RANGE', `Expected ${name} to leave at least one item but received all ${size}`);
}

/** Numbers in an array of their own, from an array of either kind; their values are for others to check. */
export function numberList(name: string, value: unknown, length: number, shape: string): Float64Array {
  if (!Array.isArray(value)) return Float64Array.from(floatArray(name, value, length, shape));
  if (value.length !== length) throw shapeError(name, `${length} numbers (${shape})`, String(value.length));
  return Float64Array.from(value as readonly unknown[], (number, i) => {
    if (typeof number !== 'number') throw shapeError(`${name}[${i}]`, 'a number', describe(number));
    return number;
  });
}
