import type { CallOptions } from './types.ts';

/** Share of copying and checking in the time of storing items with an index; the rest goes into the index. */
const copyingShare = 0.2;

/** Progress of a part of a call that does `share` of the work `total` after `done` of it. */
export function partProgress(
  onProgress: CallOptions['onProgress'],
  done: number,
  share: number,
  total: number,
): CallOptions['onProgress'] {
  if (!onProgress) return undefined;
  return ({ completed, total: ofPart }) =>
    onProgress({ completed: Math.round(done + (ofPart > 0 ? (share * completed) / ofPart : share)), total });
}

/** Progress of copying `count` items and of preparing them for recall. */
export function storing(
  count: number,
  indexed: boolean,
  { onProgress }: CallOptions,
): Record<'copied' | 'prepared', CallOptions['onProgress']> {
  const copying = indexed ? copyingShare * count : count;
  return {
    copied: partProgress(onProgress, 0, copying, count),
    prepared: partProgress(onProgress, copying, count - copying, count),
  };
}
