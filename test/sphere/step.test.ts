/** A training step of the native von Mises-Fisher memory against the reference's. */
import { describe, expect, it } from 'vitest';
import { type SphereModel, supervisedLoss } from '../reference/sphere.ts';
import { columnSums, sinkhornKnopp, trainingStep } from '../reference/sphereTraining.ts';
import { expectRelative, expectWithin } from '../support/assertions.ts';
import { check } from '../support/check.ts';
import { TestRandom } from '../support/random.ts';
import { type SphereCase, type SphereLimits, sphereCases } from '../support/sphere.ts';
import { expectSteps, movingState, type StepCase } from './stepAgreement.ts';
import { epoch, fromNative, makeTrainer, PRECISIONS, stateOf, toNative, without } from './support.ts';

const KINDS = ['supervised', 'unsupervised'] as const;

const noBackground = ({ model }: SphereCase) => without(model, (gamma) => gamma === 0);

/** About a third of the weights are exactly zero, but neither the greatest of a unit nor that of a label. */
function someZeros({ model, seed }: SphereCase): SphereModel {
  const random = new TestRandom(seed);
  const tops = columnSums(model.classWeights).map((_, y) =>
    Math.max(...model.classWeights.map((row) => row[y] as number)),
  );
  return without(model, (gamma, y) => {
    const row = model.classWeights[gamma] as readonly number[];
    const p = row[y] as number;
    return p < Math.min(tops[y] as number, Math.max(...row)) && random.uniform() < 1 / 3;
  });
}

describe.each(PRECISIONS)('a step in %s', (precision) => {
  const limits: SphereLimits = { maxPoints: 12 };
  const stepCase = (of: SphereCase, kind: (typeof KINDS)[number], model = of.model): StepCase => ({
    x: of.x,
    labels: kind === 'supervised' ? of.labels : undefined,
    state: movingState(model, ~of.seed, precision),
    precision,
  });

  it.each(KINDS)('%s: everything it changes', async (kind) => {
    await check(sphereCases(limits), 150, (of) => expectSteps(stepCase(of, kind)));
  });

  it.each(KINDS)('%s: without a background', async (kind) => {
    await check(sphereCases(limits), 60, (of) => expectSteps(stepCase(of, kind, noBackground(of))));
  });

  it.each(KINDS)('%s: weights that are zero', async (kind) => {
    await check(sphereCases(limits), 60, (of) => expectSteps(stepCase(of, kind, someZeros(of))));
  });

  it.each(KINDS)('%s: without softening', async (kind) => {
    await check(sphereCases(limits), 40, (of) => expectSteps({ ...stepCase(of, kind), softening: 0 }));
  });

  it.each(KINDS)('%s: beta fixed', async (kind) => {
    await check(sphereCases(limits), 20, (of) => expectSteps({ ...stepCase(of, kind), trainBeta: false }));
  });

  it.each(KINDS)('%s: many in a row', async (kind) => {
    await check(sphereCases(limits), 20, (of) => expectSteps({ ...stepCase(of, kind), steps: 10 }));
  });

  it.each(KINDS)('%s: more rows than a block has', async (kind) => {
    const large = sphereCases({ ...limits, maxPoints: 200, maxHiddenUnits: 9 });
    await check(large, 15, (of) => expectSteps(stepCase(of, kind)));
  });
});

describe('class weights', () => {
  it('bear gradients that no exponential holds, in every unit at once', async () => {
    // Both units have next to nothing of label 1, which all rows have: p e^(lr v) of the first passes e^(10^5).
    const classWeights = sinkhornKnopp(
      [
        [0.5, 1e-12],
        [0.3, 1e-9],
      ],
      [0.4, 0.6],
      [1 - 1e-8, 1e-8],
      1,
    );
    const model = { memories: [[0.6, 0.8]], classWeights, beta: 3, betaScale: 1 };
    const x = [
      [1, 0],
      [0, 1],
    ];
    for (const precision of PRECISIONS) {
      await expectSteps({ x, labels: [1, 1], state: movingState(model, 1, precision), precision, steps: 3 });
    }
  });
});

describe('epochs of many batches', () => {
  // Rows that are all the same need no order: the last batch is what is left over.
  it('are steps, the last on what is left', async () => {
    await check(sphereCases({ maxPoints: 1, betas: [0.3, 1, 6], logSharpnesses: [0, 1] }), 20, async (of) => {
      const [count, batchSize] = [11, 4];
      const [x, labels] = [Array(count).fill(of.x[0]), Array(count).fill(of.labels[0])];
      let expected = movingState(of.model, ~of.seed, 'float64');
      const trainer = await makeTrainer({ x, labels }, toNative(expected, 'float64'), { batchSize });
      const result = await epoch(trainer);
      let loss = 0;
      for (const rows of [4, 4, 3]) {
        const q = Array(rows).fill(of.q[0]);
        loss += (rows / count) * supervisedLoss(expected, x.slice(0, rows), q);
        const options = { learningRate: 0.1, momentum: 0.9, trainBeta: true };
        expected = trainingStep(expected, x.slice(0, rows), q, options);
      }
      const after = fromNative(await stateOf(trainer));
      // Errors of some 1e-14 a step, which three tame steps do not raise by much.
      expectWithin('loss', [result.loss], [loss], 1e-12);
      expectWithin('memories', after.memories.flat(), expected.memories.flat(), 1e-12);
      expectRelative('class weights', after.classWeights.flat(), expected.classWeights.flat(), 1e-10);
      expectWithin('beta', [after.beta], [expected.beta], 1e-12);
    });
  });

  it.each(PRECISIONS)('see every row once, and validation rows at the end (%s)', async (precision) => {
    await check(sphereCases({ maxPoints: 40 }), 20, async (of) => {
      const state = toNative(movingState(of.model, 1, precision), precision);
      const [x, labels] = [
        [...of.x, ...of.x],
        [...of.labels, ...of.labels],
      ];
      const still = { batchSize: 7, learningRate: 0, momentum: 0, trainsBeta: false };
      const trainer = await makeTrainer({ x, labels, trainingRows: of.points }, state, still);
      const result = await epoch(trainer, 4);
      // Memories are normalised after every batch and class weights swept, which leaves roundings of scores.
      const unit = precision === 'float32' ? 2 ** -23 : 2 ** -52;
      const error = unit * (40 * of.beta + 200) + 1e-11;
      expectWithin('loss', [result.validationLoss], [result.loss], error);
      const [whole] = [await makeTrainer({ x: of.x, labels: of.labels }, state, { ...still, batchSize: 100 })];
      const once = await epoch(whole, 0);
      expectWithin('whole', [once.loss], [result.loss], error);
      if (of.zeroRows || of.duplicates) return;
      expect([result.validationAccuracy, once.accuracy]).toEqual([result.accuracy, result.accuracy]);
    });
  });
});
