import { fitsInMemory } from '../core/availableMemory.ts';
import { storing } from '../core/progress.ts';
import type { CallOptions } from '../core/types.ts';
import { greatestSize, indexArray, someIndices } from '../core/validate.ts';
import {
  type NativeItems,
  type NativeItemsOptions,
  type NativeQueryOptions,
  type NativeStates,
  native,
  type Task,
} from '../native/addon.ts';
import { coded, runTask } from '../native/calls.ts';
import { collectBefore } from '../native/closing.ts';
import { type Batch, copy, itemWidth } from './batches.ts';
import { type ItemsFile, type SavedBatch, saveItems } from './itemsFile.ts';
import { inParts, type Part } from './parts.ts';
import { ItemStore, type Staged } from './store.ts';

/** Cost of a query: evaluations of every item, states in progress, and numbers of results. */
export interface Extent {
  readonly passes?: number;
  readonly copies?: number;
  readonly columns?: number;
}

export type Verb<T, Options = NativeQueryOptions> = (items: NativeItems, queries: Batch, options: Options) => Task<T>;

/** Ridge of the queries; 0 for queries without covariances. */
export interface Ridge {
  readonly ridge: number;
}

/** Conversion of a part of a batch, `first` its first item, to the memory's own kind. */
export type ToOwnKind = (batch: Batch, first: number, options: CallOptions) => Promise<Batch>;

/** The items of a memory of vectors or Gaussians, with their changes and the verbs on them. */
export class StoredItems {
  readonly #shape: NativeItemsOptions;
  readonly #toOwnKind: ToOwnKind;
  readonly #isIndexed: boolean;
  readonly #store: ItemStore<NativeItems>;

  /** The owner is the memory. */
  constructor(owner: object, shape: NativeItemsOptions, toOwnKind: ToOwnKind) {
    this.#shape = shape;
    this.#toOwnKind = toOwnKind;
    const empty = coded(() => native.emptyItems(shape));
    this.#isIndexed = native.haveIndex(empty);
    this.#store = new ItemStore(owner, empty, native.itemBytes);
  }

  get size(): number {
    return native.itemCount(this.#store.items);
  }

  close(): void {
    this.#store.close();
  }

  /** Reads from the present items, whatever happens to the memory meanwhile. */
  reading<T>(read: (items: NativeItems) => Promise<T>): Promise<T> {
    return this.#store.reading(read);
  }

  /** Runs a verb over the queries, a part at a time. */
  async parts<T>(batch: Batch, options: CallOptions & Ridge, extent: Extent, verb: Verb<T>): Promise<T[]> {
    const { passes = 1, copies = 1, columns = 0 } = extent;
    const { ridge } = options;
    const { size } = this;
    // Memories of full covariances keep numbers of every item for every state in progress.
    const numbersInProgress = Math.max(columns, this.#shape.kind === 'full' ? copies * size : 0);
    return this.reading((items) =>
      inParts(batch, batch.count * passes * size, { copies, columns: numbersInProgress }, options, (part) =>
        this.#withOwnKind(part, options, (own, ofPart) =>
          runTask((onProgress) => verb(items, own, { ridge, firstIndex: part.first, onProgress }), ofPart),
        ),
      ),
    );
  }

  /** Appends a batch part by part, so that the event loop stays free. */
  async append(batch: Batch, options: CallOptions): Promise<void> {
    // A change that has to wait gets a copy, so that the values are always those of the moment of the call.
    const own = this.#store.isChanging ? copy(batch) : batch;
    await this.#store.change(async (staged) => {
      fitsInMemory('the items', this.bytesOf(own.count));
      const { copied, prepared } = storing(own.count, this.#isIndexed, options);
      await inParts(own, own.count, {}, { ...options, onProgress: copied }, (part) =>
        this.#withOwnKind(part, options, (items, ofPart) => appendTo(staged, items, part.first, ofPart)),
      );
      if (this.#isIndexed) await indexItems(staged, { ...options, onProgress: prepared });
    });
  }

  /** Appends the items of a file to no items, with the file's index if it has one. */
  async appendFile(file: ItemsFile, options: CallOptions): Promise<void> {
    const { signal } = options;
    const bytes = this.bytesOf(file.size);
    await this.#store.change(async (staged) => {
      fitsInMemory('the items', bytes);
      await collectBefore(bytes);
      const shape = native.indexShape(staged.items);
      const hasIndex = file.hasIndex(shape);
      const { copied, prepared } = storing(file.size, this.#isIndexed && !hasIndex, options);
      if (hasIndex && shape.shared > 0) {
        const shared = await file.sharedIndex(options);
        await staged.apply((items) => native.shareIndex(items, shared), options);
      }
      const batches = file.batches(hasIndex, options);
      await appendBatches(staged, batches, (completed) => copied?.({ completed, total: file.size }), { signal });
      if (this.#isIndexed) await indexItems(staged, { signal, onProgress: prepared });
      if (hasIndex) await checkOne(staged.items, file.size, { signal });
    });
  }

  async remove(indices: readonly number[] | Int32Array, options: CallOptions): Promise<void> {
    // An earlier change may still be running: indices mean the items after it.
    const own = this.#store.isChanging ? indexArray('indices', indices, greatestSize) : indices;
    await this.#store.change(async (staged) => {
      const removed = someIndices('indices', own, this.size);
      await staged.apply((items) => native.removeItems(items, removed), options);
    });
  }

  async get(indices: readonly number[] | Int32Array, options: CallOptions): Promise<NativeStates> {
    const checked = indexArray('indices', indices, this.size);
    fitsInMemory('the items', checked.length * this.#width * Float64Array.BYTES_PER_ELEMENT);
    return runTask(() => native.getItems(this.#store.items, checked), options);
  }

  /** `basis`: the common basis of the items, if they have one. */
  async save(path: string, basis: Float64Array | undefined, options: CallOptions): Promise<void> {
    const { kind, dimension, precision } = this.#shape;
    await this.reading((items) => {
      const info = { kind, size: native.itemCount(items), dimension, precision };
      const { isComplete: withIndex, width } = native.indexShape(items);
      const index = withIndex ? { width, shared: native.sharedIndex(items) } : undefined;
      const get = (first: number, count: number) =>
        runTask(() => native.savedItems(items, { first, count, withIndex }), options);
      return saveItems(path, info, { basis, index }, get, options);
    });
  }

  /** Bytes of so many items. */
  bytesOf(count: number): number {
    const { precision } = this.#shape;
    const bytesEach = precision === 'float32' ? Float32Array.BYTES_PER_ELEMENT : Float64Array.BYTES_PER_ELEMENT;
    return count * this.#width * bytesEach;
  }

  /** Numbers of an item. */
  get #width(): number {
    const { position, covariance } = itemWidth(this.#shape.kind, this.#shape.dimension);
    return position + covariance;
  }

  /** Runs a call on a part in the memory's own kind, at once unless the part needs conversion first. */
  async #withOwnKind<T>(
    { batch, first, onProgress }: Part,
    options: CallOptions,
    run: (own: Batch, options: CallOptions) => Promise<T>,
  ): Promise<T> {
    const own = batch.kind === this.#shape.kind ? batch : await this.#toOwnKind(batch, first, options);
    return run(own, { ...options, onProgress });
  }
}

function appendTo(
  staged: Staged<NativeItems>,
  batch: Batch | SavedBatch,
  firstIndex: number,
  options: CallOptions,
): Promise<void> {
  return staged.apply((items, onProgress) => native.appendItems(items, batch, { firstIndex, onProgress }), options);
}

/** Appends batches of a file. While one is stored, the next is read: a task copies its input when it starts. */
async function appendBatches(
  staged: Staged<NativeItems>,
  batches: AsyncIterable<SavedBatch>,
  report: (completed: number) => void,
  options: CallOptions,
): Promise<void> {
  let first = 0;
  let storing = Promise.resolve();
  try {
    for await (const batch of batches) {
      await storing;
      report(first);
      storing = appendTo(staged, batch, first, options);
      storing.catch(() => {}); // thrown where it is awaited
      first += batch.count;
    }
  } finally {
    await storing;
  }
  report(first);
}

/**
 * Checks the index that came with a file against the numbers of one item. Another item every time: whatever is wrong
 * with a file is found by and by, wherever it is.
 */
function checkOne(items: NativeItems, size: number, options: CallOptions): Promise<undefined> {
  const index = process.getBuiltinModule('node:crypto').randomInt(size);
  return runTask(() => native.checkIndex(items, index), options);
}

/** Completes the index of the items at the end of a change. */
function indexItems(staged: Staged<NativeItems>, options: CallOptions): Promise<void> {
  return staged.apply((items, onProgress) => native.prepareItems(items, { onProgress }), options);
}
