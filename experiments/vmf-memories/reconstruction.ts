/** Patterns that a memory makes of a class alone, and of the class and half of a digit (section 2.1). */

import type { CallOptions, FloatArray, Vectors, VonMisesFisherMemory } from 'denseam';
import { shareOf } from '../core/statistics.ts';
import type { DigitRows } from '../shared/sphere/digitModels.ts';
import { countDifferent, overlap, selectRows } from '../shared/sphere/memoryMeasures.ts';
import { pixelsOf } from '../shared/sphere/memoryPictures.ts';

export interface ClassReconstruction {
  /** Share of starts that reached a local minimum. */
  readonly converged: number;
  /** Share of the states that the memory classifies as their own class. */
  readonly ownClass: number;
  /** Number of states of each class that differ from all before them. */
  readonly different: readonly number[];
  /** Pixels of the first states of each class, class after class. */
  readonly pixels: readonly (readonly number[])[];
}

/** Steps of a float32 memory do not get much shorter: rounding moves a state by up to 1e-7 (1 + betaScale beta). */
export const tolerance = 1e-4;

/** Greatest number of shown states of a class. */
export const shownStates = 5;

/** Two states are the same where they are as near as the tolerance of two of them and slow convergence allow. */
const sameState = 0.999;

/**
 * Local minima of -log P(x | y) of every class y.
 *
 * @param directions the starts of class 1, as many of class 2, and so on.
 */
export async function reconstructClasses(
  memory: VonMisesFisherMemory,
  directions: Vectors,
  options: CallOptions,
): Promise<ClassReconstruction> {
  const { classes: count, dimension } = memory;
  const starts = directions.count / count;
  const classes = Array.from({ length: directions.count }, (_, start) => 1 + Math.floor(start / starts));
  const { states, stopped } = await memory.reconstruct(directions, { classes, tolerance, ...options });
  const predicted = await memory.predict(states, { signal: options.signal });
  return {
    converged: shareOf(stopped, (why) => why === 'converged'),
    ownClass: shareOf(predicted, (label, i) => label === classes[i]),
    different: await countStates(states, count, options),
    pixels: classes.flatMap((_, state) =>
      state % starts < shownStates ? [pixelsOf(states.values, state, dimension)] : [],
    ),
  };
}

/** Number of different states of each class. Every class has the same number of consecutive states. */
async function countStates({ count, dimension, values }: Vectors, classes: number, { signal }: CallOptions) {
  const starts = count / classes;
  const different: number[] = [];
  for (let y = 0; y < classes; y++) {
    const own = values.subarray(y * starts * dimension, (y + 1) * starts * dimension);
    different.push(await countDifferent({ count: starts, dimension, values: own }, sameState, signal));
  }
  return different;
}

/** The first digits of each class, so many of each, class after class. */
export function firstOfClasses(test: DigitRows, starts: number): Vectors {
  const rows = Array.from(test.labels.keys());
  const indices = Array.from({ length: test.classes }, (_, y) =>
    rows.filter((row) => test.labels[row] === y + 1).slice(0, starts),
  );
  return selectRows(test, indices.flat());
}

/** A test digit, its visible part and the completion. */
export interface Completion {
  /** Its class, from 1. */
  readonly label: number;
  readonly original: readonly number[];
  readonly start: readonly number[];
  readonly completed: readonly number[];
}

/** The first test digit of each class, its upper half known, completed as a pattern of its class. */
export async function completeHalves(
  memory: VonMisesFisherMemory,
  test: DigitRows,
  options: CallOptions,
): Promise<Completion[]> {
  const { dimension } = memory;
  const known = Math.floor(test.height / 2) * test.width;
  const indices = Array.from({ length: test.classes }, (_, y) => test.labels.indexOf(y + 1)).filter((row) => row >= 0);
  const originals = selectRows(test, indices);
  const starts = { ...originals, values: originals.values.slice() };
  for (let row = 0; row < indices.length; row++) {
    hideAllBut(known, starts.values.subarray(row * dimension, (row + 1) * dimension));
  }
  const clamped = Array.from({ length: dimension }, (_, pixel) => pixel < known);
  const classes = indices.map((index) => test.labels[index] as number);
  const { states } = await memory.reconstruct(starts, { classes, clamped, tolerance, ...options });
  return classes.map((label, row) => ({
    label,
    original: pixelsOf(originals.values, row, dimension),
    start: pixelsOf(starts.values, row, dimension),
    completed: pixelsOf(states.values, row, dimension),
  }));
}

/** Every pixel after the known ones gets the same value below 0, black, and the norm is 1 again. */
function hideAllBut(known: number, direction: FloatArray): void {
  const shown = direction.subarray(0, known);
  const hidden = direction.length - known;
  direction.fill(-Math.sqrt(Math.max(0, 1 - overlap(shown, shown)) / hidden), known);
}
