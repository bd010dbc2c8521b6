// Resident memory over 100,000 small retrievals (a second mode: edits), printed in MB after warm-up and at the end.
import { gaussians } from './batches.mjs';

const { EuclideanMemory, GaussianMemory } = await import(process.argv[2]);
const memory = await GaussianMemory.create(gaussians(4, 3));
const query = gaussians(1, 3, 0.2);
const rows = { count: 4, dimension: 3, values: gaussians(4, 3).means };
const vectors = await EuclideanMemory.create(rows);
const vector = { count: 1, dimension: 3, values: Float64Array.of(0.1, 0.2, 0.3) };

async function retrievals(count) {
  // Half of them carry a signal and a progress callback, whose bookkeeping must go too.
  for (let i = 0; i < count; i += 4) {
    const { signal } = new AbortController();
    await Promise.all([
      memory.retrieve(query, { beta: 20 }),
      memory.retrieve(query, { beta: 20, signal, onProgress: () => {} }),
      vectors.retrieve(vector, { beta: 20 }),
      memory.step(query, { beta: -1 }).catch(() => {}),
    ]);
  }
}

async function edits(count) {
  for (let i = 0; i < count; i++) {
    await memory.add(query);
    await memory.remove([0]);
  }
}

function residentMegabytes() {
  for (let i = 0; i < 4; i++) globalThis.gc();
  return process.memoryUsage.rss() / 2 ** 20;
}

const [work, warmUp, count] = process.argv[3] === 'edits' ? [edits, 10_000, 10_000] : [retrievals, 20_000, 100_000];
await work(warmUp);
const before = residentMegabytes();
await work(count);
process.stdout.write(JSON.stringify({ before, after: residentMegabytes() }));
