/** Bad input to the von Mises-Fisher memory: coded errors that name the argument, and nothing done. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../lib/index.ts';
import { VonMisesFisherMemory } from '../../lib/index.ts';
import type { SphereTrainingData, TrainOptions, VonMisesFisherParameters } from '../../lib/sphere/types.ts';
import { expectFailure } from '../support/assertions.ts';
import { teacherData } from './data.ts';

const data: SphereTrainingData = {
  count: 4,
  dimension: 2,
  values: Float64Array.of(1, 0, 0, 1, -1, 0, 0, 0),
  labels: [1, 2, 0, 1],
  classes: 2,
};
const options: TrainOptions = { hiddenUnits: 2, beta: 1, maxEpochs: 2, validationShare: 0 };

const train = (change: object, optionsChange: object = {}) =>
  VonMisesFisherMemory.train(
    { ...data, ...change } as SphereTrainingData,
    { ...options, ...optionsChange } as TrainOptions,
  );

it('the case that the others vary is fine', async () => {
  expect((await train({})).history).toHaveLength(2);
});

describe('train refuses data', () => {
  it.each<[string, object, ErrorCode, ...string[]]>([
    ['none at all', { count: 0, values: new Float64Array(0) }, 'ERR_SHAPE', 'data.count', '0'],
    ['too few numbers', { values: Float64Array.of(1, 0) }, 'ERR_SHAPE', 'data.values', '8', '2'],
    ['no typed array', { values: [1, 0, 0, 1, -1, 0, 0, 0] }, 'ERR_SHAPE', 'data.values'],
    [
      'a norm that is not 1',
      { values: Float64Array.of(1, 0, 0, 1, 3, 4, 0, 0) },
      'ERR_RANGE',
      'data.values[2]',
      'norm 1',
      '5',
      'toSphere',
    ],
    [
      'NaN',
      { values: Float64Array.of(1, 0, 0, 1, -1, 0, 0, Number.NaN) },
      'ERR_NOT_FINITE',
      'data.values[3][1]',
      'NaN',
    ],
    [
      'infinity',
      { values: Float64Array.of(1, 0, 0, -Infinity, -1, 0, 0, 0) },
      'ERR_NOT_FINITE',
      'data.values[1][1]',
      '-Infinity',
    ],
    ['a label above the classes', { labels: [1, 2, 3, 1] }, 'ERR_RANGE', 'data.labels[2]', '0 (none) to 2', '3'],
    ['a negative label', { labels: Int32Array.of(1, -1, 0, 1) }, 'ERR_RANGE', 'data.labels[1]', '-1'],
    ['a label between classes', { labels: [1, 1.5, 0, 1] }, 'ERR_RANGE', 'data.labels[1]', '1.5'],
    ['too few labels', { labels: [1, 2] }, 'ERR_SHAPE', 'data.labels', '4', '2'],
    ['labels of another type', { labels: 'abc' }, 'ERR_SHAPE', 'data.labels', '"abc"'],
    ['more classes than any array holds', { classes: 2 ** 32 }, 'ERR_RANGE', 'data.classes', '4294967296'],
    ['no class', { classes: 0 }, 'ERR_SHAPE', 'data.classes', '0'],
  ])('with %s', async (_, change, code, ...mentions) => {
    await expectFailure(() => train(change), code, ...mentions);
  });

  it('whose buffer was transferred', async () => {
    const values = data.values.slice();
    structuredClone(values, { transfer: [values.buffer] });
    await expectFailure(() => train({ values }), 'ERR_SHAPE', 'data.values', 'detached');
  });
});

describe('train refuses options', () => {
  it.each<[string, object, ErrorCode, ...string[]]>([
    ['without hiddenUnits', { hiddenUnits: undefined }, 'ERR_RANGE', 'options.hiddenUnits', 'undefined'],
    ['with more units than training rows', { hiddenUnits: 5 }, 'ERR_RANGE', 'options.hiddenUnits', 'at most 4', '5'],
    ['that do not exist', { hiddenunits: 5 }, 'ERR_RANGE', 'options', 'hiddenunits'],
    ['with a beta of zero', { beta: 0 }, 'ERR_RANGE', 'options.beta', '0'],
    ['with a beta that is no number', { beta: '3' }, 'ERR_SHAPE', 'options.beta', '"3"'],
    ['with a trained beta from nowhere', { beta: {} }, 'ERR_RANGE', 'options.beta.trainedFrom', 'undefined'],
    ['with a beta of unknown options', { beta: { trainedFrom: 1, max: 5 } }, 'ERR_RANGE', 'options.beta', 'max'],
    ['with a negative betaScale', { betaScale: -1 }, 'ERR_RANGE', 'options.betaScale', '-1'],
    ['with too much softening', { labelSoftening: 1.1 }, 'ERR_RANGE', 'options.labelSoftening', '1.1'],
    ['of unsupervised training', { posteriorSoftening: 0.1 }, 'ERR_RANGE', 'options.posteriorSoftening', 'data.labels'],
    ['with class shares of another length', { classShares: [0.5, 0.5] }, 'ERR_SHAPE', 'options.classShares', '3', '2'],
    [
      'with class shares of another sum',
      { classShares: [0.5, 0.5, 0.5] },
      'ERR_RANGE',
      'options.classShares',
      'sum 1',
      '1.5',
    ],
    ['with a negative class share', { classShares: [1.5, 0, -0.5] }, 'ERR_RANGE', 'options.classShares[2]', '-0.5'],
    [
      'with no share for a class that softened labels use',
      { classShares: [0, 0.5, 0.5] },
      'ERR_RANGE',
      'options.classShares[0]',
      'labels',
    ],
    [
      'with no share for a class of a label',
      { classShares: [0, 0.5, 0.5], labelSoftening: 0 },
      'ERR_RANGE',
      'options.classShares[0]',
      'labels',
    ],
    ['with a splitting that is none', { splitting: false }, 'ERR_SHAPE', 'options.splitting', 'false'],
    ['with a negative background', { background: -1 }, 'ERR_RANGE', 'options.background', '-1'],
    ['with an empty batch', { batchSize: 0 }, 'ERR_RANGE', 'options.batchSize', '0'],
    ['with a learning rate of zero', { learningRate: 0 }, 'ERR_RANGE', 'options.learningRate', '0'],
    ['with a momentum of 1', { momentum: 1 }, 'ERR_RANGE', 'options.momentum', '1'],
    ['with no epochs', { maxEpochs: 0 }, 'ERR_RANGE', 'options.maxEpochs', '0'],
    ['without patience', { patience: 0 }, 'ERR_RANGE', 'options.patience', '0'],
    ['with nothing left to train on', { validationShare: 1 }, 'ERR_RANGE', 'options.validationShare', '1'],
    ['with a seed that is none', { seed: 0.5 }, 'ERR_RANGE', 'seed', '0.5'],
    ['with a checkpoint that is no path', { checkpoint: 7 }, 'ERR_SHAPE', 'options.checkpoint', '7'],
    ['with a listener that is none', { onEpoch: 'x' }, 'ERR_SHAPE', 'options.onEpoch', '"x"'],
    ['with initial memories that are none', { initialMemories: [1] }, 'ERR_SHAPE', 'options.initialMemories'],
    ['with too few initial memories', { initialMemories: Float64Array.of(1) }, 'ERR_SHAPE', 'options.initialMemories'],
    [
      'with an initial memory of another norm',
      { initialMemories: Float64Array.of(1, 0, 0, 2) },
      'ERR_RANGE',
      'options.initialMemories[1]',
      'norm 1',
    ],
    ['with a signal that is none', { signal: {} }, 'ERR_SHAPE', 'options.signal'],
    ['that split from nothing', { splitting: { from: 0, epochs: 1 } }, 'ERR_RANGE', 'options.splitting.from', '0'],
    [
      'that split from more than the end',
      { splitting: { from: 3, epochs: 1 } },
      'ERR_RANGE',
      'options.splitting.from',
      '3',
    ],
    [
      'that split by a misspelt option',
      { splitting: { from: 1, epoch: 1 } },
      'ERR_RANGE',
      'options.splitting',
      'epoch',
    ],
    [
      'that split at positive eigenvalues',
      { splitting: { from: 1, epochs: 1, threshold: 1 } },
      'ERR_RANGE',
      'options.splitting.threshold',
      '1',
    ],
    ['that split without an end to a stage', { splitting: { from: 1 } }, 'ERR_RANGE', 'options.splitting.epochs'],
    [
      'that split more than all',
      { splitting: { from: 1, epochs: 1, fraction: 2 } },
      'ERR_RANGE',
      'options.splitting.fraction',
      '2',
    ],
  ])('%s', async (_, change, code, ...mentions) => {
    await expectFailure(() => train({}, change), code, ...mentions);
  });

  it('for labels where there are none, and a class without a share', async () => {
    await expectFailure(
      () => train({ labels: undefined }, { labelSoftening: 0.1 }),
      'ERR_RANGE',
      'options.labelSoftening',
    );
    const classShares = [0, 0.5, 0.5];
    await expectFailure(() => train({ labels: undefined }, { classShares }), 'ERR_RANGE', 'options.classShares[0]');
  });
});

it('a training that diverges says so', async () => {
  const many = await teacherData({ count: 100 });
  const call = VonMisesFisherMemory.train(many, {
    ...options,
    beta: { trainedFrom: 1 },
    learningRate: 1e200,
    maxEpochs: 20,
  });
  const error = await call.catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'ERR_NOT_FINITE', message: expect.stringContaining('learningRate') });
});

describe('from refuses', () => {
  const parts: VonMisesFisherParameters = {
    dimension: 2,
    hiddenUnits: 1,
    classes: 1,
    beta: 1,
    betaScale: 1,
    memories: Float64Array.of(0.6, 0.8),
    classWeights: { rows: 2, columns: 2, data: Float64Array.of(0.1, 0.2, 0.3, 0.4) },
  };
  it.each<[string, object, ErrorCode, ...string[]]>([
    ['no dimension', { dimension: undefined }, 'ERR_SHAPE', 'parameters.dimension', 'undefined'],
    ['memories of another length', { memories: Float64Array.of(1) }, 'ERR_SHAPE', 'parameters.memories', '2', '1'],
    [
      'memories of another norm',
      { memories: Float64Array.of(3, 4) },
      'ERR_RANGE',
      'parameters.memories[0]',
      'norm',
      '5',
    ],
    ['a zero memory', { memories: Float64Array.of(0, 0) }, 'ERR_RANGE', 'parameters.memories', 'norm', '0'],
    [
      'a memory that is not finite',
      { memories: Float64Array.of(0, Number.NaN) },
      'ERR_NOT_FINITE',
      'parameters.memories',
    ],
    [
      'class weights of another shape',
      { classWeights: { rows: 1, columns: 2, data: Float64Array.of(0.5, 0.5) } },
      'ERR_SHAPE',
      'parameters.classWeights',
      '2 x 2',
      '1 x 2',
    ],
    [
      'a negative class weight',
      { classWeights: { rows: 2, columns: 2, data: Float64Array.of(0.5, 0.6, -0.2, 0.1) } },
      'ERR_RANGE',
      'parameters.classWeights.data[2]',
      '-0.2',
    ],
    [
      'class weights of another sum',
      { classWeights: { rows: 2, columns: 2, data: Float64Array.of(0.5, 0.5, 0.5, 0) } },
      'ERR_RANGE',
      'parameters.classWeights.data',
      '1.5',
    ],
    ['a beta of zero', { beta: 0 }, 'ERR_RANGE', 'parameters.beta', '0'],
    ['no betaScale', { betaScale: undefined }, 'ERR_RANGE', 'parameters.betaScale', 'undefined'],
  ])('%s', async (_, change, code, ...mentions) => {
    await expectFailure(() => VonMisesFisherMemory.from({ ...parts, ...change }), code, ...mentions);
  });

  describe('and a memory refuses rows', () => {
    let memory: VonMisesFisherMemory;
    beforeAll(async () => {
      memory = await VonMisesFisherMemory.from(parts);
    });
    const rows = (...values: number[]) => ({
      count: values.length / 2,
      dimension: 2,
      values: Float64Array.from(values),
    });
    const verbs = ['logDensity', 'predictProbabilities', 'predict', 'nearestMemory', 'fidelity'] as const;

    it.each(verbs)('%s', async (verb) => {
      await expectFailure(() => memory[verb](rows(1, 0, 1, 1)), 'ERR_RANGE', 'x.values[1]', '1.41421');
      await expectFailure(() => memory[verb](rows(1, 0, Number.NaN, 1)), 'ERR_NOT_FINITE', 'x.values[1][0]', 'NaN');
      await expectFailure(
        () => memory[verb]({ ...rows(1, 0), dimension: 1, count: 2 }),
        'ERR_SHAPE',
        'x.dimension',
        '2',
        '1',
      );
      await expectFailure(() => memory[verb](rows()), 'ERR_SHAPE', 'x.count', '0');
      await expectFailure(() => memory[verb](rows(1, 0), { beta: 1 } as object), 'ERR_RANGE', 'options', 'beta');
      const reason = new Error('stop');
      await expect(memory[verb](rows(1, 0), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    });
  });
});
