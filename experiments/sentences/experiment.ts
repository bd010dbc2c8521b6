import type { CallOptions } from 'denseam';
import { integer } from '../core/check.ts';
import type { Experiment } from '../core/experiment.ts';
import { drawTargets, memoriesTable, recallChart, recallTable, transitionFindings } from '../shared/betaSweep.ts';
import { drawSentences, loadEncoder, type Sentence, type SentenceEncoder } from './encoder.ts';
import { recallEncoded, recallFile } from './measures.ts';
import { defaultSentencesSettings, quickSentencesSettings, type SentencesSettings } from './settings.ts';

/**
 * Recall of sentences. The paper takes its Gaussians from GaussCSE, whose weights come in no package: a file of them
 * can be given (docs/words.md). Otherwise a sentence becomes the mean and the spread of the embeddings of its variants,
 * each with some words dropped; a query is the same of a sentence that has already lost words, as the paper's images
 * lose pixels. It does not say what its queries on sentences are; those of a file are {@link basinQueries}.
 */
export const sentences: Experiment<SentencesSettings> = createSentences(loadEncoder, drawSentences);

/** The experiment with another encoder and other sentences. */
export function createSentences(
  load: () => Promise<SentenceEncoder>,
  draw: (settings: SentencesSettings, options: CallOptions) => Promise<readonly Sentence[]>,
): Experiment<SentencesSettings> {
  return {
    id: 'sentences',
    title: 'Recall of sentences as Gaussians',
    summary:
      'Sentences become Gaussians in the space of an encoder; with words missing they are recalled at every beta of a sweep.',
    source: 'Tankala and Balasubramanian 2026, experiments on text: GaussCSE on NLI sentences',
    settings: defaultSentencesSettings,
    quick: quickSentencesSettings,
    seconds: 83,
    async run(settings, context) {
      drawTargets(settings.queries, settings.sentences, settings.seed);
      // A variance takes two.
      integer('settings.variants', settings.variants, 2, 2 ** 16);
      const recall =
        settings.source === 'encoder' ? recallEncoded(settings, context, load, draw) : recallFile(settings, context);
      // Diagonal first, as in the paper; it has no full covariances.
      const curves = await recall;
      return {
        findings: curves.flatMap((curve, n) =>
          transitionFindings(curve, n === 0 ? 'sharp phase transition in beta' : ''),
        ),
        tables: [memoriesTable(curves), recallTable(curves)],
        charts: [recallChart('sentences')],
        pictures: [],
      };
    },
  };
}
