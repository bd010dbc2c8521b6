/** Fixed points of the saddle-point equations on labelled patterns, and how the loss changes about them. */
import {
  type CallOptions,
  type Matrix,
  type Random,
  type SaddlePointParameters,
  type Vectors,
  VonMisesFisherMemory,
  type VonMisesFisherParameters,
} from 'denseam';

/** Rows of norm 1 with soft labels. */
export interface Patterns extends Vectors {
  readonly targets: Matrix;
}

/** Patterns with labels softened as in training. */
export function softPatterns(
  rows: Vectors & { readonly labels: Int32Array; readonly classes: number },
  softening: number,
): Patterns {
  const { count, dimension, values, labels, classes } = rows;
  const columns = classes + 1;
  const data = new Float64Array(count * columns).fill(softening / columns);
  labels.forEach((label, row) => {
    const at = row * columns + label;
    data[at] = (data[at] as number) + 1 - softening;
  });
  return { count, dimension, values, targets: { rows: count, columns, data } };
}

/** Parameters as JSON holds them, to the last digit. */
export interface PlainModel {
  readonly dimension: number;
  readonly hiddenUnits: number;
  readonly classes: number;
  readonly beta: number;
  readonly betaScale: number;
  readonly memories: readonly number[];
  readonly lengths: readonly number[];
  readonly classWeights: readonly number[];
}

export function toPlain(model: SaddlePointParameters & { readonly lengths: Float64Array }): PlainModel {
  const { dimension, hiddenUnits, classes, beta, betaScale, memories, lengths, classWeights } = model;
  const numbers = { memories: [...memories], lengths: [...lengths], classWeights: [...classWeights.data] };
  return { dimension, hiddenUnits, classes, beta, betaScale, ...numbers };
}

export function fromPlain(
  plain: PlainModel,
): SaddlePointParameters & { readonly memories: Float64Array; readonly lengths: Float64Array } {
  const { hiddenUnits, classes, memories, lengths, classWeights } = plain;
  return {
    ...plain,
    memories: Float64Array.from(memories),
    lengths: Float64Array.from(lengths),
    classWeights: { rows: hiddenUnits + 1, columns: classes + 1, data: Float64Array.from(classWeights) },
  };
}

/** The effective loss (eq. 12) of rows with soft labels. */
export async function effectiveLoss(
  parameters: VonMisesFisherParameters,
  { targets, ...rows }: Patterns,
  { signal }: CallOptions,
): Promise<number> {
  const memory = await VonMisesFisherMemory.from(parameters, { signal });
  const { data } = await memory.logDensity(rows, { signal });
  const terms = data.map((value, at) => {
    const target = targets.data[at] as number;
    // A class without any weight has density 0, and 0 log 0 is 0.
    return target === 0 ? 0 : target * value;
  });
  return -terms.reduce((sum, term) => sum + term, 0) / rows.count;
}

/**
 * A direction for every memory to move in, P x N; one at right angles to the memory keeps it on the sphere to first
 * order.
 */
export type Directions = Float64Array;

/** w + t u of each memory, put back on the sphere. */
export function moved(
  parameters: VonMisesFisherParameters,
  directions: Directions,
  t: number,
): VonMisesFisherParameters {
  const { dimension } = parameters;
  const memories = Float64Array.from(parameters.memories, (value, at) => value + t * (directions[at] as number));
  for (let begin = 0; begin < memories.length; begin += dimension)
    normalise(memories.subarray(begin, begin + dimension));
  return { ...parameters, memories };
}

function normalise(row: Float64Array): void {
  const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
  row.forEach((value, k) => {
    row[k] = value / norm;
  });
}

/** Directions of P memories: the given ones, each with its sign, and zeros for the others. */
export function directionsOf(
  hiddenUnits: number,
  direction: Float64Array,
  signs: Readonly<Record<number, number>>,
): Directions {
  const all = new Float64Array(hiddenUnits * direction.length);
  for (const [unit, sign] of Object.entries(signs)) {
    all.set(
      direction.map((value) => sign * value),
      Number(unit) * direction.length,
    );
  }
  return all;
}

/** All memories move at random, at right angles to themselves; of norm 1 in all. */
export function randomDirections({ memories, dimension }: VonMisesFisherParameters, random: Random): Directions {
  const all = Float64Array.from(memories, () => random.normal());
  for (let begin = 0; begin < all.length; begin += dimension) {
    const own = all.subarray(begin, begin + dimension);
    const along = own.reduce((sum, value, k) => sum + value * (memories[begin + k] as number), 0);
    own.forEach((value, k) => {
      own[k] = value - along * (memories[begin + k] as number);
    });
  }
  normalise(all);
  return all;
}

/** First and second derivative of the loss along a move. */
export interface Derivatives {
  readonly slope: number;
  readonly curvature: number;
}

/**
 * Step of central differences: rounding of 1e-15 of the loss and t^2 / 12 of the fourth derivative, which is at most
 * beta^4, together leave a thousandth of the curvature or so.
 */
const step = 1e-3;

export async function derivativesAlong(
  parameters: VonMisesFisherParameters,
  patterns: Patterns,
  directions: Directions,
  options: CallOptions,
): Promise<Derivatives> {
  const at = (t: number) => effectiveLoss(moved(parameters, directions, t), patterns, options);
  const [before, here, after] = [await at(-step), await at(0), await at(step)];
  return { slope: (after - before) / (2 * step), curvature: (after - 2 * here + before) / step ** 2 };
}
