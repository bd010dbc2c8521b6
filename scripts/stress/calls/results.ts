import { crc32 } from 'node:zlib';
import { DenseamError } from '../../../lib/index.ts';

/** Numbers that documents say may be infinite, or NaN where nothing was measured. */
const unbounded = /\.(validationLoss|validationAccuracy|bound|separation|betaSplit|energy|distances)(\.\d+)?$/;

/** Why a result is not finite and well-shaped, or undefined. */
export function faultOfResult(value: unknown, name = 'the result', depth = 0): string | undefined {
  if (unbounded.test(name)) return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `${name} is ${value}`;
  if (ArrayBuffer.isView(value)) return faultOfNumbers(value as Float64Array, name);
  if (typeof value !== 'object' || value === null || depth > 6) return undefined;
  const shape = faultOfShape(value as Record<string, unknown>, name);
  if (shape) return shape;
  for (const [key, each] of Object.entries(value)) {
    const fault = faultOfResult(each, `${name}.${key}`, depth + 1);
    if (fault) return fault;
  }
  return undefined;
}

function faultOfNumbers(array: Float64Array, name: string): string | undefined {
  if (!(array.byteLength > 0)) return undefined; // empty, or the caller's own, which it has detached
  const at = array.findIndex?.((each) => typeof each === 'number' && !Number.isFinite(each)) ?? -1;
  return at < 0 ? undefined : `${name}[${at}] is ${array[at]}`;
}

function lengthOf(value: unknown): number | undefined {
  return ArrayBuffer.isView(value) ? (value as Float64Array).length : undefined;
}

/** Whether the arrays of matrices, vectors, Gaussians and clouds have the lengths that their counts promise. */
function faultOfShape(value: Record<string, unknown>, name: string): string | undefined {
  const [rows, columns, count, dimension] = ['rows', 'columns', 'count', 'dimension'].map((key) =>
    Number(value[key]),
  ) as [number, number, number, number];
  const vectors = count * dimension;
  const each =
    { full: dimension ** 2, diagonal: dimension, isotropic: 1 }[String(Reflect.get(value, 'structure'))] ?? Number.NaN;
  const expected = {
    data: rows * columns,
    means: vectors,
    values: vectors,
    covariances: count * each,
  };
  for (const [key, length] of Object.entries(expected)) {
    const found = lengthOf(value[key]);
    if (found !== undefined && found !== length && !Number.isNaN(length))
      return `${name}.${key} has ${found} numbers, not ${length}`;
  }
  return undefined;
}

/** A checksum of all numbers in a value. */
export function checksum(value: unknown): number {
  if (ArrayBuffer.isView(value)) return crc32(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  if (typeof value !== 'object' || value === null) return crc32(String(value));
  return crc32(Object.values(value).map(checksum).join());
}

const codes = /^ERR_[A-Z_]+$/;
/** These are about an argument, and name it. */
const named = /^ERR_(SHAPE|RANGE|NOT_FINITE|NOT_POSITIVE_DEFINITE)$/;

/** Why an error is none that a call may reject with, or undefined. */
export function faultOfError(error: unknown): string | undefined {
  if (error instanceof DenseamError) {
    if (!codes.test(error.code)) return `the code ${error.code}`;
    if (error.message.length > 1500) return `a message of ${error.message.length} characters`;
    const isAboutArgument = named.test(error.code) && !error.message.startsWith('Training diverged');
    if (isAboutArgument && !error.argument) return `${error.code} without an argument: ${error.message}`;
    return undefined;
  }
  // What a signal without a reason stands for; the operating system's, about a path.
  if (error instanceof DOMException && error.name === 'AbortError') return undefined;
  if (error instanceof Error && 'syscall' in error && 'code' in error) return undefined;
  const stack = error instanceof Error ? error.stack?.split('\n').slice(0, 4).join(' | ') : String(error);
  return `no error of denseam: ${stack}`;
}

/** Under which word an outcome is counted. */
export function wordFor(error: unknown): string {
  if (error instanceof DenseamError) return error.code;
  return error instanceof Error && 'syscall' in error ? 'system errors' : 'reasons and errors of the caller';
}
