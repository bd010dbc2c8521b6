import {
  GaussianMemory,
  type Gaussians,
  perturb,
  type RetrieveOptions,
  sampleWassersteinSphere,
  setThreads,
} from '../../lib/index.ts';
import { diagonalGaussians } from '../batches.ts';
import type { Curve, Section, Settings } from '../section.ts';
import { spread, timed } from '../timing.ts';

/** One problem: so many items and queries in this dimension. */
interface Problem {
  readonly count: number;
  readonly dimension: number;
  readonly queries: number;
}

interface Kind {
  readonly chart: string;
  readonly base: Problem;
  /** What changes, one at a time, the others staying as in the base or as given beside it. */
  readonly panels: readonly {
    readonly key: keyof Problem;
    readonly values: readonly number[];
    readonly beside?: Partial<Problem>;
  }[];
  readonly make: (problem: Problem) => Promise<{ items: Gaussians; queries: Gaussians }>;
}

/** With --quick, problems with more numbers than this are left out. */
const quickNumbers = 1e7;
/** A size is measured until its runs have taken this long together, in seconds, or as often as everything else is. */
const enough = 5;
/** Queries lie this far, in W2, from the item that they were made from. */
const radius = 1;

/** One iteration and what ends it: a small memory crowded with items would else be charged for its many iterations. */
const retrieval: RetrieveOptions = { beta: 2, maxIterations: 1 };

const letters: Readonly<Record<keyof Problem, string>> = { count: 'N', dimension: 'd', queries: 'queries' };

const full: Kind = {
  chart: 'full',
  base: { count: 1000, dimension: 20, queries: 1 },
  panels: [
    { key: 'count', values: [250, 1000, 4000, 16_000, 64_000] },
    { key: 'dimension', values: [16, 48, 128, 320, 768], beside: { count: 100 } },
    { key: 'queries', values: [1, 4, 16, 64, 256] },
  ],
  async make({ count, dimension, queries }) {
    const items = await sampleWassersteinSphere({ count, dimension, covariances: 'general', seed: 1 });
    return { items, queries: await perturb(first(items, queries), radius, { seed: 2 }) };
  },
};

const diagonal: Kind = {
  chart: 'diagonal',
  base: { count: 16_000, dimension: 128, queries: 16 },
  panels: [
    { key: 'count', values: [1000, 4000, 16_000, 64_000, 256_000] },
    { key: 'dimension', values: [16, 64, 256, 768, 2048] },
    { key: 'queries', values: [1, 4, 16, 64, 256] },
  ],
  async make({ count, dimension, queries }) {
    const items = diagonalGaussians(count, dimension, 1);
    return { items, queries: await perturb(first(items, queries), radius, { seed: 2 }) };
  },
};

export const curves: Section = {
  title: 'How cost grows with N, d and the number of queries, all threads',
  method:
    `Medians of the clock. distances evaluates every item; retrieve takes one iteration at beta ${retrieval.beta}, with pruning as by ` +
    `default, from queries at W2 = ${radius} from an item. Full covariances: general ones on the Wasserstein sphere, ${fixed(full)}. Diagonal: ${fixed(diagonal)}. ` +
    'growth: the power with which the cost grows over the last three sizes.',
  async run(settings) {
    setThreads(settings.threads);
    for (const kind of [full, diagonal]) await measureKind(kind, settings);
  },
};

/** What stays the same while one size changes, in words. */
function fixed({ base, panels }: Kind): string {
  const text = (problem: Partial<Problem>) =>
    Object.entries(problem).map(([key, value]) => `${letters[key as keyof Problem]} = ${value}`);
  const others = panels.flatMap(({ key, beside }) => (beside ? [`${text(beside)} where ${letters[key]} changes`] : []));
  return [...text(base), ...others].join(', ');
}

async function measureKind({ chart, base, panels, make }: Kind, settings: Settings): Promise<void> {
  for (const { key, values, beside } of panels) {
    const points: Record<'distances' | 'retrieve', { x: number; y: number }[]> = { distances: [], retrieve: [] };
    for (const x of values) {
      const problem = { ...base, ...beside, [key]: x };
      if (settings.quick && problem.count * numbersOf(chart, problem.dimension) > quickNumbers) continue;
      const { items, queries } = await make(problem);
      const memory = await GaussianMemory.create(items);
      points.distances.push({ x, y: await seconds(() => memory.distances(queries), settings) });
      points.retrieve.push({ x, y: await seconds(() => memory.retrieve(queries, retrieval), settings) });
    }
    for (const [name, list] of Object.entries(points)) {
      settings.curve({ chart, panel: letters[key], name, points: list } satisfies Curve);
    }
  }
}

const numbersOf = (chart: string, dimension: number) => (chart === 'full' ? dimension ** 2 : 2 * dimension);

/** The median of several runs, after one that does not count. */
async function seconds(run: () => Promise<unknown>, { repeats }: Settings): Promise<number> {
  const walls: number[] = [];
  let spent = (await timed(run)).wall;
  while (walls.length === 0 || (walls.length < repeats && spent < enough)) {
    const { wall } = await timed(run);
    walls.push(wall);
    spent += wall;
  }
  return spread(walls).median;
}

/** As many of the first items as there are queries. */
function first(items: Gaussians, count: number): Gaussians {
  const part = (values: Gaussians['means']) => values.subarray(0, (values.length / items.count) * count);
  return { ...items, count, means: part(items.means), covariances: part(items.covariances) };
}
