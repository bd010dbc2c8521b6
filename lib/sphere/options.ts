import { types } from 'node:util';
import { describe } from '../core/describe.ts';
import {
  aFunction,
  asGiven,
  callOptions,
  described,
  oneOf,
  optional,
  type Read,
  readOptions,
  required,
  specify,
} from '../core/options.ts';
import { aSeed, seedBits } from '../core/random.ts';
import type { FloatArray } from '../core/types.ts';
import {
  checkedElements,
  extent,
  fields,
  floatArray,
  integer,
  isArray,
  nonNegative,
  positive,
  product,
  rangeError,
  shapeError,
} from '../core/validate.ts';
import type { NumberArray } from '../io/numbers.ts';
import { type FilePath, filePath } from '../io/path.ts';
import { type Batch, precisionOf, vectorBatch } from '../memory/batches.ts';
import {
  type CheckedData,
  checkClassShares,
  checkMixed,
  checkSpace,
  checkSplitting,
  checkUnits,
  count,
  greatestCount,
  type SplittingSettings,
  share,
  sumTolerance,
  type TrainingSettings,
  threshold,
  trainingNumbers,
  withSumOne,
} from './settings.ts';
import type { SphereTrainingData, SplittingOptions, TrainingCallOptions, TrainOptions } from './types.ts';

// Checks and defaults of training.

const greatestClasses = 2 ** 20;

/** The options of a call that trains. */
export const trainingCallOptions = specify<TrainingCallOptions>()({
  ...callOptions,
  onEpoch: optional(aFunction<NonNullable<TrainingCallOptions['onEpoch']>>),
});

const splittingOptions = specify<SplittingOptions>()({
  from: required(count),
  fraction: optional(positive, 1),
  threshold: optional<number | null, number>(threshold, null),
  distance: optional(positive, 0.25),
  epochs: optional(count),
  rows: optional(count, 10_000),
  passes: optional(count, 6),
});

const { hiddenUnits, beta, betaScale, softening, background, batchSize } = trainingNumbers;
const { learningRate, momentum, maxEpochs, patience } = trainingNumbers;

export const trainOptions = specify<TrainOptions>()({
  ...trainingCallOptions,
  hiddenUnits: described(required(hiddenUnits), { integerFrom: 1 }, 'number of memories'),
  beta: described(
    optional<Beta, NonNullable<TrainOptions['beta']>>(readBeta, { beta: 1, trainsBeta: true }),
    'number',
    'inverse temperature, fixed',
    'trained with the rest',
  ),
  betaScale: described(optional(betaScale), 'number', "the paper's sigma", '0.25 where beta is trained, else 1'),
  labelSoftening: optional(softening),
  posteriorSoftening: optional(softening),
  classShares: optional<unknown, ArrayLike<number>>(asGiven),
  background: optional(background, 1),
  batchSize: described(
    optional(batchSize),
    { integerFrom: 1 },
    'rows in a minibatch',
    '1000, or a twentieth of the rows',
  ),
  learningRate: described(optional(learningRate, 0.1), 'number', 'size of a step'),
  momentum: described(optional(momentum, 0.99), 'number', 'share of the velocity that a step keeps'),
  maxEpochs: described(optional(maxEpochs, 300), { integerFrom: 1 }, 'maximum number of epochs'),
  patience: described(
    optional(patience, 1),
    { integerFrom: 1 },
    'epochs without a lower validation loss that end training',
  ),
  validationShare: described(
    optional((name, value) => share(name, value, 'below'), 0.1),
    'number',
    'share of the rows, from the end, kept for validation',
  ),
  splitting: optional<Read<typeof splittingOptions>, SplittingOptions>((name, value) =>
    readOptions(splittingOptions, value, name),
  ),
  initialMemories: optional<unknown, FloatArray>(asGiven),
  precision: described(
    optional(oneOf('mixed')),
    { oneOf: ['mixed'] },
    'products in bfloat16 where they do no harm',
    'that of the rows',
  ),
  seed: described(optional(aSeed, 0), { integerFrom: 0 }, 'seed of all random choices'),
  checkpoint: optional<string, FilePath>((name, value) => filePath(value, name)),
});

/** {@link TrainOptions} after their checks. */
export type Training = Read<typeof trainOptions>;

export function readTraining(options: TrainOptions): Training {
  return readOptions(trainOptions, options);
}

export function readData(data: SphereTrainingData): CheckedData {
  const given = fields('data', data, ['count', 'dimension', 'values', 'classes'], ['labels']);
  const batch = vectorBatch('data', given as unknown as SphereTrainingData);
  const classes = readClasses(given.classes);
  const labels = given.labels === undefined ? undefined : readLabels(given.labels, batch.count, classes);
  return { batch, precision: precisionOf(batch), classes, labels };
}

/** Reads the number of classes, at most as many as an array can hold. */
function readClasses(value: unknown): number {
  return integer('data.classes', extent('data.classes', value), 1, greatestClasses);
}

/** Reads labels from 0 to `classes` into a copy. */
export function readLabels(given: unknown, count: number, classes: number): Int32Array {
  if (!isArray(given) && !isTypedNumbers(given)) {
    throw shapeError('data.labels', 'an array of integers, typed or not', describe(given));
  }
  if (given.length !== count) throw shapeError('data.labels', `${count} labels, one for each row`, `${given.length}`);
  const expected = `an integer from 0 (none) to ${classes} (data.classes)`;
  const labels = checkedElements('data.labels', given, (name, label) => {
    if (Number.isInteger(label) && (label as number) >= 0 && (label as number) <= classes) return label as number;
    throw rangeError(name, expected, label);
  });
  return Int32Array.from(labels);
}

/** Whether this is a typed array of numbers of any type (except bigints). */
function isTypedNumbers(value: unknown): value is NumberArray {
  return types.isTypedArray(value) && !types.isBigInt64Array(value) && !types.isBigUint64Array(value);
}

export function settingsOf(options: Training, data: CheckedData): TrainingSettings {
  const { background, learningRate, momentum, maxEpochs, patience, splitting } = options;
  const { beta, trainsBeta } = options.beta;
  const trainingRows = data.batch.count - validationRows(data.batch.count, options.validationShare);
  const hiddenUnits = checkUnits('options.hiddenUnits', options.hiddenUnits, trainingRows);
  const batchSize = options.batchSize ?? defaultBatchSize(trainingRows);
  const softening = readSoftening(options, data);
  const settings = {
    hiddenUnits,
    beta,
    trainsBeta,
    betaScale: options.betaScale ?? (trainsBeta ? 0.25 : 1),
    softening,
    classShares: readClassShares(options.classShares, data, softening),
    background,
    batchSize,
    learningRate,
    momentum,
    maxEpochs,
    patience,
    trainingRows,
    splitting: splitting && settingsOfSplitting(splitting, hiddenUnits, trainingRows < data.batch.count),
    isMixed: checkMixed('options.precision', options.precision === 'mixed', data),
    seed: String(seedBits(options.seed)),
  };
  checkSpace(settings, data);
  return settings;
}

/** The initial memories, if given: a batch whose norms are not checked yet. */
export function readInitialMemories(
  { initialMemories: given }: Training,
  { splitting, hiddenUnits }: TrainingSettings,
  { batch: { dimension } }: CheckedData,
): Batch | undefined {
  if (given === undefined) return undefined;
  const name = 'options.initialMemories';
  const count = splitting?.from ?? hiddenUnits;
  // A copy, since training reads it after it has returned to its caller.
  const positions = floatArray(name, given, product(name, count, dimension), `${count} x ${dimension}`).slice();
  return { name, kind: 'euclidean', count, dimension, positions };
}

/** Number of validation rows: at least one for a positive share of two or more rows. */
function validationRows(count: number, share: number): number {
  return share > 0 && count > 1 ? Math.max(1, Math.floor(count * share)) : 0;
}

/**
 * The published batch size, but at least twenty steps an epoch: with fewer, beta and the memories hardly move on small
 * data.
 */
function defaultBatchSize(trainingRows: number): number {
  return Math.min(1000, Math.ceil(trainingRows / 20));
}

interface Beta {
  readonly beta: number;
  readonly trainsBeta: boolean;
}

function readBeta(name: string, value: unknown): Beta {
  if (typeof value === 'number') return { beta: beta(name, value), trainsBeta: false };
  return { beta: readOptions({ trainedFrom: required(beta) }, value, name).trainedFrom, trainsBeta: true };
}

function readSoftening({ labelSoftening, posteriorSoftening }: Training, { labels }: CheckedData): number {
  const [unused, value] = labels
    ? [posteriorSoftening, labelSoftening ?? 0.1]
    : [labelSoftening, posteriorSoftening ?? 0.01];
  const other = labels ? 'posteriorSoftening' : 'labelSoftening';
  if (unused !== undefined) {
    throw rangeError(`options.${other}`, `nothing ${labels ? 'beside' : 'without'} data.labels`, unused);
  }
  return value;
}

function readClassShares(given: unknown, data: CheckedData, softening: number): number[] {
  const count = data.classes + 1;
  if (given === undefined) {
    return data.labels ? sharesOf(data.labels, count, softening) : risingShares(count);
  }
  return withSumOne(checkClassShares('options.classShares', given, data, softening));
}

/** The class shares of softened labels. */
function sharesOf(labels: Int32Array, count: number, softening: number): number[] {
  const shares = new Array<number>(count).fill(softening / count);
  for (const label of labels) shares[label] = (shares[label] as number) + (1 - softening) / labels.length;
  return shares;
}

/** Shares that rise from 1 to 2 in equal steps, divided by their sum. */
function risingShares(count: number): number[] {
  return withSumOne(Array.from({ length: count }, (_, y) => 1 + y / Math.max(1, count - 1)));
}

function settingsOfSplitting(
  given: Read<typeof splittingOptions>,
  hiddenUnits: number,
  hasValidation: boolean,
): SplittingSettings {
  const name = 'options.splitting';
  if (given.epochs === undefined && !hasValidation) {
    throw rangeError(`${name}.epochs`, 'an integer, since no rows are kept for validation,', given.epochs);
  }
  return checkSplitting(name, { ...given, epochs: given.epochs ?? greatestCount }, hiddenUnits);
}

export const parameterNames = [
  'dimension',
  'hiddenUnits',
  'classes',
  'beta',
  'betaScale',
  'memories',
  'classWeights',
] as const;

/** Reads the class weights of a model; checks their shape and that they are probabilities. */
export function readClassWeights(name: string, value: unknown, hiddenUnits: number, classes: number): Float64Array {
  const { rows, columns, data } = fields(name, value, ['rows', 'columns', 'data']);
  const shape = `${hiddenUnits + 1} x ${classes + 1}`;
  if (rows !== hiddenUnits + 1 || columns !== classes + 1) {
    throw shapeError(
      name,
      `a matrix of ${shape} (units and the background, classes and "none")`,
      `${describe(rows)} x ${describe(columns)}`,
    );
  }
  const weights = Float64Array.from(
    floatArray(`${name}.data`, data, product(name, hiddenUnits + 1, classes + 1), shape),
  );
  let sum = 0;
  weights.forEach((weight, at) => {
    if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY)) nonNegative(`${name}.data[${at}]`, weight);
    sum += weight;
  });
  if (!(Math.abs(sum - 1) <= sumTolerance)) throw rangeError(`${name}.data`, 'probabilities with sum 1', sum);
  return weights;
}
