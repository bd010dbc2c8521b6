/** The oracle of training on itself: constraints after a step, descent, momentum and multipliers. */
import { describe, expect, it } from 'vitest';
import { expectRelative, expectWithin } from '../support/assertions.ts';
import { check } from '../support/check.ts';
import { TestRandom } from '../support/random.ts';
import { buildSphereCase, type SphereCase, sphereCases } from '../support/sphere.ts';
import { dot, gradients, loss, normalised, type SphereModel, sum, type Table } from './sphere.ts';
import {
  atRest,
  columnSums,
  mirrored,
  multipliers,
  multiplierTolerance,
  relativeError,
  rowSums,
  sinkhornKnopp,
  type TrainingState,
  trainingStep,
} from './sphereTraining.ts';

const OPTIONS = { learningRate: 0.1, momentum: 0.9, trainBeta: true };

function stateOf({ model, hiddenShares, classShares }: SphereCase): TrainingState {
  return atRest(model, hiddenShares, classShares);
}

function difference(after: Table, before: Table): number[] {
  return after.flatMap((row, i) => row.map((value, j) => value - ((before[i] as readonly number[])[j] as number)));
}

/** The old class weights times the exponential of the new velocities, after some sweeps. */
function balanced(before: TrainingState, after: TrainingState, sweeps: number): number[][] {
  const moved = before.classWeights.map((row, gamma) =>
    row.map((p, y) => p * Math.exp(0.1 * ((after.velocities.classWeights[gamma] as readonly number[])[y] as number))),
  );
  return sinkhornKnopp(moved, before.hiddenShares, before.classShares, sweeps);
}

const BETA_FALLS = {
  seed: 1,
  dimension: 3,
  hiddenUnits: 2,
  classes: 2,
  points: 4,
  beta: 1,
  betaScale: 1,
  logSharpness: 0,
  zeroRows: false,
  duplicates: false,
};

describe('a training step', () => {
  it('keeps memories on the sphere and the class shares, and the hidden shares as far as ten sweeps go', async () => {
    await check(sphereCases(), 40, (of) => {
      let state = stateOf(of);
      for (let step = 0; step < 3; step++) state = trainingStep(state, of.x, of.q, OPTIONS);
      const ones = of.model.memories.map(() => 1);
      expectRelative(
        'norms',
        state.memories.map((w) => dot(w, w)),
        ones,
        1e-14,
      );
      expectRelative('class shares', columnSums(state.classWeights), of.classShares, 1e-13);
      expect(Math.min(...state.classWeights.flat())).toBeGreaterThanOrEqual(0);
    });
    // Sinkhorn's sweeps converge fast where no weight is small.
    await check(sphereCases({ logSharpnesses: [0], betas: [1, 6] }), 20, (of) => {
      const state = trainingStep(stateOf(of), of.x, of.q, OPTIONS);
      expectRelative('hidden shares', rowSums(state.classWeights), of.hiddenShares, 1e-9);
    });
  });

  it.each(['supervised', 'unsupervised'] as const)('lowers the %s loss when it is small', async (kind) => {
    const limits = { logSharpnesses: [0, 1], betas: [1, 6], maxPoints: 12 };
    await check(sphereCases(limits), 40, (of) => {
      const targets = kind === 'supervised' ? of.q : 0.05;
      const before = stateOf(of);
      const after = trainingStep(before, of.x, targets, { ...OPTIONS, learningRate: 1e-2 });
      const gradient = gradients(before, of.x, targets);
      const expected =
        dot(gradient.memories.flat(), difference(after.memories, before.memories)) +
        dot(gradient.classWeights.flat(), difference(after.classWeights, before.classWeights)) +
        gradient.beta * (after.beta - before.beta);
      expect(expected).toBeLessThan(0);
      const change = loss(after, of.x, targets) - loss(before, of.x, targets);
      expect(change).toBeLessThan(0);
      // The second order, in lr^2 = 1e-4 times the curvature.
      expectWithin('change', [change / expected], [1], 0.05);
    });
  });

  it('moves by the learning rate times the velocity, which is gradient and memory of the last one', async () => {
    await check(sphereCases({ betas: [0.3, 1, 6] }), 20, (of) => {
      const first = trainingStep(stateOf(of), of.x, of.q, OPTIONS);
      const second = trainingStep(first, of.x, of.q, OPTIONS);
      const gradient = gradients(first, of.x, of.q);
      const fresh = second.velocities.memories.map((row, mu) =>
        row.map((value, k) => value - 0.9 * ((first.velocities.memories[mu] as readonly number[])[k] as number)),
      );
      fresh.forEach((v, mu) => {
        const w = first.memories[mu] as readonly number[];
        const g = gradient.memories[mu] as number[];
        const along = dot(g, w);
        expectWithin(
          'velocity',
          v,
          g.map((value, k) => -0.1 * (value - along * (w[k] as number))),
          1e-14 * (1 + of.beta),
        );
        expectWithin('tangent', [dot(v, w)], [0], 1e-14 * (1 + of.beta));
      });
      const velocity = 0.9 * first.velocities.beta - 0.1 * gradient.beta;
      expectWithin('beta', [second.beta], [Math.abs(first.beta + 0.1 * velocity)], 1e-15 * (1 + of.beta));
      // Row by row the class weights' velocity keeps the row's sum, to first order.
      first.velocities.classWeights.forEach((row, gamma) => {
        const weights = of.model.classWeights[gamma] as readonly number[];
        const size = sum(row.map((value, y) => Math.abs(value) * (weights[y] as number)));
        expectWithin('row', [dot(row, weights)], [0], 1e-14 * size + 1e-16);
      });
    });
  });

  it('takes velocities from the old memories and weights to the new ones', async () => {
    await check(sphereCases({ logSharpnesses: [0, 1], betas: [0.3, 1, 6] }), 20, (of) => {
      const before = stateOf(of);
      const after = trainingStep(before, of.x, of.q, OPTIONS);
      after.memories.forEach((w, mu) => {
        const v = after.velocities.memories[mu] as readonly number[];
        const moved = (before.memories[mu] as readonly number[]).map((value, k) => value + 0.1 * (v[k] as number));
        expectWithin('w', [...w], normalised(moved), 1e-15);
      });
      expectRelative('p', after.classWeights.flat(), balanced(before, after, 10).flat(), 1e-13);
    });
  });

  it('takes ten sweeps where they converge slowly', () => {
    const classWeights = [
      [0.01, 0.01],
      [0.01, 0.97],
    ];
    const before = atRest({ memories: [[1, 0]], classWeights, beta: 1, betaScale: 1 }, [0.5, 0.5], [0.5, 0.5]);
    const after = trainingStep(before, [[0, 1]], [[0.5, 0.5]], OPTIONS);
    expectRelative('p', after.classWeights.flat(), balanced(before, after, 10).flat(), 1e-13);
    expect(relativeError(balanced(before, after, 9).flat(), after.classWeights.flat())).toBeGreaterThan(1e-6);
  });

  it('reflects at a beta of zero: memories turn round, and all that moves with them', () => {
    const of = buildSphereCase(BETA_FALLS);
    const state = { ...stateOf(of), velocities: { ...stateOf(of).velocities, beta: -100 } };
    const slow = { ...state, velocities: { ...state.velocities, beta: 0 } };
    const [crossed, stayed] = [trainingStep(state, of.x, of.q, OPTIONS), trainingStep(slow, of.x, of.q, OPTIONS)];
    expectWithin('beta', [crossed.beta], [9 - stayed.beta], 1e-13);
    expect(crossed.memories).toEqual(mirrored(stayed).memories);
    expect(crossed.velocities.memories).toEqual(mirrored(stayed).velocities.memories);
    expectWithin('velocity', [crossed.velocities.beta], [90 - stayed.velocities.beta], 1e-13);
    expect([crossed.classWeights, crossed.velocities.classWeights]).toEqual([
      stayed.classWeights,
      stayed.velocities.classWeights,
    ]);
  });

  it('scales the class weights by P / (1 - p_h(0))', () => {
    // One point on the only memory; the background takes half: P + P0 = 2.
    const model: SphereModel = {
      memories: [[1, 0]],
      classWeights: [
        [0.25, 0.25],
        [0.25, 0.25],
      ],
      beta: 1,
      betaScale: 1,
    };
    const next = trainingStep(atRest(model, [0.5, 0.5], [0.5, 0.5]), [[1, 0]], [[0.2, 0.8]], OPTIONS);
    // dL/dp_y^1 = -q_y e^a / (p (e^a + 1)), e^a = e / I_0(1); the row's mean is taken off and 0.3 is left of each.
    const power = Math.E / 1.2660658777520084;
    const pull = (0.3 * 4 * power) / (power + 1) / 2;
    expectWithin('velocity', next.velocities.classWeights[1] as number[], [-0.1 * pull, 0.1 * pull], 1e-15);
  });

  it('leaves beta alone when it is not trained, and a background without weight at zero', async () => {
    await check(sphereCases({ logSharpnesses: [0, 1], betas: [1, 6] }), 10, (of) => {
      const total = 1 - (of.hiddenShares[0] as number);
      const classWeights = of.model.classWeights.map((row, gamma) => row.map((p) => (gamma === 0 ? 0 : p / total)));
      const shares = [rowSums(classWeights), columnSums(classWeights)] as const;
      const state = atRest({ ...of.model, classWeights }, ...shares);
      const next = trainingStep(state, of.x, of.q, { ...OPTIONS, trainBeta: false });
      expect(next.beta).toBe(of.beta);
      expect(next.velocities.beta).toBe(0);
      expect(sum(next.classWeights[0] as number[])).toBe(0);
      expect(sum((next.velocities.classWeights[0] as number[]).map(Math.abs))).toBe(0);
      expectRelative('class shares', columnSums(next.classWeights), shares[1], 1e-13);
    });
  });
});

describe('sinkhornKnopp', () => {
  it('scales rows and columns, and leaves a matrix that is right', () => {
    const matrix = [
      [1, 2],
      [3, 4],
    ];
    const scaled = sinkhornKnopp(matrix, [0.4, 0.6], [0.5, 0.5], 50);
    expectWithin('rows', rowSums(scaled), [0.4, 0.6], 1e-13);
    expectWithin('columns', columnSums(scaled), [0.5, 0.5], 1e-15);
    const [[a, b], [c, d]] = scaled as [[number, number], [number, number]];
    // Scaling keeps the cross ratio.
    expectRelative('cross ratio', [(a * d) / (b * c)], [4 / 6], 1e-13);
    expectRelative('again', sinkhornKnopp(scaled, [0.4, 0.6], [0.5, 0.5], 10).flat(), scaled.flat(), 1e-13);
  });

  it('takes a sweep for the columns even when the rows are right', () => {
    const scaled = sinkhornKnopp(
      [
        [0.25, 0.25],
        [0.25, 0.25],
      ],
      [0.5, 0.5],
      [0.3, 0.7],
      10,
    );
    expectWithin('scaled', scaled.flat(), [0.15, 0.35, 0.15, 0.35], 1e-16);
  });

  it('takes no more sweeps than it may', () => {
    const matrix = [
      [1, 1],
      [1, 100],
    ];
    // Rows: [0.25, 0.25], [0.5/101, 50/101]; the columns then take what 0.5 is of their sums.
    const left = 0.25 + 0.5 / 101;
    const once = sinkhornKnopp(matrix, [0.5, 0.5], [0.5, 0.5], 1);
    expectRelative('once', [once[0]?.[0] as number], [(0.25 * 0.5) / left], 1e-15);
    expect(relativeError(rowSums(once), [0.5, 0.5])).toBeGreaterThan(0.01);
  });
});

describe('multipliers', () => {
  it('give the marginals', async () => {
    await check(sphereCases({ maxPoints: 20 }), 40, (of) => {
      const random = new TestRandom(~of.seed);
      const pbar = of.model.classWeights.map((row) => row.map((p) => of.points * p * (0.2 + random.uniform())));
      const { lambda, omega, classWeights } = multipliers(pbar, of.hiddenShares, of.classShares);
      const tolerance = multiplierTolerance(pbar, lambda, omega);
      // Multipliers cancel down to the smallest share of a row or a column, one in 1e12 where weights are sharp.
      expect(tolerance).toBeLessThan(of.logSharpness < 12 ? 1e-11 : 1e-3);
      expectRelative('rows', rowSums(classWeights), of.hiddenShares, tolerance);
      expectRelative('columns', columnSums(classWeights), of.classShares, tolerance);
      const quotients = pbar.flatMap((row, gamma) =>
        row.map((value, y) => value / ((lambda[y] as number) + (omega[gamma] as number))),
      );
      expectRelative('p', quotients, classWeights.flat(), 1e-15);
      expect(Math.min(...classWeights.flat())).toBeGreaterThan(0);
    });
  });

  it('find the class weights again that sums were made from', async () => {
    await check(sphereCases({ logSharpnesses: [0, 1, 4] }), 40, (of) => {
      const random = new TestRandom(~of.seed);
      const lambda = of.classShares.map(() => random.uniform());
      const omega = of.hiddenShares.map(() => 0.1 + random.uniform());
      const pbar = of.model.classWeights.map((row, gamma) =>
        row.map((p, y) => p * ((lambda[y] as number) + (omega[gamma] as number))),
      );
      const found = multipliers(pbar, of.hiddenShares, of.classShares);
      // The marginals are right to 1e-12 of themselves; a small weight beside a large one is known to that of the large
      // one.
      expectWithin('p', found.classWeights.flat(), of.model.classWeights.flat(), 1e-11);
    });
  });
});
