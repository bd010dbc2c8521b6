/** Findings of the experiment on images on the paper's claims. */

import type { Finding } from '../core/experiment.ts';
import type { RecallCurve, RecallPoint } from '../core/recall.ts';
import { percent, shareOf } from '../core/statistics.ts';
import { halfwayBeta, transitionVerdict } from '../shared/betaSweep.ts';
import { contenderNames, type ImageRecall } from './measures.ts';

/** Share at which recall is near-perfect. */
const nearPerfect = 0.95;
/** A rise that ends below is none of recall: most queries are lost at every beta. */
const half = 0.5;
/**
 * Beta is moderate up to this many times that of the transition, which is some 3 over the squared neighbour distance:
 * at 12 a thousand neighbours at that distance have less than one per cent of the weight, and any memory only looks for
 * the nearest item.
 */
const moderate = 4;
/** Shares count as different from two standard deviations on. */
const deviations = 2;

/** The paper's claims, with its mask of random pixels. It has latents only: nothing is published of other Gaussians. */
export function imageFindings(recall: ImageRecall, targets: Int32Array): Finding[] {
  const { random } = recall.curves.gaussian;
  const of = `${recall.data}, ${recall.features}`;
  const claims = (published: string) => (recall.features === 'latents' ? published : '');
  return [
    finding(`recalled by the Gaussian memory at moderate beta: ${of}`, claims('near-perfect'), bestRecall(random)),
    transitionFinding(random, of, claims('a phase transition')),
    finding(`position of the transition: ${of}`, '', { ours: position(random), verdict: 'not published' }),
    finding(`Euclidean and pixel memories: ${of}`, claims('plateau below it'), plateaus(recall, targets)),
  ];
}

type Compared = Pick<Finding, 'ours' | 'verdict' | 'why'>;

/** A finding without a verdict where nothing is published. */
function finding(what: string, published: string, compared: Compared): Finding {
  if (published !== '') return { what, published, ...compared };
  return { what, published, ours: compared.ours, verdict: 'not published' };
}

function bestRecall(curve: RecallCurve): Compared {
  const { points, limit, recalled } = curve;
  const greatest = moderate * (halfwayBeta(curve) ?? Number.POSITIVE_INFINITY);
  const among = points.filter(({ beta }) => beta <= greatest);
  const best = among.reduce((best, point) => (point.right > best.right ? point : best));
  const ours = `${percent(best.right)} at beta ${best.beta.toPrecision(3)}; ${percent(limit)} of the queries are nearest to their own item`;
  const uncertainty = deviations * Math.sqrt((nearPerfect * (1 - nearPerfect)) / recalled.length);
  if (best.right > nearPerfect + uncertainty) return { ours, verdict: 'reproduced' };
  if (best.right >= nearPerfect - uncertainty) {
    const why = `so many queries do not tell whether it is above or below ${percent(nearPerfect)}`;
    return { ours, verdict: 'undetermined', why };
  }
  const why =
    limit < nearPerfect
      ? 'the mask moves these features so far that another item is the nearest: no beta recalls many more than the limit'
      : 'recall stays below the limit at these betas';
  return { ours, verdict: 'not reproduced', why };
}

function transitionFinding(curve: RecallCurve, of: string, published: string): Finding {
  const { points, limit, recalled } = curve;
  const [first, last] = [points[0], points.at(-1)] as [RecallPoint, RecallPoint];
  const ours = `${percent(first.right)} at beta ${first.beta.toPrecision(3)}, ${percent(last.right)} at beta ${last.beta.toPrecision(3)}`;
  const compared: Pick<Finding, 'verdict' | 'why'> =
    limit < half
      ? { verdict: 'not reproduced', why: 'the nearest item is their own for less than half of the queries' }
      : transitionVerdict({ points, limit, queries: recalled.length }, published, limit);
  return finding(`transition in beta: ${of}`, published, { ours, ...compared });
}

function position(curve: RecallCurve): string {
  const halfway = halfwayBeta(curve);
  if (halfway === undefined) return 'none';
  const scaled = halfway * curve.neighbourDistance;
  return `half at beta ${halfway.toPrecision(3)}, ${scaled.toPrecision(3)} over the squared neighbour distance`;
}

/**
 * All memories recall the same queries, at the best beta of each: a difference of shares is told by the queries that
 * one of two memories recalls and the other does not (McNemar's test).
 */
function plateaus({ curves }: ImageRecall, targets: Int32Array): Compared {
  const { gaussian, ...baselines } = curves;
  const isRight = ({ recalled }: RecallCurve, query: number) => recalled[query] === targets[query];
  const names = Object.entries(curves).map(([name, { random }]) => ({ name, share: random.best.right }));
  const shares = names.map(({ name, share }) => `${contenderNames[name as keyof typeof curves]} ${percent(share)}`);
  const leads = Object.values(baselines).map(({ random }) => {
    const { recalled } = random;
    const differs = (_: unknown, query: number) => isRight(gaussian.random, query) !== isRight(random, query);
    const uncertainty = deviations * Math.sqrt(shareOf(recalled, differs) / recalled.length);
    return { lead: gaussian.random.best.right - random.best.right, uncertainty };
  });
  const ours = `at best ${shares.join(', ')}`;
  if (leads.every(({ lead, uncertainty }) => lead > uncertainty)) return { ours, verdict: 'reproduced' };
  if (leads.some(({ lead, uncertainty }) => lead <= -uncertainty)) {
    return { ours, verdict: 'not reproduced', why: 'a baseline recalls as many of these images, or more' };
  }
  return { ours, verdict: 'undetermined', why: 'the memories differ on too few of so many queries to tell' };
}
