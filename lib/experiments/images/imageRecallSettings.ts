import type { ExperimentSettings } from '../experiment.ts';
import type { AutoencoderTraining } from './autoencoderTraining.ts';
import { type DemoSettings, defaultDemoSettings } from './demoSettings.ts';

/** The choices of the experiment on images. */
export interface ImageRecallSettings extends ExperimentSettings, DemoSettings, AutoencoderTraining {
  /** `mnist`, `fashion-mnist`, or paths of folders with grey images in IDX files of the same names as theirs. */
  readonly data: readonly string[];
  /** Images from the start of the training set that the autoencoder learns; those stored are of the test set. */
  readonly trainingImages: number;
}

/**
 * In place of CelebA and CIFAR-10; folders of these, as grey IDX files, are taken by `data`. The paper names neither the number of
 * images nor its autoencoder; `items`, `queries`, `trainingImages` and `epochs` are sized for about four minutes.
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
