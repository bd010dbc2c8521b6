/** What must hold of native training whatever the numbers are: threads, seeds, parts, symmetries, constraints. */
import { afterEach, describe, expect, it } from 'vitest';
import { setThreads, threads } from '../../lib/index.ts';
import { type NativeSphereState, type NativeSphereTrainer, native } from '../../lib/native/addon.ts';
import { dot, normalised, type Table } from '../reference/sphere.ts';
import { columnSums, rowSums, type TrainingState } from '../reference/sphereTraining.ts';
import { expectRelative, expectSameBits, expectWithin } from '../support/assertions.ts';
import { check } from '../support/check.ts';
import { TestRandom } from '../support/random.ts';
import { sphereCases } from '../support/sphere.ts';
import { movingState } from './stepAgreement.ts';
import {
  epoch,
  fromNative,
  makeRows,
  makeTrainer,
  numbers,
  PRECISIONS,
  type Precision,
  SETTINGS,
  split,
  stateNumbers,
  stateOf,
  toNative,
} from './support.ts';

const initialThreads = threads();
afterEach(() => setThreads(initialThreads));

const LABELS = 5;

function randomDirections(count: number, dimension: number, seed: number): number[][] {
  const random = new TestRandom(seed);
  return Array.from({ length: count }, () => normalised([...random.normals(dimension)]));
}

function shares(count: number, seed: number): Float64Array {
  const random = new TestRandom(seed);
  const values = Array.from({ length: count }, () => 0.5 + random.uniform());
  const total = values.reduce((sum, value) => sum + value, 0);
  return Float64Array.from(values, (value) => value / total);
}

/** 700 rows, 530 memories, 300 dimensions: more than the tiles of every product, multiples of none. */
async function largeState(precision: Precision): Promise<NativeSphereState> {
  return native.initialSphereState({
    dimension: 300,
    precision,
    hiddenUnits: 530,
    labels: LABELS,
    hiddenShares: shares(531, 1),
    classShares: shares(LABELS, 2),
    beta: 20,
    betaScale: 0.6,
    seed: 9n,
  }).promise;
}

const LARGE: Table = randomDirections(700, 300, 4);
const LARGE_LABELS = LARGE.map((_, n) => (n * n) % LABELS);

async function train(trainer: NativeSphereTrainer, indices: readonly number[]): Promise<number[]> {
  const numbersOf: number[] = [];
  for (const index of indices) {
    const { loss, accuracy, validationLoss, validationAccuracy } = await epoch(trainer, index);
    numbersOf.push(loss, accuracy, validationLoss, validationAccuracy);
  }
  return numbersOf;
}

describe.each(PRECISIONS)('the number of threads does not matter (%s)', (precision) => {
  it.each([LARGE_LABELS, undefined].map((labels) => ({ labels, kind: labels ? 'supervised' : 'unsupervised' })))(
    '$kind epochs and a split',
    async ({ labels }) => {
      const run = async (count: number) => {
        setThreads(count);
        const data = { x: LARGE, labels, trainingRows: 631 };
        const trainer = await makeTrainer(data, await largeState(precision), { batchSize: 301 });
        const results = await train(trainer, [0, 1]);
        const { eigenvalues } = await split(trainer, {
          passes: 3,
          most: 7,
          threshold: Number.POSITIVE_INFINITY,
          mostRows: 333,
        });
        results.push(...eigenvalues, ...(await train(trainer, [2])));
        return { results, state: stateNumbers(await stateOf(trainer)) };
      };
      const one = await run(1);
      expect(one.results.every(Number.isFinite)).toBe(true);
      for (const count of [2, 5]) {
        const other = await run(count);
        expect(other.results).toEqual(one.results);
        expectSameBits(`${count} threads`, other.state, one.state);
      }
    },
  );

  it('log densities and nearest memories', async () => {
    const state = await largeState(precision);
    const values = numbers(LARGE, precision);
    const run = async (count: number) => {
      setThreads(count);
      const memories = await makeRows(state.memories, 300, { allowsZero: false });
      const model = native.makeSphereModel(memories, {
        labels: LABELS,
        classWeights: state.classWeights,
        beta: 20,
        betaScale: 0.6,
      });
      const logs = await native.sphereLogDensities(model, values, { count: 700, firstIndex: 0 }).promise;
      const { indices, overlaps } = await native.nearestSphereMemories(model, values, { count: 700, firstIndex: 0 })
        .promise;
      return [...logs, ...indices, ...overlaps];
    };
    const one = await run(1);
    for (const count of [2, 5]) expectSameBits(`${count} threads`, await run(count), one);
  });
});

describe.each(PRECISIONS)('training in %s', (precision) => {
  const cases = sphereCases({ maxPoints: 200, maxHiddenUnits: 9, betas: [1, 6, 30], logSharpnesses: [0, 1] });
  const smallBatches = { batchSize: 17 };
  const stateFor = (of: { model: TrainingState | Parameters<typeof movingState>[0]; seed: number }) =>
    toNative(movingState(of.model, of.seed, precision), precision);

  it('is the same from the same seed, and another from another seed or epoch', async () => {
    await check(cases, 10, async (of) => {
      const run = async (seed: bigint, index: number) => {
        const trainer = await makeTrainer(of, stateFor(of), { ...smallBatches, seed });
        await epoch(trainer, index);
        return stateNumbers(await stateOf(trainer));
      };
      const first = await run(1n, 0);
      expectSameBits('again', await run(1n, 0), first);
      // Rows that are all zero look the same in every order.
      if (of.points < 40 || of.zeroRows) return;
      expect(await run(2n, 0)).not.toEqual(first);
      expect(await run(1n, 1)).not.toEqual(first);
    });
  });

  it('goes on from a state as if it had not stopped', async () => {
    await check(cases, 10, async (of) => {
      const whole = await makeTrainer(of, stateFor(of), smallBatches);
      const results = await train(whole, [0, 1, 2, 3]);
      const before = await makeTrainer(of, stateFor(of), smallBatches);
      const early = await train(before, [0, 1]);
      const after = await makeTrainer(of, await stateOf(before), smallBatches);
      expect([...early, ...(await train(after, [2, 3]))]).toEqual(results);
      expectSameBits('state', stateNumbers(await stateOf(after)), stateNumbers(await stateOf(whole)));
    });
  });

  it('does not depend on the parts that rows come in', async () => {
    await check(cases, 10, async (of) => {
      const run = async (partLength: number) => {
        const rows = await makeRows(numbers(of.x, precision), of.dimension, { partLength });
        const settings = { ...SETTINGS, ...smallBatches };
        const labels = Int32Array.from(of.labels);
        const trainer = native.makeSphereTrainer(rows, {
          labels,
          trainingRows: of.points,
          settings,
          state: stateFor(of),
        });
        await epoch(trainer);
        return stateNumbers(await stateOf(trainer));
      };
      const whole = await run(of.points);
      for (const partLength of [1, 7, 64]) expectSameBits(`parts of ${partLength}`, await run(partLength), whole);
    });
  });

  it('keeps memories on the sphere and class weights at their sums', async () => {
    await check(cases, 10, async (of) => {
      const trainer = await makeTrainer(of, stateFor(of), smallBatches);
      await train(trainer, [0, 1, 2, 3, 4]);
      const state = fromNative(await stateOf(trainer));
      // N squares and their sum, and the root.
      const unit = precision === 'float32' ? 2 ** -23 : 2 ** -52;
      expectRelative(
        'norms',
        state.memories.map((w) => dot(w, w)),
        Array(of.hiddenUnits).fill(1),
        (of.dimension + 4) * unit,
      );
      expectRelative('columns', columnSums(state.classWeights), of.classShares, 1e-13);
      expect(Math.min(...state.classWeights.flat())).toBeGreaterThanOrEqual(0);
      // What ten sweeps leave after a step; more where labels have all but left a memory.
      expectRelative('rows', rowSums(state.classWeights), of.hiddenShares, 1e-2);
      expect([state.hiddenShares, state.classShares]).toEqual([of.hiddenShares, of.classShares]);
    });
  });

  it('keeps the sums of even class weights to the last digits', async () => {
    const trainer = await makeTrainer({ x: LARGE, labels: LARGE_LABELS }, await largeState(precision), {
      batchSize: 100,
    });
    await train(trainer, [0]);
    const { classWeights, hiddenShares, classShares } = fromNative(await stateOf(trainer));
    expectRelative('rows', rowSums(classWeights), hiddenShares, 1e-11);
    expectRelative('columns', columnSums(classWeights), classShares, 1e-13);
  });
});

describe('symmetries', () => {
  const cases = sphereCases({ maxPoints: 100, maxHiddenUnits: 9, betas: [1, 6, 30], logSharpnesses: [0, 1] });

  /** x -> x - 2 (v.x) v for two v in turn. */
  function rotated(rows: Table, seed: number): number[][] {
    const mirrors = randomDirections(2, (rows[0] as readonly number[]).length, seed);
    return rows.map((row) =>
      mirrors.reduce<readonly number[]>((x, v) => x.map((value, k) => value - 2 * dot(v, x) * (v[k] as number)), row),
    ) as number[][];
  }

  it('a common rotation rotates the result', async () => {
    await check(cases, 15, async (of) => {
      const state = movingState(of.model, of.seed, 'float64');
      const turn = (rows: Table) => rotated(rows, 77);
      const velocities = { ...state.velocities, memories: turn(state.velocities.memories) };
      const turned = { ...state, memories: turn(state.memories), velocities };
      const one = await makeTrainer(of, toNative(state, 'float64'));
      const other = await makeTrainer({ x: turn(of.x), labels: of.labels }, toNative(turned, 'float64'));
      // Roundings of the rotation, times beta in scores and again in gradients, over two steps.
      const bound = 1e-14 * (1 + of.beta) ** 2;
      for (const index of [0, 1]) {
        const [a, b] = [await epoch(one, index), await epoch(other, index)];
        expectWithin('loss', [b.loss], [a.loss], bound);
      }
      const [a, b] = [fromNative(await stateOf(one)), fromNative(await stateOf(other))];
      expectWithin('memories', b.memories.flat(), turn(a.memories).flat(), bound);
      expectWithin('class weights', b.classWeights.flat(), a.classWeights.flat(), bound);
      expectWithin('beta', [b.beta], [a.beta], bound * (1 + of.beta));
    });
  });

  it('another order of the memories is another order of the result', async () => {
    await check(cases, 15, async (of) => {
      const state = movingState(of.model, of.seed, 'float64');
      const random = new TestRandom(of.seed);
      const order = state.memories.map((_, mu) => ({ mu, key: random.uniform() })).sort((a, b) => a.key - b.key);
      const memories = <Row>(rows: readonly Row[]) => order.map(({ mu }) => rows[mu] as Row);
      const units = <Row>([background, ...rest]: readonly Row[]) => [background as Row, ...memories(rest)];
      const reordered = (s: TrainingState): TrainingState => ({
        ...s,
        memories: memories(s.memories),
        classWeights: units(s.classWeights),
        hiddenShares: units(s.hiddenShares),
        velocities: {
          ...s.velocities,
          memories: memories(s.velocities.memories),
          classWeights: units(s.velocities.classWeights),
        },
      });
      const one = await makeTrainer(of, toNative(state, 'float64'));
      const other = await makeTrainer(of, toNative(reordered(state), 'float64'));
      const [a, b] = [await epoch(one), await epoch(other)];
      // Sums over memories are taken in another order.
      const bound = 1e-14 * (1 + of.beta);
      expectWithin('loss', [b.loss], [a.loss], bound);
      expect(b.accuracy).toBe(a.accuracy);
      const expected = stateNumbers(toNative(reordered(fromNative(await stateOf(one))), 'float64'));
      expectWithin('state', stateNumbers(await stateOf(other)), expected, bound);
    });
  });
});
