import { fitsInMemory } from '../core/availableMemory.ts';
import type { CallOptions } from '../core/types.ts';
import { greatestSize, indexArray, someIndices } from '../core/validate.ts';
import type { Precision } from '../memory/memory.ts';
import { ItemStore } from '../memory/store.ts';
import {
  type NativeCloudItems,
  type NativeSolverOptions,
  native,
  type PartOptions,
  type ProgressCallback,
  type Task,
} from '../native/addon.ts';
import { coded, runTask } from '../native/calls.ts';
import { type CloudBatch, copyClouds, inCloudParts, problemsFitInMemory, toPointClouds } from './batches.ts';
import { type CloudsFile, saveClouds } from './cloudsFile.ts';
import { checkSolved } from './results.ts';
import type { PointClouds } from './types.ts';

const bytesOfNumber = Float64Array.BYTES_PER_ELEMENT;

/** Storage and comparison of a memory's clouds. */
export interface Comparison {
  readonly dimension: number;
  readonly precision: Precision;
  readonly epsilon: number;
  readonly solver: NativeSolverOptions;
}

/** Cost of a query: evaluations of every item, states in progress, and numbers of results. */
export interface Extent {
  readonly passes?: number;
  readonly copies?: number;
  readonly columns?: number;
}

type Verb<T> = (items: NativeCloudItems, queries: CloudBatch, options: PartOptions) => Task<T>;

/** The items of a point-cloud memory, with their changes and the verbs on them. */
export class StoredClouds {
  readonly comparison: Comparison;
  readonly #store: ItemStore<NativeCloudItems>;

  /** The owner is the memory. */
  constructor(owner: object, comparison: Comparison) {
    const { dimension, precision, epsilon, solver } = comparison;
    this.comparison = comparison;
    const empty = coded(() => native.emptyClouds({ dimension, precision, epsilon, ...solver }));
    this.#store = new ItemStore(owner, empty, (items) => bytesOf(items, comparison));
  }

  get size(): number {
    return native.cloudCount(this.#store.items);
  }

  close(): void {
    this.#store.close();
  }

  /** Runs a verb over the queries, a part at a time, and checks each result. */
  parts<T>(
    batch: CloudBatch,
    options: CallOptions,
    extent: Extent,
    verb: Verb<T>,
    check: (found: T, first: number) => void = () => {},
  ): Promise<T[]> {
    const total = batch.count * (extent.passes ?? 1) * this.size;
    return this.#store.reading((items) =>
      inCloudParts(batch, total, extent, options, async ({ batch: part, first, onProgress: ofPart }) => {
        const run = (onProgress: ProgressCallback) => verb(items, part, { firstIndex: first, onProgress });
        const found = await runTask(run, { ...options, onProgress: ofPart });
        check(found, first);
        return found;
      }),
    );
  }

  /** Runs a verb over the queries, a part at a time, and rejects if a problem was not solved. */
  solvedParts<T extends { readonly marginalErrors: Float64Array }>(
    batch: CloudBatch,
    options: CallOptions,
    extent: Extent,
    verb: Verb<T>,
  ): Promise<T[]> {
    return this.parts(batch, options, extent, verb, ({ marginalErrors }, first) =>
      checkSolved(batch.name, first, marginalErrors, this.comparison.solver),
    );
  }

  /** Appends a batch part by part, so that the event loop stays free. */
  async append(batch: CloudBatch, options: CallOptions): Promise<void> {
    fitsInMemory('the items', (batch.points.length + batch.weights.length) * this.#bytesEach);
    // A change that has to wait gets a copy, so that the values are always those of the moment of the call.
    const own = this.#store.isChanging ? copyClouds(batch) : batch;
    await this.#store.change(async (staged) => {
      await inCloudParts(own, own.count, {}, options, ({ batch: part, first, onProgress: ofPart }) =>
        staged.apply((items, onProgress) => native.appendClouds(items, part, { firstIndex: first, onProgress }), {
          ...options,
          onProgress: ofPart,
        }),
      );
    });
  }

  /** Appends the clouds of a file. */
  async appendFile(file: CloudsFile, options: CallOptions): Promise<void> {
    const { signal, onProgress } = options;
    fitsInMemory('the items', file.points * (file.dimension + 1) * this.#bytesEach);
    await this.#store.change(async (staged) => {
      let first = 0;
      for await (const batch of file.batches(options)) {
        problemsFitInMemory(batch);
        await staged.apply((items) => native.appendClouds(items, batch, { firstIndex: first }), { signal });
        first += batch.count;
        onProgress?.({ completed: first, total: file.size });
      }
    });
  }

  async remove(indices: readonly number[] | Int32Array, options: CallOptions): Promise<void> {
    // An earlier change may still be running: indices mean the items after it.
    const own = this.#store.isChanging ? indexArray('indices', indices, greatestSize) : indices;
    await this.#store.change(async (staged) => {
      const removed = someIndices('indices', own, this.size);
      await staged.apply((items) => native.removeClouds(items, removed), options);
    });
  }

  async get(indices: readonly number[] | Int32Array, options: CallOptions): Promise<PointClouds> {
    const { dimension } = this.comparison;
    const checked = indexArray('indices', indices, this.size);
    const { items } = this.#store; // only now: a list of indices may have getters, which may change the memory
    const meanPoints = native.cloudPoints(items) / this.size;
    fitsInMemory('the items', checked.length * meanPoints * (dimension + 1) * bytesOfNumber);
    return toPointClouds(dimension, await runTask(() => native.getClouds(items, checked), options));
  }

  async save(path: string, options: CallOptions): Promise<void> {
    const { dimension, precision, epsilon } = this.comparison;
    await this.#store.reading((items) => {
      const info = { size: native.cloudCount(items), points: native.cloudPoints(items), dimension, precision, epsilon };
      return saveClouds(path, info, (indices) => runTask(() => native.getClouds(items, indices), options), options);
    });
  }

  get #bytesEach(): number {
    return bytesEach(this.comparison.precision);
  }
}

function bytesEach(precision: Precision): number {
  return precision === 'float32' ? Float32Array.BYTES_PER_ELEMENT : bytesOfNumber;
}

/** Bytes of the items. */
function bytesOf(items: NativeCloudItems, { dimension, precision }: Comparison): number {
  const ofMeans = native.cloudCount(items) * dimension * bytesOfNumber;
  return native.cloudPoints(items) * (dimension + 1) * bytesEach(precision) + ofMeans;
}
