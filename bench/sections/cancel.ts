import { setTimeout as sleep } from 'node:timers/promises';
import { GaussianMemory, type Gaussians, setThreads } from '../../lib/index.ts';
import { diagonalGaussians, fullGaussians } from '../batches.ts';
import type { Section, Settings } from '../section.ts';
import { spread } from '../timing.ts';

/** Within this many milliseconds an aborted call must have rejected. */
const prompt = 100;
/** When calls are aborted: milliseconds after they began. */
const delays = [20, 50, 110, 230, 400];

export const cancel: Section = {
  title: 'Aborting a call on all threads',
  method:
    `From the abort, ${delays.join(', ')} ms into a call that would take much longer, to the rejection; and, for comparison, to the ` +
    `answer of a small call made right after it: when the threads are free again.`,
  async run(settings) {
    setThreads(settings.threads);
    const { quick } = settings;
    await measure('full, d = 10, 100,000 items', fullGaussians(100_000, 10, 1), fullGaussians(16, 10, 2), settings);
    await measure('full, d = 768', fullGaussians(quick ? 6 : 16, 768, 1), fullGaussians(3, 768, 2), settings);
    await measure('full, d = 2000', fullGaussians(quick ? 2 : 4, 2000, 1), fullGaussians(2, 2000, 2), settings);
    await measure(
      'diagonal, d = 128, 100,000 items',
      diagonalGaussians(100_000, 128, 1),
      diagonalGaussians(256, 128, 2),
      settings,
    );
  },
};

async function measure(name: string, items: Gaussians, queries: Gaussians, { report }: Settings): Promise<void> {
  const memory = await GaussianMemory.create(items);
  const options = { beta: 0.05, tolerance: 0 };
  const rejected: number[] = [];
  const free: number[] = [];
  for (const delay of delays) {
    const controller = new AbortController();
    const call = memory.retrieve(queries, { ...options, signal: controller.signal }).then(
      () => Promise.reject(new Error(`${name} was over before it was aborted`)),
      () => performance.now(),
    );
    await sleep(delay);
    const start = performance.now();
    controller.abort();
    rejected.push((await call) - start);
    await memory.get([0]);
    free.push(performance.now() - start);
  }
  report({ name, measure: 'abort to rejection', unit: 'ms', value: spread(rejected), bar: { atMost: prompt } });
  report({ name, measure: 'abort to free threads', unit: 'ms', value: spread(free) });
}
