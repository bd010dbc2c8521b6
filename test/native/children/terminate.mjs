// Workers are terminated while their calls run; the main thread's memory must go on working.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { gaussians } from './batches.mjs';

const busy = async (entry) => {
  const { GaussianMemory } = await import(entry);
  const memory = await GaussianMemory.create(gaussians(8, 300));
  const calls = [0, 1, 2].map((shift) =>
    memory.retrieve(gaussians(30, 300, shift), {
      beta: 0.01,
      tolerance: 0,
      maxIterations: 1000,
      onProgress: () => parentPort.postMessage('progress'),
    }),
  );
  parentPort.postMessage('started');
  await Promise.all(calls);
};

if (isMainThread) {
  const entry = process.argv[2];
  const { GaussianMemory } = await import(entry);
  const memory = await GaussianMemory.create(gaussians(4, 30));
  const before = (await memory.distances(gaussians(2, 30, 1))).data.join();
  for (let round = 0; round < 3; round++) {
    const worker = new Worker(new URL(import.meta.url), { workerData: entry });
    await new Promise((done, fail) => {
      worker.once('message', done);
      worker.once('error', fail);
    });
    await new Promise((done) => setTimeout(done, 40 * round));
    await worker.terminate();
  }
  const after = (await memory.distances(gaussians(2, 30, 1))).data.join();
  process.stdout.write(before === after ? 'same' : 'different');
} else {
  await busy(workerData);
}
