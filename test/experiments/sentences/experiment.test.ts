import { writeFile } from 'node:fs/promises';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ExperimentResult } from '../../../experiments/core/experiment.ts';
import { dropWords, embedVariants, joinMarks, type SentenceEncoder } from '../../../experiments/sentences/encoder.ts';
import { createSentences, sentences } from '../../../experiments/sentences/experiment.ts';
import {
  diagonalGaussians,
  fullGaussians,
  principalDirections,
  project,
} from '../../../experiments/sentences/gaussians.ts';
import { quickSentencesSettings } from '../../../experiments/sentences/settings.ts';
import { Random } from '../../../lib/core/random.ts';
import { npyFile, zipFile } from '../../io/archives.ts';
import { temporaryDirectory } from '../../io/support.ts';
import { MemoryParts } from '../parts.ts';
import { describeWholeRuns } from '../wholeRuns.ts';

describe('a sentence', () => {
  it('is its words with their marks, without quotation marks', () => {
    expect(joinMarks(['``', 'Well', ',', 'no', "''", '!', '!'])).toEqual(['Well,', 'no!!']);
    expect(joinMarks(['(', 'a', ')'])).toEqual(['(', 'a)']);
  });

  it('loses the share of words asked for, in order, but never all', () => {
    const words = [...'abcdefghij'];
    const random = new Random(1);
    for (let n = 0; n < 20; n++) {
      const rest = dropWords(words, 0.2, random);
      expect(rest.length).toBe(8);
      expect(rest).toEqual([...rest].sort());
    }
    expect(dropWords(['a', 'b'], 1, random).length).toBe(1);
  });
});

describe('Gaussians of groups', () => {
  // Two groups of three vectors in the plane.
  const values = Float32Array.of(0, 0, 2, 0, 4, 6, 1, 1, 1, 1, 1, 4);
  const groups = { count: 6, dimension: 2, size: 3, values };

  it('have the mean and the unbiased variances of each', () => {
    const { means, covariances, ...rest } = diagonalGaussians(groups, 0.5);
    expect(rest).toEqual({ count: 2, dimension: 2, structure: 'diagonal' });
    for (const [at, mean] of [2, 2, 1, 2].entries()) expect(means[at]).toBeCloseTo(mean, 14);
    for (const [at, variance] of [4.5, 12.5, 0.5, 3.5].entries()) expect(covariances[at]).toBeCloseTo(variance, 14);
  });

  it('have the unbiased covariance of each', () => {
    const { covariances, structure } = fullGaussians(groups, 0.5);
    expect(structure).toBe('full');
    for (const [at, value] of [4.5, 6, 6, 12.5, 0.5, 0, 0, 3.5].entries())
      expect(covariances[at]).toBeCloseTo(value, 14);
  });

  it('along principal directions keep the greatest variances, in order', async () => {
    // Coordinates of standard deviation 1, 3, 2 in a rotated frame.
    const random = new Random(4);
    const frame = [
      [2 / 3, 2 / 3, 1 / 3],
      [-2 / 3, 1 / 3, 2 / 3],
      [1 / 3, -2 / 3, 2 / 3],
    ];
    const count = 4000;
    const rows = Array.from({ length: count }, () => {
      const own = [random.normal(), 3 * random.normal(), 2 * random.normal()];
      return [0, 1, 2].map((k) => own.reduce((sum, x, j) => sum + x * (frame[j]?.[k] as number), 0));
    });
    const vectors = { count, dimension: 3, values: Float64Array.from(rows.flat()) };
    const directions = await principalDirections(vectors, 2);
    expect(directions).toMatchObject({ count: 2, dimension: 3 });
    for (const [row, axis] of [1, 2].entries()) {
      const cosine = (frame[axis] as number[]).reduce(
        (sum, x, k) => sum + x * (directions.values[3 * row + k] as number),
        0,
      );
      // 4,000 draws leave the axes uncertain by about 1/60.
      expect(Math.abs(cosine)).toBeGreaterThan(0.99);
    }
    const { covariances } = diagonalGaussians({ ...project(vectors, directions), size: count }, 0);
    // Standard error of a variance: sqrt(2 / 4000) of it, 2 %.
    expect(Math.abs((covariances[0] as number) - 9)).toBeLessThan(0.9);
    expect(Math.abs((covariances[1] as number) - 4)).toBeLessThan(0.4);
  });

  it('cannot have more directions than dimensions', async () => {
    await expect(principalDirections(groups, 3)).rejects.toThrow('at most 2 for settings.fullDimension but received 3');
  });
});

/** Adds up a random vector for each word: sentences that share words are near one another. */
class WordSums implements SentenceEncoder {
  calls = 0;

  async embed(texts: string[]): Promise<number[][]> {
    this.calls++;
    return texts.map((text) => {
      const sum = new Array<number>(20).fill(0);
      for (const word of text.split(' ')) {
        const random = new Random(Number(word));
        for (const k of sum.keys()) (sum[k] as number) += random.normal() / 4;
      }
      return sum;
    });
  }
}

const drawn = Array.from({ length: 40 }, (_, n) => Array.from({ length: 10 }, (_, k) => String(10 * n + k)));

it('variants of a sentence are encoded in their order', async () => {
  const echo: SentenceEncoder = { embed: async (texts) => texts.map((text) => text.split(' ').map(Number)) };
  const settings = { variants: 30, droppedShare: 0.2 };
  const { dimension, values } = await embedVariants(echo, [['1', '2', '3', '4', '5']], settings, new Random(1));
  expect(dimension).toBe(4);
  const numbers = new Float32Array(Uint8Array.from(atob(values), (letter) => letter.charCodeAt(0)).buffer);
  expect(numbers.length).toBe(30 * 4);
  const rows = Array.from({ length: 30 }, (_, n) => [...numbers.subarray(4 * n, 4 * n + 4)]);
  for (const row of rows) expect(row).toEqual([...row].sort());
  expect(new Set(rows.map(String)).size).toBe(5);
});

describe('the experiment with an encoder of sums of words', () => {
  const encoder = new WordSums();
  const experiment = createSentences(
    async () => encoder,
    async () => drawn,
  );
  const store = new MemoryParts();
  const shares: number[] = [];
  let result: ExperimentResult;
  beforeAll(async () => {
    const onProgress = ({ share }: { share: number }) => shares.push(share);
    result = await experiment.run(experiment.quick, { parts: store, onProgress });
  });

  it('sees the transition in the diagonal memory', () => {
    const [recalled, position, full] = result.findings;
    expect(recalled).toMatchObject({ what: 'recalled as beta grows, diagonal', verdict: 'reproduced' });
    expect(position?.ours).toMatch(/^half at beta \d/);
    // The paper has no full covariances.
    expect(full).toMatchObject({ published: '', verdict: 'not published' });
  });

  it('recalls by full covariances, too', () => {
    const recall = result.tables.find(({ name }) => name === 'recall');
    const right = recall?.columns.findIndex(({ name }) => name === 'right') as number;
    const full = recall?.rows.filter(([memory]) => memory === 'full, 6 principal directions') ?? [];
    expect(full.length).toBe(experiment.quick.scaledBetas.length);
    expect(full[0]?.[right]).toBeLessThanOrEqual(1 / 20);
    expect(full.at(-1)?.[right]).toBeGreaterThan(0.5);
  });

  it('goes on from finished parts without the encoder, and gives the same', async () => {
    const { calls } = encoder;
    expect(await experiment.run(experiment.quick, { parts: store })).toEqual(result);
    expect(encoder.calls).toBe(calls);
    expect(await experiment.run(experiment.quick, { parts: new MemoryParts() })).toEqual(result);
  });

  it('refuses too few variants and too many queries before it encodes', async () => {
    const { calls } = encoder;
    const run = (wrong: object) => experiment.run({ ...experiment.quick, ...wrong }, { parts: new MemoryParts() });
    await expect(run({ variants: 1 })).rejects.toThrow('from 2 to 65536 for settings.variants but received 1');
    await expect(run({ queries: 41 })).rejects.toThrow('from 1 to 40 for settings.queries but received 41');
    expect(encoder.calls).toBe(calls);
  });

  it('reports progress that ends at the whole, and stops when it is aborted', async () => {
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBeCloseTo(1, 12);
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error('enough'));
    const context = { parts: new MemoryParts(), signal: controller.signal, onProgress };
    await expect(experiment.run(experiment.quick, context)).rejects.toThrow('enough');
  });
});

describe('the experiment on Gaussians of a file', () => {
  const file = temporaryDirectory();
  const path = () => file('sentences.npz');
  const settings = () => ({ ...quickSentencesSettings, source: path(), kind: 'logVariance' as const });

  /** 50 Gaussians in 768 dimensions with variances of 0.0001 to 0.0003, given by their logarithms. */
  beforeEach(async () => {
    const random = new Random(3);
    const member = (name: string, next: () => number) => {
      const numbers = Float64Array.from({ length: 50 * 768 }, next);
      const header = "{'descr': '<f8', 'fortran_order': False, 'shape': (50, 768), }";
      return { name: `${name}.npy`, bytes: npyFile(header, new Uint8Array(numbers.buffer)) };
    };
    const means = member('means', () => random.normal() / 30);
    const covariances = member('covariances', () => Math.log(1e-4 + 2e-4 * random.uniform()));
    await writeFile(path(), zipFile([means, covariances]));
  });

  it('sees the transition', async () => {
    const { findings, tables } = await sentences.run(settings(), { parts: new MemoryParts() });
    expect(findings[0]).toMatchObject({ what: 'recalled as beta grows, diagonal', verdict: 'reproduced' });
    const [items, dimension, queries, , queryDistance] = tables[0]?.rows[0]?.slice(1) ?? [];
    expect([items, dimension, queries]).toEqual([40, 768, 20]);
    // Queries are moved by the root of the least variance, which is 1e-4 to the nearest of some 30,000 draws.
    expect(Math.abs((queryDistance as number) / 1e-4 - 1)).toBeLessThan(1e-3);
  });

  it('refuses more sentences than there are', async () => {
    const run = sentences.run({ ...settings(), sentences: 51 }, { parts: new MemoryParts() });
    await expect(run).rejects.toThrow('at most 50 for settings.sentences but received 51');
  });
});

describeWholeRuns(sentences, ['reproduced', 'not published', 'not published', 'not published']);
