import type { RecallSettings } from '../core/recall.ts';
import type { SampleSettings } from '../shared/images/imageSample.ts';
import type { FeatureScale } from '../shared/images/scaling.ts';

/** The choices of the demo. */
export interface DemoSettings extends SampleSettings, RecallSettings {
  /** Units in which the Gaussian and Euclidean memories compare features. */
  readonly scale: FeatureScale;
  /** Added to the variances of a query's features, for images too plain to span all of them. */
  readonly ridge: number;
  /** How many queries the gallery shows: the first ones drawn. */
  readonly shown: number;
}

/**
 * Sized for well under a minute on two cores; nearly all of it goes to Gaussian recalls at the smallest betas. Features are
 * standardised because units such as pixels and grey levels are nobody's choice; the limits in other units are reported too.
 */
export const defaultDemoSettings: DemoSettings = {
  items: 1000,
  queries: 60,
  seed: 1,
  hiddenShare: 0.2,
  blockSide: 12,
  scale: 'standardised',
  scaledBetas: [2, 4, 8, 16, 32, 64],
  tolerance: 1e-3,
  maxIterations: 100,
  // A millionth of a standardised feature's variance: nothing to an image with any texture.
  ridge: 1e-6,
  shown: 8,
};
