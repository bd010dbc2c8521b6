// Saves to one path until its stdin is closed, in this thread and in worker threads at once; prints how many saves it
// made. Every thread writes generations of its own. Arguments: the name of the saver, the path, the number of the first
// thread, the number of threads.

import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { saverOf } from './savers.ts';

interface Thread {
  readonly name: string;
  readonly path: string;
  readonly thread: number;
}

/** Generations of different threads are apart. */
const apart = 1_000_000;

async function saveUntil({ name, path, thread }: Thread, isOver: () => boolean): Promise<number> {
  const saver = saverOf(name);
  let saves = 0;
  while (!isOver()) {
    const save = await saver.prepare(thread * apart + saves + 1);
    await save(path);
    saves += 1;
  }
  return saves;
}

/** The saves of another thread, which ends when it is told. */
function startWorker(thread: Thread): { end(): Promise<number> } {
  const worker = new Worker(new URL(import.meta.url), { workerData: thread });
  const saves = new Promise<number>((resolve, reject) => worker.once('message', resolve).once('error', reject));
  return {
    end: () => {
      worker.postMessage('end');
      return saves;
    },
  };
}

/** Whether something has happened, as a question that a loop can ask. */
function once(listen: (happened: () => void) => void): () => boolean {
  let isOver = false;
  listen(() => {
    isOver = true;
  });
  return () => isOver;
}

if (isMainThread) {
  const [name = '', path = '', first = '1', count = '1'] = process.argv.slice(2);
  const [own, ...others] = Array.from({ length: Number(count) }, (_, i) => ({ name, path, thread: Number(first) + i }));
  const workers = others.map(startWorker);
  const saves = await saveUntil(
    own as Thread,
    once((happened) => process.stdin.once('end', happened).resume()),
  );
  const ofWorkers = await Promise.all(workers.map((worker) => worker.end()));
  console.log(ofWorkers.reduce((sum, more) => sum + more, saves));
} else {
  const saves = await saveUntil(
    workerData,
    once((happened) => parentPort?.once('message', happened)),
  );
  parentPort?.postMessage(saves);
}
