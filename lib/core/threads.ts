import { native } from '../native.ts';
import { integer } from './validate.ts';

const greatest = 1024;

/** How many threads compute, in the whole process. At first as many as there are cores, or DENSEAM_THREADS of the environment. */
export function threads(): number {
  return native.threads();
}

/**
 * Sets how many threads compute, in the whole process. Results do not depend on it.
 *
 * @throws DenseamError ERR_RANGE.
 */
export function setThreads(count: number): void {
  native.setThreads(integer('count', count, 1, greatest));
}
