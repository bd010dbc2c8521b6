/** Very large and very small beta: log densities keep their digits, and all that is made of them. */
import { describe, expect, it } from 'vitest';
import { VonMisesFisherMemory, vonMisesFisherLogNormalizer } from '../../lib/index.ts';
import { native } from '../../lib/native/addon.ts';
import { expectRelative, expectWithin } from '../support/assertions.ts';
import { deficit, type Given, ownClasses, PRECISIONS, type Row, tilted, typed, vectors } from './extremes.ts';

async function logOf(given: Given, x: Row): Promise<number> {
  const memory = await ownClasses(given);
  return (await memory.logDensity(vectors([x], given.precision))).data[1] as number;
}

function onCircle(angle: number): number[] {
  return [Math.cos(angle), Math.sin(angle), 0];
}

describe.each(PRECISIONS)('a large beta in %s', (precision) => {
  it.each([1e4, 1e6, 1e12, 1e15, 1e30])('%d: log(beta / 2 pi) at a memory in three dimensions', async (beta) => {
    for (const w of [[1, 0, 0], tilted]) {
      const found = await logOf({ memories: [w], beta, precision }, w);
      expectRelative('log P', [found], [Math.log(beta / (2 * Math.PI))], 4e-16);
    }
  });

  it('takes rows whose norm is a little off as the directions that they are', async () => {
    const x = tilted.map((coordinate) => coordinate * (1 + 4e-5));
    // |w - x| and |w| - |x| are both 4e-5; what is left of the difference of their squares is the rounding of the
    // norms.
    const rounding = 4e-5 * (precision === 'float32' ? 2 ** -22 : 2 ** -51);
    const found = await logOf({ memories: [tilted], beta: 1e8, precision }, x);
    expectWithin('log P', [found], [Math.log(1e8 / (2 * Math.PI))], 1e8 * rounding + 1e-14);
  });
});

describe('a large beta', () => {
  it.each([
    [1e6, 1e-3],
    [1e12, 1e-6],
    [1e12, 1e-3],
    [1e15, 3e-8],
    [1e15, 1],
  ])('%d: falls from a memory as its distance at angle %d says', async (beta, angle) => {
    const found = await logOf({ memories: [[1, 0, 0]], beta }, onCircle(angle));
    // 1 - cos has the digits of the angle; the sine of x is rounded once.
    expectRelative('log P', [found], [Math.log(beta / (2 * Math.PI)) - 2 * beta * Math.sin(angle / 2) ** 2], 1e-15);
  });

  it('with a beta scale: the peak is lower by the rest of beta', async () => {
    const [beta, betaScale] = [1e12, 1 - 2 ** -40];
    const found = await logOf({ memories: [tilted], beta, betaScale }, tilted);
    expectRelative('log P', [found], [Math.log(beta / (2 * Math.PI)) - beta * 2 ** -40], 1e-15);
  });

  it('classes by which memory is nearer, however little', async () => {
    const memories = [onCircle(0), onCircle(1e-6)];
    const memory = await ownClasses({ memories, beta: 1e12 });
    const { data } = await memory.predictProbabilities(vectors(memories));
    // Both are 1 - cos(1e-6) = 5e-13 apart.
    const own = 1 / (1 + Math.exp(-0.5));
    expectRelative('P', [data[1], data[2], data[4], data[5]] as number[], [own, 1 - own, 1 - own, own], 1e-12);
  });

  it.each(PRECISIONS)('%s: the nearest memory is the nearer one where both overlaps round to 1', async (precision) => {
    const angle = precision === 'float32' ? 1e-5 : 1e-9;
    const memories = [onCircle(0), onCircle(angle), onCircle(2 * angle), onCircle(angle)];
    const memory = await ownClasses({ memories, beta: 1, precision });
    const { indices } = await memory.nearestMemory(vectors(memories, precision));
    expect([...indices]).toEqual([0, 1, 2, 1]);
    const { nearest } = await memory.reconstruct(vectors(memories, precision), { maxIterations: 0 });
    expect([...nearest]).toEqual([0, 1, 2, 1]);
  });

  it.each(PRECISIONS)('%s: a reconstruction ends with the energy of the memory', async (precision) => {
    const memories = [tilted, [0, 0, 1]];
    const memory = await ownClasses({ memories, beta: 1e12, precision });
    const start = vectors([[0.6, -0.6, Math.sqrt(0.28)]], precision);
    const { energy, nearest, stopped } = await memory.reconstruct(start, { classes: 1 });
    expect([nearest[0], stopped[0]]).toEqual([0, 'converged']);
    // The state is the memory made a unit vector again.
    const unit = precision === 'float32' ? 2 ** -24 : 2 ** -53;
    expectWithin('energy', energy, [-Math.log(1e12 / (2 * Math.PI))], 4 * 1e12 * unit ** 2 + 1e-14);
  });

  it.each(PRECISIONS)('%s: the losses of a training that does not move', async (precision) => {
    const rows = Array.from({ length: 20 }, () => tilted);
    const data = { ...vectors(rows, precision), labels: rows.map(() => 1), classes: 1 };
    const { history } = await VonMisesFisherMemory.train(data, {
      hiddenUnits: 1,
      beta: 1e12,
      labelSoftening: 0,
      background: 0,
      learningRate: 1e-30,
      maxEpochs: 1,
      initialMemories: typed([tilted], precision),
    });
    const { loss, validationLoss } = history[0] as (typeof history)[number];
    const expected = -Math.log(1e12 / (2 * Math.PI));
    // Each step makes the memory a unit vector again.
    const unit = precision === 'float32' ? 2 ** -24 : 2 ** -53;
    expectWithin('loss', [loss, validationLoss], [expected, expected], 4 * 1e12 * unit ** 2 + 1e-14);
  });
});

describe('a small beta', () => {
  it('1e-4: the values at a memory and across it', async () => {
    const given = { memories: [[1, 0, 0]], beta: 1e-4 };
    expectWithin('at', [await logOf(given, [1, 0, 0])], [-2.5309242486359573], 2 ** -51);
    expectWithin('across', [await logOf(given, [0, 1, 0])], [-2.5310242486359575], 2 ** -51);
  });
});

describe('kappa - L', () => {
  it.each([1e-6, 1e-3, 0.7, 4, 20, 30, 1e3, 1e6, 1e15, 1e300])('%d: its closed form in three dimensions', (kappa) => {
    const found = native.vonMisesFisherLogNormalizer(3, kappa).deficit;
    expectRelative('kappa - L', [found], [deficit(kappa)], 8e-15);
  });

  it('is the difference of both where that has digits', () => {
    for (const dimension of [1, 2, 3, 8, 36, 49, 50, 784, 8192]) {
      for (let kappa = 1e-3; kappa < 1e7; kappa *= 1.7) {
        const expected = kappa - vonMisesFisherLogNormalizer(dimension, kappa);
        const found = native.vonMisesFisherLogNormalizer(dimension, kappa).deficit;
        expectWithin(`N = ${dimension}`, [found], [expected], 8e-15 * expected + 4e-15 * kappa);
      }
    }
  });
});
