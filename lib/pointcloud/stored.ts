import { coded, runTask } from '../core/calls.ts';
import { Changes } from '../core/changes.ts';
import type { Precision } from '../core/memory.ts';
import type { CallOptions } from '../core/types.ts';
import { fitsInMemory, greatestSize, indexArray, someIndices } from '../core/validate.ts';
import { type NativeCloudItems, type NativeSolverOptions, native } from '../native.ts';
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
  #items: NativeCloudItems;

  constructor(comparison: Comparison) {
    const { dimension, precision, epsilon, solver } = comparison;
    this.comparison = comparison;
    this.#items = coded(() => native.emptyClouds(dimension, precision, epsilon, solver));
  }

  /** As they are now; they stay so whatever changes here. */
  get items(): NativeCloudItems {
    return this.#items;
  }

  get size(): number {
    return native.cloudCount(this.#items);
  }

  /** Appends a batch part by part, so that the event loop stays free. */
  async append(batch: CloudBatch, options: CallOptions): Promise<void> {
    const bytes = this.comparison.precision === 'float32' ? Float32Array.BYTES_PER_ELEMENT : bytesOfNumber;
    fitsInMemory('the items', (batch.points.length + batch.weights.length) * bytes);
    // What has to wait is copied, so that the values are always those of the moment of the call.
    const own = this.#changes.pending ? copyClouds(batch) : batch;
    await this.#changes.run(async () => {
      let items = this.#items;
      await inCloudParts(own, own.count, {}, options, async ({ batch: part, first, onProgress }) => {
        const before = items;
        items = await runTask((report) => native.appendClouds(before, part, first, report), { ...options, onProgress });
      });
      this.#items = items;
    });
  }

  /** Appends the clouds of a file. */
  async appendFile(file: CloudsFile, options: CallOptions): Promise<void> {
    const { signal, onProgress } = options;
    const bytes = this.comparison.precision === 'float32' ? Float32Array.BYTES_PER_ELEMENT : bytesOfNumber;
    fitsInMemory('the items', file.points * (file.dimension + 1) * bytes);
    await this.#changes.run(async () => {
      let items = this.#items;
      let first = 0;
      for await (const batch of file.batches(options)) {
        problemsFitInMemory(batch);
        const before = items;
        items = await runTask(() => native.appendClouds(before, batch, first, undefined), { signal });
        first += batch.count;
        onProgress?.({ completed: first, total: file.size });
      }
      this.#items = items;
    });
  }

  async remove(indices: readonly number[] | Int32Array, options: CallOptions): Promise<void> {
    // A change that was asked for earlier may still be running: indices mean the items after it.
    const own = this.#changes.pending ? indexArray('indices', indices, greatestSize) : indices;
    await this.#changes.run(async () => {
      const removed = someIndices('indices', own, this.size);
      this.#items = await runTask(() => native.removeClouds(this.#items, removed), options);
    });
  }

  async get(indices: readonly number[] | Int32Array, options: CallOptions): Promise<PointClouds> {
    const items = this.#items;
    const { dimension } = this.comparison;
    const checked = indexArray('indices', indices, this.size);
    const meanPoints = native.cloudPoints(items) / this.size;
    fitsInMemory('the items', checked.length * meanPoints * (dimension + 1) * bytesOfNumber);
    return toPointClouds(dimension, await runTask(() => native.getClouds(items, checked), options));
  }

  async save(path: string, options: CallOptions): Promise<void> {
    const items = this.#items;
    const { dimension, precision, epsilon } = this.comparison;
    const info = { size: this.size, points: native.cloudPoints(items), dimension, precision, epsilon };
    await saveClouds(path, info, (indices) => runTask(() => native.getClouds(items, indices), options), options);
  }
}
