import { setImmediate } from 'node:timers/promises';
import { fitsInMemory } from '../core/availableMemory.ts';
import { checkConstruction, internally } from '../core/construction.ts';
import { callOptions, readOptions } from '../core/options.ts';
import type { CallOptions, NearestOptions } from '../core/types.ts';
import { indexArray, shapeError } from '../core/validate.ts';
import { type FilePath, filePath } from '../io/path.ts';
import type { AssociativeMemory } from '../memory/associativeMemory.ts';
import type { Precision } from '../memory/memory.ts';
import { concatFloats, concatInts } from '../memory/parts.ts';
import { filled } from '../memory/store.ts';
import { betaOptions, nearestOptions } from '../memory/verbOptions.ts';
import {
  type NativeCloudItems,
  type NativeCloudRetrieval,
  type NativeFlowOptions,
  native,
  type PartOptions,
  type Task,
} from '../native/addon.ts';
import { type CloudBatch, cloudBatch, cloudPrecision, problemsFitInMemory } from './batches.ts';
import { loadClouds } from './cloudsFile.ts';
import {
  cloudRetrieveOptions,
  cloudStepOptions,
  cloudSweepOptions,
  createOptions,
  flowOf,
  loadOptions,
  singleStep,
  solverOf,
} from './options.ts';
import { checkSolved, toRetrieval, zeros } from './results.ts';
import { type Comparison, StoredClouds } from './stored.ts';
import type {
  CloudBetaOptions,
  CloudGradient,
  CloudNeighbours,
  CloudRetrieval,
  CloudRetrieveOptions,
  CloudStepOptions,
  CloudSweepOptions,
  CloudTransportMaps,
  CloudWeights,
  Divergences,
  FlowSteps,
  PointCloudLoadOptions,
  PointCloudOptions,
  PointClouds,
} from './types.ts';

const bytesOfNumber = Float64Array.BYTES_PER_ELEMENT;

/**
 * An associative memory whose items, queries and states are weighted point clouds of any sizes: log-sum-exp energy over
 * the debiased Sinkhorn divergence of the squared Euclidean distance, recall by a flow that moves points and weights
 * (Mustafi 2026).
 *
 * Every divergence comes from transport problems that are solved to `marginalTolerance`. If one is not, because
 * `maxSolverIterations` were used up or rounding allows no better, {@link divergences} and {@link retrieve} report it
 * in their result and all other verbs reject with ERR_NOT_CONVERGED. Points of weight below 1e-100 are dropped from
 * stored items; in a query they stay where they are, with weight 0. Reads work on the items as they were when the call
 * began; changes run one after the other, and each is made whole or not at all.
 *
 * @example const items: PointClouds = {
 *   count: 2, dimension: 1, offsets: Int32Array.of(0, 2, 5),
 *   points: Float64Array.of(0, 1, 5, 6, 7), weights: Float64Array.of(0.5, 0.5, 0.25, 0.5, 0.25),
 * }; const memory = await PointCloudMemory.create(items, { epsilon: 0.1 }); const query = { ...items, count: 1,
 * offsets: Int32Array.of(0, 2), points: Float64Array.of(0, 2), weights: Float64Array.of(0.4, 0.6) }; const { states,
 * nearest } = await memory.retrieve(query, { beta: 5 });
 */
export class PointCloudMemory
  implements AssociativeMemory<PointClouds, CloudRetrieval, CloudNeighbours, unknown, FlowSteps>
{
  /** The dimension d of the points' space. */
  readonly dimension: number;
  /** The precision in which points and weights are stored; everything is computed in float64. */
  readonly precision: Precision;
  /** Entropic regularisation, in the units of a squared distance. */
  readonly epsilon: number;
  /** L1 error of the marginals at which a transport problem counts as solved. */
  readonly marginalTolerance: number;
  /** Maximum number of iterations of one transport problem. */
  readonly maxSolverIterations: number;
  readonly #stored: StoredClouds;

  private constructor(key: typeof internally, comparison: Comparison) {
    checkConstruction(key, 'PointCloudMemory', ['create', 'load']);
    const { dimension, precision, epsilon, solver } = comparison;
    this.dimension = dimension;
    this.precision = precision;
    this.epsilon = epsilon;
    this.marginalTolerance = solver.marginalTolerance;
    this.maxSolverIterations = solver.maxSolverIterations;
    this.#stored = new StoredClouds(this, comparison);
  }

  /**
   * Stores clouds. They are copied, in float32 when both their points and weights are Float32Array, else in float64;
   * weights are divided by their sum. Storing a cloud solves one transport problem, that of the cloud with itself.
   *
   * @throws DenseamError ERR_SHAPE, ERR_NOT_FINITE, ERR_RANGE (also for weights that do not sum to 1),
   * ERR_OUT_OF_MEMORY; the signal's reason.
   */
  static async create(items: PointClouds, options: PointCloudOptions): Promise<PointCloudMemory> {
    const read = readOptions(createOptions, options);
    const { epsilon } = read;
    const solver = solverOf(read);
    const batch = cloudBatch('items', items);
    problemsFitInMemory(batch);
    const { dimension } = batch;
    const memory = new PointCloudMemory(internally, { dimension, precision: cloudPrecision(batch), epsilon, solver });
    return filled(memory, memory.#stored.append(batch, read));
  }

  /**
   * Loads a memory from a file that {@link save} wrote.
   *
   * @throws DenseamError ERR_CORRUPT_FILE for a truncated, altered or foreign file; ERR_OUT_OF_MEMORY; system errors;
   * the signal's reason.
   */
  static async load(path: FilePath, options: PointCloudLoadOptions = {}): Promise<PointCloudMemory> {
    const from = filePath(path);
    const read = readOptions(loadOptions, options);
    const solver = solverOf(read);
    return loadClouds(from, read, async (file) => {
      const memory = new PointCloudMemory(internally, { ...file, solver });
      return filled(memory, memory.#stored.appendFile(file, read));
    });
  }

  /** Number of stored items. */
  get size(): number {
    return this.#stored.size;
  }

  /**
   * Frees the items now instead of at garbage collection. Reads in progress end normally; changes in progress are
   * refused. A second call does nothing.
   */
  close(): void {
    this.#stored.close();
  }

  /** {@link close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Debiased Sinkhorn divergences S = OT(query, item) - OT(query, query)/2 - OT(item, item)/2 of every query to every
   * item, queries.count x size, with their marginal errors.
   *
   * @throws DenseamError ERR_SHAPE, ERR_NOT_FINITE, ERR_RANGE, ERR_OUT_OF_MEMORY; the signal's reason.
   */
  async divergences(queries: PointClouds, options: CallOptions = {}): Promise<Divergences> {
    const read = readOptions(callOptions, options);
    const batch = this.#checkedBatch('queries', queries);
    const columns = this.size;
    fitsInMemory('the divergences', 2 * batch.count * columns * bytesOfNumber);
    const parts = await this.#stored.parts(batch, read, { columns: 2 * columns }, native.cloudDivergences);
    return {
      rows: batch.count,
      columns,
      data: concatFloats(parts.map((part) => part.values)),
      marginalErrors: concatFloats(parts.map((part) => part.marginalErrors)),
      notConverged: parts.reduce((count, part) => count + zeros(part.converged), 0),
    };
  }

  /**
   * Gibbs weights exp(-beta S_i) / sum_j exp(-beta S_j) of every query, queries.count x size; each row sums to 1.
   *
   * @throws as {@link divergences}; DenseamError ERR_NOT_CONVERGED.
   */
  async weights(queries: PointClouds, options: CloudBetaOptions): Promise<CloudWeights> {
    const read = readOptions(betaOptions, options);
    const { beta, pruning } = read;
    const batch = this.#checkedBatch('queries', queries);
    const columns = this.size;
    fitsInMemory('the weights', batch.count * columns * bytesOfNumber);
    const parts = await this.#stored.solvedParts(batch, read, { columns }, (items, own, part) =>
      native.cloudWeights(items, own, { beta, pruning, wantWeights: true, ...part }),
    );
    return {
      rows: batch.count,
      columns,
      data: concatFloats(parts.map((part) => part.weights)),
      marginalErrors: concatFloats(parts.map((part) => part.marginalErrors)),
    };
  }

  /**
   * The energy E = -(1/beta) log sum_i exp(-beta S_i) of every query.
   *
   * @throws as {@link weights}.
   */
  async energy(queries: PointClouds, options: CloudBetaOptions): Promise<Float64Array> {
    const read = readOptions(betaOptions, options);
    const { beta, pruning } = read;
    const batch = this.#checkedBatch('queries', queries);
    const parts = await this.#stored.solvedParts(batch, read, {}, (items, own, part) =>
      native.cloudWeights(items, own, { beta, pruning, wantWeights: false, ...part }),
    );
    return concatFloats(parts.map((part) => part.energy));
  }

  /**
   * The energy of every query with its gradient: by points, dE/dx_k = 2 a_k (T_query(x_k) - sum_i w_i T_i(x_k)), T the
   * barycentric maps; by weights, the first variation V_k = sum_i w_i (f_(query, i) - f_(query, query))_k, f the
   * potentials.
   *
   * @throws as {@link weights}.
   */
  async gradient(queries: PointClouds, options: CloudBetaOptions): Promise<CloudGradient> {
    const read = readOptions(betaOptions, options);
    const { beta, pruning } = read;
    const batch = this.#checkedBatch('queries', queries);
    fitsInMemory('the gradient', (batch.points.length + batch.weights.length) * bytesOfNumber);
    const parts = await this.#stored.solvedParts(batch, read, {}, (items, own, part) =>
      native.cloudGradient(items, own, { beta, pruning, ...part }),
    );
    return {
      energy: concatFloats(parts.map((part) => part.energy)),
      points: concatFloats(parts.map((part) => part.points)),
      firstVariation: concatFloats(parts.map((part) => part.firstVariation)),
      gradientNorm: concatFloats(parts.map((part) => part.gradientNorm)),
      marginalErrors: concatFloats(parts.map((part) => part.marginalErrors)),
    };
  }

  /**
   * One step of the flow from every query, halved until the energy falls: points move by transportStep times sum_i w_i
   * T_i(x_k) - T_query(x_k), weights are multiplied by exp(-reweightStep V_k) and divided by their sum. Weights do not
   * change in a step in which moving the points gains more, unless `gated` is false. A query that no step improves is
   * returned unchanged.
   *
   * @throws as {@link weights}.
   */
  async step(queries: PointClouds, options: CloudStepOptions): Promise<PointClouds> {
    const read = readOptions(cloudStepOptions, options);
    const flow = singleStep(read, this.epsilon);
    const parts = await this.#follow(queries, read, flow, 1, native.cloudRetrieve);
    const { states, marginalError } = toRetrieval(this.dimension, parts);
    checkSolved('queries', 0, marginalError, this);
    return states;
  }

  /**
   * Follows the flow from every query to a fixed point. The energy never rises, except within marginal errors. Each
   * query stops by itself; its results describe the returned state.
   *
   * @throws as {@link divergences}.
   */
  async retrieve(queries: PointClouds, options: CloudRetrieveOptions): Promise<CloudRetrieval> {
    const read = readOptions(cloudRetrieveOptions, options);
    const flow = flowOf(read.beta, read, this.epsilon);
    const parts = await this.#follow(queries, read, flow, 1, native.cloudRetrieve);
    return toRetrieval(this.dimension, parts);
  }

  /**
   * Retrieves every query once with each of several betas, side by side. Returns one retrieval for each beta, in their
   * order.
   *
   * @throws as {@link divergences}.
   */
  async sweep(queries: PointClouds, options: CloudSweepOptions): Promise<CloudRetrieval[]> {
    const read = readOptions(cloudSweepOptions, options);
    const { betas } = read;
    const flow = flowOf(betas, read, this.epsilon);
    const parts = await this.#follow(queries, read, flow, betas.length, native.cloudSweep);
    const retrievals: CloudRetrieval[] = [];
    for (const index of betas.keys()) {
      const ofBeta = parts.map((part) => part[index] as NativeCloudRetrieval);
      retrievals.push(toRetrieval(this.dimension, ofBeta));
      await setImmediate(); // a copy of many states for each beta: other events get their turn in between
    }
    return retrievals;
  }

  /**
   * The `k` items nearest to every query by divergence, nearest first, ties by index.
   *
   * @throws as {@link weights}.
   */
  async nearest(queries: PointClouds, options: NearestOptions = {}): Promise<CloudNeighbours> {
    const read = readOptions(nearestOptions(this.size), options);
    const { k, pruning } = read;
    const batch = this.#checkedBatch('queries', queries);
    fitsInMemory('the neighbours', batch.count * k * (bytesOfNumber + Int32Array.BYTES_PER_ELEMENT));
    const parts = await this.#stored.solvedParts(batch, read, { columns: 2 * k }, (items, own, part) =>
      native.cloudNearest(items, own, { k, pruning, ...part }),
    );
    return {
      rows: batch.count,
      columns: k,
      indices: concatInts(parts.map((part) => part.indices)),
      divergences: concatFloats(parts.map((part) => part.divergences)),
      marginalErrors: concatFloats(parts.map((part) => part.marginalErrors)),
    };
  }

  /**
   * The barycentric maps from one cloud to the items at these indices: T_i(x_k) = (1/a_k) sum_j P_kj y_j of the plan P
   * from the query to item i: the mean destination of the point x_k.
   *
   * @throws as {@link weights}.
   */
  async transportMaps(
    query: PointClouds,
    indices: readonly number[] | Int32Array,
    options: CallOptions = {},
  ): Promise<CloudTransportMaps> {
    const read = readOptions(callOptions, options);
    const batch = this.#checkedBatch('query', query);
    if (batch.count !== 1) throw shapeError('query.count', '1', String(batch.count));
    const checked = indexArray('indices', indices, this.size);
    fitsInMemory('the maps', checked.length * batch.points.length * bytesOfNumber);
    const [found] = await this.#stored.parts(batch, read, {}, (items, own, part) =>
      native.cloudTransport(items, own, { indices: checked, ...part }),
    );
    const { images, marginalErrors } = found as NonNullable<typeof found>;
    checkSolved('indices', 0, marginalErrors, this);
    return {
      count: checked.length,
      points: batch.weights.length,
      dimension: this.dimension,
      images,
      marginalErrors,
    };
  }

  /**
   * Copies of the items at these indices, without points that were dropped, weights of sum 1 to the rounding of the
   * memory's precision.
   *
   * @throws DenseamError ERR_RANGE, ERR_SHAPE, ERR_OUT_OF_MEMORY.
   */
  async get(indices: readonly number[] | Int32Array, options: CallOptions = {}): Promise<PointClouds> {
    return this.#stored.get(indices, readOptions(callOptions, options));
  }

  /**
   * Stores more items after the present ones.
   *
   * @throws as {@link create}; the memory then is as it was.
   */
  async add(items: PointClouds, options: CallOptions = {}): Promise<void> {
    const read = readOptions(callOptions, options);
    await this.#stored.append(this.#checkedBatch('items', items), read);
  }

  /**
   * Removes the items at these indices; later items move up. At least one item must remain.
   *
   * @throws DenseamError ERR_RANGE, ERR_SHAPE; the signal's reason; the memory then is as it was.
   */
  async remove(indices: readonly number[] | Int32Array, options: CallOptions = {}): Promise<void> {
    await this.#stored.remove(indices, readOptions(callOptions, options));
  }

  /**
   * Writes all items and epsilon to a safetensors file, atomically: an existing file is replaced only by a whole one.
   *
   * @throws system errors with their code; the signal's reason.
   */
  async save(path: FilePath, options: CallOptions = {}): Promise<void> {
    await this.#stored.save(filePath(path), readOptions(callOptions, options));
  }

  /** Checks that clouds have this memory's dimension. */
  #checkedBatch(name: string, value: PointClouds): CloudBatch {
    const batch = cloudBatch(name, value);
    if (batch.dimension !== this.dimension) {
      throw shapeError(`${name}.dimension`, `${this.dimension} as in the memory`, String(batch.dimension));
    }
    problemsFitInMemory(batch);
    return batch;
  }

  /** Follows a flow from every query, with `copies` states for each. */
  #follow<T>(
    queries: PointClouds,
    options: CallOptions,
    flow: NativeFlowOptions,
    copies: number,
    verb: (items: NativeCloudItems, own: CloudBatch, options: PartOptions & NativeFlowOptions) => Task<T>,
  ): Promise<T[]> {
    const batch = this.#checkedBatch('queries', queries);
    fitsInMemory('the states', copies * (batch.points.length + batch.weights.length) * bytesOfNumber);
    const passes = copies * (flow.maxIterations + 1);
    return this.#stored.parts(batch, options, { passes, copies }, (items, own, part) =>
      verb(items, own, { ...flow, ...part }),
    );
  }
}
