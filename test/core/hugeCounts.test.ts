/** Huge counts leave the event loop free, and their calls hear the signal. */
import { expect, it } from 'vitest';
import { estimateBasinRadius, measureCloudRecall, PointCloudMemory, samplePointClouds } from '../../lib/index.ts';
import { clouds, grid } from './smallest.ts';

/** The longest that the event loop did nothing else, in milliseconds, until the call ended with the signal's reason. */
async function blockedBy(call: (signal: AbortSignal) => Promise<unknown>): Promise<number> {
  const stop = new AbortController();
  let [longest, last] = [0, performance.now()];
  const beat = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  const reason = new Error('stop');
  setTimeout(() => stop.abort(reason), 300);
  await expect(call(stop.signal)).rejects.toBe(reason);
  clearInterval(beat);
  return Math.max(longest, performance.now() - last);
}

// Blocked for seconds before; busy machines and garbage collection may take some tenths.
const most = 500;

it.each<[string, (signal: AbortSignal) => Promise<unknown>]>([
  ['trials of recall', (signal) => measureCloudRecall({ ...grid, trials: 1e7, signal })],
  ['counts', (signal) => measureCloudRecall({ ...grid, counts: new Array(2e5).fill(2), trials: 1, signal })],
  ['beta', (signal) => measureCloudRecall({ ...grid, betas: new Array(2e5).fill(1), trials: 1, signal })],
  [
    'trials of a basin',
    async (signal) => {
      const memory = await PointCloudMemory.create(clouds, { epsilon: 0.1 });
      return estimateBasinRadius(memory, 0, { beta: 1, trials: 2e6, maxIterations: 0, signal });
    },
  ],
  ['clouds', (signal) => samplePointClouds({ count: 1e7, dimension: 1, points: [1, 2], signal })],
  ['points', (signal) => samplePointClouds({ count: 1, dimension: 1, points: 2e7, signal })],
  [
    'random weights',
    (signal) =>
      samplePointClouds({ count: 1, dimension: 1, points: 2e6, weights: 'random', concentration: 10, signal }),
  ],
  ['dimensions', (signal) => samplePointClouds({ count: 1, dimension: 2e7, points: 1, signal })],
])('%s', async (_, call) => {
  expect(await blockedBy(call)).toBeLessThan(most);
});
