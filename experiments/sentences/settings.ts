import type { SpreadKind } from 'denseam';
import type { ExperimentSettings } from '../core/experiment.ts';
import type { RecallSettings } from '../core/recall.ts';

/** The choices of the experiment on sentences. */
export interface SentencesSettings extends ExperimentSettings, RecallSettings {
  /**
   * `encoder`: sentences of the Brown corpus, encoded here; or the path of an .npz file with arrays `means` and
   * `covariances`.
   */
  readonly source: string;
  /** Meaning of the file's array `covariances`. */
  readonly kind: Exclude<SpreadKind, 'covariance'>;
  /** Number of stored sentences; from a file, the first ones. */
  readonly sentences: number;
  /** Number of recalled sentences, drawn at random from them. */
  readonly queries: number;
  /** Sentences of so many words are taken. */
  readonly leastWords: number;
  readonly greatestWords: number;
  /** Share of the words that are left out of a query, and of every variant of a sentence. */
  readonly droppedShare: number;
  /** Variants of a sentence, over whose embeddings its mean and variances are taken. */
  readonly variants: number;
  /** Principal directions that the memory of full covariances keeps. */
  readonly fullDimension: number;
  /** Number of those queries. */
  readonly fullQueries: number;
  /**
   * Added to every variance: this share of the mean variance of the stored sentences. Variants may be the same by
   * chance.
   */
  readonly ridgeShare: number;
}

/** The published number of sentences. Nearly all of its few minutes go into encoding. */
export const defaultSentencesSettings: SentencesSettings = {
  source: 'encoder',
  kind: 'variance',
  sentences: 1000,
  queries: 200,
  leastWords: 8,
  greatestWords: 16,
  droppedShare: 0.2,
  variants: 6,
  fullDimension: 24,
  fullQueries: 30,
  ridgeShare: 0.1,
  scaledBetas: [0.5, 1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32, 64],
  tolerance: 1e-4,
  maxIterations: 100,
  seed: 1,
};

export const quickSentencesSettings: SentencesSettings = {
  ...defaultSentencesSettings,
  sentences: 40,
  queries: 20,
  variants: 3,
  fullDimension: 6,
  fullQueries: 20,
  scaledBetas: [0.25, 1, 2, 4, 8, 16, 64],
};
