import { setImmediate } from 'node:timers/promises';
import { itemWidth } from '../core/batches.ts';
import { threads } from '../core/threads.ts';
import type { CallOptions, Gaussians, Progress, Structure } from '../core/types.ts';
import { fitsInMemory } from '../core/validate.ts';
import type { NativeStates } from '../native.ts';

/** What a batch of Gaussians is like, whatever is in it. */
export interface GaussiansShape {
  readonly count: number;
  readonly dimension: number;
  readonly structure: Structure;
}

/** Makes items `begin` to `end`. */
export type MakePart = (begin: number, end: number, onProgress: CallOptions['onProgress']) => Promise<NativeStates>;

// Copying this much takes the event loop about a millisecond.
const partBytes = 4 * 2 ** 20;

/**
 * Gaussians that are made a part at a time, each small enough for the event loop to copy, and written into one array, which may be
 * larger than what the native side can hand over at once. Parts begin in order, and after a failure no further one does, so the
 * error of the lowest failing part is the one that is thrown. `inputNumbers` are those that an item is made of, where they are more
 * than the result's.
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
  const means = new Float64Array(count * position);
  const covariances = new Float64Array(count * covariance);
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

/** Runs parts 0, 1, ... some at a time; `total` is the work of all of them. */
async function inOrder(
  parts: number,
  total: number,
  onProgress: CallOptions['onProgress'],
  run: (part: number, onProgress: CallOptions['onProgress']) => Promise<void>,
): Promise<void> {
  // A part may be a single item: one for every thread, and one that is being copied.
  const partsAtOnce = threads() + 1;
  const done = new Float64Array(parts);
  const failures: { readonly part: number; readonly error: unknown }[] = [];
  let next = 0;
  const runSome = async () => {
    while (next < parts && failures.length === 0) {
      const part = next++;
      const report = ({ completed }: Progress) => {
        done[part] = completed;
        onProgress?.({ completed: done.reduce((sum, value) => sum + value, 0), total });
      };
      await run(part, onProgress && report).catch((error: unknown) => failures.push({ part, error }));
      // Where copying takes longer than computing, the event loop would otherwise do nothing else.
      if (next < parts) await setImmediate();
    }
  };
  await Promise.all(Array.from({ length: partsAtOnce }, runSome));
  const lowest = failures.sort((a, b) => a.part - b.part)[0];
  if (lowest) throw lowest.error;
}
