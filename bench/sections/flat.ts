import { Random } from '../../lib/core/random.ts';
import type { GaussianMemory, Gaussians, Vectors } from '../../lib/index.ts';
import { diagonalGaussians, uniform } from '../batches.ts';
import { mapBuilds, onBuilds, setThreadsOf } from '../builds.ts';
import { plainStep, rowsOf } from '../peers/plainLoop.ts';
import { productSize, queriesText, type RateBars, reportRate, stepOperations, timedWork } from '../rate.ts';
import type { Section, Settings } from '../section.ts';
import { type Cost, ratios, spread, takeTurns, timed } from '../timing.ts';

const dimension = 128;
const queryCount = 256;
/** Smaller batches, and how many times faster than the earlier build their steps must be. */
const smallBatches = [{ queries: 1 }, { queries: 16, overBefore: 1.6 }, { queries: 64, overBefore: 1.3 }];
const fullBatchBar = 1;
/** Queries that the plain loop answers: enough for tenths of a second. */
const plainQueries = 4;
/**
 * So small that no weight vanishes, beside items whose squared distances differ by some tens: all the work is really
 * done.
 */
const warm = 0.05;
/** So large that queries fall to the item they were made from. */
const cold = 1;

type Precision = 'float32' | 'float64';

export const flat: Section = {
  title: `Diagonal Gaussians and vectors, d = ${dimension}, ${queryCount} queries, all threads`,
  method:
    `The rate of ours counts the operations of two matrix products a step and nothing else; the machine's is that of OpenBLAS on ` +
    `${productSize} x ${productSize} matrices, one product on each thread.`,
  async run(settings) {
    setThreadsOf(settings, settings.threads);
    const count = settings.quick ? 20_000 : 100_000;
    for (const precision of ['float64', 'float32'] as const) await diagonal(count, precision, settings);
    await vectors(count, settings);
  },
};

async function diagonal(count: number, precision: Precision, settings: Settings): Promise<void> {
  const items = diagonalGaussians(count, dimension, 1, precision === 'float32' ? Float32Array : Float64Array);
  const queries = near(items);
  const memories = await onBuilds(settings, ({ GaussianMemory }) => GaussianMemory.create(items));
  const width = 2 * dimension;
  const rate = async (verb: string, run: (memory: GaussianMemory) => Promise<number>, bars?: RateBars) => {
    const runs = mapBuilds(memories, (memory) => () => timedWork(() => run(memory)));
    await reportRate(`diagonal ${precision}, ${count} items, ${verb}`, precision, runs, settings, bars);
  };
  const stepOf = (batch: Gaussians, beta: number) => async (memory: GaussianMemory) => {
    await memory.step(batch, { beta });
    return stepOperations(batch.count, count, width);
  };
  for (const beta of [warm, 0.1, 0.3, cold, 10]) {
    const bar = beta === warm ? { rate: { atLeast: 60 } } : {};
    await rate(`step, beta ${beta}`, stepOf(queries, beta), { ...bar, overBefore: fullBatchBar });
  }
  await rate(`retrieve, beta ${cold}`, async (memory) => {
    const { iterations } = await memory.retrieve(queries, { beta: cold });
    return stepOperations(queryCount + iterations.reduce((sum, n) => sum + n, 0), count, width);
  });
  for (const { queries: few, ...bars } of smallBatches) {
    for (const beta of [warm, cold])
      await rate(`step, ${queriesText(few)}, beta ${beta}`, stepOf(first(queries, few), beta), bars);
  }
  if (precision === 'float64') await againstPlainLoop(memories.ours, items, queries, settings);
}

/** The first `count` of these. */
function first({ means, covariances, ...rest }: Gaussians, count: number): Gaussians {
  const take = (values: Gaussians['means']) => values.subarray(0, count * dimension);
  return { ...rest, count, means: take(means), covariances: take(covariances) };
}

async function vectors(count: number, settings: Settings): Promise<void> {
  const items = { count, dimension, values: uniform(Float64Array, count * dimension, -1, 1, new Random(3)) };
  const queries: Vectors = { ...items, count: queryCount, values: items.values.slice(0, queryCount * dimension) };
  const memories = await onBuilds(settings, ({ EuclideanMemory }) => EuclideanMemory.create(items));
  const steps = mapBuilds(
    memories,
    (memory) => () =>
      timedWork(async () => {
        await memory.step(queries, { beta: warm });
        return stepOperations(queryCount, count, dimension);
      }),
  );
  await reportRate(`EuclideanMemory float64, ${count} items, step, beta ${warm}`, 'float64', steps, settings);
}

/** Queries beside the first items: 3 % off in every mean and variance. */
function near({ means, covariances, ...rest }: Gaussians): Gaussians {
  const take = (values: Gaussians['means'], factor: number) =>
    Float64Array.from(values.subarray(0, queryCount * dimension), (value) => factor * value);
  return { ...rest, count: queryCount, means: take(means, 1.03), covariances: take(covariances, 0.97) };
}

async function againstPlainLoop(
  memory: GaussianMemory,
  items: Gaussians,
  queries: Gaussians,
  { repeats, report }: Settings,
): Promise<void> {
  const rows = rowsOf(items);
  const few = rowsOf(queries).subarray(0, plainQueries * 2 * dimension);
  const perQuery = ({ wall, processor }: Cost, count: number) => ({ wall: wall / count, processor: processor / count });
  const costs = await takeTurns(
    {
      ours: async () => perQuery(await timed(() => memory.step(queries, { beta: warm })), queryCount),
      peer: async () => perQuery(await timed(() => plainStep(rows, few, 2 * dimension, warm)), plainQueries),
    },
    Math.min(repeats, 3),
  );
  report({
    name: `diagonal float64, ${items.count} items, step, per query`,
    measure: 'speed / plain JavaScript loop',
    unit: 'x',
    value: ratios('wall', costs.peer, costs.ours),
    ours: spread(costs.ours.map(({ wall }) => wall)),
    peer: spread(costs.peer.map(({ wall }) => wall)),
  });
}
