/** Recall, separation and basins of random point clouds: what the experiment on their capacity measures. */

import { min } from 'd3-array';
import {
  type CallOptions,
  type CloudRecallRow,
  cloudSeparation,
  estimateBasinRadius,
  measureCloudRecall,
  PointCloudMemory,
  samplePointClouds,
} from 'denseam';
import type { ExperimentSettings } from '../core/experiment.ts';
import { shareOf } from '../core/statistics.ts';
import { areClose, type PairsRow } from './pairs.ts';

/** The choices of the capacity experiment: lists are what is varied, and `base...` what holds meanwhile. */
export interface CloudCapacitySettings extends ExperimentSettings {
  /** Of each cloud; centres are standard normal, points too about their centre. */
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
  /** With which every count is recalled in every dimension. */
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

/** Only points are moved and move: weights are all alike, and the tail of the reweighting is another experiment's subject. */
const flow = { channels: 'points', reweightStep: 0 } as const;

type Base = Record<'count' | 'dimension' | 'epsilon' | 'beta' | 'divergence', number>;

export function baseOf(settings: CloudCapacitySettings): Base {
  const { baseCount: count, baseDimension: dimension, baseEpsilon: epsilon, baseBeta: beta } = settings;
  return { count, dimension, epsilon, beta, divergence: settings.baseDivergence };
}

/** Recall with these lists, and the base for what they leave out. */
export function measureRecall(
  lists: Partial<Record<'counts' | 'dimensions' | 'epsilons' | 'betas' | 'divergences', readonly number[]>>,
  settings: CloudCapacitySettings,
  options: CallOptions,
): Promise<CloudRecallRow[]> {
  const { count, dimension, epsilon, beta, divergence } = baseOf(settings);
  const { points, queries, maxIterations, threshold, seed } = settings;
  return measureCloudRecall({
    counts: [count],
    dimensions: [dimension],
    epsilons: [epsilon],
    betas: [beta],
    divergences: [divergence],
    ...lists,
    ...{ ...flow, points, queries, maxIterations, threshold, seed, ...options },
  });
}

export interface SeparationRow {
  readonly dimension: number;
  readonly count: number;
  /** Least of all memories. */
  readonly separation: number;
  /** Share of the memories whose items are so far apart that balls of the base divergence about them are disjoint. */
  readonly disjoint: number;
}

/**
 * Whether basins of the base divergence are disjoint, over `trials` memories. Roots of divergences are taken for distances, as they
 * nearly are: two balls do not meet if their centres are further apart than the sum of their radii.
 */
export async function measureSeparation(
  dimension: number,
  count: number,
  settings: CloudCapacitySettings,
  { signal, onProgress }: CallOptions,
): Promise<SeparationRow> {
  const { points, baseEpsilon: epsilon, baseDivergence, trials, seed } = settings;
  const separations: number[] = [];
  for (let trial = 0; trial < trials; trial++) {
    const items = await samplePointClouds({ count, dimension, points, seed: seed + trial, signal });
    const memory = await PointCloudMemory.create(items, { epsilon, signal });
    separations.push((await cloudSeparation(memory, { signal })).divergence);
    onProgress?.({ completed: trial + 1, total: trials });
  }
  const disjoint = shareOf(separations, (separation) => !areClose(separation, baseDivergence));
  return { dimension, count, separation: min(separations) as number, disjoint };
}

export interface BasinRow {
  readonly dimension: number;
  readonly count: number;
  readonly index: number;
  /** Greatest divergence from which nine in ten perturbations came back. */
  readonly radius: number;
  /** To the nearest other item. */
  readonly neighbour: number;
}

/** Basins of the first items of a memory. */
export async function measureBasins(
  dimension: number,
  count: number,
  settings: CloudCapacitySettings,
  { signal, onProgress }: CallOptions,
): Promise<BasinRow[]> {
  const {
    points,
    baseEpsilon: epsilon,
    baseBeta: beta,
    basins,
    basinTrials,
    maxIterations,
    threshold,
    seed,
  } = settings;
  const items = await samplePointClouds({ count, dimension, points, seed, signal });
  const memory = await PointCloudMemory.create(items, { epsilon, signal });
  const options = { ...flow, beta, trials: basinTrials, maxIterations, threshold, seed, signal };
  const rows: BasinRow[] = [];
  const total = Math.min(basins, count);
  for (let index = 0; index < total; index++) {
    const { radius, neighbourDivergence } = await estimateBasinRadius(memory, index, options);
    rows.push({ dimension, count, index, radius, neighbour: neighbourDivergence });
    onProgress?.({ completed: index + 1, total });
  }
  return rows;
}

/** Recall with the base, but for one number: which, and its value. */
export interface VariedRow extends CloudRecallRow {
  readonly varied: string;
  readonly value: number;
}

/** All that is measured. */
export interface MeasuredClouds {
  /** Every count in every dimension. */
  readonly grid: readonly CloudRecallRow[];
  readonly variations: readonly VariedRow[];
  readonly pairs: readonly PairsRow[];
  readonly separations: readonly SeparationRow[];
  readonly basins: readonly BasinRow[];
}
