/** Tables and charts of the experiment on the capacity of the point-cloud memory. */

import { grades, lines, logarithmic, panel, panels, points, quantity, rowsWhere, share } from '../core/charts.ts';
import type { ResultChart, ResultTable } from '../core/experiment.ts';
import { table } from '../core/table.ts';
import type { MeasuredClouds } from './measures.ts';

const recallColumns = [
  { name: 'recovered', title: 'recovered', format: '.1%' },
  { name: 'nearest', title: 'own item nearest', format: '.1%' },
  { name: 'converged', title: 'converged', format: '.1%' },
  { name: 'medianDivergence', title: 'median divergence', format: '.1e' },
  { name: 'medianIterations', title: 'median iterations', format: '.0f' },
] as const;

export function cloudCapacityTables({ grid, variations, pairs, separations, basins }: MeasuredClouds): ResultTable[] {
  return [
    table({
      name: 'recall',
      title: 'Recall of random clouds',
      columns: [
        ...sizeColumns,
        { name: 'divergence', title: 'divergence of queries' },
        ...recallColumns,
        { name: 'separation', title: 'separation', format: '.2g' },
      ],
      rows: grid,
    }),
    table({
      name: 'variations',
      title: 'Recall with one setting varied',
      columns: [{ name: 'varied', title: 'varied' }, { name: 'value', title: 'value' }, ...recallColumns],
      rows: variations,
    }),
    table({
      name: 'pairs',
      title: 'Random pairs of clouds',
      columns: [
        { name: 'dimension', title: 'd' },
        { name: 'pairs', title: 'pairs' },
        { name: 'close', title: 'with balls that meet', format: '.2~%' },
        { name: 'items', title: 'N without such a pair', format: '.3~r' },
      ],
      rows: pairs,
    }),
    table({
      name: 'separation',
      title: 'Separation of random clouds',
      columns: [
        ...sizeColumns,
        { name: 'separation', title: 'least separation', format: '.2g' },
        { name: 'disjoint', title: 'memories with disjoint balls', format: '.0%' },
      ],
      rows: separations,
    }),
    table({
      name: 'basins',
      title: 'Basins, as divergences',
      columns: [
        ...sizeColumns,
        { name: 'index', title: 'item' },
        { name: 'radius', title: 'radius', format: '.2g' },
        { name: 'neighbour', title: 'to the nearest other item', format: '.2g' },
      ],
      rows: basins,
    }),
  ];
}

const sizeColumns = [
  { name: 'dimension', title: 'd' },
  { name: 'count', title: 'N' },
] as const;

const byDimension = quantity('dimension', 'd', { tickMinStep: 1 }, { zero: false });
const byCount = grades('count', 'N');

export const cloudCapacityCharts: readonly ResultChart[] = [
  {
    name: 'recall',
    title: 'Recall against the number of clouds',
    description:
      'Share of the queries recovered against N, a panel for each divergence of the queries and a line for each dimension.',
    table: 'recall',
    specification: panels(
      { column: panel('divergence', 'divergence') },
      lines({
        x: logarithmic('count', 'N', { tickCount: 4 }),
        y: share('recovered', 'recovered'),
        by: grades('dimension', 'd'),
      }),
    ),
  },
  {
    name: 'variations',
    title: 'Recall with one setting varied',
    description:
      'Share of the queries recovered against epsilon, beta and the divergence of the queries, each by itself.',
    table: 'variations',
    specification: panels(
      { column: panel('varied', null), independent: 'x' },
      lines({ x: logarithmic('value', null, { tickCount: 4 }), y: share('recovered', 'recovered') }),
    ),
  },
  {
    name: 'items',
    title: 'Items without a close pair',
    description:
      'Number of random clouds of which no two are close with probability one half, on a logarithmic axis, against the dimension.',
    table: 'pairs',
    specification: rowsWhere(
      'datum.items !== null',
      lines({ x: byDimension, y: logarithmic('items', 'N', { tickCount: 5 }) }),
    ),
  },
  {
    name: 'disjoint',
    title: 'Memories with disjoint balls',
    description: 'Share of the memories whose balls are disjoint against the dimension, a line for each N.',
    table: 'separation',
    specification: lines({ x: byDimension, y: share('disjoint', 'disjoint'), by: byCount }),
  },
  {
    name: 'basins',
    title: 'Basin radii',
    description: 'Radius of the basins, as a divergence on a logarithmic axis, against the dimension, by N.',
    table: 'basins',
    specification: rowsWhere(
      'datum.radius > 0',
      points({
        x: byDimension,
        y: logarithmic('radius', 'radius', { tickCount: 5 }),
        color: byCount,
        shape: { ...byCount, type: 'nominal' },
      }),
    ),
  },
];
