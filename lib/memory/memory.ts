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
import type {
  MemoryKind,
  NativeMemory,
  NativeRetrieval,
  NativeStates,
  ProgressCallback,
  Task,
} from '../native/addon.ts';
import { native } from '../native/addon.ts';
import { coded, runTask } from '../native/calls.ts';
import { collectBefore, Kept } from '../native/closing.ts';
import { type Batch, copy, itemWidth } from './batches.ts';
import { Changes } from './changes.ts';
import { type ItemsFile, saveItems } from './itemsFile.ts';
import { concatFloats, concatInts, concatRetrievals, concatStates, everyNth, inParts, type Part } from './parts.ts';
import { betaOptions, type iterationOptions, nearestOptions, retrieveOptions, sweepOptions } from './verbOptions.ts';

const defaultIterations = 100;

/** How numbers are stored. */
export type Precision = 'float32' | 'float64';

/**
 * What every memory has in common: the verbs, on whatever its items are. Reads work on the items as they were when the call began;
 * changes run one after the other, and each is made whole or not at all. Distances are squared where that is said; step
 * lengths and tolerances are not. A closed memory refuses every call with ERR_CLOSED.
 */
export abstract class Memory<Items, QueryOptions = unknown> {
  /** The dimension of the space that items live in. */
  readonly dimension: number;
  /** The precision in which items are stored. */
  readonly precision: Precision;
  readonly #native: Kept<NativeMemory>;
  readonly #kind: MemoryKind;
  readonly #indexed: boolean;
  readonly #queryOptions: TableOf<QueryOptions>;
  readonly #changes = new Changes();

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
    const own = coded(() => new native.Memory(kind, dimension, precision, indexed));
    this.#native = new Kept(this, own, (items) => items.release());
  }

  /** How many items are stored. */
  get size(): number {
    return this.native.size;
  }

  /**
   * Frees the memory's items at once instead of some time after nobody holds the memory any more. Reads that have begun end as if it
   * were open; changes that have not ended are refused. Closing it again does nothing.
   */
  close(): void {
    this.#native.close();
  }

  /** {@link close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  private get native(): NativeMemory {
    return this.#native.value;
  }

  /** Reads from the items as they are now, whatever happens to the memory meanwhile. */
  protected async reading<T>(read: (items: NativeMemory) => Promise<T>): Promise<T> {
    const items = this.native.snapshot();
    try {
      return await read(items);
    } finally {
      items.release();
    }
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
    return this.#matrix(
      'distances',
      queries,
      this.#read(callOptions, options),
      (items, batch, first, ridge, onProgress) => items.distances(batch, first, ridge, onProgress),
    );
  }

  /**
   * Gibbs weights exp(-beta D_i) / sum_j exp(-beta D_j) of every query, queries.count x size; each row sums to 1.
   *
   * @throws as {@link distances}.
   */
  async weights(queries: Items, options: BetaOptions & QueryOptions): Promise<Matrix> {
    const read = this.#read(betaOptions, options);
    const { beta, pruning } = read;
    return this.#matrix('weights', queries, read, (items, batch, first, ridge, onProgress) =>
      items.weights(batch, first, ridge, beta, pruning, onProgress),
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
    const parts = await this.#parts(queries, read, 1, (items, batch, first, ridge, onProgress) =>
      items.energy(batch, first, ridge, beta, pruning, onProgress),
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
    const parts = await this.#parts(queries, read, 1, (items, batch, first, ridge, onProgress) =>
      items.step(batch, first, ridge, beta, pruning, onProgress),
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
    const parts = await this.#retrievals(queries, read, read.beta, false);
    return this.#toRetrieval(parts);
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
    const parts = await this.#retrievals(queries, read, betas, true);
    const retrievals: Retrieval<Items>[] = [];
    for (const index of betas.keys()) {
      retrievals.push(this.#toRetrieval(parts.map((part) => everyNth(part, index, betas.length))));
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
    fitsInMemory('the neighbours', this.checkedBatch('queries', queries).count * k * neighbourBytes);
    const parts = await this.#parts(queries, read, 1, (items, batch, first, ridge, onProgress) =>
      items.nearest(batch, first, ridge, k, pruning, onProgress),
    );
    const indices = concatInts(parts.map((part) => part.indices));
    return {
      rows: indices.length / k,
      columns: k,
      indices,
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
    return this.fromStates(await runTask(() => this.native.get(checked), read));
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
    const own = this.#changes.pending ? copy(batch) : batch;
    await this.#change(() => this.stage(own, read));
  }

  /**
   * Removes the items at these indices; later items move up. At least one item must remain.
   *
   * @throws DenseamError ERR_RANGE, ERR_SHAPE; the signal's reason; the memory then is as it was.
   */
  async remove(indices: readonly number[] | Int32Array, options: CallOptions = {}): Promise<void> {
    const read = readOptions(callOptions, options);
    // A change that was asked for earlier may still be running: indices mean the items after it.
    const own = this.#changes.pending ? indexArray('indices', indices, greatestSize) : indices;
    await this.#change(async () => {
      const removed = someIndices('indices', own, this.size);
      await runTask(() => this.native.remove(removed), read);
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
      const get = (indices: Int32Array) => runTask(() => items.get(indices), read);
      return saveItems(file, { kind: this.#kind, size, dimension, precision }, this.basisNumbers, get, read);
    });
  }

  /** @internal Makes an empty memory into one with these items. */
  protected async fill(batch: Batch, options: CallOptions): Promise<this> {
    return this.#filled(() => this.stage(batch, options));
  }

  /** @internal Makes an empty memory into the one in the file. */
  protected async fillFrom(file: ItemsFile, options: CallOptions): Promise<this> {
    const bytes = this.#bytesOf(file.size);
    const { copied, prepared } = storing(file.size, this.#indexed, options);
    return this.#filled(async () => {
      fitsInMemory('the items', bytes);
      await collectBefore(bytes);
      let first = 0;
      for await (const batch of file.batches(options)) {
        await runTask(() => this.native.append(batch, first, undefined), options);
        first += batch.count;
        copied?.({ completed: first, total: file.size });
      }
      await runTask((report) => this.native.prepare(report), { ...options, onProgress: prepared });
    });
  }

  /** A memory that could not be filled is nobody's, and is freed. */
  async #filled(stage: () => Promise<void>): Promise<this> {
    try {
      await this.#change(stage);
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
  private async stage(batch: Batch, options: CallOptions): Promise<void> {
    fitsInMemory('the items', this.#bytesOf(batch.count));
    const { copied, prepared } = storing(batch.count, this.#indexed, options);
    await inParts(batch, batch.count, {}, { ...options, onProgress: copied }, (part) =>
      this.#runPart(part, options, (own, report) => this.native.append(own, part.first, report)),
    );
    await runTask((report) => this.native.prepare(report), { ...options, onProgress: prepared });
  }

  /** Runs a task on a part in the memory's own kind, at once unless it first has to be turned into that. */
  async #runPart<T>(
    { batch, first, onProgress }: Part,
    options: CallOptions,
    task: (own: Batch, report: ProgressCallback) => Task<T>,
  ): Promise<T> {
    const own = batch.kind === this.#kind ? batch : await this.toOwnKind(batch, first, options);
    return runTask((report) => task(own, report), { ...options, onProgress });
  }

  /** Runs a change after those that were asked for earlier; commits all of it or nothing. */
  #change(stage: () => Promise<void>): Promise<void> {
    return this.#changes.run(() => this.#commit(stage));
  }

  async #commit(stage: () => Promise<void>): Promise<void> {
    const items = this.native;
    try {
      await stage();
      this.native.commit();
    } catch (error) {
      if (this.#native.isOpen) items.rollback();
      throw error;
    }
  }

  /** The options of a verb on queries, each read once. */
  #read<Table extends OptionTable>(table: Table, options: unknown): Read<Table> & Ridge {
    const read = readOptions({ ...table, ...this.#queryOptions }, options);
    return { ridge: 0, ...read } as Read<Table> & Ridge;
  }

  async #matrix(name: string, queries: Items, options: CallOptions & Ridge, verb: Verb<Float64Array>): Promise<Matrix> {
    const columns = this.size;
    const rows = this.checkedBatch('queries', queries).count;
    fitsInMemory(`the ${name}`, rows * columns * Float64Array.BYTES_PER_ELEMENT);
    return { rows, columns, data: concatFloats(await this.#parts(queries, options, 1, verb, 1, columns)) };
  }

  #retrievals(
    queries: Items,
    options: Read<typeof iterationOptions> & Ridge,
    betas: Float64Array,
    sweep: boolean,
  ): Promise<NativeRetrieval[]> {
    const { tolerance, maxIterations = defaultIterations, pruning, trajectory } = options;
    const copies = sweep ? betas.length : 1;
    const { position, covariance } = itemWidth(this.#kind, this.dimension);
    const { count } = this.checkedBatch('queries', queries);
    fitsInMemory('the states', count * copies * (position + covariance) * Float64Array.BYTES_PER_ELEMENT);
    return this.#parts(
      queries,
      options,
      copies * (maxIterations + 1),
      (items, batch, first, ridge, onProgress) =>
        items.retrieve(batch, first, ridge, betas, sweep, tolerance, maxIterations, pruning, trajectory, onProgress),
      copies,
    );
  }

  /**
   * Runs a verb over the queries, a part at a time. Each query takes `passes` evaluations of every item and has `copies` results of
   * `columns` numbers.
   */
  async #parts<T>(
    queries: Items,
    options: CallOptions & Ridge,
    passes: number,
    verb: Verb<T>,
    copies = 1,
    columns = 0,
  ): Promise<T[]> {
    const batch = this.checkedBatch('queries', queries);
    const { ridge } = options;
    const { size } = this;
    // Memories of full covariances keep what they know of every item for every state in progress.
    const numbersInProgress = Math.max(columns, this.#kind === 'full' ? copies * size : 0);
    return this.reading((items) =>
      inParts(batch, batch.count * passes * size, { copies, columns: numbersInProgress }, options, (part) =>
        this.#runPart(part, options, (own, report) => verb(items, own, part.first, ridge, report)),
      ),
    );
  }

  #toRetrieval(parts: readonly NativeRetrieval[]): Retrieval<Items> {
    const { states, converged, trajectory, ...fields } = concatRetrievals(parts);
    const ended = this.fromStates(states);
    return {
      ...fields,
      states: ended,
      stopped: Array.from(converged, (yes) => (yes ? 'converged' : 'iterations')),
      ...(trajectory && { trajectory: trajectory.map((batch) => this.fromStates(batch, ended)) }),
    };
  }
}

/** Of memories whose queries have no covariances it is 0. */
interface Ridge {
  readonly ridge: number;
}

type Verb<T> = (
  items: NativeMemory,
  queries: Batch,
  firstIndex: number,
  ridge: number,
  onProgress: ProgressCallback,
) => Task<T>;
