import { setImmediate } from 'node:timers/promises';
import { fitsInMemory } from '../core/availableMemory.ts';
import { callOptions, type OptionTable, type Read, readOptions, type TableOf } from '../core/options.ts';
import { storing } from '../core/progress.ts';
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
import { greatestSize, indexArray, shapeError, someIndices } from '../core/validate.ts';
import { type FilePath, filePath } from '../io/path.ts';
import {
  type MemoryKind,
  type NativeItems,
  type NativeQueryOptions,
  type NativeRetrieval,
  type NativeRetrieveOptions,
  type NativeStates,
  native,
  retrievalColumns,
  type Task,
} from '../native/addon.ts';
import { coded, runTask } from '../native/calls.ts';
import { collectBefore } from '../native/closing.ts';
import type { AssociativeMemory } from './associativeMemory.ts';
import { type Batch, copy, itemWidth } from './batches.ts';
import { alignedSteps, concatColumns } from './columns.ts';
import { type ItemsFile, saveItems } from './itemsFile.ts';
import { concatFloats, concatInts, concatStates, inParts, type Part } from './parts.ts';
import { ItemStore, type Staged } from './store.ts';
import { betaOptions, type iterationOptions, nearestOptions, retrieveOptions, sweepOptions } from './verbOptions.ts';

const defaultIterations = 100;

/** How numbers are stored. */
export type Precision = 'float32' | 'float64';

/**
 * What every memory has in common: the verbs, on whatever its items are. Reads work on the items as they were when the call began;
 * changes run one after the other, and each is made whole or not at all. Distances are squared where that is said; step
 * lengths and tolerances are not. A closed memory refuses every call with ERR_CLOSED.
 */
export abstract class Memory<Items, QueryOptions = unknown>
  implements AssociativeMemory<Items, Retrieval<Items>, Neighbours, QueryOptions>
{
  /** The dimension of the space that items live in. */
  readonly dimension: number;
  /** The precision in which items are stored. */
  readonly precision: Precision;
  readonly #store: ItemStore<NativeItems>;
  readonly #kind: MemoryKind;
  readonly #indexed: boolean;
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
    this.#indexed = kind === 'full' && indexed;
    this.#queryOptions = queryOptions;
    const empty = coded(() => native.emptyItems({ kind, dimension, precision, indexed }));
    this.#store = new ItemStore(this, empty, native.itemBytes);
  }

  /** How many items are stored. */
  get size(): number {
    return native.itemCount(this.#store.items);
  }

  /**
   * Frees the memory's items at once instead of some time after nobody holds the memory any more. Reads that have begun end as if it
   * were open; changes that have not ended are refused. Closing it again does nothing.
   */
  close(): void {
    this.#store.close();
  }

  /** {@link close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Reads from the items as they are now, whatever happens to the memory meanwhile. */
  protected reading<T>(read: (items: NativeItems) => Promise<T>): Promise<T> {
    return this.#store.reading(read);
  }

  /** Checks the shape of items or queries, but not yet that it is this memory's. */
  protected abstract toBatch(name: string, value: Items): Batch;
  /** `sibling`: another result of the same call. What all have in common need not be copied for each. */
  protected abstract fromStates(states: NativeStates, sibling?: Items): Items;

  /** Whether items or queries of this kind can be turned into the memory's own. */
  protected takes(kind: MemoryKind): boolean {
    return kind === this.#kind;
  }

  /** Turns a part of a batch, `first` its first item, into the memory's own kind from another that it takes. */
  protected toOwnKind(batch: Batch, _first: number, _options: CallOptions): Promise<Batch> {
    return Promise.resolve(batch);
  }

  /** What the covariances of all items have in common, for the file. */
  protected get basisNumbers(): Float64Array | undefined {
    return undefined;
  }

  /**
   * Squared distances of every query to every item, queries.count x size.
   *
   * @throws DenseamError ERR_SHAPE, ERR_NOT_FINITE, ERR_RANGE, ERR_NOT_POSITIVE_DEFINITE, ERR_OUT_OF_MEMORY; the signal's reason.
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
    const parts = await this.#parts(this.checkedBatch('queries', queries), read, {}, (items, own, part) =>
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
    const parts = await this.#parts(this.checkedBatch('queries', queries), read, {}, (items, own, part) =>
      native.step(items, own, { beta, pruning, ...part }),
    );
    return this.fromStates(concatStates(parts));
  }

  /**
   * Iterates the update from every query to a fixed point. Each query stops by itself; everything returned of it describes the
   * returned state.
   *
   * @throws as {@link distances}.
   */
  async retrieve(queries: Items, options: RetrieveOptions & QueryOptions): Promise<Retrieval<Items>> {
    const read = this.#read(retrieveOptions, options);
    return this.#toRetrieval(await this.#iterate(queries, read, read.beta, 1, native.retrieve));
  }

  /**
   * Retrieves every query once with each of several betas. The first iteration's distances do not depend on beta, so they are
   * computed once for all. Returns one retrieval for each beta, in their order.
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
    const parts = await this.#parts(batch, read, {}, (items, own, part) =>
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
    const checked = indexArray('indices', indices, this.size);
    const { position, covariance } = itemWidth(this.#kind, this.dimension);
    fitsInMemory('the items', checked.length * (position + covariance) * Float64Array.BYTES_PER_ELEMENT);
    return this.fromStates(await runTask(() => native.getItems(this.#store.items, checked), read));
  }

  /**
   * Stores more items after the present ones.
   *
   * @throws as {@link distances}; the memory then is as it was.
   */
  async add(items: Items, options: CallOptions = {}): Promise<void> {
    const read = readOptions(callOptions, options);
    const batch = this.checkedBatch('items', items);
    // What has to wait is copied, so that the values are always those of the moment of the call.
    const own = this.#store.isChanging ? copy(batch) : batch;
    await this.#store.change((staged) => this.#append(staged, own, read));
  }

  /**
   * Removes the items at these indices; later items move up. At least one item must remain.
   *
   * @throws DenseamError ERR_RANGE, ERR_SHAPE; the signal's reason; the memory then is as it was.
   */
  async remove(indices: readonly number[] | Int32Array, options: CallOptions = {}): Promise<void> {
    const read = readOptions(callOptions, options);
    // A change that was asked for earlier may still be running: indices mean the items after it.
    const own = this.#store.isChanging ? indexArray('indices', indices, greatestSize) : indices;
    await this.#store.change(async (staged) => {
      const removed = someIndices('indices', own, this.size);
      await staged.apply((items) => native.removeItems(items, removed), read);
    });
  }

  /**
   * Writes all items to a safetensors file, atomically: an existing file is replaced only by a whole one.
   *
   * @throws system errors with their code; the signal's reason.
   */
  async save(path: FilePath, options: CallOptions = {}): Promise<void> {
    const file = filePath(path);
    const read = readOptions(callOptions, options);
    const { size, dimension, precision } = this;
    await this.reading((items) => {
      const get = (indices: Int32Array) => runTask(() => native.getItems(items, indices), read);
      return saveItems(file, { kind: this.#kind, size, dimension, precision }, this.basisNumbers, get, read);
    });
  }

  /** @internal Makes an empty memory into one with these items. */
  protected async fill(batch: Batch, options: CallOptions): Promise<this> {
    return this.#filled((staged) => this.#append(staged, batch, options));
  }

  /** @internal Makes an empty memory into the one in the file. */
  protected async fillFrom(file: ItemsFile, options: CallOptions): Promise<this> {
    const bytes = this.#bytesOf(file.size);
    const { copied, prepared } = storing(file.size, this.#indexed, options);
    return this.#filled(async (staged) => {
      fitsInMemory('the items', bytes);
      await collectBefore(bytes);
      let first = 0;
      for await (const batch of file.batches(options)) {
        const { signal } = options;
        await staged.apply((items) => native.appendItems(items, batch, { firstIndex: first }), { signal });
        first += batch.count;
        copied?.({ completed: first, total: file.size });
      }
      await prepare(staged, { ...options, onProgress: prepared });
    });
  }

  /** A memory that could not be filled is nobody's, and is freed. */
  async #filled(stage: (staged: Staged<NativeItems>) => Promise<void>): Promise<this> {
    try {
      await this.#store.change(stage);
      return this;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** What so many items take. */
  #bytesOf(count: number): number {
    const bytesEach = this.precision === 'float32' ? Float32Array.BYTES_PER_ELEMENT : Float64Array.BYTES_PER_ELEMENT;
    const { position, covariance } = itemWidth(this.#kind, this.dimension);
    return count * (position + covariance) * bytesEach;
  }

  /** Items or queries of this memory's own shape. */
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

  /** How items or queries of another structure can be had after all. */
  #hintOn(kind: MemoryKind): string {
    if (this.#kind === 'full') return ' (toFull makes it so)';
    return kind === 'full' ? ' (or create the memory from toFull(items))' : '';
  }

  /** Copies the items to the native side, a few megabytes at a time so that the event loop stays free. */
  async #append(staged: Staged<NativeItems>, batch: Batch, options: CallOptions): Promise<void> {
    fitsInMemory('the items', this.#bytesOf(batch.count));
    const { copied, prepared } = storing(batch.count, this.#indexed, options);
    await inParts(batch, batch.count, {}, { ...options, onProgress: copied }, (part) =>
      this.#withOwnKind(part, options, (own, ofPart) =>
        staged.apply(
          (items, report) => native.appendItems(items, own, { firstIndex: part.first, onProgress: report }),
          ofPart,
        ),
      ),
    );
    await prepare(staged, { ...options, onProgress: prepared });
  }

  /** Runs a call on a part in the memory's own kind, at once unless the part first has to be turned into that. */
  async #withOwnKind<T>(
    { batch, first, onProgress }: Part,
    options: CallOptions,
    run: (own: Batch, options: CallOptions) => Promise<T>,
  ): Promise<T> {
    const own = batch.kind === this.#kind ? batch : await this.toOwnKind(batch, first, options);
    return run(own, { ...options, onProgress });
  }

  /** The options of a verb on queries, each read once. */
  #read<Table extends OptionTable>(table: Table, options: unknown): Read<Table> & Ridge {
    const read = readOptions({ ...table, ...this.#queryOptions }, options);
    return { ridge: 0, ...read } as Read<Table> & Ridge;
  }

  async #matrix(name: string, queries: Items, options: CallOptions & Ridge, verb: Verb<Float64Array>): Promise<Matrix> {
    const columns = this.size;
    const batch = this.checkedBatch('queries', queries);
    fitsInMemory(`the ${name}`, batch.count * columns * Float64Array.BYTES_PER_ELEMENT);
    const parts = await this.#parts(batch, options, { columns }, verb);
    return { rows: batch.count, columns, data: concatFloats(parts) };
  }

  /** Iterates the update from every query, with `copies` states for each. */
  #iterate<T>(
    queries: Items,
    options: Read<typeof iterationOptions> & Ridge,
    betas: Float64Array,
    copies: number,
    verb: Verb<T, NativeRetrieveOptions>,
  ): Promise<T[]> {
    const { tolerance, maxIterations = defaultIterations, pruning, trajectory } = options;
    const { position, covariance } = itemWidth(this.#kind, this.dimension);
    const batch = this.checkedBatch('queries', queries);
    fitsInMemory('the states', batch.count * copies * (position + covariance) * Float64Array.BYTES_PER_ELEMENT);
    const passes = copies * (maxIterations + 1);
    return this.#parts(batch, options, { passes, copies }, (items, own, part) =>
      verb(items, own, { betas, tolerance, maxIterations, pruning, trajectory, ...part }),
    );
  }

  /** Runs a verb over the queries, a part at a time. */
  async #parts<T>(batch: Batch, options: CallOptions & Ridge, extent: Extent, verb: Verb<T>): Promise<T[]> {
    const { passes = 1, copies = 1, columns = 0 } = extent;
    const { ridge } = options;
    const { size } = this;
    // Memories of full covariances keep what they know of every item for every state in progress.
    const numbersInProgress = Math.max(columns, this.#kind === 'full' ? copies * size : 0);
    return this.reading((items) =>
      inParts(batch, batch.count * passes * size, { copies, columns: numbersInProgress }, options, (part) =>
        this.#withOwnKind(part, options, (own, ofPart) =>
          runTask((onProgress) => verb(items, own, { ridge, firstIndex: part.first, onProgress }), ofPart),
        ),
      ),
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

/** Completes what recall needs to know of the items, at the end of a change. */
function prepare(staged: Staged<NativeItems>, options: CallOptions): Promise<void> {
  return staged.apply((items, onProgress) => native.prepareItems(items, { onProgress }), options);
}

/** The ridge of a memory whose queries have no covariances is 0. */
interface Ridge {
  readonly ridge: number;
}

/** What each query takes: evaluations of every item, states in progress, and numbers of results. */
interface Extent {
  readonly passes?: number;
  readonly copies?: number;
  readonly columns?: number;
}

type Verb<T, Options = NativeQueryOptions> = (items: NativeItems, queries: Batch, options: Options) => Task<T>;
