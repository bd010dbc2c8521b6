/**
 * The oracle of splitting and reconstruction on itself: second differences, eigenpairs, and a density that never falls.
 */
import { describe, expect, it } from 'vitest';
import { expectWithin, largest } from '../support/assertions.ts';
import { check } from '../support/check.ts';
import { central } from '../support/differences.ts';
import { TestRandom } from '../support/random.ts';
import { buildSphereCase, PLANE, sphereCases } from '../support/sphere.ts';
import { dot, logDensity, loss, normalised, responsibilities, sum } from './sphere.ts';
import {
  leastTangentEigen,
  logConditional,
  reconstruct,
  reconstructionStep,
  split,
  splittingMatrix,
} from './sphereRecall.ts';

const SMALL = {
  seed: 5,
  dimension: 3,
  hiddenUnits: 4,
  classes: 2,
  points: 6,
  beta: 4,
  betaScale: 1,
  logSharpness: 1,
  zeroRows: false,
  duplicates: false,
};

function tangentDirection(random: TestRandom, w: readonly number[]): number[] {
  const u = [...random.normals(w.length)];
  const along = dot(u, w);
  return normalised(u.map((value, k) => value - along * (w[k] as number)));
}

describe('splitting', () => {
  const limits = { maxDimension: 6, maxPoints: 6, betas: [0.3, 1, 6, 30] };

  it.each(['supervised', 'unsupervised'] as const)(
    'changes the %s loss by half the Rayleigh quotient times the square of the step',
    async (kind) => {
      await check(sphereCases(limits), 40, ({ model, x, q, hiddenShares, hiddenUnits, seed }) => {
        const random = new TestRandom(~seed);
        const targets = kind === 'supervised' ? q : 0.05;
        const mu = random.below(hiddenUnits);
        const w = model.memories[mu] as readonly number[];
        const u = tangentDirection(random, w);
        const matrix = splittingMatrix(model, x, targets, mu);
        const quotient = dot(
          u,
          matrix.map((row) => dot(row, u)),
        );
        const scale = 1 + model.betaScale * model.beta;
        const change = (t: number) =>
          loss({ ...model, ...split({ ...model, hiddenShares }, [mu], [u], t) }, x, targets) - loss(model, x, targets);
        const t = 3e-3 / scale;
        // The second order of 2 D(t)/t^2 = u'Su + c t^2, c about scale^4, cancels; rounding is eps L / t^2.
        const second = (4 * 2 * change(t)) / t ** 2 / 3 - (2 * change(2 * t)) / (2 * t) ** 2 / 3;
        const size = 1 + largest(logDensity(model, x).flat());
        expectWithin("u'Su", [quotient], [second], 1e-8 * size * scale ** 2);
      });
    },
  );

  it('finds the least eigenvalue on the tangent space', async () => {
    await check(sphereCases(limits), 40, ({ model, x, q, seed }) => {
      const random = new TestRandom(~seed);
      model.memories.forEach((w, mu) => {
        const matrix = splittingMatrix(model, x, q, mu);
        // S is a difference of parts of this size, and near its own rounding where they cancel.
        const scale = model.betaScale * model.beta;
        const size = (scale + scale ** 2) * sum(responsibilities(model, x, q).map((row) => row[mu + 1] as number));
        const { value, vector } = leastTangentEigen(matrix, w);
        expectWithin('norm and overlap', [dot(vector, vector), dot(vector, w)], [1, 0], 1e-14);
        const image = matrix.map((row) => dot(row, vector));
        const scaled = vector.map((entry) => value * entry);
        expectWithin('S u', image, scaled, 1e-13 * size);
        const normalImage = matrix.map((row) => dot(row, w));
        const zeros = w.map(() => 0);
        expectWithin('S w', normalImage, zeros, 1e-14 * size);
        for (let trial = 0; trial < 10; trial++) {
          const other = tangentDirection(random, w);
          const quotient = dot(
            other,
            matrix.map((row) => dot(row, other)),
          );
          expect(quotient).toBeGreaterThanOrEqual(value - 1e-13 * size);
        }
      });
    });
  });

  it('halves weights and shares and moves the halves apart', () => {
    const parts = { ...PLANE, hiddenShares: [0.25, 0.75] };
    const halves = split(parts, [0], [[0, 1]], 0.75);
    expectWithin('memories', halves.memories.flat(), [0.8, 0.6, 0.8, -0.6], 1e-15);
    expect(halves.classWeights).toEqual([
      [0, 0.25],
      [0.125, 0.25],
      [0.125, 0.25],
    ]);
    expect(halves.hiddenShares).toEqual([0.25, 0.375, 0.375]);
  });

  it('appends copies in the order of the indices', () => {
    const { model, hiddenShares } = buildSphereCase({ ...SMALL, hiddenUnits: 3 });
    const still = [
      [0, 0, 0],
      [0, 0, 0],
    ];
    const { memories, classWeights } = split({ ...model, hiddenShares }, [2, 0], still, 1);
    expectWithin(
      'memories',
      memories.slice(3).flat(),
      [model.memories[2], model.memories[0]].flat() as number[],
      1e-15,
    );
    expect(classWeights.slice(4)).toEqual([classWeights[3], classWeights[1]]);
    expect(classWeights[2]).toEqual(model.classWeights[2]);
  });
});

describe('reconstruction', () => {
  const options = { tolerance: 1e-12, maxIterations: 50 };

  it('never lowers log P(x | y), with and without clamped coordinates', async () => {
    await check(sphereCases({ minDimension: 3 }), 60, ({ model, x, classes, seed, dimension }) => {
      const random = new TestRandom(~seed);
      const start = x.find((point) => dot(point, point) > 0) ?? (model.memories[0] as readonly number[]);
      const y = random.below(classes + 1);
      const mask = start.map((_, k) => k < dimension - 2 && random.uniform() < 0.4);
      for (const clamped of [undefined, mask]) {
        const { trajectory } = reconstruct(model, start, y, clamped === undefined ? options : { ...options, clamped });
        const values = trajectory.map((point) => logConditional(model, point, y));
        // The rounding of exponents, of size beta.
        const rounding = 1e-14 * (10 + model.beta);
        values.slice(1).forEach((value, at) => {
          expect(value).toBeGreaterThanOrEqual((values[at] as number) - rounding);
        });
        trajectory.forEach((point) => {
          expectWithin('norm', [dot(point, point)], [1], 1e-13);
          if (clamped !== undefined) expect(point.filter((_, k) => mask[k])).toEqual(start.filter((_, k) => mask[k]));
        });
      }
    });
  });

  it('goes to the only memory at once', () => {
    const { state, iterations, stepLength } = reconstruct(PLANE, [0, 1], 1, options);
    expect([...state]).toEqual([1, 0]);
    expect([iterations, stepLength]).toEqual([1, 0]);
  });

  it('finds the memory where the background outweighs it beyond the range of doubles', () => {
    const model = { ...PLANE, beta: 4000, betaScale: 0.25 };
    expectWithin('point', [...reconstructionStep(model, [0.6, 0.8], 1)], [1, 0], 0);
  });

  it('turns what is free towards the memory', () => {
    const model = { ...PLANE, memories: [[0.6, 0.8, 0]] };
    const point = reconstructionStep(model, [0, 0.6, 0.8], 1, [true, false, false]);
    expectWithin('point', [...point], [0, 1, 0], 1e-15);
  });

  it('ends where no direction along the sphere rises', () => {
    const { model, x } = buildSphereCase(SMALL);
    const { state, stepLength } = reconstruct(model, x[0] as number[], 1, { ...options, maxIterations: 1000 });
    expect(stepLength).toBeLessThanOrEqual(1e-12);
    const random = new TestRandom(1);
    for (let trial = 0; trial < 5; trial++) {
      const u = tangentDirection(random, state);
      const along = (h: number) =>
        logConditional(model, normalised(state.map((value, k) => value + h * (u[k] as number))), 1);
      expectWithin('slope', [central(along, 1e-3)], [0], 1e-9);
    }
  });
});
