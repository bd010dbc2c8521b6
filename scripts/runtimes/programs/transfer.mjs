// A worker thread computes, and transfers its result to the main thread.
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { EuclideanMemory } from 'denseam';

const count = 64; // 64 x 64 distances: 32 KiB
if (isMainThread) {
  new Worker(new URL(import.meta.url)).once('message', (distances) => {
    console.log(`${distances.length} distances, the last but one ${distances.at(-2)}`);
  });
} else {
  const vectors = { count, dimension: 1, values: Float64Array.from({ length: count }, (_, i) => i) };
  const { data } = await (await EuclideanMemory.create(vectors)).distances(vectors);
  parentPort?.postMessage(data, [data.buffer]);
}
