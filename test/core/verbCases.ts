/** Every verb of the memories with good values of its arguments. */
import { EuclideanMemory, GaussianMemory, PointCloudMemory, VonMisesFisherMemory } from '../../lib/index.ts';
import {
  absent,
  beta,
  type Case,
  call,
  cloud,
  clouds,
  epsilon,
  flow,
  gaussians,
  iterating,
  memories,
  one,
  parameters,
  seed,
  solver,
  training,
  vectors,
} from './goodValues.ts';

/** The verbs that memories of vectors and of Gaussians share. */
function verbsOf(name: string, memory: object, queries: unknown, ridge: object): Record<string, Case> {
  const verb = (method: string, values: Record<string, unknown>): [string, Case] => [
    `${name}.${method}`,
    { call: (...given) => (memory as Record<string, (...given: unknown[]) => unknown>)[method]?.(...given), values },
  ];
  return Object.fromEntries([
    verb('distances', { queries, options: { ...ridge, ...call } }),
    verb('weights', { queries, options: { beta, pruning: true, ...ridge, ...call } }),
    verb('energy', { queries, options: { beta, pruning: true, ...ridge, ...call } }),
    verb('step', { queries, options: { beta, pruning: true, ...ridge, ...call } }),
    verb('retrieve', { queries, options: { beta, ...iterating, ...ridge } }),
    verb('sweep', { queries, options: { betas: [1], ...iterating, ...ridge } }),
    verb('nearest', { queries, options: { k: 1, pruning: true, ...ridge, ...call } }),
    verb('get', { indices: [0], options: call }),
    verb('add', { items: undefined, options: call }),
    verb('remove', { indices: undefined, options: call }),
    verb('save', { path: absent, options: call }),
  ]);
}

export const verbCases: Record<string, Case> = {
  ...verbsOf('GaussianMemory', memories.gaussian, gaussians, { ridge: 0 }),
  ...verbsOf('EuclideanMemory', memories.euclidean, vectors, {}),
  'GaussianMemory.create': {
    call: (items, options) => GaussianMemory.create(items, options),
    values: { items: gaussians, options: { index: true, ...call } },
  },
  'GaussianMemory.load': {
    call: (path, options) => GaussianMemory.load(path, options),
    values: { path: absent, options: { index: true, ...call } },
  },
  'GaussianMemory.transportMaps': {
    call: (query, indices, options) => memories.gaussian.transportMaps(query, indices, options),
    values: { query: one, indices: [0], options: { ridge: 0, ...call } },
  },
  'EuclideanMemory.create': {
    call: (items, options) => EuclideanMemory.create(items, options),
    values: { items: vectors, options: call },
  },
  'EuclideanMemory.load': {
    call: (path, options) => EuclideanMemory.load(path, options),
    values: { path: absent, options: call },
  },
  'PointCloudMemory.create': {
    call: (items, options) => PointCloudMemory.create(items, options),
    values: { items: clouds, options: { epsilon, ...solver, ...call } },
  },
  'PointCloudMemory.load': {
    call: (path, options) => PointCloudMemory.load(path, options),
    values: { path: absent, options: { ...solver, ...call } },
  },
  'PointCloudMemory.divergences': {
    call: (queries, options) => memories.cloud.divergences(queries, options),
    values: { queries: clouds, options: call },
  },
  ...Object.fromEntries(
    (['weights', 'energy', 'gradient'] as const).map((verb): [string, Case] => [
      `PointCloudMemory.${verb}`,
      {
        call: (queries, options) => memories.cloud[verb](queries, options),
        values: { queries: clouds, options: { beta, pruning: true, ...call } },
      },
    ]),
  ),
  'PointCloudMemory.step': {
    call: (queries, options) => memories.cloud.step(queries, options),
    values: { queries: clouds, options: { beta, pruning: true, ...flow, ...call } },
  },
  'PointCloudMemory.retrieve': {
    call: (queries, options) => memories.cloud.retrieve(queries, options),
    values: { queries: clouds, options: { beta, ...iterating, ...flow } },
  },
  'PointCloudMemory.sweep': {
    call: (queries, options) => memories.cloud.sweep(queries, options),
    values: { queries: clouds, options: { betas: [beta], ...iterating, ...flow } },
  },
  'PointCloudMemory.nearest': {
    call: (queries, options) => memories.cloud.nearest(queries, options),
    values: { queries: clouds, options: { k: 1, pruning: true, ...call } },
  },
  'PointCloudMemory.transportMaps': {
    call: (query, indices, options) => memories.cloud.transportMaps(query, indices, options),
    values: { query: cloud, indices: [0], options: call },
  },
  'PointCloudMemory.get': {
    call: (indices, options) => memories.cloud.get(indices, options),
    values: { indices: [0], options: call },
  },
  'PointCloudMemory.add': {
    call: (items, options) => memories.cloud.add(items, options),
    values: { items: undefined, options: call },
  },
  'PointCloudMemory.remove': {
    call: (indices, options) => memories.cloud.remove(indices, options),
    values: { indices: undefined, options: call },
  },
  'PointCloudMemory.save': {
    call: (path, options) => memories.cloud.save(path, options),
    values: { path: absent, options: call },
  },
  'VonMisesFisherMemory.train': {
    call: (data, options) => VonMisesFisherMemory.train(data, options),
    values: {
      data: training,
      options: {
        hiddenUnits: 1,
        beta,
        betaScale: 1,
        labelSoftening: 0.1,
        classShares: [0.2, 0.4, 0.4],
        background: 1,
        batchSize: 1,
        learningRate: 0.1,
        momentum: 0.5,
        maxEpochs: 1,
        patience: 1,
        validationShare: 0,
        splitting: { from: 1, fraction: 1, threshold: 0, distance: 1, epochs: 1, rows: 1, passes: 1 },
        initialMemories: Float64Array.of(1, 0),
        checkpoint: absent,
        onEpoch: () => {},
        seed,
        ...call,
      },
    },
  },
  'VonMisesFisherMemory.resume': {
    call: (checkpoint, data, options) => VonMisesFisherMemory.resume(checkpoint, data, options),
    values: { checkpoint: absent, data: training, options: { onEpoch: () => {}, ...call } },
  },
  'VonMisesFisherMemory.from': {
    call: (parameters, options) => VonMisesFisherMemory.from(parameters, options),
    values: { parameters, options: call },
  },
  'VonMisesFisherMemory.load': {
    call: (path, options) => VonMisesFisherMemory.load(path, options),
    values: { path: absent, options: call },
  },
  ...Object.fromEntries(
    (['logDensity', 'predictProbabilities', 'predict', 'nearestMemory', 'fidelity'] as const).map(
      (verb): [string, Case] => [
        `VonMisesFisherMemory.${verb}`,
        { call: (x, options) => memories.sphere[verb](x, options), values: { x: vectors, options: call } },
      ],
    ),
  ),
  'VonMisesFisherMemory.reconstruct': {
    call: (starts, options) => memories.sphere.reconstruct(starts, options),
    values: {
      starts: vectors,
      options: { classes: [0, 1], clamped: [true, false], tolerance: 1, maxIterations: 1, ...call },
    },
  },
  'VonMisesFisherMemory.save': {
    call: (path, options) => memories.sphere.save(path, options),
    values: { path: absent, options: call },
  },
};
