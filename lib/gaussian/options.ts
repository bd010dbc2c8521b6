import { callOptions, described, optional, specify } from '../core/options.ts';
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

export const ridgeOptions = specify<RidgeOptions>()({
  ridge: described(optional(nonNegative, 0), 'number', 'ridge added to every variance of the queries'),
});
export const mapOptions = specify<CallOptions & RidgeOptions>()({ ...callOptions, ...ridgeOptions });
