import { zeros } from '../core/allocation.ts';
import { fitsInMemory } from '../core/availableMemory.ts';
import { describe } from '../core/describe.ts';
import { asGiven, callOptions, optional, type Read, readOptions, required, specify } from '../core/options.ts';
import { aSeed, type Seed, seedBits } from '../core/random.ts';
import type { CallOptions, FloatArray, Matrix, Vectors } from '../core/types.ts';
import { fields, floatArray, integer, isFloatArray, nonNegative, product, shapeError } from '../core/validate.ts';
import { type Batch, vectorBatch } from '../memory/batches.ts';
import { forParts } from '../memory/partsAtOnce.ts';
import {
  type NativeTeacher,
  type NativeTeacherSource,
  native,
  type ProgressCallback,
  type SpherePurpose,
} from '../native/addon.ts';
import { runTask } from '../native/calls.ts';

/** Number of points and seed of a sample. */
export interface SphereSampleOptions extends CallOptions {
  /** Number of points, at least 1. */
  readonly count: number;
  /** Seed of all random choices; 0 by default. */
  readonly seed?: Seed | undefined;
}

/** Options of {@link sampleUniformSphere}. */
export interface UniformSphereOptions extends SphereSampleOptions {
  /** The dimension N of the space around the sphere, at least 2. */
  readonly dimension: number;
}

/** Options of {@link sampleVonMisesFisher}. */
export interface VonMisesFisherOptions extends SphereSampleOptions {
  /** Mean direction w: N numbers, N at least 2, of length 1 (to 5e-5; it is divided by its length). */
  readonly mean: FloatArray;
  /**
   * Concentration: the density is proportional to exp(kappa w . x). Finite, at least 0; 0 gives the uniform
   * distribution.
   */
  readonly kappa: number;
}

/** Options of {@link sampleTeacher}. */
export interface TeacherOptions extends SphereSampleOptions {
  /** Memories w: P x N, N at least 2, every row of length 1 (to 5e-5; it is divided by its length). */
  readonly memories: Vectors;
  /**
   * Joint probabilities p of hidden unit and class, (P + 1) x (C + 1), which sum to 1 (to 1e-5; they are divided by
   * their sum). Row 0 is the background, the uniform distribution on the sphere; column 0 is the class "none".
   */
  readonly classWeights: Matrix;
  /** The inverse temperature of every memory. Finite, at least 0. */
  readonly beta: number;
}

/** Points of the unit sphere. */
export interface SpherePoints extends Vectors {
  /** count x dimension; every row has length 1 to rounding. */
  readonly values: Float64Array;
}

/** Labelled points of the unit sphere, with the hidden unit of each. */
export interface TeacherSample extends SpherePoints {
  /** The class of each point: 0 for "none", 1 to C. */
  readonly labels: Int32Array;
  /** The hidden unit of each point: 0 for the background, 1 to P for a memory. */
  readonly hidden: Int32Array;
}

const sampleOptions = specify<SphereSampleOptions>()({
  ...callOptions,
  count: required((name, value) => integer(name, value, 1, Number.MAX_SAFE_INTEGER)),
  seed: optional(aSeed, 0),
});
const uniformOptions = specify<UniformSphereOptions>()({
  ...sampleOptions,
  dimension: required((name, value) => integer(name, value, 2, Number.MAX_SAFE_INTEGER)),
});
const vonMisesFisherOptions = specify<VonMisesFisherOptions>()({
  ...sampleOptions,
  mean: required(someFloats),
  kappa: required(nonNegative),
});
const teacherOptions = specify<TeacherOptions>()({
  ...sampleOptions,
  memories: required<Batch, Vectors>((name, value) => vectorBatch(name, value as Vectors)),
  classWeights: required<unknown, Matrix>(asGiven),
  beta: required(nonNegative),
});

function someFloats(name: string, value: unknown): FloatArray {
  const length = isFloatArray(value) ? value.length : 0;
  return floatArray(name, value, length, String(length));
}

const greatestIndex = 2 ** 31 - 1;

/**
 * Draws points uniformly distributed on the unit sphere of R^N, N at least 2. Point i depends on the seed and i alone,
 * not on the count or on the number of threads.
 *
 * @throws DenseamError ERR_RANGE, ERR_SHAPE, ERR_OUT_OF_MEMORY; the signal's reason.
 */
export async function sampleUniformSphere(options: UniformSphereOptions): Promise<SpherePoints> {
  const read = readOptions(uniformOptions, options);
  const { dimension } = read;
  const memories = { memoryCount: 0, memories: noNumbers, memoriesName: '', singleMemory: false };
  const source = { dimension, kappa: 0, ...memories, ...backgroundOnly };
  return points(await drawSample(source, 'uniform', read));
}

/**
 * Draws points from the von Mises-Fisher distribution about `mean` on the unit sphere of R^N, N at least 2, for any
 * kappa, by rejection (Ulrich 1984, Wood 1994): at most about one and a half draws a point, without the cancellation of
 * large kappa. The mean of w . x is {@link vonMisesFisherMeanResultantLength}(N, kappa). Point i depends on the seed
 * and i alone, not on the count or on the number of threads.
 *
 * @throws DenseamError ERR_RANGE, ERR_SHAPE, ERR_NOT_FINITE, ERR_OUT_OF_MEMORY; the signal's reason.
 */
export async function sampleVonMisesFisher(options: VonMisesFisherOptions): Promise<SpherePoints> {
  const read = readOptions(vonMisesFisherOptions, options);
  const { mean, kappa } = read;
  const dimension = mean.length;
  atLeastTwo('options.mean', dimension);
  const memory = { memoryCount: 1, memories: mean, memoriesName: 'options.mean', singleMemory: true };
  const source = { dimension, kappa, ...memory, ...memoryOnly };
  return points(await drawSample(source, 'vonMisesFisher', read));
}

/**
 * Draws labelled points from the teacher of Thériault and Tantari (2025, section 2.2 and eq. 3): first a hidden unit
 * and a class from the joint probabilities `classWeights`, then a point from the von Mises-Fisher distribution about
 * that memory, or from the uniform one for the background. Point i depends on the seed and i alone, not on the count or
 * on the number of threads.
 *
 * @throws DenseamError ERR_RANGE, ERR_SHAPE, ERR_NOT_FINITE, ERR_OUT_OF_MEMORY; the signal's reason.
 */
export async function sampleTeacher(options: TeacherOptions): Promise<TeacherSample> {
  const read = readOptions(teacherOptions, options);
  const { count, dimension, positions } = read.memories;
  atLeastTwo('options.memories', dimension);
  const { columns, data } = readClassWeights(read.classWeights, count + 1);
  const memories = {
    memoryCount: count,
    memories: positions,
    memoriesName: 'options.memories.values',
    singleMemory: false,
  };
  const weights = { classes: columns, weights: data, weightsName: 'options.classWeights.data' };
  return drawSample({ dimension, kappa: read.beta, ...memories, ...weights }, 'teacher', read);
}

const noNumbers = new Float64Array(0);
const backgroundOnly = { classes: 1, weights: Float64Array.of(1), weightsName: '' };
const memoryOnly = { classes: 1, weights: Float64Array.of(0, 1), weightsName: '' };

function readClassWeights(value: unknown, rows: number): { readonly columns: number; readonly data: FloatArray } {
  const name = 'options.classWeights';
  const given = fields(name, value, ['rows', 'columns', 'data']);
  const columns = integer(`${name}.columns`, given.columns, 1, greatestIndex);
  if (given.rows !== rows) throw shapeError(`${name}.rows`, `${rows} (memories and background)`, describe(given.rows));
  const data = floatArray(`${name}.data`, given.data, product(name, rows, columns), `${rows} x ${columns}`);
  return { columns, data };
}

function atLeastTwo(name: string, dimension: number): void {
  if (dimension < 2) throw shapeError(name, 'a dimension of at least 2', String(dimension));
}

function points({ count, dimension, values }: SpherePoints): SpherePoints {
  return { count, dimension, values };
}

async function drawSample(
  source: NativeTeacherSource,
  purpose: SpherePurpose,
  options: Read<typeof sampleOptions>,
): Promise<TeacherSample> {
  const { dimension } = source;
  const { count } = options;
  const seed = seedBits(options.seed);
  const length = product('the sample', count, dimension);
  // A row is drawn on the native side first.
  const bytes = (length + dimension) * Float64Array.BYTES_PER_ELEMENT + 2 * count * Int32Array.BYTES_PER_ELEMENT;
  fitsInMemory('the sample', bytes);
  const { signal } = options;
  const handle = await runTask(() => native.makeSphereTeacher(source), { signal });
  const sample = {
    count,
    dimension,
    values: zeros('the sample', Float64Array, length),
    labels: zeros('the sample', Int32Array, count),
    hidden: zeros('the sample', Int32Array, count),
  };
  await fillInParts(sample, handle, purpose, seed, options);
  return sample;
}

async function fillInParts(
  { count, dimension, values, labels, hidden }: TeacherSample,
  handle: NativeTeacher,
  purpose: SpherePurpose,
  seed: bigint,
  options: CallOptions,
): Promise<void> {
  await forParts(count, Float64Array.BYTES_PER_ELEMENT * dimension, options, async (begin, end, ofPart) => {
    const run = (report: ProgressCallback) =>
      native.sampleSphereTeacher(handle, { purpose, first: begin, count: end - begin, seed, onProgress: report });
    const drawn = await runTask(run, ofPart);
    values.set(drawn.values, begin * dimension);
    labels.set(drawn.labels, begin);
    hidden.set(drawn.hidden, begin);
  });
}
