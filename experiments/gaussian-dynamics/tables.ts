/** Tables and the chart of the dynamics experiment. */

import { oneStepErrorBound } from 'denseam';
import { panel, panels, quantity, series, spreadLines } from '../core/charts.ts';
import type { ResultChart, ResultTable } from '../core/experiment.ts';
import { table } from '../core/table.ts';
import type { DynamicsPoint, MeasuredLine } from './measures.ts';
import type { DynamicsSettings } from './settings.ts';

export function dynamicsTable(lines: readonly MeasuredLine[]): ResultTable {
  return table({
    name: 'dynamics',
    title: 'W2 to the own item',
    columns: [
      { name: 'case', title: 'covariances and perturbation', value: ({ kind }) => kind },
      { name: 'dimension', title: 'd' },
      { name: 'beta', title: 'beta' },
      { name: 'iteration', title: 'iteration' },
      { name: 'median', title: 'median', format: '.2~g' },
      { name: 'mean', title: 'mean', format: '.2~g' },
      { name: 'lower', title: '10 %', format: '.2~g' },
      { name: 'upper', title: '90 %', format: '.2~g' },
      { name: 'largest', title: 'largest', format: '.2~g' },
      { name: 'within', title: 'recovered', format: '.1%' },
      { name: 'nearest', title: 'own item nearest', format: '.1%' },
    ],
    rows: lines.flatMap(({ points, ...line }) => points.map((point) => ({ ...line, ...point }))),
  });
}

/**
 * Measured errors beside the bound of theorem 3: where the two differ, its constant or its "sufficiently large" beta
 * and d matter.
 */
export function theoryTable(lines: readonly MeasuredLine[], { range }: DynamicsSettings): ResultTable {
  const [lambdaMin, lambdaMax] = range as readonly [number, number];
  return table({
    name: 'theory',
    title: 'W2 to the own item after one step, beside sqrt(d) e^(-gamma d) of theorem 3',
    columns: [
      { name: 'case', title: 'covariances and perturbation', value: ({ kind }) => kind },
      { name: 'dimension', title: 'd' },
      { name: 'beta', title: 'beta' },
      { name: 'median', title: 'median', format: '.1e' },
      { name: 'largest', title: 'largest', format: '.1e' },
      {
        name: 'bound',
        title: 'bound with constant 1',
        format: '.1e',
        value: ({ dimension, beta }) => oneStepErrorBound({ dimension, beta, lambdaMin, kappa: lambdaMax / lambdaMin }),
      },
    ],
    rows: lines
      .filter(({ kind }) => kind !== 'general')
      .map(({ points, ...line }) => ({ ...line, ...(points[1] as DynamicsPoint) })),
  });
}

export const chart: ResultChart = {
  name: 'dynamics',
  title: 'W2 to the own item through the iterations',
  description:
    'Median and the middle four fifths of W2 to the own item against the iteration, a panel for each dimension and beta.',
  table: 'dynamics',
  specification: panels(
    { row: panel('beta', 'beta'), column: panel('dimension', 'd'), independent: 'y' },
    spreadLines('band', {
      x: quantity('iteration', 'iteration', { tickMinStep: 1 }),
      y: quantity('median', 'W2 to the own item'),
      by: series('case', null, { orient: 'bottom', symbolOpacity: 1 }),
      lower: 'lower',
      upper: 'upper',
    }),
  ),
};
