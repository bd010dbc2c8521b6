/** Bad input to the theory of the von Mises-Fisher memory: coded errors that name the argument. */
import { describe, expect, it } from 'vitest';
import {
  classWeightMultipliers,
  duplicate,
  type ErrorCode,
  type MultiplierOptions,
  type SaddlePointOptions,
  type SaddlePointParameters,
  solveSaddlePoint,
  solveTeacherSaddlePoint,
  splittingStability,
  stationarity,
  type TeacherSaddlePointOptions,
} from '../../lib/index.ts';
import { expectFailure } from '../support/assertions.ts';
import { matrixOf } from './theorySupport.ts';

type Case = [string, object, ErrorCode, ...string[]];

const parameters = {
  dimension: 2,
  hiddenUnits: 2,
  classes: 1,
  beta: 1,
  betaScale: 1,
  memories: Float64Array.of(1, 0, 0, 1),
  classWeights: matrixOf([
    [0.1, 0.1],
    [0.2, 0.2],
    [0.2, 0.2],
  ]),
};
const data = { count: 2, dimension: 2, values: Float64Array.of(1, 0, 0, -1), labels: [0, 1] };
const targets = matrixOf([
  [0.5, 0.5],
  [0, 1],
]);
const { labels: _, ...patterns } = data;

describe('classWeightMultipliers refuses', () => {
  const pbar = matrixOf([
    [1, 2],
    [3, 4],
  ]);
  const options = { hiddenShares: [0.5, 0.5], classShares: [0.5, 0.5] };
  it.each<Case>([
    ['a negative number', { data: Float64Array.of(1, -2, 3, 4) }, 'ERR_RANGE', 'pbar.data[1]', '-2'],
    ['NaN', { data: Float64Array.of(1, 2, Number.NaN, 4) }, 'ERR_RANGE', 'pbar.data[2]', 'NaN'],
    ['another length', { data: Float64Array.of(1) }, 'ERR_SHAPE', 'pbar.data', '2 x 2'],
    ['no rows', { rows: 0 }, 'ERR_SHAPE', 'pbar.rows', '0'],
  ])('%s', async (_name, change, code, ...mentions) => {
    await expectFailure(() => classWeightMultipliers({ ...pbar, ...change }, options), code, ...mentions);
  });
  it.each<Case>([
    ['too few shares', { hiddenShares: [1] }, 'ERR_SHAPE', 'options.hiddenShares', '2 numbers', '1'],
    ['no shares', { classShares: undefined }, 'ERR_SHAPE', 'options.classShares'],
    ['a negative share', { classShares: [1.5, -0.5] }, 'ERR_RANGE', 'options.classShares[1]', '-0.5'],
    ['another sum', { classShares: [0.5, 0.6] }, 'ERR_RANGE', 'options.classShares', 'sum 1', '1.1'],
    ['unknown options', { tolerance: 1 }, 'ERR_RANGE', 'tolerance'],
  ])('%s', async (_name, change, code, ...mentions) => {
    const given = { ...options, ...change } as MultiplierOptions;
    await expectFailure(() => classWeightMultipliers(pbar, given), code, ...mentions);
  });
});

describe.each([
  ['stationarity', stationarity],
  ['splittingStability', splittingStability],
])('%s refuses', (_name, call) => {
  it('nothing of the case that the others vary', async () => {
    await call(parameters, data);
  });

  it.each<Case>([
    ['no parameters', { memories: undefined }, 'ERR_SHAPE', 'parameters.memories'],
    [
      'memories off the sphere',
      { memories: Float64Array.of(1, 0, 0, 2) },
      'ERR_RANGE',
      'parameters.memories',
      '[1]',
      '2',
    ],
    [
      'NaN in a memory',
      { memories: Float64Array.of(1, Number.NaN, 0, 1) },
      'ERR_NOT_FINITE',
      'parameters.memories',
      'NaN',
    ],
    ['class weights of another shape', { classWeights: targets }, 'ERR_SHAPE', 'parameters.classWeights', '3 x 2'],
    [
      'class weights of another sum',
      { classWeights: { ...parameters.classWeights, data: new Float64Array(6).fill(1) } },
      'ERR_RANGE',
      'parameters.classWeights',
      '6',
    ],
    ['a negative beta', { beta: -1 }, 'ERR_RANGE', 'parameters.beta', '-1'],
    ['an infinite betaScale', { betaScale: Number.POSITIVE_INFINITY }, 'ERR_RANGE', 'parameters.betaScale'],
  ])('%s', async (_case, change, code, ...mentions) => {
    await expectFailure(() => call({ ...parameters, ...change }, data), code, ...mentions);
  });

  it.each<Case>([
    ['rows of another dimension', { dimension: 1, count: 4 }, 'ERR_SHAPE', 'data.dimension', '2', '1'],
    ['rows off the sphere', { values: Float64Array.of(1, 0, 3, 4) }, 'ERR_RANGE', 'data.values[1]', '5'],
    ['neither labels nor soft labels', { labels: undefined }, 'ERR_SHAPE', 'labels', 'targets', 'neither'],
    ['both', { targets }, 'ERR_SHAPE', 'labels', 'targets', 'both'],
    ['a label beyond the classes', { labels: [0, 2] }, 'ERR_RANGE', 'data.labels[1]', '2'],
    [
      'soft labels of another shape',
      { labels: undefined, targets: parameters.classWeights },
      'ERR_SHAPE',
      'data.targets',
      '2 x 2',
      '3 x 2',
    ],
    [
      'soft labels of another sum',
      {
        labels: undefined,
        targets: matrixOf([
          [0.5, 0.5],
          [1, 1],
        ]),
      },
      'ERR_RANGE',
      'data.targets row 1',
      '2',
    ],
    [
      'a negative soft label',
      {
        labels: undefined,
        targets: matrixOf([
          [0.5, 0.5],
          [2, -1],
        ]),
      },
      'ERR_RANGE',
      'data.targets.data[3]',
      '-1',
    ],
  ])('%s', async (_case, change, code, ...mentions) => {
    await expectFailure(() => call(parameters, { ...data, ...change }), code, ...mentions);
  });

  it('options of no meaning', async () => {
    await expectFailure(
      () => call(parameters, data, { labelSoftening: 2 }),
      'ERR_RANGE',
      'options.labelSoftening',
      '2',
    );
    const soft = { ...data, labels: undefined, targets };
    await expectFailure(
      () => call(parameters, soft, { labelSoftening: 0.1 }),
      'ERR_RANGE',
      'labelSoftening',
      'data.targets',
    );
    await expectFailure(() => call(parameters, data, { beta: 1 } as object), 'ERR_RANGE', 'options', 'beta');
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(call(parameters, data, { signal })).rejects.toThrow('enough');
  });
});

it('the shares and the power iteration are checked, too', async () => {
  await expectFailure(
    () => stationarity(parameters, data, { hiddenShares: [1] }),
    'ERR_SHAPE',
    'options.hiddenShares',
    '3 numbers',
  );
  await expectFailure(
    () => splittingStability(parameters, data, { maxPasses: 0 }),
    'ERR_RANGE',
    'options.maxPasses',
    '0',
  );
  await expectFailure(
    () => splittingStability(parameters, data, { tolerance: -1 }),
    'ERR_RANGE',
    'options.tolerance',
    '-1',
  );
});

describe('duplicate refuses', () => {
  it.each<[string, object, unknown, ErrorCode, ...string[]]>([
    ['an index beyond', {}, [2], 'ERR_RANGE', 'indices[0]', '2'],
    ['an index twice', {}, [1, 0, 1], 'ERR_RANGE', 'indices[2]', '1'],
    ['no index', {}, [], 'ERR_SHAPE', 'indices'],
    ['lengths above 1', { lengths: Float64Array.of(1, 1.5) }, [0], 'ERR_RANGE', 'parameters.lengths[1]', '1.5'],
    ['too few lengths', { lengths: Float64Array.of(1) }, [0], 'ERR_SHAPE', 'parameters.lengths', '2', '1'],
    ['too few memories', { hiddenUnits: 3 }, [0], 'ERR_SHAPE', 'parameters.memories', '3 x 2'],
  ])('%s', async (_name, change, indices, code, ...mentions) => {
    const given: SaddlePointParameters = { ...parameters, ...change };
    await expectFailure(() => duplicate(given, indices as number[]), code, ...mentions);
  });
});

describe('solveSaddlePoint refuses', () => {
  it.each<Case>([
    ['no hidden units', { hiddenUnits: 0 }, 'ERR_RANGE', 'options.hiddenUnits', '0'],
    ['neither hidden units nor a start', { hiddenUnits: undefined }, 'ERR_RANGE', 'options.hiddenUnits', 'undefined'],
    ['a negative beta', { beta: -1 }, 'ERR_RANGE', 'options.beta', '-1'],
    ['an infinite beta', { beta: Number.POSITIVE_INFINITY }, 'ERR_RANGE', 'options.beta'],
    ['NaN for v', { v: Number.NaN }, 'ERR_RANGE', 'options.v', 'Infinity', 'NaN'],
    ['a negative load', { rho: -1 }, 'ERR_RANGE', 'options.rho', '-1'],
    ['hidden units beside a start', { start: parameters }, 'ERR_RANGE', 'options.hiddenUnits', 'options.start'],
    ['shares of another number', { hiddenShares: [0.5, 0.5] }, 'ERR_SHAPE', 'options.hiddenShares', '3 numbers', '2'],
    ['class shares of another number', { classShares: [1] }, 'ERR_SHAPE', 'options.classShares', '2 numbers', '1'],
    ['iterations that are no number', { maxIterations: 1.5 }, 'ERR_RANGE', 'options.maxIterations', '1.5'],
    ['an unknown option', { damping: 1 }, 'ERR_RANGE', 'damping'],
  ])('%s', async (_name, change, code, ...mentions) => {
    const options = { hiddenUnits: 2, beta: 1, ...change } as SaddlePointOptions;
    await expectFailure(() => solveSaddlePoint(patterns, targets, options), code, ...mentions);
  });

  it('patterns, soft labels and starts that do not fit', async () => {
    const options = { hiddenUnits: 2, beta: 1 };
    const off = { ...patterns, values: Float64Array.of(1, 0, 3, 4) };
    await expectFailure(() => solveSaddlePoint(off, targets, options), 'ERR_RANGE', 'patterns.values[1]', '5');
    const one = { rows: 2, columns: 1, data: Float64Array.of(1, 1) };
    await expectFailure(() => solveSaddlePoint(patterns, one, options), 'ERR_SHAPE', 'targets.columns', '1');
    await expectFailure(
      () => solveSaddlePoint(patterns, parameters.classWeights, options),
      'ERR_SHAPE',
      'targets',
      '2 x 2',
      '3 x 2',
    );
    const line = { count: 1, dimension: 4, values: Float64Array.of(1, 0, 0, 0) };
    const start = parameters;
    const label = matrixOf([[0.5, 0.5]]);
    await expectFailure(
      () => solveSaddlePoint(line, label, { beta: 1, start }),
      'ERR_SHAPE',
      'options.start.dimension',
      '4',
      '2',
    );
    const three = matrixOf([
      [1, 0, 0],
      [0, 1, 0],
    ]);
    await expectFailure(
      () => solveSaddlePoint(patterns, three, { beta: 1, start }),
      'ERR_SHAPE',
      'options.start.classes',
      '2',
      '1',
    );
  });
});

describe('solveTeacherSaddlePoint refuses', () => {
  it.each<Case>([
    ['more memories than dimensions', { teacherUnits: 11 }, 'ERR_RANGE', 'options.teacherUnits', '10', '11'],
    ['no dimension', { dimension: undefined }, 'ERR_RANGE', 'options.dimension', 'undefined'],
    ['one class only', { teacherClassShares: [1] }, 'ERR_RANGE', 'options.teacherClassShares.length', '1'],
    ['shares of another sum', { teacherClassShares: [1, 1] }, 'ERR_RANGE', 'options.teacherClassShares', 'sum 1', '2'],
  ])('%s', async (_name, change, code, ...mentions) => {
    const options = { dimension: 10, teacherUnits: 3, teacherClassShares: [0.5, 0.5], hiddenUnits: 2, beta: 1 };
    const given = { ...options, ...change } as TeacherSaddlePointOptions;
    await expectFailure(() => solveTeacherSaddlePoint(given), code, ...mentions);
  });
});
