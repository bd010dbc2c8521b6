import { describe, expect, it } from 'vitest';
import { distancesToOwn, drawItems, drawQueries, range } from '../../../experiments/shared/sphereItems.ts';
import { toFull } from '../../../lib/index.ts';
import { commutingSquare } from './commutingSquare.ts';

const shape = { count: 60, dimension: 3, range: [1, 1.1], seed: 3 } as const;

describe('items on the sphere', async () => {
  const items = await drawItems({ covariances: 'commuting', ...shape }, {});
  const queries = await drawQueries(items, 1, { covariances: 'general', seed: 3 }, {});

  it('queries are at the distance, to rounding', async () => {
    for (const distance of await distancesToOwn(queries, items, {})) expect(distance).toBeCloseTo(1, 9);
  });

  it('distances to the own item are those of the closed form and, written out, of the full covariances', async () => {
    const others = range(items, 7, 57);
    const states = range(queries, 0, 50);
    const own = await distancesToOwn(states, others, {});
    const full = await distancesToOwn(await toFull(states), await toFull(others), {});
    for (const [i, distance] of own.entries()) {
      // Distances above 0.5 from numbers of about 4: rounding is far below this.
      expect(distance).toBeCloseTo(Math.sqrt(commutingSquare(states, i, others, i)), 11);
      expect(full[i]).toBeCloseTo(distance, 9);
    }
  });

  it('the first items are the same whatever their number', async () => {
    const fewer = await drawItems({ covariances: 'commuting', ...shape, count: 20 }, {});
    expect(range(items, 0, 20)).toEqual(fewer);
  });
});
