/** Nothing depends on the unit of length: points times s, epsilon times s^2 and beta over s^2 give the same flow. */
import { describe, expect, it } from 'vitest';
import { PointCloudMemory, type PointClouds } from '../../lib/index.ts';
import type { Cloud } from '../reference/pointCloud.ts';
import { expectWithin } from '../support/assertions.ts';
import { batchOf, randomCloud } from '../support/clouds.ts';
import { TestRandom } from '../support/random.ts';

const random = new TestRandom(31);
const items = Array.from({ length: 5 }, () => randomCloud(random, 6, 2));
const queries = Array.from({ length: 4 }, () => randomCloud(random, 5, 2));

function scaled(clouds: readonly Cloud[], scale: number): PointClouds {
  const moved = clouds.map(({ points, weights }) => ({
    points: points.map((x) => x.map((value) => scale * value)),
    weights,
  }));
  return { ...batchOf(moved, 'clouds'), dimension: 2 };
}

async function retrieveAt(scale: number, options: { readonly tolerance?: number } = {}) {
  const memory = await PointCloudMemory.create(scaled(items, scale), { epsilon: 0.5 * scale ** 2 });
  return memory.retrieve(scaled(queries, scale), { beta: 2 / scale ** 2, ...options });
}

describe('the flow of clouds', () => {
  it('is the same at every scale', async () => {
    const one = await retrieveAt(1);
    expect(one.stopped).toContain('converged');
    // Powers of two change no digit.
    for (const scale of [2 ** -66, 2 ** -10, 2 ** 40]) {
      const { states, iterations, stopped, nearest } = await retrieveAt(scale);
      expect([...iterations]).toEqual([...one.iterations]);
      expect(stopped).toEqual(one.stopped);
      expect(nearest).toEqual(one.nearest);
      expect([...states.points]).toEqual([...one.states.points].map((value) => value * scale));
    }
  });

  it('moves clouds of scale 1e-20', async () => {
    const [one, tiny] = [await retrieveAt(1), await retrieveAt(1e-20)];
    expect([...tiny.iterations].every((count) => count > 0)).toBe(true);
    expect(tiny.stopped).toEqual(one.stopped);
    expectWithin(
      'states',
      [...tiny.states.points].map((value) => value * 1e20),
      [...one.states.points],
      1e-5,
    );
  });

  it('takes a tolerance that is given as it is', async () => {
    expect([...(await retrieveAt(1e-20, { tolerance: 1e-6 })).iterations]).toEqual(queries.map(() => 0));
  });

  it('ends where all items are one point', async () => {
    const point = (x: number): Cloud => ({ points: [[x, 4]], weights: [1] });
    for (const scale of [1, 1e-20, 1e20]) {
      const memory = await PointCloudMemory.create(scaled([point(3), point(3)], scale), { epsilon: 0.5 * scale ** 2 });
      const found = await memory.retrieve(scaled([point(5)], scale), { beta: 1 / scale ** 2 });
      expect(found.stopped).toEqual(['converged']);
      expect(found.iterations[0]).toBeGreaterThan(0);
      expectWithin('state', found.states.points, [3 * scale, 4 * scale], 1e-6 * scale);
    }
  });
});
