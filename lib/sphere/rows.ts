import { fitsInMemory } from '../core/availableMemory.ts';
import type { CallOptions } from '../core/types.ts';
import { type Batch, slice } from '../memory/batches.ts';
import type { Precision } from '../memory/memory.ts';
import { partBytes } from '../memory/partsAtOnce.ts';
import { type NativeSphereRows, native } from '../native/addon.ts';
import { coded, runTask } from '../native/calls.ts';

/**
 * Checks for rows of norm 1, or also of 0, and copies them to the native side, a part at a time; `name` is their
 * array's name in errors.
 */
export async function toNativeRows(
  name: string,
  batch: Batch,
  precision: Precision,
  zeroRows: 'allowed' | 'refused',
  { signal, onProgress }: CallOptions,
): Promise<NativeSphereRows> {
  const { count, dimension } = batch;
  const bytesEach = precision === 'float32' ? Float32Array.BYTES_PER_ELEMENT : Float64Array.BYTES_PER_ELEMENT;
  fitsInMemory(name, count * dimension * bytesEach);
  const rows = coded(() => native.makeSphereRows({ dimension, precision, capacity: count }));
  const height = Math.max(1, Math.floor(partBytes / (dimension * bytesEach)));
  for (let first = 0; first < count; first += height) {
    const part = slice(batch, first, Math.min(count, first + height));
    const allowsZero = zeroRows === 'allowed';
    await runTask(
      () => native.appendSphereRows(rows, part.positions, { count: part.count, name, firstIndex: first, allowsZero }),
      { signal },
    );
    onProgress?.({ completed: first + part.count, total: count });
  }
  return rows;
}
