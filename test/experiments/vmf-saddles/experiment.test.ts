import { describe, expect, it } from 'vitest';
import { vmfSaddles } from '../../../experiments/vmf-saddles/experiment.ts';
import {
  derivativesAlong,
  directionsOf,
  effectiveLoss,
  fromPlain,
  moved,
  randomDirections,
  softPatterns,
  toPlain,
} from '../../../experiments/vmf-saddles/models.ts';
import { Random } from '../../../lib/core/random.ts';
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
    [{ images: -1 }, 'settings.images'],
    [{ images: 9 }, 'settings.hiddenUnits'],
    [{ hiddenUnits: 0 }, 'settings.hiddenUnits'],
    [{ copies: 11 }, 'settings.copies'],
    [{ copies: 0 }, 'settings.copies'],
    [{ epochs: 0 }, 'settings.epochs'],
    [{ batchSize: 1.5 }, 'settings.batchSize'],
    [{ beta: 0 }, 'settings.beta'],
    [{ beta: 1e9 }, 'settings.beta'],
    [{ noise: Number.POSITIVE_INFINITY }, 'settings.noise'],
    [{ load: 0 }, 'settings.load'],
    [{ load: 1e-9 }, 'settings.load'],
    [{ betas: [] }, 'settings.betas'],
    [{ betas: [0, 2] }, 'settings.betas[0]'],
    [{ betas: [2, 2] }, 'settings.betas[1]'],
    [{ betas: [2, 1e9] }, 'settings.betas[1]'],
    [{ dimension: 1 }, 'settings.dimension'],
    [{ teacherUnits: 150 }, 'settings.teacherUnits'],
    [{ studentDimensions: [] }, 'settings.studentDimensions'],
    [{ studentDimensions: [5] }, 'settings.studentDimensions[0]'],
    [{ studentDimensions: [50, 60.5] }, 'settings.studentDimensions[1]'],
    [{ studentDimensions: [50, 10_000] }, 'settings.studentDimensions[1]'],
    [{ tolerance: 0.1 }, 'settings.tolerance'],
    [{ maxIterations: -1 }, 'settings.maxIterations'],
  ])('refuses %o', async (wrong, name) => {
    const run = vmfSaddles.run({ ...vmfSaddles.quick, ...wrong }, { parts: new MemoryParts() });
    await expect(run).rejects.toMatchObject({ code: 'ERR_RANGE', message: expect.stringContaining(name) });
  });
});

it('claims nothing of points that the equations have not reached', async () => {
  const settings = { ...vmfSaddles.quick, maxIterations: 1 };
  const { findings } = await vmfSaddles.run(settings, { parts: new MemoryParts() });
  expect(findings.map(({ verdict }) => verdict)).toEqual([
    ...new Array(4).fill('undetermined'),
    ...new Array(2).fill('not published'),
    ...new Array(3).fill('undetermined'),
    'not published',
  ]);
  expect(findings[1]?.why).toContain('not converged');
}, 60_000);

describeWholeRuns(vmfSaddles, [
  ...new Array(4).fill('reproduced'),
  'not published',
  'not published',
  ...new Array(3).fill('reproduced'),
  'not published',
]);
