import { types } from 'node:util';
import { type Batch, precisionOf, vectorBatch } from '../core/batches.ts';
import { seedBits } from '../core/random.ts';
import {
  checkOptions,
  describe,
  extent,
  floatArray,
  integer,
  nonNegative,
  object,
  product,
  rangeError,
  shapeError,
} from '../core/validate.ts';
import type { NumberArray } from '../io/numbers.ts';
import {
  type CheckedData,
  checkClassShares,
  checkSpace,
  checkSplitting,
  checkUnits,
  greatestCount,
  type SplittingSettings,
  share,
  type TrainingSettings,
  trainingNumbers,
} from './settings.ts';
import type { SphereTrainingData, SplittingOptions, TrainOptions } from './types.ts';

// Checks and defaults of training.

const greatestClasses = 2 ** 20;

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
  const number = <K extends keyof typeof trainingNumbers & keyof TrainOptions>(key: K, value: unknown) =>
    trainingNumbers[key](`options.${key}`, value);
  const hiddenUnits = checkUnits('options.hiddenUnits', options.hiddenUnits, trainingRows);
  const { beta, trainsBeta } = readBeta(options.beta ?? { trainedFrom: 1 });
  const softening = readSoftening(options, data);
  const settings = {
    hiddenUnits,
    beta,
    trainsBeta,
    betaScale: number('betaScale', options.betaScale ?? (trainsBeta ? 0.25 : 1)),
    softening,
    classShares: readClassShares(options.classShares, data, softening),
    background: number('background', options.background ?? 1),
    batchSize: number('batchSize', options.batchSize ?? defaultBatchSize(trainingRows)),
    learningRate: number('learningRate', options.learningRate ?? 0.1),
    momentum: number('momentum', options.momentum ?? 0.99),
    maxEpochs: number('maxEpochs', options.maxEpochs ?? 300),
    patience: number('patience', options.patience ?? 1),
    trainingRows,
    splitting:
      options.splitting === undefined
        ? undefined
        : readSplitting(options.splitting, hiddenUnits, trainingRows < data.batch.count),
    seed: String(seedBits(options.seed ?? 0)),
  };
  checkSpace(settings, data);
  return settings;
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

function readBeta(given: NonNullable<TrainOptions['beta']>): { beta: number; trainsBeta: boolean } {
  if (typeof given === 'number') return { beta: trainingNumbers.beta('options.beta', given), trainsBeta: false };
  const { trainedFrom, ...others } = object('options.beta', given) as { trainedFrom: unknown };
  const [other] = Object.keys(others);
  if (other !== undefined) throw rangeError('options.beta', 'only trainedFrom', other);
  return { beta: trainingNumbers.beta('options.beta.trainedFrom', trainedFrom), trainsBeta: true };
}

function readSoftening({ labelSoftening, posteriorSoftening }: TrainOptions, { labels }: CheckedData): number {
  const [unused, value] = labels
    ? [posteriorSoftening, labelSoftening ?? 0.1]
    : [labelSoftening, posteriorSoftening ?? 0.01];
  const [name, other] = labels ? ['labelSoftening', 'posteriorSoftening'] : ['posteriorSoftening', 'labelSoftening'];
  if (unused !== undefined) {
    throw rangeError(`options.${other}`, `nothing ${labels ? 'beside' : 'without'} data.labels`, unused);
  }
  return trainingNumbers.softening(`options.${name}`, value);
}

function readClassShares(given: ArrayLike<number> | undefined, data: CheckedData, softening: number): number[] {
  const count = data.classes + 1;
  if (given === undefined) {
    return data.labels ? sharesOf(data.labels, count, softening) : risingShares(count);
  }
  const shares = checkClassShares('options.classShares', given, data, softening);
  const sum = shares.reduce((total, value) => total + value, 0);
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

function readSplitting(given: SplittingOptions, hiddenUnits: number, hasValidation: boolean): SplittingSettings {
  const name = 'options.splitting';
  object(name, given);
  if (given.epochs === undefined && !hasValidation) {
    throw rangeError(`${name}.epochs`, 'an integer, since no rows are kept for validation,', given.epochs);
  }
  const complete = {
    ...given,
    fraction: given.fraction ?? 1,
    threshold: given.threshold ?? null,
    distance: given.distance ?? 0.25,
    epochs: given.epochs ?? greatestCount,
    rows: given.rows ?? 10_000,
    passes: given.passes ?? 6,
  };
  return checkSplitting(name, complete, hiddenUnits);
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
