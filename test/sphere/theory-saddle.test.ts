/** The saddle-point equations and what they have in common with stationary points of the loss (eqs. 6, 9, 10). */
import { describe, expect, it } from 'vitest';
import {
  type SaddlePoint,
  type SaddlePointOptions,
  sampleTeacher,
  setThreads,
  solveSaddlePoint,
  solveTeacherSaddlePoint,
  stationarity,
  threads,
} from '../../lib/index.ts';
import {
  columns,
  dot,
  logNormalizer,
  normalised,
  posteriorSums,
  type SphereModel,
  sum,
  supervisedLoss,
  type Table,
} from '../reference/sphere.ts';
import { columnSums, multipliers, rowSums } from '../reference/sphereTraining.ts';
import { expectRelative, expectSameBits, expectWithin } from '../support/assertions.ts';
import { check } from '../support/check.ts';
import { TestRandom } from '../support/random.ts';
import { buildSphereCase, sphereCases } from '../support/sphere.ts';
import { clusteredPatterns, matrixOf, modelOf, parametersOf, scaledRows, tableOf, vectorsOf } from './theorySupport.ts';

const signal = (x: number) => (x === Number.POSITIVE_INFINITY ? 1 : x / (Math.sqrt(x * x + 1) + 1));

const clusters = clusteredPatterns(5, { dimension: 6, centres: 4, each: 6, classes: 2, spread: 0.5 });

const solve = (options: SaddlePointOptions, { patterns, targets } = clusters) =>
  solveSaddlePoint(vectorsOf(patterns), matrixOf(targets), options);

/** One application of eq. 10 by its definition. Memories in the model are of their lengths. */
function applied(model: SphereModel, x: Table, q: Table, rho: number) {
  const sums = posteriorSums(model, x, q);
  const slope = rho === Number.POSITIVE_INFINITY ? rho : 2 * model.beta * model.betaScale * rho;
  const norms = sums.memories.map((row) => Math.sqrt(dot(row, row)));
  const p = multipliers(sums.classWeights, rowSums(model.classWeights), columnSums(model.classWeights)).classWeights;
  return {
    sums,
    lengths: norms.map((norm) => signal(slope * norm)),
    memories: sums.memories.map(normalised),
    classWeights: p,
  };
}

const effectiveModel = (s: SaddlePoint): SphereModel => {
  const model = modelOf(s);
  return { ...model, memories: scaledRows(model.memories, s.lengths) };
};

it('applies the equations as the reference does', async () => {
  // The reference takes multipliers from Newton's method without safeguards for numbers that differ by many orders.
  const cases = sphereCases({ betas: [1e-3, 0.3, 1, 6], logSharpnesses: [0, 1], degenerate: false });
  await check(cases, 40, async ({ model, x, q, seed, points }) => {
    const random = new TestRandom(seed);
    const v = 0.2 + random.uniform();
    const rho = random.uniform() < 0.3 ? Number.POSITIVE_INFINITY : 3 * random.uniform();
    const lengths = Float64Array.from(model.memories, () => random.uniform());
    const start = { ...parametersOf(model), lengths };
    const run = (maxIterations: number) =>
      solve({ beta: model.beta, v, rho, start, maxIterations, tolerance: 0 }, { patterns: x, targets: q });
    const before = await run(0);
    const after = await run(1);
    const exact = { ...model, betaScale: signal(2 * v), memories: scaledRows(model.memories, lengths) };
    const expected = applied(exact, x, q, rho);
    // Relative to |xbar|, which may be far below the number of points: sums of products that cancel.
    const norms = expected.sums.memories.map((row) => Math.sqrt(dot(row, row)));
    const bound = (at: number) => (1e-12 * points) / (norms[Math.floor(at / (x[0] as number[]).length)] as number);
    expectWithin('memories', after.memories, expected.memories.flat(), bound);
    expectRelative('lengths', after.lengths, expected.lengths, 1e-9);
    expectWithin('class weights', after.classWeights.data, expected.classWeights.flat(), 1e-10);
    expectWithin('order parameters', before.orderParameters.data, expected.sums.memories.flat(), 1e-12 * points);
    expectRelative('pbar', before.classSums.data, expected.sums.classWeights.flat(), 1e-10);
    const overlaps = x.flatMap((point) => exact.memories.map((w) => dot(w, point)));
    expectWithin('overlaps', before.overlaps.data, overlaps, 1e-14 * x.length);
    expect([before.iterations, after.iterations]).toEqual([0, 1]);
    expectSameBits('the start', before.lengths, lengths);
  });
});

describe('a solution', () => {
  it.each([
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    [0.4, Number.POSITIVE_INFINITY],
    [1, 0.7],
  ])('is a fixed point (v = %d, rho = %d)', async (v, rho) => {
    const found = await solve({ hiddenUnits: 4, beta: 8, v, rho, seed: 2 });
    expect(found.stopped).toBe('converged');
    expect(found.residual).toBeLessThanOrEqual(1e-10);
    const next = applied(effectiveModel(found), clusters.patterns, clusters.targets, rho);
    expectWithin(
      'memories',
      scaledRows(next.memories, next.lengths).flat(),
      effectiveModel(found).memories.flat(),
      2e-10,
    );
    expectWithin('class weights', next.classWeights.flat(), found.classWeights.data, 2e-10);
    expectRelative('hidden shares', rowSums(tableOf(found.classWeights)), [0.2, 0.2, 0.2, 0.2, 0.2], 1e-12);
    if (rho === Number.POSITIVE_INFINITY) {
      const residuals = await stationarity(found, {
        ...vectorsOf(clusters.patterns),
        targets: matrixOf(clusters.targets),
      });
      expect(residuals.greatestMemory).toBeLessThanOrEqual(2e-10);
      expect(residuals.greatestClassWeight).toBeLessThanOrEqual(2e-10);
    }
  });

  it('is approached without the loss ever rising', async () => {
    const losses: number[] = [];
    for (let maxIterations = 0; maxIterations < 25; maxIterations++) {
      const state = await solve({ hiddenUnits: 3, beta: 10, v: 0.8, seed: 4, maxIterations, tolerance: 0 });
      losses.push(supervisedLoss(modelOf(state), clusters.patterns, clusters.targets));
    }
    for (let i = 1; i < losses.length; i++) expect(losses[i]).toBeLessThanOrEqual((losses[i - 1] as number) + 1e-13);
    expect((losses[0] as number) - (losses[24] as number)).toBeGreaterThan(0.1);
  });

  it('says when the iterations were used up', async () => {
    const found = await solve({ hiddenUnits: 4, beta: 8, seed: 2, maxIterations: 2 });
    expect(found).toMatchObject({ iterations: 2, stopped: 'iterations' });
    expect(found.residual).toBeGreaterThan(1e-10);
  });

  it('goes on from where another stopped, to the same bits', async () => {
    const options = { beta: 8, v: 1, rho: 2, tolerance: 0 };
    const whole = await solve({ ...options, hiddenUnits: 3, maxIterations: 7 });
    const half = await solve({ ...options, hiddenUnits: 3, maxIterations: 4 });
    const rest = await solve({ ...options, start: half, maxIterations: 3 });
    // The shares are taken from the class weights, which have them to rounding.
    expectWithin('memories', rest.memories, whole.memories, 1e-12);
    expectWithin('lengths', rest.lengths, whole.lengths, 1e-12);
    expectWithin('class weights', rest.classWeights.data, whole.classWeights.data, 1e-12);
  });
});

describe('closed forms', () => {
  const { patterns, targets } = clusters;
  const mean = columns(patterns).map(sum);

  it('one memory without a background is the normalised mean', async () => {
    const found = await solve({ hiddenUnits: 1, beta: 5, rho: 0.1, hiddenShares: [0, 1] });
    expectWithin('memory', found.memories, normalised(mean), 1e-13);
    expectRelative('length', found.lengths, [signal(2 * 5 * 0.1 * Math.sqrt(dot(mean, mean)))], 1e-13);
    const classes = columns(targets).map((ofClass) => sum(ofClass) / patterns.length);
    expectWithin('class weights', found.classWeights.data, [0, 0, 0, ...classes], 1e-14);
    expectRelative('pbar', [...found.classSums.data].slice(3), columns(targets).map(sum), 1e-13);
  });

  it('without a temperature all memories are the normalised mean and class weights stay products', async () => {
    const found = await solve({ hiddenUnits: 3, beta: 0, hiddenShares: [0.4, 0.3, 0.2, 0.1] });
    expectWithin(
      'memories',
      found.memories,
      [1, 2, 3].flatMap(() => normalised(mean)),
      1e-13,
    );
    const classes = columns(targets).map((ofClass) => sum(ofClass) / patterns.length);
    expectWithin(
      'class weights',
      found.classWeights.data,
      [0.4, 0.3, 0.2, 0.1].flatMap((h) => classes.map((q) => h * q)),
      1e-14,
    );
    // With finite rho s(0) = 0: there is nothing to learn from.
    const finite = await solve({ hiddenUnits: 3, beta: 0, rho: 5 });
    expectSameBits('lengths', finite.lengths, [0, 0, 0]);
  });

  it('of one pattern every memory is that pattern', async () => {
    const one = { patterns: [patterns[0] as number[]], targets: [targets[0] as number[]] };
    const beta = 7;
    const found = await solve({ hiddenUnits: 2, beta, rho: 0.8, hiddenShares: [0, 0.75, 0.25] }, one);
    expectWithin('memories', found.memories, [one.patterns[0], one.patterns[0]].flat() as number[], 1e-9);
    // Responsibilities g with xbar = g x: two equations in two unknowns, the lengths.
    const [a, b] = found.lengths as unknown as [number, number];
    const weights = [0.75 * Math.exp(beta * a), 0.25 * Math.exp(beta * b)] as const;
    const shares = weights.map((weight) => weight / (weights[0] + weights[1]));
    expectWithin(
      'lengths',
      [a, b],
      shares.map((share) => signal(2 * beta * 0.8 * share)),
      1e-9,
    );
  });

  it('patterns of zeros leave no memory, and say so', async () => {
    const blank = {
      patterns: [
        [0, 0, 0],
        [0, 0, 0],
      ],
      targets: [
        [0.5, 0.5],
        [0.2, 0.8],
      ],
    };
    const found = await solve({ hiddenUnits: 2, beta: 3 }, blank);
    expectSameBits('memories', found.memories, new Array(6).fill(0));
    expectSameBits('lengths', found.lengths, [0, 0]);
    const residuals = await stationarity(found, { ...vectorsOf(blank.patterns), targets: matrixOf(blank.targets) });
    expect([...residuals.unsupported]).toEqual([0, 1]);
    expectSameBits('residuals', residuals.memories, [0, 0]);
  });
});

it('follows rotations and permutations', async () => {
  const parameters = { seed: 12, dimension: 6, hiddenUnits: 3, classes: 2, points: 1, beta: 7, betaScale: 1 };
  const { model } = buildSphereCase({ ...parameters, logSharpness: 1, zeroRows: false, duplicates: false });
  const options = { beta: 7, v: 1, rho: 0.3, maxIterations: 30, tolerance: 0 };
  const plain = await solve({ ...options, start: parametersOf(model) });

  const permute = <T>([a, b, c]: readonly T[]) => [c, a, b] as T[];
  const [background, ...weights] = model.classWeights;
  const others = {
    ...model,
    memories: permute(model.memories),
    classWeights: [background as number[], ...permute(weights)],
  };
  const permuted = await solve({ ...options, start: parametersOf(others) });
  expectWithin(
    'permuted',
    permuted.memories,
    permute(tableOf({ rows: 3, columns: 6, data: plain.memories })).flat(),
    1e-10,
  );

  // A reflection, which mixes all coordinates.
  const axis = normalised([1, 2, -1, 3, 0.5, -2]);
  const reflect = (row: readonly number[]) => row.map((value, k) => value - 2 * dot(row, axis) * (axis[k] as number));
  const mirrored = await solve(
    { ...options, start: parametersOf({ ...model, memories: model.memories.map(reflect) }) },
    { patterns: clusters.patterns.map(reflect), targets: clusters.targets },
  );
  expectWithin('overlaps', mirrored.overlaps.data, plain.overlaps.data, 1e-10);
});

describe('a random teacher', () => {
  /** Eq. 9 as it stands, from overlaps m, P* x P. */
  function appliedToOverlaps(
    m: Table,
    p: Table,
    q: readonly number[],
    beta: number,
    betaEff: number,
    rho: number,
    n: number,
  ) {
    const background = logNormalizer(n, beta);
    const responsibilities = m.map((row) =>
      q.map((_, y) => {
        const weights = p.map(
          (ofUnit, gamma) =>
            (ofUnit[y] as number) * Math.exp(gamma === 0 ? background : betaEff * (row[gamma - 1] as number)),
        );
        return weights.map((weight) => weight / sum(weights));
      }),
    );
    const units = p.map((_, gamma) => gamma);
    const hats = responsibilities.map((ofPattern) =>
      units.slice(1).map((gamma) => sum(ofPattern.map((ofClass, y) => (q[y] as number) * (ofClass[gamma] as number)))),
    );
    const pbar = units.map((gamma) =>
      q.map(
        (share, y) => share * sum(responsibilities.map((ofPattern) => (ofPattern[y] as number[])[gamma] as number)),
      ),
    );
    const norms = columns(hats).map((column) => Math.sqrt(dot(column, column)));
    return {
      overlaps: hats.map((row) =>
        row.map((hat, mu) => (signal(2 * betaEff * rho * (norms[mu] as number)) * hat) / (norms[mu] as number)),
      ),
      classWeights: multipliers(pbar, rowSums(p), q).classWeights,
    };
  }

  it('is what eq. 9 says', async () => {
    const [beta, v, rho, dimension] = [9, 0.6, 0.8, 40];
    const q = [0.1, 0.3, 0.6];
    const options = { beta, v, rho, dimension, teacherUnits: 4, teacherClassShares: q, tolerance: 0 };
    const start = await solveTeacherSaddlePoint({ ...options, hiddenUnits: 3, seed: 6, maxIterations: 1 });
    let state: { overlaps: Table; classWeights: Table } = {
      overlaps: tableOf(start.overlaps),
      classWeights: tableOf(start.classWeights),
    };
    for (let i = 0; i < 20; i++) {
      state = appliedToOverlaps(state.overlaps, state.classWeights, q, beta, signal(2 * v) * beta, rho, dimension);
    }
    const found = await solveTeacherSaddlePoint({ ...options, start, maxIterations: 20 });
    // Where overlaps part, each application multiplies rounding and the reference's 1e-12 in p; 20 of them.
    expectWithin('overlaps', found.overlaps.data, state.overlaps.flat(), 1e-9);
    expectWithin('class weights', found.classWeights.data, state.classWeights.flat(), 1e-9);
  });

  it('is learnt from data as the equations foretell', async () => {
    const [dimension, count, v, rho, beta] = [100, 3, 2, 4, 12];
    const random = new TestRandom(77);
    const teacher = Array.from({ length: count }, () => normalised([...random.normals(dimension)]));
    const targets = [
      [0.05, 0.85, 0.05, 0.05],
      [0.05, 0.05, 0.85, 0.05],
      [0.05, 0.05, 0.05, 0.85],
    ];
    const classWeights = matrixOf([[0, 0, 0, 0], ...targets.map((row) => row.map((value) => value / count))]);
    const data = await sampleTeacher({
      count: rho * count * dimension,
      memories: vectorsOf(teacher),
      classWeights,
      beta: v * dimension,
      seed: 9,
    });
    const near = (w: readonly number[]) => normalised(w.map((value) => value + 0.1 * random.normal()));
    const start = parametersOf({
      memories: teacher.map(near),
      classWeights: tableOf(classWeights),
      beta,
      betaScale: 1,
    });
    const labels = matrixOf([...data.labels].map((label) => [0, 1, 2, 3].map((y) => (y === label ? 1 : 0))));
    const learnt = await solveSaddlePoint(data, labels, { beta, start });
    const foretold = await solveSaddlePoint(vectorsOf(teacher), matrixOf(targets), { beta, v, rho, start });
    expect([learnt.stopped, foretold.stopped]).toEqual(['converged', 'converged']);
    const overlaps = teacher.flatMap((w) =>
      tableOf({ rows: count, columns: dimension, data: learnt.memories }).map((own) => dot(w, own)),
    );
    // The equations are for N -> infinity and the mean of the posterior; the student here is its mode, whose overlap of
    // a mean of M / P* = 400 data is about 1 - (1 - s^2) / (2 M / P* s^2), s = s(2 v) = 0.78. Both differ from 1 by up
    // to a few per cent.
    expectWithin('overlaps', overlaps, foretold.overlaps.data, 0.05);
    expect(Math.min(...[0, 4, 8].map((at) => overlaps[at] as number))).toBeGreaterThan(0.95);
    // 1200 labels: shares of a third to three standard deviations.
    expectWithin('class weights', learnt.classWeights.data, foretold.classWeights.data, 3 * Math.sqrt(0.25 / 1200));
  });
});

it('does not depend on the number of threads, reports progress and stops', async () => {
  const many = clusteredPatterns(1, { dimension: 20, centres: 5, each: 1000, classes: 3, spread: 1 });
  const run = () => solve({ hiddenUnits: 8, beta: 10, maxIterations: 3, tolerance: 0 }, many);
  const before = threads();
  try {
    setThreads(1);
    const one = await run();
    setThreads(3);
    const three = await run();
    expectSameBits('memories', three.memories, one.memories);
    expectSameBits('class weights', three.classWeights.data, one.classWeights.data);
  } finally {
    setThreads(before);
  }
  const reports: number[] = [];
  const controller = new AbortController();
  const endless = solveSaddlePoint(vectorsOf(many.patterns), matrixOf(many.targets), {
    hiddenUnits: 8,
    beta: 10,
    tolerance: 0,
    maxIterations: 2 ** 31 - 1,
    signal: controller.signal,
    onProgress: ({ completed }) => {
      reports.push(completed);
      controller.abort(new Error('enough'));
    },
  });
  await expect(endless).rejects.toThrow('enough');
  expect(reports.length).toBeGreaterThan(0);
});
