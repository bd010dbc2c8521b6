import { fitsInMemory } from '../core/availableMemory.ts';
import { checkConstruction, internally } from '../core/construction.ts';
import { readOptions } from '../core/options.ts';
import type { BetaOptions, CallOptions, Gaussians, Matrix, Structure } from '../core/types.ts';
import { indexArray, rangeError, shapeError } from '../core/validate.ts';
import { type FilePath, filePath } from '../io/path.ts';
import { type Batch, gaussianBatch, itemWidth, precisionOf, toGaussians } from '../memory/batches.ts';
import { type CreateOptions, createOptions } from '../memory/createOptions.ts';
import { type ItemsFile, loadItems } from '../memory/itemsFile.ts';
import { Memory } from '../memory/memory.ts';
import { type MemoryKind, type NativeStates, native } from '../native/addon.ts';
import { runTask } from '../native/calls.ts';
import { CheckedBasis, projected } from './checkedBasis.ts';
import { mapOptions, type RidgeOptions, ridgeOptions } from './options.ts';

/** Optimal transport maps x -> A_i x + b_i. */
export interface TransportMaps {
  /** Number of maps. */
  readonly count: number;
  /** d. */
  readonly dimension: number;
  /** The structure of the memory. */
  readonly structure: Structure;
  /** The A_i, by structure: count x d x d, count x d, or count. */
  readonly matrices: Float64Array;
  /** The b_i = mu_i - A_i m, count x d. */
  readonly offsets: Float64Array;
  /** The basis V of a memory that has one: its maps are A_i = V diag(a_i) V', and `matrices` holds the a_i. */
  readonly basis?: Matrix;
}

/**
 * An associative memory whose items, queries and states are Gaussian distributions: log-sum-exp energy over the squared
 * 2-Wasserstein (Bures) distance, recall by aggregated optimal transport maps (Tankala and Balasubramanian 2026).
 *
 * @example const items: Gaussians = { count: 2, dimension: 1, structure: 'diagonal', means: Float64Array.of(0, 5),
 * covariances: Float64Array.of(1, 4) }; const memory = await GaussianMemory.create(items); const query = { ...items,
 * count: 1, means: Float64Array.of(4), covariances: Float64Array.of(3) }; const { states, nearest } = await
 * memory.retrieve(query, { beta: 2 });
 */
export class GaussianMemory extends Memory<Gaussians, RidgeOptions> {
  /** The covariance structure shared by all items. */
  readonly structure: Structure;
  readonly #basis: CheckedBasis | undefined;

  private constructor(
    key: typeof internally,
    structure: Structure,
    dimension: number,
    precision: 'float32' | 'float64',
    indexed: boolean,
    basis: CheckedBasis | undefined,
  ) {
    checkConstruction(key, 'GaussianMemory', ['create', 'load']);
    super(structure, dimension, precision, indexed, ridgeOptions);
    this.structure = structure;
    this.#basis = basis;
  }

  /**
   * The common eigenvectors V of all covariances V diag(variances) V', if the memory was created with them (a copy).
   * Such a memory takes items and queries that are diagonal in an equal basis, and full covariances that are diagonal
   * in it to rounding: |S v - l v| at most 1e-10 (for a Float32Array 1e-5) of the greatest variance for each of its
   * vectors v, l = v' S v.
   */
  get basis(): Matrix | undefined {
    return this.#basis?.matrix;
  }

  /**
   * Stores items. They are copied, in float32 when both of their arrays are Float32Array, else in float64. Singular
   * covariances are accepted. The `basis` of diagonal items, which must be orthogonal to 1e-10, is copied in float64.
   *
   * @throws DenseamError ERR_SHAPE, ERR_NOT_FINITE, ERR_RANGE, ERR_NOT_POSITIVE_DEFINITE, ERR_OUT_OF_MEMORY; the
   * signal's reason.
   */
  static async create(items: Gaussians, options: CreateOptions = {}): Promise<GaussianMemory> {
    const read = readOptions(createOptions, options);
    const batch = gaussianBatch('items', items);
    const basis = batch.basis && (await CheckedBasis.of(batch, read));
    const structure = batch.kind as Structure;
    return new GaussianMemory(internally, structure, batch.dimension, precisionOf(batch), read.index, basis).fill(
      batch,
      read,
    );
  }

  /**
   * Loads a memory from a file that {@link save} wrote.
   *
   * @throws DenseamError ERR_CORRUPT_FILE for a truncated, altered or foreign file; ERR_OUT_OF_MEMORY; system errors;
   * the signal's reason.
   */
  static async load(path: FilePath, options: CreateOptions = {}): Promise<GaussianMemory> {
    const from = filePath(path);
    const read = readOptions(createOptions, options);
    const file = await loadItems(from, 'gaussian');
    try {
      const basis = await readBasis(file, read);
      const empty = new GaussianMemory(
        internally,
        file.kind as Structure,
        file.dimension,
        file.precision,
        read.index,
        basis,
      );
      return await empty.fillFrom(file, read);
    } finally {
      await file.close();
    }
  }

  /**
   * Squared 2-Wasserstein distances |mu_i - m|^2 + tr S_i + tr O - 2 tr (S_i^1/2 O S_i^1/2)^1/2, queries.count x size.
   */
  override distances(queries: Gaussians, options?: CallOptions & RidgeOptions): Promise<Matrix> {
    return super.distances(queries, options);
  }

  /**
   * One update: mean sum_i w_i mu_i, covariance A O A' with A = sum_i w_i A_i of the optimal maps A_i (algorithm of the
   * paper).
   */
  override step(queries: Gaussians, options: BetaOptions & RidgeOptions): Promise<Gaussians> {
    return super.step(queries, options);
  }

  /**
   * The optimal transport maps T_i(x) = mu_i + A_i (x - m) = A_i x + b_i from one query to the items at these indices.
   *
   * @throws as {@link distances}.
   */
  async transportMaps(
    query: Gaussians,
    indices: readonly number[] | Int32Array,
    options: CallOptions & RidgeOptions = {},
  ): Promise<TransportMaps> {
    const read = readOptions(mapOptions, options);
    const batch = this.checkedBatch('query', query);
    if (batch.count !== 1) throw shapeError('query.count', '1', String(batch.count));
    const checked = indexArray('indices', indices, this.size);
    const { position, covariance } = itemWidth(this.structure, this.dimension);
    fitsInMemory('the maps', checked.length * (position + covariance) * Float64Array.BYTES_PER_ELEMENT);
    const maps = await this.reading(async (items) => {
      const own = batch.kind === this.structure ? batch : await this.toOwnKind(batch, 0, read);
      const basis = this.#basis?.handle;
      return runTask(() => native.transportMaps(items, own, { indices: checked, ridge: read.ridge, basis }), read);
    });
    const { dimension, structure, basis } = this;
    return { count: checked.length, dimension, structure, ...maps, ...(basis && { basis }) };
  }

  protected override toBatch(name: string, value: Gaussians): Batch {
    return gaussianBatch(name, value);
  }

  protected override fromStates(states: NativeStates, sibling?: Gaussians): Gaussians {
    return toGaussians(this.structure, this.dimension, states, sibling ? sibling.basis : this.basis);
  }

  protected override takes(kind: MemoryKind): boolean {
    return super.takes(kind) || (kind === 'full' && this.#basis !== undefined);
  }

  protected override checkedBatch(name: string, value: Gaussians): Batch {
    const batch = super.checkedBatch(name, value);
    if (batch.kind === 'diagonal') this.#checkSameBasis(batch);
    return batch;
  }

  #checkSameBasis({ name, basis }: Batch): void {
    if (basis === undefined && this.#basis === undefined) return;
    if (this.#basis === undefined) {
      throw shapeError(`${name}.basis`, "none, as in the memory, whose variances are the coordinates' own", 'a basis');
    }
    if (basis === undefined) {
      throw shapeError(`${name}.basis`, "the memory's basis for the variances, or full covariances", 'none');
    }
    const at = this.#basis.firstDifference(basis);
    if (at >= 0) throw rangeError(`${name}.basis.data[${at}]`, "the memory's number (its `basis`)", basis[at]);
  }

  protected override toOwnKind(batch: Batch, first: number, { signal }: CallOptions): Promise<Batch> {
    return projected(batch, first, this.#basis as CheckedBasis, undefined, { signal });
  }

  protected override get basisNumbers(): Float64Array | undefined {
    return this.basis?.data;
  }
}

async function readBasis(file: ItemsFile, options: CallOptions): Promise<CheckedBasis | undefined> {
  const numbers = await file.basis(options);
  return (
    numbers &&
    CheckedBasis.create('the basis', file.dimension, numbers, options).catch((error: unknown) => {
      throw file.asFault(error);
    })
  );
}
