import { join } from 'node:path';
import {
  EuclideanMemory,
  type FloatArray,
  GaussianMemory,
  PointCloudMemory,
  readNpz,
  type SphereTrainingData,
  VonMisesFisherMemory,
  writeNpz,
} from '../../../lib/index.ts';

// One case for every kind of file that denseam writes: how to make it, and what a reader must find in it. The data are
// small binary fractions, the same on every machine and in float32.

export interface Answers {
  /** What the file stores: to be found bit for bit. */
  readonly stored: Readonly<Record<string, ArrayLike<number>>>;
  /** What follows from it: to be found within {@link GoldenCase.tolerance} of the greatest number of each array. */
  readonly computed: Readonly<Record<string, ArrayLike<number>>>;
}

export interface GoldenCase {
  readonly file: string;
  readonly tolerance: number;
  make(path: string): Promise<unknown>;
  read(path: string): Promise<Answers>;
}

type Precision = 'float32' | 'float64';

/**
 * The order of the operations may change between versions, and so may what is computed in float32; conditions here are
 * moderate.
 */
const rounding = { float32: 1e-5, float64: 1e-11 } as const;

/** `length` multiples of 1/64 between -1 and 1, well mixed. */
function fractions(length: number, seed: number): number[] {
  let state = seed;
  return Array.from({ length }, () => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return ((state >> 16) % 129) / 64 - 1;
  });
}

function typed(values: readonly number[], precision: Precision): FloatArray {
  return precision === 'float32' ? Float32Array.from(values) : Float64Array.from(values);
}

const count = 5;
const dimension = 3;
const indices = Array.from({ length: count }, (_, i) => i);

/** 2 I + a a' of a vector a of d numbers for every item. */
function covariancesOf(seed: number, items: number, d: number): number[] {
  return Array.from({ length: items }, (_, i) => {
    const a = fractions(d, seed + i);
    return a.flatMap((x, j) => a.map((y, k) => x * y + (j === k ? 2 : 0)));
  }).flat();
}

function gaussians(
  structure: 'full' | 'diagonal' | 'isotropic',
  items: number,
  seed: number,
  precision: Precision,
  d = dimension,
) {
  const positive = (length: number) => fractions(length, seed + 70).map((x) => x + 1.5);
  const covariances = {
    full: () => covariancesOf(seed + 30, items, d),
    diagonal: () => positive(items * d),
    isotropic: () => positive(items),
  }[structure]();
  const means = typed(fractions(items * d, seed), precision);
  return { count: items, dimension: d, structure, means, covariances: typed(covariances, precision) };
}

const rotation = { rows: 3, columns: 3, data: Float64Array.of(0.6, -0.8, 0, 0.8, 0.6, 0, 0, 0, 1) };

function gaussianCase(
  name: string,
  structure: 'full' | 'diagonal' | 'isotropic',
  precision: Precision,
  { basis, d }: { readonly basis?: typeof rotation; readonly d?: number } = {},
): GoldenCase {
  return {
    file: `gaussian-${name}-${precision}.safetensors`,
    tolerance: rounding[precision],
    async make(path) {
      const memory = await GaussianMemory.create({ ...gaussians(structure, count, 1, precision, d), basis });
      await memory.save(path);
    },
    async read(path) {
      const memory = await GaussianMemory.load(path);
      const { means, covariances, basis: found } = await memory.get(indices);
      const queries = { ...gaussians(structure, 2, 9, precision, d), basis };
      const { data } = await memory.distances(queries);
      const { states, energy, nearest } = await memory.retrieve(queries, { beta: 0.75, maxIterations: 3 });
      return {
        stored: { means, covariances, nearest, ...(found && { basis: found.data }) },
        computed: { distances: data, energy, recalled: states.means, spread: states.covariances },
      };
    },
  };
}

/** Rows that screening can leave out of a recall; its fixed points are items, whose energy is 0, so it stops before. */
const many = { stored: 4096, d: 64, maxIterations: 0 };

function euclideanCase(
  name: string,
  precision: Precision,
  { stored, d, maxIterations } = { stored: count, d: dimension, maxIterations: 3 },
): GoldenCase {
  const vectors = (items: number, seed: number) => {
    return { count: items, dimension: d, values: typed(fractions(items * d, seed), precision) };
  };
  return {
    file: `${name}-${precision}.safetensors`,
    tolerance: rounding[precision],
    async make(path) {
      await (await EuclideanMemory.create(vectors(stored, 2))).save(path);
    },
    async read(path) {
      const memory = await EuclideanMemory.load(path);
      const { values } = await memory.get(indices);
      const { states, energy } = await memory.retrieve(vectors(2, 11), { beta: 1.5, maxIterations });
      return { stored: { values }, computed: { energy, recalled: states.values } };
    },
  };
}

function clouds(sizes: readonly number[], seed: number, precision: Precision) {
  const offsets = Int32Array.from([0, ...sizes.map((_, i) => sizes.slice(0, i + 1).reduce((a, b) => a + b, 0))]);
  const points = typed(fractions((offsets.at(-1) as number) * dimension, seed), precision);
  // Weights 1/2, 1/4, ..., the last one twice.
  const weights = sizes.flatMap((size) => Array.from({ length: size }, (_, k) => 0.5 ** Math.min(k + 1, size - 1)));
  return { count: sizes.length, dimension, offsets, points, weights: typed(weights, precision) };
}

function cloudCase(precision: Precision): GoldenCase {
  return {
    file: `pointcloud-${precision}.safetensors`,
    tolerance: 1e-8, // a marginal error of 1e-10 of costs up to 12, in several solved problems of each result
    async make(path) {
      await (await PointCloudMemory.create(clouds([3, 2, 4], 3, precision), { epsilon: 0.5 })).save(path);
    },
    async read(path) {
      const memory = await PointCloudMemory.load(path);
      const { offsets, points, weights } = await memory.get([0, 1, 2]);
      const queries = clouds([2, 3], 12, precision);
      const { data } = await memory.divergences(queries);
      const energy = await memory.energy(queries, { beta: 2 });
      return {
        stored: { offsets, points, weights, epsilon: [memory.epsilon] },
        computed: { divergences: data, energy },
      };
    },
  };
}

/** Rows (x, y, z) / 3 of length 1 up to rounding; the class follows from the sign of x. */
export function rows(precision: Precision): SphereTrainingData {
  const directions = [1, 2, 2].flatMap((_, i) => {
    const turned = [1, 2, 2].map((_, k) => [1, 2, 2][(i + k) % 3] as number);
    return [0, 1, 2, 3, 4, 5, 6, 7].map((signs) => turned.map((x, k) => (signs & (1 << k) ? -x : x) / 3));
  });
  const labels = directions.map(([x = 0]) => (x < 0 ? 1 : 2));
  return { count: directions.length, dimension, values: typed(directions.flat(), precision), labels, classes: 2 };
}

const training = {
  hiddenUnits: 4,
  beta: { trainedFrom: 3 },
  batchSize: 8,
  patience: 6,
  validationShare: 0.25,
  seed: 5,
} as const;

/** Rounding of the rows' precision grows over the epochs of a training. */
const trained = { float32: 1e-4, float64: 1e-9 } as const;

async function modelAnswers(model: VonMisesFisherMemory, precision: Precision): Promise<Answers['computed']> {
  const { values, count, dimension } = rows(precision);
  const queries = { count, dimension, values };
  const [densities, probabilities] = [await model.logDensity(queries), await model.predictProbabilities(queries)];
  return { logDensity: densities.data, probabilities: probabilities.data };
}

function modelCase(precision: Precision): GoldenCase {
  return {
    file: `von-mises-fisher-${precision}.safetensors`,
    tolerance: rounding[precision],
    async make(path) {
      await (await VonMisesFisherMemory.train(rows(precision), { ...training, maxEpochs: 4 })).save(path);
    },
    async read(path) {
      const model = await VonMisesFisherMemory.load(path);
      const { memories, classWeights, beta, betaScale, history } = model;
      return {
        stored: {
          memories,
          classWeights: classWeights.data,
          settings: [beta, betaScale, model.classes],
          losses: history.map(({ validationLoss }) => validationLoss),
        },
        computed: await modelAnswers(model, precision),
      };
    },
  };
}

function checkpointCase(precision: Precision): GoldenCase {
  return {
    file: `checkpoint-${precision}.safetensors`,
    tolerance: trained[precision],
    async make(path) {
      const stop = new AbortController();
      const onEpoch = ({ epoch }: { readonly epoch: number }) => {
        if (epoch === 3) stop.abort();
      };
      const options = { ...training, maxEpochs: 6, checkpoint: path, signal: stop.signal, onEpoch };
      await VonMisesFisherMemory.train(rows(precision), options).catch((error: unknown) => {
        if (!stop.signal.aborted) throw error;
      });
    },
    async read(path) {
      const model = await VonMisesFisherMemory.resume(path, rows(precision));
      const losses = model.history.map(({ validationLoss }) => validationLoss);
      return { stored: { epochs: [losses.length] }, computed: { losses, ...(await modelAnswers(model, precision)) } };
    },
  };
}

const npzCase: GoldenCase = {
  file: 'arrays.npz',
  tolerance: 0,
  make: (path) =>
    writeNpz(path, [
      { name: 'doubles', shape: [2, 3], data: Float64Array.from(fractions(6, 4)) },
      { name: 'singles', shape: [6], data: Float32Array.from(fractions(6, 5)) },
      { name: 'integers', shape: [3, 1], data: Int32Array.of(-(2 ** 31), 0, 2 ** 31 - 1) },
    ]),
  async read(path) {
    const arrays = await readNpz(path);
    const entries = [...arrays].flatMap(([name, { shape, data }]) => [
      [name, Array.from(data, Number)] as const,
      [`shape of ${name}`, shape] as const,
    ]);
    return { stored: Object.fromEntries(entries), computed: {} };
  },
};

const precisions = ['float64', 'float32'] as const;

export const cases: readonly GoldenCase[] = [
  ...precisions.flatMap((precision) => [
    gaussianCase('full', 'full', precision),
    gaussianCase('diagonal', 'diagonal', precision),
    gaussianCase('indexed', 'full', precision, { d: 9 }),
    gaussianCase('basis', 'diagonal', precision, { basis: rotation }),
    gaussianCase('isotropic', 'isotropic', precision),
    euclideanCase('euclidean', precision),
    cloudCase(precision),
    modelCase(precision),
    checkpointCase(precision),
  ]),
  euclideanCase('euclidean-indexed', 'float32', many),
  npzCase,
];

/** The answers of every case whose file is in a folder. */
export async function answersOf(folder: string, chosen: readonly GoldenCase[]): Promise<Record<string, Answers>> {
  const answers: Record<string, Answers> = {};
  for (const { file, read } of chosen) {
    const { stored, computed } = await read(join(folder, file));
    answers[file] = { stored: plain(stored), computed: plain(computed) };
  }
  return answers;
}

function plain(arrays: Readonly<Record<string, ArrayLike<number>>>): Record<string, number[]> {
  return Object.fromEntries(Object.entries(arrays).map(([name, values]) => [name, Array.from(values)]));
}
