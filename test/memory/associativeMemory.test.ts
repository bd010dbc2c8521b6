/** One function over every memory of items, and what its type promises. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  type AssociativeMemory,
  type CloudNeighbours,
  type CloudRetrieval,
  type CommonRetrieval,
  EuclideanMemory,
  type FlowSteps,
  GaussianMemory,
  type Gaussians,
  type Neighbours,
  PointCloudMemory,
  type PointClouds,
  type Retrieval,
  type RidgeOptions,
  type Vectors,
} from '../../lib/index.ts';

const gaussians: Gaussians = {
  count: 2,
  dimension: 1,
  structure: 'diagonal',
  means: Float64Array.of(0, 5),
  covariances: Float64Array.of(1, 4),
};
const vectors: Vectors = { count: 2, dimension: 1, values: Float64Array.of(0, 5) };
const clouds: PointClouds = {
  count: 2,
  dimension: 1,
  offsets: Int32Array.of(0, 2, 4),
  points: Float64Array.of(0, 1, 5, 6),
  weights: Float64Array.of(0.5, 0.5, 0.5, 0.5),
};

/** Everything that memories share, with the items themselves as queries. */
async function recallAll<Items extends { readonly count: number }>(memory: AssociativeMemory<Items>, items: Items) {
  const options = { beta: 2 };
  const { count } = items;
  const retrieval = await memory.retrieve(items, options);
  const sweep = await memory.sweep(items, { betas: [1, 2] });
  const { indices } = await memory.nearest(items, { k: 1 });
  const weights = await memory.weights(items, options);
  expect([weights.rows, weights.columns]).toEqual([count, memory.size]);
  expect((await memory.step(items, options)).count).toBe(count);
  expect((await memory.energy(items, options)).length).toBe(count);
  expect(sweep.map(({ states }) => states.count)).toEqual([count, count]);
  expect(sweep[1]?.energy).toEqual(retrieval.energy);
  await memory.add(items);
  await memory.remove([0]);
  expect((await memory.get([0])).count).toBe(1);
  return { nearest: [...retrieval.nearest], stopped: retrieval.stopped, indices: [...indices], size: memory.size };
}

const memories: readonly [string, () => Promise<Awaited<ReturnType<typeof recallAll>>>][] = [
  ['GaussianMemory', () => GaussianMemory.create(gaussians).then((memory) => recallAll(memory, gaussians))],
  ['EuclideanMemory', () => EuclideanMemory.create(vectors).then((memory) => recallAll(memory, vectors))],
  [
    'PointCloudMemory',
    () => PointCloudMemory.create(clouds, { epsilon: 0.1 }).then((memory) => recallAll(memory, clouds)),
  ],
];

describe('AssociativeMemory', () => {
  it.each(memories)('%s recalls', async (_, recall) => {
    expect(await recall()).toEqual({
      nearest: [0, 1],
      stopped: ['converged', 'converged'],
      indices: [0, 1],
      size: 3,
    });
  });

  it('saves and closes whatever it is', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'denseam-memory-'));
    try {
      const open: AssociativeMemory<unknown>[] = [
        await GaussianMemory.create(gaussians),
        await EuclideanMemory.create(vectors),
        await PointCloudMemory.create(clouds, { epsilon: 0.1 }),
      ];
      for (const [i, memory] of open.entries()) {
        await memory.save(join(folder, `${i}.safetensors`));
        memory.close();
        expect(() => memory.size).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('has the types of its memories', () => {
    expectTypeOf<GaussianMemory>().toExtend<
      AssociativeMemory<Gaussians, Retrieval<Gaussians>, Neighbours, RidgeOptions>
    >();
    expectTypeOf<EuclideanMemory>().toExtend<AssociativeMemory<Vectors, Retrieval<Vectors>, Neighbours>>();
    expectTypeOf<PointCloudMemory>().toExtend<
      AssociativeMemory<PointClouds, CloudRetrieval, CloudNeighbours, unknown, FlowSteps>
    >();
    expectTypeOf<GaussianMemory>().toExtend<AssociativeMemory<Gaussians>>();
    expectTypeOf<PointCloudMemory>().not.toExtend<AssociativeMemory<Gaussians>>();
    expectTypeOf<ReturnType<AssociativeMemory<Vectors>['retrieve']>>().resolves.toEqualTypeOf<
      CommonRetrieval<Vectors>
    >();
  });
});
