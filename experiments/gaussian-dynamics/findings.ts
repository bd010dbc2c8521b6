/** Findings on each line and the paper's claims. */

import type { Finding } from '../core/experiment.ts';
import { findingVerdict } from '../core/findings.ts';
import { percent } from '../core/statistics.ts';
import type { DynamicsCase, DynamicsPoint, MeasuredLine } from './measures.ts';
import type { DynamicsSettings } from './settings.ts';

/** The theorems, and so the published items as far as they are known, are about covariances that commute. */
const publishedCase: DynamicsCase = 'commuting, dilated';

/** The paper's two betas; of other ones it says nothing. */
const [failingBeta, recallingBeta] = [0.1, 2];

/** "Recovered" leaves room for the few items that have a near neighbour. */
const recoveredShare = 0.99;

export function finding({ kind, dimension, beta, points }: MeasuredLine, { threshold }: DynamicsSettings): Finding {
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
