import { setImmediate } from 'node:timers/promises';
import { fitsInMemory } from '../core/availableMemory.ts';
import { callOptions, type OptionTable, type Read, readOptions, type TableOf } from '../core/options.ts';
import type {
  BetaOptions,
  CallOptions,
  Matrix,
  NearestOptions,
  Neighbours,
  Retrieval,
  RetrieveOptions,
  SweepOptions,
} from '../core/types.ts';
import { shapeError } from '../core/validate.ts';
import { type FilePath, filePath } from '../io/path.ts';
import {
  type MemoryKind,
  type NativeItems,
  type NativeRetrieval,
  type NativeRetrieveOptions,
  type NativeStates,
  native,
  retrievalColumns,
} from '../native/addon.ts';
import type { AssociativeMemory } from './associativeMemory.ts';
import { type Batch, itemWidth } from './batches.ts';
import { alignedSteps, concatColumns } from './columns.ts';
import type { ItemsFile } from './itemsFile.ts';
import { concatFloats, concatInts, concatStates } from './parts.ts';
import { filled } from './store.ts';
import { type Ridge, StoredItems, type Verb } from './storedItems.ts';
import {
  betaOptions,
  inSinglePrecision,
  type iterationOptions,
  nearestOptions,
  type Passed,
  retrieveOptions,
  sweepOptions,
} from './verbOptions.ts';

const defaultIterations = 100;

/** Precision of stored numbers. */
export type Precision = 'float32' | 'float64';

/**
 * Base of all memories: the verbs, on items of any kind. Reads work on the items as they were when the call began;
 * changes run one after the other, and each is made whole or not at all. Distances are squared where that is said; step
 * lengths and tolerances are not. A closed memory refuses every call with ERR_CLOSED.
 */
export abstract class Memory<Items, QueryOptions = unknown>
  implements AssociativeMemory<Items, Retrieval<Items>, Neighbours, QueryOptions>
{
  /** The dimension of the items' space. */
  readonly dimension: number;
  /** The precision in which items are stored. */
  readonly precision: Precision;
  readonly #stored: StoredItems;
  readonly #kind: MemoryKind;
  readonly #queryOptions: TableOf<QueryOptions>;

  /** @internal Memories are made by `create` and `load`. */
  constructor(
    kind: MemoryKind,
    dimension: number,
    precision: Precision,
    indexed: boolean,
    queryOptions: TableOf<QueryOptions>,
  ) {
    this.#kind = kind;
    this.dimension = dimension;
    this.precision = precision;
    this.#queryOptions = queryOptions;
    const shape = { kind, dimension, precision, indexed };
    this.#stored = new StoredItems(this, shape, (batch, first, options) => this.toOwnKind(batch, first, options));
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

  /** Reads from the present items, whatever happens to the memory meanwhile. */
  protected reading<T>(read: (items: NativeItems) => Promise<T>): Promise<T> {
    return this.#stored.reading(read);
  }

  /** Checks the shape of items or queries, but not yet against this memory's. */
  protected abstract toBatch(name: string, value: Items): Batch;
  /** `sibling` is another result of the same call, with which this one shares its common parts. */
  protected abstract fromStates(states: NativeStates, sibling?: Items): Items;

  /** Whether items or queries of this kind can be converted to the memory's own. */
  protected takes(kind: MemoryKind): boolean {
    return kind === this.#kind;
  }

  /** Converts a part of a batch, `first` its first item, to the memory's own kind. */
  protected toOwnKind(batch: Batch, _first: number, _options: CallOptions): Promise<Batch> {
    return Promise.resolve(batch);
  }

  /** The common basis of all covariances, for the file. */
  protected get basisNumbers(): Float64Array | undefined {
    return undefined;
  }

  /**
   * Squared distances of every query to every item, queries.count x size.
   *
   * @throws DenseamError ERR_SHAPE, ERR_NOT_FINITE, ERR_RANGE, ERR_NOT_POSITIVE_DEFINITE, ERR_OUT_OF_MEMORY; the
   * signal's reason.
   */
  async distances(
    queries: Items,
    options: CallOptions & QueryOptions = {} as CallOptions & QueryOptions,
  ): Promise<Matrix> {
    return this.#matrix('distances', queries, this.#read(callOptions, options), native.distances);
  }

  /**
   * Gibbs weights exp(-beta D_i) / sum_j exp(-beta D_j) of every query, queries.count x size; each row sums to 1.
   *
   * @throws as {@link distances}.
   */
  async weights(queries: Items, options: BetaOptions & QueryOptions): Promise<Matrix> {
    const read = this.#read(betaOptions, options);
    const { beta, pruning } = read;
    return this.#matrix('weights', queries, read, (items, own, part) =>
      native.weights(items, own, { beta, pruning, ...part }),
    );
  }

  /**
   * The energy -(1/beta) log sum_i exp(-beta D_i) of every query.
   *
   * @throws as {@link distances}.
   */
  async energy(queries: Items, options: BetaOptions & QueryOptions): Promise<Float64Array> {
    const read = this.#read(betaOptions, options);
    const { beta, pruning } = read;
    const parts = await this.#stored.parts(this.checkedBatch('queries', queries), read, {}, (items, own, part) =>
      native.energy(items, own, { beta, pruning, ...part }),
    );
    return concatFloats(parts);
  }

  /**
   * One application of the update to every query.
   *
   * @throws as {@link distances}.
   */
  async step(queries: Items, options: BetaOptions & QueryOptions): Promise<Items> {
    const read = this.#read(betaOptions, options);
    const { beta, pruning } = read;
    const parts = await this.#stored.parts(this.checkedBatch('queries', queries), read, {}, (items, own, part) =>
      native.step(items, own, { beta, pruning, ...part }),
    );
    return this.fromStates(concatStates(parts));
  }

  /**
   * Iterates the update from every query to a fixed point. Each query stops by itself; its results describe the
   * returned state.
   *
   * @throws as {@link distances}.
   */
  async retrieve(queries: Items, options: RetrieveOptions & QueryOptions): Promise<Retrieval<Items>> {
    const read = this.#read(retrieveOptions, options);
    return this.#toRetrieval(await this.#iterate(queries, read, read.beta, 1, native.retrieve));
  }

  /**
   * Retrieves every query once with each of several betas. The first iteration's distances do not depend on beta, so
   * they are computed once for all. Returns one retrieval for each beta, in their order.
   *
   * @throws as {@link distances}.
   */
  async sweep(queries: Items, options: SweepOptions & QueryOptions): Promise<Retrieval<Items>[]> {
    const read = this.#read(sweepOptions, options);
    const { betas } = read;
    const parts = await this.#iterate(queries, read, betas, betas.length, native.sweep);
    const retrievals: Retrieval<Items>[] = [];
    for (const index of betas.keys()) {
      retrievals.push(this.#toRetrieval(parts.map((part) => part[index] as NativeRetrieval)));
      await setImmediate(); // a copy of many states for each beta: other events get their turn in between
    }
    return retrievals;
  }

  /**
   * The `k` items nearest to every query, nearest first, ties by index.
   *
   * @throws as {@link distances}.
   */
  async nearest(
    queries: Items,
    options: NearestOptions & QueryOptions = {} as NearestOptions & QueryOptions,
  ): Promise<Neighbours> {
    const read = this.#read(nearestOptions(this.size), options);
    const { k, pruning } = read;
    const neighbourBytes = Float64Array.BYTES_PER_ELEMENT + Int32Array.BYTES_PER_ELEMENT;
    const batch = this.checkedBatch('queries', queries);
    fitsInMemory('the neighbours', batch.count * k * neighbourBytes);
    const parts = await this.#stored.parts(batch, read, {}, (items, own, part) =>
      native.nearest(items, own, { k, pruning, ...part }),
    );
    return {
      rows: batch.count,
      columns: k,
      indices: concatInts(parts.map((part) => part.indices)),
      distances: concatFloats(parts.map((part) => part.distances)),
    };
  }

  /**
   * Copies of the items at these indices.
   *
   * @throws DenseamError ERR_RANGE, ERR_SHAPE, ERR_OUT_OF_MEMORY.
   */
  async get(indices: readonly number[] | Int32Array, options: CallOptions = {}): Promise<Items> {
    const read = readOptions(callOptions, options);
    return this.fromStates(await this.#stored.get(indices, read));
  }

  /**
   * Stores more items after the present ones.
   *
   * @throws as {@link distances}; the memory then is as it was.
   */
  async add(items: Items, options: CallOptions = {}): Promise<void> {
    const read = readOptions(callOptions, options);
    await this.#stored.append(this.checkedBatch('items', items), read);
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
   * Writes all items to a safetensors file, atomically: an existing file is replaced only by a whole one.
   *
   * @throws system errors with their code; the signal's reason.
   */
  async save(path: FilePath, options: CallOptions = {}): Promise<void> {
    const file = filePath(path);
    const read = readOptions(callOptions, options);
    await this.#stored.save(file, this.basisNumbers, read);
  }

  /** @internal Fills an empty memory with these items. */
  protected async fill(batch: Batch, options: CallOptions): Promise<this> {
    return filled(this, this.#stored.append(batch, options));
  }

  /** @internal Fills an empty memory from a file. */
  protected async fillFrom(file: ItemsFile, options: CallOptions): Promise<this> {
    return filled(this, this.#stored.appendFile(file, options)).catch((error: unknown) => {
      throw file.asFault(error);
    });
  }

  /** Checks that items or queries have this memory's shape. */
  protected checkedBatch(name: string, value: Items): Batch {
    const batch = this.toBatch(name, value);
    if (!this.takes(batch.kind)) {
      const expected = `"${this.#kind}" as in the memory${this.#hintOn(batch.kind)}`;
      throw shapeError(`${name}.structure`, expected, `"${batch.kind}"`);
    }
    if (batch.dimension !== this.dimension) {
      throw shapeError(`${name}.dimension`, `${this.dimension} as in the memory`, String(batch.dimension));
    }
    return batch;
  }

  /** Advice on how to convert items or queries of another structure. */
  #hintOn(kind: MemoryKind): string {
    if (this.#kind === 'full') return ' (toFull makes it so)';
    return kind === 'full' ? ' (or create the memory from toFull(items))' : '';
  }

  /** The options of a verb on queries, each read once. */
  #read<Table extends OptionTable>(table: Table, options: unknown): Read<Table> & Ridge {
    const isSingle = this.precision === 'float32' && this.#kind !== 'full';
    const own = isSingle ? inSinglePrecision(table) : table;
    const read = readOptions({ ...own, ...this.#queryOptions }, options);
    return { ridge: 0, ...read } as Read<Table> & Ridge;
  }

  async #matrix(name: string, queries: Items, options: CallOptions & Ridge, verb: Verb<Float64Array>): Promise<Matrix> {
    const columns = this.size;
    const batch = this.checkedBatch('queries', queries);
    fitsInMemory(`the ${name}`, batch.count * columns * Float64Array.BYTES_PER_ELEMENT);
    const parts = await this.#stored.parts(batch, options, { columns }, verb);
    return { rows: batch.count, columns, data: concatFloats(parts) };
  }

  /** Iterates the update from every query, with `copies` states for each. */
  #iterate<T>(
    queries: Items,
    options: Passed<Read<typeof iterationOptions>, NativeRetrieveOptions> & Ridge,
    betas: Float64Array,
    copies: number,
    verb: Verb<T, NativeRetrieveOptions>,
  ): Promise<T[]> {
    const { tolerance, maxIterations = defaultIterations, pruning, trajectory } = options;
    const { position, covariance } = itemWidth(this.#kind, this.dimension);
    const batch = this.checkedBatch('queries', queries);
    fitsInMemory('the states', batch.count * copies * (position + covariance) * Float64Array.BYTES_PER_ELEMENT);
    const passes = copies * (maxIterations + 1);
    return this.#stored.parts(batch, options, { passes, copies }, (items, own, part) =>
      verb(items, own, { betas, tolerance, maxIterations, pruning, trajectory, ...part }),
    );
  }

  #toRetrieval(parts: readonly NativeRetrieval[]): Retrieval<Items> {
    const states = this.fromStates(concatStates(parts.map((part) => part.states)));
    const trajectory = alignedSteps(parts.map((part) => part.trajectory));
    return {
      ...concatColumns(retrievalColumns, parts),
      states,
      ...(trajectory.length > 0 && {
        trajectory: trajectory.map((step) => this.fromStates(concatStates(step), states)),
      }),
    };
  }
}
