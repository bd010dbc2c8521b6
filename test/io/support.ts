import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { DenseamError, type ErrorCode } from '../../lib/core/errors.ts';

/** A fresh directory for every test of the file; call the result for a path in it. */
export function temporaryDirectory(): (name?: string) => string {
  let directory = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'denseam-test-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));
  return (name = '') => join(directory, name);
}

/** Expects a DenseamError with this code whose message matches, from a promise or a function. */
export async function expectFault(
  call: Promise<unknown> | (() => unknown),
  code: ErrorCode,
  message: RegExp,
): Promise<DenseamError> {
  const error = await (async () => (typeof call === 'function' ? call() : call))().then(
    (value) => expect.fail(`Expected ${code} but nothing was thrown; received ${value}`),
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(DenseamError);
  expect({ code: (error as DenseamError).code, message: (error as DenseamError).message }).toEqual({
    code,
    message: expect.stringMatching(message),
  });
  return error as DenseamError;
}
