import { expect, it } from 'vitest';
import { GaussianMemory, type Gaussians, Random } from '../../lib/index.ts';

/** Rank-2 covariances rounded to float32: their smallest eigenvalues come out slightly negative. */
function lowRank(count: number, dimension: number, random: Random): Gaussians {
  const covariances = new Float32Array(count * dimension * dimension);
  for (let n = 0; n < count; n++) {
    for (let rank = 0; rank < 2; rank++) {
      const a = Float64Array.from({ length: dimension }, () => random.normal());
      for (let i = 0; i < dimension; i++) {
        for (let j = 0; j < dimension; j++) {
          const k = (n * dimension + i) * dimension + j;
          covariances[k] = (covariances[k] as number) + (a[i] as number) * (a[j] as number);
        }
      }
    }
  }
  return { count, dimension, structure: 'full', means: new Float32Array(count * dimension), covariances };
}

it('what is accepted as a float32 item is accepted as a float32 query', async () => {
  const items = lowRank(40, 6, new Random(3));
  const memory = await GaussianMemory.create(items);
  const { indices } = await memory.nearest(items);
  expect(Array.from(indices)).toEqual(Array.from({ length: 40 }, (_, i) => i));
  await expect(memory.step(items, { beta: 1 })).rejects.toMatchObject({ code: 'ERR_NOT_POSITIVE_DEFINITE' });
  await expect(memory.step(items, { beta: 1, ridge: 1e-3 })).resolves.toMatchObject({ count: 40 });
});
