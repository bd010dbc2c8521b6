/** Tables and charts of the capacity experiment. */

import { capacity, separationBound } from 'denseam';
import {
  grades,
  layers,
  lines,
  logarithmic,
  panel,
  panels,
  points,
  quantity,
  rowsWhere,
  share,
  solidPoints,
} from '../core/charts.ts';
import type { ResultChart, ResultTable } from '../core/experiment.ts';
import { table } from '../core/table.ts';
import { probability } from './findings.ts';
import type { Capacity, MeasuredDimension } from './measures.ts';
import type { CapacitySettings } from './settings.ts';

export function recallTable(measured: readonly MeasuredDimension[], { range }: CapacitySettings): ResultTable {
  const lambdaMax = range[1] as number;
  return table({
    name: 'recall',
    title: 'Recall of random items',
    columns: [
      { name: 'dimension', title: 'd' },
      { name: 'count', title: 'N' },
      { name: 'beta', title: 'beta' },
      { name: 'recovered', title: 'recovered', format: '.1%' },
      { name: 'nearest', title: 'own item nearest', format: '.1%' },
      { name: 'neighbour', title: 'median squared W2 to the nearest other', format: '.2f' },
      { name: 'separation', title: 'separation', format: '.1f' },
      {
        name: 'needed',
        title: 'separation the theorem asks for',
        format: '.1f',
        value: ({ dimension }) => separationBound({ dimension, lambdaMax }),
      },
    ],
    rows: measured.flatMap(({ dimension, cells }) =>
      cells.flatMap(({ recalls, ...cell }) => recalls.map((recall) => ({ dimension, ...cell, ...recall }))),
    ),
  });
}

export function capacityTable(capacities: readonly Capacity[], { range }: CapacitySettings): ResultTable {
  const kappa = (range[1] as number) / (range[0] as number);
  return table({
    name: 'capacity',
    title: 'Items held, beside what theorem 1 promises',
    columns: [
      { name: 'beta', title: 'beta' },
      { name: 'dimension', title: 'd' },
      { name: 'count', title: 'N held', format: ',.0f' },
      { name: 'isLeast', title: 'or more', value: ({ isLeast }) => (isLeast ? 'or more' : '') },
      {
        name: 'promised',
        title: `N promised with probability ${probability}`,
        value: ({ dimension }) => capacity({ dimension, kappa, probability }),
      },
    ],
    rows: capacities,
  });
}

export const recallChart: ResultChart = {
  name: 'recall',
  title: 'Recall against the number of items',
  description: 'Share of the queries recovered against N, a panel for each beta and a line for each dimension.',
  table: 'recall',
  specification: panels(
    { wrapped: panel('beta', 'beta') },
    lines({
      x: logarithmic('count', 'N', { tickCount: 4 }),
      y: share('recovered', 'recovered'),
      by: grades('dimension', 'd'),
    }),
  ),
};

const held = {
  x: quantity('dimension', 'd', { tickMinStep: 1 }, { zero: false }),
  y: logarithmic('count', 'N held', { tickCount: 5 }),
};

export const capacityChart: ResultChart = {
  name: 'capacity',
  title: 'Items held against the dimension',
  description:
    'N held, on a logarithmic axis, against the dimension, a line for each beta: straight lines are exponential growth. Where all counts tried were held the line ends level.',
  table: 'capacity',
  specification: rowsWhere(
    'datum.count !== null',
    layers({ color: grades('beta', 'beta') }, [
      lines(held, { point: false }),
      points({ ...held, shape: { field: 'isLeast', type: 'nominal', legend: { title: null } } }, solidPoints),
    ]),
  ),
};
