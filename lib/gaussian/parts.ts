import { itemWidth } from '../core/batches.ts';
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

// Copying this much takes the event loop a few milliseconds.
const partBytes = 16 * 2 ** 20;
// A part may have fewer items than there are threads; this many parts together keep ten threads busy with items of a megabyte or more.
const partsAtOnce = 4;

/**
 * Gaussians that are made a part at a time, each small enough for the event loop to copy, and written into one array, which may be
 * larger than what the native side can hand over at once. Parts begin in order, and after a failure no further one does, so the
 * error of the lowest failing part is the one that is thrown.
 */
export async function makeGaussians<S extends Structure>(
  { count, dimension, structure }: GaussiansShape & { readonly structure: S },
  { onProgress }: CallOptions,
  make: MakePart,
): Promise<Gaussians & { structure: S; means: Float64Array; covariances: Float64Array }> {
  const { position, covariance } = itemWidth(structure, dimension);
  const itemBytes = Float64Array.BYTES_PER_ELEMENT * (position + covariance);
  fitsInMemory('the result', count * itemBytes);
  const means = new Float64Array(count * position);
  const covariances = new Float64Array(count * covariance);
  const height = Math.max(1, Math.floor(partBytes / itemBytes));
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
    }
  };
  await Promise.all(Array.from({ length: partsAtOnce }, runSome));
  const lowest = failures.sort((a, b) => a.part - b.part)[0];
  if (lowest) throw lowest.error;
}
