import { fitsInMemory } from '../core/availableMemory.ts';
import { type Check, callOptions, optional, type Read, readOptions, required, specify } from '../core/options.ts';
import { Random } from '../core/random.ts';
import { greatest } from '../core/statistics.ts';
import type { CallOptions } from '../core/types.ts';
import { checkedElements, integer, isArray, nonNegative, positive, rangeError } from '../core/validate.ts';
import { PointCloudMemory } from './memory.ts';
import { solverOptions } from './options.ts';
import {
  checkCloudMemory,
  flowOptions,
  perturbed,
  type RecallShares,
  type RecoveryOptions,
  recoveryOptions,
  Tally,
} from './recall.ts';
import { dimensionOf, greatestCount, modelOptions, type SampleCloudsOptions, samplePointClouds } from './sampling.ts';
import { type OwnPointClouds, selectClouds } from './select.ts';
import type { SolverOptions } from './types.ts';

/** Options of {@link measureCloudRecall}, which measures every combination of the lists. */
export interface CloudRecallOptions
  extends RecoveryOptions,
    SolverOptions,
    Pick<SampleCloudsOptions, 'points' | 'spread' | 'radius' | 'weights' | 'concentration'> {
  /** N: numbers of stored clouds. */
  readonly counts: readonly number[];
  /** d. */
  readonly dimensions: readonly number[];
  readonly epsilons: readonly number[];
  readonly betas: readonly number[];
  /** Divergences between an item and the queries made from it. */
  readonly divergences: readonly number[];
  /** Number of items of each memory that queries are made from, or all if there are fewer. Default 20. */
  readonly queries?: number | undefined;
  /** Number of memories with each combination of N, d and epsilon. Default 1. */
  readonly trials?: number | undefined;
}

/** Recall with one combination, over all trials. */
export interface CloudRecallRow extends RecallShares {
  readonly count: number;
  readonly dimension: number;
  readonly epsilon: number;
  readonly beta: number;
  readonly divergence: number;
  /** Least divergence between two stored items; Infinity for a single item. */
  readonly separation: number;
}

const atLeastOne = (name: string, value: unknown) => integer(name, value, 1, Number.MAX_SAFE_INTEGER);

const gridOptions = specify<CloudRecallOptions>()({
  ...recoveryOptions,
  ...solverOptions,
  ...modelOptions,
  counts: listOf((name, value) => integer(name, value, 1, greatestCount)),
  dimensions: listOf(dimensionOf),
  epsilons: listOf(positive),
  betas: listOf(positive),
  divergences: listOf(nonNegative),
  queries: optional(atLeastOne, 20),
  trials: optional(atLeastOne, 1),
});

/** At least one number, each of which passes the check. */
function listOf(check: Check<number>) {
  return required<readonly number[]>((name, value) => {
    if (!isArray(value) || value.length === 0) throw rangeError(name, 'an array of numbers', value);
    return checkedElements(name, value, check);
  });
}

type Grid = Read<typeof gridOptions>;

/**
 * Measures the recall of random patterns: stores random clouds, perturbs some of them to a given divergence, retrieves,
 * and counts recoveries, once for every combination of N, d, epsilon, divergence and beta, in that order. Memories of
 * one trial are nested (a smaller one holds the first clouds of a larger one), so that chance adds less to the
 * differences between rows.
 *
 * Progress counts retrievals. The items are those of {@link samplePointClouds}, the queries of {@link perturbClouds}.
 *
 * @throws DenseamError ERR_RANGE, ERR_SHAPE, ERR_OUT_OF_MEMORY; the signal's reason.
 */
export async function measureCloudRecall(options: CloudRecallOptions): Promise<CloudRecallRow[]> {
  const read = readOptions(gridOptions, options);
  const { counts, dimensions, epsilons, betas, divergences, queries, trials } = read;
  const numbers = 2 * divergences.length * betas.length * Math.min(queries, greatest(counts)) * trials;
  fitsInMemory('the results of all queries', numbers * Float64Array.BYTES_PER_ELEMENT);
  const perCount = dimensions.length * epsilons.length * divergences.length * betas.length * trials;
  const total = counts.reduce((sum, count) => sum + Math.min(count, queries) * perCount, 0);
  const progress = new Counter(total, read.onProgress);
  const rows: CloudRecallRow[] = [];
  for (const count of counts) {
    for (const dimension of dimensions) {
      for (const epsilon of epsilons) {
        const cell = { count, dimension, epsilon, queries: Math.min(count, queries) };
        for (const row of await measureCell(cell, read, progress)) rows.push(row);
      }
    }
  }
  return rows;
}

interface Cell {
  readonly count: number;
  readonly dimension: number;
  readonly epsilon: number;
  readonly queries: number;
}

/** The rows of one combination of N, d and epsilon. */
async function measureCell(cell: Cell, options: Grid, progress: Counter): Promise<CloudRecallRow[]> {
  const { betas, divergences, threshold, trials } = options;
  const tallies = divergences.map(() => betas.map(() => new Tally(threshold)));
  let separation = Number.POSITIVE_INFINITY;
  const seeds = new Random(options.seed); // each combination has the same trials
  for (let trial = 0; trial < trials; trial++) {
    const seed = seeds.integer(Number.MAX_SAFE_INTEGER);
    const { memory, items } = await storeRandom(cell, seed, options);
    separation = Math.min(separation, (await cloudSeparation(memory, { signal: options.signal })).divergence);
    const targets = new Random(seed).sample(cell.queries, cell.count);
    const originals = selectClouds(items, targets);
    for (const [at, divergence] of divergences.entries()) {
      const queries = await perturbed(originals, divergence, cell.epsilon, seed, options);
      for (const [b, beta] of betas.entries()) {
        const onProgress = progress.of(cell.queries);
        const found = await memory.retrieve(queries, { ...flowOptions(options), beta, onProgress });
        progress.finish(cell.queries);
        ((tallies[at] as Tally[])[b] as Tally).add(found, targets);
      }
    }
  }
  const { count, dimension, epsilon } = cell;
  return divergences.flatMap((divergence, at) =>
    betas.map((beta, b) => {
      const tally = (tallies[at] as Tally[])[b] as Tally;
      return { count, dimension, epsilon, beta, divergence, separation, ...tally.shares() };
    }),
  );
}

async function storeRandom(
  { count, dimension, epsilon }: Cell,
  seed: number,
  options: Grid,
): Promise<{ memory: PointCloudMemory; items: OwnPointClouds }> {
  const { points, spread, radius, weights, concentration, marginalTolerance, maxSolverIterations, signal } = options;
  const model = { points, spread, radius, weights, concentration };
  const items = await samplePointClouds({ count, dimension, ...model, seed, signal });
  const memory = await PointCloudMemory.create(items, { epsilon, marginalTolerance, maxSolverIterations, signal });
  return { memory, items };
}

/** The closest pair of stored items. */
export interface CloudSeparation {
  /** Their divergence; Infinity where a single item is stored. */
  readonly divergence: number;
  /** Their indices, in no order; empty where a single item is stored. */
  readonly items: readonly number[];
}

/**
 * The least divergence between two stored items: recall needs beta times it well above log N. Searches the nearest
 * other item of every item; bounds rule out most pairs.
 *
 * @throws DenseamError ERR_OUT_OF_MEMORY; the signal's reason.
 */
export async function cloudSeparation(memory: PointCloudMemory, options: CallOptions = {}): Promise<CloudSeparation> {
  checkCloudMemory('memory', memory);
  const read = readOptions(callOptions, options);
  if (memory.size < 2) return { divergence: Number.POSITIVE_INFINITY, items: [] };
  const items = await memory.get(
    Int32Array.from({ length: memory.size }, (_, i) => i),
    { signal: read.signal },
  );
  const { indices, divergences } = await memory.nearest(items, { ...read, k: 2 });
  // The nearest item of an item is itself (or its double), so the second nearest is the neighbour.
  let closest = 0;
  for (let i = 1; i < memory.size; i++) {
    if ((divergences[2 * i + 1] as number) < (divergences[2 * closest + 1] as number)) closest = i;
  }
  const pair = [indices[2 * closest] as number, indices[2 * closest + 1] as number];
  return { divergence: divergences[2 * closest + 1] as number, items: pair };
}

/** Progress over several calls of different lengths. */
class Counter {
  #done = 0;
  readonly #total: number;
  readonly #onProgress: CallOptions['onProgress'];

  constructor(total: number, onProgress: CallOptions['onProgress']) {
    this.#total = total;
    this.#onProgress = onProgress;
  }

  /** Progress callback for a call that is `work` of the whole. */
  of(work: number): CallOptions['onProgress'] {
    return ({ completed, total }) => this.#report(this.#done + Math.floor((work * completed) / total));
  }

  finish(work: number): void {
    this.#done += work;
    this.#report(this.#done);
  }

  #report(completed: number): void {
    this.#onProgress?.({ completed, total: this.#total });
  }
}
