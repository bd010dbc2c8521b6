import { types } from 'node:util';

// Descriptions of values in error messages: a few words, for any value with any methods.

const greatestLength = 80;
const shownKeys = 6;

/** Description of a value in an error message. It never throws and is never longer than a line. */
export function describe(value: unknown): string {
  try {
    return shortened(wordsFor(value));
  } catch {
    return 'an object that cannot be read'; // a revoked proxy, or one whose traps or getters throw
  }
}

/** The beginning of a long text. */
export function shortened(text: string, length: number = greatestLength): string {
  return text.length <= length ? text : `${text.slice(0, length - 3)}...`;
}

function wordsFor(value: unknown): string {
  if (typeof value === 'string') return `"${shortened(value, greatestLength - 2)}"`;
  if (typeof value === 'bigint') return bigintWords(value);
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : String(value);
  if (types.isTypedArray(value)) return `${nameOf(value) ?? 'a typed array'}(${value.length})`;
  if (ArrayBuffer.isView(value)) return `DataView(${value.byteLength})`;
  if (Array.isArray(value)) return `an array of length ${value.length}`;
  const name = nameOf(value);
  return name === undefined || name === 'Object' ? objectWords(value) : name;
}

/** A bigint in words. Large ones go without digits, which take time quadratic in their number. */
function bigintWords(value: bigint): string {
  return BigInt.asIntN(256, value) === value ? `${value}n` : 'a bigint of more than 256 bits';
}

function nameOf(value: object): string | undefined {
  const name: unknown = value.constructor?.name;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

function objectWords(value: object): string {
  const keys = Object.keys(value);
  if (keys.length === 0) return 'an empty object';
  const shown = keys.slice(0, shownKeys).map((key) => shortened(key, greatestLength / 4));
  return `an object { ${shown.join(', ')}${keys.length > shownKeys ? ', ...' : ''} }`;
}
