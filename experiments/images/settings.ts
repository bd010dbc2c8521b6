import { integer, rangeError } from '../core/check.ts';
import type { ExperimentSettings } from '../core/experiment.ts';
import { checkImageSettings, defaultImageSettings, type ImageSettings } from '../shared/images/recallSettings.ts';
import { type AutoencoderTraining, checkTraining } from './autoencoderTraining.ts';

/** The choices of the experiment on images. */
export interface ImageRecallSettings extends ExperimentSettings, ImageSettings, AutoencoderTraining {
  /** `mnist`, `fashion-mnist`, or paths of folders with grey images in IDX files of the same names as theirs. */
  readonly data: readonly string[];
  /** Images from the start of the training set that the autoencoder learns; those stored are of the test set. */
  readonly trainingImages: number;
}

/**
 * Data in place of CelebA and CIFAR-10; `data` takes folders of these as grey IDX files. The paper names neither the
 * number of images nor its autoencoder; `items`, `queries`, `trainingImages` and `epochs` are sized for about four
 * minutes.
 */
export const defaultImageRecallSettings: ImageRecallSettings = {
  ...defaultImageSettings,
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

/** Checks settings before images are read, with limits above those of a run of hours. */
export function checkSettings(settings: ImageRecallSettings): void {
  checkData(settings.data);
  checkImageSettings(settings);
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
