/** The theory's functions against values worked out by hand. */
import { describe, expect, it } from 'vitest';
import { sampleWassersteinSphere } from '../../lib/gaussian/sampling.ts';
import {
  basinRadius,
  capacity,
  capacityExponent,
  errorExponent,
  iterationsToAccuracy,
  oneStepErrorBound,
  separation,
  separationBound,
} from '../../lib/gaussian/theory.ts';
import { expectFailure, expectRelative } from '../support/assertions.ts';
import { gaussians, rotated, scaled, widened } from '../support/batches.ts';

const close = (actual: number, expected: number) => expectRelative('value', [actual], [expected], 1e-14);

describe('basinRadius', () => {
  it('is the root of the least eigenvalue', async () => {
    expect(basinRadius(4)).toBe(2);
    await expectFailure(() => basinRadius(0), 'ERR_RANGE', 'lambdaMin', '0');
    await expectFailure(() => basinRadius(Number.NaN), 'ERR_RANGE', 'lambdaMin', 'NaN');
  });
});

describe('separation', () => {
  const line = gaussians('isotropic', [[0], [3], [50]], [[1], [1], [7]]);

  it('in one dimension: N(3; 0, 2) is the closest pair', () => {
    close(separation(line), Math.log(4 * Math.PI) / 2 + 9 / 4);
    expect(separation(widened(line, 'diagonal'))).toBe(separation(line));
    close(separation(widened(line, 'full')), separation(line));
  });

  it('full covariances: det = 3, quadratic form 2/3', () => {
    const [half, none] = [
      [1, 0.5, 0.5, 1],
      [1, 0.5, 0.5, 1],
    ];
    const items = gaussians(
      'full',
      [
        [1, 2],
        [0, 1],
      ],
      [half as number[], none as number[]],
    );
    close(separation(items), Math.log(2 * Math.PI) + Math.log(3) / 2 + 1 / 3);
  });

  it('does not change under a common rotation; scaling x -> c x adds d log c', async () => {
    const d = 3;
    const sample = await sampleWassersteinSphere({ count: 6, dimension: d, covariances: 'general', seed: 1 });
    const { basis } = await sampleWassersteinSphere({ count: 1, dimension: d, covariances: 'commuting', seed: 2 });
    const rotation = [0, 1, 2].map((row) => basis.data.subarray(row * d, (row + 1) * d));
    expectRelative('rotated', [separation(rotated(sample, rotation))], [separation(sample)], 1e-12);
    expectRelative('scaled', [separation(scaled(sample, 10, 100))], [separation(sample) + d * Math.log(10)], 1e-12);
  });

  it('refuses fewer than two items, singular sums and numbers that are not finite', async () => {
    await expectFailure(() => separation(gaussians('full', [[0]], [[1]])), 'ERR_RANGE', 'items.count', '1');
    for (const structure of ['full', 'diagonal', 'isotropic'] as const) {
      const points = gaussians(structure, [[0], [1], [2]], [[1], [0], [0]]);
      await expectFailure(() => separation(points), 'ERR_NOT_POSITIVE_DEFINITE', /covariances\[1\] and \[2\]/);
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
        const mean = gaussians(structure, [[0], [bad]], [[1], [1]]);
        await expectFailure(() => separation(mean), 'ERR_NOT_FINITE', 'items 0 and 1');
        const variance = gaussians(structure, [[0], [1]], [[1], [bad]]);
        await expectFailure(() => separation(variance), 'ERR_NOT_FINITE', 'items 0 and 1');
      }
    }
    await expectFailure(
      () => separation({ ...line, covariances: new Float64Array(2) }),
      'ERR_SHAPE',
      'items.covariances',
    );
  });
});

describe('separationBound', () => {
  it('(d/2) log(4 pi lambdaMax) + d', async () => {
    close(separationBound({ dimension: 3, lambdaMax: 1 / (4 * Math.PI) }), 3);
    close(separationBound({ dimension: 10, lambdaMax: 1.1 }), 23.13167213386808);
    await expectFailure(() => separationBound({ dimension: 0, lambdaMax: 1 }), 'ERR_RANGE', 'options.dimension');
    await expectFailure(() => separationBound({ dimension: 1, lambdaMax: -1 }), 'ERR_RANGE', 'options.lambdaMax', '-1');
  });
});

describe('capacity', () => {
  it('exponent: 1/36 without spread, 1/16 in the limit', async () => {
    close(capacityExponent(1), 1 / 36);
    close(capacityExponent(Math.E), 0.04);
    close(capacityExponent(Math.E ** 2), 9 / 196);
    expect(capacityExponent(1e300)).toBeLessThan(1 / 16);
    await expectFailure(() => capacityExponent(0.99), 'ERR_RANGE', 'kappa', '0.99');
  });

  it('floor(sqrt(p) e^(alpha d))', async () => {
    const options = { dimension: 50, kappa: 1.1, probability: 0.5 };
    expect(capacity(options)).toBe(3);
    expect(capacity({ ...options, probability: 0.05 })).toBe(0);
    expect(capacity({ ...options, dimension: 100 })).toBe(13);
    expect(capacity({ dimension: 36, kappa: 1, probability: 1 })).toBe(2);
    expect(capacity({ dimension: 72, kappa: 1, probability: 0.25 })).toBe(3);
    expect(capacity({ ...options, dimension: 1e6 })).toBe(Number.POSITIVE_INFINITY);
    await expectFailure(() => capacity({ ...options, probability: 0 }), 'ERR_RANGE', 'options.probability', '0');
    await expectFailure(() => capacity({ ...options, probability: 1.1 }), 'ERR_RANGE', 'options.probability', '1.1');
    await expectFailure(() => capacity({ ...options, dimension: 1.5 }), 'ERR_RANGE', 'options.dimension', '1.5');
    await expectFailure(() => capacity({ ...options, kappa: 0.5 }), 'ERR_RANGE', 'options.kappa', '0.5');
  });
});

describe('iterationsToAccuracy', () => {
  it('log(2 sqrt(lambdaMin) / accuracy) / log(1 / contraction), rounded up', async () => {
    const options = { lambdaMin: 1, contraction: 0.5, accuracy: 2 ** -9 };
    expect(iterationsToAccuracy(options)).toBe(10);
    expect(iterationsToAccuracy({ ...options, accuracy: 0.99 * 2 ** -9 })).toBe(11);
    expect(iterationsToAccuracy({ ...options, lambdaMin: 4 })).toBe(11);
    expect(iterationsToAccuracy({ lambdaMin: 1, contraction: 0.2, accuracy: 2 / 125 })).toBe(3);
    expect(iterationsToAccuracy({ ...options, accuracy: 2 })).toBe(0);
    expect(iterationsToAccuracy({ ...options, accuracy: 5 })).toBe(0);
    for (const contraction of [0, 1, 1.5]) {
      await expectFailure(() => iterationsToAccuracy({ ...options, contraction }), 'ERR_RANGE', 'options.contraction');
    }
    await expectFailure(() => iterationsToAccuracy({ ...options, accuracy: 0 }), 'ERR_RANGE', 'options.accuracy', '0');
  });
});

describe('one-step error', () => {
  it('gamma = beta lambdaMin - alpha / 2; C sqrt(d) e^(-gamma d)', async () => {
    const options = { beta: 1, lambdaMin: 1, kappa: 1 };
    close(errorExponent(options), 71 / 72);
    close(errorExponent({ beta: 0, lambdaMin: 1, kappa: Math.E }), -0.02);
    close(oneStepErrorBound({ ...options, dimension: 72 }), Math.sqrt(72) * Math.exp(-71));
    close(oneStepErrorBound({ beta: 1 / 72, lambdaMin: 1, kappa: 1, dimension: 4, constant: 3 }), 6);
    await expectFailure(() => errorExponent({ ...options, beta: -1 }), 'ERR_RANGE', 'options.beta', '-1');
    await expectFailure(() => oneStepErrorBound({ ...options, dimension: 0 }), 'ERR_RANGE', 'options.dimension', '0');
  });
});
