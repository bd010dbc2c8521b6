/**
 * How far a native training step may be from the reference's: what rounding in the precision of the memories leaves,
 * followed through the formulas.
 */
import { expect } from 'vitest';
import type { NativeSphereEpoch } from '../../lib/native/addon.ts';
import {
  gradients,
  logDensity,
  logNormalizer,
  loss,
  posterior,
  responsibilities,
  type SphereModel,
  sensitivities,
  softenedLabels,
  sum,
  type Table,
  type Targets,
  weighted,
} from '../reference/sphere.ts';
import {
  atRest,
  columnSums,
  rowSums,
  type StepOptions,
  type TrainingState,
  trainingStep,
} from '../reference/sphereTraining.ts';
import { expectWithin } from '../support/assertions.ts';
import {
  dimensionOf,
  epoch,
  fromNative,
  labelsOf,
  makeTrainer,
  moving,
  type Precision,
  rounded,
  stateOf,
  type Training,
  toNative,
} from './support.ts';

/** Unit roundoff. */
const UNIT = { float32: 2 ** -24, float64: 2 ** -53 };

/**
 * Absolute error of a log density. Exponents b w.x - L are of the order of b and L: each of these is rounded once or
 * twice, w.x itself N times. P terms are summed; each exponential is right to a few roundings.
 */
export function logError(model: SphereModel, precision: Precision): number {
  const n = dimensionOf(model);
  const beta = model.betaScale * model.beta;
  const normalizer = logNormalizer(n, model.beta);
  const roundings = (n + 4) * beta + 4 * normalizer + model.memories.length + 10;
  // The reference adds up to kappa logarithms of its series, of the size of L.
  return UNIT[precision] * roundings + UNIT.float64 * Math.sqrt(1 + model.beta) * (20 + normalizer);
}

/**
 * What the log errors of each row and label are multiplied by: its pull, and where q follows the model, what moves q.
 */
function pullBounds(model: SphereModel, x: Table, targets: Targets): number[][] {
  const r = sensitivities(model, x, targets);
  if (typeof targets !== 'number') return r.map((row) => [...row]);
  const logs = logDensity(model, x);
  return posterior(model, x).map((pi, n) => {
    const l = logs[n] as number[];
    const mean = sum(pi.map((p, y) => weighted(p, l[y] as number)));
    const spread = sum(pi.map((p, y) => weighted(p, Math.abs((l[y] as number) - mean))));
    const moved = pi.map((p, y) => p * (4 + 2 * spread) + weighted(2 * p, Math.abs((l[y] as number) - mean)));
    return moved.map((value, y) => value + Math.abs((r[n] as readonly number[])[y] as number));
  });
}

export interface StepBounds {
  readonly loss: number;
  /** Bounds of the gradients. */
  readonly memories: number[];
  readonly classWeights: number[][];
  readonly beta: number;
}

/** Absolute errors of the loss and of the gradients that a step follows. */
export function stepBounds(state: TrainingState, x: Table, targets: Targets, precision: Precision): StepBounds {
  const error = 2 * logError(state, precision);
  const pulls = pullBounds(state, x, targets);
  const gamma = columnSums(responsibilities(state, x, pulls)).map((value) => value / x.length);
  // A sum over n rows adds their roundings; products of terms and ratios have a few more.
  const relative = error + (x.length + 10) * UNIT[precision];
  const ratios = gradients(state, x, pulls).classWeights;
  const units = state.memories.length / (1 - (state.hiddenShares[0] as number));
  return {
    loss: relative * (sum(rowSums(pulls)) / x.length + 1) + 4 * UNIT.float64 * Math.abs(loss(state, x, targets)),
    memories: state.memories.map((_, mu) => relative * state.betaScale * state.beta * (gamma[mu + 1] as number)),
    classWeights: ratios.map((row, at) => {
      const weights = state.classWeights[at] as readonly number[];
      const share = state.hiddenShares[at] as number;
      const mean =
        share === 0 ? 0 : sum(row.map((value, y) => weighted(weights[y] as number, Math.abs(value)))) / share;
      // Responsibilities are made first and divided by p then: below the normal numbers they vanish.
      const lost = (y: number) => 2 ** -1022 / Math.max(weights[y] as number, 2 ** -1022);
      return row.map((value, y) => (relative * (Math.abs(value) + mean) + lost(y)) / units);
    }),
    beta: relative * 2 * sum(gamma.slice(1)),
  };
}

/** Compares everything that a step changes. Velocities of weights that are zero mean nothing. */
export function expectStep(
  after: TrainingState,
  expected: TrainingState,
  bounds: StepBounds,
  { learningRate: rate }: StepOptions,
  precision: Precision,
): void {
  const unit = UNIT[precision];
  expected.memories.forEach((w, mu) => {
    const v = expected.velocities.memories[mu] as readonly number[];
    // The old velocity was of the size of the new one or of what the gradient took off it.
    const ofVelocity = rate * (bounds.memories[mu] as number) + 4 * unit * (1 + Math.max(...v.map(Math.abs)));
    expectWithin(`velocity of memory ${mu}`, after.velocities.memories[mu] as number[], v, ofVelocity);
    // A step makes w at least as long as its tangent part; normalising it divides by that.
    expectWithin(`memory ${mu}`, after.memories[mu] as number[], w, 2 * rate * ofVelocity + (w.length + 8) * unit);
  });
  const ofClasses = classErrors(expected, bounds, rate);
  expected.classWeights.forEach((row, at) => {
    const v = expected.velocities.classWeights[at] as readonly number[];
    const ofVelocity = ofClasses.velocities[at] as number[];
    const present = row.flatMap((p, y) => (p > 0 ? [y] : []));
    const only = (values: readonly number[]) => present.map((y) => values[y] as number);
    const moved = after.velocities.classWeights[at] as readonly number[];
    expectWithin(`class velocity ${at}`, only(moved), only(v), (i) => only(ofVelocity)[i] as number);
    const weights = after.classWeights[at] as readonly number[];
    const ofWeights = ofClasses.weights[at] as number[];
    // What is below the normal numbers after one sweep is lost, though later sweeps might have raised it.
    const bound = (y: number) => weighted(row[y] as number, ofWeights[y] as number) + 1e-200;
    expectWithin(`class weights ${at}`, weights, row, bound);
  });
  const ofBeta = rate * bounds.beta + 4 * UNIT.float64 * (1 + Math.abs(expected.velocities.beta));
  expectWithin('velocity of beta', [after.velocities.beta], [expected.velocities.beta], ofBeta);
  expectWithin('beta', [after.beta], [expected.beta], rate * ofBeta + 4 * UNIT.float64 * expected.beta);
}

/** Absolute errors of class velocities, relative ones of class weights. */
function classErrors(expected: TrainingState, bounds: StepBounds, rate: number) {
  const velocities = expected.velocities.classWeights.map((row, at) =>
    row.map((v, y) => rate * (bounds.classWeights[at]?.[y] as number) + 8 * UNIT.float64 * (1 + Math.abs(v))),
  );
  const moved = velocities.map((row, at) =>
    row.map((error, y) => weighted(expected.classWeights[at]?.[y] as number, rate * error)),
  );
  // What a sweep divides by is off by its line's errors, each weighted with what it has of the line.
  const lines = [
    ...rowSums(moved).map((error, at) => error / (expected.hiddenShares[at] || 1)),
    ...columnSums(moved).map((error, y) => error / (expected.classShares[y] || 1)),
  ];
  // Ten sweeps of two divisions. They end where rows are right to 1e-13, and the last sweep changes weights by a few of
  // that.
  const ofSweeps = 20 * Math.max(...lines) + 5e-12;
  return { velocities, weights: velocities.map((row) => row.map((error) => 2 * rate * error + ofSweeps)) };
}

/** Loss and accuracy, the latter up to rows whose best labels cannot be told apart. */
export function expectEpoch(
  epoch: NativeSphereEpoch,
  model: SphereModel,
  x: Table,
  targets: Targets,
  labels: readonly number[] | undefined,
  bounds: StepBounds,
  precision: Precision,
): void {
  expectWithin('loss', [epoch.loss], [loss(model, x, targets)], bounds.loss);
  if (labels === undefined) return;
  const error = 2 * logError(model, precision);
  const hits = logDensity(model, x).map((logs, n) => {
    const own = logs[labels[n] as number] as number;
    const best = Math.max(...logs.filter((_, y) => y !== labels[n]));
    return { sure: own > best + error, possible: own >= best - error };
  });
  const count = (of: 'sure' | 'possible') => hits.filter((hit) => hit[of]).length / x.length;
  expect(epoch.accuracy).toBeGreaterThanOrEqual(count('sure'));
  expect(epoch.accuracy).toBeLessThanOrEqual(count('possible'));
}

export interface StepCase extends Training {
  /** In the precision of the case. */
  readonly state: TrainingState;
  readonly precision: Precision;
  readonly softening?: number;
  readonly trainBeta?: boolean;
  readonly steps?: number;
}

/** Takes native steps of all rows, each from where the last one led, beside one of the reference from there. */
export async function expectSteps(of: StepCase): Promise<void> {
  const { labels, precision, softening = 0.1, trainBeta = true, steps = 1 } = of;
  const options = { learningRate: 0.1, momentum: 0.9, trainBeta };
  const x = rounded(of.x, precision);
  const targets = labels === undefined ? softening : softenedLabels(labels, labelsOf(of.state) - 1, softening);
  const trainer = await makeTrainer({ x, labels }, toNative(of.state, precision), { softening, trainsBeta: trainBeta });
  for (let index = 0, before = of.state; index < steps; index++) {
    const result = await epoch(trainer, index);
    const after = fromNative(await stateOf(trainer));
    const bounds = stepBounds(before, x, targets, precision);
    expectEpoch(result, before, x, targets, labels, bounds, precision);
    expect(result.validationLoss).toBeNaN();
    expectStep(after, trainingStep(before, x, targets, options), bounds, options, precision);
    before = after;
  }
}

/** The model in the precision, moving, its marginals those of its class weights. */
export function movingState(model: SphereModel, seed: number, precision: Precision): TrainingState {
  const { classWeights } = model;
  const own = { ...model, memories: rounded(model.memories, precision) };
  const state = moving(atRest(own, rowSums(classWeights), columnSums(classWeights)), seed);
  return { ...state, velocities: { ...state.velocities, memories: rounded(state.velocities.memories, precision) } };
}
