/**
 * Word embeddings that are Gaussians: each word's mean and variances are trained so that it lies near the contexts it
 * is seen in and far from others (Vilnis and McCallum, Word Representations via Gaussian Embedding, 2015).
 */

import { setImmediate } from 'node:timers/promises';
import { sum } from 'd3-array';
import { type CallOptions, type Gaussians, Random } from 'denseam';
import { integer, nonNegative, positive, rangeError } from '../core/check.ts';
import { power } from '../core/power.ts';
import { Word2GaussModel, type Word2GaussShape } from './word2gaussModel.ts';

export interface Word2GaussTraining extends Word2GaussShape {
  /** Times that the text is read. */
  readonly epochs: number;
  /**
   * Contexts are at most this many words away; how many of them count is drawn for every word, nearer ones being
   * likelier.
   */
  readonly window: number;
  /** Contexts drawn for each one seen, by the power 3/4 of their frequencies. */
  readonly negatives: number;
  /** By how much the energy of a context seen should pass that of one drawn. */
  readonly margin: number;
  readonly learningRate: number;
  /**
   * Words with a greater share of the text than this are left out at random, the more of them the more frequent; 0
   * keeps all.
   */
  readonly subsampling: number;
  readonly seed: number;
}

/** Mark of a break in a text, for instance between sentences, that no context crosses. */
export const textBreak = -1;

/** Words read before other events get their turn: some ten milliseconds. */
const blockLength = 1024;

/** Contexts are drawn from a table of so many entries, each word having its share of them. */
const drawTableLength = 1 << 20;
const drawPower = 0.75;

/**
 * Trains a Gaussian for every word of a text, given as indices of words and {@link textBreak}. `onProgress` counts
 * words read, in all epochs. Runs on the event loop, in blocks of some ten milliseconds.
 *
 * @throws DenseamError ERR_RANGE; the signal's reason.
 */
export async function trainWord2Gauss(
  text: Int32Array,
  training: Word2GaussTraining,
  { signal, onProgress }: CallOptions = {},
): Promise<Gaussians> {
  const counts = countWords(text, check(training).words);
  const random = new Random(training.seed);
  const model = new Word2GaussModel(training, random);
  const reader = new Reader(text, counts, training, random);
  const total = training.epochs * text.length;
  for (let completed = 0; completed < total; ) {
    signal?.throwIfAborted();
    const begin = completed % text.length;
    const end = Math.min(text.length, begin + blockLength);
    reader.read(begin, end, model);
    completed += end - begin;
    onProgress?.({ completed, total });
    await setImmediate();
  }
  signal?.throwIfAborted();
  return model.toGaussians();
}

function check(training: Word2GaussTraining): Word2GaussTraining {
  integer('training.words', training.words, 2, drawTableLength / 2);
  integer('training.dimension', training.dimension, 1, 2 ** 20);
  integer('training.epochs', training.epochs, 1, 2 ** 20);
  integer('training.window', training.window, 1, blockLength);
  integer('training.negatives', training.negatives, 1, blockLength);
  for (const name of ['initialSpread', 'leastVariance', 'greatestNorm', 'margin', 'learningRate'] as const) {
    positive(`training.${name}`, training[name]);
  }
  nonNegative('training.subsampling', training.subsampling);
  const { initialVariance, leastVariance, greatestVariance } = training;
  if (initialVariance >= leastVariance && initialVariance <= greatestVariance) return training;
  const range = `from leastVariance ${leastVariance} to greatestVariance ${greatestVariance}`;
  throw rangeError('training.initialVariance', `a number ${range}`, initialVariance);
}

/** Number of occurrences of each word in the text. */
function countWords(text: Int32Array, words: number): Float64Array {
  const counts = new Float64Array(words);
  for (const [at, word] of text.entries()) {
    if (word === textBreak) continue;
    integer(`text[${at}]`, word, 0, words - 1);
    (counts[word] as number)++;
  }
  if (counts.some((count) => count > 0)) return counts;
  throw rangeError('text', 'at least one word', text);
}

/** Reads parts of the text and trains a model on the pairs that it finds. */
class Reader {
  private readonly drawTable: Int32Array;
  /** Share of the occurrences of each word that are read. */
  private readonly kept: Float64Array;
  /** Words of the current line that are read. */
  private line: number[] = [];

  constructor(
    private readonly text: Int32Array,
    counts: Float64Array,
    private readonly training: Word2GaussTraining,
    private readonly random: Random,
  ) {
    this.drawTable = drawTable(counts);
    const total = sum(counts);
    const { subsampling } = training;
    this.kept = counts.map((count) => (subsampling > 0 ? Math.min(1, Math.sqrt((subsampling * total) / count)) : 1));
  }

  /** Words from `begin` to `end`. Lines that cross the end of a block are cut there, too. */
  read(begin: number, end: number, model: Word2GaussModel): void {
    this.line = [];
    for (let at = begin; at < end; at++) {
      const word = this.text[at] as number;
      if (word === textBreak) this.trainLine(model);
      else if (this.random.uniform() < (this.kept[word] as number)) this.line.push(word);
    }
    this.trainLine(model);
  }

  private trainLine(model: Word2GaussModel): void {
    const { line, random } = this;
    const { window } = this.training;
    for (let at = 0; at < line.length; at++) {
      const reach = 1 + random.integer(window);
      const last = Math.min(line.length - 1, at + reach);
      for (let other = Math.max(0, at - reach); other <= last; other++) {
        if (other !== at) this.trainPair(model, line[at] as number, line[other] as number);
      }
    }
    this.line = [];
  }

  private trainPair(model: Word2GaussModel, word: number, context: number): void {
    const { words, negatives, margin, learningRate } = this.training;
    for (let n = 0; n < negatives; n++) {
      const drawn = this.drawTable[this.random.integer(drawTableLength)] as number;
      if (drawn !== context) model.update(word, words + context, words + drawn, margin, learningRate);
    }
  }
}

/** Words in proportion to the power 3/4 of their counts. */
function drawTable(counts: Float64Array): Int32Array {
  const weights = counts.map((count) => power(count, drawPower));
  const total = sum(weights);
  const table = new Int32Array(drawTableLength);
  let reached = 0;
  let filled = 0;
  for (const [word, weight] of weights.entries()) {
    reached += weight;
    const end = Math.round((drawTableLength * reached) / total);
    table.fill(word, filled, end);
    filled = end;
  }
  return table;
}
