import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GaussianMemory, type Gaussians, setThreads } from '../../lib/index.ts';
import { fullGaussians } from '../batches.ts';
import { type Method, PythonPeer, type Way } from '../peers/python.ts';
import type { Bar, Figure, Section, Settings } from '../section.ts';
import { type Cost, ratios, spread, takeTurns, timed } from '../timing.ts';

interface Size {
  readonly dimension: number;
  /** Items. */
  readonly count: number;
  /** Of them for numpy and PyTorch, and for the textbook formula; costs are compared per item. */
  readonly batched: number;
  readonly textbook: number;
  /** The speed-up that is claimed over the better of numpy and PyTorch, where one is. */
  readonly bar?: number;
}

const sizes: readonly Size[] = [
  { dimension: 10, count: 20_000, batched: 20_000, textbook: 200, bar: 12 },
  { dimension: 20, count: 10_000, batched: 10_000, textbook: 100, bar: 10 },
  { dimension: 50, count: 4000, batched: 4000, textbook: 50, bar: 6 },
  { dimension: 128, count: 1000, batched: 1000, textbook: 10 },
  { dimension: 768, count: 100, batched: 24, textbook: 2, bar: 1.8 },
];

/** With --quick there are this many times fewer items. */
const quickDivisor = 6;
const textbookBar = 20;
/** All sides must have computed the same distances: relative. */
const agreement = 1e-9;

const names: Readonly<Record<Method, string>> = {
  numpy: 'numpy',
  torch: 'PyTorch',
  textbook: 'textbook formula (scipy)',
};
const methods = Object.keys(names) as Method[];

export const python: Section = {
  title: 'GaussianMemory.distances beside Python, full covariances, one query, all threads on every side',
  method:
    'numpy and PyTorch: Cholesky factor of the query, batched products, batched eigvalsh, in chunks that fit the cache; the textbook ' +
    'formula: scipy.linalg.sqrtm twice a pair, on a few items. Each in the faster of two ways to spend the threads: within BLAS, or ' +
    'on items. Costs are per item; what each side is given lies ready in memory.',
  async run(settings) {
    const peer = PythonPeer.start(settings.threads);
    if (!peer) return settings.note('skipped: there is no python3');
    try {
      settings.note(peer.versions);
      const present = methods.filter((method) => {
        const missing = peer.missing(method).join(' ');
        if (missing) {
          settings.note(`${names[method]} skipped: not installed: ${missing} (npm run setup -- --bench installs them)`);
        }
        return !missing;
      });
      setThreads(settings.threads);
      if (present.length > 0) for (const size of sizes) await measureSize(size, present, peer, settings);
    } finally {
      peer.stop();
    }
  },
};

function quickSize(size: Size): Size {
  const fewer = (count: number) => Math.ceil(count / quickDivisor);
  return { ...size, count: fewer(size.count), batched: fewer(size.batched), textbook: fewer(size.textbook) };
}

async function measureSize(
  full: Size,
  present: readonly Method[],
  peer: PythonPeer,
  settings: Settings,
): Promise<void> {
  const size = settings.quick ? quickSize(full) : full;
  const items = fullGaussians(size.count, size.dimension, 1);
  const query = fullGaussians(1, size.dimension, 2);
  const memory = await GaussianMemory.create(items);
  await loadInto(peer, query, items, size.batched);
  const { data } = await memory.distances(query);

  const contenders: Record<string, () => Promise<Cost>> = {
    ours: async () => perItem(await timed(() => memory.distances(query)), size.count),
  };
  const ways: Partial<Record<Method, Way>> = {};
  for (const method of present) {
    const count = method === 'textbook' ? size.textbook : size.batched;
    const best = await fasterWay(peer, method, count, data);
    ways[method] = best;
    contenders[method] = async () => perItem(await peer.run(method, best, count), count);
  }
  const costs = await takeTurns(contenders, settings.repeats);
  reportSize(size, present, ways, costs, settings.report);
}

function reportSize(
  { dimension, count, bar }: Size,
  present: readonly Method[],
  ways: Partial<Record<Method, Way>>,
  costs: Record<string, Cost[]>,
  report: (figure: Figure) => void,
): void {
  const { ours = [] } = costs;
  const speed = (measure: string, theirs: readonly Cost[], limit?: Bar, peer?: string) =>
    report({
      name: `d = ${dimension}, ${count} items, per item`,
      measure,
      unit: 'x',
      value: ratios('wall', theirs, ours),
      processor: ratios('processor', theirs, ours),
      ours: spread(ours.map(({ wall }) => wall)),
      peer: spread(theirs.map(({ wall }) => wall)),
      bar: limit,
      against: peer === undefined ? undefined : { peer, dimension },
    });
  for (const method of present) {
    const limit = method === 'textbook' ? { atLeast: textbookBar } : undefined;
    speed(`speed / ${names[method]}, ${ways[method]?.name}`, costs[method] as Cost[], limit, names[method]);
  }
  const batched = present.filter((method) => method !== 'textbook').map((method) => costs[method] as Cost[]);
  if (bar === undefined || batched.length === 0) return;
  const better = ours.map((_, round) => fastest(batched.map((list) => list[round] as Cost)));
  speed('speed / the better of numpy and PyTorch', better, { atLeast: bar });
}

const fastest = (costs: readonly Cost[]) => costs.reduce((best, cost) => (cost.wall < best.wall ? cost : best));

const perItem = ({ wall, processor }: Cost, count: number): Cost => ({
  wall: wall / count,
  processor: processor / count,
});

/** The way in which a method is faster, after a run of each that does not count. What it returns must be our distances. */
async function fasterWay(peer: PythonPeer, method: Method, count: number, ours: Float64Array): Promise<Way> {
  const tried: { way: Way; wall: number }[] = [];
  for (const way of peer.ways) {
    const { distances } = await peer.run(method, way, count);
    distances.forEach((distance, i) => {
      checkAgreement(names[method], distance, ours[i] as number);
    });
    tried.push({ way, wall: (await peer.run(method, way, count)).wall });
  }
  return tried.reduce((best, next) => (next.wall < best.wall ? next : best)).way;
}

function checkAgreement(name: string, theirs: number, ours: number): void {
  if (!(Math.abs(theirs - ours) <= agreement * Math.abs(theirs))) {
    throw new Error(`${name} and denseam disagree: ${theirs} and ${ours}`);
  }
}

async function loadInto(peer: PythonPeer, query: Gaussians, items: Gaussians, count: number): Promise<void> {
  const d = items.dimension;
  const path = join(tmpdir(), `denseam-bench-${process.pid}.bin`);
  try {
    await writeFile(path, query.means);
    const rest = [query.covariances, items.means.subarray(0, count * d), items.covariances.subarray(0, count * d * d)];
    for (const numbers of rest) await writeFile(path, numbers, { flag: 'a' });
    await peer.load(path, d, count);
  } finally {
    await rm(path, { force: true });
  }
}
