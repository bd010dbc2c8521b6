// Odd values: of each right value what is nearly right, and what is not at all.

import type { Random } from '../../../lib/index.ts';
import { foreign } from '../../../test/support/realm.ts';

/** What a call may reject with, beside coded errors: what our own callbacks and signals gave it. */
export class Own {
  readonly reasons = new Set<unknown>();
  readonly signals: AbortSignal[] = [];
  /** Runs while the call does: later changes of what it was given. */
  readonly later: (() => void)[] = [];

  error(): Error {
    const error = new RangeError('from a callback of the caller');
    this.reasons.add(error);
    return error;
  }

  has(reason: unknown): boolean {
    return this.reasons.has(reason) || this.signals.some((signal) => signal.aborted && signal.reason === reason);
  }
}

/** What odd values are made of. */
export interface Source {
  readonly random: Random;
  /** Values of any kind. */
  readonly anything: readonly unknown[];
  /** Calls back into the library. */
  readonly reenter: () => void;
  readonly own: Own;
}

export function oneOf<T>(random: Random, values: readonly T[]): T {
  return values[random.integer(values.length)] as T;
}

/** The value, once the function has run. */
function after<T>(act: () => unknown, value: T): T {
  act();
  return value;
}

const numbers = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -0,
  0,
  -1,
  0.5,
  1e300,
  -1e300,
  1e-300,
  5e-324,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  1 + 2 ** -52,
];
const noNumbers = ['1', 1n, true, null, undefined, new Number(1), { valueOf: () => 1 }, [1], Symbol('1')];
const texts = ['', 'constructor', '__proto__', '\ud800', 'x'.repeat(1e5), new String('x'), 1, null, Symbol('x')];

/** The value with one part of it, or all of it, replaced. Nothing that was given is changed. */
export function odd(value: unknown, source: Source): unknown {
  try {
    return replaced(value, source);
  } catch {
    return value; // it is odd already: it cannot be looked at
  }
}

function replaced(value: unknown, source: Source): unknown {
  const { random } = source;
  if (random.integer(12) === 0) return oneOf(random, source.anything);
  if (typeof value === 'number') return oneOf(random, random.integer(3) > 0 ? numbers : noNumbers);
  if (typeof value === 'string') return oneOf(random, texts);
  if (typeof value === 'boolean') return oneOf(random, ['true', 0, null, new Boolean(false), [], !value]);
  if (typeof value === 'function') return oddFunction(source);
  if (ArrayBuffer.isView(value)) return oddArray(value as Float64Array, source);
  if (value instanceof AbortSignal) return oddSignal(source);
  if (Array.isArray(value)) return oddList(value, source);
  if (typeof value === 'object' && value !== null) return oddObject(value as Record<string, unknown>, source);
  return oneOf(random, source.anything);
}

function oddFunction({ random, reenter, own }: Source): unknown {
  const throwing = () => {
    throw own.error();
  };
  return oneOf<() => unknown>(random, [
    () => throwing,
    () => reenter,
    () => async () => {},
    () => new Proxy(() => {}, {}),
    () => null,
    () => 'f',
    () => ({ call: () => {} }),
  ])();
}

function oddSignal({ random, own }: Source): unknown {
  const controller = new AbortController();
  const reason = oneOf<unknown>(random, [new Error('stop'), undefined, 0, 'stop', Symbol('stop'), null, {}]);
  own.signals.push(controller.signal);
  const abort = () => controller.abort(reason);
  return oneOf<() => unknown>(random, [
    () => after(abort, controller.signal),
    () => after(() => own.later.push(abort), controller.signal),
    () => after(() => queueMicrotask(abort), controller.signal),
    () => after(() => setTimeout(abort, random.integer(3)), controller.signal),
    () => after(() => setImmediate(abort), controller.signal),
    () => new Proxy(controller.signal, {}),
    () => ({ aborted: false, addEventListener: () => {}, removeEventListener: () => {} }),
    () => ({ aborted: 'no' }),
    () => controller,
    () => null,
  ])();
}

const { Float16Array: Half } = globalThis as { Float16Array?: Kind };
const kinds = [Float64Array, Float32Array, Int8Array, Uint8ClampedArray, Uint16Array, Int32Array, Uint32Array]
  .concat([BigInt64Array, BigUint64Array] as never)
  .concat((Half ?? []) as never) as unknown as Kind[];
type Kind = new (buffer: ArrayBufferLike | number, offset?: number, length?: number) => Float64Array;

/** An array with the numbers of another in a buffer of this kind. */
function inBuffer(array: Float64Array, buffer: ArrayBufferLike, offset = 0): Float64Array {
  const copy = new (array.constructor as Kind)(buffer, offset, array.length);
  copy.set(array);
  return copy;
}

/** A resizable array that loses numbers during the call. */
function shrinking(array: Float64Array, { random, own }: Source): Float64Array {
  const tracking = resizable(array);
  return after(
    () => own.later.push(() => tracking.buffer.resize(random.integer(2) * array.BYTES_PER_ELEMENT)),
    tracking,
  );
}

/** Node 20 has resizable buffers; their types came later. */
function resizable(array: Float64Array): Float64Array & { readonly buffer: { resize(bytes: number): void } } {
  const Resizable = ArrayBuffer as unknown as new (bytes: number, options: object) => ArrayBuffer;
  const buffer = new Resizable(array.byteLength, { maxByteLength: 2 * array.byteLength + 8 });
  const copy = new (array.constructor as Kind)(buffer);
  copy.set(array);
  return copy as never;
}

function oddArray(array: Float64Array, source: Source): unknown {
  const { random, own } = source;
  if (!('length' in array)) return oneOf(random, source.anything);
  const copy = array.slice();
  if (random.integer(2) === 0) return withOddNumber(copy, random);
  const transfer = () => structuredClone(copy, { transfer: [copy.buffer as ArrayBuffer] });
  return oneOf<() => unknown>(random, [
    () => array.slice(1),
    () => new (array.constructor as Kind)(array.length + 1),
    () => new (array.constructor as Kind)(0),
    () => new (oneOf(random, kinds))(array.length),
    () => inBuffer(array, new SharedArrayBuffer(array.byteLength)),
    () => inBuffer(array, new ArrayBuffer(array.byteLength + 64), 32),
    () => resizable(array),
    () => shrinking(array, source),
    () => after(transfer, copy),
    () => after(() => own.later.push(transfer), copy),
    () => after(() => own.later.push(() => copy.fill(Number.NaN as never)), copy),
    () => foreign(array),
    () => new (class extends (array.constructor as Kind) {})(array.buffer, array.byteOffset, array.length),
    () => Array.from(array),
    () => new DataView(new ArrayBuffer(array.byteLength)),
    () => new Proxy(array, {}),
    () => Object.freeze({ ...array, length: array.length }),
    () => Object.defineProperty(copy, 'length', { value: 1000 }),
    () => Object.setPrototypeOf(copy, null),
  ])();
}

function withOddNumber(copy: Float64Array, random: Random): Float64Array {
  if (copy.length === 0) return copy;
  const value = oneOf(random, numbers);
  const isBig = (copy as unknown) instanceof BigInt64Array;
  copy[random.integer(copy.length)] = (isBig ? -1n : value) as number;
  return copy;
}

function oddList(list: readonly unknown[], source: Source): unknown {
  const { random } = source;
  if (list.length > 0 && random.integer(2) === 0) {
    return list.with(random.integer(list.length), odd(oneOf(random, list), source));
  }
  const cyclic: unknown[] = [...list];
  cyclic.push(cyclic);
  return oneOf<() => unknown>(random, [
    () => [],
    () => [...list, ...list],
    () => new Array(list.length),
    () => new Array(1e6),
    () => cyclic,
    () => Object.freeze([...list]),
    () => foreign(list),
    () => new Set(list),
    () => ({ ...list, length: list.length }),
    () => Object.assign(new Proxy([...list], {})),
    () => withGetter([...list] as unknown as Record<string, unknown>, '0', source),
  ])();
}

function oddObject(object: Record<string, unknown>, source: Source): unknown {
  const { random, own } = source;
  const keys = Object.keys(object);
  const key = oneOf(random, keys.length > 0 ? keys : ['x']);
  if (keys.length > 0 && random.integer(5) > 0) return { ...object, [key]: odd(object[key], source) };
  const copy: Record<string, unknown> = { ...object };
  return oneOf<() => unknown>(random, [
    () => withGetter(copy, key, source),
    () => Object.freeze(copy),
    () => Object.seal(copy),
    () => Object.assign(Object.create(null), object),
    () => Object.create(object),
    () => new Proxy(copy, {}),
    () => revoked(),
    () => new Proxy(copy, { get: () => oneOf(random, source.anything) }),
    () => new Proxy(copy, { ownKeys: () => Reflect.ownKeys(oneOf(random, [copy, {}, new Array(3)])) }),
    () => foreign(object),
    () => ({ ...object, [oneOf(random, ['Beta', '__proto__', 'constructor', ''])]: 1 }),
    () => ({ ...object, [Symbol('beta')]: 1 }),
    () => Object.assign(copy, { self: copy }),
    () => Object.fromEntries(Object.entries(object).filter(([each]) => each !== key)),
    () => Object.assign([], object),
    () => new Map(Object.entries(object)),
    () => after(() => own.later.push(() => Object.assign(copy, { [key]: odd(object[key], source) })), copy),
  ])();
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** The object with a getter that throws, gives something else the second time, or calls the library. */
function withGetter(object: Record<string, unknown>, key: string, source: Source): object {
  const { random, reenter, own } = source;
  const value = object[key];
  let reads = 0;
  const get = oneOf<() => unknown>(random, [
    () => {
      throw own.error();
    },
    () => (reads++ === 0 ? value : odd(value, source)),
    () => {
      reenter();
      return value;
    },
  ]);
  return Object.defineProperty(object, key, { get, enumerable: true, configurable: true });
}
