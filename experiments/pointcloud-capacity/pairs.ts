/**
 * Share of close pairs of random point clouds, and the number of clouds that a memory holds without such a pair
 * (Mustafi 2026).
 */
import { type CallOptions, samplePointClouds, sinkhornDivergence } from 'denseam';
import { integer } from '../core/check.ts';
import type { Finding } from '../core/experiment.ts';
import { shareOf } from '../core/statistics.ts';
import type { CloudCapacitySettings } from './settings.ts';

/** Independent pairs of clouds in one dimension. */
export interface PairsRow {
  readonly dimension: number;
  readonly pairs: number;
  /** Share of the pairs about which balls of the base divergence meet. */
  readonly close: number;
  /**
   * N of a memory in which half a pair is expected to be close: with probability 1/2 at least none is. null where no
   * pair was close.
   */
  readonly items: number | null;
}

/** Roots of divergences are taken for distances, as in `measureSeparation`. */
export function areClose(divergence: number, radius: number): boolean {
  return Math.sqrt(Math.max(0, divergence)) <= 2 * Math.sqrt(radius);
}

/** N with N (N - 1) / 2 x close = 1/2: by the union bound all balls are then disjoint with probability 1/2 at least. */
export function itemsWithoutClosePair(close: number): number | null {
  return close === 0 ? null : (1 + Math.sqrt(1 + 4 / close)) / 2;
}

/** Pairs solved at a time: some megabytes. */
const block = 5000;

export async function measureClosePairs(
  dimension: number,
  settings: CloudCapacitySettings,
  { signal, onProgress }: CallOptions,
): Promise<PairsRow> {
  const { points, baseEpsilon: epsilon, baseDivergence, seed } = settings;
  const pairs = integer('settings.pairs', settings.pairs, 1, 2 ** 30);
  const shape = { dimension, points, signal };
  let close = 0;
  for (let begin = 0; begin < pairs; begin += block) {
    const count = Math.min(block, pairs - begin);
    const sources = await samplePointClouds({ ...shape, count, seed: seed + begin });
    const targets = await samplePointClouds({ ...shape, count, seed: seed + begin + targetSeed });
    const { values } = await sinkhornDivergence(sources, targets, { epsilon, signal });
    close += Math.round(count * shareOf(values, (divergence) => areClose(divergence, baseDivergence)));
    onProgress?.({ completed: begin + count, total: pairs });
  }
  return { dimension, pairs, close: close / pairs, items: itemsWithoutClosePair(close / pairs) };
}

/** Far from the seeds of the blocks, which are their beginnings. */
const targetSeed = 2 ** 31;

/** Least number of close pairs, for a share accurate to a fifth and N to a tenth. */
const leastPairs = 25;

/** Greatest share of close pairs: beyond it N is two or less and does not show growth. */
const greatestShare = 0.2;

/** Rates of growth are told from at least this many dimensions. */
const leastSteps = 3;

/**
 * By how much log N rises with a dimension, and the standard error of that: the share's is its root over the root of
 * the pairs.
 */
interface Rate {
  readonly rate: number;
  readonly error: number;
}

function growthRates(rows: readonly PairsRow[]): Rate[] {
  return rows.slice(1).map((row, at) => {
    const before = rows[at] as PairsRow;
    const steps = row.dimension - before.dimension;
    const logs = [before, row].map(({ items }) => Math.log(items as number)) as [number, number];
    // N goes with the root of one over the share, so that its relative error is half of the share's.
    const variance = [before, row].reduce((sum, { close, pairs }) => sum + 1 / (4 * close * pairs), 0);
    return { rate: (logs[1] - logs[0]) / steps, error: Math.sqrt(variance) / steps };
  });
}

/**
 * Exponential growth is a log N that rises by at least a constant with every dimension. With normal centres the rise
 * accelerates, as a chi-squared variable of d degrees falls below a fixed bound ever more rarely. The criterion
 * therefore is not a line, but that no step is below the first by more than two standard errors.
 */
export function pairsFinding(rows: readonly PairsRow[], settings: CloudCapacitySettings): Finding {
  const known = rows.filter(
    ({ pairs, close, items }) => items !== null && close * pairs >= leastPairs && close <= greatestShare,
  );
  const rates = growthRates(known);
  const texts = known.map(({ dimension, items }) => `${(items as number).toPrecision(3)} (d = ${dimension})`);
  const steps = rates.map(({ rate, error }) => `${rate.toFixed(2)} ± ${error.toFixed(2)}`);
  const finding = {
    what: `items whose balls of divergence ${settings.baseDivergence} are disjoint with probability 1/2, from ${settings.pairs} random pairs`,
    published: 'basins are disjoint with high probability: exponential capacity in the ambient dimension',
    ours: `N = ${texts.join(', ')}; log N grows by ${steps.join(', ')} a dimension`,
  };
  if (rates.length < leastSteps) {
    const why = `close pairs are many enough to count, and not all, in ${known.length} dimensions only`;
    return { ...finding, verdict: 'undetermined', why };
  }
  const [first] = rates as [Rate];
  const fades = ({ rate, error }: Rate) => first.rate - rate > 2 * Math.hypot(first.error, error);
  const isExponential = rates.every(({ rate, error }) => rate > 2 * error) && !rates.some(fades);
  if (isExponential) return { ...finding, verdict: 'reproduced' };
  return { ...finding, verdict: 'not reproduced', why: 'log N rises less and less with d' };
}
