/** Training through the public API: that it learns, what it keeps, what it tells. */
import { describe, expect, it } from 'vitest';
import {
  imagePatches,
  sampleUniformSphere,
  setThreads,
  threads,
  toSphere,
  VonMisesFisherMemory,
  vonMisesFisherMeanResultantLength,
} from '../../lib/index.ts';
import type {
  EpochRecord,
  SphereTrainingData,
  TrainOptions,
  VonMisesFisherParameters,
} from '../../lib/sphere/types.ts';
import { columnSums, rowSums } from '../reference/sphereTraining.ts';
import { expectSameBits, expectWithin } from '../support/assertions.ts';
import { bars, rowsFrom, single, teacherData } from './data.ts';

const quick: TrainOptions = { hiddenUnits: 12, beta: 20, batchSize: 50, maxEpochs: 60, patience: 3, seed: 5 };

async function accuracy(memory: VonMisesFisherMemory, data: Awaited<ReturnType<typeof teacherData>>): Promise<number> {
  const predicted = await memory.predict(data);
  return predicted.reduce((hits, label, i) => hits + (label === data.labels[i] ? 1 : 0), 0) / data.count;
}

function table({ columns, data }: { columns: number; data: ArrayLike<number> }): number[][] {
  return Array.from({ length: data.length / columns }, (_, row) =>
    Array.from({ length: columns }, (_, column) => data[row * columns + column] as number),
  );
}

describe('training with labels', () => {
  it.each(['float64', 'float32'])('learns the classes of a teacher, in %s', async (precision) => {
    const all = await teacherData({ count: 900 });
    const data = precision === 'float32' ? single(all) : all;
    const memory = await VonMisesFisherMemory.train(rowsFrom(data, 0, 600), quick);
    expect(memory.precision).toBe(precision);
    // Six well separated clusters: only a row that the noise carried to another one may be wrong.
    expect(await accuracy(memory, rowsFrom(all, 600, 300))).toBeGreaterThan(0.97);
    expect(await memory.fidelity(rowsFrom(all, 600, 300))).toBeGreaterThan(0.97);
    const last = memory.history.at(-1) as EpochRecord;
    expect(last.loss).toBeLessThan((memory.history[0] as EpochRecord).loss);
    expect(last).toMatchObject({ epoch: memory.history.length, hiddenUnits: 12, beta: 20 });
  });

  it('keeps memories on the sphere and class weights in their marginals', async () => {
    const memory = await VonMisesFisherMemory.train(await teacherData(), { ...quick, maxEpochs: 10 });
    const norms = table({ columns: memory.dimension, data: memory.memories }).map((w) => Math.hypot(...w));
    expectWithin('norms', norms, new Array(12).fill(1), 1e-12);
    const weights = table(memory.classWeights);
    // A step's ten sweeps of Sinkhorn and Knopp end on the columns; the rows are as right as the weights have settled.
    expectWithin('shares of units', rowSums(weights), new Array(13).fill(1 / 13), 1e-4);
    expectWithin('sum', [rowSums(weights).reduce((a, b) => a + b)], [1], 1e-12);
    expect(columnSums(weights)[0]).toBeCloseTo(0.1 / 4, 12);
  });

  it('returns the model of the lowest validation loss', async () => {
    const data = await teacherData();
    const memory = await VonMisesFisherMemory.train(data, { ...quick, learningRate: 0.4, patience: 4, maxEpochs: 80 });
    const losses = memory.history.map(({ validationLoss }) => validationLoss);
    const validation = rowsFrom(data, 540, 60);
    const logs = table(await memory.logDensity(validation));
    const q = (label: number) => (y: number) => (y === label ? 0.9 : 0) + 0.1 / 4;
    const loss = -logs.reduce(
      (sum, row, i) => sum + row.reduce((s, log, y) => s + q(validation.labels[i] as number)(y) * log, 0),
      0,
    );
    expectWithin('validation loss', [loss / 60], [Math.min(...losses)], 1e-12);
    expect(losses.indexOf(Math.min(...losses))).toBeLessThan(losses.length - 1); // it went on for `patience` epochs
  });

  it('trains beta to where A_N(beta) is betaScale times the mean overlap', async () => {
    const data = await teacherData();
    const options = {
      ...quick,
      patience: 400,
      beta: { trainedFrom: 12 },
      betaScale: 0.6,
      momentum: 0.9,
      maxEpochs: 400,
    };
    const memory = await VonMisesFisherMemory.train(data, options);
    expect(memory.history.map(({ beta }) => beta)).toContain(memory.beta);
    // Where the loss no longer changes with beta. With these clusters the background takes less than 1 % of the rows.
    const { overlaps } = await memory.nearestMemory(data);
    const mean = overlaps.reduce((sum, overlap) => sum + overlap, 0) / data.count;
    const resultant = vonMisesFisherMeanResultantLength(data.dimension, memory.beta);
    expectWithin('A_N(beta)', [resultant], [0.6 * mean], 0.02);
  });

  it('without validation rows runs all epochs', async () => {
    const data = await teacherData({ count: 200 });
    const memory = await VonMisesFisherMemory.train(data, { ...quick, validationShare: 0, maxEpochs: 7 });
    expect(memory.history).toHaveLength(7);
    expect(memory.history[6]).toMatchObject({ validationLoss: Number.NaN, validationAccuracy: Number.NaN });
  });

  it('takes small data in batches of a twentieth, and keeps a row for validation where a share is asked for', async () => {
    const data = await teacherData({ count: 400 });
    const train = (options: Partial<TrainOptions>) =>
      VonMisesFisherMemory.train(data, { hiddenUnits: 12, beta: 20, maxEpochs: 3, validationShare: 1e-4, ...options });
    const memory = await train({});
    expectSameBits('memories', memory.memories, (await train({ batchSize: 20 })).memories);
    expect(memory.history.every(({ validationLoss }) => Number.isFinite(validationLoss))).toBe(true);
  });

  it('a batch that repeats its rows is as good as the rows: 47 blocks of 64, summed in 32 groups', async () => {
    const [rows, times] = [50, 60];
    const few = await teacherData({ count: rows, classes: 5 });
    const values = Float64Array.from(
      { length: times * few.values.length },
      (_, i) => few.values[i % few.values.length] ?? 0,
    );
    const labels = Int32Array.from({ length: times * rows }, (_, i) => few.labels[i % rows] ?? 0);
    const step = (data: SphereTrainingData) =>
      VonMisesFisherMemory.train(data, { ...quick, batchSize: data.count, validationShare: 0, maxEpochs: 1 });
    const [once, often] = [await step(few), await step({ ...few, count: times * rows, values, labels })];
    // Means of the same numbers, in another order.
    expectWithin('memories', often.memories, once.memories, 1e-13);
    expectWithin('class weights', often.classWeights.data, once.classWeights.data, 1e-13);
    expectWithin('loss', [often.history[0]?.loss ?? 0], [once.history[0]?.loss ?? 1], 1e-12);
  });

  it('without a background gives it no weight', async () => {
    const data = await teacherData({ count: 200 });
    const memory = await VonMisesFisherMemory.train(data, { ...quick, background: 0, maxEpochs: 3 });
    expectSameBits('background', memory.classWeights.data.subarray(0, 4), new Float64Array(4));
    expect(Array.from(await memory.predict(data)).every(Number.isInteger)).toBe(true);
  });

  it('keeps zero rows: all memories are alike to them', async () => {
    const data = await teacherData({ count: 200 });
    const values = data.values.slice();
    values.fill(0, 0, 10 * data.dimension);
    const memory = await VonMisesFisherMemory.train({ ...data, values }, { ...quick, maxEpochs: 5 });
    const rows = table(await memory.predictProbabilities(rowsFrom({ ...data, values }, 0, 2)));
    expectSameBits('both blank rows', rows[0] as number[], rows[1] as number[]);
  });
});

describe('initial memories', () => {
  it.each(['float64', 'float32'])('are where training begins, in %s', async (precision) => {
    const all = await teacherData({ count: 200 });
    const data = precision === 'float32' ? single(all) : all;
    const { values } = await sampleUniformSphere({ count: 12, dimension: 16, seed: 8 });
    const start = values.slice();
    // So short a step that nothing moves in single precision, and by 1e-12 at most in double.
    const still = { ...quick, learningRate: 1e-7, maxEpochs: 1, initialMemories: start };
    const memory = await VonMisesFisherMemory.train(data, still);
    expect(memory.precision).toBe(precision);
    expectWithin('memories', memory.memories, values, precision === 'float32' ? 1e-7 : 1e-10);
    expectSameBits('given', start, values);
  });

  it('are those of the units that a network grows from', async () => {
    const data = await teacherData({ count: 200 });
    const options = { ...quick, maxEpochs: 2, splitting: { from: 3, epochs: 1 } };
    const { values } = await sampleUniformSphere({ count: 12, dimension: 16, seed: 8 });
    const call = VonMisesFisherMemory.train(data, { ...options, initialMemories: values });
    await expect(call).rejects.toThrow('Expected 48 numbers (3 x 16) for options.initialMemories but received 192');
    const memory = await VonMisesFisherMemory.train(data, { ...options, initialMemories: values.subarray(0, 48) });
    expect(memory.history.map(({ hiddenUnits }) => hiddenUnits)).toEqual([3, 6]);
  });
});

describe('the same data, options and seed', () => {
  it('give the same bits on any number of threads; another seed does not', async () => {
    const data = single(await teacherData({ count: 700, dimension: 40 }));
    const options = { ...quick, hiddenUnits: 70, batchSize: 130, maxEpochs: 4, beta: { trainedFrom: 5 } };
    const before = threads();
    const trained: VonMisesFisherMemory[] = [];
    for (const count of [1, 2, 5]) {
      setThreads(count);
      trained.push(await VonMisesFisherMemory.train(data, options));
    }
    setThreads(before);
    const [one, ...others] = trained as [VonMisesFisherMemory, ...VonMisesFisherMemory[]];
    for (const other of others) {
      expectSameBits('memories', other.memories, one.memories);
      expectSameBits('class weights', other.classWeights.data, one.classWeights.data);
      expect(other.beta).toBe(one.beta);
    }
    const different = await VonMisesFisherMemory.train(data, { ...options, seed: 6 });
    expect(different.beta).not.toBe(one.beta);
  });
});

describe('growing by splitting', () => {
  it('reaches the size in doublings and is as good as training all units', async () => {
    const all = await teacherData({ count: 900, memories: 12, classes: 4 });
    const data = rowsFrom(all, 0, 600);
    const options = { ...quick, hiddenUnits: 24, beta: 25, maxEpochs: 200 };
    const grown = await VonMisesFisherMemory.train(data, { ...options, splitting: { from: 3, epochs: 15 } });
    const sizes = grown.history.map(({ hiddenUnits }) => hiddenUnits);
    expect(sizes[0]).toBe(3);
    for (let i = 1; i < sizes.length; i++) expect(sizes[i]).toBeLessThanOrEqual(2 * (sizes[i - 1] as number));
    expect(grown.hiddenUnits).toBe(sizes.at(-1));
    const whole = await VonMisesFisherMemory.train(data, options);
    const test = rowsFrom(all, 600, 300);
    expect(await accuracy(grown, test)).toBeGreaterThan((await accuracy(whole, test)) - 0.03);
    // Every unit has its half of its parent's share; the background has its share of the final network throughout.
    const shares = rowSums(table(grown.classWeights));
    expectWithin('share of the background', shares.slice(0, 1), [1 / 25], 1e-4);
    expectWithin('sum', [shares.reduce((a, b) => a + b)], [1], 1e-12);
  });

  it('ends where no unit has a negative eigenvalue', async () => {
    const data = await teacherData({ count: 300 });
    // At a beta this low every cluster is wider than a memory can resolve.
    const memory = await VonMisesFisherMemory.train(data, {
      ...quick,
      beta: 0.01,
      hiddenUnits: 8,
      splitting: { from: 2, threshold: 0 },
    });
    expect(memory.hiddenUnits).toBe(2);
  });
});

describe('training without labels', () => {
  it('finds classes in patches of images', async () => {
    const { images } = bars(300, 3);
    const patches = await imagePatches({ count: 300, height: 8, width: 8, values: images }, { size: 4, stride: 4 });
    const rows = await toSphere(patches);
    expect(rows.count).toBe(1200);
    const memory = await VonMisesFisherMemory.train(
      { ...rows, classes: 3 },
      {
        hiddenUnits: 16,
        beta: 20,
        batchSize: 100,
        maxEpochs: 60,
        patience: 60,
        seed: 1,
      },
    );
    const [first, last] = [memory.history[0] as EpochRecord, memory.history.at(-1) as EpochRecord];
    expect(last.validationLoss).toBeLessThan(first.validationLoss);
    expect(last.accuracy).toBe(0);
    // The classes are told apart: a clear patch has one likely class.
    const probabilities = table(await memory.predictProbabilities(rows));
    const clear = probabilities.filter((_, i) => rows.values.subarray(i * 16, (i + 1) * 16).some((x) => x !== 0));
    const sure = clear.filter((row) => Math.max(...row) > 0.9).length / clear.length;
    expect(sure).toBeGreaterThan(0.8);
    expect(new Set(memory.memoryClasses).size).toBeGreaterThan(1);
  });
});

describe('progress', () => {
  it('counts rows, never falls and ends at its total; every epoch is told', async () => {
    const data = await teacherData({ count: 200 });
    const seen: number[] = [];
    const epochs: EpochRecord[] = [];
    const memory = await VonMisesFisherMemory.train(data, {
      ...quick,
      maxEpochs: 5,
      onEpoch: (record) => epochs.push(record),
      onProgress: ({ completed, total }) => {
        expect(total).toBe(5 * 200);
        seen.push(completed);
      },
    });
    expect(epochs).toEqual(memory.history);
    expect(seen.every((completed, i) => completed >= (seen[i - 1] ?? 0))).toBe(true);
    expect(seen.at(-1)).toBe(1000);
    expect(seen.filter((completed) => completed === 1000)).toHaveLength(1);
  });

  it('every epoch can be asked for the parameters then, those before a split included', async () => {
    const data = single(await teacherData({ count: 200 }));
    const told: { record: EpochRecord; parameters: VonMisesFisherParameters }[] = [];
    const options = { ...quick, maxEpochs: 4, splitting: { from: 6, epochs: 2 } };
    const train = (maxEpochs: number, onEpoch?: TrainOptions['onEpoch']) =>
      VonMisesFisherMemory.train(data, { ...options, maxEpochs, validationShare: 0, onEpoch });
    await train(4, (record, parameters) => told.push({ record, parameters: parameters() }));
    expect(told.map(({ parameters }) => parameters.hiddenUnits)).toEqual([6, 6, 12, 12]);
    for (const { record, parameters } of told) {
      // Without validation rows a training of so many epochs ends with the model of the last one, which is not split.
      const memory = await train(record.epoch);
      expect(parameters.beta).toBe(record.beta);
      expectSameBits('memories', parameters.memories, memory.memories);
      expectSameBits('class weights', parameters.classWeights.data, memory.classWeights.data);
    }
  });

  it('a listener that writes into the parameters it was given changes nothing', async () => {
    const data = await teacherData({ count: 200 });
    const plain = await VonMisesFisherMemory.train(data, { ...quick, maxEpochs: 3 });
    const onEpoch: TrainOptions['onEpoch'] = (_, parameters) => {
      parameters().memories.fill(0);
      parameters().classWeights.data.fill(0);
    };
    const memory = await VonMisesFisherMemory.train(data, { ...quick, maxEpochs: 3, onEpoch });
    expectSameBits('memories', memory.memories, plain.memories);
    expectSameBits('class weights', memory.classWeights.data, plain.classWeights.data);
  });

  it('an abort rejects with its reason, a callback that throws with what it threw', async () => {
    const data = await teacherData();
    const controller = new AbortController();
    const reason = new Error('enough');
    const onEpoch = ({ epoch }: EpochRecord) => epoch === 2 && controller.abort(reason);
    const call = VonMisesFisherMemory.train(data, {
      ...quick,
      onEpoch: onEpoch as () => void,
      signal: controller.signal,
    });
    await expect(call).rejects.toBe(reason);
    const thrown = new Error('mine');
    const throwing = VonMisesFisherMemory.train(data, {
      ...quick,
      onEpoch: () => {
        throw thrown;
      },
    });
    await expect(throwing).rejects.toBe(thrown);
  });
});

describe('class shares that were rounded to float32', () => {
  const rounded = Float32Array.of(1 / 7, 2 / 7, 1 / 7, 2 / 7, 1 / 7);

  it.each([
    ['float32', rounded],
    ['float64', Float64Array.from(rounded)],
    ['a plain array', Array.from(rounded)],
  ])('are taken and divided by their sum, in %s', async (_, classShares) => {
    expect(Array.from(rounded).reduce((a, b) => a + b)).toBe(1.0000000447034836);
    const data = await teacherData({ count: 100, classes: 4 });
    const { classWeights } = await VonMisesFisherMemory.train(data, { ...quick, maxEpochs: 2, classShares });
    const exact = Array.from(rounded, (share) => share / 1.0000000447034836);
    // Steps end with a scaling of the columns: only rounding is left.
    expectWithin('class shares', columnSums(table(classWeights)), exact, 1e-15);
  });
});
