import { type AssociativeMemory, type CallOptions, DenseamError, type Neighbours, type Retrieval } from 'denseam';
import type { Stages } from './stages.ts';
import { median, shareOf } from './statistics.ts';

/** The verbs of a memory in a comparison. Its distances are squared. */
export type RecallingMemory<Batch> = Pick<
  AssociativeMemory<Batch, Retrieval<Batch>, Neighbours>,
  'nearest' | 'retrieve'
>;

/** One memory in a comparison. */
export interface Contender<Batch> {
  /** Label in progress messages, "Gaussian memory" for instance. */
  readonly label: string;
  /** Cost of one iteration of one query relative to the other contenders', for the progress only. */
  readonly cost: number;
  create(items: Batch, options: CallOptions): Promise<RecallingMemory<Batch>>;
}

export interface RecallSettings {
  /** Values of beta, each times the memory's own median squared distance from an item to its nearest neighbour. */
  readonly scaledBetas: readonly number[];
  /** Stopping rule: the step length as a share of the median distance from an item to its nearest neighbour. */
  readonly tolerance: number;
  readonly maxIterations: number;
}

/** Task of a comparison: recall of the items `targets` from each of several sets of queries. */
export interface RecallTask<Batch, Set extends string> {
  readonly items: Batch;
  readonly itemCount: number;
  /** Batches of as many queries as there are targets, by name. */
  readonly queries: Readonly<Record<Set, Batch>>;
  readonly targets: Int32Array;
}

/** Recall at one beta, over all queries. */
export interface RecallPoint {
  /** beta times the median squared distance from an item to its nearest neighbour: comparable across memories. */
  readonly scaledBeta: number;
  /** beta in the memory's own units. */
  readonly beta: number;
  /** Share of queries whose fixed point has the query's own item as its nearest stored item. */
  readonly right: number;
  /** Share of queries whose fixed point coincides with their own item, see {@link settledShare}. */
  readonly settled: number;
  readonly medianIterations: number;
  /** Share of queries that met the stopping rule. */
  readonly converged: number;
}

export interface RecallCurve {
  /** Median squared distance from an item to its nearest neighbour. */
  readonly neighbourDistance: number;
  /** The nearest-item limit of recall for large beta: share of queries to which their own item is the nearest. */
  readonly limit: number;
  readonly points: readonly RecallPoint[];
  /** The best of the points, the smallest beta among equals. */
  readonly best: RecallPoint;
  /** For every query the stored item nearest to its fixed point, at the best beta. */
  readonly recalled: readonly number[];
}

/** A fixed point coincides with an item when it is within this share of the median distance to a nearest neighbour. */
const settledShare = 0.1;

/** Rough number of iterations to expect, for the progress only: low temperatures jump, high ones creep. */
const expectedIterations = (scaledBeta: number) => 2 + 35 / (1 + (scaledBeta / 4) ** 3);

/** Number of iterations in a contender's whole task; times its cost, the weight of its stages. */
export function recallWork(
  itemCount: number,
  queryCount: number,
  sets: readonly string[],
  { scaledBetas }: RecallSettings,
): number {
  const iterations = scaledBetas.reduce((sum, scaledBeta) => sum + expectedIterations(scaledBeta), 1);
  return itemCount + sets.length * queryCount * iterations;
}

/** Stores the items and recalls every set of queries at every beta. */
export async function measureRecall<Batch, Set extends string>(
  contender: Contender<Batch>,
  task: RecallTask<Batch, Set>,
  settings: RecallSettings,
  stages: Stages,
): Promise<Record<Set, RecallCurve>> {
  const { label, cost } = contender;
  const { memory, neighbourDistance } = await stages.run(
    `${label}: storing`,
    cost * task.itemCount,
    async (options) => {
      const memory = await contender.create(task.items, { signal: options.signal });
      return { memory, neighbourDistance: await medianNeighbourDistance(memory, task.items, options) };
    },
  );
  const curves = {} as Record<Set, RecallCurve>;
  for (const [name, queries] of Object.entries(task.queries) as [Set, Batch][]) {
    const recall = { memory, neighbourDistance, queries, targets: task.targets, label: `${label}, ${name} mask` };
    curves[name] = await recallCurve(recall, cost * task.targets.length, settings, stages);
  }
  return curves;
}

/** Share of the queries whose own item (`targets`) is the stored item nearest to them. */
export async function nearestItemLimit<Batch>(
  memory: RecallingMemory<Batch>,
  queries: Batch,
  targets: Int32Array,
  options: CallOptions,
): Promise<number> {
  const { indices } = await memory.nearest(queries, { ...options, k: 1 });
  return shareOf(targets, (target, query) => indices[query] === target);
}

/** Median over the items of the squared distance to the nearest other item. */
export async function medianNeighbourDistance<Batch>(
  memory: RecallingMemory<Batch>,
  items: Batch,
  options: CallOptions,
): Promise<number> {
  // The nearest item of an item is itself (or its double), so the second nearest is the neighbour.
  const { distances } = await memory.nearest(items, { ...options, k: 2 });
  const result = median(distances.filter((_, at) => at % 2 === 1));
  if (result > 0) return result;
  throw new DenseamError('ERR_RANGE', 'Expected items that differ but half of them or more have an identical double');
}

interface Recall<Batch> {
  readonly memory: RecallingMemory<Batch>;
  readonly neighbourDistance: number;
  readonly queries: Batch;
  readonly targets: Int32Array;
  readonly label: string;
}

async function recallCurve<Batch>(
  { memory, neighbourDistance, queries, targets, label }: Recall<Batch>,
  cost: number,
  settings: RecallSettings,
  stages: Stages,
): Promise<RecallCurve> {
  const limit = await stages.run(`${label}: nearest items`, cost, (options) =>
    nearestItemLimit(memory, queries, targets, options),
  );
  const tolerance = settings.tolerance * Math.sqrt(neighbourDistance);
  const recalls: { point: RecallPoint; recalled: Int32Array }[] = [];
  for (const scaledBeta of settings.scaledBetas) {
    const beta = scaledBeta / neighbourDistance;
    const retrieval = await stages.run(
      `${label}: beta* ${scaledBeta}`,
      cost * expectedIterations(scaledBeta),
      (options) => memory.retrieve(queries, { ...options, beta, tolerance, maxIterations: settings.maxIterations }),
    );
    const point = { scaledBeta, beta, ...summary(retrieval, targets, neighbourDistance) };
    recalls.push({ point, recalled: retrieval.nearest });
  }
  const best = recalls.reduce((best, recall) => (recall.point.right > best.point.right ? recall : best));
  const points = recalls.map(({ point }) => point);
  return { neighbourDistance, limit, points, best: best.point, recalled: [...best.recalled] };
}

/** Summary of the recall of queries; `targets` are their own items. */
export function summary(
  { nearest, nearestDistance, iterations, stopped }: Retrieval<unknown>,
  targets: Int32Array,
  neighbourDistance: number,
): Pick<RecallPoint, 'right' | 'settled' | 'medianIterations' | 'converged'> {
  const isRight = (target: number, query: number) => nearest[query] === target;
  // Distances are squared, so is the share.
  const radius = settledShare ** 2 * neighbourDistance;
  return {
    right: shareOf(targets, isRight),
    settled: shareOf(
      targets,
      (target, query) => isRight(target, query) && (nearestDistance[query] as number) <= radius,
    ),
    medianIterations: median(iterations),
    converged: shareOf(stopped, (why) => why === 'converged'),
  };
}
