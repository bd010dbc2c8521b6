/** The choices of the experiment on the capacity of the point-cloud memory. */

import { integer, positive } from '../core/check.ts';
import type { ExperimentSettings } from '../core/experiment.ts';
import { ascending } from '../core/statistics.ts';

/**
 * Recall breaks between the least and the greatest count in the lower dimensions, and in the base with each other list.
 */
export const defaultCloudCapacitySettings: CloudCapacitySettings = {
  points: 6,
  counts: [10, 30, 100, 300, 1000],
  separationCounts: [10, 30, 100, 300],
  baseCount: 100,
  dimensions: [3, 4, 5, 6, 8, 12, 16],
  baseDimension: 4,
  epsilons: [0.1, 0.3, 1, 3, 10],
  baseEpsilon: 0.5,
  betas: [0.3, 1, 3, 10, 30],
  baseBeta: 10,
  divergences: [0.1, 0.3, 1, 3, 10],
  baseDivergence: 3,
  capacityDivergences: [1, 3, 5],
  pairs: 400_000,
  pairDimensions: [6, 7, 8, 9, 10, 11],
  queries: 100,
  trials: 10,
  basins: 5,
  basinTrials: 10,
  maxIterations: 60,
  threshold: 1e-2,
  seed: 1,
};

/** Settings of a run of seconds. */
export const quickCloudCapacitySettings: CloudCapacitySettings = {
  ...defaultCloudCapacitySettings,
  ...{
    counts: [10, 30],
    separationCounts: [10, 30],
    dimensions: [2, 3, 16],
    baseCount: 10,
    epsilons: [0.3, 3],
    betas: [1, 10],
    divergences: [0.3, 3],
    capacityDivergences: [3],
  },
  ...{
    pairs: 10_000,
    pairDimensions: [6, 7, 8, 9],
    queries: 10,
    trials: 4,
    basins: 2,
    basinTrials: 4,
    maxIterations: 30,
  },
};

/** Greatest number of clouds, pairs or queries: more would take days. */
const mostItems = 1e8;

/** Queries that are made of one item at a time. */
const mostTrials = 1e5;

export function check(settings: CloudCapacitySettings): void {
  const { counts, separationCounts, dimensions, pairDimensions } = settings;
  for (const [name, list] of Object.entries({ counts, separationCounts, dimensions, pairDimensions })) {
    ascending(`settings.${name}`, list);
    // A single item has no neighbour to be apart from.
    const least = name.endsWith('ounts') ? 2 : 1;
    for (const [at, value] of list.entries()) integer(`settings.${name}[${at}]`, value, least, mostItems);
  }
  integer('settings.baseCount', settings.baseCount, 2, mostItems);
  for (const name of ['points', 'baseDimension', 'pairs', 'queries', 'trials', 'basins'] as const) {
    integer(`settings.${name}`, settings[name], 1, mostItems);
  }
  integer('settings.basinTrials', settings.basinTrials, 1, mostTrials);
  integer('settings.maxIterations', settings.maxIterations, 1, 2 ** 31 - 1);
  for (const name of ['baseEpsilon', 'baseBeta', 'baseDivergence', 'threshold'] as const) {
    positive(`settings.${name}`, settings[name]);
  }
  for (const name of ['epsilons', 'betas', 'divergences', 'capacityDivergences'] as const) {
    for (const [at, value] of settings[name].entries()) positive(`settings.${name}[${at}]`, value);
  }
}

/** Settings of the capacity experiment: lists of varied values, and `base...`, the fixed ones. */
export interface CloudCapacitySettings extends ExperimentSettings {
  /** Points of each cloud; centres are standard normal, points too about their centre. */
  readonly points: number;
  /** N, for recall. */
  readonly counts: readonly number[];
  /** N of the memories whose separation is measured and, of the first and the last of these, the basins. */
  readonly separationCounts: readonly number[];
  readonly baseCount: number;
  /** d. */
  readonly dimensions: readonly number[];
  readonly baseDimension: number;
  readonly epsilons: readonly number[];
  readonly baseEpsilon: number;
  readonly betas: readonly number[];
  readonly baseBeta: number;
  /** Between items and queries. */
  readonly divergences: readonly number[];
  readonly baseDivergence: number;
  /** Divergences at which every count is recalled in every dimension. */
  readonly capacityDivergences: readonly number[];
  /** Items of a memory that queries are made from. */
  readonly queries: number;
  /** Random pairs whose divergence is measured, and the dimensions, in which they are seldom close but not never. */
  readonly pairs: number;
  readonly pairDimensions: readonly number[];
  /** Memories for each separation. */
  readonly trials: number;
  /** Items of a memory whose basins are measured, and the queries that each divergence of a basin is tried with. */
  readonly basins: number;
  readonly basinTrials: number;
  readonly maxIterations: number;
  /** A state this near to its own item, in divergence, has recovered it. */
  readonly threshold: number;
}
