/**
 * Rows for which one shift cannot serve every label, and those just short of it: what is done label by label in
 * native/sphere/mixture.cc.
 */
import { describe, expect, it } from 'vitest';
import { logDensity, logNormalizer, normalised, type SphereModel } from '../reference/sphere.ts';
import { expectWithin } from '../support/assertions.ts';
import { TestRandom } from '../support/random.ts';
import { expectSteps, logError, movingState } from './stepAgreement.ts';
import { logDensities, type Precision, rounded } from './support.ts';

/** How far, in logarithms, a label may lie below the best memory: rows that go further are wide (kDeep there). */
const DEEP = { float32: 70, float64: 680 };
const EFFECTIVE_BETA = { float32: 300, float64: 3000 };

interface Setting {
  readonly precision: Precision;
  readonly betaScale: number;
  /** The weight of the other class at each memory. */
  readonly cross: number;
  readonly background: 'none' | 'one class';
}

/**
 * Two memories of class 1, opposite to two of class 2, and one of "none" aside. `cross` is what a memory has of other
 * classes: nothing, or so little that it decides in the middle between them.
 */
function opposites({ precision, betaScale, cross, background }: Setting): SphereModel {
  const directions = [
    [1, 0, 0],
    [1, 0.1, 0.02],
    [-1, 0, 0],
    [-1, 0.2, -0.03],
    [0, 1, 0],
  ];
  const own = [1, 1, 2, 2, 0];
  const weights = own.map((label) => [0, 1, 2].map((y) => (y === label ? 0.19 : cross)));
  const first = background === 'none' ? [0, 0, 0] : [0.05, 0, 0];
  return {
    memories: rounded(directions.map(normalised), precision),
    classWeights: [first, ...weights],
    beta: EFFECTIVE_BETA[precision] / betaScale,
    betaScale,
  };
}

/** Points in no order: some all the way round, some at every distance from where all memories are the same. */
function points(count: number, precision: Precision): number[][] {
  const random = new TestRandom(3);
  const around = Array.from({ length: count }, () => {
    const scale = random.uniform() < 0.5 ? 10 : 0.3 * random.uniform();
    return normalised([scale * random.normal(), scale * random.normal(), random.uniform() < 0.5 ? 1 : -1]);
  });
  return rounded(around, precision);
}

/** Rows beyond the depth and rows well short of it, by the reference. */
function countWide(
  model: SphereModel,
  x: readonly number[][],
  precision: Precision,
): { wide: number; ordinary: number } {
  const normalizer = logNormalizer(3, model.beta);
  const logArea = Math.log(4 * Math.PI);
  const hasBackground = model.classWeights[0]?.some((p) => p > 0);
  const depths = logDensity(model, x).map((logs, n) => {
    const overlaps = model.memories.map((w) => w.reduce((sum, value, k) => sum + value * (x[n]?.[k] as number), 0));
    const best = model.betaScale * model.beta * Math.max(...overlaps) - normalizer;
    return (hasBackground ? Math.max(0, best) : best) - Math.min(...logs) - logArea;
  });
  return {
    wide: depths.filter((depth) => depth > DEEP[precision] + 1).length,
    ordinary: depths.filter((depth) => depth < DEEP[precision] - 1).length,
  };
}

const settings = (['float32', 'float64'] as const).flatMap((precision) =>
  [1, 0.6].flatMap((betaScale) =>
    // 1e-30 and, in float32, 1e-42 are next to nothing; 1e-300 is so in float64 and nothing in float32.
    [0, 1e-6, 1e-30, 1e-42, 1e-300].flatMap((cross) =>
      (['none', 'one class'] as const).map((background) => ({ precision, betaScale, cross, background })),
    ),
  ),
);

describe.each(settings)('$precision, sigma $betaScale, cross weights $cross, background $background', (setting) => {
  const { precision } = setting;
  const model = opposites(setting);
  const x = points(150, precision);

  it('has the log densities of the reference', async () => {
    const actual = await logDensities(model, x, precision);
    expectWithin('log P', actual.flat(), logDensity(model, x).flat(), logError(model, precision));
    const { wide, ordinary } = countWide(model, x, precision);
    if (setting.cross < 1e-200) expect(wide).toBeGreaterThan(20);
    // With a background of class 0, all others lie far below it where no memory is near.
    if (setting.background === 'none') expect(ordinary).toBeGreaterThan(20);
  });

  it.each([0.1, 0])('takes the steps of the reference, softening %d', async (softening) => {
    const state = movingState(model, 5, precision);
    // Labels from all sides: also those that a row lies far from.
    const labels = x.map((_, n) => n % 3);
    await expectSteps({ x, labels, state, precision, softening });
    await expectSteps({ x, labels: undefined, state, precision, softening });
  });

  it('takes several steps', async () => {
    const labels = x.map((_, n) => n % 3);
    await expectSteps({ x, labels, state: movingState(model, 5, precision), precision, steps: 4 });
  });
});
