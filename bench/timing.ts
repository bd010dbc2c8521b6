/** What one run of some code cost. */
export interface Cost {
  /** Seconds on the clock. */
  readonly wall: number;
  /** Seconds of processor time, all threads together: what other programs on the machine hardly disturb. */
  readonly processor: number;
}

/** A median with the least and the greatest of the values it stands for. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly greatest: number;
}

const microsecond = 1e-6;
const millisecond = 1e-3;

/** Starts now; a call says what has been spent since. */
export function stopwatch(): () => Cost {
  const start = performance.now();
  const usage = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(usage);
    return { wall: (performance.now() - start) * millisecond, processor: (user + system) * microsecond };
  };
}

export async function timed(run: () => unknown): Promise<Cost> {
  const spent = stopwatch();
  await run();
  return spent();
}

/**
 * Times the contenders in turns, so that a slow spell of the machine falls on all of them: one run each that does not
 * count, then `repeats` rounds, every other one in reverse order. `costs[name][round]` is what a run cost.
 */
export async function takeTurns<Costs extends { readonly [name: string]: Cost }>(
  contenders: { readonly [Name in keyof Costs]: () => Promise<Costs[Name]> },
  repeats: number,
): Promise<{ [Name in keyof Costs]: Costs[Name][] }> {
  const runs = Object.entries<() => Promise<Cost>>(contenders);
  const costs: Record<string, Cost[]> = Object.fromEntries(runs.map(([name]) => [name, []]));
  for (const [, run] of runs) await run();
  for (let round = 0; round < repeats; round++) {
    for (const [name, run] of round % 2 === 0 ? runs : runs.toReversed()) costs[name]?.push(await run());
  }
  return costs as { [Name in keyof Costs]: Costs[Name][] };
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: quantile(sorted, 0.5), least: quantile(sorted, 0), greatest: quantile(sorted, 1) };
}

/** The value below which this share of the sorted values lies, linear in between. */
export function quantile(sorted: readonly number[], share: number): number {
  const position = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(position)], sorted[Math.ceil(position)]] as [number, number];
  return below + (above - below) * (position % 1);
}

/** a / b of each round: both ran within the same spell of the machine. */
export function ratios(kind: keyof Cost, a: readonly Cost[], b: readonly Cost[]): Spread {
  return spread(a.map((cost, round) => cost[kind] / (b[round] as Cost)[kind]));
}
