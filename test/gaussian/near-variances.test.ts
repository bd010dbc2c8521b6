/** Diagonal and isotropic items whose variances nearly agree: the digits that roots of them lose must not be missed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GaussianMemory, type Gaussians } from '../../lib/index.ts';
import { toNumber } from '../reference/extended.ts';
import { flatAt, flatDistance, ReferenceFlatMemory } from '../reference/flat.ts';
import { expectRelative, expectSameBits, expectWithin } from '../support/assertions.ts';
import { select } from '../support/batches.ts';
import { check } from '../support/check.ts';
import { TestRandom } from '../support/random.ts';
import { DOUBLE_EPSILON, distanceTolerance, SINGLE_EPSILON } from '../support/tolerances.ts';

type Precision = 'float32' | 'float64';
const FLAT = ['diagonal', 'isotropic'] as const;

interface Parameters {
  readonly seed: number;
  readonly structure: (typeof FLAT)[number];
  readonly precision: Precision;
  readonly queryPrecision: Precision;
  readonly dimension: number;
  readonly items: number;
  /** Variances are about 10 to this. */
  readonly logScale: number;
  /** They differ by 10 to minus this, relative to themselves, and means by as much of a standard deviation. */
  readonly logCloseness: number;
  /** beta times a typical squared distance. */
  readonly sharpness: number;
  /** Whether some variances are 0. */
  readonly zeros: boolean;
}

const parameters = fc.record<Parameters>({
  seed: fc.nat(0xffffffff),
  structure: fc.constantFrom(...FLAT),
  precision: fc.constantFrom<Precision>('float32', 'float64'),
  queryPrecision: fc.constantFrom<Precision>('float32', 'float64'),
  dimension: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(100, 301)),
  items: fc.integer({ min: 1, max: 12 }),
  logScale: fc.constantFrom(-30, -12, -3, 0, 3, 12, 30),
  logCloseness: fc.integer({ min: 3, max: 8 }),
  sharpness: fc.constantFrom(0.3, 3, 100),
  zeros: fc.boolean(),
});

interface Case extends Parameters {
  readonly itemBatch: Gaussians;
  readonly queryBatch: Gaussians;
}

const cases = parameters.map((p): Case => {
  const random = new TestRandom(p.seed);
  const { dimension, structure } = p;
  const [scale, closeness] = [10 ** p.logScale, 10 ** -p.logCloseness];
  const length = structure === 'diagonal' ? dimension : 1;
  const base = Float64Array.from({ length }, () => scale * 10 ** -random.uniform());
  if (p.zeros) base[0] = 0;
  const batch = (count: number, precision: Precision): Gaussians => {
    const Floats = precision === 'float32' ? Float32Array : Float64Array;
    const around = () => base.map((variance) => variance * (1 + closeness * (2 * random.uniform() - 1)));
    return {
      count,
      dimension,
      structure,
      means: new Floats(random.normals(count * dimension).map((x) => x * closeness * Math.sqrt(scale))),
      covariances: Floats.from(Array.from({ length: count }, () => [...around()]).flat()),
    };
  };
  return { ...p, itemBatch: batch(p.items, p.precision), queryBatch: batch(3, p.queryPrecision) };
});

/** What the guide promises of weights: in float32 1e-4. */
const weightError = { float32: 1e-4, float64: 1e-9 };

describe('distances of near variances', () => {
  // (variances as float32 holds them, so that the right value is exact to 1e-15.)
  const pairs = [
    [0.3, 0.30003],
    [0.3, 0.3000003],
    [2, 2.000001],
  ] as const;

  it.each(pairs)('%d against %d, by every verb', async (a, b) => {
    const gaussian = (structure: Gaussians['structure'], variance: number): Gaussians => ({
      count: 1,
      dimension: 1,
      structure,
      means: Float32Array.of(0),
      covariances: Float32Array.of(variance),
    });
    const [x, y] = [Math.fround(a), Math.fround(b)];
    const right = ((x - y) / (Math.sqrt(x) + Math.sqrt(y))) ** 2;
    for (const structure of FLAT) {
      const memory = await GaussianMemory.create(gaussian(structure, a));
      const query = gaussian(structure, b);
      expectRelative('distances', (await memory.distances(query)).data, [right], 1e-14);
      expectRelative('energy', await memory.energy(query, { beta: 7 }), [right], 1e-14);
      expectRelative('nearest', (await memory.nearest(query)).distances, [right], 1e-14);
      const found = await memory.retrieve(query, { beta: 1, maxIterations: 0 });
      expectRelative('retrieve', found.nearestDistance, [right], 1e-14);
      const [settled] = await memory.sweep(query, { betas: [1], tolerance: 0, maxIterations: 2 });
      // One item is the state after one step: to double precision, not only to that of its root in float32.
      expectRelative('state', settled?.states.covariances ?? [], [x], 2 * DOUBLE_EPSILON);
      const maps = await memory.transportMaps(query, [0]);
      expectRelative('map', maps.matrices, [Math.sqrt(x / y)], 1e-15);
    }
  });

  it('neighbours in float32, which share one root, stay apart', async () => {
    const [a, b] = [0.3, 0.3 + 2 ** -25].map(Math.fround) as [number, number];
    expect(Math.fround(Math.sqrt(a))).toBe(Math.fround(Math.sqrt(b)));
    const items: Gaussians = {
      count: 2,
      dimension: 1,
      structure: 'diagonal',
      means: new Float32Array(2),
      covariances: Float32Array.of(a, b),
    };
    const memory = await GaussianMemory.create(items);
    const found = await memory.retrieve(items, { beta: 1e18 });
    expect([...found.nearest]).toEqual([0, 1]);
    expectRelative('states', found.states.covariances, [a, b], 2 * DOUBLE_EPSILON);
    expect([...(await memory.nearest(items)).indices]).toEqual([0, 1]);
  });

  it('agree with the reference', async () => {
    await check(cases, 250, async ({ itemBatch, queryBatch, items, precision, zeros }) => {
      const memory = await GaussianMemory.create(itemBatch);
      const reference = new ReferenceFlatMemory(itemBatch);
      const { data } = await memory.distances(queryBatch);
      const near = await memory.nearest(queryBatch, { k: items });
      for (let q = 0; q < queryBatch.count; q++) {
        const exact = reference.distances(flatAt(queryBatch, q)).map(toNumber);
        // In float32 all are recomputed from variances, in double precision, unless all of these are 0 and means are
        // far apart beside their own length; in float64 where rounded roots would cost more.
        const relative = precision === 'float64' ? 1e-11 : zeros ? 2e-6 : 1e-13;
        expectRelative('distances', data.subarray(q * items, (q + 1) * items), exact, relative);
        const sorted = exact.toSorted((x, y) => x - y);
        // The nearest are always recomputed: a rounding or two of each of up to 301 terms.
        expectRelative('nearest', near.distances.subarray(q * items, (q + 1) * items), sorted, 1e-13);
      }
    });
  });
});

describe('verbs among near variances', () => {
  const regular = cases.filter(({ zeros }) => !zeros);

  it('weights, energy and step agree with the reference', async () => {
    await check(regular, 150, async ({ itemBatch, queryBatch, items, dimension, structure, precision, sharpness }) => {
      const memory = await GaussianMemory.create(itemBatch);
      const reference = new ReferenceFlatMemory(itemBatch);
      const first = reference.distances(flatAt(queryBatch, 0)).map(toNumber);
      const beta = sharpness / Math.max(...first);
      const { data } = await memory.weights(queryBatch, { beta });
      const energy = await memory.energy(queryBatch, { beta });
      const next = await memory.step(queryBatch, { beta });
      const error = weightError[precision];
      const rounding = precision === 'float32' ? SINGLE_EPSILON : DOUBLE_EPSILON;
      for (let q = 0; q < queryBatch.count; q++) {
        const query = flatAt(queryBatch, q);
        expectWithin('weights', data.subarray(q * items, (q + 1) * items), reference.weights(query, beta), error);
        const exact = reference.energy(query, beta);
        const least = Math.min(...reference.distances(query).map(toNumber));
        expectWithin('energy', [energy[q] as number], [exact], 1e-13 * least + error / beta);
        const state = reference.step(query, beta);
        const extent = Math.max(...reference.items.map((item) => Math.sqrt(toNumber(flatDistance(item, state)))));
        const size = Math.hypot(...state.mean, ...state.variances.map(Math.sqrt));
        // What the weights' error moves the state, and what the products round.
        const moved = 2 * error * extent + 4 * rounding * size;
        const reached = flatAt(next, q);
        expectWithin('means', reached.mean, state.mean, moved);
        const roots = state.variances.map(Math.sqrt);
        expectWithin('roots', reached.variances.map(Math.sqrt), roots, moved);
      }
      expect([next.structure, next.dimension]).toEqual([structure, dimension]);
    });
  });

  it('what retrieve and sweep say of a state is true of it', async () => {
    await check(regular, 100, async ({ itemBatch, queryBatch, precision, sharpness }) => {
      const memory = await GaussianMemory.create(itemBatch);
      const reference = new ReferenceFlatMemory(itemBatch);
      const first = reference.distances(flatAt(queryBatch, 0)).map(toNumber);
      const betas = [0.1, 1].map((factor) => (factor * sharpness) / Math.max(...first));
      const options = { tolerance: 0, maxIterations: 3 };
      const swept = await memory.sweep(queryBatch, { betas, ...options });
      for (const [i, beta] of betas.entries()) {
        const found = await memory.retrieve(queryBatch, { beta, ...options });
        const other = swept[i] as typeof found;
        for (let q = 0; q < queryBatch.count; q++) {
          for (const { states, nearest, nearestDistance, energy } of [found, other]) {
            const state = flatAt(states, q);
            const distances = reference.distances(state).map(toNumber);
            // The state itself is a row of roots in double precision: its variances are those rounded once more.
            const floor = 2 * DOUBLE_EPSILON * Math.hypot(...state.variances.map(Math.sqrt));
            const allowed = distanceTolerance(Math.min(...distances), floor, 1e-13);
            const at = distances[nearest[q] as number] as number;
            expectWithin('nearest', [at], [Math.min(...distances)], allowed);
            expectWithin('nearestDistance', [nearestDistance[q] as number], [at], allowed);
            const most = distanceTolerance(Math.max(...distances), floor, 1e-13);
            const bound = most + weightError[precision] / beta;
            expectWithin('energy', [energy[q] as number], [reference.energy(state, beta)], bound);
          }
        }
      }
    });
  });
});

describe('what comes out', () => {
  it.each(FLAT)('get and save return the variances that came in, bit for bit: %s', async (structure) => {
    const random = new TestRandom(5);
    const special = [0, 1, 2, 4, 1e-45, 1.2e-38, 2 ** -126, 3e36, 1 + 2 ** -23, 2 - 2 ** -23, 4 - 2 ** -22].map(
      Math.fround,
    );
    const [count, dimension] = [50, 97];
    for (const Floats of [Float32Array, Float64Array]) {
      const length = structure === 'diagonal' ? count * dimension : count;
      const covariances = new Floats(length).map((_, i) => special[i] ?? 10 ** (8 * random.normal()));
      const items: Gaussians = { count, dimension, structure, means: new Floats(count * dimension), covariances };
      const memory = await GaussianMemory.create(items);
      expectSameBits('get', (await memory.get(Array.from({ length: count }, (_, i) => i))).covariances, covariances);
      await memory.add(select(items, [3, 1]));
      await memory.remove([0, 2]);
      const kept = [1, ...Array.from({ length: count - 3 }, (_, i) => i + 3), 3, 1];
      const rest = await memory.get(kept.map((_, i) => i));
      expectSameBits('after changes', rest.covariances, select(items, kept).covariances);
    }
  });
});
