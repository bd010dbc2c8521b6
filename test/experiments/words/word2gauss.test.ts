import { describe, expect, it } from 'vitest';
import { textBreak, trainWord2Gauss, type Word2GaussTraining } from '../../../experiments/words/word2gauss.ts';
import { Word2GaussModel } from '../../../experiments/words/word2gaussModel.ts';
import { Random } from '../../../lib/core/random.ts';

const training: Word2GaussTraining = {
  words: 12,
  dimension: 8,
  structure: 'diagonal',
  initialSpread: 0.1,
  initialVariance: 1,
  leastVariance: 0.1,
  greatestVariance: 10,
  greatestNorm: 10,
  epochs: 4,
  window: 2,
  negatives: 1,
  margin: 1,
  learningRate: 0.1,
  subsampling: 0,
  seed: 3,
};

const structures = ['isotropic', 'diagonal'] as const;

/** A model whose variances differ, as after some training. */
function model(structure: (typeof structures)[number]): Word2GaussModel {
  const random = new Random(5);
  const result = new Word2GaussModel({ ...training, structure, initialSpread: 1 }, random);
  for (let step = 0; step < 40; step++) {
    result.update(random.integer(12), 12 + random.integer(12), 12 + random.integer(12), 50, 0.2);
  }
  return result;
}

/** KL(second || first), coordinate by coordinate. */
function divergence({ means, variances }: Word2GaussModel, first: number, second: number): number {
  const d = training.dimension;
  const width = variances.length / (2 * training.words);
  let sum = 0;
  for (let k = 0; k < d; k++) {
    const variance = (row: number) => variances[row * width + (width === 1 ? 0 : k)] as number;
    const shift = (means[first * d + k] as number) - (means[second * d + k] as number);
    const ratio = variance(second) / variance(first);
    sum += (ratio - 1 - Math.log(ratio) + shift ** 2 / variance(first)) / 2;
  }
  return sum;
}

describe.each(structures)('a %s model', (structure) => {
  it('has energy -KL(context || word)', () => {
    const trained = model(structure);
    expect(new Set(trained.variances).size).toBeGreaterThan(10);
    for (const [word, context] of [
      [0, 12],
      [3, 20],
      [7, 23],
    ] as const) {
      expect(trained.energy(word, context)).toBeCloseTo(-divergence(trained, word, context), 12);
    }
  });

  it('has the gradient of its loss', () => {
    const trained = model(structure);
    const [word, seen, drawn, margin] = [2, 15, 19, 1000] as const;
    const loss = () => margin + divergence(trained, word, seen) - divergence(trained, word, drawn);
    expect(trained.loss(word, seen, drawn, margin)).toBeCloseTo(loss(), 9);
    const gradient = trained.gradient(word, seen, drawn);
    for (const name of ['means', 'variances'] as const) {
      const values = trained[name];
      const width = values.length / (2 * training.words);
      for (const [part, row] of [word, seen, drawn].entries()) {
        for (let k = 0; k < width; k++) {
          // Central differences: their own error is about step^2 plus 1e-16 x 1000 / step.
          const step = 1e-4;
          const at = row * width + k;
          const value = values[at] as number;
          values[at] = value + step;
          const above = loss();
          values[at] = value - step;
          const below = loss();
          values[at] = value;
          const difference = (above - below) / (2 * step);
          expect(Math.abs((gradient[name][part * width + k] as number) - difference)).toBeLessThan(1e-5);
        }
      }
    }
  });

  it('lowers the loss by updates, and leaves rows alone that a margin already separates', () => {
    const trained = model(structure);
    const before = trained.loss(1, 13, 14, 5);
    expect(before).toBeGreaterThan(0);
    expect(trained.update(1, 13, 14, 5, 0.01)).toBe(before);
    expect(trained.loss(1, 13, 14, 5)).toBeLessThan(before);
    const means = trained.means.slice();
    // Equal contexts on both sides: no loss at margin 0.
    expect(trained.update(1, 13, 13, 0, 0.01)).toBe(0);
    expect(trained.means).toEqual(means);
  });

  it('keeps variances and norms within their bounds', () => {
    const bounds = { leastVariance: 0.9, greatestVariance: 1.1, greatestNorm: 0.5 };
    const random = new Random(5);
    const tight = new Word2GaussModel({ ...training, ...bounds, structure }, random);
    for (let step = 0; step < 500; step++) tight.update(random.integer(12), 12 + (step % 12), 12, 10, 1);
    expect(Math.min(...tight.variances)).toBe(0.9);
    expect(Math.max(...tight.variances)).toBe(1.1);
    const d = training.dimension;
    const norms = Array.from({ length: 12 }, (_, n) => Math.hypot(...tight.means.subarray(n * d, (n + 1) * d)));
    // Rounding of the shortened mean.
    expect(Math.max(...norms)).toBeLessThan(0.5 + 1e-12);
    expect(Math.max(...norms)).toBeGreaterThan(0.49);
    // Kept determinants follow the clipped variances.
    expect(tight.energy(2, 17)).toBeCloseTo(-divergence(tight, 2, 17), 12);
  });

  it('puts words of like contexts nearer together than others', async () => {
    const text = twoTopics(4000);
    const gaussians = await trainWord2Gauss(text, { ...training, structure });
    expect(gaussians).toMatchObject({ count: 12, dimension: 8, structure });
    const { means, dimension: d } = gaussians;
    const mean = (word: number) => [...means.subarray(word * d, (word + 1) * d)];
    const squared = (a: number, b: number) => mean(a).reduce((sum, x, k) => sum + (x - (mean(b)[k] as number)) ** 2, 0);
    const pairs = [...Array(12).keys()].flatMap((a) => [...Array(a).keys()].map((b) => [a, b] as const));
    const like = pairs.filter(([a, b]) => topic(a) === topic(b)).map(([a, b]) => squared(a, b));
    const unlike = pairs.filter(([a, b]) => topic(a) !== topic(b)).map(([a, b]) => squared(a, b));
    expect(Math.max(...like)).toBeLessThan(Math.min(...unlike));
  });
});

const topic = (word: number) => word % 2;

/** Sentences of five words, either all even or all odd. */
function twoTopics(sentences: number): Int32Array {
  const random = new Random(8);
  return Int32Array.from({ length: 6 * sentences }, (_, at) =>
    at % 6 === 5 ? textBreak : 2 * random.integer(6) + (Math.floor(at / 6) % 2),
  );
}

it('gives the same numbers for the same seed, and others for another', async () => {
  const text = twoTopics(300);
  const train = (seed: number) => trainWord2Gauss(text, { ...training, seed, subsampling: 0.05 });
  expect(await train(1)).toEqual(await train(1));
  expect(await train(1)).not.toEqual(await train(2));
});

it('never pairs words over a break', async () => {
  // Every word is alone on its line: nothing is trained.
  const text = Int32Array.from({ length: 400 }, (_, at) => (at % 2 ? textBreak : (at / 2) % 12));
  const { covariances } = await trainWord2Gauss(text, training);
  expect(new Set(covariances)).toEqual(new Set([1]));
});

it('counts words as progress, and stops when it is aborted', async () => {
  const text = twoTopics(1000);
  const seen: number[] = [];
  await trainWord2Gauss(text, training, { onProgress: ({ completed, total }) => seen.push(completed / total) });
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  expect(seen.at(-1)).toBe(1);
  const controller = new AbortController();
  const onProgress = () => controller.abort(new Error('enough'));
  await expect(trainWord2Gauss(text, training, { signal: controller.signal, onProgress })).rejects.toThrow('enough');
});

it.each([
  [{ epochs: 0 }, 'training.epochs'],
  [{ learningRate: Number.NaN }, 'training.learningRate'],
  [{ initialVariance: 20 }, 'from leastVariance 0.1 to greatestVariance 10 for training.initialVariance'],
  [{ words: 4 }, 'text[0]'],
])('refuses %o', async (wrong, message) => {
  const training12 = { ...training, ...wrong };
  await expect(trainWord2Gauss(Int32Array.of(11, 3), training12)).rejects.toMatchObject({ code: 'ERR_RANGE' });
  await expect(trainWord2Gauss(Int32Array.of(11, 3), training12)).rejects.toThrow(message);
});

it('refuses a text without words', async () => {
  await expect(trainWord2Gauss(Int32Array.of(textBreak), training)).rejects.toThrow('at least one word');
});
