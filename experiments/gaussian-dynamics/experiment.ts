/** Iterations of the Gaussian memory from perturbed items at a small and a large beta (Tankala and Balasubramanian 2026). */

import { sum } from 'd3-array';
import { oneStepErrorBound } from 'denseam';
import { panel, panels, quantity, series, spreadLines } from '../core/charts.ts';
import { integer, positive, rangeError } from '../core/check.ts';
import type { Experiment, ExperimentContext, Finding, ResultChart, ResultTable } from '../core/experiment.ts';
import { findingVerdict } from '../core/findings.ts';
import { Stages } from '../core/stages.ts';
import { percent } from '../core/statistics.ts';
import { table } from '../core/table.ts';
import {
  type DynamicsCase,
  type DynamicsLine,
  type DynamicsPoint,
  type DynamicsSettings,
  dynamicsCases,
  measureLine,
} from './measures.ts';

/** Five iterations show where states go. */
const published: DynamicsSettings = {
  count: 1000,
  dimensions: [10, 20],
  betas: [0.1, 2],
  perturbedShare: 0.75,
  range: [1, 1.1],
  iterations: 5,
  threshold: 0.1,
  seed: 1,
};

export const gaussianDynamics: Experiment<DynamicsSettings> = {
  id: 'gaussian-dynamics',
  title: 'Iterations at a small and a large beta',
  summary:
    'Gaussians on a Wasserstein sphere are perturbed to the edge of their basins; W2 to the own item is followed through the iterations.',
  source:
    'Tankala and Balasubramanian 2026, experiments on synthetic Gaussians (N = 1000, d = 10 and 20, beta 0.1 and 2)',
  settings: published,
  quick: { ...published, count: 200, iterations: 2 },
  async run(settings, context) {
    check(settings);
    const lines = await measureLines(settings, context);
    return {
      findings: lines.map((line) => finding(line, settings)),
      tables: [dynamicsTable(lines), theoryTable(lines, settings)],
      charts: [chart],
      pictures: [],
    };
  },
};

interface MeasuredLine extends DynamicsLine {
  readonly points: readonly DynamicsPoint[];
}

function check({ count, perturbedShare, range, iterations, threshold }: DynamicsSettings): void {
  integer('settings.count', count, 1, Number.MAX_SAFE_INTEGER);
  integer('settings.iterations', iterations, 1, Number.MAX_SAFE_INTEGER);
  positive('settings.threshold', threshold);
  positive('settings.range[0]', range[0]);
  if (!(perturbedShare <= 1 && Math.round(perturbedShare * count) >= 1)) {
    throw rangeError('settings.perturbedShare', 'a share that perturbs one item or more, at most 1', perturbedShare);
  }
}

/** What a line in d dimensions costs where covariances are general, beside one where they commute; for the progress only. */
const generalCost = 20;

async function measureLines(settings: DynamicsSettings, context: ExperimentContext): Promise<MeasuredLine[]> {
  const { dimensions, betas } = settings;
  const lines = dynamicsCases.flatMap((kind) =>
    dimensions.flatMap((dimension) => betas.map((beta) => ({ kind, dimension, beta }))),
  );
  const cost = ({ kind, dimension }: DynamicsLine) => dimension * (kind === 'general' ? generalCost : 1);
  const stages = new Stages(sum(lines, cost), context);
  const measured: MeasuredLine[] = [];
  for (const line of lines) {
    const { kind, dimension, beta } = line;
    // Part names have letters, digits and dashes.
    const name = `${kind}-d${dimension}-beta${beta}`.replaceAll(/[^a-zA-Z0-9]+/g, '-');
    const points = await stages.run(`${kind}, d = ${dimension}, beta ${beta}`, cost(line), (options) =>
      context.parts.part(name, () => measureLine(line, settings, options)),
    );
    measured.push({ ...line, points });
  }
  return measured;
}

/** The theorems, and so the published items as far as they are known, are about covariances that commute. */
const publishedCase: DynamicsCase = 'commuting, dilated';
/** The paper's two betas; of other ones it says nothing. */
const [failingBeta, recallingBeta] = [0.1, 2];
/** "Recovered" leaves room for the few items that have a near neighbour. */
const recoveredShare = 0.99;

function finding({ kind, dimension, beta, points }: MeasuredLine, { threshold }: DynamicsSettings): Finding {
  const [start, first] = points as readonly [DynamicsPoint, DynamicsPoint];
  const last = points.at(-1) as DynamicsPoint;
  const what = `${kind}: d = ${dimension}, beta ${beta}`;
  const recovered = `${percent(first.within)} within ${threshold} after one step, median W2 ${first.median.toPrecision(2)}, largest ${first.largest.toPrecision(2)}`;
  const [before, after, end] = [start, first, last].map(({ mean }) => mean.toPrecision(3));
  const moved = `mean W2 ${before}, ${after} after one step, ${end} after ${last.iteration}; own item nearest of ${percent(last.nearest)}`;
  if (kind === publishedCase && beta === recallingBeta) {
    const holds = first.within >= recoveredShare;
    return {
      what,
      published: 'the original after one iteration',
      ours: recovered,
      ...findingVerdict(holds, nearNeighbours),
    };
  }
  if (kind === publishedCase && beta === failingBeta) {
    const holds = last.within === 0 && last.mean > start.mean;
    return { what, published: 'retrieval fails and moves away', ours: moved, ...findingVerdict(holds, fewItems) };
  }
  return { what, published: '', ours: `${recovered}; ${moved}`, verdict: 'not published' };
}

const nearNeighbours = 'items too near to each other for this beta pull at the states';
const fewItems = 'some items outweigh all others even at so small a beta';

function dynamicsTable(lines: readonly MeasuredLine[]): ResultTable {
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

/** What theorem 3 bounds, beside its bound: where the two differ, its constant or its "sufficiently large" beta and d matter. */
function theoryTable(lines: readonly MeasuredLine[], { range }: DynamicsSettings): ResultTable {
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

const chart: ResultChart = {
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
