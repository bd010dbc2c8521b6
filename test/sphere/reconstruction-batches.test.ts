/** Reconstruction on the sphere: batches, progress and abort, bad input. */
import { describe, expect, it } from 'vitest';
import { setThreads, threads } from '../../lib/index.ts';
import { type ReconstructOptions, reconstruct } from '../../lib/sphere/reconstruction.ts';
import { normalised } from '../reference/sphere.ts';
import { expectFailure, expectSameBits, expectWithin } from '../support/assertions.ts';
import { TestRandom } from '../support/random.ts';
import { nativeModel, PLANE, runReconstruction as run, twoClasses } from '../support/sphereModel.ts';

describe('batches', () => {
  const random = new TestRandom(23);
  const starts = Array.from({ length: 300 }, () => normalised([...random.normals(40)]));

  it.each(['float32', 'float64'] as const)('the number of threads does not show (%s)', async (precision) => {
    const model = twoClasses(9);
    const before = threads();
    const results = [];
    for (const count of [1, 2, 3]) {
      setThreads(count);
      results.push(await run(model, starts, {}, precision));
    }
    setThreads(before);
    for (const other of results.slice(1)) {
      expectSameBits('states', other.states.values, (results[0] as typeof other).states.values);
      expectSameBits('energy', other.energy, (results[0] as typeof other).energy);
      expect(other.iterations).toEqual((results[0] as typeof other).iterations);
    }
  });

  it('states stop at iterations of their own, each as if it were alone', async () => {
    const model = twoClasses(9);
    const { points, energy, iterations, stepLength, stopped } = await run(model, starts);
    expect(new Set(iterations).size).toBeGreaterThan(5);
    expect(new Set(stopped)).toEqual(new Set(['converged']));
    expect(Math.max(...stepLength)).toBeLessThanOrEqual(1e-6);
    for (const i of [0, 63, 64, 150, 299]) {
      const alone = await run(model, [starts[i] as number[]]);
      expect(alone.iterations[0]).toBe(iterations[i]);
      // Products of other sizes may be summed in another order.
      expectWithin('state', alone.points[0] as number[], points[i] as number[], 1e-12);
      expectWithin('energy', alone.energy, [energy[i] as number], 1e-12);
    }
  });

  it('maxIterations ends some of them, 0 all', async () => {
    const model = twoClasses(9);
    const { iterations } = await run(model, starts);
    const limit = iterations.toSorted()[150] as number;
    const few = await run(model, starts, { maxIterations: limit });
    expect(new Set(few.stopped)).toEqual(new Set(['converged', 'iterations']));
    few.stopped.forEach((why, i) => {
      expect(why === 'converged').toBe((few.stepLength[i] as number) <= 1e-6);
      if (why === 'iterations') expect(few.iterations[i]).toBe(limit);
    });
    const none = await run(model, starts, { maxIterations: 0 });
    expectSameBits('states', none.points.flat(), starts.flat());
    const one = await run(model, starts, { maxIterations: 1, tolerance: 0 });
    const steps = starts.map((x, i) => Math.hypot(...x.map((v, j) => v - (one.points[i]?.[j] as number))));
    expectWithin('step length', none.stepLength, steps, 1e-14);
  });

  it('reports progress to its end and can be aborted', async () => {
    const model = twoClasses(9);
    const reports: { completed: number; total: number }[] = [];
    await run(model, starts, { maxIterations: 50, onProgress: (progress) => reports.push(progress) });
    expect(reports.at(-1)).toEqual({ completed: 300 * 20 * 51, total: 300 * 20 * 51 });
    const reason = new Error('enough');
    await expect(run(model, starts, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    // At its critical beta, sqrt(2), two memories at right angles attract their middle at the rate n^(-1/2).
    const pair = [normalised([1, 1]), normalised([1, -1])];
    const critical = { ...PLANE, memories: pair, beta: Math.SQRT2 };
    const options = { tolerance: 0, maxIterations: 2 ** 31 - 1, signal: controller.signal };
    const long = run(critical, [normalised([1, 0.5])], options);
    setTimeout(() => controller.abort(reason), 50);
    await expect(long).rejects.toBe(reason);
  });
});

describe('bad input', () => {
  const options = (value: object) => run(PLANE, [[0, 1]], value as ReconstructOptions);

  it('options', async () => {
    await expectFailure(() => options({ classes: 2 }), 'ERR_RANGE', /options\.classes .*2/);
    await expectFailure(() => options({ classes: [-1] }), 'ERR_RANGE', /options\.classes\[0\] .*-1/);
    await expectFailure(() => options({ classes: [0.5] }), 'ERR_RANGE', /options\.classes\[0\] .*0\.5/);
    await expectFailure(() => options({ classes: [1, 1] }), 'ERR_SHAPE', /options\.classes .*2/);
    await expectFailure(() => options({ classes: '1' }), 'ERR_SHAPE', /options\.classes/);
    await expectFailure(() => options({ clamped: [true] }), 'ERR_SHAPE', /options\.clamped .*1/);
    await expectFailure(() => options({ clamped: [true, 1] }), 'ERR_SHAPE', /options\.clamped\[1\]/);
    await expectFailure(() => options({ clamped: 'no' }), 'ERR_SHAPE', /options\.clamped/);
    await expectFailure(() => options({ tolerance: -1 }), 'ERR_RANGE', /options\.tolerance/);
    await expectFailure(() => options({ maxIterations: 1.5 }), 'ERR_RANGE', /options\.maxIterations/);
    await expectFailure(() => options({ maxIteration: 1 }), 'ERR_RANGE', /maxIteration/);
    await expectFailure(() => options({ trajectory: true }), 'ERR_RANGE', /trajectory/);
  });

  it('starts', async () => {
    await expectFailure(() => run(PLANE, [[0, 0, 1]]), 'ERR_SHAPE', /starts\.dimension/);
    const bad: [number[], 'ERR_RANGE' | 'ERR_NOT_FINITE', RegExp][] = [
      [[0, 0], 'ERR_RANGE', /starts\.values\[1\].* norm is 0/],
      [[0, 1.1], 'ERR_RANGE', /starts\.values\[1\].* 1\.1/],
      [[Number.NaN, 1], 'ERR_NOT_FINITE', /starts\.values\[1\]\[0\]/],
    ];
    for (const [start, code, message] of bad) await expectFailure(() => run(PLANE, [[0, 1], start]), code, message);
    // Clamped values of norm above 1 are a start of norm above 1.
    await expectFailure(() => run(PLANE, [[1.2, 0]], { clamped: [true, false] }), 'ERR_RANGE', /starts\.values\[0\]/);
  });

  it('a class without weights', async () => {
    const model = {
      ...PLANE,
      classWeights: [
        [0, 0],
        [0, 0.5],
        [0, 0.5],
      ],
    };
    await expectFailure(
      () =>
        run(
          model,
          [
            [0, 1],
            [1, 0],
          ],
          { classes: [1, 0] },
        ),
      'ERR_RANGE',
      /start 1 but the weights of class 0/,
    );
  });

  it('counts starts through all parts of a large batch', async () => {
    const count = 2 ** 20 + 7;
    const values = new Float64Array(2 * count).fill(Math.SQRT1_2);
    values[2 * count - 1] = 3;
    const shape = { dimension: 2, hiddenUnits: 2, classes: 1 };
    const call = async () =>
      reconstruct(await nativeModel(PLANE), shape, { count, dimension: 2, values }, { maxIterations: 0 });
    await expectFailure(call, 'ERR_RANGE', new RegExp(`starts\\.values\\[${count - 1}\\]`));
    values[2 * count - 1] = -Math.SQRT1_2;
    const classes = new Int32Array(count).fill(1);
    const { energy, states } = await reconstruct(
      await nativeModel(PLANE),
      shape,
      { count, dimension: 2, values },
      { classes, maxIterations: 0 },
    );
    expect([states.count, states.values.length, energy.length]).toEqual([count, 2 * count, count]);
    expectSameBits('last state', states.values.subarray(-2), values.subarray(-2));
  });
});
