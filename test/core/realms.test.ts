/** Arrays, objects, functions, signals and errors of another realm are as good as ours, in every verb. */
import { describe, expect, it } from 'vitest';
import {
  capacity,
  cloudSeparation,
  commonBasis,
  EuclideanMemory,
  estimateBasinRadius,
  flattenClouds,
  GaussianMemory,
  type Gaussians,
  gaussiansFrom,
  imagePatches,
  measureCloudRecall,
  PointCloudMemory,
  type PointClouds,
  perturb,
  perturbClouds,
  Random,
  samplePointClouds,
  sampleUniformSphere,
  sampleWassersteinSphere,
  separation,
  sinkhorn,
  sinkhornDivergence,
  sinkhornKnopp,
  toBasis,
  toFull,
  toSphere,
  unflattenClouds,
  type Vectors,
  VonMisesFisherMemory,
} from '../../lib/index.ts';
import { ordinary, toSingle } from '../support/batches.ts';
import { foreign, foreignController, foreignError, foreignFunction } from '../support/realm.ts';

/** What a call gives, in plain JSON, with our own values and with those of another realm. */
async function expectSame<A extends unknown[]>(call: (...values: A) => unknown, ...values: A): Promise<void> {
  const own = await call(...values);
  const others = await call(...foreign(values));
  expect(JSON.stringify(others)).toBe(JSON.stringify(own));
}

const beta = 1;
const epsilon = 0.5;
const gaussians = ordinary('full', 3, 2);
const diagonal = ordinary('diagonal', 3, 2);
const vectors: Vectors = { count: 3, dimension: 2, values: Float64Array.of(1, 2, 3, 4, 5, 7) };
const clouds: PointClouds = {
  count: 2,
  dimension: 1,
  offsets: Int32Array.of(0, 2, 4),
  points: Float64Array.of(0, 1, 3, 5),
  weights: Float64Array.of(0.5, 0.5, 0.25, 0.75),
};
const one: PointClouds = {
  ...clouds,
  count: 1,
  offsets: Int32Array.of(0, 2),
  points: Float64Array.of(0, 1),
  weights: Float64Array.of(0.5, 0.5),
};

it('the other realm has classes of its own', () => {
  expect(foreign(vectors).values).not.toBeInstanceOf(Float64Array);
  expect(foreign(vectors)).not.toBeInstanceOf(Object);
  expect(foreignError('x')).not.toBeInstanceOf(Error);
});

describe.each<[string, Gaussians]>([
  ['full', gaussians],
  ['float32', toSingle(gaussians)],
  ['diagonal', diagonal],
  ['isotropic', ordinary('isotropic', 3, 2)],
])('Gaussians, %s', (_, items) => {
  it('in every verb', async () => {
    const one = {
      ...items,
      count: 1,
      means: items.means.slice(0, 2),
      covariances: items.covariances.slice(0, items.covariances.length / 3),
    };
    await expectSame(
      async (batch, query, indices, options) => {
        const memory = await GaussianMemory.create(batch);
        const found = [
          memory.precision,
          await memory.distances(batch),
          await memory.weights(batch, options),
          await memory.energy(batch, options),
          await memory.step(batch, options),
          await memory.retrieve(batch, { ...options, maxIterations: 3, beta: foreign([1, 2]) }),
          await memory.sweep(batch, { betas: foreign([1, 2]), maxIterations: 3 }),
          await memory.nearest(batch, { k: 2 }),
          await memory.transportMaps(query, indices),
          await memory.get(indices),
        ];
        await memory.add(batch);
        await memory.remove(indices);
        return [...found, memory.size, await memory.get(Int32Array.of(0, 1))];
      },
      items,
      one,
      Int32Array.of(1, 0),
      { beta, pruning: { mass: 1e-9 } },
    );
  });
});

it('functions on Gaussians', async () => {
  await expectSame(
    async (full, flat) => {
      const basis = foreign(await commonBasis(flat));
      return [
        await toFull(flat),
        await toBasis(flat, basis as never),
        await perturb(full, 0.5, foreign({ seed: 3 })),
        separation(full),
        await sampleWassersteinSphere(foreign({ count: 2, dimension: 3, covariances: 'commuting', range: [1, 2] })),
      ];
    },
    gaussians,
    diagonal,
  );
  await expectSame(capacity, { dimension: 100, kappa: 1.1, probability: 0.5 });
  const arrays = {
    means: { shape: [2, 1], data: Float32Array.of(0, 1) },
    covariances: { shape: [2], data: Float32Array.of(1, 2) },
    kind: 'variance',
  } as const;
  await expectSame(gaussiansFrom, arrays);
});

it('vectors', async () => {
  await expectSame(async (items) => {
    const memory = await EuclideanMemory.create(items);
    return [await memory.distances(items), await memory.retrieve(items, { beta })];
  }, vectors);
});

it('clouds, in every verb', async () => {
  await expectSame(
    async (items, query, indices, options) => {
      const memory = await PointCloudMemory.create(items, { epsilon });
      const found = [
        await memory.divergences(items),
        await memory.weights(items, options),
        await memory.energy(items, options),
        await memory.gradient(items, options),
        await memory.step(items, options),
        await memory.retrieve(items, { ...options, maxIterations: 3 }),
        await memory.sweep(items, { betas: foreign([1, 2]), maxIterations: 3 }),
        await memory.nearest(items, { k: 2 }),
        await memory.transportMaps(query, indices),
        await memory.get(indices),
        await cloudSeparation(memory),
        await estimateBasinRadius(memory, 0, foreign({ beta: 5, trials: 2, accuracy: 1, maxIterations: 5 })),
      ];
      await memory.add(items);
      await memory.remove(indices);
      return [...found, memory.size];
    },
    clouds,
    one,
    [1, 0],
    { beta },
  );
});

it('functions on clouds', async () => {
  await expectSame(async (items) => {
    const rows = foreign(flattenClouds(items));
    return [
      rows,
      unflattenClouds(rows, items),
      await sinkhorn(items, items, foreign({ epsilon })),
      await sinkhornDivergence(items, items, foreign({ epsilon, gradient: true })),
      await perturbClouds(items, 0.1, foreign({ epsilon, channels: 'both' })),
      await samplePointClouds(foreign({ count: 2, dimension: 2, points: [2, 4], weights: 'random' })),
    ];
  }, clouds);
  const cost = { rows: 2, columns: 2, data: Float64Array.of(0, 1, 1, 0) };
  await expectSame(sinkhorn, { cost, rowWeights: [0.5, 0.5], columnWeights: Float64Array.of(0.5, 0.5) }, { epsilon });
  const grid = { counts: [2], dimensions: [1], epsilons: [0.5], betas: [5], divergences: [0.1], points: 3, queries: 1 };
  await expectSame(measureCloudRecall, grid);
});

it('random numbers', () => {
  expect(Array.from(new Random(1).shuffle(foreign([1, 2, 3, 4])))).toEqual(new Random(1).shuffle([1, 2, 3, 4]));
  const typed = new Random(1).shuffle(foreign(Int32Array.of(1, 2, 3, 4)));
  expect(Array.from(typed)).toEqual(new Random(1).shuffle([1, 2, 3, 4]));
});

it('the sphere', async () => {
  const images = { count: 2, height: 2, width: 2, values: Uint8Array.of(1, 2, 3, 4, 5, 7, 6, 8) };
  await expectSame(imagePatches, images, { size: 2 });
  await expectSame(toSphere, { count: 2, dimension: 3, values: Float32Array.of(1, 2, 4, 3, 1, 2) }, { centre: false });
  await expectSame(
    sinkhornKnopp,
    { rows: 1, columns: 2, data: Float64Array.of(1, 2) },
    { rowSums: [1], columnSums: [0.5, 0.5] },
  );
  const { values } = await sampleUniformSphere({ count: 40, dimension: 3 });
  const labels = Uint8Array.from({ length: 40 }, (_, i) => 1 + (i % 2));
  await expectSame(
    async (data, options) => {
      const memory = await VonMisesFisherMemory.train(data, options);
      const rows = { count: 40, dimension: 3, values: data.values };
      const found = [
        memory.memories,
        memory.classWeights,
        await memory.predict(rows),
        await memory.nearestMemory(rows),
      ];
      const reconstruction = await memory.reconstruct(rows, {
        classes: foreign(Array.from(labels)),
        clamped: foreign(Uint8Array.of(0, 0, 1)),
      });
      const { dimension, hiddenUnits, classes, beta, betaScale, memories, classWeights } = memory;
      const parameters = foreign({ dimension, hiddenUnits, classes, beta, betaScale, memories, classWeights });
      return [...found, reconstruction, await (await VonMisesFisherMemory.from(parameters)).logDensity(rows)];
    },
    { count: 40, dimension: 3, values, labels, classes: 2 },
    { hiddenUnits: 2, beta: 2, maxEpochs: 2, classShares: [0.2, 0.4, 0.4] },
  );
});

describe('calls', () => {
  const big = ordinary('full', 40, 48);

  it('hear signals', async () => {
    const memory = await GaussianMemory.create(big);
    const { signal, abort } = foreignController();
    const call = memory.distances(big, { signal });
    const reason = foreignError('enough');
    abort(reason);
    await expect(call.catch((error: unknown) => error)).resolves.toBe(reason);
    await expect(memory.distances(big, { signal }).catch((error: unknown) => error)).resolves.toBe(reason);
  });

  it('report progress, and reject with what the callback throws', async () => {
    const memory = await GaussianMemory.create(big);
    let last = 0;
    await memory.distances(big, {
      onProgress: foreignFunction(({ completed }) => {
        last = completed;
      }),
    });
    expect(last).toBe(big.count ** 2);
    const thrown = foreignError('from the callback');
    const onProgress = foreignFunction(() => {
      throw thrown;
    });
    await expect(memory.distances(big, { onProgress }).catch((error: unknown) => error)).resolves.toBe(thrown);
  });
});
