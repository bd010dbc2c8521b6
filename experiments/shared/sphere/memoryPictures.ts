import type { FloatArray } from 'denseam';
import type { ResultPictures } from '../../core/experiment.ts';

type Image = ResultPictures['images'][number];

/**
 * Pictures of directions on the sphere of images: each as a grey image of its own, from its least number (black) to its
 * greatest (white).
 */
export function pixelsOf(memories: FloatArray, index: number, dimension: number): number[] {
  const memory = memories.subarray(index * dimension, (index + 1) * dimension);
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (const value of memory) {
    least = Math.min(least, value);
    greatest = Math.max(greatest, value);
  }
  const range = greatest - least || 1;
  return Array.from(memory, (value) => Math.round((255 * (value - least)) / range));
}

/** Pictures of the memories at these indices, each with its caption. */
export function memoryImages(
  { memories, dimension }: { readonly memories: FloatArray; readonly dimension: number },
  indices: readonly number[],
  caption: (index: number) => string,
): Image[] {
  return indices.map((index) => ({ pixels: pixelsOf(memories, index, dimension), caption: caption(index) }));
}

/** Rows of a figure, and memories in a row. */
export const letterRows = 5;

/** The paper's names of the units of a figure: AA, AB, ..., in rows of five. */
export function letterName(position: number): string {
  const letter = (index: number) => String.fromCharCode(65 + index);
  return `${letter(Math.floor(position / letterRows))}${letter(position % letterRows)}`;
}
