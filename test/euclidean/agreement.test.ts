/** The classical memory against its definitions, and its invariants. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EuclideanMemory, type Retrieval, type Vectors } from '../../lib/index.ts';
import { ReferenceEuclideanMemory, vectorAt } from '../reference/euclidean.ts';
import { toNumber } from '../reference/extended.ts';
import { expectNormwise, expectRelative, expectSameBits, expectWithin, largest } from '../support/assertions.ts';
import { check } from '../support/check.ts';
import { TestRandom } from '../support/random.ts';
import { AGREEMENT, DOUBLE_EPSILON, distanceTolerance, weightTolerance } from '../support/tolerances.ts';
import { select, vectors } from './vectors.ts';

interface Parameters {
  readonly seed: number;
  readonly dimension: number;
  readonly items: number;
  readonly queries: number;
  readonly logScale: number;
  /** How far the items lie from the origin, relative to their spread. */
  readonly offset: number;
  readonly closeness: number;
  readonly sharpness: number;
}

interface Case extends Parameters {
  readonly itemBatch: Vectors;
  readonly queryBatch: Vectors;
  readonly beta: number;
}

const parameters = fc.record<Parameters>({
  seed: fc.nat(0xffffffff),
  dimension: fc.integer({ min: 1, max: 64 }),
  items: fc.integer({ min: 1, max: 40 }),
  queries: fc.integer({ min: 1, max: 6 }),
  logScale: fc.integer({ min: -6, max: 6 }),
  offset: fc.constantFrom(0, 3, 1e3, 1e6),
  closeness: fc.constantFrom(0, 1e-6, 1e-2, 1),
  sharpness: fc.constantFrom(0.01, 0.3, 2, 10, 100),
});

const cases = parameters.map((p): Case => {
  const random = new TestRandom(p.seed);
  const scale = 10 ** p.logScale;
  const centre = random.normals(p.dimension).map((x) => p.offset * scale * x);
  const near = (from: Float64Array, by: number) => from.map((x) => x + by * scale * random.normal());
  const items = Array.from({ length: p.items }, () => near(centre, 1));
  const queries = Array.from({ length: p.queries }, () =>
    near(items[random.below(p.items)] as Float64Array, p.closeness),
  );
  const beta = p.sharpness / (scale * scale * p.dimension);
  return { ...p, itemBatch: vectors(items), queryBatch: vectors(queries), beta };
});

/** Inputs rounded relative to themselves, d times over: what any summation order may cost (in the distance). */
function roundingFloor(batch: Vectors): number {
  return DOUBLE_EPSILON * batch.dimension * largest(batch.values);
}

async function compare({ itemBatch, queryBatch, beta, items, dimension }: Case): Promise<void> {
  const memory = await EuclideanMemory.create(itemBatch);
  const reference = new ReferenceEuclideanMemory(itemBatch);
  const distances = (await memory.distances(queryBatch)).data;
  const weights = (await memory.weights(queryBatch, { beta })).data;
  const energy = await memory.energy(queryBatch, { beta });
  const nearest = await memory.nearest(queryBatch, { k: items });
  const next = await memory.step(queryBatch, { beta });
  const floor = roundingFloor(itemBatch) + roundingFloor(queryBatch);
  for (let q = 0; q < queryBatch.count; q++) {
    const query = vectorAt(queryBatch, q);
    const exact = reference.distances(query).map(toNumber);
    const allowed = exact.map((distance) => distanceTolerance(distance, floor));
    const row = <T extends Float64Array | Int32Array>(data: T) => data.subarray(q * items, (q + 1) * items) as T;
    expectWithin('distances', row(distances), exact, (i) => allowed[i] as number);
    const floors = exact.map(() => floor);
    const relative = weightTolerance(beta, exact, floors);
    const expectedWeights = reference.weights(query, beta);
    expectWithin(
      'weights',
      row(weights),
      expectedWeights,
      (i) => relative(expectedWeights[i] as number) * (expectedWeights[i] as number) + 1e-300,
    );
    const bound = Math.max(...allowed) + (1e-14 * Math.log(items)) / beta;
    expectWithin('energy', [energy[q] as number], [reference.energy(query, beta)], bound);
    expectWithin(
      'nearest',
      row(nearest.distances),
      exact.toSorted((a, b) => a - b),
      Math.max(...allowed),
    );
    const extent = Math.sqrt(Math.max(...exact));
    const reached = next.values.subarray(q * dimension, (q + 1) * dimension);
    const expectedState = reference.step(query, beta);
    expectWithin('step', reached, expectedState, relative(1) * extent + 1e-14 * largest(itemBatch.values));
  }
}

describe('agreement with the definitions', () => {
  it('distances, weights, energy, nearest and step', async () => {
    await check(cases, 150, compare);
  });

  it('fixed points and the fields that describe them', async () => {
    await check(cases, 60, async ({ itemBatch, queryBatch, beta }) => {
      const memory = await EuclideanMemory.create(itemBatch);
      const reference = new ReferenceEuclideanMemory(itemBatch);
      const size = largest(itemBatch.values) * Math.sqrt(itemBatch.dimension);
      const tolerance = 1e-7 * size;
      const found = await memory.retrieve(queryBatch, { beta, tolerance, maxIterations: 20 });
      for (let q = 0; q < queryBatch.count; q++) expectFields(found, q, reference, beta, tolerance, queryBatch);
    });
  });
});

function expectFields(
  found: Retrieval<Vectors>,
  q: number,
  reference: ReferenceEuclideanMemory,
  beta: number,
  tolerance: number,
  queries: Vectors,
): void {
  const state = vectorAt(found.states, q);
  const size = tolerance / 1e-7;
  const steps = found.iterations[q] as number;
  const expected = reference.retrieve(vectorAt(queries, q), beta, tolerance, steps);
  expectWithin('state', state, expected.state, AGREEMENT * size);
  if (Math.abs(expected.stepLength - tolerance) > AGREEMENT * size) expect(steps).toBe(expected.iterations);
  const distances = reference.distances(state).map(toNumber);
  const floor = DOUBLE_EPSILON * state.length * size;
  const slack = distanceTolerance(Math.max(...distances), floor);
  const nearest = distances[found.nearest[q] as number] as number;
  expectWithin('nearestDistance', [found.nearestDistance[q] as number], [nearest], distanceTolerance(nearest, floor));
  expect(nearest).toBeLessThanOrEqual(Math.min(...distances) + slack);
  expectWithin('energy', [found.energy[q] as number], [reference.energy(state, beta)], slack + 1e-13 / beta);
  const next = reference.step(state, beta);
  const stepLength = Math.hypot(...next.map((value, k) => value - (state[k] as number)));
  expectWithin('stepLength', [found.stepLength[q] as number], [stepLength], AGREEMENT * size);
  expect(found.stopped[q]).toBe((found.stepLength[q] as number) <= tolerance ? 'converged' : 'iterations');
  expect(found.droppedMass[q]).toBe(0);
}

describe('invariants', () => {
  it('the energy falls by at least the squared step', async () => {
    await check(cases, 60, async ({ itemBatch, queryBatch, beta }) => {
      const memory = await EuclideanMemory.create(itemBatch);
      const before = await memory.energy(queryBatch, { beta });
      const { stepLength } = await memory.retrieve(queryBatch, { beta, maxIterations: 0 });
      const after = await memory.energy(await memory.step(queryBatch, { beta }), { beta });
      const distances = (await memory.distances(queryBatch)).data;
      const floor = roundingFloor(itemBatch) + roundingFloor(queryBatch);
      before.forEach((value, q) => {
        const slack = 2 * distanceTolerance(largest(distances), floor, 1e-12) + 1e-13 / beta;
        expect(after[q]).toBeLessThanOrEqual(value - (stepLength[q] as number) ** 2 + slack);
      });
    });
  });

  it('a vector is at distance zero from itself, far off the origin too', async () => {
    await check(cases, 40, async ({ itemBatch, items }) => {
      const memory = await EuclideanMemory.create(itemBatch);
      const { data } = await memory.distances(itemBatch);
      const floor = 2 * roundingFloor(itemBatch);
      for (let i = 0; i < items; i++) expect(data[i * items + i]).toBeLessThanOrEqual(floor * floor);
      expect(Math.min(...data)).toBeGreaterThanOrEqual(0);
    });
  });

  it('batches agree with single queries', async () => {
    await check(cases, 40, async ({ itemBatch, queryBatch, beta, dimension }) => {
      const memory = await EuclideanMemory.create(itemBatch);
      const all = await memory.retrieve(queryBatch, { beta, tolerance: 0, maxIterations: 2 });
      for (let q = 0; q < queryBatch.count; q++) {
        const single = await memory.retrieve(select(queryBatch, [q]), { beta, tolerance: 0, maxIterations: 2 });
        const part = all.states.values.subarray(q * dimension, (q + 1) * dimension);
        expectNormwise('state', part, single.states.values, 1e-10);
      }
    });
  });
});

describe('closed forms', () => {
  it('two items on a line: the state moves to tanh', async () => {
    const memory = await EuclideanMemory.create(vectors([Float64Array.of(-1), Float64Array.of(1)]));
    const { values } = await memory.step(vectors([Float64Array.of(0.3)]), { beta: 0.8 });
    // w = exp(-beta (q -+ 1)^2): w_2 - w_1 = tanh(2 beta q).
    expectRelative('state', values, [Math.tanh(2 * 0.8 * 0.3)], 1e-14);
  });

  it('get, add, remove', async () => {
    const rows = [0, 1, 2, 3].map((i) => Float64Array.of(i, i * i, -i));
    const memory = await EuclideanMemory.create(vectors(rows.slice(0, 2)));
    await memory.add(vectors(rows.slice(2)));
    await memory.remove([1]);
    expect([memory.size, memory.dimension]).toEqual([3, 3]);
    const got = await memory.get([2, 0, 1]);
    expectSameBits('values', got.values, [3, 9, -3, 0, 0, 0, 2, 4, -2]);
  });
});
