import { rangeError } from './validate.ts';

/** Bounds on the threads of a process. */
export interface ThreadBounds {
  /** DENSEAM_THREADS of the environment. */
  readonly wish: string | undefined;
  /** Processors that the process may run on, and the number that its quota allows. */
  readonly processors: number;
  readonly quota: number;
  /** Greatest number of threads of the linked BLAS. */
  readonly most: number;
}

/**
 * Default number of threads: the wish, or as many as the process may use.
 *
 * @throws DenseamError ERR_RANGE for a wish that cannot be met.
 */
export function defaultThreads({ wish, processors, quota, most }: ThreadBounds): number {
  if (wish === undefined || wish === '') return Math.max(1, Math.min(processors, quota, most));
  const count = /^\d+$/.test(wish) ? Number(wish) : Number.NaN;
  if (count >= 1 && count <= most) return count;
  throw rangeError('DENSEAM_THREADS of the environment', `an integer from 1 to ${most}`, wish);
}
