import { describe, expect, it } from 'vitest';
import { type Contender, measureRecall, type RecallingMemory, recallWork } from '../../../experiments/core/recall.ts';
import { Stages } from '../../../experiments/core/stages.ts';
import type { Retrieval } from '../../../lib/core/types.ts';

type Batch = 'items' | 'queries';

/** A memory on paper: neighbours at squared distance 4, and fixed points as told for each beta. */
function scripted(nearest: Record<number, number[]>, nearestDistance: number[]): Contender<Batch> {
  const count = nearestDistance.length;
  const memory: RecallingMemory<Batch> = {
    nearest: async (batch, { k = 1 } = {}) => {
      if (batch === 'items') expect(k).toBe(2);
      const indices = batch === 'items' ? new Int32Array(2 * count) : Int32Array.of(0, 1, 0, 0);
      return { rows: count, columns: k, indices, distances: new Float64Array(2 * count).map((_, at) => 4 * (at % 2)) };
    },
    retrieve: async (_, { beta, tolerance }) => {
      expect(tolerance).toBeCloseTo(0.02);
      const iterations = Int32Array.of(1, 2, 3, 4);
      const stopped = ['converged', 'converged', 'converged', 'iterations'];
      const found = { nearest: Int32Array.from(nearest[beta as number] ?? []), nearestDistance, iterations, stopped };
      return found as unknown as Retrieval<Batch>;
    },
  };
  return { label: 'Paper memory', cost: 3, create: async () => memory };
}

const targets = Int32Array.of(0, 1, 2, 3);
const task = { items: 'items', itemCount: 4, queries: { blurred: 'queries' }, targets } as const;
const settings = { scaledBetas: [1, 2, 4], tolerance: 0.01, maxIterations: 50 };

describe('recall over betas', () => {
  it('counts right and settled recalls against the targets, in units of the neighbour distance', async () => {
    const fixedPoints = { 0.25: [1, 1, 1, 1], 0.5: [0, 1, 2, 1], 1: [0, 1, 2, 2] };
    // 10 % of the neighbour distance 2 is 0.2, squared 0.04.
    const contender = scripted(fixedPoints, [0.01, 0.04, 0.05, 9]);
    const { blurred } = await measureRecall(contender, task, settings, new Stages(1, {}));
    expect(blurred).toMatchObject({ neighbourDistance: 4, limit: 0.5, best: { beta: 0.5 }, recalled: [0, 1, 2, 1] });
    expect(blurred.points.map(({ beta, right, settled }) => [beta, right, settled])).toEqual([
      [0.25, 0.25, 0.25],
      [0.5, 0.75, 0.5],
      [1, 0.75, 0.5],
    ]);
    expect(blurred.points[0]).toMatchObject({ scaledBeta: 1, medianIterations: 2.5, converged: 0.75 });
  });

  it('reports progress that never falls and ends at the whole', async () => {
    const shares: number[] = [];
    const contender = scripted({ 0.25: [0, 0, 0, 0], 0.5: [0, 0, 0, 0], 1: [0, 0, 0, 0] }, [0, 0, 0, 0]);
    const total = contender.cost * recallWork(4, 4, ['blurred'], settings);
    const stages = new Stages(total, { onProgress: ({ share }) => shares.push(share) });
    await measureRecall(contender, task, settings, stages);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBeCloseTo(1, 12);
  });

  it('refuses items of which most have a double', async () => {
    const doubles = scripted({}, [0, 0, 0, 0]);
    const create = async () => {
      const memory = await doubles.create('items', {});
      const nearest: typeof memory.nearest = async (batch, options) => {
        const found = await memory.nearest(batch, options);
        return { ...found, distances: found.distances.fill(0) };
      };
      return { ...memory, nearest };
    };
    const measured = measureRecall({ ...doubles, create }, task, settings, new Stages(1, {}));
    await expect(measured).rejects.toMatchObject({ code: 'ERR_RANGE', message: expect.stringContaining('double') });
  });
});
