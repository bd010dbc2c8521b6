/** Recall of random items on a Wasserstein sphere in one dimension, for growing numbers of them. */

import { max, mean, sum } from 'd3-array';
import { basinRadius, type CallOptions, GaussianMemory, type Gaussians, type Retrieval, separation } from 'denseam';
import type { ExperimentContext } from '../core/experiment.ts';
import { power } from '../core/power.ts';
import { Stages } from '../core/stages.ts';
import { median, shareOf } from '../core/statistics.ts';
import { distancesToOwn, drawItems, drawQueries, range } from '../shared/sphereItems.ts';
import type { CapacitySettings } from './settings.ts';

export interface MeasuredDimension {
  readonly dimension: number;
  readonly cells: readonly CapacityCell[];
}

export async function measureAll(settings: CapacitySettings, context: ExperimentContext): Promise<MeasuredDimension[]> {
  const stages = new Stages(settings.dimensions.length, context);
  const measured: MeasuredDimension[] = [];
  for (const dimension of settings.dimensions) {
    const cells = await stages.run(`d = ${dimension}`, 1, (options) =>
      context.parts.part(`d${dimension}`, () => measureDimension(dimension, settings, options)),
    );
    measured.push({ dimension, cells });
  }
  return measured;
}

export interface Capacity extends MeasuredCapacity {
  readonly dimension: number;
  readonly beta: number;
}

export function capacitiesOf(
  measured: readonly MeasuredDimension[],
  { betas, recoveredShare }: CapacitySettings,
): Capacity[] {
  return betas.flatMap((beta, b) =>
    measured.map(({ dimension, cells }) => {
      const points = cells.map(({ count, recalls }) => ({ count, recovered: recalls[b]?.recovered as number }));
      return { dimension, beta, ...measuredCapacity(points, recoveredShare) };
    }),
  );
}

export interface CapacityCell {
  readonly count: number;
  /** Least -log <X_i, X_j> of all pairs (paper, section on storage), if measured. */
  readonly separation: number | null;
  /** Median over the queries' items of the squared W2 to the nearest other item. */
  readonly neighbour: number;
  /** Recall for each beta. */
  readonly recalls: readonly CapacityRecall[];
}

export interface CapacityRecall {
  readonly beta: number;
  /** Share of the queries whose state is within the threshold of their own item. */
  readonly recovered: number;
  /** Share of the queries to whose state their own item is the nearest. */
  readonly nearest: number;
}

/**
 * One cell for each count. The items of smaller memories are the first of larger ones, so that queries are the same in
 * all.
 */
export async function measureDimension(
  dimension: number,
  settings: CapacitySettings,
  { signal, onProgress }: CallOptions,
): Promise<CapacityCell[]> {
  const { counts, range: eigenvalues, seed } = settings;
  const total = sum(counts);
  const shape = {
    covariances: 'commuting',
    count: max(counts) as number,
    dimension,
    range: eigenvalues,
    seed,
  } as const;
  const items = await drawItems(shape, { signal });
  const cells: CapacityCell[] = [];
  let completed = 0;
  for (const count of counts) {
    cells.push(await measureCount(range(items, 0, count), settings, { signal }));
    completed += count;
    onProgress?.({ completed, total });
  }
  return cells;
}

async function measureCount(
  items: Gaussians,
  settings: CapacitySettings,
  { signal }: CallOptions,
): Promise<CapacityCell> {
  const { betas, queries, range: eigenvalues, maxIterations, separationCount, seed } = settings;
  const { count } = items;
  const memory = await GaussianMemory.create(items, { signal });
  const targets = range(items, 0, Math.min(queries, count));
  const radius = basinRadius(eigenvalues[0] as number);
  const perturbed = await drawQueries(targets, radius, { covariances: 'general', seed }, { signal });
  const recalls: CapacityRecall[] = [];
  for (const [b, retrieval] of (await memory.sweep(perturbed, { betas, maxIterations, signal })).entries()) {
    recalls.push({ beta: betas[b] as number, ...(await shares(retrieval, targets, settings, { signal })) });
  }
  const neighbours = await memory.nearest(targets, { k: 2, signal });
  return {
    count,
    separation: count <= separationCount ? separation(items) : null,
    neighbour: median(neighbours.distances.filter((_, at) => at % 2 === 1)),
    recalls,
  };
}

async function shares(
  { states, nearest }: Retrieval<Gaussians>,
  targets: Gaussians,
  { threshold }: CapacitySettings,
  options: CallOptions,
): Promise<Omit<CapacityRecall, 'beta'>> {
  const distances = await distancesToOwn(states, targets, options);
  return {
    recovered: shareOf(distances, (distance) => distance <= threshold),
    nearest: shareOf(nearest, (item, query) => item === query),
  };
}

/** Measured capacity in one dimension. */
export interface MeasuredCapacity {
  /**
   * N at which the share of recovered queries falls to the target, interpolated in log N; null if the first count is
   * below it.
   */
  readonly count: number | null;
  /** Whether the share never fell, and the count is the greatest tried. */
  readonly isLeast: boolean;
}

/** The capacity that shares at growing counts show. */
export function measuredCapacity(
  points: readonly { readonly count: number; readonly recovered: number }[],
  share: number,
): MeasuredCapacity {
  const at = points.findIndex(({ recovered }) => recovered < share);
  if (at < 0) return { count: points.at(-1)?.count ?? null, isLeast: true };
  const [before, after] = [points[at - 1], points[at]];
  if (!before || !after) return { count: null, isLeast: false };
  const part = (before.recovered - share) / (before.recovered - after.recovered);
  return { count: before.count * power(after.count / before.count, part), isLeast: false };
}

export interface Growth {
  /** By how much log N grows with d, by least squares. */
  readonly rate: number;
  /** Correlation of log N and d. */
  readonly correlation: number;
}

/** Correlation from which points count as a line. */
const straight = 0.98;

/** Whether log N against d is close to a line. */
export function isStraight({ correlation }: Growth): boolean {
  return correlation >= straight;
}

/** Growth of N with d; undefined for fewer than three points. */
export function growthRate(
  points: readonly { readonly dimension: number; readonly count: number }[],
): Growth | undefined {
  if (points.length < 3) return undefined;
  const average = (value: (point: (typeof points)[number]) => number) => mean(points, value) as number;
  const [d, n] = [average(({ dimension }) => dimension), average(({ count }) => Math.log(count))];
  const dd = average(({ dimension }) => (dimension - d) ** 2);
  const nn = average(({ count }) => (Math.log(count) - n) ** 2);
  const dn = average(({ dimension, count }) => (dimension - d) * (Math.log(count) - n));
  return { rate: dn / dd, correlation: dn / Math.sqrt(dd * nn) };
}
