// Random operations of every memory, all of them valid on their own; those side by side may close or shrink a memory
// that another one uses.

import { join } from 'node:path';
import {
  type CallOptions,
  EuclideanMemory,
  GaussianMemory,
  type Gaussians,
  PointCloudMemory,
  type Random,
  type Structure,
  samplePointClouds,
  sampleVonMisesFisher,
  setThreads,
  type Vectors,
  VonMisesFisherMemory,
} from '../../../lib/index.ts';

export interface Draws {
  readonly random: Random;
  readonly options: CallOptions;
  /** Saved files lie here. */
  readonly folder: string;
}

/** One operation on a memory, which may put another one in its place. */
type Operation<M> = (memory: M, draws: Draws) => Promise<unknown>;

type Operations<M> = Readonly<Record<string, Operation<M>>>;

const pick = <T>(random: Random, values: readonly T[]): T => values[random.integer(values.length)] as T;
const upTo = (random: Random, most: number): number => 1 + random.integer(most);

function floats(random: Random, count: number, draw: () => number): Float64Array | Float32Array {
  const values = Float64Array.from({ length: count }, draw);
  return random.uniform() < 0.5 ? values : Float32Array.from(values);
}

function someIndices(random: Random, size: number): Int32Array {
  return random.sample(Math.min(size, upTo(random, 8)), size);
}

/** Full covariances have dominant diagonals, so they are positive definite. */
function gaussians(random: Random, structure: Structure, dimension: number, count: number): Gaussians {
  const d = dimension;
  const length = { full: d * d, diagonal: d, isotropic: 1 }[structure];
  const covariances = floats(random, count * length, () => 1 + random.uniform());
  if (structure === 'full') {
    for (const [at] of covariances.entries()) {
      const [i, j] = [Math.floor((at % length) / d), at % d];
      if (i !== j) covariances[at] = Math.abs(i - j) === 1 ? 0.2 : 0;
    }
  }
  return { count, dimension, structure, means: floats(random, count * d, () => random.normal()), covariances };
}

function vectors(random: Random, dimension: number, count: number): Vectors {
  return { count, dimension, values: floats(random, count * dimension, () => random.normal()) };
}

const clouds = (random: Random, dimension: number, count: number) =>
  samplePointClouds({ count, dimension, points: [1, 12], weights: 'random', seed: random.integer(1e9) });

/** The verbs that all memories of items share. */
function verbs<Items, M extends GaussianMemory | EuclideanMemory | PointCloudMemory>(
  draw: (memory: M, random: Random, count: number) => Items | Promise<Items>,
): Operations<M> {
  // The compiler does not see that the items are those of the memory.
  const queries = async (memory: M, random: Random) => (await draw(memory, random, upTo(random, 6))) as never;
  const iteration = ({ random, options }: Draws) => ({
    ...options,
    maxIterations: random.integer(8),
    pruning: random.uniform() < 0.7,
    trajectory: random.uniform() < 0.2,
  });
  return {
    add: async (memory, { random, options }) => memory.add(await queries(memory, random), options),
    remove: (memory, { random, options }) => memory.remove(someIndices(random, memory.size), options),
    get: (memory, { random, options }) => memory.get(someIndices(random, memory.size), options),
    energy: async (memory, { random, options }) =>
      memory.energy(await queries(memory, random), { ...options, beta: 2 }),
    weights: async (memory, { random, options }) =>
      memory.weights(await queries(memory, random), { ...options, beta: 2 }),
    step: async (memory, { random, options }) => memory.step(await queries(memory, random), { ...options, beta: 2 }),
    retrieve: async (memory, draws) =>
      memory.retrieve(await queries(memory, draws.random), { ...iteration(draws), beta: [0.5, 2] }),
    sweep: async (memory, draws) =>
      memory.sweep(await queries(memory, draws.random), { ...iteration(draws), betas: [0.5, 2, 8] }),
    nearest: async (memory, { random, options }) =>
      memory.nearest(await queries(memory, random), { ...options, k: upTo(random, memory.size) }),
  };
}

const gaussianVerbs: Operations<GaussianMemory> = {
  ...verbs<Gaussians, GaussianMemory>((memory, random, count) =>
    gaussians(random, memory.structure, memory.dimension, count),
  ),
  'transport maps': (memory, { random }) =>
    memory.transportMaps(gaussians(random, memory.structure, memory.dimension, 1), someIndices(random, memory.size)),
};
const euclideanVerbs = verbs<Vectors, EuclideanMemory>((memory, random, count) =>
  vectors(random, memory.dimension, count),
);
const cloudVerbs: Operations<PointCloudMemory> = {
  ...verbs((memory: PointCloudMemory, random, count) => clouds(random, memory.dimension, count)),
  gradient: async (memory, { random, options }) =>
    memory.gradient(await clouds(random, memory.dimension, 2), { ...options, beta: 2 }),
};

async function directions(random: Random, dimension: number, count: number): Promise<Vectors> {
  const mean = new Float64Array(dimension);
  mean[random.integer(dimension)] = 1;
  return sampleVonMisesFisher({ count, mean, kappa: 3, seed: random.integer(1e9) });
}

async function train({ random, options, folder }: Draws): Promise<VonMisesFisherMemory> {
  const data = await directions(random, 2 + random.integer(12), 40 + random.integer(200));
  const labels = Uint8Array.from({ length: data.count }, () => random.integer(3));
  return VonMisesFisherMemory.train(
    { ...data, classes: 2, labels },
    {
      ...options,
      hiddenUnits: 4,
      maxEpochs: upTo(random, 6),
      batchSize: upTo(random, 50),
      seed: random.integer(1e9),
      ...(random.uniform() < 0.5 && { splitting: { from: 1, epochs: 1 } }),
      ...(random.uniform() < 0.3 && { checkpoint: join(folder, 'checkpoint') }),
    },
  );
}

const sphereVerbs: Operations<VonMisesFisherMemory> = {
  'log density': async (memory, { random, options }) =>
    memory.logDensity(await directions(random, memory.dimension, 5), options),
  predict: async (memory, { random, options }) =>
    memory.predict(await directions(random, memory.dimension, 5), options),
  reconstruct: async (memory, { random, options }) =>
    memory.reconstruct(await directions(random, memory.dimension, 5), options),
};

interface Savable {
  save(path: string, options?: CallOptions): Promise<void>;
  close(): void;
}

/** A kind of memory: how one is made and loaded, and what it does. */
interface Kind<M extends Savable> {
  readonly make: (draws: Draws) => Promise<M>;
  readonly load: (path: string, options: CallOptions) => Promise<M>;
  readonly operations: Operations<M>;
}

const kinds = {
  gaussian: {
    make: ({ random, options }) => {
      const structure = pick(random, ['full', 'full', 'diagonal', 'isotropic'] as const);
      const items = gaussians(random, structure, upTo(random, pick(random, [4, 20, 60])), upTo(random, 60));
      return GaussianMemory.create(items, { ...options, index: random.uniform() < 0.7 });
    },
    load: (path, options) => GaussianMemory.load(path, options),
    operations: gaussianVerbs,
  } satisfies Kind<GaussianMemory>,
  euclidean: {
    make: ({ random, options }) =>
      EuclideanMemory.create(vectors(random, upTo(random, 100), upTo(random, 300)), options),
    load: (path, options) => EuclideanMemory.load(path, options),
    operations: euclideanVerbs,
  } satisfies Kind<EuclideanMemory>,
  clouds: {
    make: async ({ random, options }) =>
      PointCloudMemory.create(await clouds(random, upTo(random, 5), upTo(random, 12)), { ...options, epsilon: 0.5 }),
    load: (path, options) => PointCloudMemory.load(path, options),
    operations: cloudVerbs,
  } satisfies Kind<PointCloudMemory>,
  sphere: {
    make: train,
    load: (path, options) => VonMisesFisherMemory.load(path, options),
    operations: sphereVerbs,
  } satisfies Kind<VonMisesFisherMemory>,
};

/** A memory of one kind, and what is done to it. */
class Place<M extends Savable> {
  private memory: M | undefined;

  constructor(
    private readonly name: string,
    private readonly kind: Kind<M>,
  ) {}

  /** Draws an operation and does it; returns its name. */
  async operate(draws: Draws): Promise<string> {
    const { random, options, folder } = draws;
    const path = join(folder, this.name);
    const memory = this.memory;
    const names = ['make', 'reload', 'close', ...Object.keys(this.kind.operations)];
    const name = memory ? pick(random, names) : 'make';
    if (memory === undefined || name === 'make') this.memory = await this.kind.make(draws);
    else if (name === 'close') this.close();
    else if (name === 'reload') {
      await memory.save(path, options);
      this.memory = await this.kind.load(path, options);
    } else await (this.kind.operations[name] as Operation<M>)(memory, draws);
    return `${this.name}: ${name}`;
  }

  close(): void {
    this.memory?.close();
    this.memory = undefined;
  }
}

/** A memory of every kind. */
export class World {
  private readonly places = [
    new Place<GaussianMemory>('gaussian', kinds.gaussian),
    new Place<EuclideanMemory>('euclidean', kinds.euclidean),
    new Place<PointCloudMemory>('clouds', kinds.clouds),
    new Place<VonMisesFisherMemory>('sphere', kinds.sphere),
  ];

  operate(draws: Draws): Promise<string> {
    const { random } = draws;
    if (random.uniform() < 0.05) setThreads(upTo(random, 8));
    return pick<Place<GaussianMemory> | Place<EuclideanMemory> | Place<PointCloudMemory> | Place<VonMisesFisherMemory>>(
      random,
      this.places,
    ).operate(draws);
  }

  close(): void {
    for (const place of this.places) place.close();
  }
}
