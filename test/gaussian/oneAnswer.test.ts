/** One memory, one answer: every verb says the same of the same pair. */
import { describe, expect, it } from 'vitest';
import { GaussianMemory, type Gaussians } from '../../lib/index.ts';
import { expectRelative, expectSameBits } from '../support/assertions.ts';
import { ordinary, select } from '../support/batches.ts';
import { TestRandom } from '../support/random.ts';

/** v v' + a little, rounded to float32: nearly of rank one, with eigenvalues of both signs at the level of rounding. */
function nearlyRankOne(count: number, dimension: number, seed: number): Gaussians {
  const random = new TestRandom(seed);
  const covariances = new Float32Array(count * dimension * dimension);
  for (let i = 0; i < count; i++) {
    const v = random.normals(dimension);
    for (let at = 0; at < dimension ** 2; at++) {
      const [row, column] = [Math.floor(at / dimension), at % dimension];
      covariances[i * dimension ** 2 + at] = (v[row] as number) * (v[column] as number);
    }
  }
  const means = Float32Array.from(random.normals(count * dimension));
  return { count, dimension, structure: 'full', means, covariances };
}

describe.each([2, 3, 5, 12, 40, 70])('in %i dimensions', (dimension) => {
  const items = nearlyRankOne(12, dimension, dimension);
  const queries = { ...ordinary('full', 3, dimension) };

  it.each([1e-6, 1, 300, 1e9])('the energy of one item is its distance, in every verb: beta %s', async (beta) => {
    for (let i = 0; i < 4; i++) {
      for (const precision of [Float32Array, Float64Array]) {
        const one = select(items, [i]);
        const memory = await GaussianMemory.create({
          ...one,
          means: precision.from(one.means),
          covariances: precision.from(one.covariances),
        });
        const { data } = await memory.distances(queries);
        expectSameBits('energy', await memory.energy(queries, { beta }), data);
        expectSameBits('unpruned energy', await memory.energy(queries, { beta, pruning: false }), data);
        expectSameBits('nearest', (await memory.nearest(queries)).distances, data);
        const found = await memory.retrieve(queries, { beta, maxIterations: 0 });
        // The map of one large item comes with eigenvectors, and so with eigenvalues that differ in their last bits.
        const rounding = dimension > 64 ? 1e-12 : 0;
        expectRelative('energy of a retrieval', found.energy, data, rounding);
        expectRelative('nearest of a retrieval', found.nearestDistance, data, rounding);
      }
    }
  });

  it('the distance moved by a step of one item is the distance to it', async () => {
    const memory = await GaussianMemory.create(select(items, [0]));
    const { data } = await memory.distances(queries);
    const { stepLength } = await memory.retrieve(queries, { beta: 1, maxIterations: 0 });
    expectRelative(
      'step length',
      stepLength.map((length) => length ** 2),
      data,
      1e-9,
    );
  });

  it('all verbs name the same nearest item at the same distance', async () => {
    const memory = await GaussianMemory.create(items);
    const { data } = await memory.distances(queries);
    const nearest = await memory.nearest(queries);
    const found = await memory.retrieve(queries, { beta: 3, maxIterations: 0 });
    for (let q = 0; q < 3; q++) {
      const row = data.subarray(q * 12, (q + 1) * 12);
      const least = Math.min(...row);
      expect(nearest.distances[q]).toBe(least);
      expect(nearest.indices[q]).toBe(row.indexOf(least));
      expect(found.nearest[q]).toBe(row.indexOf(least));
      expectRelative('nearest', [found.nearestDistance[q] as number], [least], 1e-11);
    }
  });
});
