import { mean, min } from 'd3-array';
import type { Finding } from '../core/experiment.ts';
import { percent } from '../core/statistics.ts';
import type { SplittingTraining } from './measures.ts';
import {
  accuracyRise,
  disproportion,
  type Estimate,
  lineOf,
  logLine,
  pairedDifference,
  plateaus,
  type SplittingPoint,
  splittingPoints,
} from './points.ts';
import { publishedData } from './settings.ts';

const fashion = 'fashion-mnist';

/** Number of standard errors within which a difference may be chance. */
const sureErrors = 2;

/** "Similar" accuracy: a difference that surely is at most a hundredth, a sixth of the errors at this size. */
const similar = 0.01;

/** A "slight" difference, and a "marginal" gain. */
const slight = 0.03;

const marginal = 0.01;

/** "Proportional": beside the errors of the exponent, so much of it counts for nothing. */
const exponentTolerance = 0.05;

/** "Constant": the exponent is nearer to 0 than to 1. */
const constantExponent = 0.5;

/** A spread over fewer seeds, a line through fewer sizes, or sizes less than half as far apart, say too little. */
const leastRuns = 3;

const leastSizes = 3;

const leastRange = 1.5;

interface Lines {
  readonly data: string;
  readonly whole: readonly SplittingPoint[];
  readonly grown: readonly SplittingPoint[];
}

type Claim = (lines: Lines) => Omit<Finding, 'verdict' | 'why'> & { readonly holds: boolean; readonly why: string };

export function splittingFindings(trainings: readonly SplittingTraining[]): Finding[] {
  const points = splittingPoints(trainings);
  return [...new Set(trainings.map(({ data }) => data))].flatMap((data) => {
    const lines = { data, whole: lineOf(points, data, false), grown: lineOf(points, data, true) };
    const claims = [
      accuracyClaim,
      gainClaim,
      savingClaim,
      ...(isLong(lines) ? [wholeCostClaim, plateauClaim, grownCostClaim] : []),
    ];
    return claims.map((claim) => finding(lines, claim));
  });
}

function finding(lines: Lines, claim: Claim): Finding {
  const { holds, why, published, ...rest } = claim(lines);
  if (!publishedData.includes(lines.data)) return { ...rest, published: '', verdict: 'not published' };
  const hasSpread = lines.whole.every(({ trainings }) => trainings.length >= leastRuns);
  const tells = isLong(lines) && hasSpread && lines.whole.length >= leastSizes;
  if (!tells) {
    const few = `fewer than ${leastRuns} seeds or ${leastSizes} sizes, or sizes that differ by less than a factor of ${leastRange}`;
    return { ...rest, published, verdict: 'undetermined', why: few };
  }
  return holds ? { ...rest, published, verdict: 'reproduced' } : { ...rest, published, verdict: 'not reproduced', why };
}

/** Whether sizes are far enough apart for a slope. */
function isLong({ whole }: Lines): boolean {
  const [first, last] = ends(whole);
  return last.hiddenUnits >= leastRange * first.hiddenUnits;
}

const ends = (line: readonly SplittingPoint[]) => [line[0], line.at(-1)] as [SplittingPoint, SplittingPoint];

export const points = (share: number) => (100 * share).toFixed(2);

const withError = ({ mean, error }: Estimate) => `${points(mean)} points (standard error ${points(error)})`;

/** Whether an estimate is above 0, and not by chance. */
const isAbove = ({ mean, error }: Estimate) => mean > sureErrors * error;

function accuracyClaim({ data, whole, grown }: Lines): ReturnType<Claim> {
  const difference = pairedDifference(whole, grown);
  const [own, other] = [whole, grown].map((line) => percent(mean(line, ({ accuracy }) => accuracy.mean) as number));
  const lower = grown.filter(({ accuracy }, at) => accuracy.mean < (whole[at] as SplittingPoint).accuracy.mean).length;
  const isFashion = data === fashion;
  return {
    what: `${data}: accuracy with and without splitting`,
    published: isFashion ? 'slightly higher with splitting' : 'similar',
    ours: `${other} with, ${own} without; pairs of one size and seed differ by ${withError(difference)}; lower with splitting at ${lower} of ${grown.length} sizes`,
    holds: isFashion
      ? isAbove(difference) && difference.mean <= slight
      : Math.abs(difference.mean) + sureErrors * difference.error <= similar,
    why: isFashion
      ? `expected: more than ${sureErrors} standard errors, at most ${points(slight)} points`
      : `expected: at most ${points(similar)} points, ${sureErrors} standard errors included`,
  };
}

function gainClaim({ data, whole }: Lines): ReturnType<Claim> {
  const [small, large] = ends(whole);
  const gain = accuracyRise(small, large);
  const steps = whole.slice(1).map((point, at) => accuracyRise(whole[at] as SplittingPoint, point));
  const falls = steps.filter(({ mean }) => mean < 0);
  const [verb, isFashion] = [gain.mean < 0 ? 'falls' : 'rises', data === fashion];
  return {
    what: `${data}: accuracy gained by more hidden units`,
    published: isFashion ? 'marginal' : 'rises consistently',
    ours: `${verb} from ${percent(small.accuracy.mean)} at ${small.hiddenUnits} to ${percent(large.accuracy.mean)} at ${large.hiddenUnits} units without splitting, by ${withError({ ...gain, mean: Math.abs(gain.mean) })}; a fall in ${falls.length} of ${steps.length} steps from size to size`,
    // A step may fall by chance.
    holds: isFashion
      ? Math.abs(gain.mean) <= marginal
      : isAbove(gain) && falls.every(({ mean, error }) => -mean <= sureErrors * error),
    why: isFashion
      ? `expected: at most ${points(marginal)} points, up or down`
      : `expected: a rise by more than ${sureErrors} standard errors, and no step that falls by as much`,
  };
}

function savingClaim({ data, whole, grown }: Lines): ReturnType<Claim> {
  const ratios = grown.map((point, at) => (whole[at] as SplittingPoint).cost.mean / point.cost.mean);
  const sizes = ends(whole).map(({ hiddenUnits }) => hiddenUnits);
  const [first, last] = [ratios[0] as number, ratios.at(-1) as number];
  return {
    what: `${data}: what splitting saves`,
    published: 'training with splitting is faster at every size, and significantly so',
    ours: `a factor of ${first.toFixed(1)} at ${sizes[0]} units, ${last.toFixed(1)} at ${sizes[1]}, of the counted cost`,
    // "Significantly": at least by half.
    holds: ratios.every((ratio) => ratio >= 2),
    why: `at the least by a factor of ${min(ratios)?.toFixed(1)}`,
  };
}

const costs = (line: readonly SplittingPoint[]) =>
  line.map(({ hiddenUnits, cost }) => [hiddenUnits, cost.mean] as const);

const exponent = (line: readonly SplittingPoint[]) => logLine(costs(line));

function wholeCostClaim({ data, whole }: Lines): ReturnType<Claim> {
  const { slope, error } = exponent(whole);
  const [small, large] = ends(whole).map(({ epochs }) => epochs.mean.toFixed(0));
  return {
    what: `${data}: cost without splitting`,
    published: 'proportional to P_max',
    ours: `proportional to P_max^${slope.toFixed(2)} (standard error ${error.toFixed(2)})`,
    holds: Math.abs(slope - 1) <= sureErrors * error + exponentTolerance,
    why: `further from 1 than ${sureErrors} standard errors and ${exponentTolerance}: the cost of an epoch is proportional to P_max, and there are ${small} epochs at the least size and ${large} at the greatest`,
  };
}

function plateauClaim({ data, grown }: Lines): ReturnType<Claim> {
  const { slope, jumps, steps } = plateaus(grown);
  const factors = jumps.map(({ sizes: [before, after], factor }) => `${factor.toFixed(1)} from ${before} to ${after}`);
  const jump = factors.length > 0 ? `, and rises by a factor of ${factors.join(', ')}, where a stage is added` : '';
  return {
    what: `${data}: cost with splitting, as a function of P_max`,
    published: 'piecewise constant, with a jump where a stage is added',
    ours: `proportional to P_max^${slope.toFixed(2)} between sizes of as many stages${jump}`,
    holds:
      slope < constantExponent &&
      jumps.length > 0 &&
      steps.length > 0 &&
      jumps.every((jump) => steps.every((step) => jump.factor > step.factor)),
    why: 'expected: an exponent below 0.5, and no other rise between neighbours as great as that where a stage is added',
  };
}

function grownCostClaim({ data, whole, grown }: Lines): ReturnType<Claim> {
  const { slope } = exponent(grown);
  const byStages = disproportion(grown.map(({ stages, cost }) => [stages, cost.mean]));
  const bySize = disproportion(costs(grown));
  return {
    what: `${data}: cost with splitting`,
    published: 'better explained by the number of stages, which is 1 + ceil(log2(P_max / P_0)), than by P_max',
    ours: `${percent(byStages)} from proportional to the stages, ${percent(bySize)} from proportional to P_max; P_max^${slope.toFixed(2)} in all, against ${exponent(whole).slope.toFixed(2)} without`,
    holds: byStages < bySize,
    why: 'the stage that is added has the most units, and costs about as much as all before it',
  };
}
