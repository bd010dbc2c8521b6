/** Recall of Gaussians against beta, for the text experiments. */

import {
  basinRadius,
  type CallOptions,
  type FloatArray,
  type GaussianMemory,
  type Gaussians,
  perturb,
  Random,
} from 'denseam';
import { lines, logarithmic, series, share } from '../core/charts.ts';
import { integer, rangeError } from '../core/check.ts';
import type { Finding, ResultChart, ResultTable } from '../core/experiment.ts';
import { power } from '../core/power.ts';
import {
  medianNeighbourDistance,
  nearestItemLimit,
  type RecallPoint,
  type RecallSettings,
  summary,
} from '../core/recall.ts';
import { median, percent } from '../core/statistics.ts';
import { table } from '../core/table.ts';

/** Task of a sweep over beta. */
export interface SweepTask {
  /** Name of the memory in tables and charts. */
  readonly label: string;
  readonly items: Gaussians;
  readonly queries: Gaussians;
  /** The own item of every query. */
  readonly targets: Int32Array;
}

/** Recall at every beta. */
export interface SweepCurve {
  readonly label: string;
  readonly items: number;
  readonly dimension: number;
  readonly queries: number;
  /** Median squared distance from an item to its nearest neighbour. */
  readonly neighbourDistance: number;
  /** Median squared distance from a query to the item nearest to it. */
  readonly queryDistance: number;
  /** Share of queries to which their own item is the nearest: what recall tends to as beta grows. */
  readonly limit: number;
  readonly points: readonly RecallPoint[];
}

/** Recalls the queries at every beta. */
export async function measureSweep(
  memory: GaussianMemory,
  { label, items, queries, targets }: SweepTask,
  settings: RecallSettings,
  { signal, onProgress }: CallOptions,
): Promise<SweepCurve> {
  const neighbourDistance = await medianNeighbourDistance(memory, items, { signal });
  const limit = await nearestItemLimit(memory, queries, targets, { signal });
  const { distances } = await memory.nearest(queries, { signal });
  const betas = settings.scaledBetas.map((scaledBeta) => scaledBeta / neighbourDistance);
  const tolerance = settings.tolerance * Math.sqrt(neighbourDistance);
  const { maxIterations } = settings;
  const retrievals = await memory.sweep(queries, { betas, tolerance, maxIterations, signal, onProgress });
  const points = retrievals.map((retrieval, at) => ({
    scaledBeta: settings.scaledBetas[at] as number,
    beta: betas[at] as number,
    ...summary(retrieval, targets, neighbourDistance),
  }));
  const { count, dimension } = items;
  const queryDistance = median(distances);
  return { label, items: count, dimension, queries: queries.count, neighbourDistance, queryDistance, limit, points };
}

/**
 * Queries from items without a common basis: each is its item moved by W2 = sqrt(least variance of all), the radius of
 * the basins in the paper's theory, as in its experiment on synthetic Gaussians.
 */
export function basinQueries(items: Gaussians, targets: Int32Array, seed: number): Promise<Gaussians> {
  if (items.structure === 'full') throw rangeError('structure', 'diagonal or isotropic', items.structure);
  let leastVariance = Number.POSITIVE_INFINITY;
  for (const variance of items.covariances) leastVariance = Math.min(leastVariance, variance);
  return perturb(selectGaussians(items, targets), basinRadius(leastVariance), { seed });
}

/** Indices of the items that queries are made of, in random order. */
export function drawTargets(queries: number, items: number, seed: number): Int32Array {
  return new Random(seed).sample(integer('settings.queries', queries, 1, items), items);
}

/** The items of these indices. */
export function selectGaussians(gaussians: Gaussians, indices: Int32Array): Gaussians {
  const select = (values: FloatArray): FloatArray => {
    const width = values.length / gaussians.count;
    const selected = values.slice(0, indices.length * width);
    for (const [to, from] of indices.entries())
      selected.set(values.subarray(from * width, (from + 1) * width), to * width);
    return selected;
  };
  const { means, covariances } = gaussians;
  return { ...gaussians, count: indices.length, means: select(means), covariances: select(covariances) };
}

/** Parts of a curve that show a transition. */
type Rise = Pick<SweepCurve, 'points' | 'queries' | 'limit'>;

/**
 * The beta at which recall passes a share, on the line between two points (in log beta); undefined if it never does.
 */
function passingBeta({ points }: Pick<SweepCurve, 'points'>, share: number): number | undefined {
  const above = points.findIndex(({ right }) => right >= share);
  const [before, after] = [points[above - 1], points[above]];
  if (!before || !after) return undefined;
  return before.beta * power(after.beta / before.beta, (share - before.right) / (after.right - before.right));
}

/** The beta at which recall passes one half. */
export const halfwayBeta = (curve: Pick<SweepCurve, 'points'>) => passingBeta(curve, 0.5);

/** Least share of the possible recall that counts as success. */
const success = 0.99;

/**
 * Greatest share that counts as failure: if all queries end in the middle, one may still have the item nearest to it.
 */
const failure = ({ queries }: Rise) => Math.max(0.01, 1 / queries);

/**
 * Factor of beta within which a steep rise goes from 10 to 90 % of what is possible. The weight of one item among 1,000
 * at equal distances does so within a factor of 1.9, as log(weight / (1 - weight)) goes from -log 9 to log 9; the limit
 * is twice that, for queries whose neighbours are at different distances. A share that saturates, beta / (beta + c),
 * takes a factor of 81.
 */
const steep = 4;

/** The factor of beta from 10 to 90 % of what is possible. */
function width(curve: Rise, possible: number): number {
  const [from, to] = [passingBeta(curve, 0.1 * possible), passingBeta(curve, 0.9 * possible)];
  return from === undefined || to === undefined ? Number.POSITIVE_INFINITY : to / from;
}

/**
 * Whether recall goes from nothing to what is possible over the sweep, and steeply. Where the claim is of all queries,
 * that is all of them; of queries that were damaged it is their nearest-item limit, which recall tends to at great beta
 * whatever the memory: what can fail then is the start and the steepness.
 */
function hasTransition(curve: Rise, possible: number): boolean {
  const [first, last] = [curve.points[0]?.right ?? 1, curve.points.at(-1)?.right ?? 0];
  return first <= failure(curve) && last >= success * possible && width(curve, possible) <= steep;
}

/**
 * One beside what the paper says of the transition (`published`; nothing of a memory that it does not have), one of
 * where it is, which the paper only draws.
 */
export function transitionFindings(curve: SweepCurve, published: string): Finding[] {
  const { label, points, neighbourDistance, limit } = curve;
  const [first, last] = [points[0], points.at(-1)] as [RecallPoint, RecallPoint];
  const shown = (beta: number) => beta.toPrecision(3);
  const halfway = halfwayBeta(curve);
  const reached = `${percent(first.right)} at beta ${shown(first.beta)}, ${percent(last.right)} at beta ${shown(last.beta)}`;
  const position = (beta: number) =>
    `half at beta ${shown(beta)} (${shown(beta * neighbourDistance)} over the median squared distance to the nearest neighbour)`;
  return [
    {
      what: `recalled as beta grows, ${label}`,
      published,
      ours: limit < success ? `${reached}; ${percent(limit)} are nearest to their own item` : reached,
      ...transitionVerdict(curve, published),
    },
    {
      what: `position of the transition, ${label}`,
      published: '',
      ours: halfway === undefined ? 'none' : position(halfway),
      verdict: 'not published',
    },
  ];
}

/** The verdict on a claim of a transition, `published`, see {@link hasTransition}. */
export function transitionVerdict(curve: Rise, published: string, possible = 1): Pick<Finding, 'verdict' | 'why'> {
  if (published === '') return { verdict: 'not published' };
  if (hasTransition(curve, possible)) return { verdict: 'reproduced' };
  return { verdict: 'not reproduced', why: missingTransition(curve, possible) };
}

function missingTransition(curve: Rise, possible: number): string {
  const [first, last] = [curve.points[0]?.right ?? 1, curve.points.at(-1)?.right ?? 0];
  if (first > failure(curve)) return 'the least beta of the sweep recalls some already';
  if (curve.limit < success * possible)
    return `the nearest item is their own for ${percent(curve.limit)} of the queries`;
  if (last < success * possible) return 'the greatest beta of the sweep recalls less than is possible';
  return `it is not steep: from 10 to 90 % of what is possible, beta grows by more than a factor of ${steep}`;
}

/** The name of the table that {@link recallTable} makes and {@link recallChart} draws. */
const recallName = 'recall';

export function recallTable(curves: readonly SweepCurve[]): ResultTable {
  return table({
    name: recallName,
    title: 'Recall against beta',
    columns: [
      { name: 'memory', title: 'memory', value: ({ label }) => label },
      { name: 'beta', title: 'beta', format: '.3~g' },
      { name: 'scaledBeta', title: 'beta x squared neighbour distance', format: '.3~g' },
      { name: 'right', title: 'recalled', format: '.1%' },
      { name: 'settled', title: 'state at its item', format: '.1%' },
      { name: 'medianIterations', title: 'median iterations', format: '.0f' },
      { name: 'converged', title: 'converged', format: '.0%' },
    ],
    rows: curves.flatMap(({ label, points }) => points.map((point) => ({ label, ...point }))),
  });
}

export function memoriesTable(curves: readonly SweepCurve[]): ResultTable {
  return table({
    name: 'memories',
    title: 'What is stored, and how far away the queries are',
    columns: [
      { name: 'memory', title: 'memory', value: ({ label }) => label },
      { name: 'items', title: 'items', format: ',d' },
      { name: 'dimension', title: 'dimension', format: 'd' },
      { name: 'queries', title: 'queries', format: ',d' },
      { name: 'neighbourDistance', title: 'squared distance to the neighbour', format: '.3~g' },
      { name: 'queryDistance', title: 'squared distance of a query', format: '.3~g' },
      { name: 'limit', title: 'own item nearest', format: '.1%' },
      { name: 'halfwayBeta', title: 'beta at half', format: '.3~g', value: (curve) => halfwayBeta(curve) ?? null },
    ],
    rows: curves,
  });
}

export function recallChart(what: string): ResultChart {
  return {
    name: recallName,
    title: `Share of ${what} recalled`,
    description: `The share of queries recalled as their own item against beta, for ${what}.`,
    table: recallName,
    specification: lines({
      x: logarithmic('beta', 'beta', { tickCount: 6 }),
      y: share('right', 'recalled'),
      by: series('memory', 'memory'),
    }),
  };
}
