import type { Experiment } from '../core/experiment.ts';
import { memoriesTable, recallChart, recallTable, transitionFindings } from '../shared/betaSweep.ts';
import { runWords } from './measures.ts';
import { defaultWordsSettings, quickWordsSettings, type WordsSettings } from './settings.ts';
import { neighboursTable } from './tables.ts';

/**
 * Recall of words trained as Gaussians. The paper does not say how its queries differ from the stored words: see
 * {@link basinQueries} for how they do here.
 */
export const words: Experiment<WordsSettings> = {
  id: 'words',
  title: 'Recall of words as Gaussians',
  summary:
    'Word2Gauss is trained on a text; its words, moved by the radius of a basin, are recalled at every beta of a sweep.',
  source: 'Tankala and Balasubramanian 2026, experiments on text: Word2Gauss on text8',
  settings: defaultWordsSettings,
  quick: quickWordsSettings,
  seconds: 58,
  async run(settings, context) {
    const recalls = await runWords(settings, context);
    const curves = recalls.map(({ curve }) => curve);
    return {
      findings: curves.flatMap((curve) => transitionFindings(curve, 'approaches 100 % as beta increases')),
      tables: [memoriesTable(curves), recallTable(curves), neighboursTable(recalls)],
      charts: [recallChart('words')],
      pictures: [],
    };
  },
};
