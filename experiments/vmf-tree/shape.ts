/** The shape of a tree of learning, in numbers that no projection enters. */

import { setImmediate } from 'node:timers/promises';
import { maxIndex, mean } from 'd3-array';
import type { CallOptions, FloatArray } from 'denseam';
import { overlap } from '../shared/sphere/memoryMeasures.ts';
import type { Tree, TreeEpoch } from './growth.ts';

/** Memories whose overlap is above it, directly or by way of others, are on one branch. */
const branchOverlap = 0.95;
/** Memories whose overlap with the root is above it are in the trunk. */
export const trunkOverlap = 0.95;

export interface EpochShape {
  readonly hiddenUnits: number;
  /** Mean overlap of two different memories. */
  readonly meanOverlap: number;
  /** The least index on the branch of each memory, and the number of branches. */
  readonly branchOf: readonly number[];
  readonly branches: number;
  readonly inTrunk: number;
  /** Classes of the memories, without doubles, ascending; 0 for none. */
  readonly classes: readonly number[];
}

/** The shape of the tree at every epoch. */
export async function treeShapes({ epochs, root }: Tree, { signal }: CallOptions = {}): Promise<EpochShape[]> {
  const shapes: EpochShape[] = [];
  for (const epoch of epochs) {
    shapes.push(epochShape(epoch, root));
    await setImmediate();
    signal?.throwIfAborted();
  }
  return shapes;
}

export function epochShape({ hiddenUnits, memories, classes }: TreeEpoch, root: FloatArray): EpochShape {
  const dimension = root.length;
  const rows = Array.from({ length: hiddenUnits }, (_, unit) => rowOf(memories, unit, dimension));
  const overlaps = rows.flatMap((row, a) => rows.slice(0, a).map((other) => overlap(row, other)));
  const branchOf = branchesOf(memories, dimension);
  return {
    hiddenUnits,
    meanOverlap: mean(overlaps) ?? Number.NaN,
    branchOf,
    branches: new Set(branchOf).size,
    inTrunk: rows.filter((row) => overlap(row, root) > trunkOverlap).length,
    classes: [...new Set(classes)].sort((a, b) => a - b),
  };
}

/** The least index on the branch of each memory. */
export function branchesOf(memories: FloatArray, dimension: number): number[] {
  const count = memories.length / dimension;
  const branch = Array.from({ length: count }, (_, unit) => unit);
  for (let a = 0; a < count; a++) {
    for (let b = 0; b < a; b++) {
      const [own, other] = [branch[a] as number, branch[b] as number];
      const joins =
        own !== other && overlap(rowOf(memories, a, dimension), rowOf(memories, b, dimension)) > branchOverlap;
      if (!joins) continue;
      const [least, greatest] = [Math.min(own, other), Math.max(own, other)];
      for (let unit = 0; unit < count; unit++) if (branch[unit] === greatest) branch[unit] = least;
    }
  }
  return branch;
}

/**
 * Share of the pairs of memories that were on two branches after some epoch and are so at the end: 1 in a tree, whose
 * branches do not grow together. Only memories that were there all the time count; undefined where none have parted.
 */
export function partedForGood(shapes: readonly EpochShape[]): number | undefined {
  const count = shapes[0]?.hiddenUnits ?? 0;
  let [parted, apart] = [0, 0];
  for (let a = 0; a < count; a++) {
    for (let b = 0; b < a; b++) {
      const differs = shapes.map(({ branchOf }) => branchOf[a] !== branchOf[b]);
      if (!differs.includes(true)) continue;
      parted++;
      if (differs.at(-1)) apart++;
    }
  }
  return parted > 0 ? apart / parted : undefined;
}

/** The origin of each memory in the epoch before: itself, or for a new memory the most similar one. */
export function originsOf(epoch: TreeEpoch, before: TreeEpoch, dimension: number): number[] {
  return Array.from({ length: epoch.hiddenUnits }, (_, unit) => {
    if (unit < before.hiddenUnits) return unit;
    const row = rowOf(epoch.memories, unit, dimension);
    const overlaps = Array.from({ length: before.hiddenUnits }, (_, other) =>
      overlap(row, rowOf(before.memories, other, dimension)),
    );
    return maxIndex(overlaps);
  });
}

/** Products of numbers between two looks at the signal: some hundredths of a second. */
const productsAtATime = 5e7;

/** Overlaps of rows with rows of the same length: rows x patterns. */
export async function overlapMatrix(
  rows: FloatArray,
  patterns: FloatArray,
  dimension: number,
  { signal }: CallOptions = {},
): Promise<Float64Array> {
  const [height, width] = [rows.length / dimension, patterns.length / dimension];
  const rowsAtATime = Math.ceil(productsAtATime / patterns.length);
  const result = new Float64Array(height * width);
  for (let i = 0; i < height; i++) {
    const row = rowOf(rows, i, dimension);
    for (let j = 0; j < width; j++) result[i * width + j] = overlap(row, rowOf(patterns, j, dimension));
    if ((i + 1) % rowsAtATime > 0) continue;
    await setImmediate();
    signal?.throwIfAborted();
  }
  return result;
}

function rowOf(values: FloatArray, row: number, dimension: number): FloatArray {
  return values.subarray(row * dimension, (row + 1) * dimension);
}
