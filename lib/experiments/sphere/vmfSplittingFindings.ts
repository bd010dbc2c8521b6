import type { Finding } from '../experiment.ts';
import { percent } from '../shares.ts';
import { disproportion, lineOf, logLine, plateaus, type SplittingPoint, splittingPoints } from './splittingPoints.ts';
import type { SplittingTraining } from './vmfSplitting.ts';
import { publishedData } from './vmfSplittingSettings.ts';

const fashion = 'fashion-mnist';

/** "Similar" accuracy: they differ by at most a hundredth, a tenth of what is wrong at this size. */
const similar = 0.01;
/** A "slight" difference, and a "marginal" gain. */
const slight = 0.03;
const marginal = 0.01;
/** "Proportional": the exponent is nearer to 1 than to a half or one and a half. */
const exponentTolerance = 0.25;

/** "Constant": the exponent is nearer to 0 than to 1. */
const constantExponent = 0.5;

/** A spread over fewer seeds, or sizes less than half as far apart, say too little. */
const leastRuns = 3;
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
  const tells = isLong(lines) && lines.whole.every(({ trainings }) => trainings.length >= leastRuns);
  if (!tells) {
    const few = `fewer than ${leastRuns} seeds, or sizes that differ by less than a factor of ${leastRange}`;
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
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function accuracyClaim({ data, whole, grown }: Lines): ReturnType<Claim> {
  const difference = mean(grown.map((point, at) => point.accuracy.mean - (whole[at] as SplittingPoint).accuracy.mean));
  const [own, other] = [whole, grown].map((line) => percent(mean(line.map(({ accuracy }) => accuracy.mean))));
  const isFashion = data === fashion;
  return {
    what: `${data}: accuracy with and without splitting`,
    published: isFashion ? 'slightly higher with splitting' : 'not significantly different',
    ours: `${other} with, ${own} without, on average over all sizes`,
    holds: isFashion ? difference > 0 && difference <= slight : Math.abs(difference) <= similar,
    why: `the means differ by ${percent(difference)}`,
  };
}

function gainClaim({ data, whole }: Lines): ReturnType<Claim> {
  const [small, large] = ends(whole);
  const gain = large.accuracy.mean - small.accuracy.mean;
  const isFashion = data === fashion;
  return {
    what: `${data}: accuracy gained by more hidden units`,
    published: isFashion ? 'marginal' : 'rises consistently',
    ours: `from ${percent(small.accuracy.mean)} at ${small.hiddenUnits} to ${percent(large.accuracy.mean)} at ${large.hiddenUnits} units without splitting`,
    holds: isFashion ? gain < marginal : gain > 0,
    why: isFashion ? `more than ${percent(marginal)}` : 'it does not rise',
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
    why: `at the least by a factor of ${Math.min(...ratios).toFixed(1)}`,
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
    holds: Math.abs(slope - 1) <= exponentTolerance,
    why: `larger networks train for more epochs, ${small} and ${large} at the ends: an epoch's cost is proportional to P_max`,
  };
}

function plateauClaim({ data, grown }: Lines): ReturnType<Claim> {
  const { slope, jumps, steps } = plateaus(grown);
  const factors = jumps.map(({ sizes: [before, after], factor }) => `${factor.toFixed(1)} from ${before} to ${after}`);
  const jump = factors.length > 0 ? `, and rises by a factor of ${factors.join(', ')}, where a stage is added` : '';
  const rises = (list: readonly { readonly factor: number }[]) => list.map(({ factor }) => factor);
  return {
    what: `${data}: cost with splitting, as a function of P_max`,
    published: 'piecewise constant, with a jump where a stage is added',
    ours: `proportional to P_max^${slope.toFixed(2)} between sizes of as many stages${jump}`,
    holds:
      slope < constantExponent &&
      jumps.length > 0 &&
      steps.length > 0 &&
      Math.min(...rises(jumps)) > Math.max(...rises(steps)),
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
