/** Schedules of beta within a retrieval, and sweeps over many betas. */
import { describe, expect, it } from 'vitest';
import {
  EuclideanMemory,
  GaussianMemory,
  type Gaussians,
  type Progress,
  perturb,
  type Retrieval,
  sampleWassersteinSphere,
} from '../../lib/index.ts';
import { expectFailure, expectNormwise, expectSameBits, expectWithin, largest } from '../support/assertions.ts';
import { ALL_STRUCTURES, buildCase } from '../support/cases.ts';

const PARAMETERS = {
  seed: 11,
  dimension: 9,
  items: 90,
  queries: 4,
  logCondition: 1,
  logScale: 0,
  spread: 1,
  closeness: 0.3,
  itemSpectrum: 'regular',
  querySpectrum: 'regular',
  sharpness: 5,
} as const;

function expectSameRetrieval(actual: Retrieval<Gaussians>, expected: Retrieval<Gaussians>): void {
  expectNormwise('means', actual.states.means, expected.states.means, 1e-9);
  expectNormwise('covariances', actual.states.covariances, expected.states.covariances, 1e-9);
  // At a fixed point the energy may be all rounding.
  expectWithin('energy', actual.energy, expected.energy, 1e-9 * (1 + largest(expected.energy)));
  expectWithin('stepLength', actual.stepLength, expected.stepLength, 1e-9);
  expect(actual.iterations).toEqual(expected.iterations);
  expect(actual.nearest).toEqual(expected.nearest);
  expect(actual.stopped).toEqual(expected.stopped);
}

describe.each(ALL_STRUCTURES)('%s', (structure) => {
  const { itemBatch, queryBatch, beta } = buildCase({ ...PARAMETERS, structure });
  const betas = [0.01, 0.3, 1, 20].map((factor) => factor * beta);

  it('a sweep is one retrieval for each beta', async () => {
    const memory = await GaussianMemory.create(itemBatch);
    for (const pruning of [true, false]) {
      const options = { maxIterations: 3, tolerance: 1e-6, pruning, trajectory: true };
      const swept = await memory.sweep(queryBatch, { ...options, betas });
      expect(swept).toHaveLength(betas.length);
      for (const [index, found] of swept.entries()) {
        const expected = await memory.retrieve(queryBatch, { ...options, beta: betas[index] as number });
        expectSameRetrieval(found, expected);
        const trajectory = found.trajectory as readonly Gaussians[];
        const last = trajectory.at(-1) as Gaussians;
        expectSameBits('last of the trajectory', last.covariances, found.states.covariances);
        expectNormwise('first of the trajectory', (trajectory[0] as Gaussians).means, queryBatch.means, 0);
      }
    }
  });

  it('a schedule is one step with each beta, then the last one', async () => {
    const memory = await GaussianMemory.create(itemBatch);
    const found = await memory.retrieve(queryBatch, { beta: betas, tolerance: 0, maxIterations: 6 });
    let state = queryBatch;
    for (const step of [0, 1, 2, 3, 3, 3]) state = await memory.step(state, { beta: betas[step] as number });
    expectNormwise('means', found.states.means, state.means, 1e-9);
    expectNormwise('covariances', found.states.covariances, state.covariances, 1e-9);
    const energy = await memory.energy(state, { beta: betas.at(-1) as number });
    expectNormwise('energy', found.energy, energy, 1e-9);
  });

  it('a state is no fixed point before the last beta of a schedule', async () => {
    const memory = await GaussianMemory.create(itemBatch);
    const { states } = await memory.retrieve(queryBatch, { beta, tolerance: 1e-9, maxIterations: 1000 });
    const found = await memory.retrieve(states, { beta: [beta, beta, beta], tolerance: 1e-6 });
    expect([...found.iterations]).toEqual([2, 2, 2, 2]);
    const once = await memory.retrieve(states, { beta: [beta], tolerance: 1e-6 });
    expect([...once.iterations]).toEqual([0, 0, 0, 0]);
  });
});

describe('the betas of a sweep', () => {
  it('do not disturb each other: each evaluates what a retrieval by itself does, but for the shared first states', async () => {
    const items = await sampleWassersteinSphere({ count: 200, dimension: 20, covariances: 'general', seed: 1 });
    const memory = await GaussianMemory.create(items);
    const queries = await perturb(await memory.get([3, 4]), 1, { seed: 2 });
    const options = { maxIterations: 5, tolerance: 0 };
    const [, sharp] = await memory.sweep(queries, { ...options, betas: [0.001, 2] });
    const alone = await memory.retrieve(queries, { ...options, beta: 2 });
    sharp?.evaluated.forEach((count, q) => {
      expect(count).toBeLessThanOrEqual(200 + (alone.evaluated[q] as number));
    });
  });

  it('are each as exact as by themselves, also where covariances are nearly singular', async () => {
    const parameters = { ...PARAMETERS, items: 4, queries: 1, structure: 'full', sharpness: 2 } as const;
    for (const seed of [1, 2, 3, 4, 5]) {
      const { itemBatch, queryBatch, beta } = buildCase({ ...parameters, seed, itemSpectrum: 'nearSingular' });
      const memory = await GaussianMemory.create(itemBatch);
      const [found] = await memory.sweep(queryBatch, { betas: [beta, 1e6 * beta], maxIterations: 0 });
      const alone = await memory.energy(queryBatch, { beta });
      expectNormwise('energy', (found as Retrieval<Gaussians>).energy, alone, 1e-11);
    }
  });
});

describe('sweeps', () => {
  const { itemBatch, queryBatch, beta } = buildCase({ ...PARAMETERS, structure: 'full' });

  it('report progress up to the end', async () => {
    const memory = await GaussianMemory.create(itemBatch);
    const reports: Progress[] = [];
    const options = { betas: [beta, 2 * beta], maxIterations: 400, tolerance: 0, pruning: false };
    await memory.sweep(queryBatch, { ...options, onProgress: (progress) => reports.push(progress) });
    const total = reports[0]?.total ?? 0;
    expect(total).toBe(4 * 2 * 401 * itemBatch.count);
    for (const { completed } of reports) expect(completed).toBeLessThanOrEqual(total);
  });

  it('work on vectors, too', async () => {
    const vectors = { count: 90, dimension: 9, values: itemBatch.means };
    const memory = await EuclideanMemory.create(vectors);
    const queries = { count: 4, dimension: 9, values: queryBatch.means };
    const [cold, hot] = (await memory.sweep(queries, { betas: [beta, 30 * beta] })) as [
      Retrieval<typeof vectors>,
      Retrieval<typeof vectors>,
    ];
    const expected = await memory.retrieve(queries, { beta });
    expectNormwise('cold', cold.states.values, expected.states.values, 1e-9);
    const expectedHot = await memory.retrieve(queries, { beta: 30 * beta });
    expectNormwise('hot', hot.states.values, expectedHot.states.values, 1e-9);
  });

  it('refuse what is no list of inverse temperatures', async () => {
    const memory = await GaussianMemory.create(itemBatch);
    const sweep = (betas: unknown) => memory.sweep(queryBatch, { betas: betas as number[] });
    await expectFailure(() => sweep([]), 'ERR_RANGE', /betas/);
    await expectFailure(() => sweep(undefined), 'ERR_RANGE', /betas/);
    await expectFailure(() => sweep([1, -2]), 'ERR_RANGE', /betas\[1\]/, /-2/);
    await expectFailure(() => sweep([1, Number.NaN]), 'ERR_RANGE', /betas\[1\]/, /NaN/);
    const retrieve = (given: unknown) => memory.retrieve(queryBatch, { beta: given as number });
    await expectFailure(() => retrieve([]), 'ERR_RANGE', /beta/);
    await expectFailure(() => retrieve([1, 0]), 'ERR_RANGE', /beta\[1\]/);
    await expectFailure(() => retrieve('1'), 'ERR_RANGE', /beta/);
    await expectFailure(() => retrieve(-1), 'ERR_RANGE', /options\.beta/, /-1/);
    const once = (given: unknown) => memory.step(queryBatch, { beta: given as number });
    await expectFailure(() => once([1]), 'ERR_RANGE', /beta/);
  });
});
