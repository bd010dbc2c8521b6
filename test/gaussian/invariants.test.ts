/** The invariants that the theory gives: they need no reference, so they are tested where the reference is too slow. */
import { describe, expect, it } from 'vitest';
import { GaussianMemory, type Gaussians } from '../../lib/index.ts';
import { expectNormwise, expectRelative, expectWithin, largest } from '../support/assertions.ts';
import { concatenate, rotated, scaled, select } from '../support/batches.ts';
import { type Case, cases, randomRotation } from '../support/cases.ts';
import { check } from '../support/check.ts';
import { TestRandom } from '../support/random.ts';
import { AGREEMENT, DOUBLE_EPSILON } from '../support/tolerances.ts';

const LIMITS = { maxDimension: 48, maxItems: 8, maxLogCondition: 3 } as const;

/** The batch itself stored and asked. */
async function distancesBetween(items: Gaussians, queries: Gaussians): Promise<Float64Array> {
  const memory = await GaussianMemory.create(items);
  return (await memory.distances(queries)).data;
}

describe('energy', () => {
  it('falls by at least the squared step: E(Phi) <= E - W2^2(xi, Phi(xi))', async () => {
    await check(cases(LIMITS), 60, async (random) => {
      const { itemBatch, queryBatch, beta } = random;
      const memory = await GaussianMemory.create(itemBatch);
      const options = { beta, tolerance: 0, maxIterations: 5, trajectory: true };
      const states = (await memory.retrieve(queryBatch, options)).trajectory as readonly Gaussians[];
      for (const [k, state] of states.slice(0, -1).entries()) {
        const before = await memory.energy(state, { beta });
        const after = await memory.energy(states[k + 1] as Gaussians, { beta });
        const { stepLength } = await memory.retrieve(state, { beta, maxIterations: 0 });
        const rounding = energyRounding(random, largest((await memory.distances(state)).data));
        for (let q = 0; q < state.count; q++) {
          const length = stepLength[q] as number;
          const noise = stepNoise(random);
          const slack = rounding + 2 * length * noise + noise * noise;
          expect(after[q]).toBeLessThanOrEqual((before[q] as number) - length ** 2 + slack);
        }
      }
    });
  });

  it('lies between min D - log(N) / beta and min D, from beta 1e-8 to 1e8', async () => {
    await check(cases(LIMITS), 40, async ({ itemBatch, queryBatch, items }) => {
      const memory = await GaussianMemory.create(itemBatch);
      const { data } = await memory.distances(queryBatch);
      for (const beta of [1e-8, 1e-3, 1, 1e3, 1e8]) {
        const energy = await memory.energy(queryBatch, { beta });
        energy.forEach((value, q) => {
          const least = Math.min(...data.subarray(q * items, (q + 1) * items));
          // Each is within the bar of the exact value; the energy may refine its distances less.
          const slack = AGREEMENT * least + (1e-14 * Math.log(items)) / beta;
          expect(value).toBeLessThanOrEqual(least + slack);
          expect(value).toBeGreaterThanOrEqual(least - Math.log(items) / beta - slack);
        });
        const weights = await memory.weights(queryBatch, { beta });
        for (let q = 0; q < queryBatch.count; q++) {
          const row = weights.data.subarray(q * items, (q + 1) * items);
          // Each weight is rounded once, and so is their sum.
          expectWithin('sum of weights', [row.reduce((sum, weight) => sum + weight, 0)], [1], 1e-15 * (items + 4));
          expect(Math.min(...row)).toBeGreaterThanOrEqual(0);
        }
      }
    });
  });
});

/** A few roundings of the traces that distances are differences of, and of the energy's own terms. */
function energyRounding({ itemBatch, items, beta }: Case, distance: number): number {
  const trace = itemBatch.dimension * largest(itemBatch.covariances);
  return 16 * DOUBLE_EPSILON * trace + 1e-12 * distance + (1e-12 * Math.log(items)) / beta;
}

/**
 * A step length is |K - R| with K = R^-T G^1/2. The eigenvalues of G have an error of eps |G|, its root therefore one
 * of eps |G|^1/2 cond(G)^1/2, and cond(G) is cond(S) cond(O); the solve multiplies by cond(R): eps cond^3/2 of the
 * width.
 */
function stepNoise({ itemBatch, dimension, logCondition }: Case): number {
  const width = Math.sqrt(dimension * largest(itemBatch.covariances));
  return 4 * dimension * DOUBLE_EPSILON * 10 ** (1.5 * logCondition) * width;
}

/** What rounding the covariances (condition 1e3, d to 48) may do to a squared distance near zero. */
function widthFloor(batch: Gaussians): number {
  const trace = batch.dimension * largest(batch.covariances);
  return (1e-12 * Math.sqrt(trace)) ** 2;
}

describe('distances', () => {
  it('are symmetric and zero between equals, close pairs included', async () => {
    await check(cases({ ...LIMITS, spreads: [1e-6, 1e-3, 1] }), 50, async ({ itemBatch, items }) => {
      const data = await distancesBetween(itemBatch, itemBatch);
      const floor = widthFloor(itemBatch);
      for (let i = 0; i < items; i++) {
        for (let j = 0; j < items; j++) {
          const distance = data[i * items + j] as number;
          expect(distance).toBeGreaterThanOrEqual(0);
          const back = data[j * items + i] as number;
          if (i === j) expect(distance).toBeLessThanOrEqual(floor);
          else expectWithin('d(j, i)', [back], [distance], 1e-9 * distance + 2 * Math.sqrt(distance * floor) + floor);
        }
      }
    });
  });

  it('obey the triangle inequality', async () => {
    await check(cases({ ...LIMITS, maxItems: 5 }), 30, async ({ itemBatch, items }) => {
      const data = await distancesBetween(itemBatch, itemBatch);
      const metric = (i: number, j: number) => Math.sqrt(data[i * items + j] as number);
      const slack = Math.sqrt(widthFloor(itemBatch));
      for (let i = 0; i < items; i++) {
        for (let j = 0; j < items; j++) {
          for (let k = 0; k < items; k++) {
            expect(metric(i, k)).toBeLessThanOrEqual((1 + 1e-12) * (metric(i, j) + metric(j, k)) + 3 * slack);
          }
        }
      }
    });
  });
});

/** One step of both memories, and the energies: what an isometry must carry over. */
async function observe({ itemBatch, queryBatch }: Pick<Case, 'itemBatch' | 'queryBatch'>, beta: number) {
  const memory = await GaussianMemory.create(itemBatch);
  const distances = (await memory.distances(queryBatch)).data;
  const energy = await memory.energy(queryBatch, { beta });
  const weights = (await memory.weights(queryBatch, { beta })).data;
  return { distances, energy, weights, next: await memory.step(queryBatch, { beta }) };
}

describe('invariance', () => {
  it('under a translation of all means', async () => {
    await check(cases({ ...LIMITS, spreads: [0.3, 3] }), 40, async (original) => {
      const unit = 2 ** Math.round((original.logScale / 2) * Math.log2(10));
      // Means on a grid and a shift of whole units: moved means are exact, so nothing but the library can err.
      const snap = (batch: Gaussians, shift: number): Gaussians => ({
        ...batch,
        means: batch.means.map((m) => (Math.round((m / unit) * 2 ** 20) / 2 ** 20 + shift) * unit),
      });
      const place = (shift: number) => ({
        itemBatch: snap(original.itemBatch, shift),
        queryBatch: snap(original.queryBatch, shift),
      });
      const here = await observe(place(0), original.beta);
      const there = await observe(place(4096), original.beta);
      const size = largest(here.distances);
      expectWithin(
        'distances',
        there.distances,
        here.distances,
        (i) => 1e-9 * (here.distances[i] as number) + 1e-12 * size,
      );
      expectWithin('weights', there.weights, here.weights, 1e-9);
      expectNormwise('covariances', there.next.covariances, here.next.covariances, 1e-9);
      const moved = here.next.means.map((m) => m + 4096 * unit);
      expectNormwise('means', there.next.means, moved, 1e-12);
    });
  });

  it('under a common rotation', async () => {
    await check(cases({ ...LIMITS, structures: ['full'], maxDimension: 24 }), 30, async (original) => {
      const rotation = randomRotation(new TestRandom(original.seed), original.dimension);
      const turn = (batch: Gaussians) => rotated(batch, rotation);
      const here = await observe(original, original.beta);
      const there = await observe(
        { itemBatch: turn(original.itemBatch), queryBatch: turn(original.queryBatch) },
        original.beta,
      );
      // The rotation rounds its input (condition 1e3): distances move by 1e-12 of the width, exponents with them.
      const extent =
        largest(original.itemBatch.covariances) * original.dimension + largest(original.itemBatch.means) ** 2;
      const moved = (distance: number) => 1e-9 * distance + 1e-11 * Math.sqrt(distance * extent) + 1e-22 * extent;
      expectWithin('distances', there.distances, here.distances, (i) => moved(here.distances[i] as number));
      const exponent = original.beta * Math.max(...here.distances.map((distance) => moved(distance)));
      expectNormwise('covariances', there.next.covariances, turn(here.next).covariances, 1e-9 + exponent);
      expectNormwise('means', there.next.means, turn(here.next).means, 1e-9 + exponent);
    });
  });

  it('under scaling x -> c x with beta -> beta / c^2, to the bit for powers of two', async () => {
    await check(cases(LIMITS), 40, async (original) => {
      const here = await observe(original, original.beta);
      for (const c of [2 ** -30, 2 ** 30]) {
        const there = await observe(
          { itemBatch: scaled(original.itemBatch, c, c * c), queryBatch: scaled(original.queryBatch, c, c * c) },
          original.beta / c ** 2,
        );
        // Powers of two commute with rounding; 1e-12 leaves room for thresholds that are not scale-free to the bit.
        expectRelative(
          'distances',
          there.distances,
          here.distances.map((distance) => c * c * distance),
          1e-12,
        );
        expectWithin('weights', there.weights, here.weights, 1e-12);
        expectNormwise(
          'means',
          there.next.means,
          here.next.means.map((m) => c * m),
          1e-12,
        );
        expectNormwise(
          'covariances',
          there.next.covariances,
          here.next.covariances.map((s) => c * c * s),
          1e-12,
        );
      }
    });
  });

  it('under a permutation of the items, and of the queries', async () => {
    await check(cases(LIMITS), 30, async (original) => {
      const { itemBatch, queryBatch, items, beta } = original;
      const here = await observe(original, beta);
      const reversedItems = select(itemBatch, [...Array(items).keys()].reverse());
      const reversedQueries = select(queryBatch, [...Array(queryBatch.count).keys()].reverse());
      const there = await observe({ itemBatch: reversedItems, queryBatch: reversedQueries }, beta);
      const floor = widthFloor(itemBatch);
      const bound = (distance: number) => 1e-12 * distance + 2 * Math.sqrt(floor * distance) + floor;
      const flipped = there.distances.toReversed();
      expectWithin('distances', flipped, here.distances, (i) => bound(here.distances[i] as number));
      expectWithin('energy', there.energy.toReversed(), here.energy, bound(largest(here.distances)) + 1e-13 / beta);
      const unflipped = select(there.next, [...Array(queryBatch.count).keys()].reverse());
      expectNormwise('covariances', unflipped.covariances, here.next.covariances, 1e-9);
    });
  });

  it('duplicating every item leaves the dynamics alone and lowers the energy by log(2) / beta', async () => {
    await check(cases(LIMITS), 30, async (original) => {
      const { itemBatch, queryBatch, beta } = original;
      const here = await observe(original, beta);
      const there = await observe({ itemBatch: concatenate(itemBatch, itemBatch), queryBatch }, beta);
      expectNormwise('means', there.next.means, here.next.means, 1e-12);
      expectNormwise('covariances', there.next.covariances, here.next.covariances, 1e-12);
      const bound = 1e-12 * (largest(here.energy) + 1 / beta);
      expectWithin(
        'energy',
        there.energy,
        here.energy.map((value) => value - Math.LN2 / beta),
        bound,
      );
    });
  });
});
