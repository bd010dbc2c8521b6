import type { ExperimentSettings } from '../core/experiment.ts';
import type { RecallSettings } from '../core/recall.ts';
import type { CorpusSettings } from '../shared/corpus.ts';
import type { Word2GaussTraining } from './word2gauss.ts';

/** The choices of the experiment on words. */
export interface WordsSettings
  extends ExperimentSettings,
    CorpusSettings,
    RecallSettings,
    Omit<Word2GaussTraining, 'structure' | 'words'> {
  /** Structures of the covariances: a model is trained and recalled for each. */
  readonly structures: readonly Word2GaussTraining['structure'][];
  /** Number of recalled words, drawn at random. */
  readonly queries: number;
}

/**
 * The published size of the vocabulary and its dimension, on the Brown corpus: the paper's text8 has 17 million words,
 * this a million. text8 is taken by `corpus`, its path. Sized for a minute or two.
 */
export const defaultWordsSettings: WordsSettings = {
  corpus: 'brown',
  words: 11815,
  length: 0,
  structures: ['isotropic', 'diagonal'],
  dimension: 50,
  initialSpread: 0.1,
  initialVariance: 1,
  leastVariance: 0.1,
  greatestVariance: 10,
  greatestNorm: 10,
  epochs: 3,
  window: 5,
  negatives: 1,
  margin: 1,
  learningRate: 0.1,
  subsampling: 1e-3,
  queries: 1000,
  scaledBetas: [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 24, 32, 64],
  tolerance: 1e-4,
  maxIterations: 100,
  seed: 1,
};

/** The first texts of the corpus, one reading. */
export const quickWordsSettings: WordsSettings = {
  ...defaultWordsSettings,
  words: 2000,
  length: 50_000,
  epochs: 1,
  queries: 200,
  scaledBetas: [1, 4, 6, 8, 16, 64],
};
