/** Tables and charts of the planar experiment. */

import type { Gaussians } from 'denseam';
import { lines, logarithmic, panel, panels, quantity, series, share } from '../core/charts.ts';
import type { ResultChart, ResultTable } from '../core/experiment.ts';
import { table } from '../core/table.ts';
import {
  outline,
  type PlanarMemory,
  type PlanarRecall,
  planarMemories,
  planarRows,
  recalledShare,
  recallsOf,
  type Shares,
} from './measures.ts';
import type { PlanarSettings } from './settings.ts';

export function rowTable(drawn: readonly PlanarRecall[]): ResultTable {
  return table({
    name: 'rows',
    title: 'W2 from what was retrieved to the own item',
    columns: [
      { name: 'row', title: 'row', value: (_, row) => row + 1 },
      ...planarMemories.map((memory) => ({
        name: memory,
        title: `${memory} memory`,
        format: '.2~g',
        value: (_: unknown, row: number) => recallsOf(drawn, memory)[0]?.distances[row] as number,
      })),
    ],
    rows: planarRows,
  });
}

export function shareTable(tried: readonly PlanarRecall[], shares: Shares, { threshold }: PlanarSettings): ResultTable {
  const example = (memory: PlanarMemory, beta: number) =>
    recallsOf(tried, memory).filter((recall) => recall.beta === beta);
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

/** Rows of the example in both memories: all items, the query, the retrieved state. */
export function ellipseTable(items: Gaussians, queries: Gaussians, drawn: readonly PlanarRecall[]): ResultTable {
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

const byKind = { field: 'kind', type: 'nominal', sort: kinds, legend: { title: null, orient: 'bottom' } };

const solid = [1, 0];

const looks = {
  color: byKind,
  strokeDash: { ...byKind, scale: { range: [solid, solid, [2, 2], [8, 4]] } },
  strokeWidth: { ...byKind, scale: { range: [0.5, 1.5, 1.5, 3] } },
};

/** The part of the plane that is drawn, and pixels for a unit of it: the same both ways, so that circles are round. */
const [xs, ys, pixels] = [[-6, 18] as const, [-5, 12] as const, 12];

const coordinate = (name: string, domain: readonly number[]) =>
  quantity(name, name, { tickCount: 4 }, { domain, nice: false });

export const drawing: ResultChart = {
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

export const shareChart: ResultChart = {
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
