/** Words trained as Gaussians, and their recall. */

import { type CallOptions, type FloatArray, GaussianMemory, type Gaussians } from 'denseam';
import type { ExperimentContext } from '../core/experiment.ts';
import { type PackedFloats, packFloats, unpackFloats } from '../core/packed.ts';
import { Stages } from '../core/stages.ts';
import { basinQueries, drawTargets, measureSweep, type SweepCurve, selectGaussians } from '../shared/betaSweep.ts';
import { type Corpus, readCorpus } from '../shared/corpus.ts';
import type { WordsSettings } from './settings.ts';
import { trainWord2Gauss, type Word2GaussTraining } from './word2gauss.ts';

/** Words whose neighbours are shown, where they are in the vocabulary. */
const shownWords = ['president', 'government', 'mother', 'london', 'four', 'blue', 'music', 'war'];

const shownNeighbours = 6;

/** A trained model as a finished part. */
interface TrainedWords {
  readonly words: readonly string[];
  readonly means: PackedFloats;
  readonly variances: PackedFloats;
}

export interface WordsRecall {
  readonly curve: SweepCurve;
  readonly neighbours: readonly { readonly word: string; readonly neighbours: readonly string[] }[];
}

/** Expected time of the stages, training being about as long as recall, for the progress only. */
const work = { training: 1, recall: 0.3 };

export async function runWords(
  settings: WordsSettings,
  { parts, ...options }: ExperimentContext,
): Promise<WordsRecall[]> {
  const { structures } = settings;
  // Too many queries are refused before training, not after it.
  drawTargets(settings.queries, settings.words, settings.seed);
  const stages = new Stages(structures.length * (work.training + work.recall), options);
  let corpus: Promise<Corpus> | undefined;
  const readOnce = () => {
    corpus ??= readCorpus(settings, { signal: options.signal });
    return corpus;
  };
  const recalls: WordsRecall[] = [];
  for (const structure of structures) {
    const trained = await stages.run(`${structure}: training`, work.training, (options) =>
      parts.part(`model-${structure}`, async () => train(await readOnce(), structure, settings, options)),
    );
    const recall = await stages.run(`${structure}: recalling`, work.recall, (options) =>
      parts.part(`recall-${structure}`, () => recallWords(trained, structure, settings, options)),
    );
    recalls.push(recall);
  }
  return recalls;
}

async function train(
  corpus: Corpus,
  structure: Word2GaussTraining['structure'],
  settings: WordsSettings,
  options: CallOptions,
): Promise<TrainedWords> {
  const { means, covariances } = await trainWord2Gauss(corpus.text, { ...settings, structure }, options);
  const pack = (values: FloatArray) => packFloats(Float32Array.from(values));
  return { words: corpus.words, means: pack(means), variances: pack(covariances) };
}

async function recallWords(
  trained: TrainedWords,
  structure: Word2GaussTraining['structure'],
  settings: WordsSettings,
  options: CallOptions,
): Promise<WordsRecall> {
  const { words: count, dimension, seed } = settings;
  const items: Gaussians = {
    count,
    dimension,
    structure,
    means: unpackFloats(trained.means, count * dimension),
    covariances: unpackFloats(trained.variances, structure === 'diagonal' ? count * dimension : count),
  };
  const memory = await GaussianMemory.create(items);
  const targets = drawTargets(settings.queries, count, seed);
  const queries = await basinQueries(items, targets, seed);
  const curve = await measureSweep(memory, { label: structure, items, queries, targets }, settings, options);
  return { curve, neighbours: await neighbours(memory, items, trained.words) };
}

/** The words nearest to some of them, as a check of the training. */
export async function neighbours(
  memory: GaussianMemory,
  items: Gaussians,
  words: readonly string[],
): Promise<WordsRecall['neighbours']> {
  const shown = shownWords.filter((word) => words.includes(word));
  if (shown.length === 0) return [];
  const indices = Int32Array.from(shown, (word) => words.indexOf(word));
  const k = Math.min(items.count, shownNeighbours + 1);
  const nearest = await memory.nearest(selectGaussians(items, indices), { k });
  return shown.map((word, row) => ({
    word,
    neighbours: Array.from(nearest.indices.subarray(row * k, (row + 1) * k), (index) => words[index] as string)
      .filter((other) => other !== word)
      .slice(0, shownNeighbours),
  }));
}
