import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GaussianMemory, Gaussians, Matrix } from '../../lib/index.ts';
import { fullGaussians } from '../batches.ts';
import { mapBuilds, type OfBuilds, onBuilds, reportBefore, setThreadsOf } from '../builds.ts';
import { MlMatrixDistances } from '../peers/mlMatrix.ts';
import type { Section, Settings } from '../section.ts';
import { type Cost, ratios, spread, takeTurns, timed } from '../timing.ts';

interface Size {
  readonly dimension: number;
  /** Items: as many as one thread takes some tenths of a second for. */
  readonly count: number;
  /** Items for ml-matrix, where it is asked: it takes milliseconds each at d = 50, seconds at 768. */
  readonly mlMatrix?: number;
  /** How many times faster it must be than the earlier build, where more than as fast is claimed. */
  readonly overBefore?: number;
}

const sizes: readonly Size[] = [
  { dimension: 10, count: 100_000 },
  { dimension: 20, count: 30_000 },
  { dimension: 50, count: 6000, mlMatrix: 200 },
  { dimension: 96, count: 2000, overBefore: 5 },
  { dimension: 128, count: 1000, overBefore: 4 },
  { dimension: 192, count: 400, overBefore: 3 },
  { dimension: 256, count: 160, overBefore: 2.5 },
  { dimension: 768, count: 100, mlMatrix: 1, overBefore: 1.4 },
];

/** Steps at so small a beta that every item's map counts: items, and how much faster than before they must be. */
const stepSizes = [
  { dimension: 50, count: 2000 },
  { dimension: 96, count: 500, overBefore: 3 },
  { dimension: 128, count: 250, overBefore: 1.8 },
  { dimension: 256, count: 40 },
];
const warm = 1e-3;

/** With --quick there are this many times fewer items. */
const quickDivisor = 6;
/** Both sides must have computed the same: relative. */
const agreement = 1e-9;

export const gaussian: Section = {
  title: 'GaussianMemory, full covariances, one query',
  method:
    'Ours is the whole call of distances, or of step where that is said: checks, copies, promise. Bare LAPACK is a C++ loop over the same matrices on the same BLAS: a copy, ' +
    'two dtrmm, dsyevd for eigenvalues alone. ml-matrix: Cholesky, two products, EigenvalueDecomposition, per item, one thread.',
  async run(settings) {
    for (const size of sizes) await measureSize(size, settings);
    for (const size of stepSizes) await measureStep(size, settings);
  },
};

async function measureStep(
  { dimension, count, overBefore }: { dimension: number; count: number; overBefore?: number },
  settings: Settings,
): Promise<void> {
  setThreadsOf(settings, 1);
  const items = fullGaussians(settings.quick ? Math.ceil(count / quickDivisor) : count, dimension, 1);
  const query = fullGaussians(1, dimension, 2);
  const memories = await onBuilds(settings, ({ GaussianMemory }) => GaussianMemory.create(items));
  const steps = mapBuilds(memories, (memory) => () => timed(() => memory.step(query, { beta: warm })));
  const costs = await takeTurns({ ...steps }, settings.repeats);
  reportBefore(`d = ${dimension}, ${items.count} items, step, 1 thread`, costs, settings, overBefore);
}

async function measureSize(size: Size, settings: Settings): Promise<void> {
  const { dimension } = size;
  const count = settings.quick ? Math.ceil(size.count / quickDivisor) : size.count;
  const items = fullGaussians(count, dimension, 1);
  const query = fullGaussians(1, dimension, 2);
  const memories = await onBuilds(settings, ({ GaussianMemory }) => GaussianMemory.create(items));
  const path = join(tmpdir(), `denseam-bench-${process.pid}.bin`);
  try {
    await writeFile(path, query.covariances);
    await writeFile(path, items.covariances, { flag: 'a' });
    await settings.bare.load(path, dimension, count);
  } finally {
    await rm(path, { force: true });
  }
  await againstLapack(memories, query, items, settings, size.overBefore);
  if (size.mlMatrix)
    await againstMlMatrix(memories.ours, query, new MlMatrixDistances(items, query, size.mlMatrix), settings);
}

function timeDistances(memory: GaussianMemory, query: Gaussians, threads: number, settings: Settings): Promise<Cost> {
  setThreadsOf(settings, threads);
  return timed(() => memory.distances(query));
}

const walls = (list: readonly Cost[]) => spread(list.map(({ wall }) => wall));

async function againstLapack(
  { ours, before }: OfBuilds<GaussianMemory>,
  query: Gaussians,
  items: Gaussians,
  settings: Settings,
  overBefore: number | undefined,
): Promise<void> {
  const { bare, repeats, report, threads } = settings;
  checkRoots(await ours.distances(query), items, query, (await bare.roots(1)).sum);
  const costs = await takeTurns(
    {
      one: () => timeDistances(ours, query, 1, settings),
      ...(before && { before: () => timeDistances(before, query, 1, settings) }),
      bare: () => bare.roots(1),
      all: () => timeDistances(ours, query, threads, settings),
      bareAll: () => bare.roots(threads),
    },
    repeats,
  );
  const name = `d = ${query.dimension}, ${items.count} items`;
  report({
    name,
    measure: 'time / bare LAPACK, 1 thread',
    unit: 'x',
    value: ratios('wall', costs.one, costs.bare),
    processor: ratios('processor', costs.one, costs.bare),
    ours: walls(costs.one),
    peer: walls(costs.bare),
    bar: { atMost: 1.25 },
  });
  reportBefore(`${name}, 1 thread`, { ours: costs.one, before: costs.before }, settings, overBefore);
  if (threads > 1) reportScaling(name, costs, settings);
}

/** Reports the gain of further threads beside that of bare LAPACK. */
function reportScaling(
  name: string,
  costs: Readonly<Record<'one' | 'all' | 'bare' | 'bareAll', readonly Cost[]>>,
  { threads, report }: Settings,
): void {
  const scaling = { name, unit: 'x', ours: walls(costs.all) } as const;
  report({
    ...scaling,
    measure: `speed, ${threads} threads / 1`,
    value: ratios('wall', costs.one, costs.all),
    peer: walls(costs.one),
    bar: { atLeast: 0.85 * threads },
  });
  report({
    ...scaling,
    measure: `bare LAPACK's own, ${threads} threads / 1`,
    value: ratios('wall', costs.bare, costs.bareAll),
    ours: walls(costs.bareAll),
    peer: walls(costs.bare),
  });
}

async function againstMlMatrix(
  memory: GaussianMemory,
  query: Gaussians,
  peer: MlMatrixDistances,
  settings: Settings,
): Promise<void> {
  const { data } = await memory.distances(query);
  const theirs = peer.distances();
  theirs.forEach((distance, i) => {
    checkAgreement(distance, data[i] as number);
  });
  const perItem = ({ wall, processor }: Cost, count: number) => ({ wall: wall / count, processor: processor / count });
  const costs = await takeTurns(
    {
      ours: async () => perItem(await timeDistances(memory, query, 1, settings), memory.size),
      peer: async () => perItem(await timed(() => peer.distances()), theirs.length),
    },
    Math.min(settings.repeats, 3),
  );
  settings.report({
    name: `d = ${query.dimension}, per item`,
    measure: 'speed / ml-matrix, 1 thread',
    unit: 'x',
    value: ratios('wall', costs.peer, costs.ours),
    processor: ratios('processor', costs.peer, costs.ours),
    ours: spread(costs.ours.map(({ wall }) => wall)),
    peer: spread(costs.peer.map(({ wall }) => wall)),
    bar: { atLeast: 20 },
    against: { peer: 'ml-matrix', dimension: query.dimension },
  });
}

/** The distances minus what is not a root, summed over the items, must be the sum that bare LAPACK found. */
function checkRoots({ data }: Matrix, items: Gaussians, query: Gaussians, sum: number): void {
  const d = items.dimension;
  let roots = 0;
  for (let i = 0; i < items.count; i++) {
    let rest = 0;
    for (let j = 0; j < d; j++) {
      rest += ((items.means[i * d + j] as number) - (query.means[j] as number)) ** 2;
      rest += (items.covariances[i * d * d + j * (d + 1)] as number) + (query.covariances[j * (d + 1)] as number);
    }
    roots += (rest - (data[i] as number)) / 2;
  }
  checkAgreement(roots, sum);
}

function checkAgreement(a: number, b: number): void {
  if (!(Math.abs(a - b) <= agreement * Math.abs(b))) throw new Error(`The contenders disagree: ${a} and ${b}`);
}
