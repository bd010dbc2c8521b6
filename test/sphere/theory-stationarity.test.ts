/** How far a model is from a stationary point, and duplicates of one (eqs. 6 and 13). */
import { describe, expect, it } from 'vitest';
import { duplicate, solveSaddlePoint, stationarity } from '../../lib/index.ts';
import { dot, normalised, posteriorSums } from '../reference/sphere.ts';
import { columnSums, multipliers, rowSums } from '../reference/sphereTraining.ts';
import { expectRelative, expectSameBits, expectWithin } from '../support/assertions.ts';
import { check } from '../support/check.ts';
import { buildSphereCase, sphereCases } from '../support/sphere.ts';
import { clusteredPatterns, matrixOf, parametersOf, tableOf, vectorsOf } from './theorySupport.ts';

const clusters = clusteredPatterns(5, { dimension: 6, centres: 4, each: 6, classes: 2, spread: 0.5 });
const data = { ...vectorsOf(clusters.patterns), targets: matrixOf(clusters.targets) };
const solve = (options: object) =>
  solveSaddlePoint(data, data.targets, { beta: 8, v: 0.9, seed: 2, tolerance: 1e-12, hiddenUnits: 3, ...options });

describe('stationarity', () => {
  it('has the sums of the reference, whatever the model', async () => {
    await check(sphereCases(), 60, async ({ model, x, q, labels, points }) => {
      const parameters = parametersOf(model);
      const found = await stationarity(parameters, { ...vectorsOf(x), labels });
      const expected = posteriorSums(model, x, q);
      expectWithin('wbar', found.memorySums.data, expected.memories.flat(), 1e-11 * points);
      expectWithin('pbar', found.classSums.data, expected.classWeights.flat(), 1e-11 * points);
      const soft = await stationarity(parameters, { ...vectorsOf(x), targets: matrixOf(q) });
      expectWithin('with soft labels', soft.memories, found.memories, 1e-9);
    });
  });

  it('has the residuals of the reference', async () => {
    // The reference finds multipliers only where numbers differ by a few orders.
    const cases = sphereCases({ betas: [1e-3, 0.3, 1, 6], logSharpnesses: [0, 1], degenerate: false });
    await check(cases, 30, async ({ model, x, q, labels, hiddenShares, classShares }) => {
      const found = await stationarity(parametersOf(model), { ...vectorsOf(x), labels });
      const sums = posteriorSums(model, x, q);
      const memories = sums.memories.map((row, mu) => {
        const w = model.memories[mu] as readonly number[];
        const difference = normalised(row).map((value, k) => value - (w[k] as number));
        return Math.sqrt(dot(difference, difference));
      });
      const p = multipliers(sums.classWeights, hiddenShares, classShares).classWeights;
      const units = p.map((row, gamma) =>
        Math.max(
          ...row.map((value, y) => Math.abs(value - ((model.classWeights[gamma] as readonly number[])[y] as number))),
        ),
      );
      // Directions of sums of few points, which may nearly cancel.
      expectWithin('memories', found.memories, memories, 1e-8);
      expectWithin('class weights', found.classWeights, units, 1e-10);
      expect(found.greatestMemory).toBe(Math.max(...found.memories));
      expect(found.greatestClassWeight).toBe(Math.max(...found.classWeights));
      expect(found.unsupported).toHaveLength(0);
    });
  });

  it('holds class weights to the shares given', async () => {
    const solution = await solve({});
    const shares = { hiddenShares: [0.1, 0.2, 0.3, 0.4] };
    const { classWeights } = await stationarity(solution, data, shares);
    const sums = await stationarity(solution, data);
    const p = multipliers(
      tableOf(sums.classSums),
      shares.hiddenShares,
      columnSums(tableOf(solution.classWeights)),
    ).classWeights;
    const expected = p.map((row, gamma) =>
      Math.max(...row.map((value, y) => Math.abs(value - (solution.classWeights.data[gamma * 3 + y] as number)))),
    );
    expectWithin('residuals', classWeights, expected, 1e-10);
  });

  it('leaves what no row says anything about alone', async () => {
    // A memory that has no class weights for the only label there is, and a class that no row has.
    const parameters = {
      dimension: 2,
      hiddenUnits: 2,
      classes: 2,
      beta: 3,
      betaScale: 1,
      memories: Float64Array.of(1, 0, 0, 1),
      classWeights: matrixOf([
        [0, 0.2, 0],
        [0, 0.4, 0.1],
        [0, 0, 0.3],
      ]),
    };
    const rows = { count: 1, dimension: 2, values: Float64Array.of(1, 0), labels: [1] };
    const found = await stationarity(parameters, rows, { labelSoftening: 0 });
    expect([...found.unsupported]).toEqual([1]);
    expectSameBits('memories', found.memories, [0, 0]);
    // What is left of the shares leaves one table only: that which is there.
    expectWithin('class weights', found.classWeights, [0, 0, 0], 1e-15);
  });

  it('takes a model of float32', async () => {
    const { model, x, labels } = buildSphereCase({
      seed: 4,
      dimension: 5,
      hiddenUnits: 3,
      classes: 2,
      points: 8,
      beta: 4,
      betaScale: 0.5,
      logSharpness: 1,
      zeroRows: true,
      duplicates: false,
    });
    const exact = parametersOf(model);
    const single = { ...exact, memories: Float32Array.from(exact.memories) };
    const rows = { ...vectorsOf(x), labels };
    const [found, expected] = [await stationarity(single, rows), await stationarity(exact, rows)];
    expectWithin('memories', found.memories, expected.memories, 1e-5);
  });
});

describe('duplicate', () => {
  it('copies memories to the end and halves class weights', () => {
    const parameters = {
      dimension: 2,
      hiddenUnits: 2,
      classes: 1,
      beta: 3,
      betaScale: 0.5,
      memories: Float32Array.of(1, 0, 0, 1),
      classWeights: matrixOf([
        [0.125, 0.125],
        [0.25, 0.125],
        [0.125, 0.25],
      ]),
    };
    const before = structuredClone(parameters);
    const copy = duplicate(parameters, [1, 0]);
    expect(copy).toMatchObject({ dimension: 2, hiddenUnits: 4, classes: 1, beta: 3, betaScale: 0.5 });
    expect(copy.memories).toEqual(Float32Array.of(1, 0, 0, 1, 0, 1, 1, 0));
    expect(tableOf(copy.classWeights)).toEqual([
      [0.125, 0.125],
      [0.125, 0.0625],
      [0.0625, 0.125],
      [0.0625, 0.125],
      [0.125, 0.0625],
    ]);
    expect(copy.lengths).toEqual(Float64Array.of(1, 1, 1, 1));
    expect(parameters).toEqual(before);
  });

  it.each([[[0]], [[2, 0]], [[0, 1, 2]]])('of memories %j of a fixed point is a fixed point', async (indices) => {
    const solution = await solve({});
    expect(solution.stopped).toBe('converged');
    const copy = duplicate(solution, indices);
    const next = await solve({ hiddenUnits: undefined, seed: undefined, start: copy, maxIterations: 1, tolerance: 0 });
    expect(next.residual).toBeLessThanOrEqual(1e-10);
    expectWithin('memories', next.memories, copy.memories, 1e-10);
    expectWithin('class weights', next.classWeights.data, copy.classWeights.data, 1e-10);
    const residuals = await stationarity(copy, data);
    expect(residuals.greatestMemory).toBeLessThanOrEqual(1e-10);
    expect(residuals.greatestClassWeight).toBeLessThanOrEqual(1e-10);
    expectRelative(
      'shares',
      rowSums(tableOf(copy.classWeights)).slice(4),
      indices.map(() => 0.125),
      1e-12,
    );
  });

  it('is none with finite rho: the halves shorten', async () => {
    const rho = 0.2;
    const solution = await solve({ rho });
    const copy = duplicate(solution, [0]);
    const next = await solve({
      rho,
      hiddenUnits: undefined,
      seed: undefined,
      start: copy,
      maxIterations: 1,
      tolerance: 0,
    });
    // s(2 b rho |xbar| / 2) for s(2 b rho |xbar|): with s(a) = tan(atan(a) / 2) the half is known from the whole.
    const argument = Math.tan(2 * Math.atan(solution.lengths[0] as number));
    const half = Math.tan(Math.atan(argument / 2) / 2);
    expectWithin(
      'lengths',
      [0, 3].map((mu) => next.lengths[mu] as number),
      [half, half],
      1e-9,
    );
    expect((solution.lengths[0] as number) - half).toBeGreaterThan(0.01);
    expectWithin('the others', next.lengths.subarray(1, 3), solution.lengths.subarray(1, 3), 1e-9);
    expectWithin('directions', next.memories, copy.memories, 1e-9);
  });
});
