/** Every exported function and verb, with a wrong value in every argument and option: a coded error that names it, never another. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as denseam from '../../lib/index.ts';
import { DenseamError } from '../../lib/index.ts';
import { ordinary } from '../support/batches.ts';

const { EuclideanMemory, GaussianMemory, PointCloudMemory, VonMisesFisherMemory } = denseam;

const epsilon = 0.5;
const beta = 1;
const seed = 1;
const gaussians = ordinary('full', 2, 2);
const one = ordinary('full', 1, 2);
const diagonal = ordinary('diagonal', 2, 2);
const basis = { rows: 2, columns: 2, data: Float64Array.of(1, 0, 0, 1) };
const vectors = { count: 2, dimension: 2, values: Float64Array.of(1, 0, 0, 1) };
const clouds = {
  count: 2,
  dimension: 1,
  offsets: Int32Array.of(0, 2, 4),
  points: Float64Array.of(0, 1, 3, 5),
  weights: Float64Array.of(0.5, 0.5, 0.25, 0.75),
};
const cloud = {
  ...clouds,
  count: 1,
  offsets: Int32Array.of(0, 2),
  points: Float64Array.of(0, 1),
  weights: Float64Array.of(0.5, 0.5),
};
const training = { ...vectors, labels: Int32Array.of(1, 2), classes: 2 };
const parameters = {
  dimension: 2,
  hiddenUnits: 2,
  classes: 1,
  beta: 1,
  betaScale: 1,
  memories: Float64Array.of(1, 0, 0, 1),
  classWeights: { rows: 3, columns: 2, data: new Float64Array(6).fill(1 / 6) },
};
const labelled = { ...vectors, labels: Int32Array.of(1, 1) };
const targets = { rows: 2, columns: 2, data: Float64Array.of(0.5, 0.5, 0.5, 0.5) };
const shares = { hiddenShares: [0.25, 0.25, 0.5], classShares: [0.5, 0.5] };
const call = { signal: new AbortController().signal, onProgress: () => {} };
const iterating = { tolerance: 1, maxIterations: 1, pruning: true, trajectory: false, ...call };
const flow = { transportStep: 1, reweightStep: 1, gated: true };
const solver = { marginalTolerance: 1e-3, maxSolverIterations: 100 };
const recovery = { ...call, ...flow, channels: 'both', threshold: 1, tolerance: 1, maxIterations: 1, seed };

/** What is called with which names of its arguments, and good values of them. Options are an argument of that name. */
interface Case {
  readonly call: (...values: never[]) => unknown;
  readonly values: Readonly<Record<string, unknown>> & { readonly options?: unknown; readonly path?: unknown };
}

const absent = '/nowhere/at/all';
const memories = {
  gaussian: await GaussianMemory.create(gaussians),
  euclidean: await EuclideanMemory.create(vectors),
  cloud: await PointCloudMemory.create(clouds, { epsilon }),
  sphere: await VonMisesFisherMemory.from(parameters),
};

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

const cases: Record<string, Case> = {
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
  toFull: { call: denseam.toFull as never, values: { gaussians: diagonal, options: call } },
  toBasis: {
    call: denseam.toBasis as never,
    values: { gaussians: diagonal, basis, options: { tolerance: 1, ...call } },
  },
  commonBasis: { call: denseam.commonBasis as never, values: { gaussians, options: { tolerance: 1, ...call } } },
  sampleWassersteinSphere: {
    call: denseam.sampleWassersteinSphere as never,
    values: { options: { count: 1, dimension: 2, covariances: 'commuting', range: [1, 2], seed, ...call } },
  },
  perturb: {
    call: denseam.perturb as never,
    values: { items: gaussians, radius: 1, options: { covariances: 'general', seed, ...call } },
  },
  basinRadius: { call: denseam.basinRadius as never, values: { lambdaMin: 1 } },
  separation: { call: denseam.separation as never, values: { items: gaussians } },
  separationBound: { call: denseam.separationBound as never, values: { options: { dimension: 1, lambdaMax: 1 } } },
  capacityExponent: { call: denseam.capacityExponent as never, values: { kappa: 1 } },
  capacity: { call: denseam.capacity as never, values: { options: { dimension: 1, kappa: 1, probability: 1 } } },
  iterationsToAccuracy: {
    call: denseam.iterationsToAccuracy as never,
    values: { options: { lambdaMin: 1, contraction: 0.5, accuracy: 1 } },
  },
  errorExponent: { call: denseam.errorExponent as never, values: { options: { beta, lambdaMin: 1, kappa: 1 } } },
  oneStepErrorBound: {
    call: denseam.oneStepErrorBound as never,
    values: { options: { beta, lambdaMin: 1, kappa: 1, dimension: 1, constant: 1 } },
  },
  gaussiansFrom: {
    call: denseam.gaussiansFrom as never,
    values: {
      arrays: {
        means: { shape: [2, 1], data: Float64Array.of(0, 1) },
        covariances: { shape: [2], data: Float64Array.of(1, 1) },
        kind: 'variance',
      },
      options: { signal: call.signal },
    },
  },
  readGaussians: {
    call: denseam.readGaussians as never,
    values: { source: absent, options: { kind: 'variance', means: 'm', covariances: 'c', signal: call.signal } },
  },
  readIdx: { call: denseam.readIdx as never, values: { path: absent, options: call } },
  readNpy: { call: denseam.readNpy as never, values: { path: absent, options: { bigint: false, ...call } } },
  readNpz: {
    call: denseam.readNpz as never,
    values: { path: absent, names: ['a'], options: { bigint: false, signal: call.signal } },
  },
  writeNpz: {
    call: denseam.writeNpz as never,
    values: {
      path: absent,
      arrays: [{ name: 'a', shape: [1], data: Float64Array.of(1) }],
      options: { signal: call.signal },
    },
  },
  readWord2Gauss: {
    call: denseam.readWord2Gauss as never,
    values: { path: absent, options: { part: 'words', ...call } },
  },
  toFloats: { call: denseam.toFloats as never, values: { data: Int32Array.of(1) } },
  flattenClouds: { call: denseam.flattenClouds as never, values: { clouds } },
  unflattenClouds: {
    call: denseam.unflattenClouds as never,
    values: { vectors: denseam.flattenClouds(clouds), clouds },
  },
  estimateBasinRadius: {
    call: denseam.estimateBasinRadius as never,
    values: {
      memory: memories.cloud,
      index: 0,
      options: { ...recovery, beta, share: 1, trials: 1, accuracy: 1, greatest: 1 },
    },
  },
  measureCloudRecall: {
    call: denseam.measureCloudRecall as never,
    values: {
      options: {
        ...recovery,
        ...solver,
        counts: [1],
        dimensions: [1],
        epsilons: [1],
        betas: [1],
        divergences: [0.1],
        points: [1, 2],
        spread: 1,
        radius: 1,
        weights: 'random',
        concentration: 1,
        queries: 1,
        trials: 1,
      },
    },
  },
  cloudSeparation: { call: denseam.cloudSeparation as never, values: { memory: memories.cloud, options: call } },
  perturbClouds: {
    call: denseam.perturbClouds as never,
    values: { clouds, divergence: 1, options: { epsilon, channels: 'both', seed, ...solver, ...call } },
  },
  samplePointClouds: {
    call: denseam.samplePointClouds as never,
    values: {
      options: {
        count: 1,
        dimension: 1,
        points: 1,
        spread: 1,
        radius: 1,
        weights: 'random',
        concentration: 1,
        seed,
        ...call,
      },
    },
  },
  sinkhorn: {
    call: denseam.sinkhorn as never,
    values: { sources: clouds, targets: clouds, options: { epsilon, plans: true, ...solver, ...call } },
  },
  'sinkhorn of costs': {
    call: denseam.sinkhorn as never,
    values: {
      problem: { cost: basis, rowWeights: [0.5, 0.5], columnWeights: [0.5, 0.5] },
      options: { epsilon, plans: true, ...solver, ...call },
    },
  },
  sinkhornDivergence: {
    call: denseam.sinkhornDivergence as never,
    values: { sources: clouds, targets: clouds, options: { epsilon, gradient: true, ...solver, ...call } },
  },
  vonMisesFisherLogNormalizer: {
    call: denseam.vonMisesFisherLogNormalizer as never,
    values: { dimension: 2, kappa: 1 },
  },
  vonMisesFisherMeanResultantLength: {
    call: denseam.vonMisesFisherMeanResultantLength as never,
    values: { dimension: 2, kappa: 1 },
  },
  logSphereArea: { call: denseam.logSphereArea as never, values: { dimension: 2 } },
  toSphere: {
    call: denseam.toSphere as never,
    values: { data: vectors, options: { centre: false, precision: 'float32', ...call } },
  },
  imagePatches: {
    call: denseam.imagePatches as never,
    values: {
      images: { count: 1, height: 1, width: 1, values: Uint8Array.of(1) },
      options: { size: 1, stride: 1, ...call },
    },
  },
  solveSaddlePoint: {
    call: denseam.solveSaddlePoint as never,
    values: {
      patterns: vectors,
      targets,
      options: { beta, v: 1, rho: 1, hiddenUnits: 1, seed, tolerance: 1, maxIterations: 1, ...call },
    },
  },
  solveTeacherSaddlePoint: {
    call: denseam.solveTeacherSaddlePoint as never,
    values: {
      options: {
        beta,
        dimension: 2,
        teacherUnits: 1,
        teacherClassShares: [0.5, 0.5],
        hiddenUnits: 1,
        hiddenShares: [0.5, 0.5],
        classShares: [0.5, 0.5],
        ...call,
      },
    },
  },
  sampleUniformSphere: {
    call: denseam.sampleUniformSphere as never,
    values: { options: { count: 1, dimension: 2, seed, ...call } },
  },
  sampleVonMisesFisher: {
    call: denseam.sampleVonMisesFisher as never,
    values: { options: { count: 1, mean: Float64Array.of(1, 0), kappa: 1, seed, ...call } },
  },
  sampleTeacher: {
    call: denseam.sampleTeacher as never,
    values: { options: { count: 1, memories: vectors, classWeights: parameters.classWeights, beta, seed, ...call } },
  },
  sinkhornKnopp: {
    call: denseam.sinkhornKnopp as never,
    values: {
      matrix: targets,
      options: { rowSums: [0.5, 0.5], columnSums: [0.5, 0.5], tolerance: 1, maxIterations: 1, ...call },
    },
  },
  effectiveInverseTemperature: { call: denseam.effectiveInverseTemperature as never, values: { beta, v: 1 } },
  classWeightMultipliers: {
    call: denseam.classWeightMultipliers as never,
    values: { pbar: parameters.classWeights, options: { ...shares, signal: call.signal } },
  },
  stationarity: {
    call: denseam.stationarity as never,
    values: { parameters, data: labelled, options: { labelSoftening: 0.1, ...shares, ...call } },
  },
  duplicate: { call: denseam.duplicate as never, values: { parameters, indices: [0] } },
  splittingStability: {
    call: denseam.splittingStability as never,
    values: { parameters, data: labelled, options: { labelSoftening: 0.1, maxPasses: 1, tolerance: 1, seed, ...call } },
  },
  setThreads: { call: denseam.setThreads as never, values: { count: 1 } },
  Random: { call: (seed) => new denseam.Random(seed), values: { seed } },
  'Random.integer': { call: (bound) => new denseam.Random(1).integer(bound), values: { bound: 1 } },
  'Random.sample': {
    call: (count, bound) => new denseam.Random(1).sample(count, bound),
    values: { count: 1, bound: 1 },
  },
  'Random.shuffle': { call: (array) => new denseam.Random(1).shuffle(array), values: { array: Int32Array.of(1) } },
};

/** What messages call arguments that are taken apart. */
const aliases: Readonly<Record<string, RegExp>> = {
  problem: /problem|sources/,
  arrays: /arrays|kind|means|covariances/,
};

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** An object on which whatever is looked at throws. */
const throwing: object = new Proxy(
  {},
  {
    get: () => {
      throw new TypeError('from the trap');
    },
  },
);

/** What is wrong wherever this is right. */
function wrongsFor(good: unknown, name: string): unknown[] {
  const never: unknown[] = [Symbol('wrong'), revoked(), throwing, null];
  if (name !== 'options') never.push(new Map(), new Date(0), /x/); // objects without options
  if (name !== 'seed') never.push(5n);
  if (typeof good !== 'function') never.push(() => {});
  if (typeof good === 'number') return [...never, Number.NaN, '1', true, {}, [], -1.5];
  if (typeof good === 'string') return [...never, 1, {}, []];
  if (typeof good === 'boolean') return [...never, 1, 'true', {}, []];
  if (ArrayBuffer.isView(good)) return [...never, 1, 'x', {}, new DataView(new ArrayBuffer(8))];
  if (Array.isArray(good))
    return [
      ...never,
      'x',
      {},
      [Symbol('in a list')],
      ...(typeof good[0] === 'number' ? [[...good, ...good, 'x']] : []),
    ];
  return [...never, 1, 'x', [], 'x'.repeat(1e6)];
}

interface Wrong {
  readonly name: string;
  readonly argument: string;
  /** As the message should call it. */
  readonly part: string;
  readonly values: readonly unknown[];
}

/** The case with each of its arguments, and each part of one, wrong in each of these ways. */
function wrongCalls(name: string, { values }: Case): Wrong[] {
  const entries = Object.entries(values);
  return entries.flatMap(([argument, good], position) => {
    const withValue = (value: unknown) => entries.map(([, own], i) => (i === position ? value : own));
    const whole = wrongsFor(good, argument).map((value) => ({
      name,
      argument,
      part: argument,
      values: withValue(value),
    }));
    const isObject = typeof good === 'object' && good !== null && !Array.isArray(good) && !ArrayBuffer.isView(good);
    if (!isObject || argument === 'memory') return whole;
    const parts = Object.entries(good).flatMap(([key, own]) =>
      wrongsFor(own, key).map((value) => ({
        name,
        argument,
        part: `${argument}.${key}`,
        values: withValue({ ...good, [key]: value }),
      })),
    );
    const unknown = { name, argument, part: `${argument}.Unknown`, values: withValue({ ...good, Unknown: 1 }) };
    return [...whole, ...parts, ...(argument === 'options' ? [unknown] : [])];
  });
}

async function failureOf(make: () => unknown): Promise<unknown> {
  try {
    await make();
    return undefined;
  } catch (error) {
    return error;
  }
}

const publicClasses = { GaussianMemory, EuclideanMemory, PointCloudMemory, VonMisesFisherMemory };
const withoutArguments = ['close', 'constructor'];

describe('the table', () => {
  it('has every exported function', () => {
    const functions = Object.entries(denseam).filter(([, value]) => typeof value === 'function');
    const names = functions.map(([name]) => name).filter((name) => !(name in publicClasses));
    const others = ['DenseamError', 'threads'];
    expect(names.filter((name) => !(name in cases) && !others.includes(name))).toEqual([]);
  });

  it.each(Object.entries(publicClasses))('has every verb of %s', (name, Class) => {
    const methods: string[] = [];
    for (let at: object = Class.prototype; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
      for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
        if (typeof value === 'function' && !withoutArguments.includes(key)) methods.push(key);
      }
    }
    const statics = Object.getOwnPropertyNames(Class).filter((key) => typeof Class[key as never] === 'function');
    const missing = [...methods, ...statics].filter((key) => !(`${name}.${key}` in cases) && !internal.has(key));
    expect(missing).toEqual([]);
  });
});

/** What the language does not hide, but the types do. */
const internal = new Set([
  'checkedBatch',
  'fill',
  'fillFrom',
  'fromStates',
  'make',
  'reading',
  'stage',
  'takes',
  'toBatch',
  'toOwnKind',
]);

describe.each(Object.entries(cases))('%s', (name, own) => {
  it('refuses what is wrong with a coded error that names it', async () => {
    for (const { argument, part, values } of wrongCalls(name, own)) {
      const error = await failureOf(() => own.call(...(values as never[])));
      const what = `${name}, wrong ${part}: ${String(error)} ${error instanceof Error ? error.stack : ''}`;
      if (!(error instanceof DenseamError)) expect.fail(`${what} is no DenseamError`);
      expect(error.code, what).toMatch(/^ERR_/);
      expect(error.message, what).toMatch(aliases[argument] ?? argument);
      expect(error.message.length, what).toBeLessThan(1000);
    }
  });
});

it('anything at all in an option is taken or refused with a coded error', async () => {
  const optional = Object.entries(cases).flatMap(([name, own]) =>
    Object.keys((own.values.options as object | undefined) ?? {}).map((key) => ({ name, key })),
  );
  const property = fc.asyncProperty(
    fc.constantFrom(...optional),
    fc.anything({ withBigInt: true }),
    async (at, value) => {
      const own = cases[at.name] as Case;
      const options = { ...(own.values.options as object), [at.key]: value };
      const values = Object.entries({ ...own.values, options }).map(([, each]) => each);
      if (typeof value === 'number' && value > 100) return; // a valid count, however large, is computed
      const error = await failureOf(() => own.call(...(values as never[])));
      const isOfSystem = (error as { code?: unknown } | undefined)?.code === 'ENOENT'; // the path that is not there
      if (error !== undefined && !(error instanceof DenseamError) && !isOfSystem) throw error;
    },
  );
  await fc.assert(property, { numRuns: 500 });
});
