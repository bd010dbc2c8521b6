import { DenseamError } from '../core/errors.ts';
import { integer } from '../core/validate.ts';
import { native } from './addon.ts';

/**
 * Number of computing threads in the whole process. Default: DENSEAM_THREADS of the environment, or as many as the
 * process may use: the processors of its affinity, or fewer by the quotas of its container.
 */
export function threads(): number {
  return native.threads();
}

/**
 * Sets the number of computing threads in the whole process. Results do not depend on it.
 *
 * @throws DenseamError ERR_RANGE, also for more threads than the linked OpenBLAS was built for.
 */
export function setThreads(count: number): void {
  const most = native.mostThreads();
  if (Number.isSafeInteger(count) && count > most) {
    const expected = `at most ${most}`;
    throw new DenseamError(
      'ERR_RANGE',
      `Expected ${expected} for count, the limit of the linked OpenBLAS, but received ${count}`,
      { argument: 'count', expected, received: String(count) },
    );
  }
  native.setThreads(integer('count', count, 1, most));
}
