/** Recall of Gaussians against beta: what the text experiments measure and show. */

import { Random } from '../../core/random.ts';
import { median } from '../../core/statistics.ts';
import type { CallOptions, FloatArray, Gaussians } from '../../core/types.ts';
import { integer, rangeError } from '../../core/validate.ts';
import type { GaussianMemory } from '../../gaussian/memory.ts';
import { perturb } from '../../gaussian/sampling.ts';
import { basinRadius } from '../../gaussian/theory.ts';
import type { Finding, ResultChart, ResultTable } from '../experiment.ts';
import {
  medianNeighbourDistance,
  nearestItemLimit,
  type RecallPoint,
  type RecallSettings,
  summary,
} from '../recall.ts';
import { percent } from '../shares.ts';

/** What to recall. */
export interface SweepTask {
  /** How the memory is called in tables and charts. */
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
 * Queries from items without a common basis: each is its item moved by W2 = sqrt(least variance of all), the radius of the basins in the
 * paper's theory, as in its experiment on synthetic Gaussians.
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

/** The beta at which recall passes one half, on the line between two points (in log beta); undefined if it never does. */
export function halfwayBeta({ points }: Pick<SweepCurve, 'points'>): number | undefined {
  const above = points.findIndex(({ right }) => right >= 0.5);
  const [before, after] = [points[above - 1], points[above]];
  if (!before || !after) return undefined;
  const share = (0.5 - before.right) / (after.right - before.right);
  return before.beta * (after.beta / before.beta) ** share;
}

/** Share at and above which recall works. */
const success = 0.99;

/** Share at and below which it fails: one query of those that all end in the middle may have the item that is nearest to it. */
const failure = ({ queries }: SweepCurve) => Math.max(0.01, 1 / queries);

/** Whether recall goes from nothing to everything over the sweep. */
export function hasTransition(curve: SweepCurve): boolean {
  const { points } = curve;
  return (points[0]?.right ?? 1) <= failure(curve) && (points.at(-1)?.right ?? 0) >= success;
}

/**
 * One beside what the paper says of the transition (`published`; nothing of a memory that it does not have), one of where it is, which the
 * paper only draws.
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

function transitionVerdict(curve: SweepCurve, published: string): Pick<Finding, 'verdict' | 'why'> {
  if (published === '') return { verdict: 'not published' };
  if (hasTransition(curve)) return { verdict: 'reproduced' };
  return { verdict: 'not reproduced', why: missingTransition(curve) };
}

function missingTransition(curve: SweepCurve): string {
  if ((curve.points[0]?.right ?? 1) > failure(curve)) return 'the least beta of the sweep recalls some already';
  return `the nearest item is their own for ${percent(curve.limit)} of the queries`;
}

/** The name of the table that {@link recallTable} makes and {@link recallChart} draws. */
const recallName = 'recall';

export function recallTable(curves: readonly SweepCurve[]): ResultTable {
  return {
    name: recallName,
    title: 'Recall against beta',
    columns: [
      { name: 'memory', title: 'memory' },
      { name: 'beta', title: 'beta', format: '.3~g' },
      { name: 'scaledBeta', title: 'beta x squared neighbour distance', format: '.3~g' },
      { name: 'right', title: 'recalled', format: '.1%' },
      { name: 'settled', title: 'state at its item', format: '.1%' },
      { name: 'medianIterations', title: 'median iterations', format: '.0f' },
      { name: 'converged', title: 'converged', format: '.0%' },
    ],
    rows: curves.flatMap(({ label, points }) =>
      points.map(({ beta, scaledBeta, right, settled, medianIterations, converged }) => [
        label,
        beta,
        scaledBeta,
        right,
        settled,
        medianIterations,
        converged,
      ]),
    ),
  };
}

export function memoriesTable(curves: readonly SweepCurve[]): ResultTable {
  return {
    name: 'memories',
    title: 'What is stored, and how far away the queries are',
    columns: [
      { name: 'memory', title: 'memory' },
      { name: 'items', title: 'items', format: ',d' },
      { name: 'dimension', title: 'dimension', format: 'd' },
      { name: 'queries', title: 'queries', format: ',d' },
      { name: 'neighbourDistance', title: 'squared distance to the neighbour', format: '.3~g' },
      { name: 'queryDistance', title: 'squared distance of a query', format: '.3~g' },
      { name: 'limit', title: 'own item nearest', format: '.1%' },
      { name: 'halfwayBeta', title: 'beta at half', format: '.3~g' },
    ],
    rows: curves.map((curve) => [
      curve.label,
      curve.items,
      curve.dimension,
      curve.queries,
      curve.neighbourDistance,
      curve.queryDistance,
      curve.limit,
      halfwayBeta(curve) ?? null,
    ]),
  };
}

export function recallChart(what: string): ResultChart {
  return {
    name: recallName,
    title: `Share of ${what} recalled`,
    description: `The share of queries recalled as their own item against beta, for ${what}.`,
    table: recallName,
    specification: {
      mark: { type: 'line', point: true },
      encoding: {
        x: { field: 'beta', type: 'quantitative', scale: { type: 'log' }, axis: { title: 'beta', tickCount: 6 } },
        y: {
          field: 'right',
          type: 'quantitative',
          scale: { domain: [0, 1] },
          axis: { title: 'recalled', format: '.0%' },
        },
        color: { field: 'memory', type: 'nominal', sort: null, legend: { title: 'memory' } },
      },
    },
  };
}
