// node --expose-gc workloadProcess.js SEED OPERATIONS: random operations in the main thread and in worker threads, some
// of which are ended in the middle. Prints the counts.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { DenseamError, Random } from '../../../lib/index.ts';
import { World } from './operations.ts';

interface Counts {
  operations: number;
  'aborted operations': number;
  'refused operations': number;
}

interface Work {
  readonly seed: number;
  readonly operations: number;
  /** Of all threads: one that is ended in the middle leaves its files there. */
  readonly folder: string;
}

const workers = 3;
/** Operations at once in a thread, on the same memories. */
const lanes = 3;
/** What an operation may meet because of another one beside it. */
const refusals = new Set(['ERR_CLOSED', 'ERR_RANGE', 'ERR_SHAPE']);

/** Counts the operation under what became of it; throws what should not have. */
async function operate(world: World, random: Random, folder: string, counts: Counts): Promise<void> {
  const controller = new AbortController();
  const isAborted = random.uniform() < 0.25;
  const timer = isAborted ? setTimeout(() => controller.abort(), 20 * random.uniform()) : undefined;
  const onProgress = random.uniform() < 0.3 ? () => {} : undefined;
  try {
    await world.operate({ random, options: { signal: controller.signal, onProgress }, folder });
    counts.operations++;
  } catch (error) {
    if (error === controller.signal.reason) counts['aborted operations']++;
    else if (error instanceof DenseamError && refusals.has(error.code)) counts['refused operations']++;
    else throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function work({ seed, operations, folder }: Work): Promise<Counts> {
  const counts: Counts = { operations: 0, 'aborted operations': 0, 'refused operations': 0 };
  const own = mkdtempSync(join(folder, 'thread-'));
  const world = new World();
  try {
    const random = new Random(seed);
    const lane = async (draws: Random) => {
      for (let i = 0; i < operations / lanes; i++) await operate(world, draws, own, counts);
    };
    await Promise.all(Array.from({ length: lanes }, () => lane(random.fork())));
  } finally {
    world.close();
  }
  return counts;
}

function startWorker(data: Work): Worker {
  return new Worker(new URL(import.meta.url), { workerData: data });
}

function countsOf(worker: Worker): Promise<Counts> {
  return new Promise((done, fail) => {
    worker.once('message', done);
    worker.once('error', fail);
  });
}

/** Starts worker threads, one after the other, and ends each in the middle of its work, until told to stop. */
async function endWorkers(seed: number, folder: string, { signal }: AbortController): Promise<number> {
  const random = new Random(seed);
  let ended = 0;
  for (; !signal.aborted; ended++) {
    const worker = startWorker({ seed: random.integer(1e9), operations: 1e9, folder });
    await Promise.race([countsOf(worker), sleep(3000 * random.uniform())]);
    await worker.terminate();
  }
  return ended;
}

async function main(seed: number, operations: number, folder: string): Promise<void> {
  const stopping = new AbortController();
  const ended = endWorkers(seed + workers + 1, folder, stopping);
  const others = Array.from({ length: workers }, (_, k) =>
    countsOf(startWorker({ seed: seed + k + 1, operations, folder })),
  );
  const all = await Promise.all([work({ seed, operations, folder }), ...others]);
  stopping.abort();
  const total: Record<string, number> = { 'worker threads ended': await ended };
  for (const [what, count] of all.flatMap((counts) => Object.entries(counts))) total[what] = (total[what] ?? 0) + count;
  globalThis.gc?.();
  console.log(JSON.stringify(total));
}

if (isMainThread) {
  const [seed = 0, operations = 0] = process.argv.slice(2).map(Number);
  const folder = mkdtempSync(join(tmpdir(), 'denseam-workload-'));
  try {
    await main(seed, operations, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
} else parentPort?.postMessage(await work(workerData));
