import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../../lib/core/random.ts';
import type { Vectors } from '../../lib/index.ts';
import { uniform } from '../batches.ts';
import { mapBuilds, onBuilds, reportBefore, setThreadsOf } from '../builds.ts';
import type { LineProcess } from '../lineProcess.ts';
import { root } from '../package.ts';
import { askScript, interpreters, startScript } from '../peers/python.ts';
import { loadUsearch, type Usearch, usearchVersion } from '../peers/usearch.ts';
import { queriesText } from '../rate.ts';
import type { Section, Settings } from '../section.ts';
import { type Cost, ratios, spread, stopwatch, takeTurns } from '../timing.ts';

const dimension = 1536;
/** Noise of a query beside a row, in each number, relative to the numbers' own range. */
const noise = 0.03;
const batches = [
  { queries: 1, kind: 'fresh' },
  { queries: 1, kind: 'near' },
  { queries: 64, kind: 'fresh' },
  { queries: 64, kind: 'near' },
] as const;

interface Search extends Cost {
  readonly nearest: readonly number[];
}

interface Peer {
  readonly name: string;
  ask(queries: Vectors, path: string): Promise<unknown>;
  search(): Promise<Search>;
}

export const search: Section = {
  title: `The nearest of float32 vectors, d = ${dimension}, exactly, one thread`,
  method:
    'Numbers uniform on [-1, 1]. Near queries are rows with noise, fresh ones are drawn anew. All sides find the same rows. usearch: ' +
    '`exactSearch`, squared distances. faiss: `IndexFlatL2`. Building the index of either side is not counted.',
  async run(settings) {
    setThreadsOf(settings, 1);
    const count = settings.quick ? 10_000 : 250_000;
    const items = { count, dimension, values: uniform(Float32Array, count * dimension, -1, 1, new Random(1)) };
    const memories = await onBuilds(settings, ({ EuclideanMemory }) => EuclideanMemory.create(items));
    const folder = await mkdtemp(join(tmpdir(), 'denseam-bench-'));
    const faiss = await startFaiss(items, join(folder, 'rows.bin'), settings);
    const usearch = loadUsearch();
    if (!usearch) settings.note('usearch skipped: it could not be installed');
    const peers = [usearch && besideUsearch(usearch, items), faiss && besideFaiss(faiss)].filter((peer) => !!peer);
    try {
      for (const { queries: number, kind } of batches) {
        const queries = queriesOf(items, number, kind);
        const path = join(folder, 'queries.bin');
        await writeFile(path, queries.values as Float32Array);
        const ours = mapBuilds(memories, (memory) => async () => {
          const spent = stopwatch();
          const { indices } = await memory.nearest(queries);
          return { ...spent(), nearest: [...indices] };
        });
        const name = `${count} vectors, ${queriesText(number, kind)}`;
        await measure(name, ours, await ready(peers, queries, path), settings);
      }
    } finally {
      faiss?.stop();
      await rm(folder, { recursive: true });
    }
  },
};

async function ready(peers: readonly Peer[], queries: Vectors, path: string): Promise<readonly Peer[]> {
  for (const peer of peers) await peer.ask(queries, path);
  return peers;
}

async function measure(
  name: string,
  ours: { readonly ours: () => Promise<Search>; readonly before?: () => Promise<Search> },
  peers: readonly Peer[],
  settings: Settings,
): Promise<void> {
  const others = Object.fromEntries(peers.map((peer) => [peer.name, () => peer.search()]));
  const costs: { [name: string]: Search[] } & { ours: Search[] } = await takeTurns(
    { ...others, ...ours },
    settings.repeats,
  );
  const found = String(costs.ours[0]?.nearest);
  for (const { name: peer } of peers) {
    const theirs = costs[peer] as Search[];
    if (String(theirs[0]?.nearest) !== found) throw new Error(`${peer} and denseam find other rows`);
    settings.report({
      name,
      measure: `speed / ${peer}`,
      unit: 'x',
      value: ratios('wall', theirs, costs.ours),
      processor: ratios('processor', theirs, costs.ours),
      ours: spread(costs.ours.map(({ wall }) => wall)),
      peer: spread(theirs.map(({ wall }) => wall)),
      bar: settings.quick ? undefined : { atLeast: 1 },
    });
  }
  reportBefore(name, costs, settings);
}

function queriesOf({ values }: Vectors, count: number, kind: 'fresh' | 'near'): Vectors {
  const random = new Random(2);
  const drawn = uniform(Float32Array, count * dimension, -1, 1, random);
  const near = (_: number, at: number) => (values[at] as number) + noise * (drawn[at] as number);
  return { count, dimension, values: kind === 'fresh' ? drawn : drawn.map(near) };
}

function besideUsearch({ exactSearch, MetricKind }: Usearch, { values }: Vectors): Peer {
  let asked = new Float32Array();
  return {
    name: `usearch ${usearchVersion}`,
    async ask(queries) {
      asked = queries.values as Float32Array<ArrayBuffer>;
    },
    async search() {
      const spent = stopwatch();
      const { keys } = exactSearch(values as Float32Array, asked, dimension, 1, MetricKind.L2sq, 1);
      return { ...spent(), nearest: Array.from(keys, Number) };
    },
  };
}

function besideFaiss(python: LineProcess): Peer {
  return {
    name: 'faiss',
    ask: ({ count }, path) => python.ask(`ask ${count} ${path}`),
    search: () => python.ask('search 1'),
  };
}

interface Info {
  readonly python: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly missing: readonly string[];
}

/** faiss with these rows; undefined where it is not there. */
async function startFaiss(items: Vectors, path: string, { note }: Settings): Promise<LineProcess | undefined> {
  const script = join(root, 'bench', 'peers', 'python', 'search.py');
  const infos = interpreters.map((name) => ({ name, info: askScript<Info>(name, script) }));
  const found = infos.find(({ info }) => info?.missing.length === 0);
  if (!found?.info) {
    note('faiss skipped: it needs python3-faiss');
    return undefined;
  }
  note(`faiss: Python ${found.info.python}, ${JSON.stringify(found.info.versions)}`);
  const python = startScript(found.name, script, 1);
  await writeFile(path, items.values as Float32Array);
  await python.ask(`load ${items.count} ${dimension} ${path}`);
  return python;
}
