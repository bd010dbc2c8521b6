import { aBoolean, callOptions, optional, specify } from '../core/options.ts';
import type { CallOptions } from '../core/types.ts';

/** Storage options of memories of vectors and of Gaussians. */
export interface CreateOptions extends CallOptions {
  /**
   * Whether the items get an index, which bounds distances at a fraction of the cost of one. Default true.
   *
   * Full covariances: the root and the spectrum of each, in single precision. It takes 2 d (d + 3) bytes an item, half
   * of what a covariance takes in float64, and one decomposition with eigenvectors when an item is stored (some 80 ms
   * at d = 768, 7 microseconds at d = 20). Without it only means and traces bound distances.
   *
   * Other items: a code of one byte for each of their numbers, and 16 bytes more, where they have 64 numbers or more
   * and are 4096 or more.
   *
   * A memory with an index saves it; `load` with `index: false` leaves it out.
   */
  readonly index?: boolean | undefined;
}

export const createOptions = specify<CreateOptions>()({ ...callOptions, index: optional(aBoolean, true) });
