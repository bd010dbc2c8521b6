import { DenseamError } from 'denseam';

// Checks of settings, with errors in the library's form: "Expected X for Y but received Z".

/** Error for a setting outside its allowed range. */
export function rangeError(argument: string, expected: string, value: unknown): DenseamError {
  const received = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return new DenseamError('ERR_RANGE', { argument, expected, received });
}

/** A finite number above zero. */
export function positive(name: string, value: unknown): number {
  if (typeof value !== 'number' || !(value > 0) || !Number.isFinite(value))
    throw rangeError(name, 'a finite number above 0', value);
  return value;
}

/** A finite number of at least zero. */
export function nonNegative(name: string, value: unknown): number {
  if (typeof value !== 'number' || !(value >= 0) || !Number.isFinite(value))
    throw rangeError(name, 'a finite number of at least 0', value);
  return value;
}

/** An integer from `least` to `greatest`. */
export function integer(name: string, value: unknown, least: number, greatest: number): number {
  if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > greatest) {
    throw rangeError(name, `an integer from ${least} to ${greatest}`, value);
  }
  return value as number;
}
