/** Measures of the classes that a memory has found without labels. */

import { setImmediate } from 'node:timers/promises';
import { max, maxIndex, sum } from 'd3-array';
import { type CallOptions, type ClassWeights, Random, type VonMisesFisherParameters } from 'denseam';
import { shareOf } from '../core/statistics.ts';
import { rescaledClassWeights } from '../shared/sphere/classWeightsChart.ts';

/** Above it a class is dominant: it has this share of its memory's weight. */
export const dominance = 0.8;

export interface SoftLabels {
  /** The likeliest class of each memory, 0 for none. */
  readonly classes: readonly number[];
  /** Its share of the memory's weight. */
  readonly greatest: readonly number[];
  /** Entropy of each memory's soft label, in nats: from 0 to log(C + 1). */
  readonly entropies: readonly number[];
  readonly dominant: number;
}

export function softLabels(classWeights: ClassWeights): SoftLabels {
  const labels = Array.from({ length: classWeights.rows - 1 }, (_, unit) => rescaledClassWeights(classWeights, unit));
  const greatest = labels.map((label) => max(label) as number);
  return {
    classes: labels.map((label) => maxIndex(label)),
    greatest,
    // 0 log 0 is 0.
    entropies: labels.map((label) => -sum(label, (p) => (p > 0 ? p * Math.log(p) : 0))),
    dominant: shareOf(greatest, (share) => share > dominance),
  };
}

/** Mean overlaps w.w' of pairs of memories. */
export interface ClassOverlaps {
  readonly within: number;
  readonly between: number;
  /** within - between, and the greatest of it where the same classes are dealt out to the memories at random. */
  readonly difference: number;
  readonly greatestAtRandom: number;
  /** The share of dealings, the true one among them, whose difference is no less. */
  readonly pValue: number;
}

/** Pairs of memories that are summed before others have their turn: some tens of milliseconds. */
const pairsInARow = 10_000_000;

/** Null where no class has two memories, or one has all. */
export async function classOverlaps(
  { memories, dimension, hiddenUnits }: Pick<VonMisesFisherParameters, 'memories' | 'dimension' | 'hiddenUnits'>,
  classes: readonly number[],
  permutations: number,
  seed: number,
  { signal }: CallOptions = {},
): Promise<ClassOverlaps | null> {
  const overlaps = pairOverlaps(memories, dimension, hiddenUnits);
  const own = meansByClass(overlaps, classes);
  if (own === null) return null;
  const random = new Random(seed);
  const difference = own.within - own.between;
  const inARow = Math.ceil(pairsInARow / overlaps.length);
  let [greatestAtRandom, noLess] = [Number.NEGATIVE_INFINITY, 1];
  for (let i = 0; i < permutations; i++) {
    if (i % inARow === 0) {
      await setImmediate();
      signal?.throwIfAborted();
    }
    // Every permutation has as many pairs of one class.
    const dealt = meansByClass(overlaps, random.shuffle([...classes])) as { within: number; between: number };
    greatestAtRandom = Math.max(greatestAtRandom, dealt.within - dealt.between);
    if (dealt.within - dealt.between >= difference) noLess++;
  }
  return { ...own, difference, greatestAtRandom, pValue: noLess / (permutations + 1) };
}

/** Overlap of every pair of different memories, row by row of the lower triangle. */
function pairOverlaps(memories: ArrayLike<number>, dimension: number, count: number): Float64Array {
  const overlaps = new Float64Array((count * (count - 1)) / 2);
  let at = 0;
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < i; j++) {
      let sum = 0;
      for (let k = 0; k < dimension; k++) {
        sum += (memories[i * dimension + k] as number) * (memories[j * dimension + k] as number);
      }
      overlaps[at++] = sum;
    }
  }
  return overlaps;
}

function meansByClass(
  overlaps: Float64Array,
  classes: readonly number[],
): { readonly within: number; readonly between: number } | null {
  let [at, within, same, between] = [0, 0, 0, 0];
  for (let i = 0; i < classes.length; i++) {
    for (let j = 0; j < i; j++) {
      const overlap = overlaps[at++] as number;
      if (classes[i] === classes[j]) {
        within += overlap;
        same++;
      } else between += overlap;
    }
  }
  const different = overlaps.length - same;
  return same === 0 || different === 0 ? null : { within: within / same, between: between / different };
}
