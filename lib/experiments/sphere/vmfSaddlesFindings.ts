/** What the paper says of saddle points beside what was found. */
import type { Finding } from '../experiment.ts';
import { percent, shareOf } from '../shares.ts';
import type { SaddlesMeasured } from './vmfSaddles.ts';
import type { VmfSaddlesSettings } from './vmfSaddlesSettings.ts';

export function vmfSaddlesFindings(measured: SaddlesMeasured, settings: VmfSaddlesSettings): Finding[] {
  return [
    stationaryFinding(measured, settings),
    ...duplicateFindings(measured, settings),
    minimumFinding(measured),
    saddleFinding(measured),
    descentFinding(measured),
    betasFinding(measured),
    studentsFinding(measured),
  ];
}

const short = (value: number) => value.toPrecision(2);
const greatest = (values: readonly number[]) => Math.max(...values);

function verdict(holds: boolean, why: string): Pick<Finding, 'verdict' | 'why'> {
  return holds ? { verdict: 'reproduced' } : { verdict: 'not reproduced', why };
}

/** The equations lead from what descent has left to a point where they hold, and the loss does not rise on the way. */
function stationaryFinding({ descent, fixedPoints }: SaddlesMeasured, { tolerance }: VmfSaddlesSettings): Finding {
  const [{ residual, loss }] = fixedPoints as [SaddlesMeasured['fixedPoints'][number]];
  const left = `${short(greatest(descent.memoryResiduals))} (memories) and ${short(greatest(descent.weightResiduals))} (class weights)`;
  return {
    what: 'stationary points of the loss (eq. 6)',
    published: 'memories are the directions of wbar, class weights pbar / zeta',
    ours: `residuals ${left} after gradient descent; applied on, the equations end at ${short(residual)} and lower the loss by ${short(descent.loss - loss)}`,
    ...verdict(residual <= tolerance && loss <= descent.loss, 'the applications allowed were used up'),
  };
}

/**
 * Halving is exact in binary, so what a duplicate adds is the order of sums and the multipliers, which are right to about 1e-14; of the
 * loss, whose size is a thousand or two, the last bits.
 */
const [residualRounding, lossRounding] = [1e-12, 1e-15];

function duplicateFindings({ fixedPoints }: SaddlesMeasured, { hiddenUnits, copies }: VmfSaddlesSettings): Finding[] {
  return fixedPoints.map(({ what, rho, residual, duplicateResidual, loss, duplicateLoss }) => {
    const change = Math.abs(duplicateLoss - loss);
    const ours = `residual ${short(duplicateResidual)} (of the fixed point: ${short(residual)}), loss changed by ${short(change)}`;
    const title = `${what}: duplicate of ${hiddenUnits + copies} units`;
    // The theorem is about rho -> infinity; what a finite one does is for comparison.
    if (rho !== null) return { what: title, published: '', ours, verdict: 'not published' };
    const holds =
      duplicateResidual <= residual + residualRounding && change <= 10 * lossRounding * (1 + Math.abs(loss));
    return { what: title, published: 'a fixed point, too (eq. 13)', ours, ...verdict(holds, 'more than rounding') };
  });
}

/** Central differences at distance 1e-3 leave slopes of 1e-6 times the third derivative, at most beta^3 or some thousand. */
const slopeTolerance = 1e-3;
/** They leave a thousandth of the curvature. */
const curvatureTolerance = 0.01;

function minimumFinding({ landscape: { partings, fixedRandom } }: SaddlesMeasured): Finding {
  const all = [...partings.map(({ alone }) => alone), ...fixedRandom];
  const rising = all.filter(({ curvature }) => curvature > 0).length;
  const slope = greatest(all.map(({ slope }) => Math.abs(slope)));
  return {
    what: 'the small network, its memories moved alone or all at random',
    published: '',
    ours: `the loss rises in ${rising} of ${all.length} directions, slopes at most ${short(slope)}: a minimum as far as these tell`,
    verdict: 'not published',
  };
}

function saddleFinding({ landscape: { partings, duplicateRandom } }: SaddlesMeasured): Finding {
  const unstable = partings.filter(({ eigenvalue }) => eigenvalue < 0);
  const error = greatest(
    partings.map(({ eigenvalue, apart }) => Math.abs(apart.curvature - eigenvalue) / Math.abs(eigenvalue)),
  );
  const slope = greatest([...partings.map(({ apart }) => apart), ...duplicateRandom].map((d) => Math.abs(d.slope)));
  const falls = unstable.every(({ apart }) => apart.curvature < 0);
  const holds = unstable.length > 0 && falls && error <= curvatureTolerance && slope <= slopeTolerance;
  return {
    what: 'the duplicate, its copies parted',
    published: 'a saddle where beta is large enough (appendix I)',
    ours: `slopes at most ${short(slope)}; the loss falls for ${unstable.length} of ${partings.length} memories, its second derivative within ${short(error)} (relative) of the eigenvalue of the splitting matrix`,
    ...verdict(holds, 'no memory parts at this beta, or the loss is not at rest'),
  };
}

function descentFinding({ fromDuplicate }: SaddlesMeasured): Finding {
  const [first, last] = [fromDuplicate[0], fromDuplicate.at(-1)] as [
    SaddlesMeasured['fromDuplicate'][number],
    SaddlesMeasured['fromDuplicate'][number],
  ];
  const never = shareOf(fromDuplicate.slice(1), ({ parted }, at) => {
    const before = (fromDuplicate[at] as typeof first).parted;
    return parted <= before + lossRounding * Math.abs(before);
  });
  const fall = first.kept - last.parted;
  return {
    what: 'descent from the duplicate',
    published: 'weights of small networks are unstable in larger ones, which lets them grow',
    ours: `parted copies lower the loss by ${short(fall)} in ${last.iteration} applications; left as it is, it falls by ${short(Math.max(0, first.kept - last.kept))}`,
    ...verdict(fall > 0 && never === 1, 'the loss does not fall'),
  };
}

function betasFinding({ betas }: SaddlesMeasured): Finding {
  const [first, last] = [betas[0], betas.at(-1)] as [
    SaddlesMeasured['betas'][number],
    SaddlesMeasured['betas'][number],
  ];
  return {
    what: 'memories that part when duplicated, as beta grows',
    published: 'unstable above a beta of their own (appendix I)',
    ours: betas.map(({ beta, unstable }) => `${percent(unstable)} at ${beta}`).join(', '),
    ...verdict(first.unstable === 0 && last.unstable === 1, 'the betas do not reach from none to all'),
  };
}

/** A difference that comes from finite N only falls with it; the paper's limit leaves no other. */
function studentsFinding({ students }: SaddlesMeasured): Finding {
  const [first, last] = [students[0], students.at(-1)] as [
    SaddlesMeasured['students'][number],
    SaddlesMeasured['students'][number],
  ];
  const falls = last.overlapError < first.overlapError || students.length === 1;
  return {
    what: 'overlaps of a student with its teacher',
    published: 'those of eq. 10 as N tends to infinity',
    ours: `mean ${last.learnt.toFixed(3)} learnt from ${last.rows} sampled data, ${last.foretold.toFixed(3)} foretold; greatest difference ${short(first.overlapError)} at N = ${first.dimension}, ${short(last.overlapError)} at ${last.dimension}`,
    ...verdict(falls && last.overlapError <= overlapTolerance(last.dimension), 'the dimension is too small'),
  };
}

/** Overlaps of random memories are of the order 1 / sqrt(N); the greatest of a hundred differences stays within some three of these. */
const overlapTolerance = (dimension: number) => 3 / Math.sqrt(dimension);
