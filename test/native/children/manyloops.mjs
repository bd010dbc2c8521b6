// Thousands of short calls at once on four threads: their parallel loops end while other threads are about to join them.
import { gaussians } from './batches.mjs';

const { GaussianMemory, setThreads } = await import(process.argv[2]);
const milliseconds = 3000;
setThreads(4);
const memory = await GaussianMemory.create(gaussians(300, 4));
const queries = gaussians(3, 4, 1);
let calls = 0;
for (const start = performance.now(); performance.now() - start < milliseconds; calls++) {
  await Promise.all([
    memory.retrieve(queries, { beta: 1, maxIterations: 2, pruning: false }),
    memory.step(queries, { beta: 1 }),
  ]);
}
if (calls > 0) process.stdout.write('done');
