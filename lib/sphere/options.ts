import { types } from 'node:util';
import { type Batch, precisionOf, vectorBatch } from '../core/batches.ts';
import type { Precision } from '../core/memory.ts';
import { seedBits } from '../core/random.ts';
import {
  checkOptions,
  describe,
  extent,
  fitsInMemory,
  floatArray,
  integer,
  nonNegative,
  object,
  positive,
  product,
  rangeError,
  shapeError,
} from '../core/validate.ts';
import type { NumberArray } from '../io/numbers.ts';
import type { SphereTrainingData, SplittingOptions, TrainOptions } from './types.ts';

// Checks and defaults of training.

const greatestCount = 2 ** 31 - 1;
const greatestClasses = 2 ** 20;

/** Data as training takes them. */
export interface CheckedData {
  readonly batch: Batch;
  readonly precision: Precision;
  readonly classes: number;
  readonly labels: Int32Array | undefined;
}

/** All that a run follows from besides its data; plain numbers, so that a checkpoint can hold it. */
export interface TrainingSettings {
  readonly hiddenUnits: number;
  readonly beta: number;
  readonly trainsBeta: boolean;
  readonly betaScale: number;
  readonly softening: number;
  readonly classShares: readonly number[];
  readonly background: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly momentum: number;
  readonly maxEpochs: number;
  readonly patience: number;
  readonly trainingRows: number;
  /** No threshold is null. */
  readonly splitting:
    | (Required<{ [K in Exclude<keyof SplittingOptions, 'threshold'>]: number }> & {
        readonly threshold: number | null;
      })
    | undefined;
  /** 64 bits, as decimal digits. */
  readonly seed: string;
}

const trainOptionNames = new Set([
  'background',
  'batchSize',
  'beta',
  'betaScale',
  'checkpoint',
  'classShares',
  'hiddenUnits',
  'initialMemories',
  'labelSoftening',
  'learningRate',
  'maxEpochs',
  'momentum',
  'onEpoch',
  'onProgress',
  'patience',
  'posteriorSoftening',
  'seed',
  'signal',
  'splitting',
  'validationShare',
]);
const callOptionNames = new Set(['onEpoch', 'onProgress', 'signal']);
const splittingOptionNames = new Set(['distance', 'epochs', 'fraction', 'from', 'passes', 'rows', 'threshold']);

export function readData(data: SphereTrainingData): CheckedData {
  const batch = vectorBatch('data', data);
  const classes = readClasses(data.classes);
  const labels = data.labels === undefined ? undefined : readLabels(data.labels, batch.count, classes);
  return { batch, precision: precisionOf(batch), classes, labels };
}

/** As many that every array of them can be had. */
function readClasses(value: unknown): number {
  return integer('data.classes', extent('data.classes', value), 1, greatestClasses);
}

/** Labels 0 to `classes`, copied. */
export function readLabels(given: unknown, count: number, classes: number): Int32Array {
  if (!Array.isArray(given) && !isTypedNumbers(given)) {
    throw shapeError('data.labels', 'an array of integers, typed or not', describe(given));
  }
  if (given.length !== count) throw shapeError('data.labels', `${count} labels, one for each row`, `${given.length}`);
  const labels: ArrayLike<unknown> = given;
  const isLabel = (label: unknown) => Number.isInteger(label) && (label as number) >= 0 && (label as number) <= classes;
  for (let i = 0; i < count; i++) {
    if (!isLabel(labels[i])) {
      throw rangeError(`data.labels[${i}]`, `an integer from 0 (none) to ${classes} (data.classes)`, labels[i]);
    }
  }
  return Int32Array.from(labels as ArrayLike<number>);
}

/** Numbers of any type, as files give them (but for bigints). */
function isTypedNumbers(value: unknown): value is NumberArray {
  return types.isTypedArray(value) && !types.isBigInt64Array(value) && !types.isBigUint64Array(value);
}

export function checkTrainingCall(options: object, known: ReadonlySet<string> = callOptionNames): void {
  checkOptions(options, known);
  const { onEpoch } = options as { onEpoch?: unknown };
  if (onEpoch !== undefined && typeof onEpoch !== 'function') {
    throw shapeError('options.onEpoch', 'a function', describe(onEpoch));
  }
}

export function readTrainOptions(options: TrainOptions, data: CheckedData): TrainingSettings {
  checkTrainingCall(options, trainOptionNames);
  const validationShare = share('options.validationShare', options.validationShare ?? 0.1, 'below');
  const trainingRows = data.batch.count - validationRows(data.batch.count, validationShare);
  const hiddenUnits = integer('options.hiddenUnits', options.hiddenUnits, 1, greatestCount);
  if (hiddenUnits > trainingRows) {
    throw rangeError('options.hiddenUnits', `at most ${trainingRows}, the number of training rows,`, hiddenUnits);
  }
  const batchSize = integer('options.batchSize', options.batchSize ?? defaultBatchSize(trainingRows), 1, greatestCount);
  fitsInMemory('the work space of a minibatch', workSpace(Math.min(batchSize, trainingRows), hiddenUnits, data));
  const { beta, trainsBeta } = readBeta(options.beta ?? { trainedFrom: 1 });
  const softening = readSoftening(options, data);
  return {
    hiddenUnits,
    beta,
    trainsBeta,
    betaScale: positive('options.betaScale', options.betaScale ?? (trainsBeta ? 0.25 : 1)),
    softening,
    classShares: readClassShares(options.classShares, data, softening),
    background: nonNegative('options.background', options.background ?? 1),
    batchSize,
    learningRate: positive('options.learningRate', options.learningRate ?? 0.1),
    momentum: share('options.momentum', options.momentum ?? 0.99, 'below'),
    maxEpochs: integer('options.maxEpochs', options.maxEpochs ?? 300, 1, greatestCount),
    patience: integer('options.patience', options.patience ?? 1, 1, greatestCount),
    trainingRows,
    splitting:
      options.splitting === undefined
        ? undefined
        : readSplitting(options.splitting, hiddenUnits, trainingRows < data.batch.count),
    seed: String(seedBits(options.seed ?? 0)),
  };
}

/** Where the memories of the first units begin, if that is given: a batch whose norms are not checked yet. */
export function readInitialMemories(
  { initialMemories: given }: TrainOptions,
  { splitting, hiddenUnits }: TrainingSettings,
  { batch: { dimension } }: CheckedData,
): Batch | undefined {
  if (given === undefined) return undefined;
  const name = 'options.initialMemories';
  const count = splitting?.from ?? hiddenUnits;
  // A copy: training reads it after it has returned to its caller.
  const positions = floatArray(name, given, product(name, count, dimension), `${count} x ${dimension}`).slice();
  return { name, kind: 'euclidean', count, dimension, positions };
}

/** At least one where a share is asked for and two rows are there. */
export function validationRows(count: number, share: number): number {
  return share > 0 && count > 1 ? Math.max(1, Math.floor(count * share)) : 0;
}

/** The published one, but at least twenty steps an epoch: with fewer, beta and the memories hardly move on small data. */
function defaultBatchSize(trainingRows: number): number {
  return Math.min(1000, Math.ceil(trainingRows / 20));
}

/** Bytes: overlaps of every row, and class sums of 32 groups of rows at most. */
function workSpace(rows: number, hiddenUnits: number, { precision, classes }: CheckedData): number {
  const overlap = precision === 'float32' ? Float32Array.BYTES_PER_ELEMENT : Float64Array.BYTES_PER_ELEMENT;
  const sums = Math.min(32, Math.ceil(rows / 64)) * (hiddenUnits + 1) * (classes + 1) * Float64Array.BYTES_PER_ELEMENT;
  return rows * hiddenUnits * overlap + sums;
}

/** A number from 0 to 1, or below 1. */
function share(name: string, value: unknown, limit: 'upTo' | 'below'): number {
  const fits = typeof value === 'number' && value >= 0 && (limit === 'upTo' ? value <= 1 : value < 1);
  if (!fits) throw rangeError(name, limit === 'upTo' ? 'a number from 0 to 1' : 'a number from 0 to below 1', value);
  return value;
}

function readBeta(given: NonNullable<TrainOptions['beta']>): { beta: number; trainsBeta: boolean } {
  if (typeof given === 'number') return { beta: positive('options.beta', given), trainsBeta: false };
  const { trainedFrom, ...others } = object('options.beta', given) as { trainedFrom: unknown };
  const [other] = Object.keys(others);
  if (other !== undefined) throw rangeError('options.beta', 'only trainedFrom', other);
  return { beta: positive('options.beta.trainedFrom', trainedFrom), trainsBeta: true };
}

function readSoftening({ labelSoftening, posteriorSoftening }: TrainOptions, { labels }: CheckedData): number {
  const [unused, value] = labels
    ? [posteriorSoftening, labelSoftening ?? 0.1]
    : [labelSoftening, posteriorSoftening ?? 0.01];
  const [name, other] = labels ? ['labelSoftening', 'posteriorSoftening'] : ['posteriorSoftening', 'labelSoftening'];
  if (unused !== undefined) {
    throw rangeError(`options.${other}`, `nothing ${labels ? 'beside' : 'without'} data.labels`, unused);
  }
  return share(`options.${name}`, value, 'upTo');
}

const shareTolerance = 1e-9;

function readClassShares(given: ArrayLike<number> | undefined, data: CheckedData, softening: number): number[] {
  const count = data.classes + 1;
  if (given === undefined) {
    return data.labels ? sharesOf(data.labels, count, softening) : risingShares(count);
  }
  const { length } = object('options.classShares', given) as { length?: unknown };
  if (length !== count) {
    throw shapeError('options.classShares', `${count} numbers, one for "none" and each class,`, describe(length));
  }
  const shares = Array.from(given, (value, y) => nonNegative(`options.classShares[${y}]`, value));
  const sum = shares.reduce((total, value) => total + value, 0);
  if (Math.abs(sum - 1) > shareTolerance) throw rangeError('options.classShares', 'numbers with sum 1', sum);
  const needed = data.labels && softening === 0 ? new Set(data.labels) : undefined;
  const empty = shares.findIndex((share, y) => share === 0 && (needed?.has(y) ?? true));
  if (empty >= 0) {
    throw rangeError(`options.classShares[${empty}]`, 'a number above 0, since labels give this class a share,', 0);
  }
  return shares.map((value) => value / sum);
}

/** Of the softened labels. */
function sharesOf(labels: Int32Array, count: number, softening: number): number[] {
  const shares = new Array<number>(count).fill(softening / count);
  for (const label of labels) shares[label] = (shares[label] as number) + (1 - softening) / labels.length;
  return shares;
}

/** From 1 to 2 in equal steps, with sum 1. */
function risingShares(count: number): number[] {
  const weights = Array.from({ length: count }, (_, y) => 1 + y / Math.max(1, count - 1));
  const sum = weights.reduce((total, value) => total + value, 0);
  return weights.map((value) => value / sum);
}

function readSplitting(
  given: SplittingOptions,
  hiddenUnits: number,
  hasValidation: boolean,
): NonNullable<TrainingSettings['splitting']> {
  const name = (key: keyof SplittingOptions) => `options.splitting.${key}`;
  for (const key of Object.keys(object('options.splitting', given))) {
    if (!splittingOptionNames.has(key)) {
      throw rangeError('options.splitting', `only ${[...splittingOptionNames].join(', ')}`, key);
    }
  }
  if (given.epochs === undefined && !hasValidation) {
    throw rangeError(name('epochs'), 'an integer, since no rows are kept for validation,', given.epochs);
  }
  const fraction = positive(name('fraction'), given.fraction ?? 1);
  if (fraction > 1) throw rangeError(name('fraction'), 'a number above 0 and at most 1', fraction);
  const threshold = given.threshold ?? null;
  if (threshold !== null && !(threshold <= 0 && Number.isFinite(threshold)))
    throw rangeError(name('threshold'), 'a finite number of at most 0', threshold);
  return {
    from: integer(name('from'), given.from, 1, hiddenUnits),
    fraction,
    threshold,
    distance: positive(name('distance'), given.distance ?? 0.25),
    epochs: integer(name('epochs'), given.epochs ?? greatestCount, 1, greatestCount),
    rows: integer(name('rows'), given.rows ?? 10_000, 1, greatestCount),
    passes: integer(name('passes'), given.passes ?? 6, 1, greatestCount),
  };
}

/** The class weights of a model: their shape and that they are probabilities. */
export function readClassWeights(
  name: string,
  value: { readonly rows: number; readonly columns: number; readonly data: unknown },
  hiddenUnits: number,
  classes: number,
): Float64Array {
  const { rows, columns, data } = object(name, value) as typeof value;
  const shape = `${hiddenUnits + 1} x ${classes + 1}`;
  if (rows !== hiddenUnits + 1 || columns !== classes + 1) {
    throw shapeError(
      name,
      `a matrix of ${shape} (units and the background, classes and "none")`,
      `${rows} x ${columns}`,
    );
  }
  const weights = Float64Array.from(floatArray(`${name}.data`, data, product(name, rows, columns), shape));
  let sum = 0;
  weights.forEach((weight, at) => {
    if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY)) nonNegative(`${name}.data[${at}]`, weight);
    sum += weight;
  });
  if (!(Math.abs(sum - 1) <= weightTolerance)) throw rangeError(`${name}.data`, 'probabilities with sum 1', sum);
  return weights;
}

/** Of weights that were in float32 before. */
const weightTolerance = 1e-5;
