import { reportBefore } from '../builds.ts';
import { inChild } from '../child.ts';
import type { Answer, Command } from '../memoryProcess.ts';
import { startStreams } from '../peers/transportPeer.ts';
import type { EarlierBuild, Section, Settings } from '../section.ts';
import { ratios, spread, takeTurns } from '../timing.ts';
import { expectedPairs, inFolder } from '../transport.ts';

const dimension = 3;
/** Epsilon in units of the mean cost. */
const share = 0.1;
const tolerance = 1e-6;
const bars = { milliseconds: 10_000, megabytes: 300, overTorch: 5 };
/** A run takes seconds to minutes. */
const mostRepeats = 3;
/** PyTorch is stopped after so many seconds. */
const limit = 1200;
/** Sweeps of PyTorch from one look at the error to the next. */
const checkEvery = 5;
/** Values of both sides, in units of the mean cost: of the order of the marginal error. */
const agreement = 1e-6;

export const largeClouds: Section = {
  title: `Entropic transport between two large clouds in R^${dimension}, epsilon ${share} of the mean cost, marginal error ${tolerance}`,
  method:
    'Standard normal points with random weights. Ours: `sinkhorn` without plans, in a process of its own; peak: the most memory that it had ' +
    'resident, Node included. PyTorch: plain sweeps in the log domain, costs computed anew block by block, float64, its threads ' +
    'waiting for each other as by default or asleep, the faster of the two. Both sides come to the same value.',
  async run(settings) {
    const points = settings.quick ? 2000 : 10_000;
    const command = { verb: 'transport', points, dimension, share, tolerance, threads: settings.threads } as const;
    const name = `n = m = ${points}`;
    const ours = await besideBefore(name, command, settings);
    await besideTorch(name, command, ours, settings);
  },
};

type Transport = Command & { readonly verb: 'transport' };

async function besideBefore(name: string, command: Transport, settings: Settings): Promise<readonly Answer[]> {
  const { before, report, quick } = settings;
  const solve = (build?: EarlierBuild) => () => inChild((ask) => ask(command), build);
  const costs = await takeTurns(
    { ours: solve(), ...(before && { before: solve(before) }) },
    Math.min(settings.repeats, mostRepeats),
  );
  report({
    name,
    measure: 'time',
    unit: 'ms',
    value: spread(costs.ours.map(({ wall }) => 1e3 * wall)),
    bar: { atMost: bars.milliseconds },
  });
  report({
    name,
    measure: 'peak resident memory',
    unit: 'MB',
    value: spread(costs.ours.map(({ peak }) => peak / 2 ** 20)),
    // Node itself takes a good part of it.
    bar: quick ? undefined : { atMost: bars.megabytes },
  });
  reportBefore(name, costs, settings);
  return costs.ours;
}

async function besideTorch(
  name: string,
  { points }: Transport,
  ours: readonly Answer[],
  { threads, note, report, quick }: Settings,
): Promise<void> {
  const { peers, notes } = startStreams(threads);
  notes.forEach(note);
  const pairs = expectedPairs({ points, dimension, share, weights: 'random' });
  try {
    await inFolder(pairs, { threads, tolerance, checkEvery, batchSize: 1 }, async (folder) => {
      const runs = [];
      for (const peer of peers) {
        await peer.load(folder);
        runs.push({ name: peer.name, ...(await peer.solve(1, limit)) });
      }
      const [fastest] = runs.filter(({ values }) => values.length > 0).sort((a, b) => a.wall - b.wall);
      if (!fastest) return note(`${name}: PyTorch ended nowhere within ${limit} s`);
      const [own] = ours as [Answer];
      const apart = Math.abs((fastest.values[0] as number) - (own.value as number)) / pairs.meanCost;
      if (!(apart <= agreement)) throw new Error(`PyTorch and denseam disagree by ${apart} of the mean cost`);
      note(
        `${name}: ${fastest.name}, ${fastest.sweeps[0]} sweeps, values ${apart.toExponential(1)} of the mean cost apart`,
      );
      const theirs = ours.map(() => fastest);
      report({
        name,
        measure: 'speed / PyTorch, streaming',
        unit: 'x',
        value: ratios('wall', theirs, ours),
        processor: ratios('processor', theirs, ours),
        ours: spread(ours.map(({ wall }) => wall)),
        peer: spread([fastest.wall]),
        bar: quick ? undefined : { atLeast: bars.overTorch },
      });
    });
  } finally {
    for (const peer of peers) peer.stop();
  }
}
