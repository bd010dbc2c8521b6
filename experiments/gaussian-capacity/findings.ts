/** Findings on the capacity and theorem 1. */

import { capacity, capacityExponent, separationBound } from 'denseam';
import type { Finding } from '../core/experiment.ts';
import { percent } from '../core/statistics.ts';
import { type Capacity, growthRate, isStraight, type MeasuredDimension } from './measures.ts';
import type { CapacitySettings } from './settings.ts';

/** The theorem is about no smaller beta. */
const leastBeta = 1;

export function growthFinding(capacities: readonly Capacity[], beta: number, settings: CapacitySettings): Finding {
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

/** Probability of failure in the theorem. */
export const probability = 0.5;

/** The largest memory of the greatest dimension that recalls all its queries, beside the theorem's capacity there. */
export function beyondFinding(measured: readonly MeasuredDimension[], { betas, range }: CapacitySettings): Finding {
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
