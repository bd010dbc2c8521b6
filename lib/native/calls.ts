import { DenseamError, type ErrorCode, type Fault } from '../core/errors.ts';
import type { CallOptions } from '../core/types.ts';
import { native, type ProgressCallback, type Task } from './addon.ts';

// At exit the process frees state that running kernels use, so they are stopped first.
process.on('exit', () => native.stop());

/**
 * Runs one native task and returns its result. Its coded errors become {@link DenseamError}s. When the signal is
 * aborted or the progress callback throws, rejects at once with the signal's reason or the thrown value, while the task
 * stops at its next poll.
 */
export async function runTask<T>(
  start: (onProgress: ProgressCallback) => Task<T>,
  options: CallOptions = {},
): Promise<T> {
  const { signal, onProgress } = options;
  signal?.throwIfAborted();
  let interrupt: (reason: unknown) => void = () => {};
  const interrupted = new Promise<never>((_, reject) => {
    interrupt = reject;
  });
  const task = coded(() => start(onProgress && guarded(onProgress, (error) => interrupt(error))));
  const settled = task.promise.catch((error: unknown) => {
    throw asDenseamError(error);
  });
  const onAbort = () => interrupt(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  interrupted.catch(() => task.abort());
  try {
    return await Promise.race([settled, interrupted]);
  } finally {
    signal?.removeEventListener('abort', onAbort);
    settled.catch(() => {}); // after an interruption nobody else waits for it
  }
}

/** The callback, with its errors passed to `onError`. */
function guarded(
  onProgress: NonNullable<ProgressCallback>,
  onError: (error: unknown) => void,
): NonNullable<ProgressCallback> {
  return (progress) => {
    try {
      onProgress(progress);
    } catch (error) {
      onError(error);
    }
  };
}

/** Runs a native call that may throw at once; its coded errors become {@link DenseamError}s. */
export function coded<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw asDenseamError(error);
  }
}

function asDenseamError(error: unknown): unknown {
  const { code, message, fault } = error as { code?: unknown; message: string; fault?: Fault };
  const isCoded = typeof code === 'string' && code.startsWith('ERR_') && !(error instanceof DenseamError);
  return isCoded ? new DenseamError(code as ErrorCode, fault ?? message, { cause: error }) : error;
}
