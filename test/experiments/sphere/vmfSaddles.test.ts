import { describe, expect, it } from 'vitest';
import { Random } from '../../../lib/core/random.ts';
import {
  derivativesAlong,
  directionsOf,
  effectiveLoss,
  fromPlain,
  moved,
  randomDirections,
  softPatterns,
  toPlain,
} from '../../../lib/experiments/sphere/saddleModels.ts';
import { vmfSaddles } from '../../../lib/experiments/sphere/vmfSaddles.ts';
import { vonMisesFisherLogNormalizer } from '../../../lib/index.ts';
import { logSphereArea } from '../../../lib/sphere/normalizer.ts';
import { expectWithin } from '../../support/assertions.ts';
import { MemoryParts } from '../parts.ts';
import { describeWholeRuns } from '../wholeRuns.ts';

/** One memory, one class, no background: a single von Mises-Fisher distribution, with everything in closed form. */
const beta = 3;
const one = {
  dimension: 3,
  hiddenUnits: 1,
  classes: 1,
  beta,
  betaScale: 1,
  memories: Float64Array.of(0, 0, 1),
  lengths: Float64Array.of(1),
  classWeights: { rows: 2, columns: 2, data: Float64Array.of(0, 0, 0, 1) },
};
const angle = 0.4;
/** Two rows about the memory. */
const rows = {
  count: 2,
  dimension: 3,
  values: Float64Array.of(Math.sin(angle), 0, Math.cos(angle), -Math.sin(angle), 0, Math.cos(angle)),
  labels: Int32Array.of(1, 1),
  classes: 1,
};
const patterns = softPatterns(rows, 0);

describe('the loss about a model', () => {
  const normalizer = vonMisesFisherLogNormalizer(3, beta) + logSphereArea(3);

  it('is that of one distribution', async () => {
    expect(await effectiveLoss(one, patterns, {})).toBeCloseTo(normalizer - beta * Math.cos(angle), 12);
  });

  it('has the derivatives of a cosine where the memory turns away', async () => {
    const along = directionsOf(1, Float64Array.of(0, 1, 0), { 0: 1 });
    const { slope, curvature } = await derivativesAlong(one, patterns, along, {});
    // w.x becomes cos(angle) / sqrt(1 + t^2).
    expect(slope).toBeCloseTo(0, 10);
    expect(curvature).toBeCloseTo(beta * Math.cos(angle), 5);
  });

  it('falls as copies part where rows lie on both sides, by the splitting matrix', async () => {
    const twins = {
      ...one,
      hiddenUnits: 2,
      memories: Float64Array.of(0, 0, 1, 0, 0, 1),
      classWeights: { rows: 3, columns: 2, data: Float64Array.of(0, 0, 0, 0.5, 0, 0.5) },
    };
    const apart = directionsOf(2, Float64Array.of(1, 0, 0), { 0: 1, 1: -1 });
    const { curvature } = await derivativesAlong(twins, patterns, apart, {});
    expect(curvature).toBeCloseTo(beta * Math.cos(angle) - (beta * Math.sin(angle)) ** 2, 5);
  });

  it('of moved memories is on the sphere, and random moves are tangent', () => {
    const random = randomDirections(one, new Random(3));
    expect(random[2]).toBeCloseTo(0, 15);
    expect(Math.hypot(...random)).toBeCloseTo(1, 14);
    expectWithin('norm', [Math.hypot(...moved(one, random, 2).memories)], [1], 1e-15);
  });

  it('is kept to the last digit by models as JSON', () => {
    const third = { ...one, lengths: Float64Array.of(1 / 3) };
    expect(toPlain(fromPlain(JSON.parse(JSON.stringify(toPlain(third)))))).toEqual(toPlain(third));
    expect(fromPlain(toPlain(third)).classWeights).toEqual(one.classWeights);
  });
});

describe('the experiment', () => {
  it.each([
    [{ copies: 11 }, 'settings.copies'],
    [{ betas: [] }, 'settings.betas'],
    [{ betas: [0, 2] }, 'settings.betas[0]'],
    [{ studentDimensions: [5] }, 'settings.studentDimensions[0]'],
    [{ load: 0 }, 'settings.load'],
  ])('refuses %o', async (wrong, name) => {
    const run = vmfSaddles.run({ ...vmfSaddles.quick, ...wrong }, { parts: new MemoryParts() });
    await expect(run).rejects.toMatchObject({ code: 'ERR_RANGE', message: expect.stringContaining(name) });
  });
});

describeWholeRuns(vmfSaddles, [
  'reproduced',
  'reproduced',
  'reproduced',
  'reproduced',
  'not published',
  'not published',
  'reproduced',
  'reproduced',
  'reproduced',
  'reproduced',
]);
