import { readFileSync } from 'node:fs';
import { Random } from '../lib/core/random.ts';
import { GaussianMemory, type Gaussians, setThreads } from '../lib/index.ts';
import { uniform } from './batches.ts';
import { stepOperations, timedWork, type Work } from './rate.ts';
import { timed } from './timing.ts';

// The process in which the section `million` builds or recalls, so that its memory is nobody else's: answers each message of its
// parent with one.

export type Command =
  | { readonly verb: 'build'; readonly count: number; readonly dimension: number; readonly path: string }
  | { readonly verb: 'load'; readonly path: string; readonly threads: number }
  | { readonly verb: 'step'; readonly beta: number }
  | { readonly verb: 'retrieve'; readonly beta: number }
  | { readonly verb: 'nearest'; readonly k: number };

export interface Answer extends Work {
  /** The most memory this process ever had resident: bytes. */
  readonly peak: number;
}

const queryCount = 64;
/** Items that are made and handed over at a time. */
const batchSize = 10_000;
/** A diffuse query would go on for long; its rate shows after a few steps. */
const maxIterations = 4;

let memory: GaussianMemory;
let queries: Gaussians;

async function work(command: Command): Promise<Work> {
  switch (command.verb) {
    case 'build':
      return { ...(await timed(() => build(command.count, command.dimension, command.path))), operations: 0 };
    case 'load':
      return { ...(await timed(() => load(command.path, command.threads))), operations: 0 };
    case 'step':
      return timedWork(async () => {
        await memory.step(queries, { beta: command.beta });
        return evaluations(queryCount);
      });
    case 'retrieve':
      return timedWork(async () => {
        const { iterations } = await memory.retrieve(queries, { beta: command.beta, maxIterations });
        return evaluations(iterations.reduce((sum, n) => sum + n, queryCount));
      });
    case 'nearest':
      // Distances alone: the first of a step's two products.
      return timedWork(async () => {
        await memory.nearest(queries, { k: command.k });
        return evaluations(queryCount) / 2;
      });
  }
}

const evaluations = (count: number) => stepOperations(count, memory.size, 2 * memory.dimension);

async function build(count: number, dimension: number, path: string): Promise<void> {
  const batches = gaussians(count, dimension);
  memory = await GaussianMemory.create((await batches.next()).value as Gaussians);
  for await (const batch of batches) await memory.add(batch);
  await memory.save(path);
}

async function load(path: string, threads: number): Promise<void> {
  setThreads(threads);
  memory = await GaussianMemory.load(path);
  const stride = Math.floor(memory.size / queryCount);
  const items = await memory.get(Int32Array.from({ length: queryCount }, (_, i) => i * stride));
  // 3 % off in every mean and variance.
  queries = { ...items, means: items.means.map((x) => 1.03 * x), covariances: items.covariances.map((x) => 0.97 * x) };
}

/**
 * Diagonal float32 Gaussians: means on [-1, 1], variances on [0.5, 1.5]. Every item is a stretch of one table of random numbers
 * from a place of its own: a number drawn for every entry would take longer than all that is measured.
 */
async function* gaussians(count: number, dimension: number): AsyncGenerator<Gaussians> {
  const random = new Random(1);
  const tableLength = 2 ** 22;
  const means = uniform(Float32Array, tableLength, -1, 1, random);
  const variances = uniform(Float32Array, tableLength, 0.5, 1.5, random);
  const stretches = (table: Float32Array, rows: number) => {
    const result = new Float32Array(rows * dimension);
    for (let row = 0; row < rows; row++) {
      const begin = random.integer(tableLength - dimension);
      result.set(table.subarray(begin, begin + dimension), row * dimension);
    }
    return result;
  };
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

/** The peak since this program began. getrusage's also knows what the parent was when it forked, so it is only the second choice. */
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
