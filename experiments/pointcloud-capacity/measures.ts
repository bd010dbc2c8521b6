/** Measures of the capacity experiment: recall, separation and basins of random point clouds. */

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
import type { ExperimentContext } from '../core/experiment.ts';
import { Stages } from '../core/stages.ts';
import { shareOf } from '../core/statistics.ts';
import { areClose, measureClosePairs, type PairsRow } from './pairs.ts';
import type { CloudCapacitySettings } from './settings.ts';

const variedLists = { epsilon: 'epsilons', beta: 'betas', divergence: 'divergences' } as const;

export async function measureAll(settings: CloudCapacitySettings, context: ExperimentContext): Promise<MeasuredClouds> {
  const { counts, separationCounts, dimensions } = settings;
  const ends = new Set([separationCounts[0] as number, separationCounts.at(-1) as number]);
  const varied = Object.keys(variedLists) as (keyof typeof variedLists)[];
  const inDimension = 1 + separationCounts.length + ends.size;
  const total = settings.pairDimensions.length + dimensions.length * inDimension + varied.length;
  const stages = new Stages(total, context);
  const part = <T>(name: string, measure: (options: CallOptions) => Promise<T>) =>
    stages.run(name, 1, (options) => context.parts.part(name, () => measure(options)));
  const grid: CloudRecallRow[] = [];
  const pairs: PairsRow[] = [];
  const separations: SeparationRow[] = [];
  const basins: BasinRow[] = [];
  for (const dimension of settings.pairDimensions) {
    pairs.push(await part(`pairs-d${dimension}`, (options) => measureClosePairs(dimension, settings, options)));
  }
  for (const dimension of dimensions) {
    const lists = { counts, dimensions: [dimension], divergences: settings.capacityDivergences };
    grid.push(...(await part(`recall-d${dimension}`, (options) => measureRecall(lists, settings, options))));
    for (const count of separationCounts) {
      const name = `separation-d${dimension}-n${count}`;
      separations.push(await part(name, (options) => measureSeparation(dimension, count, settings, options)));
    }
    for (const count of ends) {
      const name = `basins-d${dimension}-n${count}`;
      basins.push(...(await part(name, (options) => measureBasins(dimension, count, settings, options))));
    }
  }
  const variations: VariedRow[] = [];
  for (const name of varied) {
    const lists = { [variedLists[name]]: settings[variedLists[name]] };
    const rows = await part(`recall-by-${name}`, (options) => measureRecall(lists, settings, options));
    variations.push(...rows.map((row) => ({ ...row, varied: name, value: row[name] })));
  }
  return { grid, variations, pairs, separations, basins };
}

/**
 * Channels of perturbation and recall: points only, since weights are equal and another experiment studies reweighting.
 */
const flow = { channels: 'points', reweightStep: 0 } as const;

type Base = Record<'count' | 'dimension' | 'epsilon' | 'beta' | 'divergence', number>;

function baseOf(settings: CloudCapacitySettings): Base {
  const { baseCount: count, baseDimension: dimension, baseEpsilon: epsilon, baseBeta: beta } = settings;
  return { count, dimension, epsilon, beta, divergence: settings.baseDivergence };
}

/** Recall with these lists, completed by the base settings. */
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
 * Whether basins of the base divergence are disjoint, over `trials` memories. Roots of divergences count as distances,
 * which they nearly are: two balls are disjoint if their centres are further apart than the sum of their radii.
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
  /** Divergence to the nearest other item. */
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

/** Recall with the base settings and one varied number: its name and value. */
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
