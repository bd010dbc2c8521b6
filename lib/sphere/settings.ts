import { fitsInMemory } from '../core/availableMemory.ts';
import { aBoolean } from '../core/options.ts';
import { checkedElements, integer, listOf, nonNegative, object, positive, rangeError } from '../core/validate.ts';
import type { Batch } from '../memory/batches.ts';
import type { Precision } from '../memory/memory.ts';
import { threads } from '../native/threads.ts';
import type { SplittingOptions } from './types.ts';

// Checks of the settings of a training, from its caller or from a checkpoint.

/** Greatest count and index on the native side. */
export const greatestCount = 2 ** 31 - 1;

/** Checked training data. */
export interface CheckedData {
  readonly batch: Batch;
  readonly precision: Precision;
  readonly classes: number;
  readonly labels: Int32Array | undefined;
}

/** Settings that determine a run besides its data; plain numbers, for the checkpoint. */
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
  readonly splitting: SplittingSettings | undefined;
  /** Whether the products of an epoch are of mixed precision. */
  readonly isMixed: boolean;
  /** A number of 64 bits in decimal digits. */
  readonly seed: string;
}

/** Settings of splitting; null stands for no threshold. */
export type SplittingSettings = Required<{ [K in Exclude<keyof SplittingOptions, 'threshold'>]: number }> & {
  readonly threshold: number | null;
};

export const count = (name: string, value: unknown) => integer(name, value, 1, greatestCount);

/** Check of each number by itself. */
export const trainingNumbers = {
  hiddenUnits: count,
  beta: positive,
  betaScale: positive,
  softening: (name: string, value: unknown) => share(name, value, 'upTo'),
  background: nonNegative,
  batchSize: count,
  learningRate: positive,
  momentum: (name: string, value: unknown) => share(name, value, 'below'),
  maxEpochs: count,
  patience: count,
};

/** A number from 0 to 1, or below 1. */
export function share(name: string, value: unknown, limit: 'upTo' | 'below'): number {
  const fits = typeof value === 'number' && value >= 0 && (limit === 'upTo' ? value <= 1 : value < 1);
  if (!fits) throw rangeError(name, limit === 'upTo' ? 'a number from 0 to 1' : 'a number from 0 to below 1', value);
  return value;
}

/** Checks the number of hidden units: at most that of the training rows. */
export function checkUnits(name: string, value: unknown, trainingRows: number): number {
  const hiddenUnits = trainingNumbers.hiddenUnits(name, value);
  if (hiddenUnits <= trainingRows) return hiddenUnits;
  throw rangeError(name, `at most ${trainingRows}, the number of training rows,`, hiddenUnits);
}

/** Refuses mixed precision for rows of float64. */
export function checkMixed(name: string, isMixed: boolean, { precision }: CheckedData): boolean {
  if (isMixed && precision !== 'float32') throw rangeError(name, 'nothing beside rows of float64', 'mixed');
  return isMixed;
}

type Sizes = Pick<TrainingSettings, 'hiddenUnits' | 'batchSize' | 'trainingRows' | 'splitting'>;

/** Rows of a native block, and the greatest number of groups of blocks (mixture.h, batch_pass.cc). */
const [blockRows, greatestGroups] = [64, 32];

/** Refuses a run that cannot fit in memory, by a lower bound on its bytes. */
export function checkSpace(
  { hiddenUnits, batchSize, trainingRows, splitting }: Sizes,
  { batch: { dimension }, precision, classes }: CheckedData,
): void {
  const double = Float64Array.BYTES_PER_ELEMENT;
  const own = precision === 'float32' ? Float32Array.BYTES_PER_ELEMENT : double;
  const rows = Math.min(batchSize, trainingRows);
  const memories = hiddenUnits * dimension * own;
  const weights = (hiddenUnits + 1) * (classes + 1) * double;
  const groups = Math.min(greatestGroups, Math.ceil(rows / blockRows));
  const block = Math.min(rows, blockRows) * ((hiddenUnits + 1) * own + (classes + 1) * (2 * own + double));
  const minibatch = rows * (hiddenUnits + dimension) * own + groups * weights + Math.min(groups, threads()) * block;
  const splitRows = splitting ? Math.min(splitting.rows, trainingRows) : 0;
  const splitSpace = splitRows * (2 * hiddenUnits + dimension) * own;
  // Memories and velocities here and on the native side.
  fitsInMemory('the work space of the training', 4 * (memories + weights) + Math.max(minibatch, splitSpace));
}

/**
 * Tolerance for a sum of probabilities: they may have been rounded to float32 (an error of 6e-8) or computed in it,
 * whatever array they are in now. Where the sum matters, they are divided by it.
 */
export const sumTolerance = 1e-5;

/** Checks for nonnegative numbers with sum 1 and returns them unchanged; `what` names their index. */
export function checkShares(name: string, given: unknown, count: number, what: string): number[] {
  const list = listOf(name, given, count, `${count} numbers, one for ${what},`);
  const shares = checkedElements(name, list, nonNegative);
  const sum = shares.reduce((total, value) => total + value, 0);
  if (!(Math.abs(sum - 1) <= sumTolerance)) throw rangeError(name, 'numbers with sum 1', sum);
  return shares;
}

/** Divides shares by their sum. */
export function withSumOne(shares: readonly number[]): number[] {
  const sum = shares.reduce((total, value) => total + value, 0);
  return shares.map((value) => value / sum);
}

/** Checks the shares of "none" and all classes: numbers with sum 1, above 0 for every class with labels. */
export function checkClassShares(
  name: string,
  given: unknown,
  data: CheckedData,
  softening: number,
): readonly number[] {
  const shares = checkShares(name, given, data.classes + 1, '"none" and each class');
  const needed = data.labels && softening === 0 ? new Set(data.labels) : undefined;
  const empty = shares.findIndex((share, y) => share === 0 && (needed?.has(y) ?? true));
  if (empty >= 0) {
    throw rangeError(`${name}[${empty}]`, 'a number above 0, since labels give this class a share,', 0);
  }
  return shares;
}

const splittingNames = ['distance', 'epochs', 'fraction', 'from', 'passes', 'rows', 'threshold'] as const;

/** Reads the settings of splitting and completes them by defaults. */
export function checkSplitting(
  name: string,
  value: { readonly [K in keyof SplittingSettings]: unknown },
  hiddenUnits: number,
): SplittingSettings {
  for (const key of Object.keys(object(name, value))) {
    if (!splittingNames.some((known) => known === key))
      throw rangeError(name, `only ${splittingNames.join(', ')}`, key);
  }
  const fraction = positive(`${name}.fraction`, value.fraction);
  if (fraction > 1) throw rangeError(`${name}.fraction`, 'a number above 0 and at most 1', fraction);
  return {
    from: integer(`${name}.from`, value.from, 1, hiddenUnits),
    fraction,
    threshold: value.threshold === null ? null : threshold(`${name}.threshold`, value.threshold),
    distance: positive(`${name}.distance`, value.distance),
    epochs: count(`${name}.epochs`, value.epochs),
    rows: count(`${name}.rows`, value.rows),
    passes: count(`${name}.passes`, value.passes),
  };
}

export function threshold(name: string, value: unknown): number {
  if (!(typeof value === 'number' && value <= 0 && Number.isFinite(value))) {
    throw rangeError(name, 'a finite number of at most 0', value);
  }
  return value;
}

/** Reads settings from JSON, which may have been edited, for known data. */
export function settingsFrom(name: string, value: unknown, data: CheckedData): TrainingSettings {
  const given = object(name, value) as Record<keyof TrainingSettings, unknown>;
  const at = (key: keyof TrainingSettings) => `${name}.${key}`;
  const number = (key: keyof typeof trainingNumbers) => trainingNumbers[key](at(key), given[key]);
  const trainingRows = integer(at('trainingRows'), given.trainingRows, 1, data.batch.count);
  const hiddenUnits = checkUnits(at('hiddenUnits'), given.hiddenUnits, trainingRows);
  const softening = number('softening');
  // The oldest checkpoints lack `isMixed`.
  const { classShares, splitting, isMixed = false } = given;
  const settings = {
    hiddenUnits,
    beta: number('beta'),
    trainsBeta: aBoolean(at('trainsBeta'), given.trainsBeta),
    betaScale: number('betaScale'),
    softening,
    classShares: checkClassShares(at('classShares'), classShares, data, softening),
    background: number('background'),
    batchSize: number('batchSize'),
    learningRate: number('learningRate'),
    momentum: number('momentum'),
    maxEpochs: number('maxEpochs'),
    patience: number('patience'),
    trainingRows,
    splitting:
      splitting === undefined
        ? undefined
        : checkSplitting(at('splitting'), splitting as SplittingSettings, hiddenUnits),
    isMixed: checkMixed(at('isMixed'), aBoolean(at('isMixed'), isMixed), data),
    seed: seedDigits(at('seed'), given.seed),
  };
  checkSpace(settings, data);
  return settings;
}

function seedDigits(name: string, value: unknown): string {
  if (typeof value === 'string' && /^\d{1,20}$/.test(value) && BigInt(value) < 2n ** 64n) return value;
  throw rangeError(name, 'the digits of an integer below 2^64', value);
}
