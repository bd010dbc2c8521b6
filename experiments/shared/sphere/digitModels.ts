/** Memories of handwritten digits: of table 1 and figures 1, 3 and 4 of Thériault and Tantari 2025. */
import type { CallOptions, SphereTrainingData } from 'denseam';
import { integer, positive, rangeError } from '../../core/check.ts';
import type { ExperimentSettings, Finding, PartStore } from '../../core/experiment.ts';
import { comparedIf } from '../../core/findings.ts';
import { type ImageSource, onSphere, readLabelledImages } from '../../core/labelledImages.ts';
import { ascending } from '../../core/statistics.ts';
import { type TrainedSphere, trainedSphere } from './sphereModels.ts';

/** Data and settings of the trainings; experiments with the same choices share their models. */
export interface DigitSettings extends ExperimentSettings {
  /** Data set, as in {@link ImageSource.data}. */
  readonly data: string;
  /** Number of images from the start of the file; 0 for all. The last tenth is for validation. */
  readonly trainCount: number;
  readonly testCount: number;
  readonly hiddenUnits: number;
  /** Fixed betas, from small to great. */
  readonly betas: readonly number[];
  /** The paper's sigma for trainings with a trained beta, from small to great. */
  readonly betaScales: readonly number[];
  /** Batch size of trainings with a trained beta. */
  readonly batchSize: number;
  readonly maxEpochs: number;
  readonly patience: number;
  /** Batch size of trainings with a fixed beta. */
  readonly fixedBatchSize: number;
  readonly fixedMaxEpochs: number;
  readonly fixedPatience: number;
}

/**
 * Published scale but for trainings with a fixed beta, which the paper gives batches of 1000, 300 epochs and a patience
 * of 1, too. They run to their last epoch, and what counts is the number of their small steps: batches of an eighth
 * make as many in an eighth of the epochs, and end with the same accuracy to about 0.2 points. Their losses are
 * noisier, so patience is longer. A trained beta would lose half a point.
 */
export const defaultDigitSettings: DigitSettings = {
  data: 'mnist',
  trainCount: 0,
  testCount: 0,
  hiddenUnits: 1000,
  betas: [6, 10, 14, 18],
  betaScales: [0.25, 1],
  batchSize: 1000,
  maxEpochs: 300,
  patience: 1,
  fixedBatchSize: 125,
  fixedMaxEpochs: 38,
  fixedPatience: 3,
  seed: 1,
};

/** A few thousand digits and a few units: seconds. */
export const quickDigitSettings: DigitSettings = {
  ...defaultDigitSettings,
  trainCount: 4000,
  testCount: 1000,
  hiddenUnits: 100,
  betas: [6, 18],
  batchSize: 100,
  maxEpochs: 40,
  patience: 3,
  fixedBatchSize: 100,
  fixedMaxEpochs: 40,
};

/** Greatest sizes: with more, training takes days or does not fit into memory. */
const greatest = {
  hiddenUnits: 20_000,
  batchSize: 100_000,
  epochs: 10_000,
  trainings: 50,
  images: 10_000_000,
} as const;

/** @throws DenseamError ERR_RANGE, with the name of the setting. */
export function checkDigitSettings(settings: DigitSettings): void {
  integer('settings.seed', settings.seed, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  integer('settings.trainCount', settings.trainCount, 0, greatest.images);
  integer('settings.testCount', settings.testCount, 0, greatest.images);
  integer('settings.hiddenUnits', settings.hiddenUnits, 1, greatest.hiddenUnits);
  for (const name of ['betas', 'betaScales'] as const) {
    for (const [at, value] of settings[name].entries()) positive(`settings.${name}[${at}]`, value);
    ascending(`settings.${name}`, settings[name]);
    integer(`the length of settings.${name}`, settings[name].length, 1, greatest.trainings);
  }
  for (const name of ['batchSize', 'fixedBatchSize'] as const) {
    integer(`settings.${name}`, settings[name], 1, greatest.batchSize);
  }
  for (const name of ['maxEpochs', 'patience', 'fixedMaxEpochs', 'fixedPatience'] as const) {
    integer(`settings.${name}`, settings[name], 1, greatest.epochs);
  }
}

/** Default share of the training images for validation. */
const validationShare = 0.1;
/** Classes of labels 0 to 9. */
const digitClasses = 10;

/** Names of the classes, that of label 0 first. */
export function classNames({ data }: DigitSettings): string[] {
  return Array.from({ length: digitClasses }, (_, label) => (data === 'mnist' ? `${label}` : `class ${label + 1}`));
}

/** A fixed beta, or one that is trained with this scale. */
export type BetaChoice = { readonly beta: number } | { readonly betaScale: number };

export function betaChoices({ betas, betaScales }: DigitSettings): BetaChoice[] {
  return [...betas.map((beta) => ({ beta })), ...betaScales.map((betaScale) => ({ betaScale }))];
}

export function betaName(choice: BetaChoice): string {
  return 'beta' in choice ? `beta ${choice.beta}` : `trained, sigma ${choice.betaScale}`;
}

/** The name as the name of a part. */
export function betaPart(choice: BetaChoice): string {
  return betaName(choice).replaceAll(/[^a-zA-Z0-9]+/g, '-');
}

/** Whether models are of the published size and data, and trained as many steps: an epoch has so many a batch size. */
function isPublishedScale(settings: DigitSettings): boolean {
  const { data, trainCount, testCount, hiddenUnits } = settings;
  const steps = Math.min(settings.maxEpochs / settings.batchSize, settings.fixedMaxEpochs / settings.fixedBatchSize);
  return data === 'mnist' && trainCount === 0 && testCount === 0 && hiddenUnits === 1000 && steps >= 300 / 1000;
}

/** A finding about models of the published size and data, from what may be others. */
export function atPublishedScale(finding: Finding, settings: DigitSettings): Finding {
  const why = 'the paper says it of 1000 memories, all digits and up to 300 epochs in batches of 1000';
  return comparedIf(isPublishedScale(settings), why, finding);
}

/** A finding about handwritten digits, of any number and models of any size. */
export function ofDigits(finding: Finding, { data }: DigitSettings): Finding {
  return comparedIf(data === 'mnist', 'the paper says it of MNIST', finding);
}

/** Why a finding at the published scale may not be reproduced. */
export const otherTraining = 'random starts are others, and a fixed beta is trained in smaller batches';

export interface DigitRows extends SphereTrainingData {
  readonly labels: Int32Array;
  /** Pixels of an image; a row has them line by line. */
  readonly height: number;
  readonly width: number;
}

/** The two sets of digits, each read at its first use. */
export interface Digits {
  train(): Promise<DigitRows>;
  test(): Promise<DigitRows>;
}

export function digitsOf({ data, trainCount, testCount }: DigitSettings, signal: AbortSignal | undefined): Digits {
  const once = (source: ImageSource) => {
    let rows: Promise<DigitRows> | undefined;
    return () => {
      rows ??= readRows(source, { signal });
      return rows;
    };
  };
  return {
    train: once({ data, part: 'train', count: trainCount }),
    test: once({ data, part: 't10k', count: testCount }),
  };
}

async function readRows(source: ImageSource, options: CallOptions): Promise<DigitRows> {
  const labelled = await readLabelledImages(source, options);
  const wrong = labelled.labels.find((label) => label >= digitClasses);
  if (wrong !== undefined) throw rangeError('settings.data', 'images with labels from 0 to 9', wrong);
  const { height, width } = labelled.images;
  return { ...(await onSphere(labelled, digitClasses, options)), height, width };
}

/** Properties of the images, for checks before training and for pictures. */
export interface DigitImages {
  readonly height: number;
  readonly width: number;
  readonly trainCount: number;
  /** Number of test images of each class. */
  readonly testClasses: readonly number[];
}

/** @throws DenseamError ERR_RANGE where there are fewer images than asked for, or than memories. */
export async function digitImages(digits: Digits, settings: DigitSettings, parts: PartStore): Promise<DigitImages> {
  const images = await parts.part('images', async () => {
    const { count: trainCount } = await digits.train();
    const { height, width, labels } = await digits.test();
    const testClasses = Array.from({ length: digitClasses }, () => 0);
    for (const label of labels) testClasses[label - 1] = (testClasses[label - 1] as number) + 1;
    return { height, width, trainCount, testClasses };
  });
  checkUnits('settings.hiddenUnits', settings.hiddenUnits, images);
  return images;
}

/** A memory begins at a training image of its own. */
export function checkUnits(name: string, units: number, { trainCount }: DigitImages): void {
  const rows = trainCount - Math.max(1, Math.floor(trainCount * validationShare));
  if (units > rows) throw rangeError(name, `at most ${rows}, the number of training images,`, units);
}

/** The model of a choice of beta, trained unless an experiment has left it. */
export function digitModel(
  choice: BetaChoice,
  settings: DigitSettings,
  { train }: Digits,
  parts: PartStore,
  options: CallOptions,
): Promise<TrainedSphere> {
  const { data, trainCount, hiddenUnits, seed } = settings;
  const training = { hiddenUnits, ...choice, ...lengthOf(choice, settings), seed };
  return trainedSphere(parts, { data, part: 'train', count: trainCount }, train, training, options);
}

function lengthOf(choice: BetaChoice, settings: DigitSettings) {
  const { batchSize, maxEpochs, patience, fixedBatchSize, fixedMaxEpochs, fixedPatience } = settings;
  return 'beta' in choice
    ? { batchSize: fixedBatchSize, maxEpochs: fixedMaxEpochs, patience: fixedPatience }
    : { batchSize, maxEpochs, patience };
}
