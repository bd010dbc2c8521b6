import { GaussianMemory, setThreads } from '../../lib/index.ts';
import { fullGaussians } from '../batches.ts';
import type { Section, Settings } from '../section.ts';
import { quantile } from '../timing.ts';

const dimension = 768;
const period = 5;
/** How long an idle loop is watched, for comparison: milliseconds. */
const idle = 2000;

export const eventloop: Section = {
  title: `The event loop while a full batch of dimension ${dimension} runs on all threads`,
  method: `How late a ${period} ms timer fires: its median tick, 99th percentile and worst. The bar is for the 99th percentile.`,
  async run(settings) {
    setThreads(settings.threads);
    const items = fullGaussians(settings.quick ? 8 : 40, dimension, 1);
    const queries = fullGaussians(settings.quick ? 2 : 4, dimension, 2);
    const memory = await GaussianMemory.create(items);
    const options = { beta: 0.01, maxIterations: 1 };
    await watch('idle, for comparison', () => new Promise((done) => setTimeout(done, idle)), settings);
    await watch('create', () => GaussianMemory.create(items), settings);
    await watch('distances', () => memory.distances(queries), settings);
    await watch('retrieve', () => memory.retrieve(queries, options), settings);
  },
};

async function watch(name: string, run: () => Promise<unknown>, { report }: Settings): Promise<void> {
  const lateness = (await latenessDuring(run)).sort((a, b) => a - b);
  const [median, percentile, worst] = [0.5, 0.99, 1].map((share) => quantile(lateness, share)) as [
    number,
    number,
    number,
  ];
  report({
    name: `${name}, ${lateness.length} ticks`,
    measure: `99 % of ticks are late by less than (median .. worst)`,
    unit: 'ms',
    value: { median: percentile, least: median, greatest: worst },
    bar: name.startsWith('idle') ? undefined : { atMost: 20 },
  });
}

/** How much later than asked every tick of a timer came, in milliseconds. */
async function latenessDuring(run: () => Promise<unknown>): Promise<number[]> {
  const lateness: number[] = [];
  let due = performance.now() + period;
  const tick = () => {
    lateness.push(performance.now() - due);
    due = performance.now() + period;
    timer = setTimeout(tick, period);
  };
  let timer = setTimeout(tick, period);
  await run();
  // What the last pause hides has not fired yet.
  lateness.push(Math.max(0, performance.now() - due));
  clearTimeout(timer);
  return lateness;
}
