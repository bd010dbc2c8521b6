import { describe, expect, it } from 'vitest';
import type { RecallCurve } from '../../../experiments/core/recall.ts';
import { imageFindings } from '../../../experiments/images/findings.ts';
import type { ImageRecall } from '../../../experiments/images/measures.ts';

const queries = 200;
const targets = Int32Array.from({ length: queries }, (_, query) => query);
const scaledBetas = [0.5, 1, 2, 4, 8, 16, 32, 64];

/** A curve through these shares; the first queries are the ones recalled. */
function curve(shares: readonly number[], limit = shares.at(-1) as number): RecallCurve {
  const points = scaledBetas.map((scaledBeta, at) => {
    const right = shares[at] as number;
    return { scaledBeta, beta: scaledBeta / 5, right, settled: right, medianIterations: 1, converged: 1 };
  });
  const best = points.reduce((best, point) => (point.right > best.right ? point : best));
  const recalled = Array.from(targets, (target) => (target < best.right * queries ? target : -1));
  return { neighbourDistance: 5, limit, points, best, recalled };
}

const steep = (limit: number) => curve([0, 0, 0.1 * limit, 0.8 * limit, limit, limit, limit, limit]);

function verdicts(gaussian: RecallCurve, euclidean = gaussian, pixels = gaussian, features = 'latents') {
  const both = (curve: RecallCurve) => ({ random: curve, block: curve });
  const curves = { gaussian: both(gaussian), euclidean: both(euclidean), pixels: both(pixels) };
  const recall = { data: 'some', features, curves } as ImageRecall;
  const [recalled, transition, , baselines] = imageFindings(recall, targets).map(({ verdict }) => verdict);
  return { recalled, transition, baselines };
}

describe('findings on images', () => {
  it.each([
    [1, 'reproduced'],
    [0.96, 'undetermined'],
    [0.94, 'undetermined'],
    [0.9, 'not reproduced'],
  ])('of a memory that recalls %d at moderate beta: %s', (share, verdict) => {
    expect(verdicts(steep(share)).recalled).toBe(verdict);
  });

  it('leave out what is recalled far above the transition only', () => {
    expect(verdicts(curve([0, 0, 0.1, 0.7, 0.8, 0.8, 0.8, 1])).recalled).toBe('not reproduced');
  });

  it.each([
    ['steep, to a limit', steep(0.8), 'reproduced'],
    ['steep, to a limit below half', steep(0.4), 'not reproduced'],
    ['gradual', curve([0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1]), 'not reproduced'],
    ['steep, but some is recalled at the least beta', curve([0.1, 0.1, 0.1, 0.9, 1, 1, 1, 1]), 'not reproduced'],
    ['not yet at the limit', curve([0, 0, 0, 0, 0, 0, 0.1, 0.9], 1), 'not reproduced'],
  ])('of a rise that is %s', (_, gaussian, verdict) => {
    expect(verdicts(gaussian).transition).toBe(verdict);
  });

  it.each([
    ['far below', 0.8, 'reproduced'],
    ['two queries below', 0.98, 'undetermined'],
    ['as good', 0.99, 'not reproduced'],
    ['better', 1, 'undetermined'],
  ])('of baselines that are %s', (_, share, verdict) => {
    expect(verdicts(steep(0.99), steep(share), steep(0.5)).baselines).toBe(verdict);
  });

  it('say nothing of Gaussians that the paper does not have', () => {
    const none = 'not published';
    expect(verdicts(steep(1), steep(0.5), steep(0.5), 'region covariances')).toEqual({
      recalled: none,
      transition: none,
      baselines: none,
    });
  });
});
