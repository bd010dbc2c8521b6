import { fitsInMemory } from '../core/availableMemory.ts';
import { describe } from '../core/describe.ts';
import type { CallOptions, FloatArray, Vectors } from '../core/types.ts';
import { extent, fields, floatArray, nonNegative, product, rangeError, shapeError } from '../core/validate.ts';
import type { IntegerArray } from '../io/numbers.ts';
import { type Batch, vectorBatch } from '../memory/batches.ts';
import { type NativeSphereModel, type NativeSphereRows, native } from '../native/addon.ts';
import { parameterNames, readClassWeights, readLabels } from './options.ts';
import { toNativeRows } from './rows.ts';
import { checkShares, sumTolerance, withSumOne } from './settings.ts';
import type { ClassWeights } from './types.ts';

// Input of the functions of lib/sphere/theory.ts and saddlePoint.ts.

/** Rows of norm 1 (or of zeros) with either labels or soft labels. */
export interface LabelledRows extends Vectors {
  /** The class of each row, 1 to C, or 0 for none. They are softened by `labelSoftening`. */
  readonly labels?: FloatArray | IntegerArray | readonly number[] | undefined;
  /** Soft labels instead: count x (C + 1), rows of probabilities, used unchanged. */
  readonly targets?: ClassWeights | undefined;
}

/** Parameters whose shapes are right. */
export interface CheckedParameters {
  readonly hiddenUnits: number;
  readonly classes: number;
  readonly beta: number;
  readonly betaScale: number;
  readonly memories: Batch;
  readonly classWeights: Float64Array;
  /** Unchecked; see {@link readLengths}. */
  readonly lengths: unknown;
}

/** Reads parameters; beta and beta scale may be zero, since the theory covers that, too. */
export function readParameters(name: string, parameters: unknown): CheckedParameters {
  const given = fields(name, parameters, parameterNames, ['lengths']);
  const hiddenUnits = extent(`${name}.hiddenUnits`, given.hiddenUnits);
  const classes = extent(`${name}.classes`, given.classes);
  const dimension = extent(`${name}.dimension`, given.dimension);
  const shape = `${hiddenUnits} x ${dimension}`;
  const length = product(`${name}.memories`, hiddenUnits, dimension);
  const values = floatArray(`${name}.memories`, given.memories, length, shape);
  return {
    hiddenUnits,
    classes,
    beta: nonNegative(`${name}.beta`, given.beta),
    betaScale: nonNegative(`${name}.betaScale`, given.betaScale),
    memories: vectorBatch(`${name}.memories`, { count: hiddenUnits, dimension, values }),
    classWeights: readClassWeights(`${name}.classWeights`, given.classWeights, hiddenUnits, classes),
    lengths: given.lengths,
  };
}

/** {@link LabelledRows} whose properties were read, but not all checked. */
export interface GivenRows {
  readonly batch: Batch;
  readonly labels: unknown;
  readonly targets: unknown;
}

export function readLabelledRows(data: LabelledRows): GivenRows {
  const given = fields('data', data, ['count', 'dimension', 'values'], ['labels', 'targets']);
  const batch = vectorBatch('data', given as unknown as LabelledRows);
  return { batch, labels: given.labels, targets: given.targets };
}

/** Soft labels, rows x labels: the given ones, or softened labels. */
export function readTargets(
  data: Omit<GivenRows, 'batch'>,
  count: number,
  classes: number,
  softening: number,
): Float64Array {
  const { labels, targets } = data;
  if ((labels === undefined) === (targets === undefined)) {
    throw shapeError('data', 'either labels or targets', labels ? 'both' : 'neither');
  }
  return targets
    ? readSoftLabels('data.targets', targets, count, classes + 1)
    : softened(readLabels(labels, count, classes), classes + 1, softening);
}

export function readSoftLabels(name: string, given: unknown, rows: number, columns: number): Float64Array {
  const { data, ...shape } = fields(name, given, ['rows', 'columns', 'data']);
  if (shape.rows !== rows || shape.columns !== columns) {
    const received = `${describe(shape.rows)} x ${describe(shape.columns)}`;
    throw shapeError(name, `a matrix of ${rows} x ${columns} (rows, classes and "none")`, received);
  }
  const values = floatArray(`${name}.data`, data, product(name, rows, columns), `${rows} x ${columns}`);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let at = row * columns; at < (row + 1) * columns; at++) {
      const value = values[at] as number;
      if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) nonNegative(`${name}.data[${at}]`, value);
      sum += value;
    }
    if (!(Math.abs(sum - 1) <= sumTolerance)) throw rangeError(`${name} row ${row}`, 'probabilities with sum 1', sum);
  }
  return Float64Array.from(values);
}

function softened(labels: Int32Array, columns: number, softening: number): Float64Array {
  const targets = new Float64Array(labels.length * columns).fill(softening / columns);
  labels.forEach((label, row) => {
    const at = row * columns + label;
    targets[at] = (targets[at] as number) + 1 - softening;
  });
  return targets;
}

/** Reads the softening, from 0 to 1, 0.1 by default; soft labels exclude it. */
export function readSoftening(given: number | undefined, data: Omit<GivenRows, 'batch'>): number {
  if (given !== undefined && data.targets !== undefined) {
    throw rangeError('options.labelSoftening', 'nothing beside data.targets', given);
  }
  return given ?? 0.1;
}

/** Reads probabilities and scales them to the sum 1. */
export function readShares(name: string, given: unknown, count: number, what: string): Float64Array {
  return Float64Array.from(withSumOne(checkShares(name, given, count, what)));
}

/**
 * Checks the least memory for solving eq. 21: two tables of pairs of classes with a share, and seven of class weights.
 */
export function checkMultiplierSpace(units: number, classShares: Float64Array): void {
  const classes = classShares.reduce((count, share) => count + (share > 0 ? 1 : 0), 0);
  fitsInMemory('the class weights', (2 * classes + 7 * units) * classes * Float64Array.BYTES_PER_ELEMENT);
}

export const ofUnits = 'the background and each hidden unit';
export const ofClasses = '"none" and each class';

/** Hidden and class shares of class weights. */
export function marginals(
  classWeights: FloatArray,
  columns: number,
): { readonly hiddenShares: Float64Array; readonly classShares: Float64Array } {
  const hiddenShares = new Float64Array(classWeights.length / columns);
  const classShares = new Float64Array(columns);
  for (let at = 0; at < classWeights.length; at++) {
    const weight = classWeights[at] as number;
    const unit = Math.floor(at / columns);
    hiddenShares[unit] = (hiddenShares[unit] as number) + weight;
    classShares[at % columns] = (classShares[at % columns] as number) + weight;
  }
  return { hiddenShares, classShares };
}

/** A number of at least 0, or Infinity. */
export function nonNegativeOrInfinite(name: string, value: unknown): number {
  if (value === Number.POSITIVE_INFINITY) return value;
  if (!(typeof value === 'number' && value >= 0)) {
    throw rangeError(name, 'a number of at least 0 or Infinity', value);
  }
  return value;
}

/** s(x) = x / (sqrt(x^2 + 1) + 1), 1 at Infinity. */
export function signalFactor(x: number): number {
  return x === Number.POSITIVE_INFINITY ? 1 : x / (Math.hypot(x, 1) + 1);
}

/** Reads P lengths from 0 to 1 into a copy; 1 by default. */
export function readLengths(name: string, given: unknown, count: number): Float64Array {
  if (given === undefined) return new Float64Array(count).fill(1);
  return Float64Array.from(floatArray(name, given, count, `${count}`), (length, at) => {
    if (nonNegative(`${name}[${at}]`, length) > 1) throw rangeError(`${name}[${at}]`, 'a number from 0 to 1', length);
    return length;
  });
}

/** The model and the rows on the native side, in double precision. */
export async function toNativeTheory(
  parameters: CheckedParameters,
  rows: Batch,
  { signal }: Pick<CallOptions, 'signal'>,
): Promise<{ readonly model: NativeSphereModel; readonly rows: NativeSphereRows }> {
  const memories = await toNativeRows(parameters.memories.name, parameters.memories, 'float64', 'allowed', { signal });
  const { classes, classWeights, beta, betaScale } = parameters;
  return {
    model: native.makeSphereModel(memories, { labels: classes + 1, classWeights, beta, betaScale }),
    rows: await toNativeRows(`${rows.name}.values`, rows, 'float64', 'allowed', { signal }),
  };
}
