import { readFileSync } from 'node:fs';
import { Random } from '../lib/core/random.ts';
import * as ours from '../lib/index.ts';
import { diagonalGaussians, fullGaussians, uniform } from './batches.ts';
import { stepOperations, timedWork, type Work } from './rate.ts';
import type { Build } from './section.ts';
import { timed } from './timing.ts';
import { expectedPairs, type TransportCase } from './transport.ts';

// The process in which a section builds or recalls a large memory, so that its memory is nobody else's: answers each
// message of its parent with one. Its argument, if any, is the library of another build.

export type Command =
  | {
      readonly verb: 'build';
      readonly structure: 'full' | 'diagonal';
      readonly precision: 'float32' | 'float64';
      readonly count: number;
      readonly dimension: number;
      readonly path: string;
    }
  | { readonly verb: 'load'; readonly path: string; readonly threads: number }
  | { readonly verb: 'ask'; readonly queries: number; readonly kind: QueryKind }
  | { readonly verb: 'step'; readonly beta: number }
  | { readonly verb: 'retrieve'; readonly beta: number }
  | { readonly verb: 'nearest'; readonly k: number }
  | ({ readonly verb: 'transport'; readonly tolerance: number; readonly threads: number } & Omit<
      TransportCase,
      'weights'
    >);

/** Beside stored items, or drawn anew. */
export type QueryKind = 'near' | 'fresh';

export interface Answer extends Work {
  /** The most memory this process ever had resident: bytes. */
  readonly peak: number;
  /** The regularised value of a transport problem. */
  readonly value?: number;
}

/** Numbers that are made and handed over at a time. */
const batchNumbers = 2 ** 23;
/** A diffuse query would go on for long; its rate shows after a few steps. */
const maxIterations = 4;

const [, , library] = process.argv;
const { GaussianMemory, setThreads, sinkhorn }: Build = library === undefined ? ours : await import(library);

let memory: ours.GaussianMemory;
let queries: ours.Gaussians;

async function work(command: Command): Promise<Omit<Answer, 'peak'>> {
  switch (command.verb) {
    case 'build':
      return { ...(await timed(() => build(command))), operations: 0 };
    case 'load':
      return { ...(await timed(() => load(command))), operations: 0 };
    case 'ask':
      return { ...(await timed(() => drawQueries(command))), operations: 0 };
    case 'step':
      return timedWork(async () => {
        await memory.step(queries, { beta: command.beta });
        return evaluations(queries.count);
      });
    case 'retrieve':
      return timedWork(async () => {
        const { iterations } = await memory.retrieve(queries, { beta: command.beta, maxIterations });
        return evaluations(iterations.reduce((sum, n) => sum + n, queries.count));
      });
    case 'nearest':
      // Distances alone: the first of a step's two products.
      return timedWork(async () => {
        await memory.nearest(queries, { k: command.k });
        return evaluations(queries.count) / 2;
      });
    case 'transport':
      return transport(command);
  }
}

const evaluations = (count: number) => stepOperations(count, memory.size, 2 * memory.dimension);

async function transport({
  tolerance,
  threads,
  ...of
}: Command & { verb: 'transport' }): Promise<Omit<Answer, 'peak'>> {
  setThreads(threads);
  const { sources, targets, epsilon } = expectedPairs({ ...of, weights: 'random' });
  const found: ours.SinkhornResults[] = [];
  const cost = await timed(async () => {
    found.push(await sinkhorn(sources, targets, { epsilon, marginalTolerance: tolerance, plans: false }));
  });
  return { ...cost, operations: 0, value: found[0]?.values[0] as number };
}

async function build({ structure, precision, count, dimension, path }: Command & { verb: 'build' }): Promise<void> {
  const make = structure === 'full' ? fullBatches : diagonalBatches;
  const batches = make(count, dimension, precision === 'float32' ? Float32Array : Float64Array);
  memory = await GaussianMemory.create(batches.next().value as ours.Gaussians);
  for (const batch of batches) await memory.add(batch);
  await memory.save(path);
}

async function load({ path, threads }: Command & { verb: 'load' }): Promise<void> {
  setThreads(threads);
  memory = await GaussianMemory.load(path);
}

async function drawQueries({ queries: count, kind }: Command & { verb: 'ask' }): Promise<void> {
  if (kind === 'fresh') {
    const make = memory.structure === 'full' ? fullGaussians : diagonalGaussians;
    queries = make(count, memory.dimension, 0);
    return;
  }
  const stride = Math.floor(memory.size / count);
  const items = await memory.get(Int32Array.from({ length: count }, (_, i) => i * stride));
  // 3 % off in every mean and variance.
  queries = { ...items, means: items.means.map((x) => 1.03 * x), covariances: items.covariances.map((x) => 0.97 * x) };
}

type Floats = typeof Float32Array | typeof Float64Array;

/** Full covariances as in fullGaussians, a seed for each batch. */
function* fullBatches(count: number, dimension: number, Floats: Floats): Generator<ours.Gaussians> {
  const batchSize = Math.max(1, Math.floor(batchNumbers / (dimension * dimension)));
  for (let done = 0; done < count; done += batchSize) {
    const batch = fullGaussians(Math.min(batchSize, count - done), dimension, 1 + done);
    yield { ...batch, means: Floats.from(batch.means), covariances: Floats.from(batch.covariances) };
  }
}

/**
 * Diagonal Gaussians: means on [-1, 1], variances on [0.5, 1.5]. Every item is a stretch of one table of random numbers
 * from a place of its own: a number drawn for every entry would take longer than all that is measured.
 */
function* diagonalBatches(count: number, dimension: number, Floats: Floats): Generator<ours.Gaussians> {
  const random = new Random(1);
  const tableLength = 2 ** 22;
  const means = uniform<ours.FloatArray>(Floats, tableLength, -1, 1, random);
  const variances = uniform<ours.FloatArray>(Floats, tableLength, 0.5, 1.5, random);
  const stretches = (table: ours.FloatArray, rows: number) => {
    const result = new Floats(rows * dimension);
    for (let row = 0; row < rows; row++) {
      const begin = random.integer(tableLength - dimension);
      result.set(table.subarray(begin, begin + dimension), row * dimension);
    }
    return result;
  };
  const batchSize = Math.max(1, Math.floor(batchNumbers / dimension));
  for (let done = 0; done < count; done += batchSize) {
    const rows = Math.min(batchSize, count - done);
    yield {
      count: rows,
      dimension,
      structure: 'diagonal',
      means: stretches(means, rows),
      covariances: stretches(variances, rows),
    };
  }
}

/**
 * The peak since this program began. getrusage's also knows what the parent was when it forked, so it is only the
 * second choice.
 */
function peak(): number {
  try {
    const [, kilobytes] = readFileSync('/proc/self/status', 'utf8').match(/^VmHWM:\s+(\d+) kB$/m) ?? [];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}

process.on('message', async (command: Command) => {
  process.send?.({ ...(await work(command)), peak: peak() } satisfies Answer);
});
