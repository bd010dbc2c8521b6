// A call that is still running keeps the process alive until its promise settles.
import { gaussians } from './batches.mjs';

const { GaussianMemory } = await import(process.argv[2]);
const memory = await GaussianMemory.create(gaussians(20, 120));
memory.distances(gaussians(10, 120, 1)).then(({ data }) => process.stdout.write(`${data.length}`));
