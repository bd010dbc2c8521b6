/**
 * Splitting in the native von Mises-Fisher memory: power iteration against dense splitting matrices, and what a split
 * makes.
 */
import { describe, expect, it } from 'vitest';
import {
  dot,
  responsibilities,
  sensitivities,
  softenedLabels,
  sum,
  type Table,
  type Targets,
} from '../reference/sphere.ts';
import { leastTangentEigen, split as referenceSplit, splittingMatrix } from '../reference/sphereRecall.ts';
import { atRest, columnSums, rowSums, type TrainingState } from '../reference/sphereTraining.ts';
import { expectRelative, expectWithin } from '../support/assertions.ts';
import { check } from '../support/check.ts';
import { type SphereCase, sphereCases } from '../support/sphere.ts';
import { movingState, stepBounds } from './stepAgreement.ts';
import {
  epoch,
  fromNative,
  makeTrainer,
  PRECISIONS,
  type Precision,
  rounded,
  SPLIT,
  split,
  stateOf,
  toNative,
} from './support.ts';

const KINDS = ['supervised', 'unsupervised'] as const;
const SOFTENING = 0.05;

interface Setting {
  readonly state: TrainingState;
  readonly x: Table;
  readonly labels: readonly number[] | undefined;
  readonly targets: Targets;
}

function setting(of: SphereCase, kind: (typeof KINDS)[number], precision: Precision): Setting {
  const labels = kind === 'supervised' ? of.labels : undefined;
  return {
    state: movingState(of.model, of.seed, precision),
    x: rounded(of.x, precision),
    labels,
    targets: labels === undefined ? SOFTENING : softenedLabels(labels, of.classes, SOFTENING),
  };
}

interface Spectrum {
  readonly value: number;
  readonly vector: readonly number[];
  /** Between the least eigenvalue and the next, and between the least and the greatest. */
  readonly gap: number;
  readonly width: number;
}

function spectrum({ state, x, targets }: Setting, mu: number): Spectrum {
  const matrix = splittingMatrix(state, x, targets, mu);
  const w = state.memories[mu] as readonly number[];
  const { value, vector } = leastTangentEigen(matrix, w);
  const negated = matrix.map((row) => row.map((entry) => -entry));
  const width = -leastTangentEigen(negated, w).value - value;
  if (w.length === 2) return { value, vector, gap: Number.POSITIVE_INFINITY, width };
  const raised = matrix.map((row, i) =>
    row.map((entry, j) => entry + 2 * width * (vector[i] as number) * (vector[j] as number)),
  );
  return { value, vector, gap: leastTangentEigen(raised, w).value - value, width };
}

/** How great the eigenvalues of b^2 C are, which power iteration sees. */
function greatestSize({ state, x, targets }: Setting, mu: number, { value, width }: Spectrum): number {
  const scale = state.betaScale * state.beta;
  const gamma = responsibilities(state, x, sensitivities(state, x, targets)).map((row) => row[mu + 1] as number);
  const overlaps = x.map((point) => dot(point, state.memories[mu] as readonly number[]));
  const pull = (scale * dot(gamma, overlaps)) / x.length;
  return Math.max(Math.abs(pull - value), Math.abs(pull - value - width));
}

/** Errors of an eigenvalue: those of a gradient of w, one power of beta more, and of a few sums over coordinates. */
function eigenvalueBounds({ state, x, targets }: Setting, precision: Precision): number[] {
  const scale = 1 + state.betaScale * state.beta;
  // Squares of the sums that it is made of must be numbers of the precision.
  const least = precision === 'float32' ? 1e-15 : 1e-150;
  return stepBounds(state, x, targets, precision).memories.map((bound) => 4 * bound * scale + least * scale ** 2);
}

/** w +- distance u, w having been the middle. */
function pairDirection(before: readonly number[], one: readonly number[], other: readonly number[]): number[] {
  const difference = one.map((value, k) => value - (other[k] as number));
  const along = dot(difference, before);
  const tangent = difference.map((value, k) => value - along * (before[k] as number));
  const norm = Math.sqrt(dot(tangent, tangent));
  return tangent.map((value) => value / norm);
}

const cases = sphereCases({
  maxDimension: 8,
  maxHiddenUnits: 5,
  maxPoints: 20,
  betas: [1, 6, 30, 200],
  logSharpnesses: [0, 1, 4],
});

describe.each(PRECISIONS.flatMap((precision) => KINDS.map((kind) => ({ precision, kind }))))(
  'splitting in $precision, $kind',
  ({ precision, kind }) => {
    it('finds the least eigenvalues and their directions', async () => {
      let seen = 0;
      await check(cases, 60, async (of) => {
        const at = setting(of, kind, precision);
        const make = () => makeTrainer(at, toNative(at.state, precision), { softening: SOFTENING });
        const trainer = await make();
        const result = await split(trainer, { passes: 1000, threshold: Number.POSITIVE_INFINITY });
        const earlier = await split(await make(), { passes: 500, most: 0 });
        const after = fromNative(await stateOf(trainer));
        const bounds = eigenvalueBounds(at, precision);
        for (const [position, mu] of [...result.split].entries()) {
          const expected = spectrum(at, mu);
          const bound = bounds[mu] as number;
          // What u'S u is of any direction.
          expect(result.eigenvalues[mu]).toBeGreaterThanOrEqual(expected.value - bound);
          // 0.95^2000 of the other directions is left at most. A lifted matrix may take longer, where lifting has left
          // it with two eigenvalues of nearly the same size: then the eigenvalue, that of no direction of its own,
          // still moves.
          const isStill = Math.abs((result.eigenvalues[mu] as number) - (earlier.eigenvalues[mu] as number)) <= bound;
          const isClear = expected.gap > 0.05 * greatestSize(at, mu, expected) && expected.gap > 100 * bound;
          if (isClear && kind === 'supervised') expect(isStill).toBe(true);
          if (!isClear || !isStill) continue;
          seen++;
          expectWithin(`eigenvalue ${mu}`, [result.eigenvalues[mu] as number], [expected.value], bound);
          const w = at.state.memories[mu] as readonly number[];
          const one = after.memories[mu] as readonly number[];
          const other = after.memories[of.hiddenUnits + position] as readonly number[];
          const alignment = Math.abs(dot(pairDirection(w, one, other), expected.vector));
          const ofDirection = (2 * bound) / expected.gap;
          expectWithin(
            `direction ${mu}`,
            [alignment],
            [1],
            ofDirection ** 2 + (precision === 'float32' ? 1e-5 : 1e-13),
          );
        }
      });
      expect(seen).toBeGreaterThan(40);
    });

    it('makes two of each memory below the threshold, the most negative first', async () => {
      await check(cases, 40, async (of) => {
        const at = setting(of, kind, precision);
        const make = () => makeTrainer(at, toNative(at.state, precision), { softening: SOFTENING });
        const { eigenvalues } = await split(await make(), { passes: 20, most: 0 });
        const order = [...eigenvalues.keys()].sort(
          (a, b) => (eigenvalues[a] as number) - (eigenvalues[b] as number) || a - b,
        );
        const middle = eigenvalues[order[order.length >> 1] as number] as number;
        for (const threshold of [0, middle, Number.POSITIVE_INFINITY]) {
          for (const most of [0, 1, 2, 100]) {
            const trainer = await make();
            const result = await split(trainer, { passes: 20, most, threshold });
            expect(result.eigenvalues).toEqual(eigenvalues);
            const chosen = order.filter((mu) => (eigenvalues[mu] as number) < threshold).slice(0, most);
            expect([...result.split]).toEqual(chosen);
            expectSplit(at.state, fromNative(await stateOf(trainer)), chosen, precision);
          }
        }
      });
    });
  },
);

/** Against the reference's split along the direction that the pairs show. */
function expectSplit(
  before: TrainingState,
  after: TrainingState,
  chosen: readonly number[],
  precision: Precision,
): void {
  const units = before.memories.length;
  const directions = chosen.map((mu, at) =>
    pairDirection(
      before.memories[mu] as readonly number[],
      after.memories[mu] as readonly number[],
      after.memories[units + at] as readonly number[],
    ),
  );
  const expected = referenceSplit(before, chosen, directions, SPLIT.distance);
  // u is tangent and of length 1 up to a few roundings, and the direction of a pair half a unit apart too.
  const unit = precision === 'float32' ? 2 ** -20 : 2 ** -48;
  expectWithin('memories', after.memories.flat(), expected.memories.flat(), unit);
  expect(after.classWeights).toEqual(expected.classWeights);
  expect(after.hiddenShares).toEqual(expected.hiddenShares);
  expect(after.classShares).toEqual(before.classShares);
  expectRelative('rows', rowSums(after.classWeights), after.hiddenShares, 1e-15);
  expectRelative('columns', columnSums(after.classWeights), before.classShares, 1e-14);
  expect([after.beta, after.betaScale]).toEqual([before.beta, before.betaScale]);
  expect(after.velocities).toEqual(atRest(after, [], []).velocities);
}

describe('eigenvalues', () => {
  it.each(KINDS)('are what the loss changes by: distance^2 / 2 each (%s)', async (kind) => {
    const tame = sphereCases({
      maxPoints: 20,
      maxHiddenUnits: 4,
      betas: [1, 6],
      logSharpnesses: [0, 1],
      degenerate: false,
    });
    await check(tame, 30, async (of) => {
      const at = setting(of, kind, 'float64');
      const trainer = await makeTrainer(at, toNative(at.state, 'float64'), { softening: SOFTENING, learningRate: 0 });
      const distance = 1e-3;
      const before = await epoch(trainer);
      // However few passes were taken, for the direction that they found; the last pass turns it once more.
      const { eigenvalues } = await split(trainer, { passes: 1000, distance, threshold: Number.POSITIVE_INFINITY });
      const after = await epoch(trainer);
      const change = (after.loss - before.loss) / (distance ** 2 / 2);
      // The fourth order, distance^2 beta^4; rounding of the loss over distance^2.
      const bound = distance ** 2 * (1 + of.beta) ** 4 * of.hiddenUnits + 1e-6;
      expectWithin('change', [change], [sum([...eigenvalues])], bound);
    });
  });

  it('are found where rows push a memory away: C has a negative eigenvalue greater than all in size', async () => {
    // The row is of class 0 rather than of class 1, and what makes class 1 likely there is pushed away.
    const classWeights = [
      [0.05, 0],
      [0.85, 0],
      [0, 0.1],
    ];
    const memories = [
      [1, 0, 0],
      [0, 0, 1],
    ];
    const state = atRest({ memories, classWeights, beta: 2, betaScale: 1 }, [0.05, 0.85, 0.1], [0.9, 0.1]);
    for (const seed of [0n, 1n, 2n, 3n, 4n, 5n]) {
      const x = [[0.8, 0, 0.6]];
      const trainer = await makeTrainer({ x, labels: undefined }, toNative(state, 'float64'), { softening: 0 });
      const at = { state, x, labels: undefined, targets: 0 };
      const expected = [0, 1].map((mu) => spectrum(at, mu).value);
      const { eigenvalues } = await split(trainer, { seed, passes: 500 });
      expectWithin('eigenvalues', eigenvalues, expected, 1e-12);
      const gamma = responsibilities(state, x, sensitivities(state, x, 0));
      expect(Math.min(...gamma.flat())).toBeLessThan(0);
    }
  });

  it('of a memory that no row is near are those of nothing, and it can be split all the same', async () => {
    const weights = [[0.1], [0.5], [0.4]];
    const memories = [
      [1, 0, 0],
      [-1, 0, 0],
    ];
    const state = atRest({ memories, classWeights: weights, beta: 1e4, betaScale: 1 }, [0.1, 0.5, 0.4], [1]);
    const trainer = await makeTrainer({ x: [[1, 0, 0]], labels: [0] }, toNative(state, 'float64'));
    const result = await split(trainer, { threshold: Number.POSITIVE_INFINITY });
    expect(result.eigenvalues[1]).toBe(0);
    const after = fromNative(await stateOf(trainer));
    expectRelative(
      'norms',
      after.memories.map((w) => dot(w, w)),
      Array(4).fill(1),
      1e-14,
    );
  });
});

describe('the rows that splitting looks at', () => {
  it('are as many as are allowed, and follow from the seed and the epoch', async () => {
    const of = sphereCases({ maxPoints: 60 });
    await check(of, 20, async (given) => {
      const at = setting(given, 'supervised', 'float64');
      const eigenvalues = async (settings: Partial<typeof SPLIT>, seed = 5n) => {
        const trainer = await makeTrainer(at, toNative(at.state, 'float64'), { seed });
        return (await split(trainer, { passes: 3, most: 0, ...settings })).eigenvalues;
      };
      const whole = await eigenvalues({});
      expect(await eigenvalues({ mostRows: given.points })).toEqual(whole);
      expect(await eigenvalues({ epoch: 7 })).toEqual(whole);
      const part = await eigenvalues({ mostRows: 1 });
      expect(await eigenvalues({ mostRows: 1 })).toEqual(part);
      // One row of all: each is somebody's.
      const single = await Promise.all(
        at.x.map(async (row, n) => {
          const labels = [(at.labels as readonly number[])[n] as number];
          const trainer = await makeTrainer({ x: [row], labels }, toNative(at.state, 'float64'));
          return (await split(trainer, { passes: 3, most: 0 })).eigenvalues;
        }),
      );
      expect(single.map((values) => [...values])).toContainEqual([...part]);
    });
  });
});
