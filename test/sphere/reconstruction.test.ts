/** Reconstruction on the sphere: against the reference, by what a minimum must fulfil, and in cases known in closed form. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logSphereArea, setThreads, threads, vonMisesFisherLogNormalizer } from '../../lib/index.ts';
import { native } from '../../lib/native.ts';
import { type ReconstructOptions, reconstruct } from '../../lib/sphere/reconstruction.ts';
import { normalised, type SphereModel, sum, type Table } from '../reference/sphere.ts';
import { logConditional, reconstructionStep, reconstruct as referenceReconstruct } from '../reference/sphereRecall.ts';
import { expectFailure, expectRelative, expectSameBits, expectWithin } from '../support/assertions.ts';
import { check } from '../support/check.ts';
import { TestRandom } from '../support/random.ts';
import { buildSphereCase, type SphereCase, sphereCases } from '../support/sphere.ts';
import { nativeModel, vectors } from '../support/sphereModel.ts';
import { SINGLE_EPSILON } from '../support/tolerances.ts';

type Precision = 'float32' | 'float64';

async function run(model: SphereModel, starts: Table, options: ReconstructOptions = {}, precision?: Precision) {
  const hiddenUnits = model.memories.length;
  const dimension = (model.memories[0] as readonly number[]).length;
  const shape = { dimension, hiddenUnits, classes: (model.classWeights[0] as readonly number[]).length - 1 };
  const { states, ...rest } = await reconstruct(
    await nativeModel(model, precision),
    shape,
    vectors(starts, precision),
    options,
  );
  const values = states.values as Float64Array;
  const points = starts.map((_, i) => [...values.subarray(i * dimension, (i + 1) * dimension)]);
  return { ...rest, states, points };
}

/** Random models with points of norm 1. */
const cases = sphereCases().map((c) => ({ ...c, x: c.x.filter((point) => point.some((value) => value !== 0)) }));
const casesWithPoints = cases.filter(({ x }) => x.length > 0);

/** About half of the coordinates, for every seed others. */
function someCoordinates({ seed, dimension }: SphereCase): boolean[] {
  const random = new TestRandom(seed ^ 0x55aa);
  return Array.from({ length: dimension }, () => random.uniform() < 0.5);
}

const PLANE: SphereModel = {
  memories: [
    [1, 0],
    [-1, 0],
  ],
  classWeights: [
    [0, 0],
    [0.25, 0.25],
    [0.25, 0.25],
  ],
  beta: 3,
  betaScale: 1,
};

/** Twenty random memories of 40 dimensions in two classes: the first ten of class 1, the others of class 2. */
function twoClasses(beta: number): SphereModel {
  const random = new TestRandom(7);
  const memories = Array.from({ length: 20 }, () => normalised([...random.normals(40)]));
  const classWeights = [[0.02, 0.02, 0.02], ...memories.map((_, mu) => (mu < 10 ? [0, 0.047, 0] : [0, 0, 0.047]))];
  return { memories, classWeights, beta, betaScale: 1 };
}

/** A memory with so much noise that it has an overlap of about 0.7 with it. */
function corrupted(memory: readonly number[], seed: number): number[] {
  const noise = normalised([...new TestRandom(seed).normals(memory.length)]);
  return normalised(memory.map((w, j) => w + (noise[j] as number)));
}

describe('one step', () => {
  // The exponents, up to 200, are off by rounding: 1e-13 of the shares, times up to 1e3 where their sum nearly cancels.
  it('is the reference step, for every class and clamping', () =>
    check(casesWithPoints, 60, async (c) => {
      for (const clamped of [undefined, someCoordinates(c)]) {
        for (let y = 0; y <= c.classes; y++) {
          const { points, energy } = await run(c.model, c.x, { classes: y, clamped, tolerance: 0, maxIterations: 1 });
          c.x.forEach((start, i) => {
            const point = points[i] as number[];
            expectWithin('state', point, reconstructionStep(c.model, start, y, clamped), 1e-9);
            expectWithin('energy', [energy[i] as number], [-logConditional(c.model, point, y)], 1e-10);
          });
        }
      }
    }));

  it('without a class counts all of them', () =>
    check(casesWithPoints, 30, async (c) => {
      const merged = { ...c.model, classWeights: c.model.classWeights.map((row) => [sum(row)]) };
      const { points, energy } = await run(c.model, c.x, { tolerance: 0, maxIterations: 1 });
      c.x.forEach((start, i) => {
        expectWithin('state', points[i] as number[], reconstructionStep(merged, start, 0), 1e-9);
        expectWithin('energy', [energy[i] as number], [-logConditional(merged, points[i] as number[], 0)], 1e-10);
      });
    }));

  it('never raises the energy', () =>
    check(casesWithPoints, 40, async (c) => {
      for (const clamped of [undefined, someCoordinates(c)]) {
        const options = { classes: c.labels[0] as number, clamped, tolerance: 0 };
        let { points, energy } = await run(c.model, c.x, { ...options, maxIterations: 0 });
        for (let step = 0; step < 8; step++) {
          const next = await run(c.model, points, { ...options, maxIterations: 1 });
          next.energy.forEach((value, i) => {
            // Rounding of an exponent of up to beta.
            expect(value).toBeLessThanOrEqual((energy[i] as number) + 1e-14 * (10 + c.beta));
          });
          ({ points, energy } = next);
        }
      }
    }));
});

describe('the end', () => {
  it('agrees with the reference', () =>
    check(casesWithPoints, 40, async (c) => {
      const options = { tolerance: 1e-9, maxIterations: 300 };
      const { points, energy, stopped, stepLength, overlap, nearest } = await run(c.model, c.x, {
        classes: 1,
        ...options,
      });
      c.x.forEach((start, i) => {
        const expected = referenceReconstruct(c.model, start, 1, options);
        const point = points[i] as number[];
        expect(stopped[i]).toBe((stepLength[i] as number) <= 1e-9 ? 'converged' : 'iterations');
        // Both stop within a step of 1e-9 or after as many steps; rounding may grow on the way, energies are flat at the end.
        expectWithin('energy', [energy[i] as number], [-expected.logDensity], 1e-8);
        expectWithin('norm', [Math.hypot(...point)], [1], 1e-14);
        const overlaps = c.model.memories.map((w) => sum(w.map((value, j) => value * (point[j] as number))));
        expectWithin('overlap', [overlap[i] as number], [Math.max(...overlaps)], 1e-14);
        expectWithin('nearest', [overlaps[nearest[i] as number] as number], [Math.max(...overlaps)], 1e-14);
      });
    }));

  it('is stationary: the density does not change along the sphere', async () => {
    const random = new TestRandom(3);
    const model = twoClasses(12);
    const starts = Array.from({ length: 6 }, () => normalised([...random.normals(40)]));
    const classes = [0, 1, 2, 1, 2, 1];
    const found = await run(model, starts, { classes, tolerance: 1e-10 });
    expect(found.stopped.every((why) => why === 'converged')).toBe(true);
    const handle = await nativeModel(model);
    // Central differences: their error is step^2/6 times a third derivative of at most beta^3.
    const h = 1e-5;
    const slopes = async (points: Table) => {
      const direction = normalised([...random.normals(40)]);
      const moved = points.flatMap((x) =>
        [h, -h].map((by) => normalised(x.map((v, j) => v + by * (direction[j] as number)))),
      );
      const { count, values } = vectors(moved);
      const logs = await native.sphereLogDensities(handle, count, values, 0, undefined).promise;
      return classes.map((y, i) => ((logs[6 * i + y] as number) - (logs[6 * i + 3 + y] as number)) / (2 * h));
    };
    for (let k = 0; k < 10; k++) expectWithin('slope', (await slopes(found.points)).slice(1), [0, 0, 0, 0, 0], 1e-7);
    expect(Math.max(...(await slopes(starts)).slice(1).map(Math.abs))).toBeGreaterThan(0.1);
  });

  it.each(['float32', 'float64'] as const)('at high beta is the stored memory (%s)', async (precision) => {
    const model = twoClasses(80);
    const starts = model.memories.map((w, mu) => corrupted(w, 100 + mu));
    const { points, nearest, overlap, stopped } = await run(model, starts, {}, precision);
    expect([...nearest]).toEqual(model.memories.map((_, mu) => mu));
    expect(new Set(stopped)).toEqual(new Set(['converged']));
    // The other memories, with overlaps below 0.6 or so, have shares of exp(-80 0.4).
    expectWithin('overlap', overlap, new Float64Array(20).fill(1), 1e-6);
    expectWithin('states', points.flat(), model.memories.flat(), 1e-6);
  });

  it.each(['float32', 'float64'] as const)('at low beta is the direction of the mean (%s)', async (precision) => {
    const model = twoClasses(1e-8);
    const mean = normalised(
      (model.memories[0] as number[]).map((_, j) => sum(model.memories.slice(0, 10).map((w) => w[j] as number))),
    );
    const { points, iterations } = await run(model, [model.memories[15] as number[]], { classes: 1 }, precision);
    expectWithin('state', points[0] as number[], mean, precision === 'float32' ? 1e-6 : 1e-7);
    expect([...iterations]).toEqual([1]);
  });

  it('stays with the memories of its class', async () => {
    const model = twoClasses(60);
    const starts = model.memories.map((w, mu) => corrupted(w, mu));
    const { nearest: one } = await run(model, starts, { classes: 1 });
    const { nearest: two } = await run(model, starts, {
      classes: Int32Array.from(starts, (_, i) => (i < 10 ? 2 : 1)),
    });
    expect([...one].every((mu) => mu < 10)).toBe(true);
    expect([...one].slice(0, 10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([...two].map((mu) => mu >= 10)).toEqual(starts.map((_, i) => i < 10));
  });

  it('float32 agrees with float64', () =>
    check(sphereCases({ degenerate: false, betas: [0.3, 1, 6], logSharpnesses: [0, 1] }), 20, async (c) => {
      // A few steps: rounding of the scores, beta epsilon, enters at every one.
      const options = { classes: 1, tolerance: 0, maxIterations: 3 };
      const single = await run(c.model, c.x, options, 'float32');
      const double = await run(c.model, c.x, options);
      // A sum of memories that nearly cancels, to 1/100, has a direction that is a hundred times less certain.
      expectWithin('states', single.points.flat(), double.points.flat(), 1e3 * (1 + c.beta) * SINGLE_EPSILON);
      expectWithin('energy', single.energy, double.energy, 1e3 * (1 + c.beta) * SINGLE_EPSILON);
      expectWithin(
        'norm',
        single.points.map((x) => Math.hypot(...x)),
        c.x.map(() => 1),
        8 * SINGLE_EPSILON,
      );
    }));
});

describe('clamped coordinates', () => {
  it.each(['float32', 'float64'] as const)('keep their bits, and the norm stays 1 (%s)', (precision) =>
    check(casesWithPoints, 20, async (c) => {
      const clamped = someCoordinates(c);
      const flags = Uint8Array.from(clamped, (flag) => (flag ? 7 : 0));
      const { points, states } = await run(c.model, c.x, { clamped, maxIterations: 20 }, precision);
      const starts = vectors(c.x, precision).values;
      clamped.forEach((stays, j) => {
        for (let at = j; stays && at < starts.length; at += c.dimension) expect(states.values[at]).toBe(starts[at]);
      });
      // A start without free coordinates stays what rounding made of it.
      for (const x of points)
        expectWithin('norm', [Math.hypot(...x)], [1], precision === 'float32' ? 8 * SINGLE_EPSILON : 1e-14);
      const same = await run(c.model, c.x, { clamped: flags, maxIterations: 20 }, precision);
      expectSameBits('flags', same.states.values, states.values);
    }),
  );

  it('all of them, or all that are not zero: nothing moves', async () => {
    const model = twoClasses(10);
    const start = [...Array(39).fill(0), 1];
    for (const clamped of [start.map(() => true), start.map((value) => value === 1)]) {
      const { points, iterations, stopped } = await run(model, [start], { clamped });
      expect([points[0], [...iterations], stopped]).toEqual([start, [0], ['converged']]);
    }
  });

  it('where memories have no free part the state stays', async () => {
    const model = { ...PLANE, memories: PLANE.memories.map((w) => [...w, 0]) };
    const { points, iterations } = await run(model, [[0.8, 0.6, 0]], { clamped: [true, false, false] });
    expect([points[0], iterations[0]]).toEqual([[0.8, 0.6, 0], 0]);
  });

  it('complete what is known of a memory', async () => {
    const model = twoClasses(80);
    const w = model.memories[4] as number[];
    const half = w.map((_, j) => j < 20);
    const rest = normalised([...new TestRandom(5).normals(20)]);
    const free = Math.sqrt(1 - sum(w.slice(0, 20).map((value) => value ** 2)));
    const start = w.map((value, j) => (j < 20 ? value : free * (rest[j - 20] as number)));
    const { points } = await run(model, [start], { clamped: half });
    expectWithin('memory', points[0] as number[], w, 1e-6);
  });
});

describe('small and extreme models', () => {
  const weights = [[0], [1]];

  it.each([1e-8, 1e-3, 1, 50, 1e4, 1e6])(
    'one memory at beta %f: there in one step, also from opposite',
    async (beta) => {
      const w = normalised([1, -2, 3, 0.5]);
      const model = { memories: [w], classWeights: weights, beta, betaScale: 1 };
      const { points, energy, iterations, overlap } = await run(model, [w.map((v) => -v), normalised([1, 1, 1, 1])]);
      expectWithin('states', points.flat(), [...w, ...w], 1e-15);
      expect([...iterations]).toEqual([1, 1]);
      expectWithin('overlap', overlap, [1, 1], 1e-15);
      const expected = vonMisesFisherLogNormalizer(4, beta) - beta + logSphereArea(4);
      expectWithin('energy', energy, [expected, expected], 4 * 2 ** -52 * (10 + beta));
    },
  );

  it('effective beta, not beta, moves; beta normalises', async () => {
    const w = normalised([1, 2, 2]);
    const { energy } = await run({ memories: [w], classWeights: weights, beta: 20, betaScale: 0.25 }, [w]);
    expectWithin('energy', energy, [vonMisesFisherLogNormalizer(3, 20) - 5 + logSphereArea(3)], 1e-13);
  });

  it.each(['float32', 'float64'] as const)('numbers stay finite at every beta and weight (%s)', async (precision) => {
    const random = new TestRandom(11);
    const memories = Array.from({ length: 8 }, () => normalised([...random.normals(5)]));
    const starts = Array.from({ length: 10 }, () => normalised([...random.normals(5)]));
    const classWeights = [[0, 1e-300], ...memories.map((_, mu) => [mu === 0 ? 1e-310 : 0, 10 ** (-40 * mu)])];
    for (const beta of [1e-8, 1e-3, 1, 1e3, 1e6, 1e12]) {
      for (const classes of [undefined, 0, 1]) {
        const found = await run({ memories, classWeights, beta, betaScale: 1 }, starts, { classes }, precision);
        for (const array of [found.states.values, found.energy, found.overlap, found.stepLength])
          expect(array.every(Number.isFinite)).toBe(true);
        if (classes === 0) expect([...found.nearest]).toEqual(starts.map(() => 0));
        expectWithin(
          'norm',
          found.points.map((x) => Math.hypot(...x)),
          starts.map(() => 1),
          8 * SINGLE_EPSILON,
        );
      }
    }
  });

  it('duplicates count as one memory with the sum of the weights', () =>
    check(fc.nat(), 10, async (seed) => {
      const random = new TestRandom(seed);
      const memories = Array.from({ length: 3 }, () => normalised([...random.normals(6)]));
      const model = { memories, classWeights: [[0.1], [0.2], [0.3], [0.4]], beta: 4, betaScale: 1 };
      const twice = {
        ...model,
        memories: [...memories, ...memories],
        classWeights: [[0.1], [0.05], [0.15], [0.1], [0.15], [0.15], [0.3]],
      };
      const start = [normalised([...random.normals(6)])];
      // Few steps, which both rounding and the tolerance leave alone.
      const options = { tolerance: 0, maxIterations: 5 };
      const once = await run(model, start, options);
      const doubled = await run(twice, start, options);
      expectWithin('states', doubled.points.flat(), once.points.flat(), 1e-11);
      expectWithin('energy', doubled.energy, once.energy, 1e-12);
      expect(doubled.nearest[0]).toBe(once.nearest[0]);
    }));

  it('between two opposite memories the state stays', async () => {
    const { points, iterations, stepLength, stopped } = await run(PLANE, [[0, 1]]);
    expect([points[0], iterations[0], stepLength[0], stopped[0]]).toEqual([[0, 1], 0, 0, 'converged']);
  });

  it('a class of the background alone is uniform', async () => {
    const model = {
      ...PLANE,
      classWeights: [
        [0.5, 0],
        [0, 0.25],
        [0, 0.25],
      ],
    };
    const { points, energy, stopped } = await run(model, [[0.6, 0.8]], { classes: 0 });
    expect([points[0], stopped]).toEqual([[0.6, 0.8], ['converged']]);
    expectRelative('energy', energy, [logSphereArea(2)], 1e-15);
  });
});

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

// The case that random ones are least likely to show: buildSphereCase's smallest.
it('one point, one memory, one class, two dimensions', async () => {
  const c = buildSphereCase({
    seed: 1,
    dimension: 2,
    hiddenUnits: 1,
    classes: 1,
    points: 1,
    beta: 1,
    betaScale: 1,
    logSharpness: 0,
    zeroRows: false,
    duplicates: false,
  });
  const { points } = await run(c.model, c.x);
  expectWithin('state', points[0] as number[], c.model.memories[0] as number[], 1e-15);
});
