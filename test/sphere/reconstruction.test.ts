/**
 * Reconstruction on the sphere: against the reference, by what a minimum must fulfil, and in cases known in closed
 * form.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logSphereArea, vonMisesFisherLogNormalizer } from '../../lib/index.ts';
import { native } from '../../lib/native/addon.ts';
import { normalised, sum, type Table } from '../reference/sphere.ts';
import { logConditional, reconstructionStep, reconstruct as referenceReconstruct } from '../reference/sphereRecall.ts';
import { expectRelative, expectSameBits, expectWithin } from '../support/assertions.ts';
import { check } from '../support/check.ts';
import { TestRandom } from '../support/random.ts';
import { type SphereCase, sphereCases } from '../support/sphere.ts';
import { nativeModel, PLANE, runReconstruction as run, twoClasses, vectors } from '../support/sphereModel.ts';
import { SINGLE_EPSILON } from '../support/tolerances.ts';

/** Random models with points of norm 1. */
const cases = sphereCases().map((c) => ({ ...c, x: c.x.filter((point) => point.some((value) => value !== 0)) }));
const casesWithPoints = cases.filter(({ x }) => x.length > 0);

/** About half of the coordinates, for every seed others. */
function someCoordinates({ seed, dimension }: SphereCase): boolean[] {
  const random = new TestRandom(seed ^ 0x55aa);
  return Array.from({ length: dimension }, () => random.uniform() < 0.5);
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
        // Both stop within a step of 1e-9 or after as many steps; rounding may grow on the way, energies are flat at
        // the end.
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
      const logs = await native.sphereLogDensities(handle, values, { count, firstIndex: 0 }).promise;
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
    // Noise of other seeds than that of the memories: it must not be one of them.
    const starts = model.memories.map((w, mu) => corrupted(w, 100 + mu));
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
