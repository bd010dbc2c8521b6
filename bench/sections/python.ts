import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Gaussians } from '../../lib/index.ts';
import { fullGaussians } from '../batches.ts';
import { onBuilds, reportBefore, setThreadsOf } from '../builds.ts';
import { type Method, PythonPeer, type Way } from '../peers/python.ts';
import type { Figure, Section, Settings } from '../section.ts';
import { type Cost, ratios, spread, takeTurns, timed } from '../timing.ts';

interface Size {
  readonly dimension: number;
  /** Items. */
  readonly count: number;
  /** Items for numpy and PyTorch, and for the textbook formula; costs are compared per item. */
  readonly batched: number;
  readonly textbook: number;
  /** The speed-up that is claimed over the better of numpy and PyTorch, where one is. */
  readonly bar?: number;
}

const sizes: readonly Size[] = [
  { dimension: 10, count: 100_000, batched: 100_000, textbook: 200, bar: 12 },
  { dimension: 20, count: 30_000, batched: 30_000, textbook: 100, bar: 10 },
  { dimension: 50, count: 4000, batched: 4000, textbook: 50, bar: 6 },
  { dimension: 128, count: 1000, batched: 1000, textbook: 10, bar: 5 },
  { dimension: 768, count: 100, batched: 24, textbook: 2, bar: 1.9 },
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
    'formula: scipy.linalg.sqrtm twice a pair, on a few items, the faster way only. Threads are spent within BLAS, as a call comes, or on ' +
    'items, by a pool whose calls use one thread each. Costs are per item; what each side is given lies ready in memory.',
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
      setThreadsOf(settings, settings.threads);
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
  const { ours, before } = await onBuilds(settings, ({ GaussianMemory }) => GaussianMemory.create(items));
  await loadInto(peer, query, items, size.batched);
  const { data } = await ours.distances(query);

  const contenders = present.flatMap((method) => peer.ways.map((way) => ({ method, way })));
  const runs: Record<string, () => Promise<Cost>> = {
    ours: async () => perItem(await timed(() => ours.distances(query)), size.count),
    ...(before && { before: async () => perItem(await timed(() => before.distances(query)), size.count) }),
  };
  for (const { method, way } of contenders) {
    const count = method === 'textbook' ? size.textbook : size.batched;
    checkAgreement(names[method], (await peer.run(method, way, count)).distances, data);
    runs[nameOf(method, way)] = async () => perItem(await peer.run(method, way, count), count);
  }
  const costs = await takeTurns(runs, settings.repeats);
  reportSize(size, contenders, costs, settings.report);
  const { ours: own = [], before: earlier } = costs;
  reportBefore(nameOfSize(size), { ours: own, before: earlier }, settings);
}

const nameOf = (method: Method, way: Way) => `${names[method]}, ${way.name}`;

function reportSize(
  size: Size,
  contenders: readonly { readonly method: Method; readonly way: Way }[],
  costs: Record<string, Cost[]>,
  report: (figure: Figure) => void,
): void {
  const { ours = [] } = costs;
  const batched = contenders.filter(({ method }) => method !== 'textbook');
  const textbook = contenders.filter(({ method }) => method === 'textbook');
  const costsOf = ({ method, way }: { method: Method; way: Way }) => costs[nameOf(method, way)] as Cost[];
  for (const contender of batched) {
    const peer = nameOf(contender.method, contender.way);
    const against = { peer, dimension: size.dimension };
    report({ ...speedOver(peer, costsOf(contender), ours, size), against });
  }
  if (batched.length > 0) {
    const bar = size.bar === undefined ? undefined : { atLeast: size.bar };
    const best = fastest(batched.map(costsOf));
    report({ ...speedOver('the fastest of numpy and PyTorch', best, ours, size), bar });
  }
  if (textbook.length > 0) {
    const peer = names.textbook;
    const against = { peer, dimension: size.dimension };
    const best = fastest(textbook.map(costsOf));
    report({ ...speedOver(peer, best, ours, size), bar: { atLeast: textbookBar }, against });
  }
}

const nameOfSize = ({ dimension, count }: Size) => `d = ${dimension}, ${count} items, per item`;

function speedOver(peer: string, theirs: readonly Cost[], ours: readonly Cost[], size: Size): Figure {
  return {
    name: nameOfSize(size),
    measure: `speed / ${peer}`,
    unit: 'x',
    value: ratios('wall', theirs, ours),
    processor: ratios('processor', theirs, ours),
    ours: spread(ours.map(({ wall }) => wall)),
    peer: spread(theirs.map(({ wall }) => wall)),
  };
}

/** The lowest cost of each round. */
function fastest(lists: readonly (readonly Cost[])[]): Cost[] {
  const [first = [], ...others] = lists;
  return first.map((cost, round) =>
    others.map((list) => list[round] as Cost).reduce((best, next) => (next.wall < best.wall ? next : best), cost),
  );
}

const perItem = ({ wall, processor }: Cost, count: number): Cost => ({
  wall: wall / count,
  processor: processor / count,
});

function checkAgreement(name: string, theirs: readonly number[], ours: Float64Array): void {
  theirs.forEach((distance, i) => {
    if (!(Math.abs(distance - (ours[i] as number)) <= agreement * Math.abs(distance))) {
      throw new Error(`${name} and denseam disagree: ${distance} and ${ours[i]}`);
    }
  });
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
