/** Measures of the memories of a trained model: noise or prototypes, used or idle, of one class or of none. */

import { setImmediate } from 'node:timers/promises';
import { max } from 'd3-array';
import type { CallOptions, EuclideanMemory, FloatArray, Vectors, VonMisesFisherMemory } from 'denseam';
import { median, shareOf } from '../../core/statistics.ts';
import { rescaledClassWeights } from './classWeightsChart.ts';
import type { DigitRows } from './digitModels.ts';

export interface MemoryMeasures {
  /** Overlap w.x of every memory with the training digit most like it. */
  readonly overlaps: readonly number[];
  /** Share of memories that are noise. */
  readonly noise: number;
  /** Share of memories that are the most similar one of no training digit. */
  readonly idle: number;
  /** Share of idle memories among those that are noise; null where none is. */
  readonly idleNoise: number | null;
  /** Number of memories, noise apart, that differ from all earlier ones. */
  readonly different: number;
  /** Share of memories whose likeliest class is that of the training digit most like them. */
  readonly labelled: number;
  /** Median of the probability of a memory's likeliest class. */
  readonly certainty: number;
}

/** @param stored the training digits, as the items of a memory. */
export async function measureMemories(
  memory: VonMisesFisherMemory,
  train: DigitRows,
  stored: EuclideanMemory,
  leastSharedNorm: number,
  { signal, onProgress }: CallOptions,
): Promise<MemoryMeasures> {
  const { hiddenUnits, dimension, classWeights } = memory;
  const memories = { count: hiddenUnits, dimension, values: memory.memories };
  const nearest = await stored.nearest(memories, { signal });
  const overlaps = Array.from(nearest.distances, overlapAt);
  const isNoise = (overlap: number) => overlap ** 2 < leastSharedNorm;
  const { indices } = await memory.nearestMemory(train, { signal, onProgress });
  const used = new Set(indices);
  const noise = overlaps.flatMap((overlap, index) => (isNoise(overlap) ? [index] : []));
  const settled = overlaps.flatMap((overlap, index) => (isNoise(overlap) ? [] : [index]));
  const classes = memory.memoryClasses;
  return {
    overlaps,
    noise: shareOf(overlaps, isNoise),
    idle: 1 - used.size / hiddenUnits,
    idleNoise: noise.length === 0 ? null : shareOf(noise, (index) => !used.has(index)),
    different: await countDifferent(selectRows(memories, settled), sameMemory, signal),
    labelled: shareOf(nearest.indices, (digit, index) => train.labels[digit] === classes[index]),
    certainty: median(overlaps.map((_, index) => max(rescaledClassWeights(classWeights, index)) as number)),
  };
}

/** w.x of unit vectors at this squared distance, |w - x|^2 = 2 - 2 w.x. */
const overlapAt = (squaredDistance: number) => 1 - squaredDistance / 2;

/** Least overlap of two memories that look the same. */
const sameMemory = 0.99;

/** Overlaps between two looks at the signal: some milliseconds of images. */
const overlapsAtATime = 10_000;

/** Number of rows whose overlap with every row counted before is below a limit. */
export async function countDifferent(
  { count, dimension, values }: Vectors,
  same: number,
  signal?: AbortSignal,
): Promise<number> {
  const counted: FloatArray[] = [];
  let overlaps = 0;
  for (let index = 0; index < count; index++) {
    overlaps += counted.length;
    if (overlaps >= overlapsAtATime) {
      await setImmediate();
      signal?.throwIfAborted();
      overlaps = 0;
    }
    const row = values.subarray(index * dimension, (index + 1) * dimension);
    if (counted.every((other) => overlap(row, other) < same)) counted.push(row);
  }
  return counted.length;
}

export function overlap(a: FloatArray, b: FloatArray): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

export function selectRows({ dimension, values }: Vectors, indices: readonly number[]): Vectors {
  const selected: FloatArray = values.slice(0, indices.length * dimension);
  for (const [to, from] of indices.entries()) {
    selected.set(values.subarray(from * dimension, (from + 1) * dimension), to * dimension);
  }
  return { count: indices.length, dimension, values: selected };
}

/** Accuracy of a model, and its fidelity: agreement of its predictions with the nearest memory (section 4.2). */
export interface Fidelity {
  readonly accuracy: number;
  readonly fidelity: number;
  /** Fidelity on the rows that are classified right, and on the others; null where there are none. */
  readonly right: number | null;
  readonly wrong: number | null;
  readonly wrongCount: number;
}

export async function measureFidelity(
  memory: VonMisesFisherMemory,
  test: DigitRows,
  options: CallOptions,
): Promise<Fidelity> {
  const { signal } = options;
  const { classes } = await memory.nearestMemory(test, { signal });
  const predicted = await memory.predict(test, options);
  const rows = Array.from(predicted, (label, i) => ({
    isRight: label === test.labels[i],
    isExplained: label === classes[i],
  }));
  const explained = (some: typeof rows) => shareOf(some, ({ isExplained }) => isExplained);
  const [right, wrong] = [true, false].map((is) => rows.filter(({ isRight }) => isRight === is));
  const explainedOf = (some: typeof rows = []) => (some.length === 0 ? null : explained(some));
  return {
    accuracy: shareOf(rows, ({ isRight }) => isRight),
    fidelity: explained(rows),
    right: explainedOf(right),
    wrong: explainedOf(wrong),
    wrongCount: wrong?.length ?? 0,
  };
}
