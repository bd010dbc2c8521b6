import { aBoolean, callOptions, described, optional, specify } from '../core/options.ts';
import type { CallOptions } from '../core/types.ts';
import { nonNegative } from '../core/validate.ts';

// The options for Gaussians.

/** Options of every verb of a Gaussian memory on queries. */
export interface RidgeOptions {
  /**
   * Ridge added to every variance of the queries (to the diagonal of full covariances). Default 0. Distances accept
   * singular queries, but no transport map leaves one: `step`, `retrieve` and `transportMaps` need a ridge for them.
   */
  readonly ridge?: number | undefined;
}

/** Storage options of a Gaussian memory. */
export interface CreateOptions extends CallOptions {
  /**
   * Whether full covariances get an index: the root and the spectrum of each, in single precision, which bound
   * distances at a thousandth of the cost of one. It takes 2 d (d + 3) bytes an item, half of what a covariance takes
   * in float64, and one decomposition with eigenvectors when an item is stored (some 80 ms at d = 768, 7 microseconds
   * at d = 20). Without it only means and traces bound distances. Default true.
   */
  readonly index?: boolean | undefined;
}

export const ridgeOptions = specify<RidgeOptions>()({
  ridge: described(optional(nonNegative, 0), 'number', 'ridge added to every variance of the queries'),
});
export const mapOptions = specify<CallOptions & RidgeOptions>()({ ...callOptions, ...ridgeOptions });
export const createOptions = specify<CreateOptions>()({ ...callOptions, index: optional(aBoolean, true) });
