import { readFileSync } from 'node:fs';
import { GaussianMemory, setThreads } from '../../lib/index.ts';
import { fullGaussians } from '../batches.ts';
import type { Section, Settings } from '../section.ts';
import { quantile, type Spread } from '../timing.ts';

const dimension = 768;
const period = 5;
/** How long an idle loop is watched, for comparison: milliseconds. */
const idle = 2000;

/** One tick of the timer, in milliseconds. */
interface Tick {
  /** How much later than asked it came. */
  readonly late: number;
  /** Processor time of the event loop's own thread since the tick before; NaN where the system does not say. */
  readonly busy: number;
}

export const eventloop: Section = {
  title: `The event loop while a full batch of dimension ${dimension} runs on all threads`,
  method:
    `How late a ${period} ms timer fires: 99 % of its ticks are late by less than the figure, the range is from the median tick to ` +
    `the worst. By processor time: what the loop's own thread computed between two ticks, hence without what other programs add.`,
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
  const ticks = await ticksDuring(run);
  const busy = ticks.map((tick) => tick.busy);
  report({
    name: `${name}, ${ticks.length} ticks`,
    measure: 'lateness of a timer',
    unit: 'ms',
    value: percentiles(ticks.map(({ late }) => late)),
    processor: busy.some(Number.isNaN) ? undefined : percentiles(busy),
    bar: name.startsWith('idle') ? undefined : { atMost: 20 },
  });
}

function percentiles(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: quantile(sorted, 0.99), least: quantile(sorted, 0.5), greatest: quantile(sorted, 1) };
}

async function ticksDuring(run: () => Promise<unknown>): Promise<Tick[]> {
  const ticks: Tick[] = [];
  let due = performance.now() + period;
  let computed = ownMilliseconds();
  const note = () => {
    const [now, own] = [performance.now(), ownMilliseconds()];
    ticks.push({ late: now - due, busy: own - computed });
    [due, computed] = [now + period, own];
  };
  const tick = () => {
    note();
    timer = setTimeout(tick, period);
  };
  let timer = setTimeout(tick, period);
  await run();
  clearTimeout(timer);
  // A tick that was due before the end has not come yet.
  if (performance.now() > due) note();
  return ticks;
}

/** Processor time of this thread so far, as Linux keeps it. */
function ownMilliseconds(): number {
  try {
    const [nanoseconds] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ');
    return Number(nanoseconds) / 1e6;
  } catch {
    return Number.NaN;
  }
}
