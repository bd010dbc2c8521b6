import { fitsInMemory } from '../core/availableMemory.ts';
import type { CallOptions } from '../core/types.ts';
import { greatestSize, indexArray, someIndices } from '../core/validate.ts';
import { Changes } from '../memory/changes.ts';
import type { Precision } from '../memory/memory.ts';
import { type NativeCloudItems, type NativeSolverOptions, native, type ProgressCallback } from '../native/addon.ts';
import { coded, runTask } from '../native/calls.ts';
import { Kept } from '../native/closing.ts';
import { type CloudBatch, copyClouds, inCloudParts, problemsFitInMemory, toPointClouds } from './batches.ts';
import { type CloudsFile, saveClouds } from './persistence.ts';
import type { PointClouds } from './types.ts';

const bytesOfNumber = Float64Array.BYTES_PER_ELEMENT;

/** How a memory stores and compares clouds. */
export interface Comparison {
  readonly dimension: number;
  readonly precision: Precision;
  readonly epsilon: number;
  readonly solver: NativeSolverOptions;
}

/** The items of a point-cloud memory, and what changes them. A change replaces all of them at once, when it has succeeded. */
export class StoredClouds {
  readonly comparison: Comparison;
  readonly #changes = new Changes();
  readonly #items: Kept<NativeCloudItems>;

  /** `owner` is the memory that the clouds belong to. */
  constructor(owner: object, comparison: Comparison) {
    const { dimension, precision, epsilon, solver } = comparison;
    this.comparison = comparison;
    const empty = coded(() => native.emptyClouds(dimension, precision, epsilon, solver));
    this.#items = new Kept(owner, empty, (items) => native.release(items));
  }

  get size(): number {
    return native.cloudCount(this.#items.value);
  }

  /** Reads from the items as they are now, whatever happens here meanwhile. */
  async reading<T>(read: (items: NativeCloudItems) => Promise<T>): Promise<T> {
    const items = native.share(this.#items.value);
    try {
      return await read(items);
    } finally {
      native.release(items);
    }
  }

  close(): void {
    this.#items.close();
  }

  /** Appends a batch part by part, so that the event loop stays free. */
  async append(batch: CloudBatch, options: CallOptions): Promise<void> {
    const bytes = this.comparison.precision === 'float32' ? Float32Array.BYTES_PER_ELEMENT : bytesOfNumber;
    fitsInMemory('the items', (batch.points.length + batch.weights.length) * bytes);
    // What has to wait is copied, so that the values are always those of the moment of the call.
    const own = this.#changes.pending ? copyClouds(batch) : batch;
    await this.#change(async (staged) => {
      await inCloudParts(own, own.count, {}, options, async ({ batch: part, first, onProgress }) => {
        const before = staged.items;
        const append = (report: ProgressCallback) => native.appendClouds(before, part, first, report);
        staged.replace(await runTask(append, { ...options, onProgress }));
      });
    });
  }

  /** Appends the clouds of a file. */
  async appendFile(file: CloudsFile, options: CallOptions): Promise<void> {
    const { signal, onProgress } = options;
    const bytes = this.comparison.precision === 'float32' ? Float32Array.BYTES_PER_ELEMENT : bytesOfNumber;
    fitsInMemory('the items', file.points * (file.dimension + 1) * bytes);
    await this.#change(async (staged) => {
      let first = 0;
      for await (const batch of file.batches(options)) {
        problemsFitInMemory(batch);
        const before = staged.items;
        staged.replace(await runTask(() => native.appendClouds(before, batch, first, undefined), { signal }));
        first += batch.count;
        onProgress?.({ completed: first, total: file.size });
      }
    });
  }

  async remove(indices: readonly number[] | Int32Array, options: CallOptions): Promise<void> {
    // A change that was asked for earlier may still be running: indices mean the items after it.
    const own = this.#changes.pending ? indexArray('indices', indices, greatestSize) : indices;
    await this.#change(async (staged) => {
      const removed = someIndices('indices', own, this.size);
      staged.replace(await runTask(() => native.removeClouds(staged.items, removed), options));
    });
  }

  async get(indices: readonly number[] | Int32Array, options: CallOptions): Promise<PointClouds> {
    const items = this.#items.value;
    const { dimension } = this.comparison;
    const checked = indexArray('indices', indices, this.size);
    const meanPoints = native.cloudPoints(items) / this.size;
    fitsInMemory('the items', checked.length * meanPoints * (dimension + 1) * bytesOfNumber);
    return toPointClouds(dimension, await runTask(() => native.getClouds(items, checked), options));
  }

  async save(path: string, options: CallOptions): Promise<void> {
    const { dimension, precision, epsilon } = this.comparison;
    await this.reading((items) => {
      const info = { size: this.size, points: native.cloudPoints(items), dimension, precision, epsilon };
      return saveClouds(path, info, (indices) => runTask(() => native.getClouds(items, indices), options), options);
    });
  }

  /** Runs a change after those that were asked for earlier; makes all of it or nothing. */
  #change(stage: (staged: Staged) => Promise<void>): Promise<void> {
    return this.#changes.run(async () => {
      const staged = new Staged(native.share(this.#items.value));
      try {
        await stage(staged);
        native.tell(staged.items, this.#bytesOf(staged.items));
        this.#items.replace(staged.items);
      } catch (error) {
        native.release(staged.items);
        throw error;
      }
    });
  }

  #bytesOf(items: NativeCloudItems): number {
    const { dimension, precision } = this.comparison;
    const bytesEach = precision === 'float32' ? Float32Array.BYTES_PER_ELEMENT : bytesOfNumber;
    const ofMeans = native.cloudCount(items) * dimension * bytesOfNumber;
    return native.cloudPoints(items) * (dimension + 1) * bytesEach + ofMeans;
  }
}

/** What a change has come to. */
class Staged {
  #items: NativeCloudItems;

  constructor(items: NativeCloudItems) {
    this.#items = items;
  }

  get items(): NativeCloudItems {
    return this.#items;
  }

  replace(items: NativeCloudItems): void {
    native.release(this.#items);
    this.#items = items;
  }
}
