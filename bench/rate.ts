import { type OfBuilds, reportBefore } from './builds.ts';
import type { Bar, Settings } from './section.ts';
import { type Cost, ratios, spread, takeTurns, timed } from './timing.ts';

/** Side of the matrices whose product gives the machine's rate: larger ones are not faster. */
export const productSize = 1024;

/** What is claimed of the rate, and of the speed over the earlier build. */
export interface RateBars {
  readonly rate?: Bar;
  readonly overBefore?: number;
}

/** What a run cost and how many floating-point operations it did. */
export interface Work extends Cost {
  readonly operations: number;
}

/** "1 query", "2 near queries". */
export const queriesText = (count: number, kind = '') =>
  `${count} ${kind && `${kind} `}${count === 1 ? 'query' : 'queries'}`;

/** Times a run that returns its operations. */
export async function timedWork(run: () => Promise<number>): Promise<Work> {
  let operations = 0;
  const cost = await timed(async () => {
    operations = await run();
  });
  return { ...cost, operations };
}

/** The operations of two matrix products for each evaluation of all items: `width` numbers an item. */
export function stepOperations(evaluations: number, count: number, width: number): number {
  return 4 * evaluations * count * width;
}

/** Reports how much of the rate of OpenBLAS's matrix product, one on each thread, a run of ours reaches. */
export async function reportRate(
  name: string,
  precision: 'float32' | 'float64',
  runs: OfBuilds<() => Promise<Work>>,
  settings: Pick<Settings, 'bare' | 'threads' | 'repeats' | 'before' | 'report'>,
  bars: RateBars = {},
): Promise<void> {
  const { bare, threads, repeats, report } = settings;
  const perOperation = ({ wall, processor, operations }: Work): Cost => ({
    wall: wall / operations,
    processor: processor / operations,
  });
  const works = await takeTurns({ ...runs, machine: () => bare.product(precision, productSize, threads) }, repeats);
  const costs = { ours: works.ours.map(perOperation), machine: works.machine.map(perOperation) };
  const percent = (kind: keyof Cost) => {
    const { median, least, greatest } = ratios(kind, costs.machine, costs.ours);
    return { median: 100 * median, least: 100 * least, greatest: 100 * greatest };
  };
  const measure = `rate / ${precision === 'float64' ? 'dgemm' : 'sgemm'}, ${threads} threads`;
  report({
    name,
    measure,
    unit: '%',
    value: percent('wall'),
    processor: percent('processor'),
    ours: spread(works.ours.map(({ wall }) => wall)),
    bar: bars.rate,
  });
  reportBefore(name, works, settings, bars.overBefore);
}
