/** What the Gaussian and the Euclidean memory recall in the plane (Tankala and Balasubramanian 2026, example in two dimensions). */
import { type Gaussians, Random } from 'denseam';
import { lines, logarithmic, panel, panels, quantity, series, share } from '../core/charts.ts';
import { integer, nonNegative, positive, rangeError } from '../core/check.ts';
import type { Experiment, ExperimentSettings, Finding, ResultChart, ResultTable } from '../core/experiment.ts';
import { Stages } from '../core/stages.ts';
import { percent } from '../core/statistics.ts';
import { table } from '../core/table.ts';
import {
  outline,
  type PlanarMemory,
  type PlanarRecall,
  planarMemories,
  planarRows,
  randomPlane,
  recalledShare,
  recallPlane,
  toGaussians,
} from './measures.ts';

/** The choices of the planar experiment. */
export interface PlanarSettings extends ExperimentSettings {
  /** With which the drawing is made. */
  readonly beta: number;
  /** Tried by each memory, so that none is judged by a beta that suits the other. */
  readonly betas: readonly number[];
  /** A state this near to its own item, in W2, has recovered it. */
  readonly threshold: number;
  /** Random sets of items beside the example. */
  readonly planes: number;
  /** W2 from their items to the queries. */
  readonly radius: number;
}

const published: PlanarSettings = {
  beta: 1,
  betas: [0.03, 0.1, 0.3, 1, 3, 10, 30],
  threshold: 0.1,
  planes: 400,
  radius: 1,
  seed: 1,
};

export const gaussianPlanar: Experiment<PlanarSettings> = {
  id: 'gaussian-planar',
  title: 'Recall in the plane',
  summary:
    'Five Gaussians in the plane are recalled by the Gaussian memory and by the Euclidean one on stacked means and covariances.',
  source: 'Tankala and Balasubramanian 2026, two-dimensional example',
  settings: published,
  quick: { ...published, planes: 20 },
  async run(settings, { parts, ...options }) {
    check(settings);
    const stages = new Stages(10, options);
    const items = toGaussians(planarRows.map(({ item }) => item));
    const queries = toGaussians(planarRows.map(({ query }) => query));
    const { beta, betas } = settings;
    const drawn = await stages.run('the example', 1, (options) => recallPlane(items, queries, [beta], options));
    const tried = await stages.run('the example at all betas', 1, (options) =>
      recallPlane(items, queries, betas, options),
    );
    const shares = await stages.run('random planes', 8, (options) =>
      parts.part('random', () => randomShares(settings, options)),
    );
    return {
      findings: [exampleFinding(drawn, tried, settings), randomFinding(shares, settings)],
      tables: [rowTable(drawn), shareTable(tried, shares, settings), ellipseTable(items, queries, drawn)],
      charts: [drawing, shareChart],
      pictures: [],
    };
  },
};

function check({ beta, betas, threshold, planes, radius }: PlanarSettings): void {
  positive('settings.beta', beta);
  if (betas.length === 0) throw rangeError('settings.betas', 'an array of numbers', betas);
  positive('settings.threshold', threshold);
  integer('settings.planes', planes, 1, Number.MAX_SAFE_INTEGER);
  nonNegative('settings.radius', radius);
}

/** Of the queries in random planes: the share recovered by each memory with each beta. */
type Shares = readonly { readonly memory: PlanarMemory; readonly beta: number; readonly recovered: number }[];

async function randomShares(
  { betas, planes, radius, threshold, seed }: PlanarSettings,
  { signal, onProgress }: Parameters<Parameters<Stages['run']>[2]>[0],
): Promise<Shares> {
  const random = new Random(seed);
  const all: PlanarRecall[] = [];
  for (let plane = 0; plane < planes; plane++) {
    const { items, queries } = await randomPlane(random, radius, { signal });
    all.push(...(await recallPlane(items, queries, betas, { signal })));
    onProgress?.({ completed: plane + 1, total: planes });
  }
  return planarMemories.flatMap((memory) =>
    betas.map((beta) => {
      const recalls = all.filter((recall) => recall.memory === memory && recall.beta === beta);
      return { memory, beta, recovered: recalledShare(recalls, threshold) };
    }),
  );
}

const of = (recalls: readonly PlanarRecall[], memory: PlanarMemory) =>
  recalls.filter((recall) => recall.memory === memory);

/** Numbers, from 1, of the rows that none of these recalled. */
function failedRows(recalls: readonly PlanarRecall[], threshold: number): number[] {
  return planarRows
    .map((_, row) => row)
    .filter((row) => recalls.every(({ distances }) => (distances[row] as number) > threshold))
    .map((row) => row + 1);
}

function exampleFinding(
  drawn: readonly PlanarRecall[],
  tried: readonly PlanarRecall[],
  { beta, threshold }: PlanarSettings,
): Finding {
  const failed = (memory: PlanarMemory) => failedRows(of(drawn, memory), threshold);
  const never = failedRows(of(tried, 'Euclidean'), threshold);
  const count = planarRows.length;
  const recalled = (memory: PlanarMemory) => `${count - failed(memory).length} of ${count}`;
  const holds = failed('Gaussian').length === 0 && failed('Euclidean').length === 2;
  return {
    what: `the example (of our own: the paper gives no numbers), beta ${beta}`,
    published: 'the Gaussian memory retrieves all, the Euclidean one fails in two rows',
    ours: `Gaussian ${recalled('Gaussian')}; Euclidean ${recalled('Euclidean')}, failing in rows ${failed('Euclidean').join(' and ') || 'none'}, at every beta tried in rows ${never.join(' and ') || 'none'}`,
    verdict: holds ? 'reproduced' : 'not reproduced',
    ...(!holds && { why: 'beta, threshold or both differ from those that the example was made for' }),
  };
}

function randomFinding(shares: Shares, { planes, radius }: PlanarSettings): Finding {
  const best = (memory: PlanarMemory) =>
    shares
      .filter((share) => share.memory === memory)
      .reduce((best, share) => (share.recovered > best.recovered ? share : best));
  const text = (memory: PlanarMemory) => {
    const { recovered, beta } = best(memory);
    return `${memory} ${percent(recovered)} (beta ${beta})`;
  };
  return {
    what: `${planes} random sets of items, W2 ${radius}, each memory at its best beta`,
    published: '',
    ours: `${text('Gaussian')}; ${text('Euclidean')}`,
    verdict: 'not published',
  };
}

function rowTable(drawn: readonly PlanarRecall[]): ResultTable {
  return table({
    name: 'rows',
    title: 'W2 from what was retrieved to the own item',
    columns: [
      { name: 'row', title: 'row', value: (_, row) => row + 1 },
      ...planarMemories.map((memory) => ({
        name: memory,
        title: `${memory} memory`,
        format: '.2~g',
        value: (_: unknown, row: number) => of(drawn, memory)[0]?.distances[row] as number,
      })),
    ],
    rows: planarRows,
  });
}

function shareTable(tried: readonly PlanarRecall[], shares: Shares, { threshold }: PlanarSettings): ResultTable {
  const example = (memory: PlanarMemory, beta: number) => of(tried, memory).filter((recall) => recall.beta === beta);
  return table({
    name: 'shares',
    title: 'Share of the items recovered',
    columns: [
      { name: 'memory', title: 'memory' },
      { name: 'beta', title: 'beta' },
      {
        name: 'example',
        title: 'in the example',
        format: '.0%',
        value: ({ memory, beta }) => recalledShare(example(memory, beta), threshold),
      },
      { name: 'random', title: 'in random sets', format: '.1%', value: ({ recovered }) => recovered },
    ],
    rows: shares,
  });
}

/** Enough for the eye to see a curve. */
const outlinePoints = 36;

/** Every row of the example in both memories: all items, the query, what was retrieved. */
function ellipseTable(items: Gaussians, queries: Gaussians, drawn: readonly PlanarRecall[]): ResultTable {
  const rows = drawn.flatMap(({ memory, states }) =>
    planarRows.flatMap((_, row) => {
      const curve = (kind: string, batch: Gaussians, index: number) =>
        outline(batch, index, outlinePoints).map(([x, y], order) => ({
          row: row + 1,
          memory,
          kind,
          index,
          order,
          x,
          y,
        }));
      const others = planarRows.flatMap((_, item) => curve(item === row ? 'own item' : 'other items', items, item));
      return [...others, ...curve('query', queries, row), ...curve('retrieved', states, row)];
    }),
  );
  return table({
    name: 'ellipses',
    title: 'Outlines at one standard deviation',
    columns: (['row', 'memory', 'kind', 'index', 'order', 'x', 'y'] as const).map((name) => ({ name, title: name })),
    rows,
    isRaw: true,
  });
}

const kinds = ['other items', 'own item', 'query', 'retrieved'];
const byKind = { field: 'kind', type: 'nominal', sort: kinds, legend: null };
const solid = [1, 0];
const looks = {
  color: { ...byKind, legend: { title: null, orient: 'bottom' } },
  strokeDash: { ...byKind, scale: { range: [solid, solid, [2, 2], [8, 4]] } },
  strokeWidth: { ...byKind, scale: { range: [0.5, 1.5, 1.5, 3] } },
};
/** The part of the plane that is drawn, and pixels for a unit of it: the same both ways, so that circles are round. */
const [xs, ys, pixels] = [[-6, 18] as const, [-5, 12] as const, 12];
const coordinate = (name: string, domain: readonly number[]) =>
  quantity(name, name, { tickCount: 4 }, { domain, nice: false });

const drawing: ResultChart = {
  name: 'ellipses',
  title: 'Queries and what they retrieve',
  description:
    'Outlines of the stored Gaussians, the query and what was retrieved, a row for each query and a column for each memory.',
  table: 'ellipses',
  specification: panels(
    { row: panel('row', null), column: panel('memory', null, planarMemories) },
    {
      width: pixels * (xs[1] - xs[0]),
      height: pixels * (ys[1] - ys[0]),
      ...lines(
        {
          x: coordinate('x', xs),
          y: coordinate('y', ys),
          order: { field: 'order' },
          detail: { field: 'index' },
          ...looks,
        },
        { point: false, clip: true },
      ),
    },
  ),
};

const shareChart: ResultChart = {
  name: 'planar-shares',
  title: 'Items recovered in random sets',
  description: 'Share of the items recovered in random sets against beta, for each memory.',
  table: 'shares',
  specification: lines({
    x: logarithmic('beta', 'beta'),
    y: share('random', 'recovered'),
    by: series('memory', null),
  }),
};
