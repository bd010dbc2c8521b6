import { integer, nonNegative, positive, rangeError } from '../core/check.ts';
import type { ExperimentSettings } from '../core/experiment.ts';
import { ascending } from '../core/statistics.ts';
import { type DemoSettings, defaultDemoSettings } from '../demo/settings.ts';
import type { ImageSize } from '../shared/images/masks.ts';
import { featureScales } from '../shared/images/scaling.ts';
import { type AutoencoderTraining, checkTraining } from './autoencoderTraining.ts';

/** The choices of the experiment on images. */
export interface ImageRecallSettings extends ExperimentSettings, DemoSettings, AutoencoderTraining {
  /** `mnist`, `fashion-mnist`, or paths of folders with grey images in IDX files of the same names as theirs. */
  readonly data: readonly string[];
  /** Images from the start of the training set that the autoencoder learns; those stored are of the test set. */
  readonly trainingImages: number;
}

/**
 * In place of CelebA and CIFAR-10; folders of these, as grey IDX files, are taken by `data`. The paper names neither
 * the number of images nor its autoencoder; `items`, `queries`, `trainingImages` and `epochs` are sized for about four
 * minutes.
 */
export const defaultImageRecallSettings: ImageRecallSettings = {
  ...defaultDemoSettings,
  data: ['mnist', 'fashion-mnist'],
  queries: 200,
  scaledBetas: [0.5, 1, 2, 4, 8, 16, 32, 64],
  trainingImages: 20_000,
  hiddenUnits: 128,
  latentDimension: 16,
  epochs: 10,
  batch: 50,
  learningRate: 2e-3,
};

/** Digits only, and little of everything: the autoencoder is hardly trained. */
export const quickImageRecallSettings: ImageRecallSettings = {
  ...defaultImageRecallSettings,
  data: ['mnist'],
  items: 100,
  queries: 20,
  scaledBetas: [0.5, 2, 8, 32],
  trainingImages: 1000,
  hiddenUnits: 64,
  latentDimension: 8,
  epochs: 2,
  shown: 4,
};

/** Checks what can be before images are read, with limits that a run of hours stays below. */
export function checkSettings(settings: ImageRecallSettings): void {
  checkData(settings.data);
  integer('settings.seed', settings.seed, 0, Number.MAX_SAFE_INTEGER);
  integer('settings.items', settings.items, 2, 100_000);
  integer('settings.queries', settings.queries, 1, settings.items);
  integer('settings.shown', settings.shown, 1, Math.min(settings.queries, 100));
  if (!(nonNegative('settings.hiddenShare', settings.hiddenShare) < 1)) {
    throw rangeError('settings.hiddenShare', 'a share below 1', settings.hiddenShare);
  }
  integer('settings.blockSide', settings.blockSide, 0, 4096);
  if (!featureScales.includes(settings.scale)) {
    throw rangeError('settings.scale', `one of ${featureScales.join(', ')}`, settings.scale);
  }
  nonNegative('settings.ridge', settings.ridge);
  checkSweep(settings);
  integer('settings.trainingImages', settings.trainingImages, 1, 1_000_000);
  checkTraining(settings, settings.trainingImages);
}

function checkData(data: readonly string[]): void {
  if (!Array.isArray(data) || data.length === 0) throw rangeError('settings.data', 'at least one set of images', data);
  for (const [at, name] of data.entries()) {
    if (typeof name !== 'string' || name.trim() === '') {
      throw rangeError(`settings.data[${at}]`, 'a data set or the path of a folder', name);
    }
    if (data.indexOf(name) < at) throw rangeError(`settings.data[${at}]`, 'each set of images once', name);
  }
}

function checkSweep({ scaledBetas, tolerance, maxIterations }: ImageRecallSettings): void {
  ascending('settings.scaledBetas', scaledBetas);
  integer('settings.scaledBetas.length', scaledBetas.length, 2, 100);
  for (const [at, scaledBeta] of scaledBetas.entries()) positive(`settings.scaledBetas[${at}]`, scaledBeta);
  positive('settings.tolerance', tolerance);
  integer('settings.maxIterations', maxIterations, 1, 100_000);
}

/** Checks what depends on the images stored: there are enough of them, and every mask leaves pixels to see. */
export function checkAgainstImages(
  settings: ImageRecallSettings,
  images: ImageSize & { readonly count: number },
): void {
  const { count, height, width } = images;
  integer('settings.items', settings.items, 2, count);
  if (Math.round(settings.hiddenShare * height * width) >= height * width) {
    const expected = `a share that leaves some of ${height} x ${width} pixels`;
    throw rangeError('settings.hiddenShare', expected, settings.hiddenShare);
  }
  integer('settings.blockSide', settings.blockSide, 0, Math.min(height, width) - 1);
}
