import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { EuclideanMemory, GaussianMemory, setThreads } from '../../lib/index.ts';
import { diagonalGaussians, fullGaussians } from '../batches.ts';
import type { Section, Settings } from '../section.ts';
import { type Spread, spread } from '../timing.ts';

/** Calls that run at the same time: as many as Node's own pool has threads. */
const together = 4;
/** Few iterations: it is the calls that could leak. */
const short = { beta: 1, maxIterations: 2 };
/** V8 goes on touching more of its young generation for tens of thousands of calls. */
const warmUp = 100_000;
/** How often resident memory is read: single readings differ by a few megabytes. */
const samples = 20;
/**
 * What allocators give and take by themselves: 40 bytes a call. The least thing that could leak, a promise, is larger.
 */
const megabytes = 4;

export const memory: Section = {
  title: 'Resident memory over 100,000 retrievals',
  method: `From the first half of the calls to the second, medians of ${samples} readings after garbage collection, times two; after a warm-up of ${warmUp} calls.`,
  async run(settings) {
    setThreads(settings.threads);
    const full = await GaussianMemory.create(fullGaussians(16, 8, 1));
    const fullQuery = fullGaussians(1, 8, 2);
    await measure('full, d = 8', () => full.retrieve(fullQuery, short), settings);
    const diagonal = await GaussianMemory.create(diagonalGaussians(16, 64, 1));
    const diagonalQuery = diagonalGaussians(1, 64, 2);
    await measure('diagonal, d = 64', () => diagonal.retrieve(diagonalQuery, short), settings);
    const vectors = await EuclideanMemory.create({
      count: 16,
      dimension: 64,
      values: new Float64Array(16 * 64).fill(1),
    });
    const vector = { count: 1, dimension: 64, values: new Float64Array(64) };
    await measure('vectors, d = 64', () => vectors.retrieve(vector, short), settings);
  },
};

async function measure(name: string, retrieve: () => Promise<unknown>, { quick, report }: Settings): Promise<void> {
  const count = quick ? 10_000 : 100_000;
  await repeat(warmUp, retrieve);
  const levels: number[] = [];
  for (let sample = 0; sample < samples; sample++) {
    await repeat(count / samples, retrieve);
    levels.push(resident());
  }
  const [early, late] = [levels.slice(0, samples / 2), levels.slice(samples / 2)].map(spread) as [Spread, Spread];
  // The halves' middles are half the calls apart.
  const growth = 2 * (late.median - early.median);
  report({
    name: `${name}, ${count} retrievals from ${early.median.toFixed(0)} MB`,
    measure: 'growth',
    unit: 'MB',
    value: { median: growth, least: growth, greatest: growth },
    bar: { atMost: megabytes },
  });
}

async function repeat(count: number, call: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < count; i += together) await Promise.all(Array.from({ length: together }, call));
}

/** Megabytes, with garbage collected. Buffers are given back some collections after their arrays. */
function resident(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 4; i++) collect();
  return process.memoryUsage.rss() / 2 ** 20;
}
