import { createContext, runInContext } from 'node:vm';

// Values of another realm, as Jest, vitest's vmThreads and Electron's pages make them: their classes are not ours.

const context = createContext({});
const globals = runInContext(
  '({ Array, Object, Error, Float64Array, Float32Array, Int32Array, Uint8Array, Uint16Array, BigInt64Array })',
  context,
) as Record<string, new (...values: unknown[]) => Record<string, unknown>>;

/** A copy of the value made of the other realm's arrays and objects. */
export function foreign<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  const name = value.constructor?.name ?? 'Object';
  const Foreign = globals[name];
  if (Foreign === undefined) return value;
  if (ArrayBuffer.isView(value)) return new Foreign(value) as T;
  const copy = new Foreign();
  for (const [key, each] of Object.entries(value)) copy[key] = foreign(each);
  return copy as T;
}

/** A function of the other realm that calls this one. */
export const foreignFunction = runInContext('(call) => (...values) => call(...values)', context) as <F>(call: F) => F;

/** An error of the other realm. */
export const foreignError = runInContext('(message) => new TypeError(message)', context) as (message: string) => Error;

/**
 * A controller of the other realm, where nothing but the language is: it has the members that the first browsers had.
 */
export const foreignController = runInContext(
  `() => {
    const listeners = new Set();
    const signal = {
      aborted: false,
      reason: undefined,
      addEventListener: (type, listener) => type === 'abort' && listeners.add(listener),
      removeEventListener: (type, listener) => listeners.delete(listener),
    };
    const abort = (reason) => {
      Object.assign(signal, { aborted: true, reason });
      for (const listener of listeners) listener({ type: 'abort' });
    };
    return { signal, abort };
  }`,
  context,
) as () => Pick<AbortController, 'signal' | 'abort'>;
