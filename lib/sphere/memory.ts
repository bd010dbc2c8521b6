import { types } from 'node:util';
import { checkConstruction, internally } from '../core/construction.ts';
import { callOptions, readOptions } from '../core/options.ts';
import type { CallOptions, FloatArray, Matrix, Vectors } from '../core/types.ts';
import { extent, fields, floatArray, positive, product, shapeError } from '../core/validate.ts';
import { asCorrupt } from '../io/files.ts';
import { type FilePath, filePath } from '../io/path.ts';
import { type Batch, precisionOf, vectorBatch } from '../memory/batches.ts';
import type { Precision } from '../memory/memory.ts';
import { concatFloats, concatInts, inParts } from '../memory/parts.ts';
import { type NativeRowsOptions, type NativeSphereModel, native, type Task } from '../native/addon.ts';
import { coded, runTask } from '../native/calls.ts';
import { Kept } from '../native/closing.ts';
import { fingerprint, loadCheckpoint, saveCheckpoint } from './checkpointFile.ts';
import { loadModel, type ModelFile, saveModel } from './modelFile.ts';
import {
  parameterNames,
  readClassWeights,
  readData,
  readInitialMemories,
  readTraining,
  settingsOf,
  trainingCallOptions,
} from './options.ts';
import { type Reconstruction, type ReconstructOptions, reconstruct } from './reconstruction.ts';
import { toNativeRows } from './rows.ts';
import type { CheckedData, TrainingSettings } from './settings.ts';
import { firstProgress, type ModelState, runTraining, type TrainingProgress } from './training.ts';
import type {
  EpochRecord,
  SphereTrainingData,
  TrainingCallOptions,
  TrainOptions,
  VonMisesFisherParameters,
} from './types.ts';

/** The most similar memory of each row. */
export interface NearestMemory {
  /** Index of the memory with the greatest overlap; the first of equal ones. */
  readonly indices: Int32Array;
  /** Overlap w.x with that memory, from -1 to 1. */
  readonly overlaps: Float64Array;
  /** The likeliest class of that memory, 1 to C, or 0 for none. */
  readonly classes: Int32Array;
}

/**
 * A trainable associative memory: a three-layer Boltzmann machine with Potts hidden units, whose memories are
 * directions on the unit sphere, each with a class of its own (Thériault and Tantari 2025). Its density is
 *
 *     P(x, y) = sum_mu p_y^mu exp(betaScale beta w_mu.x) / Omega_N(beta) + p_y^0 / Omega_N(0)
 *
 * of a direction x and a class y (eq. 12; a probability where betaScale is 1). Rows are directions of norm 1, or of
 * zeros for data without a direction: {@link toSphere} makes them. Classes are counted from 1; 0 is "none".
 *
 * @example const data = { ...(await toSphere(images)), labels, classes: 10 }; const memory = await
 * VonMisesFisherMemory.train(data, { hiddenUnits: 100 }); const classes = await memory.predict(await toSphere(others));
 */
export class VonMisesFisherMemory implements VonMisesFisherParameters {
  readonly dimension: number;
  readonly hiddenUnits: number;
  readonly classes: number;
  readonly beta: number;
  readonly betaScale: number;
  /** Precision of memories and overlaps: that of the training data, or of the memories given to `from`. */
  readonly precision: Precision;
  /** An entry for each epoch of the training; empty for a memory made by `from`. */
  readonly history: readonly EpochRecord[];
  readonly #kept: Kept<KeptModel>;

  private constructor(
    key: typeof internally,
    dimension: number,
    model: ModelState,
    history: readonly EpochRecord[],
    own: NativeSphereModel,
  ) {
    checkConstruction(key, 'VonMisesFisherMemory', ['train', 'from', 'load']);
    this.dimension = dimension;
    this.hiddenUnits = model.hiddenUnits;
    this.classes = model.labels - 1;
    this.beta = model.beta;
    this.betaScale = model.betaScale;
    this.precision = types.isFloat32Array(model.memories) ? 'float32' : 'float64';
    this.history = history;
    const { memories, classWeights } = model;
    this.#kept = new Kept(this, { memories, classWeights, native: own }, (kept) => native.release(kept.native));
  }

  /**
   * Trains a memory by stochastic gradient descent with momentum on the sphere (appendices C and D), until the loss on
   * the validation rows, the last ones, no longer falls. The result is the model with the lowest of those losses since
   * the last split. Rows are copied a part at a time: the arrays must not change before the first epoch is reported. In
   * addition a minibatch takes batchSize x P numbers and at most 32 tables of the size of the class weights, splitting
   * twice that with its own number of rows. The same data, options and seed give the same bits, whatever the number of
   * threads.
   *
   * @throws DenseamError ERR_SHAPE, ERR_RANGE, ERR_NOT_FINITE (also where training diverges), ERR_OUT_OF_MEMORY; system
   * errors of the checkpoint; the signal's reason. The last checkpoint stays.
   */
  static async train(data: SphereTrainingData, options: TrainOptions): Promise<VonMisesFisherMemory> {
    const read = readTraining(options);
    const checked = readData(data);
    const settings = settingsOf(read, checked);
    const initial = readInitialMemories(read, settings, checked);
    const progress = await firstProgress(checked, settings, read, initial);
    const { checkpoint } = read;
    const print = checkpoint === undefined ? '' : await fingerprint(checked);
    return finishTraining(checked, settings, progress, read, checkpoint, print);
  }

  /**
   * Resumes an interrupted training from its checkpoint, with the same data, and keeps the checkpoint up to date. The
   * result has the same bits as an uninterrupted training (except `seconds` in the history). The checkpoint of a
   * finished training gives its memory at once.
   *
   * @throws as {@link train}; DenseamError ERR_CORRUPT_FILE; ERR_RANGE for other data.
   */
  static async resume(
    checkpoint: FilePath,
    data: SphereTrainingData,
    options: TrainingCallOptions = {},
  ): Promise<VonMisesFisherMemory> {
    const read = readOptions(trainingCallOptions, options);
    const path = filePath(checkpoint, 'checkpoint');
    const checked = readData(data);
    const print = await fingerprint(checked);
    const { settings, progress } = await loadCheckpoint(path, checked, print, read);
    return finishTraining(checked, settings, progress, read, path, print);
  }

  /**
   * Makes a memory from its parameters, which are copied.
   *
   * @throws DenseamError ERR_SHAPE; ERR_RANGE where memories are not of norm 1 or class weights no probabilities;
   * ERR_NOT_FINITE.
   */
  static async from(parameters: VonMisesFisherParameters, options: CallOptions = {}): Promise<VonMisesFisherMemory> {
    const read = readOptions(callOptions, options);
    const given = fields('parameters', parameters, parameterNames);
    const hiddenUnits = extent('parameters.hiddenUnits', given.hiddenUnits);
    const classes = extent('parameters.classes', given.classes);
    const dimension = extent('parameters.dimension', given.dimension);
    const shape = `${hiddenUnits} x ${dimension}`;
    const length = product('parameters.memories', hiddenUnits, dimension);
    const model: ModelState = {
      hiddenUnits,
      labels: classes + 1,
      memories: floatArray('parameters.memories', given.memories, length, shape).slice(),
      classWeights: readClassWeights('parameters.classWeights', given.classWeights, hiddenUnits, classes),
      beta: positive('parameters.beta', given.beta),
      betaScale: positive('parameters.betaScale', given.betaScale),
    };
    return VonMisesFisherMemory.make({ dimension, model, history: [] }, 'parameters.memories', read);
  }

  /**
   * Loads a memory and its history from a file that {@link save} wrote.
   *
   * @throws DenseamError ERR_CORRUPT_FILE for a truncated, altered or foreign file; ERR_OUT_OF_MEMORY; system errors;
   * the signal's reason.
   */
  static async load(path: FilePath, options: CallOptions = {}): Promise<VonMisesFisherMemory> {
    const name = filePath(path);
    const read = readOptions(callOptions, options);
    const file = await loadModel(name, read);
    return VonMisesFisherMemory.make(file, 'the memories', read).catch((error: unknown) => {
      throw asCorrupt(name, error);
    });
  }

  /**
   * Frees the memory's numbers now instead of at garbage collection. Calls in progress end normally, later ones are
   * refused with ERR_CLOSED. A second call does nothing.
   */
  close(): void {
    this.#kept.close();
  }

  /** {@link close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** The memories w, P x N, rows of norm 1 (a copy). */
  get memories(): FloatArray {
    return this.#kept.value.memories.slice();
  }

  /** The class weights p, (P + 1) x (C + 1) (a copy). */
  get classWeights(): Matrix {
    return { rows: this.hiddenUnits + 1, columns: this.classes + 1, data: this.#kept.value.classWeights.slice() };
  }

  /** The likeliest class of every memory, 1 to C, or 0 for none. */
  get memoryClasses(): Int32Array {
    return likeliest(this.#kept.value.classWeights, this.classes + 1).subarray(1);
  }

  /**
   * log P(x, y) of every row and class, x.count x (classes + 1), column 0 for "none"; natural logarithms of densities
   * on the sphere. The error is about 1e-5 (float32) or 4e-15 (float64) times the largest of 1, the result and
   * betaScale x beta x (1 - w.x), w the dominant memory: near a memory the result keeps its digits for any beta. Rows
   * whose norms are not quite 1 count as their directions there.
   *
   * @throws DenseamError ERR_SHAPE, ERR_RANGE for a row of another norm, ERR_NOT_FINITE, ERR_OUT_OF_MEMORY; the
   * signal's reason.
   */
  async logDensity(x: Vectors, options: CallOptions = {}): Promise<Matrix> {
    return this.#matrix(native.sphereLogDensities, x, readOptions(callOptions, options));
  }

  /**
   * P(y | x) of every row and class (eq. 14), x.count x (classes + 1), column 0 for "none"; each row sums to 1.
   *
   * @throws as {@link logDensity}.
   */
  async predictProbabilities(x: Vectors, options: CallOptions = {}): Promise<Matrix> {
    return this.#matrix(native.spherePosteriors, x, readOptions(callOptions, options));
  }

  /**
   * The likeliest class of every row, 1 to C, or 0 for none.
   *
   * @throws as {@link logDensity}.
   */
  async predict(x: Vectors, options: CallOptions = {}): Promise<Int32Array> {
    const read = readOptions(callOptions, options);
    return concatInts(await this.#inParts(native.spherePredictions, this.#rows(x), 1, read));
  }

  /**
   * The most similar memory of every row, and its class.
   *
   * @throws as {@link logDensity}.
   */
  async nearestMemory(x: Vectors, options: CallOptions = {}): Promise<NearestMemory> {
    const read = readOptions(callOptions, options);
    const batch = this.#rows(x);
    const classes = this.memoryClasses;
    const parts = await this.#inParts(native.nearestSphereMemories, batch, 2, read);
    const indices = concatInts(parts.map((part) => part.indices));
    return {
      indices,
      overlaps: concatFloats(parts.map((part) => part.overlaps)),
      classes: indices.map((index) => classes[index] as number),
    };
  }

  /**
   * Fidelity: the share of rows whose likeliest class is that of their most similar memory, which then explains the
   * prediction (section 4.2).
   *
   * @throws as {@link logDensity}.
   */
  async fidelity(x: Vectors, options: CallOptions = {}): Promise<number> {
    const { signal, onProgress } = readOptions(callOptions, options);
    const half = (done: 0 | 1) => onProgress && halfOf(onProgress, done);
    const batch = this.#rows(x);
    const classes = this.memoryClasses;
    return this.#reading(async (model) => {
      const nearest = await rowParts(model, native.nearestSphereMemories, batch, 2, { signal, onProgress: half(0) });
      const indices = concatInts(nearest.map((part) => part.indices));
      const parts = await rowParts(model, native.spherePredictions, batch, 1, { signal, onProgress: half(1) });
      const predicted = concatInts(parts);
      const hits = predicted.filter((label, i) => label === classes[indices[i] as number]);
      return hits.length / predicted.length;
    });
  }

  /**
   * Finds local minima of -log P(x | y) on the sphere from given directions: each step goes to the weighted mean of the
   * memories of class y, and the energy never rises. Coordinates may be clamped to their initial values.
   *
   * @throws as {@link logDensity}; ERR_RANGE also for a zero row.
   */
  reconstruct(starts: Vectors, options: ReconstructOptions = {}): Promise<Reconstruction> {
    return this.#reading((model) => reconstruct(model, this, starts, options));
  }

  /**
   * Writes the memory to a safetensors file, whole or not at all.
   *
   * @throws system errors; the signal's reason.
   */
  async save(path: FilePath, options: CallOptions = {}): Promise<void> {
    const target = filePath(path);
    const read = readOptions(callOptions, options);
    const { hiddenUnits, classes, beta, betaScale } = this;
    const { memories, classWeights } = this.#kept.value;
    const model = { hiddenUnits, labels: classes + 1, beta, betaScale, memories, classWeights };
    await saveModel(target, { dimension: this.dimension, model, history: this.history }, read);
  }

  /** @internal Makes a memory from valid parts that it then owns. */
  static async make(
    { dimension, model, history }: ModelFile,
    name: string,
    options: CallOptions,
  ): Promise<VonMisesFisherMemory> {
    const { hiddenUnits: count, memories: positions, labels, classWeights, beta, betaScale } = model;
    const batch: Batch = { name, kind: 'euclidean', count, dimension, positions };
    const rows = await toNativeRows(name, batch, precisionOf(batch), 'refused', options);
    const own = coded(() => native.makeSphereModel(rows, { labels, classWeights, beta, betaScale }));
    native.release(rows); // the model took their numbers over
    return new VonMisesFisherMemory(internally, dimension, model, history, own);
  }

  #rows(x: Vectors): Batch {
    const batch = vectorBatch('x', x);
    if (batch.dimension === this.dimension) return batch;
    throw shapeError('x.dimension', `${this.dimension}, that of the memory,`, String(batch.dimension));
  }

  async #matrix(verb: RowVerb<Float64Array>, x: Vectors, options: CallOptions): Promise<Matrix> {
    const batch = this.#rows(x);
    const columns = this.classes + 1;
    const parts = await this.#inParts(verb, batch, columns, options);
    return { rows: batch.count, columns, data: concatFloats(parts) };
  }

  #inParts<T>(verb: RowVerb<T>, batch: Batch, columns: number, options: CallOptions): Promise<T[]> {
    return this.#reading((model) => rowParts(model, verb, batch, columns, options));
  }

  /** Reads from the present model, even if the memory is closed meanwhile. */
  async #reading<T>(read: (model: NativeSphereModel) => Promise<T>): Promise<T> {
    const model = native.share(this.#kept.value.native);
    try {
      return await read(model);
    } finally {
      native.release(model);
    }
  }
}

/** The model of a memory that is not closed. */
interface KeptModel {
  readonly memories: FloatArray;
  readonly classWeights: Float64Array;
  readonly native: NativeSphereModel;
}

/** Runs a native function on the rows, a part at a time, with `columns` numbers of results a row. */
function rowParts<T>(
  model: NativeSphereModel,
  verb: RowVerb<T>,
  batch: Batch,
  columns: number,
  options: CallOptions,
): Promise<T[]> {
  return inParts(batch, batch.count, { columns }, options, ({ batch: { count, positions }, first, onProgress }) =>
    runTask((report) => verb(model, positions, { count, firstIndex: first, onProgress: report }), {
      signal: options.signal,
      onProgress,
    }),
  );
}

type RowVerb<T> = (model: NativeSphereModel, values: FloatArray, options: NativeRowsOptions) => Task<T>;

/** Progress of the first or second of two passes over the same rows. */
function halfOf(onProgress: NonNullable<CallOptions['onProgress']>, done: 0 | 1): CallOptions['onProgress'] {
  return ({ completed, total }) => onProgress({ completed: done * total + completed, total: 2 * total });
}

async function finishTraining(
  data: CheckedData,
  settings: TrainingSettings,
  from: TrainingProgress,
  options: TrainingCallOptions,
  checkpoint: string | undefined,
  print: string,
): Promise<VonMisesFisherMemory> {
  const { signal } = options;
  const { state, best, history } = await runTraining(data, settings, from, options, async (progress) => {
    if (checkpoint !== undefined) await saveCheckpoint(checkpoint, { settings, progress, data: print }, { signal });
  });
  const { hiddenUnits, labels, memories, classWeights, beta, betaScale } = best ?? state;
  const model: ModelState = { hiddenUnits, labels, memories, classWeights, beta, betaScale };
  return VonMisesFisherMemory.make({ dimension: data.batch.dimension, model, history }, 'the memories', { signal });
}

/** The column of the greatest number of each row; the first of equal ones. */
function likeliest(data: Float64Array, columns: number): Int32Array {
  return Int32Array.from({ length: data.length / columns }, (_, row) => {
    let best = 0;
    for (let column = 1; column < columns; column++) {
      if ((data[row * columns + column] as number) > (data[row * columns + best] as number)) best = column;
    }
    return best;
  });
}
