/** What is measured of trained models, on models made by hand. */
import { describe, expect, it } from 'vitest';
import type { DigitRows } from '../../../../experiments/shared/sphere/digitModels.ts';
import {
  countDifferent,
  measureFidelity,
  measureMemories,
} from '../../../../experiments/shared/sphere/memoryMeasures.ts';
import {
  completeHalves,
  firstOfClasses,
  reconstructClasses,
} from '../../../../experiments/vmf-memories/reconstruction.ts';
import { EuclideanMemory } from '../../../../lib/euclidean/memory.ts';
import { VonMisesFisherMemory } from '../../../../lib/sphere/memory.ts';
import { sampleUniformSphere } from '../../../../lib/sphere/sampling.ts';

const unit = (...values: number[]) => {
  const norm = Math.hypot(...values);
  return values.map((value) => value / norm);
};

function model(memories: readonly number[][], classWeights: readonly number[][], beta: number) {
  return VonMisesFisherMemory.from({
    dimension: (memories[0] as number[]).length,
    hiddenUnits: memories.length,
    classes: (classWeights[0] as number[]).length - 1,
    beta,
    betaScale: 1,
    memories: Float64Array.from(memories.flat()),
    classWeights: {
      rows: classWeights.length,
      columns: (classWeights[0] as number[]).length,
      data: Float64Array.from(classWeights.flat()),
    },
  });
}

/** Images of two lines. */
function digitRows(rows: readonly number[][], labels: readonly number[], classes: number): DigitRows {
  const dimension = (rows[0] as number[]).length;
  const values = Float64Array.from(rows.flat());
  const size = { height: 2, width: dimension / 2 };
  return { count: rows.length, dimension, values, labels: Int32Array.from(labels), classes, ...size };
}

describe('memories beside training digits', async () => {
  // The first two are near to the digits, the third turned by 60 degrees from the nearest, the fourth perpendicular to
  // the nearest.
  const memories = [unit(1, 0, 0, 0), unit(1, 0.2, 0, 0), unit(0.5, 0, Math.sqrt(0.75), 0), unit(0, -0.1, 0, 1)];
  const even = [0.1, 0.05, 0.05];
  const memory = await model(memories, [even, even, even, [0.02, 0.16, 0.02], [0, 0, 0.2]], 10);
  const train = digitRows([unit(1, 0, 0, 0), unit(0.9, 0.2, 0, 0)], [1, 2], 2);
  const stored = await EuclideanMemory.create(train);
  const measure = (leastSharedNorm: number) => measureMemories(memory, train, stored, leastSharedNorm, {});

  it('have overlaps', async () => {
    const { overlaps } = await measure(0.5);
    const second = (0.9 + 0.04) / (Math.hypot(0.9, 0.2) * Math.hypot(1, 0.2));
    expect(overlaps).toEqual([1, second, 0.5, 0].map((overlap) => expect.closeTo(overlap, 9)));
  });

  it('are noise where little of their norm is shared with a digit', async () => {
    expect(await measure(0.5)).toMatchObject({ noise: 0.5, idle: 0.5, idleNoise: 1 });
    expect(await measure(0.2)).toMatchObject({ noise: 0.25, idleNoise: 1 });
    // The copy of the first digit is "noise" here, too, and not idle.
    expect(await measure(1.1)).toMatchObject({ noise: 1, idleNoise: 0.5 });
    expect((await measure(-1)).idleNoise).toBeNull();
  });

  it('differ or not, noise left out', async () => {
    // The second overlaps with the first by 0.98.
    expect((await measure(0.5)).different).toBe(2);
    expect((await measure(0.2)).different).toBe(3);
    expect((await measure(0.9999)).different).toBe(1);
    const { memories: values } = memory;
    expect(await countDifferent({ count: 4, dimension: 4, values }, 0.98)).toBe(3);
  });

  it('are counted while the signal is looked at', async () => {
    const many = await sampleUniformSphere({ count: 500, dimension: 4, seed: 1 });
    const controller = new AbortController();
    const counting = countDifferent(many, 2, controller.signal);
    controller.abort(new Error('enough'));
    await expect(counting).rejects.toThrow('enough');
    expect(await countDifferent(many, 2)).toBe(500);
  });

  it('have soft labels', async () => {
    // 1/2, 1/2, 8/10, 1: the middle of them. Likeliest are "none" (the first of equals), "none", 1 and 2; nearest are
    // the digits 1, 2, 1, 1.
    expect(await measure(0.5)).toMatchObject({ certainty: expect.closeTo(0.65, 9), labelled: 0.25 });
  });
});

describe('fidelity', async () => {
  // Two memories of class 1 outweigh the nearer one of class 2 where it is not much nearer.
  const memories = [unit(1, 0.3), unit(1, -0.3), unit(1, 0)];
  const weights = [
    [0, 0, 0],
    [0, 0.45, 0],
    [0, 0.45, 0],
    [0, 0, 0.1],
  ];
  const memory = await model(memories, weights, 1);

  it('is counted apart for what is right and what is wrong', async () => {
    // Everything is class 1 to the model; the row in the middle is nearest to the memory of class 2.
    const test = digitRows([unit(1, 0.01), unit(1, 0.5), unit(1, -0.5), unit(1, 0), unit(1, 0.6)], [1, 1, 1, 2, 2], 2);
    expect(await measureFidelity(memory, test, {})).toEqual({
      accuracy: 0.6,
      fidelity: 0.6,
      right: 2 / 3,
      wrong: 0.5,
      wrongCount: 2,
    });
  });

  it('of nothing is none', async () => {
    expect(await measureFidelity(memory, digitRows([unit(1, 0)], [1], 2), {})).toMatchObject({ right: 0, wrong: null });
    expect(await measureFidelity(memory, digitRows([unit(1, 0)], [2], 2), {})).toMatchObject({ right: null, wrong: 0 });
  });
});

describe('patterns', async () => {
  const memories = [unit(3, 1, 1, 1), unit(1, 3, 1, 1), unit(-1, -1, 1, 3)];
  const weights = [
    [0.1, 0, 0],
    [0, 0.3, 0],
    [0, 0.3, 0],
    [0, 0, 0.3],
  ];
  const memory = await model(memories, weights, 200);

  it('of a class are its memories', async () => {
    const directions = await sampleUniformSphere({ count: 80, dimension: 4, seed: 1 });
    const found = await reconstructClasses(memory, directions, {});
    expect(found).toMatchObject({ converged: 1, ownClass: 1, different: [2, 1] });
    // As grey from 0 to 255: of (3, 1, 1, 1), (1, 3, 1, 1) and (-1, -1, 1, 3).
    const texts = new Set(found.pixels.map((pixels) => pixels.join(' ')));
    expect([...texts].sort()).toEqual(['0 0 128 255', '0 255 0 0', '255 0 0 0']);
    expect(found.pixels).toHaveLength(10);
  });

  it('are completed with what the class says', async () => {
    const test = digitRows([unit(-1, -1, 3, -3), unit(3, 1, 1, 3)], [2, 1], 2);
    const [first, second] = await completeHalves(memory, test, {});
    expect(first).toMatchObject({ label: 1, original: [255, 0, 0, 255] });
    // The lower half of (3, 1, .., ..) becomes even, as it is in the memory, and is as long as it was.
    expect(first?.completed[2]).toBe(first?.completed[3]);
    expect(second?.start[2]).toBe(second?.start[3]);
    expect(second?.completed[2]).toBeLessThan(second?.completed[3] as number);
  });
});

it('starts are the first digits of each class', () => {
  const labels = Array.from({ length: 30 }, (_, row) => 1 + ((7 * row) % 10));
  const test = digitRows(
    labels.map((_, row) => [row]),
    labels,
    10,
  );
  const { values } = firstOfClasses(test, 2);
  // 7 row = label - 1 modulo 10: row = 3 (label - 1), and ten later.
  expect([...values.slice(0, 6)]).toEqual([0, 10, 3, 13, 6, 16]);
  expect(values).toHaveLength(20);
});
