import { zeros } from '../core/allocation.ts';
import { fitsInMemory } from '../core/availableMemory.ts';
import type { CallOptions, Gaussians, Structure } from '../core/types.ts';
import { itemWidth } from '../memory/batches.ts';
import { inOrder, partBytes } from '../memory/partsAtOnce.ts';
import type { NativeStates } from '../native/addon.ts';

/** Shape of a batch of Gaussians. */
export interface GaussiansShape {
  readonly count: number;
  readonly dimension: number;
  readonly structure: Structure;
}

/** Makes items `begin` to `end`. */
export type MakePart = (begin: number, end: number, onProgress: CallOptions['onProgress']) => Promise<NativeStates>;

/**
 * Makes Gaussians a part at a time, each small enough for the event loop to copy, in one array, which may be larger
 * than the greatest single native result. Parts begin in order and none after a failure, so the thrown error is that of
 * the lowest failing part. `inputNumbers` are the numbers that an item is made of, where they are more than the
 * result's.
 */
export async function makeGaussians<S extends Structure>(
  { count, dimension, structure }: GaussiansShape & { readonly structure: S },
  { onProgress }: CallOptions,
  make: MakePart,
  inputNumbers = 0,
): Promise<Gaussians & { structure: S; means: Float64Array; covariances: Float64Array }> {
  const { position, covariance } = itemWidth(structure, dimension);
  const itemBytes = Float64Array.BYTES_PER_ELEMENT * (position + covariance);
  fitsInMemory('the result', count * itemBytes);
  const means = zeros('the result', Float64Array, count * position);
  const covariances = zeros('the result', Float64Array, count * covariance);
  const copiedBytes = Math.max(itemBytes, Float64Array.BYTES_PER_ELEMENT * inputNumbers);
  const height = Math.max(1, Math.floor(partBytes / copiedBytes));
  await inOrder(Math.ceil(count / height), count, onProgress, async (part, report) => {
    const begin = part * height;
    const states = await make(begin, Math.min(count, begin + height), report);
    means.set(states.positions, begin * position);
    if (states.covariances) covariances.set(states.covariances, begin * covariance);
  });
  return { count, dimension, structure, means, covariances };
}
