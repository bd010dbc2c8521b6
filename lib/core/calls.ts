import { native, type ProgressCallback, type Task } from '../native.ts';
import { DenseamError, type ErrorCode } from './errors.ts';
import type { CallOptions } from './types.ts';

// At exit the process takes down what a running kernel stands on, so those that still run are stopped first.
process.on('exit', () => native.stop());

/**
 * Runs one native task and returns what its promise gives. Its coded errors become {@link DenseamError}s. When the signal is
 * aborted, rejects at once with the signal's reason, while the task stops at its next poll.
 */
export async function runTask<T>(
  start: (onProgress: ProgressCallback) => Task<T>,
  options: CallOptions = {},
): Promise<T> {
  const { signal, onProgress } = options;
  signal?.throwIfAborted();
  const task = coded(() => start(onProgress));
  const settled = task.promise.catch((error: unknown) => {
    throw asDenseamError(error);
  });
  return signal ? await orAborted(settled, signal, () => task.abort()) : await settled;
}

async function orAborted<T>(promise: Promise<T>, signal: AbortSignal, abort: () => void): Promise<T> {
  let onAbort: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => {
      abort();
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    promise.catch(() => {}); // after an abort nobody else waits for it
  }
}

/** Runs a native call that may throw at once. */
function coded<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw asDenseamError(error);
  }
}

function asDenseamError(error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message: string };
  const isCoded = typeof code === 'string' && code.startsWith('ERR_') && !(error instanceof DenseamError);
  return isCoded ? new DenseamError(code as ErrorCode, message, { cause: error }) : error;
}
