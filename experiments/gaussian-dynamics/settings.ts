/** The choices of the dynamics experiment. */

import { integer, positive, rangeError } from '../core/check.ts';
import type { ExperimentSettings } from '../core/experiment.ts';

/** Five iterations show where states go. */
export const defaultDynamicsSettings: DynamicsSettings = {
  count: 1000,
  dimensions: [10, 20],
  betas: [0.1, 2],
  perturbedShare: 0.75,
  range: [1, 1.1],
  iterations: 5,
  threshold: 0.1,
  seed: 1,
};

/** Settings of a run of seconds. */
export const quickDynamicsSettings: DynamicsSettings = { ...defaultDynamicsSettings, count: 200, iterations: 2 };

export function check({ count, perturbedShare, range, iterations, threshold }: DynamicsSettings): void {
  integer('settings.count', count, 1, Number.MAX_SAFE_INTEGER);
  integer('settings.iterations', iterations, 1, Number.MAX_SAFE_INTEGER);
  positive('settings.threshold', threshold);
  positive('settings.range[0]', range[0]);
  if (!(perturbedShare <= 1 && Math.round(perturbedShare * count) >= 1)) {
    throw rangeError('settings.perturbedShare', 'a share that perturbs one item or more, at most 1', perturbedShare);
  }
}

/** The choices of the dynamics experiment. */
export interface DynamicsSettings extends ExperimentSettings {
  /** N: how many items are stored. */
  readonly count: number;
  readonly dimensions: readonly number[];
  readonly betas: readonly number[];
  /** Share of the items that are perturbed, the first ones. */
  readonly perturbedShare: number;
  /**
   * Least and greatest eigenvalue of commuting covariances. Queries are at the distance of the square root of the
   * least.
   */
  readonly range: readonly number[];
  readonly iterations: number;
  /** A state this near to its own item, in W2, has recovered it. */
  readonly threshold: number;
}
