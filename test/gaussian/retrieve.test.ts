/** retrieve: every field describes the returned state; fixed points agree with the reference. */
import { describe, expect, it } from 'vitest';
import { GaussianMemory, type Gaussians, type Retrieval } from '../../lib/index.ts';
import { toNumber } from '../reference/extended.ts';
import {
  gaussianAt,
  type ReferenceGaussian,
  ReferenceMemory,
  type ReferenceRetrieval,
  squaredWasserstein,
} from '../reference/gaussian.ts';
import { expectNormwise, expectSameBits, expectWithin } from '../support/assertions.ts';
import { buildCase, type Case, type CaseParameters, cases } from '../support/cases.ts';
import { check } from '../support/check.ts';
import { AGREEMENT, distanceTolerance, roundingFloor } from '../support/tolerances.ts';

/** The width of a state, against which lengths are small or not. */
function width(state: ReferenceGaussian): number {
  return Math.sqrt(toNumber(state.covariance.trace()));
}

function compareStates(what: string, actual: ReferenceGaussian, expected: ReferenceGaussian, scale: number): void {
  expectWithin(`${what} mean`, actual.mean, expected.mean, AGREEMENT * scale);
  expectNormwise(`${what} covariance`, actual.covariance.toNumbers(), expected.covariance.toNumbers(), AGREEMENT);
}

/** Every field of query q against the definitions, at the state that came back. */
function expectSelfConsistent(
  found: Retrieval<Gaussians>,
  q: number,
  reference: ReferenceMemory,
  beta: number,
  tolerance: number,
): void {
  const state = gaussianAt(found.states, q);
  const floor = roundingFloor(state) + Math.max(...reference.items.map((item) => roundingFloor(item)));
  const distances = reference.distances(state).map(toNumber);
  const nearest = found.nearest[q] as number;
  const least = Math.min(...distances);
  const allowed = distanceTolerance(least, floor);
  expectWithin('nearestDistance', [found.nearestDistance[q] as number], [distances[nearest] as number], allowed);
  expect(distances[nearest]).toBeLessThanOrEqual(least + allowed);
  const slack = Math.max(...distances.map((distance) => distanceTolerance(distance, floor)));
  expectWithin('energy', [found.energy[q] as number], [reference.energy(state, beta)], slack + 1e-14 / beta);
  const stepLength = Math.sqrt(squaredWasserstein(state, reference.step(state, beta)));
  // |K - R| is free of cancellation, but K carries the rounding of one step: AGREEMENT of the width, far below.
  expectWithin('stepLength', [found.stepLength[q] as number], [stepLength], AGREEMENT * (stepLength + width(state)));
  expect(found.stopped[q]).toBe((found.stepLength[q] as number) <= tolerance ? 'converged' : 'iterations');
  const evaluations = (found.iterations[q] as number) + 1;
  expect(found.evaluated[q]).toBeGreaterThanOrEqual(evaluations);
  expect(found.evaluated[q]).toBeLessThanOrEqual(evaluations * reference.items.length);
  expect(found.droppedMass[q]).toBeLessThanOrEqual(2 ** -53);
}

async function compareFixedPoints({ itemBatch, queryBatch, beta }: Case): Promise<void> {
  const memory = await GaussianMemory.create(itemBatch);
  const reference = new ReferenceMemory(itemBatch);
  const scale = Math.hypot(...itemBatch.means) + width(gaussianAt(itemBatch, 0));
  const tolerance = 1e-7 * scale;
  const found = await memory.retrieve(queryBatch, { beta, tolerance, maxIterations: 12 });
  for (let q = 0; q < queryBatch.count; q++) {
    expectSelfConsistent(found, q, reference, beta, tolerance);
    const expected = reference.retrieve(gaussianAt(queryBatch, q), beta, tolerance, found.iterations[q] as number);
    compareStates('state', gaussianAt(found.states, q), expected.state, scale);
    expectStoppedInTime(found, q, expected, tolerance, scale);
  }
}

/** Expects as many steps as the reference takes, unless its step length meets the tolerance to within rounding. */
function expectStoppedInTime(
  found: Retrieval<Gaussians>,
  q: number,
  expected: ReferenceRetrieval,
  tolerance: number,
  scale: number,
): void {
  const tie = Math.abs(expected.stepLength - tolerance) <= AGREEMENT * scale;
  if (!tie) expect(found.iterations[q]).toBe(expected.iterations);
}

// The reference takes some 100 ms a step in higher dimensions, several times that on a busy machine.
describe('fixed points', { timeout: 120_000 }, () => {
  it.each(['full', 'diagonal', 'isotropic'] as const)('agree with the reference: %s', async (structure) => {
    await check(
      cases({ structures: [structure], maxDimension: 8, maxItems: 4, maxQueries: 2 }),
      20,
      compareFixedPoints,
    );
  });

  it('agree with the reference in higher dimensions', async () => {
    const limits = { minDimension: 20, maxDimension: 32, maxItems: 2, maxQueries: 1, maxLogCondition: 3 };
    await check(cases(limits), 3, compareFixedPoints);
  });
});

const PARAMETERS: CaseParameters = {
  seed: 5,
  dimension: 4,
  structure: 'full',
  items: 5,
  queries: 3,
  logCondition: 1,
  logScale: 0,
  spread: 1,
  closeness: 0.3,
  itemSpectrum: 'regular',
  querySpectrum: 'regular',
  sharpness: 5,
};

describe.each(['full', 'diagonal', 'isotropic'] as const)('the fields of a retrieval: %s', (structure) => {
  const { itemBatch, queryBatch, beta } = buildCase({ ...PARAMETERS, structure });

  it('with maxIterations 0 the state is the query', async () => {
    const memory = await GaussianMemory.create(itemBatch);
    const found = await memory.retrieve(queryBatch, { beta, maxIterations: 0 });
    expectNormwise('means', found.states.means, queryBatch.means, 0);
    // The state may have passed through its factor: R R' or the square of a root.
    expectNormwise('covariances', found.states.covariances, queryBatch.covariances, 1e-14);
    expect([...found.iterations]).toEqual([0, 0, 0]);
    expect(found.stopped).toEqual(['iterations', 'iterations', 'iterations']);
    const reference = new ReferenceMemory(itemBatch);
    for (let q = 0; q < 3; q++) expectSelfConsistent(found, q, reference, beta, 1e-6);
  });

  it('takes exactly maxIterations steps at tolerance 0, and the trajectory holds every one of them', async () => {
    const memory = await GaussianMemory.create(itemBatch);
    const found = await memory.retrieve(queryBatch, { beta, tolerance: 0, maxIterations: 4, trajectory: true });
    const states = found.trajectory as readonly Gaussians[];
    expect(states).toHaveLength(5);
    expect([...found.iterations]).toEqual([4, 4, 4]);
    const reference = new ReferenceMemory(itemBatch);
    for (let q = 0; q < 3; q++) {
      const expected = reference.retrieve(gaussianAt(queryBatch, q), beta, 0, 4);
      states.forEach((batch, k) => {
        compareStates(`state ${k}`, gaussianAt(batch, q), expected.trajectory[k] as ReferenceGaussian, 1);
      });
      expectSelfConsistent(found, q, reference, beta, 0);
    }
    expectSameBits('last state', (states[4] as Gaussians).covariances, found.states.covariances);
    expectSameBits('last means', (states[4] as Gaussians).means, found.states.means);
  });

  it('a converged query repeats its last state in the trajectory while others go on', async () => {
    const memory = await GaussianMemory.create(itemBatch);
    const options = { beta, tolerance: 1e-8, maxIterations: 200, trajectory: true };
    const settled = await memory.retrieve(queryBatch, options);
    expect(settled.stopped).toEqual(['converged', 'converged', 'converged']);
    // The first query starts at its fixed point, the second where it started before.
    const started = mixed(settled.states, queryBatch);
    const found = await memory.retrieve(started, options);
    const states = found.trajectory as readonly Gaussians[];
    expect(found.iterations[0]).toBeLessThanOrEqual(1);
    expect(found.iterations[1]).toBe(settled.iterations[1]);
    expect(states).toHaveLength(Math.max(...found.iterations) + 1);
    for (const batch of states.slice(found.iterations[0])) {
      expectSameBits('settled mean', gaussianAt(batch, 0).mean, gaussianAt(found.states, 0).mean);
      const settledCovariance = gaussianAt(found.states, 0).covariance.high;
      expectSameBits('settled covariance', gaussianAt(batch, 0).covariance.high, settledCovariance);
    }
  });

  it('has no trajectory unless asked, and 100 iterations and pruning are the defaults', async () => {
    const memory = await GaussianMemory.create(itemBatch);
    const tolerance = 1e-6;
    const found = await memory.retrieve(queryBatch, { beta, tolerance });
    expect(found.trajectory).toBeUndefined();
    const spelled = await memory.retrieve(queryBatch, { beta, tolerance, maxIterations: 100, pruning: true });
    expectSameBits('states', found.states.covariances, spelled.states.covariances);
    expect(found.iterations).toEqual(spelled.iterations);
  });
});

/** The first Gaussian of `a`, then the others of `b`. */
function mixed(a: Gaussians, b: Gaussians): Gaussians {
  const splice = (x: Gaussians['means'], y: Gaussians['means']) => {
    const result = Float64Array.from(y);
    result.set(x.subarray(0, x.length / a.count));
    return result;
  };
  return { ...b, means: splice(a.means, b.means), covariances: splice(a.covariances, b.covariances) };
}
