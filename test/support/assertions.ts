import { expect } from 'vitest';
import { DenseamError, type ErrorCode } from '../../lib/core/errors.ts';

type Bound = number | ((index: number) => number);

/** Every |actual - expected| is within its bound; NaN never is. Says where the worst miss is. */
export function expectWithin(what: string, actual: ArrayLike<number>, expected: ArrayLike<number>, bound: Bound): void {
  expect(actual.length, `${what}: length`).toBe(expected.length);
  let worst = { excess: 1, message: '' };
  for (let i = 0; i < expected.length; i++) {
    const allowed = typeof bound === 'number' ? bound : bound(i);
    const miss = Math.abs((actual[i] as number) - (expected[i] as number));
    if (miss <= allowed) continue;
    const excess = Number.isFinite(miss) ? miss / allowed : Number.POSITIVE_INFINITY;
    const message = `${what}[${i}] is ${actual[i]}, expected ${expected[i]}: off by ${miss}, allowed ${allowed}`;
    if (excess > worst.excess || worst.message === '') worst = { excess, message };
  }
  if (worst.message !== '') expect.fail(worst.message);
}

/** Expects errors within a share of each expected value. */
export function expectRelative(
  what: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  relative: number,
): void {
  expectWithin(what, actual, expected, (i) => relative * Math.abs(expected[i] as number));
}

/** Relative to the largest expected value: for vectors and matrices, whose small entries are sums of large terms. */
export function expectNormwise(
  what: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  relative: number,
): void {
  expectWithin(what, actual, expected, relative * largest(expected));
}

export function largest(values: ArrayLike<number>): number {
  let result = 0;
  for (let i = 0; i < values.length; i++) result = Math.max(result, Math.abs(values[i] as number));
  return result;
}

/** The very same bits (0 and -0 count as one value). */
export function expectSameBits(what: string, actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expectWithin(what, actual, expected, 0);
}

/** The call, thrown synchronously or rejected, fails with this code and a message that holds all of `mentions`. */
export async function expectFailure(
  call: () => unknown,
  code: ErrorCode | readonly ErrorCode[],
  ...mentions: readonly (string | RegExp)[]
): Promise<DenseamError> {
  let error: unknown;
  try {
    await call();
  } catch (caught) {
    error = caught;
  }
  if (!(error instanceof DenseamError)) expect.fail(`expected a DenseamError ${String(code)}, got: ${String(error)}`);
  expect([code].flat(), error.message).toContain(error.code);
  for (const mention of mentions) expect(error.message).toMatch(mention);
  return error;
}
