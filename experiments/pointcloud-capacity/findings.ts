/** Findings on capacity, separation and basins. */

import type { Finding } from '../core/experiment.ts';
import { median, percent } from '../core/statistics.ts';
import { growthRate, isStraight, measuredCapacity } from '../gaussian-capacity/measures.ts';
import type { MeasuredClouds } from './measures.ts';
import type { CloudCapacitySettings } from './settings.ts';

/** Share of the queries recovered that defines a memory's capacity. */
const recoveredShare = 0.95;

export function capacityFinding(
  { grid }: MeasuredClouds,
  divergence: number,
  settings: CloudCapacitySettings,
): Finding {
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

export function disjointFinding(
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

export function basinFinding(
  { basins }: MeasuredClouds,
  { dimensions, separationCounts }: CloudCapacitySettings,
): Finding {
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
