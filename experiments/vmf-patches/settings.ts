import { integer, nonNegative, positive, rangeError } from '../core/check.ts';
import type { ExperimentSettings } from '../core/experiment.ts';

/**
 * Treatments of patches without contrast, which are rows of zeros: no points of the sphere, equally similar to all
 * memories.
 */
const blankTreatments = ['kept', 'left out'] as const;
export type BlankTreatment = (typeof blankTreatments)[number];

/** The choices of the experiment on patches. */
export interface VmfPatchesSettings extends ExperimentSettings {
  /** `mnist`, `fashion-mnist` or the path of a folder with such files. */
  readonly data: string;
  /** Images from the start of the training set; 0 for all. */
  readonly images: number;
  /** Rows and columns of a patch, and pixels from one to the next. */
  readonly patchSize: number;
  readonly stride: number;
  /** A model is trained for each; the figures are those of the first. */
  readonly blanks: readonly BlankTreatment[];
  readonly hiddenUnits: number;
  /** C, the latent classes. */
  readonly classes: number;
  readonly betaScale: number;
  /** Initial value of the trained beta. */
  readonly betaFrom: number;
  /** The share of the model's predictions that is spread over all classes. */
  readonly posteriorSoftening: number;
  readonly batchSize: number;
  readonly epochs: number;
  /** Permutations of the classes among memories, for comparison. */
  readonly permutations: number;
}

/**
 * The published settings on a tenth of the digits, in minibatches of a tenth: the number of steps, which a beta that
 * starts at 0.01 needs, is the same. The published scale, 8.6 million patches, is images 0 and batchSize 1000.
 */
export const defaultVmfPatchesSettings: VmfPatchesSettings = {
  data: 'mnist',
  images: 6000,
  patchSize: 6,
  stride: 2,
  blanks: ['kept', 'left out'],
  hiddenUnits: 100,
  classes: 10,
  betaScale: 0.6,
  betaFrom: 0.01,
  posteriorSoftening: 0.01,
  batchSize: 100,
  epochs: 10,
  permutations: 999,
  seed: 1,
};

/**
 * Settings of a quick run. Without blank patches beta rises within a few thousand steps; with them these are too few,
 * as the other model shows.
 */
export const quickVmfPatchesSettings: VmfPatchesSettings = {
  ...defaultVmfPatchesSettings,
  images: 500,
  blanks: ['left out', 'kept'],
  batchSize: 50,
  epochs: 10,
};

/** Permutations of the permutation test: p is then as small as anyone asks for, after seconds. */
const mostPermutations = 100_000;
/** Their pairs fit in memory, and the figures on a page. */
const mostMemories = 2000;
/** Greatest number of epochs, and of pixels across a patch. */
const greatestExtent = 10_000;

/** All that can be said before the images are read. */
export function checkVmfPatchesSettings(settings: VmfPatchesSettings): void {
  const { blanks, posteriorSoftening } = settings;
  integer('settings.images', settings.images, 0, Number.MAX_SAFE_INTEGER);
  integer('settings.patchSize', settings.patchSize, 2, greatestExtent);
  integer('settings.stride', settings.stride, 1, greatestExtent);
  if (blanks.length === 0) throw rangeError('settings.blanks', `some of ${blankTreatments.join(', ')}`, blanks);
  blanks.forEach((treatment, at) => {
    if (!blankTreatments.includes(treatment) || blanks.indexOf(treatment) < at) {
      throw rangeError(`settings.blanks[${at}]`, `one of ${blankTreatments.join(', ')}, each once,`, treatment);
    }
  });
  integer('settings.hiddenUnits', settings.hiddenUnits, 2, mostMemories);
  // The figures have a colour and a line for so many classes.
  integer('settings.classes', settings.classes, 1, 50);
  positive('settings.betaScale', settings.betaScale);
  positive('settings.betaFrom', settings.betaFrom);
  if (nonNegative('settings.posteriorSoftening', posteriorSoftening) > 1) {
    throw rangeError('settings.posteriorSoftening', 'a number from 0 to 1', posteriorSoftening);
  }
  integer('settings.batchSize', settings.batchSize, 1, 2 ** 31 - 1);
  integer('settings.epochs', settings.epochs, 1, greatestExtent);
  integer('settings.permutations', settings.permutations, 1, mostPermutations);
}
