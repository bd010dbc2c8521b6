/** Recall of ever more random point clouds in growing dimensions, their separation and their basins (Mustafi 2026). */

import type { CallOptions, CloudRecallRow } from 'denseam';
import { integer, positive } from '../core/check.ts';
import type { Experiment, ExperimentContext, Finding } from '../core/experiment.ts';
import { Stages } from '../core/stages.ts';
import { ascending, median, percent } from '../core/statistics.ts';
import { growthRate, isStraight, measuredCapacity } from '../gaussian-capacity/measures.ts';
import {
  type BasinRow,
  type CloudCapacitySettings,
  type MeasuredClouds,
  measureBasins,
  measureRecall,
  measureSeparation,
  type SeparationRow,
  type VariedRow,
} from './measures.ts';
import { measureClosePairs, type PairsRow, pairsFinding } from './pairs.ts';
import { cloudCapacityCharts, cloudCapacityTables } from './tables.ts';

/** Recall breaks between the least and the greatest count in the lower dimensions, and in the base with each other list. */
const standard: CloudCapacitySettings = {
  points: 6,
  counts: [10, 30, 100, 300, 1000],
  separationCounts: [10, 30, 100, 300],
  baseCount: 100,
  dimensions: [3, 4, 5, 6, 8, 12, 16],
  baseDimension: 4,
  epsilons: [0.1, 0.3, 1, 3, 10],
  baseEpsilon: 0.5,
  betas: [0.3, 1, 3, 10, 30],
  baseBeta: 10,
  divergences: [0.1, 0.3, 1, 3, 10],
  baseDivergence: 3,
  capacityDivergences: [1, 3, 5],
  pairs: 400_000,
  pairDimensions: [6, 7, 8, 9, 10, 11],
  queries: 100,
  trials: 10,
  basins: 5,
  basinTrials: 10,
  maxIterations: 60,
  threshold: 1e-2,
  seed: 1,
};

export const pointCloudCapacity: Experiment<CloudCapacitySettings> = {
  id: 'pointcloud-capacity',
  title: 'Capacity of the point-cloud memory',
  summary:
    'Random clouds are recalled from perturbed queries, ever more of them in growing dimensions; separation and basins are measured.',
  source: 'Mustafi 2026, capacity under a random pattern model (abstract)',
  settings: standard,
  quick: {
    ...standard,
    ...{
      counts: [10, 30],
      separationCounts: [10, 30],
      dimensions: [2, 3, 16],
      baseCount: 10,
      epsilons: [0.3, 3],
      betas: [1, 10],
      divergences: [0.3, 3],
      capacityDivergences: [3],
    },
    ...{
      pairs: 10_000,
      pairDimensions: [6, 7, 8, 9],
      queries: 10,
      trials: 4,
      basins: 2,
      basinTrials: 4,
      maxIterations: 30,
    },
  },
  async run(settings, context) {
    check(settings);
    const measured = await measureAll(settings, context);
    return {
      findings: [
        ...settings.capacityDivergences.map((divergence) => capacityFinding(measured, divergence, settings)),
        pairsFinding(measured.pairs, settings),
        disjointFinding(measured, settings),
        basinFinding(measured, settings),
      ],
      tables: cloudCapacityTables(measured),
      charts: cloudCapacityCharts,
      pictures: [],
    };
  },
};

/** Of clouds, pairs, queries: more would take days. */
const mostItems = 1e8;
/** Queries that are made of one item at a time. */
const mostTrials = 1e5;

function check(settings: CloudCapacitySettings): void {
  const { counts, separationCounts, dimensions, pairDimensions } = settings;
  for (const [name, list] of Object.entries({ counts, separationCounts, dimensions, pairDimensions })) {
    ascending(`settings.${name}`, list);
    // A single item has no neighbour to be apart from.
    const least = name.endsWith('ounts') ? 2 : 1;
    for (const [at, value] of list.entries()) integer(`settings.${name}[${at}]`, value, least, mostItems);
  }
  integer('settings.baseCount', settings.baseCount, 2, mostItems);
  for (const name of ['points', 'baseDimension', 'pairs', 'queries', 'trials', 'basins'] as const) {
    integer(`settings.${name}`, settings[name], 1, mostItems);
  }
  integer('settings.basinTrials', settings.basinTrials, 1, mostTrials);
  integer('settings.maxIterations', settings.maxIterations, 1, 2 ** 31 - 1);
  for (const name of ['baseEpsilon', 'baseBeta', 'baseDivergence', 'threshold'] as const) {
    positive(`settings.${name}`, settings[name]);
  }
  for (const name of ['epsilons', 'betas', 'divergences', 'capacityDivergences'] as const) {
    for (const [at, value] of settings[name].entries()) positive(`settings.${name}[${at}]`, value);
  }
}

const variedLists = { epsilon: 'epsilons', beta: 'betas', divergence: 'divergences' } as const;

async function measureAll(settings: CloudCapacitySettings, context: ExperimentContext): Promise<MeasuredClouds> {
  const { counts, separationCounts, dimensions } = settings;
  const ends = new Set([separationCounts[0] as number, separationCounts.at(-1) as number]);
  const varied = Object.keys(variedLists) as (keyof typeof variedLists)[];
  const inDimension = 1 + separationCounts.length + ends.size;
  const total = settings.pairDimensions.length + dimensions.length * inDimension + varied.length;
  const stages = new Stages(total, context);
  const part = <T>(name: string, measure: (options: CallOptions) => Promise<T>) =>
    stages.run(name, 1, (options) => context.parts.part(name, () => measure(options)));
  const grid: CloudRecallRow[] = [];
  const pairs: PairsRow[] = [];
  const separations: SeparationRow[] = [];
  const basins: BasinRow[] = [];
  for (const dimension of settings.pairDimensions) {
    pairs.push(await part(`pairs-d${dimension}`, (options) => measureClosePairs(dimension, settings, options)));
  }
  for (const dimension of dimensions) {
    const lists = { counts, dimensions: [dimension], divergences: settings.capacityDivergences };
    grid.push(...(await part(`recall-d${dimension}`, (options) => measureRecall(lists, settings, options))));
    for (const count of separationCounts) {
      const name = `separation-d${dimension}-n${count}`;
      separations.push(await part(name, (options) => measureSeparation(dimension, count, settings, options)));
    }
    for (const count of ends) {
      const name = `basins-d${dimension}-n${count}`;
      basins.push(...(await part(name, (options) => measureBasins(dimension, count, settings, options))));
    }
  }
  const variations: VariedRow[] = [];
  for (const name of varied) {
    const lists = { [variedLists[name]]: settings[variedLists[name]] };
    const rows = await part(`recall-by-${name}`, (options) => measureRecall(lists, settings, options));
    variations.push(...rows.map((row) => ({ ...row, varied: name, value: row[name] })));
  }
  return { grid, variations, pairs, separations, basins };
}

/** Of the queries, for what is said to be a memory's capacity. */
const recoveredShare = 0.95;

function capacityFinding({ grid }: MeasuredClouds, divergence: number, settings: CloudCapacitySettings): Finding {
  const capacities = settings.dimensions.map((dimension) => {
    const points = grid.filter((row) => row.dimension === dimension && row.divergence === divergence);
    return { dimension, ...measuredCapacity(points, recoveredShare) };
  });
  const texts = capacities.map(({ dimension, count, isLeast }) => {
    const held = count === null ? `below ${settings.counts[0]}` : `${isLeast ? 'at least ' : ''}${count.toFixed(0)}`;
    return `${held} (d = ${dimension})`;
  });
  const known = capacities.flatMap(({ dimension, count, isLeast }) =>
    count !== null && !isLeast ? [{ dimension, count }] : [],
  );
  const growth = growthRate(known);
  const rate = growth
    ? `; log N grows by ${growth.rate.toFixed(2)} a dimension, correlation ${growth.correlation.toFixed(3)} over ${known.length} dimensions`
    : '';
  return {
    what: `items of which ${percent(recoveredShare)} are recovered, beta ${settings.baseBeta}, divergence ${divergence}`,
    published: 'exponential capacity in the dimension',
    ours: texts.join(', ') + rate,
    ...capacityVerdict(growth),
  };
}

function capacityVerdict(growth: ReturnType<typeof growthRate>): Pick<Finding, 'verdict' | 'why'> {
  if (growth && growth.rate > 0 && isStraight(growth)) return { verdict: 'reproduced' };
  if (growth) return { verdict: 'not reproduced', why: 'log N against d is no rising line' };
  const why =
    'the capacity is among the counts tried in too few dimensions for a rate; in the others it is below or above all of them';
  return { verdict: 'undetermined', why };
}

function disjointFinding(
  { separations }: MeasuredClouds,
  { dimensions, separationCounts, trials }: CloudCapacitySettings,
): Finding {
  const of = (dimension: number) => separations.filter((row) => row.dimension === dimension);
  const all = (dimension: number) => of(dimension).every(({ disjoint }) => disjoint === 1);
  const first = dimensions.find(all);
  const last = dimensions.at(-1) as number;
  const holds = all(last);
  return {
    what: `balls of the base divergence about the items are disjoint, N up to ${separationCounts.at(-1)}, ${trials} memories`,
    published: 'disjoint with high probability',
    ours: first === undefined ? 'in no dimension for all N' : `in all memories from d = ${first} on at every N`,
    verdict: holds ? 'reproduced' : 'not reproduced',
    ...(!holds && { why: `in d = ${last} some memory has items nearer to each other` }),
  };
}

function basinFinding({ basins }: MeasuredClouds, { dimensions, separationCounts }: CloudCapacitySettings): Finding {
  const count = separationCounts.at(-1) as number;
  const texts = dimensions.map((dimension) => {
    const rows = basins.filter((row) => row.dimension === dimension && row.count === count);
    const middle = (field: 'radius' | 'neighbour') => median(rows.map((row) => row[field])).toPrecision(2);
    return `${middle('radius')} beside ${middle('neighbour')} (d = ${dimension})`;
  });
  return {
    what: `median basin radius in random directions beside the divergence to the nearest other item, N = ${count}`,
    published: '',
    ours: texts.join(', '),
    verdict: 'not published',
  };
}
