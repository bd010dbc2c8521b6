import { integer, nonNegative, positive, rangeError } from '../../core/check.ts';
import type { RecallSettings } from '../../core/recall.ts';
import { ascending } from '../../core/statistics.ts';
import type { SampleSettings } from './imageSample.ts';
import { type FeatureScale, featureScales } from './scaling.ts';

/** The choices of every recall of images with pixels hidden. */
export interface ImageSettings extends SampleSettings, RecallSettings {
  /** Units in which the Gaussian and Euclidean memories compare features. */
  readonly scale: FeatureScale;
  /** Ridge added to the variances of a query's features, for images too plain to span all of them. */
  readonly ridge: number;
  /** Number of queries in the gallery, the first ones drawn. */
  readonly shown: number;
}

/**
 * Sized for well under a minute on two cores; nearly all of it goes to Gaussian recalls at the smallest betas. Features
 * are standardised because units such as pixels and grey levels are nobody's choice.
 */
export const defaultImageSettings: ImageSettings = {
  items: 1000,
  queries: 60,
  seed: 1,
  hiddenShare: 0.2,
  blockSide: 12,
  scale: 'standardised',
  scaledBetas: [2, 4, 8, 16, 32, 64],
  tolerance: 1e-3,
  maxIterations: 100,
  // A millionth of a standardised feature's variance: negligible for an image with any texture.
  ridge: 1e-6,
  shown: 8,
};

/** Checks settings before images are read, with limits above those of a run of hours. */
export function checkImageSettings(settings: ImageSettings): void {
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
}

function checkSweep({ scaledBetas, tolerance, maxIterations }: RecallSettings): void {
  ascending('settings.scaledBetas', scaledBetas);
  integer('settings.scaledBetas.length', scaledBetas.length, 2, 100);
  for (const [at, scaledBeta] of scaledBetas.entries()) positive(`settings.scaledBetas[${at}]`, scaledBeta);
  positive('settings.tolerance', tolerance);
  integer('settings.maxIterations', maxIterations, 1, 100_000);
}
