import type { GaussianMemory } from '../../lib/index.ts';
import { diagonalGaussians, fullGaussians } from '../batches.ts';
import { mapBuilds, type OfBuilds, onBuilds, reportBefore, setThreadsOf } from '../builds.ts';
import { productSize, queriesText, stepOperations } from '../rate.ts';
import type { Section, Settings } from '../section.ts';
import { type Cost, type Spread, spread, takeTurns, timed } from '../timing.ts';

/** Full covariances: dimensions, and items that one thread takes some tenths of a second for. */
const fullSizes = [
  { dimension: 10, count: 100_000 },
  { dimension: 20, count: 30_000 },
  { dimension: 50, count: 6000 },
  { dimension: 128, count: 1000 },
  { dimension: 256, count: 160 },
  { dimension: 768, count: 12 },
];
const quickDivisor = 6;
const diagonalDimension = 128;
/** Far more bytes than any cache holds. */
const diagonalCount = 250_000;
const queryCounts = [1, 2, 4, 16, 64, 256];
/** So small that no weight vanishes. */
const warm = 0.05;

/** What a call has to do at least. */
interface Least {
  readonly operations: number;
  /** Every item read once from memory. */
  readonly bytes: number;
}

export const roofline: Section = {
  title: 'Share of what the machine gives, all threads',
  method:
    'The rates on registers alone are those of the widest instructions for each kind of number. ' +
    `The limits are measured in the same rounds: dgemm, one ${productSize} x ${productSize} product on each thread, and reading ` +
    'arrays of 128 MB a thread. Operations: full covariances 2 d^3 for the two triangular products and 4/3 d^3 for the eigenvalues ' +
    'of an item; diagonal ones two products a step. Bytes: every item once. The roof is the longer of the two times that the limits allow.',
  async run(settings) {
    setThreadsOf(settings, settings.threads);
    await peaks(settings);
    await bandwidth(settings);
    for (const size of fullSizes) await full(size, settings);
    await diagonal(settings);
  },
};

/** The rates that no kernel exceeds. */
async function peaks({ bare, threads, repeats, report, note }: Settings): Promise<void> {
  for (const kind of ['float64', 'float32', 'bf16', 'int8'] as const) {
    const rates: number[] = [];
    for (let round = 0; round < repeats; round++) {
      const { operations, wall } = await bare.peak(kind, threads);
      if (operations > 0) rates.push(operations / wall / 1e9);
    }
    const name = 'multiply-adds in registers';
    if (rates.length === 0) note(`${name}: this processor has no instruction for ${kind}`);
    else report({ name, measure: `${kind}, ${threads} threads`, unit: 'GMAC/s', value: spread(rates) });
  }
}

async function bandwidth({ bare, threads, repeats, report }: Settings): Promise<void> {
  for (const kind of ['read', 'triad'] as const) {
    const rates: number[] = [];
    for (let round = 0; round < repeats; round++) {
      const { bytes, wall } = await bare.bandwidth(kind, threads);
      rates.push(bytes / wall / 1e9);
    }
    report({ name: 'memory', measure: `${kind}, ${threads} threads`, unit: 'GB/s', value: spread(rates) });
  }
}

async function full({ dimension, count }: { dimension: number; count: number }, settings: Settings): Promise<void> {
  const size = settings.quick ? Math.ceil(count / quickDivisor) : count;
  const items = fullGaussians(size, dimension, 1);
  const memories = await onBuilds(settings, ({ GaussianMemory }) => GaussianMemory.create(items));
  const query = fullGaussians(1, dimension, 2);
  const least = {
    operations: (10 / 3) * size * dimension ** 3,
    bytes: size * dimension ** 2 * Float64Array.BYTES_PER_ELEMENT,
  };
  await shares(
    `full, d = ${dimension}, ${size} items, distances`,
    memories,
    (memory) => memory.distances(query),
    least,
    settings,
  );
}

async function diagonal(settings: Settings): Promise<void> {
  const count = settings.quick ? Math.ceil(diagonalCount / quickDivisor) : diagonalCount;
  const width = 2 * diagonalDimension;
  const items = diagonalGaussians(count, diagonalDimension, 1);
  const memories = await onBuilds(settings, ({ GaussianMemory }) => GaussianMemory.create(items));
  for (const queryCount of queryCounts) {
    const queries = diagonalGaussians(queryCount, diagonalDimension, 2);
    const name = `diagonal, d = ${diagonalDimension}, ${count} items, step, ${queriesText(queryCount)}`;
    const least = {
      operations: stepOperations(queryCount, count, width),
      bytes: count * width * Float64Array.BYTES_PER_ELEMENT,
    };
    await shares(name, memories, (memory) => memory.step(queries, { beta: warm }), least, settings);
  }
}

async function shares(
  name: string,
  memories: OfBuilds<GaussianMemory>,
  run: (memory: GaussianMemory) => Promise<unknown>,
  { operations, bytes }: Least,
  settings: Settings,
): Promise<void> {
  const { bare, threads, repeats, report } = settings;
  const scaled = ({ wall, processor }: Cost, factor: number) => ({
    wall: wall * factor,
    processor: processor * factor,
  });
  const costs = await takeTurns(
    {
      ...mapBuilds(memories, (memory) => () => timed(() => run(memory))),
      product: async () => {
        const cost = await bare.product('float64', productSize, threads);
        return scaled(cost, operations / cost.operations);
      },
      reading: async () => {
        const cost = await bare.bandwidth('read', threads);
        return scaled(cost, bytes / cost.bytes);
      },
    },
    repeats,
  );
  const share = (limit: (round: number) => number): Spread =>
    spread(costs.ours.map(({ wall }, round) => (100 * limit(round)) / wall));
  const product = (round: number) => (costs.product[round] as Cost).wall;
  const reading = (round: number) => (costs.reading[round] as Cost).wall;
  const ours = spread(costs.ours.map(({ wall }) => wall));
  report({ name, measure: 'of dgemm', unit: '%', value: share(product), ours });
  report({ name, measure: 'of reading memory', unit: '%', value: share(reading), ours });
  report({
    name,
    measure: 'of the roof',
    unit: '%',
    value: share((round) => Math.max(product(round), reading(round))),
    ours,
  });
  reportBefore(name, costs, settings);
}
