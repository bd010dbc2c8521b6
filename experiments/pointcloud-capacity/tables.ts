/** Tables and charts of the experiment on the capacity of the point-cloud memory. */

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

const share = (field: string, title: string) => ({
  field,
  type: 'quantitative',
  scale: { domain: [0, 1] },
  axis: { title, format: '.0%' },
});
const byDimension = {
  field: 'dimension',
  type: 'quantitative',
  scale: { zero: false },
  axis: { title: 'd', tickMinStep: 1 },
};
const byCount = { field: 'count', type: 'ordinal', legend: { title: 'N' } };
const line = { type: 'line', point: true };

export const cloudCapacityCharts: readonly ResultChart[] = [
  {
    name: 'recall',
    title: 'Recall against the number of clouds',
    description:
      'Share of the queries recovered against N, a panel for each divergence of the queries and a line for each dimension.',
    table: 'recall',
    specification: {
      facet: { column: { field: 'divergence', type: 'nominal', header: { title: 'divergence' } } },
      spec: {
        mark: line,
        encoding: {
          x: { field: 'count', type: 'quantitative', scale: { type: 'log' }, axis: { title: 'N', tickCount: 4 } },
          y: share('recovered', 'recovered'),
          color: { field: 'dimension', type: 'ordinal', legend: { title: 'd' } },
        },
      },
    },
  },
  {
    name: 'variations',
    title: 'Recall with one setting varied',
    description:
      'Share of the queries recovered against epsilon, beta and the divergence of the queries, each by itself.',
    table: 'variations',
    specification: {
      facet: { column: { field: 'varied', type: 'nominal', sort: null, header: { title: null } } },
      spec: {
        mark: line,
        encoding: {
          x: { field: 'value', type: 'quantitative', scale: { type: 'log' }, axis: { title: null, tickCount: 4 } },
          y: share('recovered', 'recovered'),
        },
      },
      resolve: { scale: { x: 'independent' } },
    },
  },
  {
    name: 'items',
    title: 'Items without a close pair',
    description:
      'Number of random clouds of which no two are close with probability one half, on a logarithmic axis, against the dimension.',
    table: 'pairs',
    specification: {
      transform: [{ filter: 'datum.items !== null' }],
      mark: line,
      encoding: {
        x: byDimension,
        y: { field: 'items', type: 'quantitative', scale: { type: 'log' }, axis: { title: 'N', tickCount: 5 } },
      },
    },
  },
  {
    name: 'disjoint',
    title: 'Memories with disjoint balls',
    description: 'Share of the memories whose balls are disjoint against the dimension, a line for each N.',
    table: 'separation',
    specification: {
      mark: line,
      encoding: { x: byDimension, y: share('disjoint', 'disjoint'), color: byCount },
    },
  },
  {
    name: 'basins',
    title: 'Basin radii',
    description: 'Radius of the basins, as a divergence on a logarithmic axis, against the dimension, by N.',
    table: 'basins',
    specification: {
      transform: [{ filter: 'datum.radius > 0' }],
      mark: { type: 'point' },
      encoding: {
        x: byDimension,
        y: { field: 'radius', type: 'quantitative', scale: { type: 'log' }, axis: { title: 'radius', tickCount: 5 } },
        color: byCount,
        shape: { ...byCount, type: 'nominal' },
      },
    },
  },
];
