/** How many Gaussians a memory holds in growing dimensions, beside what theory promises (Tankala and Balasubramanian 2026). */

import { capacity, capacityExponent, separationBound } from 'denseam';
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
import { integer, positive, rangeError } from '../core/check.ts';
import type { Experiment, ExperimentContext, Finding, ResultChart, ResultTable } from '../core/experiment.ts';
import { Stages } from '../core/stages.ts';
import { ascending, percent } from '../core/statistics.ts';
import { table } from '../core/table.ts';
import {
  type CapacityCell,
  type CapacitySettings,
  growthRate,
  isStraight,
  type MeasuredCapacity,
  measureDimension,
  measuredCapacity,
} from './measures.ts';

/** Where recall breaks, and it does so between the least and the greatest count in the dimensions between. */
const standard: CapacitySettings = {
  counts: [32, 100, 316, 1000, 3162, 10_000, 31_623],
  dimensions: [4, 5, 6, 7, 8, 9, 10, 11, 12, 14],
  betas: [0.5, 1, 2, 4, 8],
  queries: 200,
  range: [1, 1.1],
  maxIterations: 20,
  threshold: 0.1,
  separationCount: 1000,
  recoveredShare: 0.9,
  seed: 1,
};

export const gaussianCapacity: Experiment<CapacitySettings> = {
  id: 'gaussian-capacity',
  title: 'Capacity of the Gaussian memory',
  summary:
    'Random Gaussians on a Wasserstein sphere are recalled from the edge of their basins, ever more of them, in growing dimensions.',
  source: 'Tankala and Balasubramanian 2026, theorem 1',
  settings: standard,
  quick: {
    ...standard,
    counts: [32, 100, 316, 1000, 3162],
    dimensions: [6, 7, 8, 9],
    betas: [0.5, 2],
    maxIterations: 10,
  },
  async run(settings, context) {
    check(settings);
    const measured = await measureAll(settings, context);
    const capacities = capacitiesOf(measured, settings);
    return {
      findings: [
        ...settings.betas.map((beta) => growthFinding(capacities, beta, settings)),
        beyondFinding(measured, settings),
      ],
      tables: [recallTable(measured, settings), capacityTable(capacities, settings)],
      charts: [recallChart, capacityChart],
      pictures: [],
    };
  },
};

interface MeasuredDimension {
  readonly dimension: number;
  readonly cells: readonly CapacityCell[];
}

function check({ counts, dimensions, betas, queries, range, recoveredShare }: CapacitySettings): void {
  ascending('settings.counts', counts);
  ascending('settings.dimensions', dimensions);
  ascending('settings.betas', betas);
  // The nearest other item needs another item.
  integer('settings.counts[0]', counts[0], 2, Number.MAX_SAFE_INTEGER);
  integer('settings.queries', queries, 1, Number.MAX_SAFE_INTEGER);
  positive('settings.range[0]', range[0]);
  if (!(positive('settings.recoveredShare', recoveredShare) <= 1)) {
    throw rangeError('settings.recoveredShare', 'a number above 0 and at most 1', recoveredShare);
  }
}

async function measureAll(settings: CapacitySettings, context: ExperimentContext): Promise<MeasuredDimension[]> {
  const stages = new Stages(settings.dimensions.length, context);
  const measured: MeasuredDimension[] = [];
  for (const dimension of settings.dimensions) {
    const cells = await stages.run(`d = ${dimension}`, 1, (options) =>
      context.parts.part(`d${dimension}`, () => measureDimension(dimension, settings, options)),
    );
    measured.push({ dimension, cells });
  }
  return measured;
}

interface Capacity extends MeasuredCapacity {
  readonly dimension: number;
  readonly beta: number;
}

function capacitiesOf(measured: readonly MeasuredDimension[], { betas, recoveredShare }: CapacitySettings): Capacity[] {
  return betas.flatMap((beta, b) =>
    measured.map(({ dimension, cells }) => {
      const points = cells.map(({ count, recalls }) => ({ count, recovered: recalls[b]?.recovered as number }));
      return { dimension, beta, ...measuredCapacity(points, recoveredShare) };
    }),
  );
}

/** The theorem is about no smaller beta. */
const leastBeta = 1;

function growthFinding(capacities: readonly Capacity[], beta: number, settings: CapacitySettings): Finding {
  const kappa = (settings.range[1] as number) / (settings.range[0] as number);
  const alpha = capacityExponent(kappa);
  const known = capacities.flatMap(({ count, isLeast, ...of }) =>
    of.beta === beta && count !== null && !isLeast ? [{ ...of, count }] : [],
  );
  const what = `growth of the capacity with d, ${percent(settings.recoveredShare)} recovered at beta ${beta}`;
  const published = `N = e^(alpha d), alpha = ${alpha.toFixed(4)}, for large enough beta (at least 1) and d`;
  const growth = growthRate(known);
  if (!growth) {
    const ours = `the capacity is among the counts tried in ${known.length} dimensions`;
    if (beta < leastBeta) return { what, published: '', ours, verdict: 'not published' };
    return { what, published, ours, verdict: 'undetermined', why: 'too few dimensions for a rate' };
  }
  const [first, last] = [known[0], known.at(-1)] as [(typeof known)[number], (typeof known)[number]];
  const ours = `N from ${first.count.toFixed(0)} (d = ${first.dimension}) to ${last.count.toFixed(0)} (d = ${last.dimension}), rate ${growth.rate.toFixed(2)}, correlation of log N and d ${growth.correlation.toFixed(3)} over ${known.length} dimensions`;
  if (beta < leastBeta) return { what, published: '', ours, verdict: 'not published' };
  const holds = growth.rate >= alpha && isStraight(growth);
  return {
    what,
    published,
    ours,
    verdict: holds ? 'reproduced' : 'not reproduced',
    ...(!holds && { why: 'log N against d is no line, or less steep than alpha' }),
  };
}

/** Of failure, in the theorem. */
const probability = 0.5;

/** The largest memory of the greatest dimension that recalls all its queries, beside what the theorem promises there. */
function beyondFinding(measured: readonly MeasuredDimension[], { betas, range }: CapacitySettings): Finding {
  const [lambdaMin, lambdaMax] = range as readonly [number, number];
  const { dimension, cells } = measured.at(-1) as MeasuredDimension;
  const beta = betas.at(-1) as number;
  const recalled = cells.filter(({ recalls }) => recalls.at(-1)?.recovered === 1).at(-1);
  const promised = capacity({ dimension, kappa: lambdaMax / lambdaMin, probability });
  const separated = cells.filter(({ separation }) => separation !== null).at(-1);
  const needed = separationBound({ dimension, lambdaMax }).toFixed(1);
  const apart = separated
    ? `; separation of ${separated.count} items ${separated.separation?.toFixed(1)}, where the theorem asks for ${needed}`
    : '';
  return {
    what: `d = ${dimension}, beta ${beta}: most items of which all queries are recovered`,
    published: '',
    ours: `${recalled ? recalled.count : 'none'}; promised with probability ${probability}: ${promised}${apart}`,
    verdict: 'not published',
  };
}

function recallTable(measured: readonly MeasuredDimension[], { range }: CapacitySettings): ResultTable {
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

function capacityTable(capacities: readonly Capacity[], { range }: CapacitySettings): ResultTable {
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

const recallChart: ResultChart = {
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

const capacityChart: ResultChart = {
  name: 'capacity',
  title: 'Items held against the dimension',
  description:
    'N held, on a logarithmic axis, against the dimension, a line for each beta: straight lines are exponential growth. Where all counts tried were held the line ends level.',
  table: 'capacity',
  specification: rowsWhere(
    'datum.count !== null',
    layers(
      {
        x: quantity('dimension', 'd', { tickMinStep: 1 }, { zero: false }),
        y: logarithmic('count', 'N held', { tickCount: 5 }),
        color: grades('beta', 'beta'),
      },
      [
        { mark: 'line' },
        points({ shape: { field: 'isLeast', type: 'nominal', legend: { title: null } } }, solidPoints),
      ],
    ),
  ),
};
