/** How far states are from their own item, iteration by iteration: one line of the dynamics experiment. */

import { max, mean } from 'd3-array';
import { basinRadius, type CallOptions, GaussianMemory } from 'denseam';
import type { ExperimentSettings } from '../core/experiment.ts';
import { median, quantile, shareOf } from '../core/statistics.ts';
import { distancesToOwn, drawItems, drawQueries, range } from '../shared/sphereItems.ts';

/** The choices of the dynamics experiment. */
export interface DynamicsSettings extends ExperimentSettings {
  /** N: how many items are stored. */
  readonly count: number;
  readonly dimensions: readonly number[];
  readonly betas: readonly number[];
  /** Of the items: so many are perturbed, the first ones. */
  readonly perturbedShare: number;
  /** Least and greatest eigenvalue of commuting covariances. Queries are at the distance of the square root of the least. */
  readonly range: readonly number[];
  readonly iterations: number;
  /** A state this near to its own item, in W2, has recovered it. */
  readonly threshold: number;
}

/** How items and their perturbations are drawn. */
export const dynamicsCases = ['commuting, dilated', 'commuting, random', 'general'] as const;
export type DynamicsCase = (typeof dynamicsCases)[number];

export interface DynamicsLine {
  readonly kind: DynamicsCase;
  readonly dimension: number;
  readonly beta: number;
}

/** The states after so many iterations; distances are W2 to the own item. */
export interface DynamicsPoint {
  readonly iteration: number;
  readonly median: number;
  readonly mean: number;
  /** Nine in ten states are at least as far. */
  readonly lower: number;
  /** Nine in ten states are at most as far. */
  readonly upper: number;
  readonly largest: number;
  /** Share of the states that have recovered their item. */
  readonly within: number;
  /** Share of the states to which their own item is the nearest. */
  readonly nearest: number;
}

/** Follows the queries through the iterations. */
export async function measureLine(
  { kind, dimension, beta }: DynamicsLine,
  { count, perturbedShare, range: eigenvalues, iterations, threshold, seed }: DynamicsSettings,
  { signal, onProgress }: CallOptions,
): Promise<DynamicsPoint[]> {
  const covariances = kind === 'general' ? 'general' : 'commuting';
  const items = await drawItems({ covariances, count, dimension, range: eigenvalues, seed }, { signal });
  const targets = range(items, 0, Math.round(perturbedShare * count));
  const direction = kind === 'commuting, dilated' ? 'commuting' : 'general';
  const radius = basinRadius(eigenvalues[0] as number);
  const memory = await GaussianMemory.create(items, { signal });
  let states = await drawQueries(targets, radius, { covariances: direction, seed }, { signal });
  const points: DynamicsPoint[] = [];
  for (let iteration = 0; iteration <= iterations; iteration++) {
    if (iteration > 0) states = await memory.step(states, { beta, signal });
    const { indices } = await memory.nearest(states, { signal });
    const distances = await distancesToOwn(states, targets, { signal });
    const nearest = shareOf(indices, (item, query) => item === query);
    points.push({ iteration, ...summary(distances, threshold), nearest });
    onProgress?.({ completed: iteration, total: iterations });
  }
  return points;
}

function summary(distances: Float64Array, threshold: number): Omit<DynamicsPoint, 'iteration' | 'nearest'> {
  return {
    median: median(distances),
    mean: mean(distances) as number,
    lower: quantile(distances, 0.1),
    upper: quantile(distances, 0.9),
    largest: max(distances) as number,
    within: shareOf(distances, (distance) => distance <= threshold),
  };
}
