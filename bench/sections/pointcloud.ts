import { type SinkhornResults, sinkhorn, sinkhornDivergence } from '../../lib/index.ts';
import { onBuilds, setThreadsOf } from '../builds.ts';
import { cloudRecall } from '../cloudRecall.ts';
import { peerNames, type Solutions, startPeers, type TransportPeer } from '../peers/transportPeer.ts';
import { productSize, reportRate } from '../rate.ts';
import type { Bar, Build, Figure, Section, Settings } from '../section.ts';
import { type Cost, ratios, spread, takeTurns, timed } from '../timing.ts';
import { inFolder, makePairs, nameOf, type Pairs, type TransportCase } from '../transport.ts';

const pairCount = 100;
const tolerance = 1e-9;
const solver = { marginalTolerance: tolerance, maxSolverIterations: 10_000 };
/** What is claimed of every case with random weights, and of POT's log domain in the hardest of them. */
const logBar = 10;
const torchBar = 10;
const stabilizedBar = 3;
const hardest = { points: 64, dimension: 3, share: 0.01, bar: 50 };
/** Peers get as many of the pairs as they solve in about this many seconds, and are stopped after `limit`. */
const budget = 3;
const limit = 60;
const quick = { budget: 0.5, limit: 5 };
const mostRepeats = 3;
/**
 * The costs of a batch stay within the cache: larger ones are slower, smaller ones spend their time in the interpreter.
 */
const batchNumbers = 2 ** 18;
/**
 * Regularised values of both sides, relative to the mean cost: their error is of the order of the marginal error times
 * that of f and g.
 */
const agreement = 1e-9;

const cases: readonly TransportCase[] = [
  ...[64, 256].flatMap((points) =>
    [3, 50].flatMap((dimension) =>
      [0.01, 0.1].map((share) => ({ points, dimension, share, weights: 'random' }) as const),
    ),
  ),
  { points: 64, dimension: 3, share: 0.01, weights: 'equal' },
];

export const pointcloud: Section = {
  title: `Entropic optimal transport of ${pairCount} pairs of clouds to a marginal error of ${tolerance}, all threads, and recall of clouds`,
  method:
    'Standard normal points; epsilon in units of the mean cost. Ours: `sinkhorn`, costs included. POT and plain JavaScript run in a ' +
    'process for each thread, each on its share of the pairs; PyTorch solves many pairs at once, in chunks that fit the cache, and drops ' +
    `those that are done. All stop by the L1 error of the marginals, which POT is given in place of its L2 norm. A peer solves as many of ` +
    `the first pairs as it can in about ${budget} s, the notes say how many, and is stopped after ${limit} s; times are per pair. All sides ` +
    'come to the same values. The rate counts what an iteration does at least, a sweep of 4 n m operations, and the costs, 2 n m d; a ' +
    `Newton step does m^2 n + m^3 / 3 besides. The machine's is that of ${productSize} x ${productSize} products, one on each thread.`,
  async run(settings) {
    setThreadsOf(settings, settings.threads);
    const { peers, notes } = startPeers(settings.threads);
    notes.forEach(settings.note);
    try {
      for (const of of settings.quick ? cases.slice(0, 2) : cases) await measureCase(of, peers, settings);
    } finally {
      for (const peer of peers) peer.stop();
    }
    await cloudRecall(settings);
  },
};

const secondsOf = (settings: Settings) => (settings.quick ? quick : { budget, limit });

/** Pairs that a peer with batches takes at once. */
const batchSize = (points: number) => Math.max(1, Math.floor(batchNumbers / points ** 2));

/** A peer beside how many pairs it gets, or that it does not solve even the fewest in time. */
interface Contender {
  readonly peer: TransportPeer;
  readonly count: number;
  readonly tooSlow: boolean;
}

async function measureCase(of: TransportCase, peers: readonly TransportPeer[], settings: Settings): Promise<void> {
  const pairs = makePairs(of, pairCount);
  const plans = await solve(pairs);
  reportOurs(of, plans, settings);
  const { threads } = settings;
  const forPeers = { threads, tolerance, checkEvery: checkEvery(of), batchSize: batchSize(of.points) };
  await inFolder(pairs, forPeers, async (folder) => {
    const contenders: Contender[] = [];
    for (const peer of peers) {
      await peer.load(folder);
      contenders.push(await size(peer, of, settings));
    }
    await race(of, pairs, plans, contenders, settings);
  });
  await aside(of, pairs, plans, settings);
}

const solve = (
  { sources, targets, epsilon }: Pairs,
  build: Pick<Build, 'sinkhorn'> = { sinkhorn },
): Promise<SinkhornResults> => build.sinkhorn(sources, targets, { epsilon, ...solver, plans: false });

/** Sweeps of a peer from one look at the error to the next: at large epsilon a few are enough. */
const checkEvery = ({ share }: TransportCase) => (share < 0.1 ? 20 : 5);

function reportOurs(of: TransportCase, plans: SinkhornResults, { report }: Settings): void {
  const name = nameOf(of);
  const errors = Array.from(plans.marginalErrors, (error) => (100 * error) / tolerance);
  report({ name, measure: 'marginal error / tolerance', unit: '%', value: spread(errors), bar: { atMost: 100 } });
  report({ name, measure: 'iterations a pair', unit: 'iterations', value: spread(Array.from(plans.iterations)) });
}

/** How many pairs a peer gets, by what the fewest cost it that show its speed: one on each thread, or a batch. */
async function size(peer: TransportPeer, { points }: TransportCase, settings: Settings): Promise<Contender> {
  const seconds = secondsOf(settings);
  const fewest = peer.isBatched ? batchSize(points) : settings.threads;
  const first = await peer.solve(fewest, seconds.limit);
  if (first.values.length < fewest) return { peer, count: fewest, tooSlow: true };
  const wanted = Math.floor((fewest * seconds.budget) / first.wall);
  return { peer, count: Math.min(pairCount, Math.max(fewest, wanted)), tooSlow: false };
}

async function race(
  of: TransportCase,
  pairs: Pairs,
  plans: SinkhornResults,
  contenders: readonly Contender[],
  settings: Settings,
): Promise<void> {
  const seconds = secondsOf(settings);
  const last = new Map<string, Solutions>();
  const runs: Record<string, () => Promise<Cost>> = {
    ours: async () => perPair(await timed(() => solve(pairs)), pairCount),
  };
  for (const { peer, count } of contenders.filter(({ tooSlow }) => !tooSlow)) {
    runs[peer.name] = async () => {
      // Later pairs may be harder than those that the count was chosen by.
      const solutions = await peer.solve(count, 10 * seconds.limit);
      last.set(peer.name, solutions);
      return perPair(solutions, count);
    };
  }
  const costs = await takeTurns(runs, settings.quick ? 1 : Math.min(settings.repeats, mostRepeats));
  const { ours = [] } = costs;
  const walls = spread(ours.map(({ wall }) => 1 / wall));
  settings.report({ name: nameOf(of), measure: 'pairs a second', unit: 'pairs/s', value: walls });
  for (const { peer, count } of contenders.filter(({ tooSlow }) => tooSlow)) {
    const stopped = { wall: seconds.limit / count, processor: Number.NaN };
    costs[peer.name] = ours.map(() => stopped);
  }
  for (const figure of figures(of, contenders, costs)) settings.report(figure);
  const found = contenders.map((contender) =>
    describe(contender, last.get(contender.peer.name), pairs, plans, seconds.limit),
  );
  settings.note(`${nameOf(of)}: ${found.join('; ')}`);
}

const perPair = ({ wall, processor }: Cost, count: number): Cost => ({
  wall: wall / count,
  processor: processor / count,
});

/** A row for each peer; of the two ways to run PyTorch the faster is the one that the bar is for. */
function figures(of: TransportCase, contenders: readonly Contender[], costs: Record<string, Cost[]>): Figure[] {
  const { ours = [] } = costs;
  const wall = (name: string) => spread((costs[name] ?? []).map(({ wall }) => wall)).median;
  const faster = wall(peerNames.asleep) < wall(peerNames.spinning) ? peerNames.asleep : peerNames.spinning;
  return contenders.map(({ peer: { name }, tooSlow }) => {
    const theirs = costs[name] as Cost[];
    const figure = {
      name: nameOf(of),
      measure: `speed / ${name}${tooSlow ? ', stopped: at least' : ''}`,
      unit: 'x',
      value: ratios('wall', theirs, ours),
      ours: spread(ours.map(({ wall }) => wall)),
      peer: spread(theirs.map(({ wall }) => wall)),
      bar: barOf(name, of, faster),
    } as const;
    return tooSlow ? figure : { ...figure, processor: ratios('processor', theirs, ours) };
  });
}

function barOf(peer: string, of: TransportCase, fasterTorch: string): Bar | undefined {
  if (peer === peerNames.log) {
    const isHardest = of.points === hardest.points && of.dimension === hardest.dimension && of.share === hardest.share;
    return { atLeast: isHardest ? hardest.bar : logBar };
  }
  if (peer === peerNames.stabilized) return { atLeast: stabilizedBar };
  return peer === fasterTorch ? { atLeast: torchBar } : undefined;
}

/** Sweeps and errors of a peer, and how far its values are from ours; throws where that is too far. */
function describe(
  { peer, count, tooSlow }: Contender,
  solutions: Solutions | undefined,
  pairs: Pairs,
  plans: SinkhornResults,
  seconds: number,
): string {
  if (tooSlow || !solutions) return `${peer.name} did not solve ${count} pairs in ${seconds} s`;
  const { values, errors, sweeps } = solutions;
  const apart = values.map((value, i) => Math.abs(value - (plans.values[i] as number)) / pairs.meanCost);
  const most = Math.max(...apart);
  if (!(most <= agreement)) throw new Error(`${peer.name} and denseam disagree by ${most} of the mean cost`);
  const mean = sweeps.reduce((sum, count) => sum + count, 0) / sweeps.length;
  return (
    `${peer.name} ${values.length} pairs, ${mean.toFixed(0)} sweeps on average, error up to ${Math.max(...errors).toExponential(1)}, ` +
    `values within ${most.toExponential(1)} of the mean cost`
  );
}

/** What debiased divergences of the same pairs cost, and how near the solver comes to the machine's rate. */
async function aside(of: TransportCase, pairs: Pairs, plans: SinkhornResults, settings: Settings): Promise<void> {
  const { sources, targets, dimension, epsilon, points } = pairs;
  const divergences = () => sinkhornDivergence(sources, targets, { epsilon, ...solver });
  const costs = await takeTurns(
    { divergences: () => timed(divergences), ours: () => timed(() => solve(pairs)) },
    settings.repeats,
  );
  settings.report({
    name: nameOf(of),
    measure: 'time of debiased divergences / of these problems alone',
    unit: 'x',
    value: ratios('wall', costs.divergences, costs.ours),
    processor: ratios('processor', costs.divergences, costs.ours),
    ours: spread(costs.divergences.map(({ wall }) => wall / pairCount)),
  });
  const iterations = plans.iterations.reduce((sum, count) => sum + count, 0);
  const operations = points ** 2 * (4 * iterations + 2 * dimension * pairCount);
  const runs = await onBuilds(settings, (build) => async () => ({
    ...(await timed(() => solve(pairs, build))),
    operations,
  }));
  await reportRate(nameOf(of), 'float64', runs, settings);
}
