/** The choices of the capacity experiment. */

import { integer, positive, rangeError } from '../core/check.ts';
import type { ExperimentSettings } from '../core/experiment.ts';
import { ascending } from '../core/statistics.ts';

/** Settings at which recall breaks down between the least and the greatest count in the dimensions between. */
export const defaultCapacitySettings: CapacitySettings = {
  counts: [32, 100, 316, 1000, 3162, 10_000, 31_623],
  dimensions: [4, 5, 6, 7, 8, 9, 10, 11, 12, 14],
  betas: [0.5, 1, 2, 4, 8],
  queries: 200,
  range: [1, 1.1],
  maxIterations: 20,
  threshold: 0.1,
  separationCount: 1000,
  recoveredShare: 0.9,
  seed: 1,
};

/** Settings of a run of seconds. */
export const quickCapacitySettings: CapacitySettings = {
  ...defaultCapacitySettings,
  counts: [32, 100, 316, 1000, 3162],
  dimensions: [6, 7, 8, 9],
  betas: [0.5, 2],
  maxIterations: 10,
};

export function check({ counts, dimensions, betas, queries, range, recoveredShare }: CapacitySettings): void {
  ascending('settings.counts', counts);
  ascending('settings.dimensions', dimensions);
  ascending('settings.betas', betas);
  // The nearest other item needs another item.
  integer('settings.counts[0]', counts[0], 2, Number.MAX_SAFE_INTEGER);
  integer('settings.queries', queries, 1, Number.MAX_SAFE_INTEGER);
  positive('settings.range[0]', range[0]);
  if (!(positive('settings.recoveredShare', recoveredShare) <= 1)) {
    throw rangeError('settings.recoveredShare', 'a number above 0 and at most 1', recoveredShare);
  }
}

/** The choices of the capacity experiment. */
export interface CapacitySettings extends ExperimentSettings {
  /** N: how many items are stored, in ascending order. */
  readonly counts: readonly number[];
  /** Dimensions in ascending order. */
  readonly dimensions: readonly number[];
  readonly betas: readonly number[];
  /** The first items, or all if there are fewer, are perturbed. */
  readonly queries: number;
  /**
   * Least and greatest eigenvalue. Queries are at the distance of the square root of the least, in a random direction.
   */
  readonly range: readonly number[];
  readonly maxIterations: number;
  /** A state this near to its own item, in W2, has recovered it. */
  readonly threshold: number;
  /** The separation of more items than this is not measured: it takes count^2 / 2 pairs. */
  readonly separationCount: number;
  /** N is within a memory's capacity if this share of the queries is recovered. */
  readonly recoveredShare: number;
}
