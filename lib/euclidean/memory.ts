import { checkConstruction, internally } from '../core/construction.ts';
import { readOptions } from '../core/options.ts';
import type { Vectors } from '../core/types.ts';
import { type FilePath, filePath } from '../io/path.ts';
import { type Batch, precisionOf, toVectors, vectorBatch } from '../memory/batches.ts';
import { type CreateOptions, createOptions } from '../memory/createOptions.ts';
import { loadItems } from '../memory/itemsFile.ts';
import { Memory } from '../memory/memory.ts';
import type { NativeStates } from '../native/addon.ts';

/**
 * The classical dense associative memory on vectors: log-sum-exp energy over the squared Euclidean distance, with the
 * same verbs as {@link GaussianMemory}. The baseline for memories over distributions.
 */
export class EuclideanMemory extends Memory<Vectors> {
  private constructor(key: typeof internally, dimension: number, precision: 'float32' | 'float64', indexed: boolean) {
    checkConstruction(key, 'EuclideanMemory', ['create', 'load']);
    super('euclidean', dimension, precision, indexed, {});
  }

  /**
   * Stores vectors. They are copied, in the precision of their array.
   *
   * @throws DenseamError ERR_SHAPE, ERR_NOT_FINITE, ERR_RANGE, ERR_OUT_OF_MEMORY; the signal's reason.
   */
  static async create(items: Vectors, options: CreateOptions = {}): Promise<EuclideanMemory> {
    const read = readOptions(createOptions, options);
    const batch = vectorBatch('items', items);
    return new EuclideanMemory(internally, batch.dimension, precisionOf(batch), read.index).fill(batch, read);
  }

  /**
   * Loads a memory from a file that {@link save} wrote.
   *
   * @throws DenseamError ERR_CORRUPT_FILE for a truncated, altered or foreign file; ERR_OUT_OF_MEMORY; system errors;
   * the signal's reason.
   */
  static async load(path: FilePath, options: CreateOptions = {}): Promise<EuclideanMemory> {
    const from = filePath(path);
    const read = readOptions(createOptions, options);
    const file = await loadItems(from, 'euclidean');
    try {
      return await new EuclideanMemory(internally, file.dimension, file.precision, read.index).fillFrom(file, read);
    } finally {
      await file.close();
    }
  }

  protected override toBatch(name: string, value: Vectors): Batch {
    return vectorBatch(name, value);
  }

  protected override fromStates(states: NativeStates): Vectors {
    return toVectors(this.dimension, states);
  }
}
