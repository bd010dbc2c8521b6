import { setImmediate } from 'node:timers/promises';
import type { CallOptions, Progress } from '../core/types.ts';
import { threads } from '../native/threads.ts';

/** Bytes that the event loop copies in about a millisecond. */
export const partBytes = 4 * 2 ** 20;

/**
 * Runs parts 0, 1, ... some at a time; `total` is the work of all of them. Parts begin in order and none after a
 * failure, so the thrown error is that of the lowest failing part.
 */
export async function inOrder(
  parts: number,
  total: number,
  onProgress: CallOptions['onProgress'],
  run: (part: number, onProgress: CallOptions['onProgress']) => Promise<void>,
): Promise<void> {
  // One part for every thread, since a part may be a single item, and one that is being copied.
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
      // A turn for other events, which copying would otherwise hold up where it takes longer than computing.
      if (next < parts) await setImmediate();
    }
  };
  await Promise.all(Array.from({ length: partsAtOnce }, runSome));
  const lowest = failures.sort((a, b) => a.part - b.part)[0];
  if (lowest) throw lowest.error;
}

/** Runs parts of `count` rows of `rowBytes` each, small enough for the event loop to copy, as {@link inOrder} does. */
export async function forParts(
  count: number,
  rowBytes: number,
  { signal, onProgress }: CallOptions,
  run: (begin: number, end: number, ofPart: CallOptions) => Promise<void>,
): Promise<void> {
  const height = Math.max(1, Math.floor(partBytes / rowBytes));
  await inOrder(Math.ceil(count / height), count, onProgress, (part, ofPart) =>
    run(part * height, Math.min(count, (part + 1) * height), { signal, onProgress: ofPart }),
  );
}
