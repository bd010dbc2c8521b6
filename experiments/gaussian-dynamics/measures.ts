/** Distances of states from their own items, iteration by iteration: one line of the dynamics experiment. */

import { max, mean, sum } from 'd3-array';
import { basinRadius, type CallOptions, GaussianMemory } from 'denseam';
import type { ExperimentContext } from '../core/experiment.ts';
import { Stages } from '../core/stages.ts';
import { median, quantile, shareOf } from '../core/statistics.ts';
import { distancesToOwn, drawItems, drawQueries, range } from '../shared/sphereItems.ts';
import type { DynamicsSettings } from './settings.ts';

export interface MeasuredLine extends DynamicsLine {
  readonly points: readonly DynamicsPoint[];
}

/** Cost of a line in d dimensions with general covariances relative to commuting ones, for the progress only. */
const generalCost = 20;

export async function measureLines(settings: DynamicsSettings, context: ExperimentContext): Promise<MeasuredLine[]> {
  const { dimensions, betas } = settings;
  const lines = dynamicsCases.flatMap((kind) =>
    dimensions.flatMap((dimension) => betas.map((beta) => ({ kind, dimension, beta }))),
  );
  const cost = ({ kind, dimension }: DynamicsLine) => dimension * (kind === 'general' ? generalCost : 1);
  const stages = new Stages(sum(lines, cost), context);
  const measured: MeasuredLine[] = [];
  for (const line of lines) {
    const { kind, dimension, beta } = line;
    // Part names have letters, digits and dashes.
    const name = `${kind}-d${dimension}-beta${beta}`.replaceAll(/[^a-zA-Z0-9]+/g, '-');
    const points = await stages.run(`${kind}, d = ${dimension}, beta ${beta}`, cost(line), (options) =>
      context.parts.part(name, () => measureLine(line, settings, options)),
    );
    measured.push({ ...line, points });
  }
  return measured;
}

/** Families of items and their perturbations. */
const dynamicsCases = ['commuting, dilated', 'commuting, random', 'general'] as const;

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
