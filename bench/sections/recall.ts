import {
  type CovarianceFamily,
  type GaussianMemory,
  type Gaussians,
  perturb,
  type Retrieval,
  type RetrieveOptions,
  sampleWassersteinSphere,
} from '../../lib/index.ts';
import { mapBuilds, type OfBuilds, onBuilds, reportBefore, setThreadsOf } from '../builds.ts';
import { queriesText } from '../rate.ts';
import type { Section, Settings } from '../section.ts';
import { type Cost, ratios, spread, takeTurns, timed } from '../timing.ts';

const beta = 2;
/**
 * W2 from query to item: sqrt(lambda_min) of commuting covariances with eigenvalues on [1, 1.1], the basin of the
 * theory.
 */
const radius = 1;
/**
 * In units of 1 over the median squared distance between nearest items: there all weights are alike and nothing can be
 * left out.
 */
const diffuseBeta = 1e-4;
/** Iterations at that beta, so that both sides do the same. */
const diffuseIterations = 3;
/** States with and without pruning agree to this, relative to the greatest number; energies relative to 1 / beta. */
const agreement = 1e-9;

export const recall: Section = {
  title: 'GaussianMemory.retrieve with and without pruning, full covariances, all threads',
  method:
    `Items on the Wasserstein sphere, queries at W2 = ${radius} from an item. Evaluated: exact distances for each state that a ` +
    `query passes through, medians over the queries. Overhead: time with pruning over time without at beta ${diffuseBeta} in units of 1 / ` +
    'the median squared distance between nearest items, where every weight matters. Answers are compared.',
  async run(settings) {
    setThreadsOf(settings, settings.threads);
    const { quick } = settings;
    await sharp({ count: quick ? 200 : 1000, dimension: quick ? 64 : 768, family: 'commuting' }, settings);
    await few({ count: 1000, dimension: 20, family: 'general' }, settings);
    for (const dimension of [10, 20, 50, 128]) {
      await overhead({ count: dimension < 100 ? 1000 : 200, dimension, family: 'general' }, settings);
    }
  },
};

interface Problem {
  readonly count: number;
  readonly dimension: number;
  readonly family: CovarianceFamily;
}

const nameOf = ({ count, dimension, family }: Problem, queries: number) =>
  `N = ${count}, d = ${dimension}, ${family}, ${queriesText(queries)}`;

async function makeProblem(
  { count, dimension, family }: Problem,
  queryCount: number,
  settings: Settings,
): Promise<{ memories: OfBuilds<GaussianMemory>; queries: Gaussians }> {
  const items = await sampleWassersteinSphere({ count, dimension, covariances: family, seed: 1 });
  const part = (values: Float64Array) => values.subarray(0, (values.length / count) * queryCount);
  const originals = { ...items, count: queryCount, means: part(items.means), covariances: part(items.covariances) };
  const memories = await onBuilds(settings, ({ GaussianMemory }) => GaussianMemory.create(items));
  return { memories, queries: await perturb(originals, radius, { seed: 2 }) };
}

/**
 * One query among large items. To evaluate all of them takes minutes, hence a single run of that, compared with the
 * median of ours.
 */
async function sharp(problem: Problem, settings: Settings): Promise<void> {
  const { report, repeats } = settings;
  const { memories, queries } = await makeProblem(problem, 1, settings);
  const name = nameOf(problem, 1);
  const pruned = mapBuilds(memories, (memory) => () => timedRetrieval(() => memory.retrieve(queries, { beta })));
  const ours = await pruned.ours();
  const turns = await takeTurns({ ...pruned }, repeats);
  const { ours: costs } = turns;
  const peer = await timedRetrieval(() => memories.ours.retrieve(queries, { beta, pruning: false }));
  checkSame(name, ours.retrieval, peer.retrieval);
  reportBefore(name, turns, settings);
  report({
    name,
    measure: `speed with pruning / without, beta ${beta}`,
    unit: 'x',
    value: spread(costs.map(({ wall }) => peer.wall / wall)),
    processor: spread(costs.map(({ processor }) => peer.processor / processor)),
    ours: spread(costs.map(({ wall }) => wall)),
    peer: spread([peer.wall]),
    bar: { atLeast: 100 },
  });
  const shares = evaluatedPerState(ours.retrieval).map((items) => (100 * items) / problem.count);
  report({
    name,
    measure: `evaluated, beta ${beta}`,
    unit: '%',
    value: spread(shares),
    bar: { atMost: 1 },
  });
}

async function timedRetrieval(
  run: () => Promise<Retrieval<Gaussians>>,
): Promise<Cost & { readonly retrieval: Retrieval<Gaussians> }> {
  const done: Retrieval<Gaussians>[] = [];
  const cost = await timed(async () => {
    done.push(await run());
  });
  return { ...cost, retrieval: done[0] as Retrieval<Gaussians> };
}

/** How many items a query needs among small ones. */
async function few(problem: Problem, settings: Settings): Promise<void> {
  const { quick, report } = settings;
  const queryCount = quick ? 20 : 200;
  const { memories, queries } = await makeProblem(problem, queryCount, settings);
  const { ours: memory } = memories;
  const pruned = await memory.retrieve(queries, { beta });
  checkSame(nameOf(problem, queryCount), pruned, await memory.retrieve(queries, { beta, pruning: false }));
  report({
    name: nameOf(problem, queryCount),
    measure: `items evaluated per state, beta ${beta}`,
    unit: 'items',
    value: spread(evaluatedPerState(pruned)),
    bar: { atMost: 8 },
  });
}

/** What pruning costs where it cannot help. */
async function overhead(problem: Problem, settings: Settings): Promise<void> {
  const { repeats, report } = settings;
  const queryCount = 2;
  const { memories, queries } = await makeProblem(problem, queryCount, settings);
  const { ours: memory } = memories;
  const small = diffuseBeta / (await nearestSquaredDistance(memory, queries));
  const options: RetrieveOptions = { beta: small, tolerance: 0, maxIterations: diffuseIterations };
  const all = () => memory.retrieve(queries, { ...options, pruning: false });
  const pruned = mapBuilds(memories, (each) => () => timed(() => each.retrieve(queries, options)));
  checkSame(nameOf(problem, queryCount), await memory.retrieve(queries, options), await all(), small);
  const costs = await takeTurns({ ...pruned, all: () => timed(all) }, repeats);
  reportBefore(`${nameOf(problem, queryCount)}, small beta`, costs, settings);
  report({
    name: nameOf(problem, queryCount),
    measure: 'time with pruning / without, small beta',
    unit: 'x',
    value: ratios('wall', costs.ours, costs.all),
    processor: ratios('processor', costs.ours, costs.all),
    ours: spread(costs.ours.map(({ wall }) => wall)),
    peer: spread(costs.all.map(({ wall }) => wall)),
    bar: { atMost: 1.1 },
  });
}

/** The median over these queries of the squared distance to the second nearest item: the nearest is the query's own. */
async function nearestSquaredDistance(memory: GaussianMemory, queries: Gaussians): Promise<number> {
  const { distances, columns } = await memory.nearest(queries, { k: 2 });
  return spread(Array.from(distances).filter((_, at) => at % columns === 1)).median;
}

function evaluatedPerState({ evaluated, iterations }: Retrieval<Gaussians>): number[] {
  return Array.from(evaluated, (items, query) => items / ((iterations[query] as number) + 1));
}

function checkSame(name: string, a: Retrieval<Gaussians>, b: Retrieval<Gaussians>, at = beta): void {
  const sameItems = a.nearest.every((item, query) => item === b.nearest[query]);
  const close = [
    [a.states.means, b.states.means],
    [a.states.covariances, b.states.covariances],
  ].every(([x, y]) => difference(x as Float64Array, y as Float64Array) <= agreement);
  // The energy of a state on an item is all rounding, hence beside 1 / beta.
  const sameEnergy = a.energy.every(
    (energy, query) => Math.abs(energy - (b.energy[query] as number)) <= agreement / at,
  );
  if (!sameItems || !close || !sameEnergy) throw new Error(`${name}: pruning changes the answer`);
}

/** The greatest difference, relative to the greatest number. */
function difference(a: Float64Array, b: Float64Array): number {
  const scale = b.reduce((most, y) => Math.max(most, Math.abs(y)), 0);
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - (b[i] as number))), 0) / scale;
}
