/** log P(x, y) of the native von Mises-Fisher memory: against the reference, at the limits, and integrated. */
import { describe, expect, it } from 'vitest';
import { logSphereArea, vonMisesFisherLogNormalizer } from '../../lib/index.ts';
import { dot, logDensity, logSum, type SphereModel, sum, type Table } from '../reference/sphere.ts';
import { columnSums } from '../reference/sphereTraining.ts';
import { expectRelative, expectWithin } from '../support/assertions.ts';
import { check } from '../support/check.ts';
import { TestRandom } from '../support/random.ts';
import { buildSphereCase, type SphereLimits, sphereCases } from '../support/sphere.ts';
import { logError } from './stepAgreement.ts';
import { logDensities, PRECISIONS, type Precision, rounded, without } from './support.ts';

/** Compares in the precision's own numbers; labels that no unit has are -Infinity. */
async function expectLogs(model: SphereModel, x: Table, precision: Precision): Promise<void> {
  const own = { ...model, memories: rounded(model.memories, precision) };
  const points = rounded(x, precision);
  const actual = (await logDensities(own, points, precision)).flat();
  const expected = logDensity(own, points).flat();
  expect(actual.map(Number.isFinite)).toEqual(expected.map(Number.isFinite));
  expect(actual.filter((log) => log !== Number.NEGATIVE_INFINITY).every(Number.isFinite)).toBe(true);
  const finite = (logs: readonly number[]) => logs.map((log) => (Number.isFinite(log) ? log : 0));
  expectWithin('log P', finite(actual), finite(expected), logError(own, precision));
}

const EVEN = buildSphereCase({
  seed: 11,
  dimension: 5,
  hiddenUnits: 4,
  classes: 3,
  points: 70,
  beta: 4,
  betaScale: 1,
  logSharpness: 12,
  zeroRows: true,
  duplicates: true,
});

describe.each(PRECISIONS)('log densities in %s', (precision) => {
  const limits: SphereLimits = { maxPoints: 70, maxHiddenUnits: 9, betas: [1e-8, 1e-3, 0.3, 1, 6, 30, 200, 3000] };

  it('agree with the reference', async () => {
    await check(sphereCases(limits), 150, ({ model, x }) => expectLogs(model, x, precision));
  });

  it('agree without a background', async () => {
    const alone = (model: SphereModel) => without(model, (gamma) => gamma === 0);
    await check(sphereCases(limits), 80, ({ model, x }) => expectLogs(alone(model), x, precision));
  });

  it('agree where weights are zero, down to labels that no unit has', async () => {
    await check(sphereCases(limits), 80, async ({ model, x, seed }) => {
      const random = new TestRandom(seed);
      const gone = model.classWeights.map((row) => row.map(() => random.uniform() < 0.5));
      // One weight remains, so that there is a model.
      await expectLogs(
        without(model, (gamma, y) => gamma + y > 0 && (gone[gamma]?.[y] as boolean)),
        x,
        precision,
      );
    });
  });

  it('agree for one memory, one label, and for the background alone', async () => {
    const { model, x } = EVEN;
    const w = model.memories.slice(0, 1);
    await expectLogs({ ...model, memories: w, classWeights: [[0.25], [0.75]] }, x, precision);
    await expectLogs({ ...model, memories: w, classWeights: [[0], [1]] }, x, precision);
    await expectLogs(
      {
        ...model,
        memories: w,
        classWeights: [
          [0.3, 0.7],
          [0, 0],
        ],
      },
      x,
      precision,
    );
    await expectLogs(
      without(model, (_, y) => y === 2),
      x,
      precision,
    );
  });

  it.each([1e-8, 1, 200])(
    'are those of the background alone at zero rows but for the normaliser, beta = %d',
    async (beta) => {
      const model = { ...EVEN.model, beta };
      const [logs] = await logDensities(model, [[0, 0, 0, 0, 0]], precision);
      const normalizer = vonMisesFisherLogNormalizer(5, beta);
      const expected = columns(model).map(
        ([background, ...others]) =>
          Math.log((background as number) + sum(others) * Math.exp(-normalizer)) - logSphereArea(5),
      );
      expectWithin(
        'log P',
        logs as number[],
        expected,
        logError({ ...model, beta: 1 }, precision) + 1e-13 * normalizer,
      );
    },
  );
});

function columns({ classWeights }: SphereModel): number[][] {
  return (classWeights[0] as readonly number[]).map((_, y) => classWeights.map((row) => row[y] as number));
}

describe('a great beta', () => {
  // The reference's series is too long here. The scores are exact, if in float32 only because their coordinates are.
  const memories = [
    [1, 0, 0],
    [0, 0.5, Math.sqrt(0.75)],
    [0, 1, 0],
  ].map((w, at) => (at === 1 ? [0, -1, 0] : w));
  const classWeights = [
    [0.1, 0.1],
    [0.2, 1e-12],
    [0.1, 0.3],
    [0.2, 1e-6],
  ];
  const x = [
    [1, 0, 0],
    [0, 1, 0],
    [0, -1, 0],
    [0, 0, 1],
    [0, 0, 0],
  ];

  it.each(PRECISIONS.flatMap((precision) => [1e5, 1e6, 1e8].map((beta) => [precision, beta] as const)))(
    '%s, %d: the weight of what is there',
    async (precision, beta) => {
      const logs = await logDensities({ memories, classWeights, beta, betaScale: 1 }, x, precision);
      const normalizer = vonMisesFisherLogNormalizer(3, beta);
      const expected = x.map((point) =>
        [0, 1].map((y) => {
          const weight = (mu: number) => Math.log(classWeights[mu]?.[y] as number);
          const values = memories.map((w, mu) => weight(mu + 1) + beta * dot(w, point) - normalizer);
          return logSum([weight(0), ...values]) - logSphereArea(3);
        }),
      );
      // What is expected here is a difference of numbers of the size of beta.
      const unit = precision === 'float32' ? 2 ** -24 : 2 ** -53;
      const bound = (at: number) => 4 * unit * (1 + Math.abs(expected.flat()[at] as number)) + 2 ** -51 * beta;
      expectWithin('log P', logs.flat(), expected.flat(), bound);
    },
  );
});

describe('on the circle', () => {
  it('densities integrate to the shares of the classes, sigma being 1', async () => {
    const cases = sphereCases({ minDimension: 2, maxDimension: 2, betas: [1e-3, 1, 30, 200, 3000], betaScales: [1] });
    await check(cases, 30, async ({ model, classShares }) => {
      // Twenty points in a standard deviation of the narrowest: the trapezoidal rule is exact to rounding.
      const count = Math.ceil(40 * Math.PI * Math.sqrt(1 + model.beta));
      const angles = Array.from({ length: count }, (_, i) => (2 * Math.PI * i) / count);
      const logs = await logDensities(
        model,
        angles.map((angle) => [Math.cos(angle), Math.sin(angle)]),
        'float64',
      );
      const integrals = columnSums(logs.map((row) => row.map(Math.exp))).map((value) => (value * 2 * Math.PI) / count);
      expectRelative('shares', integrals, classShares, logError(model, 'float64') + 1e-13);
    });
  });
});
