/** The gradients that a native training step follows, against differences of the native loss. */
import { describe, expect, it } from 'vitest';
import type { SphereModel } from '../reference/sphere.ts';
import { softenedLabels, sum, type Table } from '../reference/sphere.ts';
import { atRest, columnSums, rowSums, type TrainingState } from '../reference/sphereTraining.ts';
import { expectWithin } from '../support/assertions.ts';
import { check } from '../support/check.ts';
import { type SphereCase, sphereCases } from '../support/sphere.ts';
import { stepBounds } from './stepAgreement.ts';
import {
  epoch,
  fromNative,
  makeTrainer,
  PRECISIONS,
  type Precision,
  rounded,
  stateOf,
  toNative,
  without,
} from './support.ts';

const SOFTENING = 0.05;

interface Case {
  readonly state: TrainingState;
  readonly x: Table;
  readonly labels: readonly number[] | undefined;
}

/** The loss in float64: that of a step of length 0. */
async function lossOf({ state, x, labels }: Case, model: Partial<SphereModel>): Promise<number> {
  const still = { softening: SOFTENING, learningRate: 0 };
  return (await epoch(await makeTrainer({ x, labels }, toNative({ ...state, ...model }, 'float64'), still))).loss;
}

/** f'(0) from five points, exact up to the fourth order of the step. */
async function central(f: (at: number) => Promise<number>, h: number): Promise<number> {
  const [a, b, c, d] = [await f(h), await f(-h), await f(2 * h), await f(-2 * h)];
  return (8 * (a - b) - (c - d)) / (12 * h);
}

function replaced<Value>(values: readonly Value[], at: number, value: Value): Value[] {
  return values.map((old, index) => (index === at ? value : old));
}

/** Along what is left of every axis in the tangent space of w: row by row the projected gradient. */
async function memoryDifferences(of: Case, h: number): Promise<number[][]> {
  const { memories } = of.state;
  const result: number[][] = [];
  for (const [mu, w] of memories.entries()) {
    const row: number[] = [];
    for (const [k, wk] of w.entries()) {
      const moved = (t: number) => {
        const to = w.map((value, i) => value + t * ((i === k ? 1 : 0) - wk * value));
        const norm = Math.hypot(...to);
        return replaced(
          memories,
          mu,
          to.map((value) => value / norm),
        );
      };
      row.push(await central((t) => lossOf(of, { memories: moved(t) }), h));
    }
    result.push(row);
  }
  return result;
}

/** p dL/dp of every class weight: the derivative with respect to its logarithm. */
async function classDifferences(of: Case, h: number): Promise<number[][]> {
  const { classWeights } = of.state;
  const result: number[][] = [];
  for (const [gamma, weights] of classWeights.entries()) {
    const row: number[] = [];
    for (const [y, p] of weights.entries()) {
      const moved = (t: number) => replaced(classWeights, gamma, replaced(weights, y, p * Math.exp(t)));
      row.push(await central((t) => lossOf(of, { classWeights: moved(t) }), h));
    }
    result.push(row);
  }
  return result;
}

/** What the first step from rest sets in motion: minus the gradients, times the learning rate. */
async function expectGradients(of: Case, precision: Precision): Promise<void> {
  const { state, x, labels } = of;
  const settings = { softening: SOFTENING, learningRate: 0.01, momentum: 0 };
  const trainer = await makeTrainer({ x, labels }, toNative(state, precision), settings);
  await epoch(trainer);
  const { velocities } = fromNative(await stateOf(trainer));
  const targets = labels === undefined ? SOFTENING : softenedLabels(labels, state.classShares.length - 1, SOFTENING);
  const bounds = stepBounds(state, x, targets, precision);
  const scale = 1 + state.betaScale * state.beta;
  const h = 3e-3 / scale;
  // The fifth derivative of the loss grows with the fifth power of beta, (h scale)^4 scale / 30; and rounding of the
  // loss over h.
  const ofDifferences = 3e-12 * scale + (2 * stepBounds(state, x, targets, 'float64').loss) / h;
  const gradients = await memoryDifferences(of, h);
  gradients.forEach((row, mu) => {
    const found = (velocities.memories[mu] as readonly number[]).map((v) => v / -0.01);
    expectWithin(`memory ${mu}`, found, row, ofDifferences + 2 * (bounds.memories[mu] as number));
  });
  const units = state.memories.length / (1 - (state.hiddenShares[0] as number));
  const perLogarithm = await classDifferences(of, h);
  state.classWeights.forEach((weights, gamma) => {
    // The projection of the gradient of (P + P0) p, times p.
    const row = perLogarithm[gamma] as number[];
    const share = state.hiddenShares[gamma] as number;
    const expected = row.map((value, y) =>
      share === 0 ? 0 : (value - ((weights[y] as number) * sum(row)) / share) / units,
    );
    const found = weights.map((p, y) => (p * (velocities.classWeights[gamma]?.[y] as number)) / -0.01);
    const bound = (y: number) =>
      ofDifferences + 2 * (weights[y] as number) * (bounds.classWeights[gamma]?.[y] as number);
    expectWithin(`class weights ${gamma}`, found, expected, bound);
  });
  const ofBeta = await central((t) => lossOf(of, { beta: state.beta + t }), h);
  expectWithin('beta', [velocities.beta / -0.01], [ofBeta], ofDifferences + 2 * bounds.beta);
}

describe.each(PRECISIONS)('gradients in %s', (precision) => {
  const variants = (['supervised', 'unsupervised'] as const).flatMap((kind) =>
    ([1, 0.25] as const).flatMap((betaScale) => [true, false].map((background) => ({ kind, betaScale, background }))),
  );
  it.each(variants)('$kind, beta scale $betaScale, background $background', async ({ kind, betaScale, background }) => {
    const cases = sphereCases({
      maxDimension: 5,
      maxHiddenUnits: 3,
      maxClasses: 3,
      maxPoints: 5,
      betas: [0.3, 1, 6, 20],
      betaScales: [betaScale],
      logSharpnesses: [0, 1, 4],
    });
    let seen = 0;
    await check(cases, 8, async (of: SphereCase) => {
      const { classWeights, ...rest } = without(of.model, (gamma) => gamma === 0 && !background);
      const model = { ...rest, memories: rounded(rest.memories, precision), classWeights };
      const state = atRest(model, rowSums(classWeights), columnSums(classWeights));
      const labels = kind === 'supervised' ? of.labels : undefined;
      await expectGradients({ state, x: rounded(of.x, precision), labels }, precision);
      seen++;
    });
    expect(seen).toBeGreaterThanOrEqual(8);
  });
});
