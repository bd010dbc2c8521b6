/**
 * Rows on the native side: what is refused, how it is named, and that nothing of it stays; nearest memories; aborting
 * and progress.
 */
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../lib/core/errors.ts';
import type { FloatArray } from '../../lib/core/types.ts';
import { type NativeSphereRows, native } from '../../lib/native/addon.ts';
import { runTask } from '../../lib/native/calls.ts';
import { dot, normalised } from '../reference/sphere.ts';
import { expectFailure, expectSameBits, expectWithin } from '../support/assertions.ts';
import { check } from '../support/check.ts';
import { TestRandom } from '../support/random.ts';
import { sphereCases } from '../support/sphere.ts';
import { makeModel, makeRows, makeTrainer, numbers, PRECISIONS, type Precision, rounded, SETTINGS } from './support.ts';

const EYE = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];

function append(rows: NativeSphereRows, values: FloatArray, firstIndex: number, allowsZero = true): Promise<void> {
  return runTask(() =>
    native.appendSphereRows(rows, values, { count: values.length / 3, name: 'data.values', firstIndex, allowsZero }),
  );
}

interface Bad {
  readonly what: string;
  readonly row: number;
  readonly values: readonly number[];
  readonly code: ErrorCode;
  readonly message: RegExp;
  readonly allowsZero?: boolean;
}

const BAD: readonly Bad[] = [
  {
    what: 'NaN',
    row: 1,
    values: [0, 0, Number.NaN],
    code: 'ERR_NOT_FINITE',
    message: /finite number for data\.values\[(\d+)\]\[2\] but received NaN/,
  },
  {
    what: 'Infinity',
    row: 0,
    values: [0, Number.POSITIVE_INFINITY, Number.NaN],
    code: 'ERR_NOT_FINITE',
    message: /finite number for data\.values\[(\d+)\]\[1\] but received Infinity/,
  },
  {
    what: '-Infinity',
    row: 2,
    values: [Number.NEGATIVE_INFINITY, 0, 0],
    code: 'ERR_NOT_FINITE',
    message: /finite number for data\.values\[(\d+)\]\[0\] but received -Infinity/,
  },
  {
    what: 'norm 0.5',
    row: 2,
    values: [0.3, 0.4, 0],
    code: 'ERR_RANGE',
    message: /row of norm 1 \(or of zeros\) for data\.values\[(\d+)\] but its norm is 0\.5/,
  },
  {
    what: 'norm 1.001',
    row: 1,
    values: [1.001, 0, 0],
    code: 'ERR_RANGE',
    message: /row of norm 1 \(or of zeros\) for data\.values\[(\d+)\] but its norm is 1\.001/,
  },
  {
    what: 'zeros where they are not allowed',
    row: 1,
    values: [0, 0, 0],
    code: 'ERR_RANGE',
    message: /row of norm 1 for data\.values\[(\d+)\] but its norm is 0/,
    allowsZero: false,
  },
  {
    what: 'numbers whose squares overflow',
    row: 1,
    values: [3e38, 3e38, 0],
    code: 'ERR_RANGE',
    message: /row of norm 1 \(or of zeros\) for data\.values\[(\d+)\] but its norm is/,
  },
];

describe.each(PRECISIONS)('rows in %s', (precision) => {
  const good = numbers(EYE, precision);
  const withBad = ({ row, values }: Bad) =>
    numbers(
      EYE.map((own, at) => (at === row ? values : own)),
      precision,
    );

  /** Which axis each row of the rows is: they are made the memories of a model. */
  async function contents(rows: NativeSphereRows, count: number): Promise<number[]> {
    const weights = new Float64Array(count + 1).fill(1 / (count + 1));
    const model = native.makeSphereModel(rows, { labels: 1, classWeights: weights, beta: 1, betaScale: 1 });
    const { indices, overlaps } = await native.nearestSphereMemories(model, good, { count: 3, firstIndex: 0 }).promise;
    expect([...overlaps]).toEqual([1, 1, 1]);
    return [...indices];
  }

  it.each(BAD)('refuse $what, in any part, and stay as they were', async (bad) => {
    const rows = native.makeSphereRows({ dimension: 3, precision, capacity: 6 });
    const attempt = async (firstIndex: number) => {
      const error = await expectFailure(
        () => append(rows, withBad(bad), firstIndex, bad.allowsZero),
        bad.code,
        bad.message,
      );
      expect(Number(bad.message.exec(error.message)?.[1])).toBe(firstIndex + bad.row);
    };
    await attempt(0);
    await append(rows, good.subarray(3), 0);
    await attempt(2);
    await attempt(100);
    await append(rows, good.subarray(0, 3), 2);
    // (count + 1) class weights fit only a model of three memories.
    expect(await contents(rows, 3)).toEqual([2, 0, 1]);
  });

  it('name the first of many bad rows, whatever thread finds one', async () => {
    const x = Array.from({ length: 5000 }, (_, n) => (n < 1234 ? [0, 1, 0] : [0, 0.5, 0]));
    const rows = native.makeSphereRows({ dimension: 3, precision, capacity: 5000 });
    for (let run = 0; run < 5; run++) {
      await expectFailure(
        () => append(rows, numbers(x, precision), 7),
        'ERR_RANGE',
        /data\.values\[1241\] but its norm is 0\.5/,
      );
    }
  });

  it('take zeros where they are allowed, and norms that are right but for rounding', async () => {
    const rows = native.makeSphereRows({ dimension: 3, precision, capacity: 3 });
    await append(rows, numbers([[0, 0, 0]], precision), 0);
    await append(rows, numbers([[1 + 4e-5, 0, 0]], precision), 0);
    await append(rows, numbers([[0, 1 - 4e-5, 0]], precision), 0);
    const weights = new Float64Array(4).fill(0.25);
    expect(() =>
      native.makeSphereModel(rows, { labels: 1, classWeights: weights, beta: 1, betaScale: 1 }),
    ).not.toThrow();
  });

  it('are copied at once', async () => {
    const values = numbers(EYE, precision);
    const rows = native.makeSphereRows({ dimension: 3, precision, capacity: 3 });
    const appended = append(rows, values, 0);
    values.fill(7);
    await appended;
    expect(await contents(rows, 3)).toEqual([0, 1, 2]);
  });

  it('are checked where densities are asked for', async () => {
    const model = await makeModel(
      { memories: EYE, classWeights: [[0.25], [0.25], [0.25], [0.25]], beta: 1, betaScale: 1 },
      precision,
    );
    const calls = [
      (values: FloatArray) => native.sphereLogDensities(model, values, { count: 3, firstIndex: 50 }),
      (values: FloatArray) => native.nearestSphereMemories(model, values, { count: 3, firstIndex: 50 }),
    ] as const;
    for (const call of calls) {
      for (const bad of BAD.filter(({ allowsZero = true }) => allowsZero)) {
        const message = new RegExp(bad.message.source.replace('data\\.values', 'x\\.values'));
        const error = await expectFailure(() => runTask<unknown>(() => call(withBad(bad))), bad.code, message);
        expect(error.message).toContain(`x.values[${50 + bad.row}]`);
      }
    }
  });

  it('find their nearest memories', async () => {
    const limits = { maxPoints: 300, maxHiddenUnits: 40 };
    await check(sphereCases(limits), 30, async ({ model, x, dimension }) => {
      const handle = await makeModel(model, precision);
      const points = rounded(x, precision);
      const values = numbers(x, precision);
      const found = await native.nearestSphereMemories(handle, values, { count: x.length, firstIndex: 0 }).promise;
      const memories = rounded(model.memories, precision);
      const overlaps = points.map((point) => memories.map((w) => dot(w, point)));
      // N products and their sum.
      const unit = precision === 'float32' ? 2 ** -24 : 2 ** -53;
      expectWithin(
        'overlaps',
        found.overlaps,
        overlaps.map((row) => Math.max(...row)),
        (dimension + 2) * unit,
      );
      overlaps.forEach((row, n) => {
        const index = found.indices[n] as number;
        expectWithin('overlap', [row[index] as number], [Math.max(...row)], 2 * (dimension + 2) * unit);
      });
      const zero = values.subarray(0, dimension).fill(0);
      const atZero = await native.nearestSphereMemories(handle, zero, { count: 1, firstIndex: 0 }).promise;
      expect([...atZero.indices, ...atZero.overlaps]).toEqual([0, 0]);
    });
  });

  it('find the first of equal ones', async () => {
    // Coordinates whose products and sums are exact. (Elsewhere the overlaps of the same memory at two places may round
    // apart.)
    const random = new TestRandom(2);
    const directions = (count: number) =>
      Array.from({ length: count }, () => Array.from({ length: 4 }, () => (random.uniform() < 0.5 ? 0.5 : -0.5)));
    const [memories, x] = [directions(67), directions(300)];
    const classWeights = Array.from({ length: 68 }, () => [1 / 68]);
    const model = await makeModel({ memories, classWeights, beta: 1, betaScale: 1 }, precision);
    const found = await native.nearestSphereMemories(model, numbers(x, precision), { count: 300, firstIndex: 0 })
      .promise;
    const overlaps = x.map((point) => memories.map((w) => dot(w, point)));
    expect([...found.overlaps]).toEqual(overlaps.map((row) => Math.max(...row)));
    expect([...found.indices]).toEqual(overlaps.map((row) => row.indexOf(Math.max(...row))));
  });
});

/** An epoch of about half a second. */
async function longEpoch(precision: Precision) {
  const random = new TestRandom(1);
  const directions = (count: number) => Array.from({ length: count }, () => normalised([...random.normals(200)]));
  const [x, memories] = [directions(2000), directions(300)];
  const hiddenShares = new Float64Array(301).fill(1 / 301);
  const state = await native.initialSphereState({
    dimension: 200,
    precision,
    hiddenUnits: 300,
    labels: 2,
    hiddenShares,
    classShares: Float64Array.of(0.5, 0.5),
    beta: 10,
    betaScale: 1,
    seed: 1n,
  }).promise;
  const start = { ...state, memories: numbers(memories, precision) };
  // Small batches take long for the sake of their class weights.
  return makeTrainer({ x, labels: x.map((_, n) => n % 2), trainingRows: 1990 }, start, { batchSize: 2 });
}

describe('an epoch', () => {
  it.each(PRECISIONS)('can be aborted (%s)', async (precision) => {
    const trainer = await longEpoch(precision);
    const task = native.trainSphereEpoch(trainer, { index: 0 });
    setTimeout(() => task.abort(), 20);
    const start = performance.now();
    await expect(task.promise).rejects.toThrow(/abort/);
    expect(performance.now() - start).toBeLessThan(150);
    const fresh = await longEpoch(precision);
    const controller = new AbortController();
    const reason = new Error('enough');
    setTimeout(() => controller.abort(reason), 20);
    const aborted = runTask((report) => native.trainSphereEpoch(fresh, { index: 0, onProgress: report }), {
      signal: controller.signal,
    });
    await expect(aborted).rejects.toBe(reason);
  });

  it('reports progress up to its total', async () => {
    const trainer = await longEpoch('float64');
    const seen: number[] = [];
    const totals = new Set<number>();
    await native.trainSphereEpoch(trainer, {
      index: 0,
      onProgress: ({ completed, total }) => {
        seen.push(completed);
        totals.add(total);
      },
    }).promise;
    expect([...totals]).toEqual([2000]);
    expect(seen.at(-1)).toBe(2000);
    expect(seen.length).toBeGreaterThan(1);
    expectSameBits(
      'in order',
      seen,
      [...seen].sort((a, b) => a - b),
    );
  });

  it('and a split do so too, and a split can be aborted', async () => {
    const trainer = await longEpoch('float64');
    const settings = { most: 0, threshold: 0, distance: 0.25, mostRows: 1000, epoch: 0, passes: 30, seed: 1n };
    const seen: number[] = [];
    await native.splitSphereMemories(trainer, { ...settings, onProgress: ({ completed }) => seen.push(completed) })
      .promise;
    expect(seen.at(-1)).toBe(31 * 1000);
    const task = native.splitSphereMemories(trainer, { ...settings, passes: 1e5 });
    setTimeout(() => task.abort(), 20);
    await expect(task.promise).rejects.toThrow(/abort/);
  });
});

describe('a trainer', () => {
  it('needs a label for every row, and labels that there are', async () => {
    const rows = await makeRows(Float64Array.from(EYE.flat()), 3);
    const state = await native.initialSphereState({
      dimension: 3,
      precision: 'float64',
      hiddenUnits: 2,
      labels: 2,
      hiddenShares: Float64Array.of(0.2, 0.4, 0.4),
      classShares: Float64Array.of(0.5, 0.5),
      beta: 1,
      betaScale: 1,
      seed: 1n,
    }).promise;
    const make = (labels: number[], trainingRows: number) => () =>
      native.makeSphereTrainer(rows, { labels: Int32Array.from(labels), trainingRows, settings: SETTINGS, state });
    expect(make([0, 1, 0], 3)).not.toThrow();
    expect(make([0, 1], 3)).toThrow(/label for every row/);
    expect(make([0, 1, 0], 4)).toThrow();
    expect(make([0, 2, 0], 3)).toThrow();
    expect(make([0, -1, 0], 3)).toThrow();
  });
});
