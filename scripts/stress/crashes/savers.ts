import {
  EuclideanMemory,
  GaussianMemory,
  type Gaussians,
  PointCloudMemory,
  type PointClouds,
  readNpz,
  VonMisesFisherMemory,
  type VonMisesFisherParameters,
  writeNpz,
} from '../../../lib/index.ts';

// Files of every kind whose contents follow from one number, their generation. A reader can therefore tell which
// generation a file holds, and that every number in it belongs to that one. Later kinds of files go into the list.

/** A kind of file, and how to write and read a generation of it. */
export interface Saver {
  readonly name: string;
  /** Prepares the contents; the function that it returns saves them, and may be called again. */
  prepare(generation: number): Promise<(path: string, onProgress?: () => void) => Promise<void>>;
  /** The generation that a file holds. Throws when it cannot be loaded or holds numbers of no or several generations. */
  read(path: string): Promise<number>;
}

const dimension = 8;
const point = (i: number) => ((i * 389) % 1024) / 1024;

/** Numbers of a generation: the first is the generation itself. */
function numbers(generation: number, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => generation + point(i));
}

/** Sizes differ from one generation to the next: from below a page to megabytes, which take many writes. */
function itemsOf(generation: number, numbersEach: number): number {
  const total = [16, 600, 10_000, 60_000, 300_000][(generation * 3) % 5] as number;
  return Math.max(1, Math.floor(total / numbersEach));
}

/** Generations of some kilobytes, and of some tens. */
export const smallGeneration = 2;
export const wideGeneration = 4;

function expectSame(found: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  if (found.length !== expected.length) throw new Error(`${found.length} ${what}, not ${expected.length}`);
  for (let i = 0; i < expected.length; i++) {
    if (found[i] !== expected[i]) throw new Error(`${what}[${i}] is ${found[i]}, not ${expected[i]}`);
  }
}

const all = (count: number) => Int32Array.from({ length: count }, (_, i) => i);

type Structure = Gaussians['structure'];

const widths = { full: dimension ** 2, diagonal: dimension, isotropic: 1 };

/** A rotation in the first two coordinates. */
function rotation(): NonNullable<Gaussians['basis']> {
  const data = Float64Array.from({ length: dimension ** 2 }, (_, i) => (i % (dimension + 1) === 0 ? 1 : 0));
  data.set([0.6, -0.8], 0);
  data.set([0.8, 0.6], dimension);
  return { rows: dimension, columns: dimension, data };
}

function gaussians(generation: number, structure: Structure, hasBasis: boolean): Gaussians {
  const count = itemsOf(generation, dimension + widths[structure]);
  const covariances = numbers(generation, count * widths[structure]);
  // Off the diagonal 0: a covariance matrix is symmetric and has no negative eigenvalue.
  const isOff = (i: number) => structure === 'full' && (i % dimension ** 2) % (dimension + 1) !== 0;
  const spread = covariances.map((value, i) => (isOff(i) ? 0 : value));
  const means = numbers(generation, count * dimension);
  return { count, dimension, structure, means, covariances: spread, ...(hasBasis && { basis: rotation() }) };
}

function gaussianSaver(name: string, structure: Structure, hasBasis = false): Saver {
  return {
    name,
    async prepare(generation) {
      const memory = await GaussianMemory.create(gaussians(generation, structure, hasBasis));
      return (path, onProgress) => memory.save(path, { onProgress });
    },
    async read(path) {
      using memory = await GaussianMemory.load(path);
      const found = await memory.get(all(memory.size));
      const generation = found.means[0] as number;
      const expected = gaussians(generation, structure, hasBasis);
      expectSame(found.means, expected.means, 'means');
      expectSame(found.covariances, expected.covariances, 'covariances');
      expectSame(found.basis?.data ?? [], expected.basis?.data ?? [], 'numbers of the basis');
      return generation;
    },
  };
}

const vectors = (generation: number) => {
  const count = itemsOf(generation, dimension);
  return { count, dimension, values: numbers(generation, count * dimension) };
};

const euclidean: Saver = {
  name: 'euclidean',
  async prepare(generation) {
    const memory = await EuclideanMemory.create(vectors(generation));
    return (path, onProgress) => memory.save(path, { onProgress });
  },
  async read(path) {
    using memory = await EuclideanMemory.load(path);
    const { values } = await memory.get(all(memory.size));
    expectSame(values, vectors(values[0] as number).values, 'values');
    return values[0] as number;
  },
};

function clouds(generation: number): PointClouds {
  const count = itemsOf(generation, 2 * dimension);
  const offsets = Int32Array.from({ length: count + 1 }, (_, i) => 2 * i);
  const points = numbers(generation, 2 * count * dimension);
  return { count, dimension, offsets, points, weights: new Float64Array(2 * count).fill(0.5) };
}

const pointClouds: Saver = {
  name: 'point clouds',
  async prepare(generation) {
    const memory = await PointCloudMemory.create(clouds(generation), { epsilon: 1 });
    return (path, onProgress) => memory.save(path, { onProgress });
  },
  async read(path) {
    using memory = await PointCloudMemory.load(path);
    const found = await memory.get(all(memory.size));
    const expected = clouds(found.points[0] as number);
    expectSame(found.offsets, expected.offsets, 'offsets');
    expectSame(found.points, expected.points, 'coordinates');
    expectSame(found.weights, expected.weights, 'weights');
    return found.points[0] as number;
  },
};

/** Directions in a plane, at angles that follow from the generation. */
function model(generation: number): VonMisesFisherParameters {
  const hiddenUnits = itemsOf(generation, dimension);
  const memories = new Float64Array(hiddenUnits * dimension);
  for (let unit = 0; unit < hiddenUnits; unit++) {
    const angle = generation + point(unit);
    memories.set([Math.cos(angle), Math.sin(angle)], unit * dimension);
  }
  const rows = hiddenUnits + 1;
  const data = new Float64Array(2 * rows).fill(1 / (2 * rows));
  return {
    dimension,
    hiddenUnits,
    classes: 1,
    beta: generation,
    betaScale: 1,
    memories,
    classWeights: { rows, columns: 2, data },
  };
}

const sphere: Saver = {
  name: 'von Mises-Fisher',
  async prepare(generation) {
    const memory = await VonMisesFisherMemory.from(model(generation));
    return (path, onProgress) => memory.save(path, { onProgress });
  },
  async read(path) {
    using memory = await VonMisesFisherMemory.load(path);
    const expected = model(memory.beta);
    expectSame(memory.memories, expected.memories, 'coordinates');
    expectSame(memory.classWeights.data, expected.classWeights.data, 'class weights');
    return memory.beta;
  },
};

const arrays: Saver = {
  name: 'npz',
  async prepare(generation) {
    const { count, values } = vectors(generation);
    const labels = Int32Array.from({ length: count }, (_, i) => i);
    return (path) =>
      writeNpz(path, [
        { name: 'values', shape: [count, dimension], data: values },
        { name: 'labels', shape: [count], data: labels },
      ]);
  },
  async read(path) {
    const found = await readNpz(path);
    const values = found.get('values')?.data ?? [];
    expectSame(values, vectors(values[0] as number).values, 'values');
    expectSame(found.get('labels')?.data ?? [], all(values.length / dimension), 'labels');
    return values[0] as number;
  },
};

export const savers: readonly Saver[] = [
  gaussianSaver('gaussian full', 'full'),
  gaussianSaver('gaussian diagonal', 'diagonal'),
  gaussianSaver('gaussian diagonal in a basis', 'diagonal', true),
  gaussianSaver('gaussian isotropic', 'isotropic'),
  euclidean,
  pointClouds,
  sphere,
  arrays,
];

export function saverOf(name: string): Saver {
  return savers.find((saver) => saver.name === name) as Saver;
}
