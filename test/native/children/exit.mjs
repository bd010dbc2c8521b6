// process.exit(7) while calls run on every thread of the pool.
import { gaussians } from './batches.mjs';

const { GaussianMemory } = await import(process.argv[2]);
const memory = await GaussianMemory.create(gaussians(10, 300));
const options = { beta: 0.01, tolerance: 0, maxIterations: 1000, onProgress: () => {} };
for (let call = 0; call < 6; call++) {
  memory.retrieve(gaussians(30, 300, call), options).then(
    () => process.exit(1),
    () => process.exit(2),
  );
}
memory.add(gaussians(50, 300, 0.5)).catch(() => {});
setTimeout(() => {
  process.stdout.write(String(Date.now()));
  process.exit(7);
}, Number(process.argv[3]));
