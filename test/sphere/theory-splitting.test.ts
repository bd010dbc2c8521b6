/** Whether copies of a memory part: the quadratic form, its threshold, and what the equations then do (appendix I). */
import { describe, expect, it } from 'vitest';
import {
  duplicate,
  type SaddlePoint,
  type SaddlePointParameters,
  solveSaddlePoint,
  splittingStability,
  stationarity,
} from '../../lib/index.ts';
import { jacobiVectors } from '../reference/eigen.ts';
import { column, dot, normalised, posteriorSums, responsibilities, sum } from '../reference/sphere.ts';
import { expectRelative, expectWithin } from '../support/assertions.ts';
import { check } from '../support/check.ts';
import { sphereCases } from '../support/sphere.ts';
import { clusteredPatterns, matrixOf, modelOf, parametersOf, tableOf, vectorsOf } from './theorySupport.ts';

const clusters = clusteredPatterns(5, { dimension: 6, centres: 4, each: 6, classes: 2, spread: 0.5 });
const mixed = { ...vectorsOf(clusters.patterns), targets: matrixOf(clusters.targets) };
/** Equal labels everywhere: class weights then stay products, and only memories move. */
const alike = { ...mixed, targets: matrixOf(clusters.targets.map(() => [0.1, 0.6, 0.3])) };

const solve = (data: typeof mixed, options: object): Promise<SaddlePoint> =>
  solveSaddlePoint(data, data.targets, { beta: 8, tolerance: 1e-12, ...options });

it('has the spectrum of each cluster', async () => {
  await check(sphereCases({ maxDimension: 6, betas: [0.3, 1, 6, 30] }), 40, async ({ model, x, q, labels, points }) => {
    const found = await splittingStability(parametersOf(model), { ...vectorsOf(x), labels }, { maxPasses: 20_000 });
    const gamma = responsibilities(model, x, q);
    const sums = posteriorSums(model, x, q);
    const beta = model.beta * model.betaScale;
    model.memories.forEach((w, mu) => {
      const weights = column(gamma, mu + 1);
      const tangents = x.map((point) => point.map((value, k) => value - dot(w, point) * (w[k] as number)));
      const covariance = w.flatMap((_, j) =>
        w.map(
          (_, k) => sum(tangents.map((t, n) => (weights[n] as number) * (t[j] as number) * (t[k] as number))) / points,
        ),
      );
      const spread = Math.max(...jacobiVectors(Float64Array.from(covariance), w.length).values);
      const pull = sum(x.map((point, n) => (weights[n] as number) * dot(w, point))) / points;
      const xbar = sums.memories[mu] as number[];
      // Power iteration stops when the eigenvalue changes by 1e-12 a pass; near-equal ones leave some thousand times
      // that.
      const bound = 1e-8 * (spread + 1e-6);
      expectWithin(
        'eigenvalue',
        [found.eigenvalues[mu] as number],
        [beta * pull - beta * beta * spread],
        beta * beta * bound + 1e-12,
      );
      if (spread < 1e-9) return;
      expectRelative('betaSplit', [found.betaSplit[mu] as number], [pull / spread], 1e-4);
      expectRelative(
        'form',
        [found.quadraticForms[mu] as number],
        [(beta * spread * points) / Math.sqrt(dot(xbar, xbar))],
        1e-4,
      );
      expect(found.unstable[mu]).toBe((found.quadraticForms[mu] as number) > 1);
      const u = tableOf(found.directions)[mu] as number[];
      expectWithin('tangent', [dot(u, u), dot(u, w)], [1, 0], 1e-12);
    });
  });
});

describe('at a fixed point', () => {
  it('the criteria agree: the quadratic form, the threshold and the splitting matrix', async () => {
    for (const beta of [3, 6, 40]) {
      const solution = await solve(mixed, { beta, v: 1.5, hiddenUnits: 3, seed: 1 });
      expect(solution.stopped).toBe('converged');
      const found = await splittingStability(solution, mixed);
      const b = beta * solution.betaScale;
      found.unstable.forEach((isUnstable, mu) => {
        expect((found.eigenvalues[mu] as number) < 0).toBe(isUnstable);
        expect(b > (found.betaSplit[mu] as number)).toBe(isUnstable);
        expectRelative(
          'the form is b / betaSplit',
          [found.quadraticForms[mu] as number],
          [b / (found.betaSplit[mu] as number)],
          1e-8,
        );
      });
    }
  });

  it('a memory of one pattern cannot be split', async () => {
    const one = { count: 1, dimension: 3, values: Float64Array.of(0, 1, 0), targets: matrixOf([[0.5, 0.5]]) };
    const solution = await solve(one, { beta: 50, hiddenUnits: 1 });
    const found = await splittingStability(solution, one);
    expect(found.betaSplit[0]).toBeGreaterThan(1e10);
    expect(found.quadraticForms[0]).toBeLessThan(1e-10);
    expect(found.unstable).toEqual([false]);
    const none = await splittingStability(solution, { ...one, values: new Float64Array(3) });
    expect([none.betaSplit[0], none.quadraticForms[0]]).toEqual([Number.POSITIVE_INFINITY, 0]);
  });

  it('the quadratic form is the derivative of the equations with class weights held', async () => {
    const solution = await solve(mixed, { beta: 9, v: 2, hiddenUnits: 2, seed: 3 });
    const { quadraticForms, directions } = await splittingStability(solution, mixed, { tolerance: 0, maxPasses: 2000 });
    for (const mu of [0, 1]) {
      const u = tableOf(directions)[mu] as number[];
      const model = modelOf(duplicate(solution, [mu]));
      // Along u of the first minus along u of the copy, halved, after one application to w + t u and w - t u.
      const parted = (t: number) => {
        const memories = model.memories.map((row, at) => {
          const sign = at === mu ? 1 : at === 2 ? -1 : 0;
          return row.map((value, k) => value + sign * t * (u[k] as number));
        });
        const next = posteriorSums({ ...model, memories }, clusters.patterns, clusters.targets).memories.map(
          normalised,
        );
        return (dot(next[mu] as number[], u) - dot(next[2] as number[], u)) / 2;
      };
      const t = 1e-4;
      // Central differences: t^2 b^2 of the third derivative.
      expectRelative('derivative', [(parted(t) - parted(-t)) / (2 * t)], [quadraticForms[mu] as number], 1e-5);
    }
  });
});

describe('copies moved apart a little', () => {
  const t = 1e-4;

  /** How far along u the copy 1 of memory 0 is from it, halved. */
  const parted = (state: SaddlePointParameters, u: readonly number[]) => {
    const [w, copy] = tableOf({ rows: 2, columns: state.dimension, data: state.memories }) as [number[], number[]];
    return (dot(w, u) - dot(copy, u)) / 2;
  };

  async function moved(beta: number) {
    const one = await solve(alike, { beta, hiddenUnits: 1, hiddenShares: [0, 1] });
    const { quadraticForms, betaSplit, directions } = await splittingStability(one, alike);
    const u = tableOf(directions)[0] as number[];
    const twins = duplicate(one, [0]);
    const w = [...one.memories];
    const sides = [1, -1].map((sign) => normalised(w.map((value, k) => value + sign * t * (u[k] as number))));
    const start = { ...twins, memories: Float64Array.from(sides.flat()) };
    const run = (maxIterations: number) => solve(alike, { beta, start, maxIterations, tolerance: 0 });
    return { growth: quadraticForms[0] as number, betaSplit: betaSplit[0] as number, u, run };
  }

  // The one memory without a background is the normalised mean whatever beta is, so betaSplit is a number.
  it.each([0.5, 0.9, 1.1, 2])('grow by the quadratic form an application, at %d times betaSplit', async (factor) => {
    const { betaSplit } = await moved(1);
    const { growth, u, run } = await moved(factor * betaSplit);
    expectRelative('the form', [growth], [factor], 1e-9);
    let before = t;
    for (const iterations of [1, 2, 3]) {
      const now = parted(await run(iterations), u);
      // t^2 b^2 of it, and what lies along other directions than u.
      expectRelative(`application ${iterations}`, [now / before], [growth], 1e-5);
      before = now;
    }
    const end = Math.abs(parted(await run(400), u));
    if (factor < 1) expect(end).toBeLessThan(1e-12);
    else expect(end).toBeGreaterThan(0.1);
  });

  it('end at a better stationary point than where they began', async () => {
    const { betaSplit } = await moved(1);
    const { run } = await moved(2 * betaSplit);
    const end = await run(2000);
    expect((await stationarity(end, alike)).greatestMemory).toBeLessThan(1e-8);
    expect((await splittingStability(end, alike)).quadraticForms.every((form) => form < 2)).toBe(true);
  });
});
