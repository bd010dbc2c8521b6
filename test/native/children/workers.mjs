// Four workers and the main thread recall at once, each with its own memory; all must find the same numbers.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { gaussians } from './batches.mjs';

async function digest(entry) {
  const { GaussianMemory } = await import(entry);
  const memory = await GaussianMemory.create(gaussians(24, 40));
  const numbers = [];
  for (let round = 0; round < 3; round++) {
    const queries = gaussians(4, 40, 0.1 + round);
    numbers.push(...(await memory.distances(queries)).data);
    numbers.push(...(await memory.retrieve(queries, { beta: 0.2, maxIterations: 3 })).states.covariances);
  }
  return Buffer.from(Float64Array.from(numbers).buffer).toString('base64');
}

if (isMainThread) {
  const entry = process.argv[2];
  const fromWorkers = Array.from({ length: 4 }, () => {
    const worker = new Worker(new URL(import.meta.url), { workerData: entry });
    return new Promise((done, fail) => {
      worker.once('message', done);
      worker.once('error', fail);
    });
  });
  const own = await digest(entry);
  const others = await Promise.all(fromWorkers);
  process.stdout.write(others.every((other) => other === own) ? 'same' : 'different');
} else {
  parentPort.postMessage(await digest(workerData));
}
