/** Findings on saddle points. */

import { max } from 'd3-array';
import type { Finding } from '../core/experiment.ts';
import { findingVerdict } from '../core/findings.ts';
import { percent, shareOf } from '../core/statistics.ts';
import { sweepTolerance } from './measures.ts';
import type { SaddlesMeasured } from './run.ts';
import type { VmfSaddlesSettings } from './settings.ts';

export function vmfSaddlesFindings(measured: SaddlesMeasured, settings: VmfSaddlesSettings): Finding[] {
  return [
    stationaryFinding(measured, settings),
    ...duplicateFindings(measured, settings),
    minimumFinding(measured),
    saddleFinding(measured, settings),
    descentFinding(measured, settings),
    betasFinding(measured),
    samplesFinding(measured),
  ];
}

type Found = SaddlesMeasured['fixedPoints'][number];

const short = (value: number) => value.toPrecision(2);

export const greatest = (values: readonly number[]) => short(max(values) as number);

/** False for NaN, which a maximum would leave out. */
const within = (tolerance: number) => (value: number) => value <= tolerance;

type Judged = Pick<Finding, 'verdict' | 'why'>;

const undetermined = (why: string): Judged => ({ verdict: 'undetermined', why });

/** Reason why a claim on a fixed point is undetermined: the equations have not reached one. */
const notConverged = ({ iterations, residual }: Found) =>
  undetermined(`not converged: ${iterations} applications of the equations leave a residual of ${short(residual)}`);

/** The equations lead from the end of descent to a fixed point, and the loss does not rise on the way. */
function stationaryFinding({ descent, fixedPoints }: SaddlesMeasured, { tolerance }: VmfSaddlesSettings): Finding {
  const [fixed] = fixedPoints as [Found];
  const { residual, loss } = fixed;
  const left = `${greatest(descent.memoryResiduals)} (memories) and ${greatest(descent.weightResiduals)} (class weights)`;
  return {
    what: 'stationary points of the loss (eq. 6)',
    published: 'memories are the directions of wbar, class weights pbar / zeta',
    ours: `residuals ${left} after gradient descent; applied on, the equations end at ${short(residual)} and change the loss by ${short(loss - descent.loss)}`,
    ...(residual <= tolerance
      ? findingVerdict(loss <= descent.loss, 'the loss is higher where the equations hold than where descent ended')
      : notConverged(fixed)),
  };
}

/**
 * Tolerances for a duplicate. Halving is exact in binary, so only the order of sums and the multipliers, accurate to
 * about 1e-14, make a difference; the loss, of a thousand or two, differs in its last bits.
 */
const [residualRounding, lossRounding] = [1e-12, 1e-15];

function duplicateFindings({ fixedPoints }: SaddlesMeasured, settings: VmfSaddlesSettings): Finding[] {
  const { hiddenUnits, copies, tolerance } = settings;
  return fixedPoints.map((fixed) => {
    const { rho, residual, duplicateResidual, loss, duplicateLoss } = fixed;
    const change = Math.abs(duplicateLoss - loss);
    const ours = `residual ${short(duplicateResidual)} (of the fixed point: ${short(residual)}), loss changed by ${short(change)}`;
    const what = `${fixed.what}: duplicate of ${hiddenUnits + copies} units`;
    // The theorem is about rho -> infinity; a finite rho is for comparison.
    if (rho !== null) return { what, published: '', ours, verdict: 'not published' };
    const holds =
      duplicateResidual <= residual + residualRounding && change <= 10 * lossRounding * (1 + Math.abs(loss));
    const judged = residual <= tolerance ? findingVerdict(holds, 'more than rounding') : notConverged(fixed);
    return { what, published: 'a fixed point, too (eq. 13)', ours, ...judged };
  });
}

/**
 * Central differences at distance 1e-3 leave slopes of 1e-6 times the third derivative, at most beta^3 or some
 * thousand.
 */
const slopeTolerance = 1e-3;

/** They leave a thousandth of the curvature. */
const curvatureTolerance = 0.01;

function minimumFinding({ landscape: { partings, fixedRandom } }: SaddlesMeasured): Finding {
  const all = [...partings.map(({ alone }) => alone), ...fixedRandom];
  const rising = all.filter(({ curvature }) => curvature > 0).length;
  const slopes = all.map(({ slope }) => Math.abs(slope));
  const isMinimum = rising === all.length && slopes.every(within(slopeTolerance));
  return {
    what: 'the small network, its memories moved alone or all at random',
    published: '',
    ours: `the loss rises in ${rising} of ${all.length} directions, slopes at most ${greatest(slopes)}: ${isMinimum ? 'a minimum' : 'no minimum'} as far as these tell`,
    verdict: 'not published',
  };
}

function saddleFinding({ landscape, fixedPoints }: SaddlesMeasured, { tolerance }: VmfSaddlesSettings): Finding {
  const [fixed] = fixedPoints as [Found];
  const { partings, duplicateRandom } = landscape;
  const unstable = partings.filter(({ eigenvalue }) => eigenvalue < 0);
  const errors = partings.map(({ eigenvalue, apart }) => Math.abs(apart.curvature - eigenvalue) / Math.abs(eigenvalue));
  const slopes = [...partings.map(({ apart }) => apart), ...duplicateRandom].map((d) => Math.abs(d.slope));
  const falling = unstable.filter(({ apart }) => apart.curvature < 0).length;
  const holds =
    falling === unstable.length && errors.every(within(curvatureTolerance)) && slopes.every(within(slopeTolerance));
  return {
    what: 'the duplicate, its copies parted',
    published: 'a saddle where beta is large enough (appendix I)',
    ours: `slopes at most ${greatest(slopes)}; the loss falls for ${falling} of ${partings.length} memories, its second derivative within ${greatest(errors)} (relative) of the eigenvalue of the splitting matrix`,
    ...judgedAtFixedPoint(fixed, tolerance, unstable.length, () =>
      findingVerdict(holds, 'the loss is not at rest, or does not fall as the splitting matrix says'),
    ),
  };
}

function judgedAtFixedPoint(fixed: Found, tolerance: number, unstable: number, judge: () => Judged): Judged {
  if (fixed.residual > tolerance) return notConverged(fixed);
  return unstable > 0 ? judge() : undetermined('no memory parts at this beta: it is not large enough');
}

function descentFinding(measured: SaddlesMeasured, { tolerance, copies }: VmfSaddlesSettings): Finding {
  const { fromDuplicate, fixedPoints, landscape } = measured;
  const [first, last] = ends(fromDuplicate);
  const never = shareOf(fromDuplicate.slice(1), ({ parted }, at) => {
    const before = (fromDuplicate[at] as typeof first).parted;
    return parted <= before + lossRounding * Math.abs(before);
  });
  const fall = first.kept - last.parted;
  const unstable = landscape.partings.slice(0, copies).filter(({ eigenvalue }) => eigenvalue < 0).length;
  return {
    what: 'descent from the duplicate',
    published: 'weights of small networks are unstable in larger ones, which lets them grow',
    ours: `${last.iteration} applications of the equations lower the loss by ${short(fall)} once copies are parted, by ${short(Math.max(0, first.kept - last.kept))} from the exact duplicate, whose copies rounding alone can part`,
    ...judgedAtFixedPoint((fixedPoints as [Found])[0], tolerance, unstable, () =>
      findingVerdict(fall > 0 && never === 1, 'the loss does not fall, or rises on the way'),
    ),
  };
}

const ends = <T>(list: readonly T[]) => [list[0], list.at(-1)] as [T, T];

/**
 * Finding that memories part from none to all; a smaller range of betas does not decide, unless fewer part at the
 * greatest than at the least.
 */
function betasFinding({ betas }: SaddlesMeasured): Finding {
  const [first, last] = ends(betas);
  const far = betas.filter(({ residual }) => residual > sweepTolerance).map(({ beta }) => beta);
  const judge = (): Judged => {
    if (far.length > 0) return undetermined(`not converged at beta ${far.join(', ')}`);
    if (last.unstable < first.unstable)
      return findingVerdict(false, 'fewer part at the greatest beta than at the least');
    if (first.unstable > 0 || last.unstable < 1) return undetermined('the betas do not reach from none to all');
    return { verdict: 'reproduced' };
  };
  return {
    what: 'memories that part when duplicated, as beta grows',
    published: 'unstable above a beta of their own (appendix I)',
    ours: betas.map(({ beta, unstable }) => `${percent(unstable)} at ${beta}`).join(', '),
    ...judge(),
  };
}

/**
 * The paper's claim is about students that learn or are drawn; of these there are none here, so there is no verdict.
 */
function samplesFinding({ students }: SaddlesMeasured): Finding {
  const [first, last] = ends(students);
  return {
    what: 'consistency: eq. 10 beside the same equations on data drawn from its teacher',
    published: '',
    ours: `mean overlap ${last.sampled.toFixed(3)} on ${last.rows} data, ${last.limit.toFixed(3)} of eq. 10; greatest difference ${short(first.overlapError)} at N = ${first.dimension}, ${short(last.overlapError)} at ${last.dimension}`,
    verdict: 'not published',
  };
}
