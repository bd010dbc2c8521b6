import { describe, expect, it } from 'vitest';
import { fitScale, mapGaussians } from '../../../../experiments/shared/images/scaling.ts';
import type { Gaussians } from '../../../../lib/core/types.ts';
import { TestRandom } from '../../../support/random.ts';

const d = 3;

function gaussians(count: number, seed: number): Gaussians {
  const random = new TestRandom(seed);
  const covariances = Array.from({ length: count }, () => {
    const factor = random.normals(d * d);
    return Array.from({ length: d * d }, (_, at) => {
      const [i, j] = [Math.floor(at / d), at % d];
      return [0, 1, 2].reduce((sum, k) => sum + (factor[i * d + k] as number) * (factor[j * d + k] as number), 0);
    });
  });
  const means = random.normals(count * d).map((value, at) => value * 10 ** (at % d));
  return { count, dimension: d, structure: 'full', means, covariances: Float64Array.from(covariances.flat()) };
}

/** Covariance of the equal mixture of the Gaussians: second moments less the square of the mean. */
function mixtureCovariance({ count, means, covariances }: Gaussians): number[] {
  const average = (value: (n: number) => number) =>
    Array.from({ length: count }, (_, n) => value(n)).reduce((sum, v) => sum + v, 0) / count;
  return Array.from({ length: d * d }, (_, at) => {
    const [i, j] = [Math.floor(at / d), at % d];
    const second = average(
      (n) => (covariances[n * d * d + at] as number) + (means[n * d + i] as number) * (means[n * d + j] as number),
    );
    return second - average((n) => means[n * d + i] as number) * average((n) => means[n * d + j] as number);
  });
}

describe('feature scales', () => {
  const items = gaussians(40, 1);
  const pooled = (scale: 'raw' | 'standardised' | 'whitened') =>
    mixtureCovariance(mapGaussians(items, fitScale(items, scale)));

  it('leave raw features alone', () => {
    const { means, covariances } = mapGaussians(items, fitScale(items, 'raw'));
    expect({ means, covariances }).toEqual({ means: items.means, covariances: items.covariances });
  });

  it('give standardised features unit variance', () => {
    for (let i = 0; i < d; i++) expect(pooled('standardised')[i * d + i]).toBeCloseTo(1, 10);
  });

  it('give whitened features the identity as covariance', () => {
    for (const [at, value] of pooled('whitened').entries()) expect(value).toBeCloseTo(at % (d + 1) === 0 ? 1 : 0, 10);
  });

  it('stay finite when a feature is constant', () => {
    const flat = {
      ...items,
      means: items.means.map((value, at) => (at % d === 1 ? 5 : value)),
      covariances: items.covariances.map((value, at) => (at % d === 1 || Math.floor(at / d) % d === 1 ? 0 : value)),
    };
    for (const scale of ['standardised', 'whitened'] as const) {
      const mapped = mapGaussians(flat, fitScale(flat, scale));
      expect([...mapped.means, ...mapped.covariances].every(Number.isFinite)).toBe(true);
    }
  });
});
