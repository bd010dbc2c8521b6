// Resident memory over 100,000 small retrievals (a second mode: edits), printed in MB for the beginning and the end.
import { gaussians } from './batches.mjs';

const { EuclideanMemory, GaussianMemory } = await import(process.argv[2]);
const memory = await GaussianMemory.create(gaussians(4, 3));
const query = gaussians(1, 3, 0.2);
const rows = { count: 4, dimension: 3, values: gaussians(4, 3).means };
const vectors = await EuclideanMemory.create(rows);
const vector = { count: 1, dimension: 3, values: Float64Array.of(0.1, 0.2, 0.3) };

// Twenty at a time, as a thread a call costs more in waking up than in computing; a refused call beside them.
async function retrievals(count) {
  for (let i = 0; i < count; i += 20) {
    const { signal } = new AbortController();
    const calls = [memory.step(query, { beta: -1 }).catch(() => {})];
    for (let k = 0; k < 5; k++) {
      calls.push(
        memory.retrieve(query, { beta: 20 }),
        memory.retrieve(query, { beta: 20, signal }),
        memory.retrieve(query, { beta: 20, signal, onProgress: () => {} }),
        vectors.retrieve(vector, { beta: 20 }),
      );
    }
    await Promise.all(calls);
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

const [work, warmUp, count] = process.argv[3] === 'edits' ? [edits, 30_000, 10_000] : [retrievals, 20_000, 100_000];
await work(warmUp);
const samples = [];
for (let tenth = 0; tenth < 10; tenth++) {
  await work(count / 10);
  samples.push(residentMegabytes());
}
// The least of three: the allocators keep a few MB more or less from one moment to the next, a leak never gives back.
process.stdout.write(
  JSON.stringify({ before: Math.min(...samples.slice(0, 3)), after: Math.min(...samples.slice(-3)) }),
);
