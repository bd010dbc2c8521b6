/** Files that were edited and have right checksums: whatever they hold is refused by name, and the process lives on. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VonMisesFisherMemory } from '../../lib/index.ts';
import { openSafetensors, type TensorSpec, writeSafetensors } from '../../lib/io/safetensors/safetensors.ts';
import { native } from '../../lib/native/addon.ts';
import { expectFailure } from '../support/assertions.ts';
import { teacherData } from './data.ts';
import { SETTINGS } from './support.ts';

type Numbers = Float32Array | Float64Array;

interface Contents {
  readonly metadata: Record<string, string>;
  readonly tensors: Map<string, { spec: TensorSpec; data: Numbers }>;
}

const folder = mkdtempSync(join(tmpdir(), 'denseam-edited-'));
const checkpoint = join(folder, 'checkpoint.safetensors');
const model = join(folder, 'model.safetensors');
const edited = join(folder, 'edited.safetensors');
let data: Awaited<ReturnType<typeof teacherData>>;

beforeAll(async () => {
  data = await teacherData({ count: 80, dimension: 5, memories: 2, classes: 2 });
  const controller = new AbortController();
  const training = VonMisesFisherMemory.train(data, {
    hiddenUnits: 4,
    beta: { trainedFrom: 5 },
    batchSize: 20,
    maxEpochs: 5,
    patience: 5,
    splitting: { from: 2, epochs: 3 },
    checkpoint,
    signal: controller.signal,
    onEpoch: ({ epoch }) => epoch === 2 && controller.abort(new Error('enough')),
  });
  await expect(training).rejects.toThrow('enough');
  // A copy, so that the checkpoint stays that of a run with three epochs to go.
  copyFileSync(checkpoint, edited);
  await (await VonMisesFisherMemory.resume(edited, data)).save(model);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function read(path: string): Promise<Contents> {
  const file = await openSafetensors(path);
  const tensors: Contents['tensors'] = new Map();
  for (const spec of file.tensors.values()) tensors.set(spec.name, { spec, data: await file.read(spec.name) });
  await file.close();
  return { metadata: { ...file.metadata }, tensors };
}

/** Writes the file anew, with right checksums, after a change. */
async function rewrite(path: string, change: (contents: Contents) => void): Promise<void> {
  const contents = await read(path);
  change(contents);
  const { metadata, tensors } = contents;
  await writeSafetensors(edited, {
    tensors: [...tensors.values()].map(({ spec: { name, dtype, shape } }) => ({ name, dtype, shape })),
    metadata,
    chunks: [...tensors].map(([tensor, { data }]) => ({ tensor, data })),
  });
}

/** One field of the JSON under a key of the metadata; undefined takes it away. */
const inJson = (key: string, field: string, value: unknown) => (contents: Contents) => {
  const json = JSON.parse(contents.metadata[key] as string) as Record<string, unknown>;
  const [head, tail] = field.split('.') as [string, string?];
  if (tail) json[head] = { ...(json[head] as object), [tail]: value };
  else json[head] = value;
  contents.metadata[key] = JSON.stringify(json);
};

const inTensor =
  (name: string, at: number, value: number) =>
  ({ tensors }: Contents) => {
    (tensors.get(name)?.data as Numbers)[at] = value;
  };

/** One row or number fewer. */
const shortened =
  (name: string) =>
  ({ tensors }: Contents) => {
    const { spec, data } = tensors.get(name) as { spec: TensorSpec; data: Numbers };
    const [rows = 0, ...rest] = spec.shape;
    const shape = [rows - 1, ...rest];
    tensors.set(name, {
      spec: { ...spec, shape },
      data: data.subarray(0, (data.length / rows) * (rows - 1)) as Numbers,
    });
  };

const resume = () => VonMisesFisherMemory.resume(edited, data);
const load = () => VonMisesFisherMemory.load(edited);

const notNumbers = [null, undefined, 'x', true, [1], {}];
const notPositive = [...notNumbers, 0, -5];
const notCounts = [...notPositive, 1.5, 2 ** 31, 1e300];

const settings: Record<string, readonly unknown[]> = {
  hiddenUnits: [...notCounts, 1, 73],
  beta: notPositive,
  trainsBeta: [null, undefined, 'x', 0],
  // The data are of float64.
  isMixed: [null, 'x', 0, true],
  betaScale: notPositive,
  softening: [...notNumbers, -0.1, 1.1],
  classShares: [
    null,
    undefined,
    'x',
    1,
    {},
    [],
    [1],
    [0.5, 0.5],
    [0.5, 0.6, -0.1],
    [0.2, 0.2, 0.2],
    [1, 0, 0],
    [null, 0.5, 0.5],
  ],
  background: [...notNumbers, -1],
  batchSize: notCounts,
  learningRate: notPositive,
  momentum: [...notNumbers, -0.1, 1],
  maxEpochs: [...notCounts, 1],
  patience: notCounts,
  trainingRows: [...notCounts, 81, 3],
  splitting: [null, 'x', 1, {}, { from: 2 }],
  'splitting.from': [...notCounts, 5],
  'splitting.fraction': [...notPositive, 1.1],
  'splitting.threshold': [undefined, 'x', 1, {}],
  'splitting.distance': notPositive,
  'splitting.epochs': notCounts,
  'splitting.rows': notCounts,
  'splitting.passes': notCounts,
  'splitting.more': [1],
  seed: [null, undefined, 1, '-1', 'x', '', '18446744073709551616'],
};

const run: Record<string, readonly unknown[]> = {
  data: [null, undefined, 1],
  dimension: [...notCounts, 4, 6],
  precision: [null, undefined, 'float16', 'float32', 1],
  hiddenUnits: [...notCounts, 1, 3, 5],
  labels: [...notCounts, 2, 4],
  beta: notPositive,
  betaVelocity: notNumbers,
  bestBeta: notPositive.filter((value) => value !== null),
  bestLoss: [undefined, 'x', true, [1], {}],
  fruitless: [...notNumbers, -1, 1.5],
  nearZero: [null, 0, 'x'],
  done: [null, undefined, 0, 'x'],
};

function table(fields: Record<string, readonly unknown[]>): (readonly [string, unknown])[] {
  return Object.entries(fields).flatMap(([field, values]) => values.map((value) => [field, value] as const));
}

describe('a checkpoint is refused', () => {
  it.each(table(settings))('with settings.%s %j', async (field, value) => {
    await rewrite(checkpoint, inJson('settings', field, value));
    await expectFailure(resume, 'ERR_CORRUPT_FILE', edited);
  });

  it.each(table(run))('with run.%s %j', async (field, value) => {
    await rewrite(checkpoint, inJson('run', field, value));
    await expectFailure(resume, 'ERR_CORRUPT_FILE', edited);
  });

  it('names the field', async () => {
    await rewrite(checkpoint, inJson('settings', 'batchSize', 0));
    await expectFailure(resume, 'ERR_CORRUPT_FILE', 'settings.batchSize', 'received 0');
    await rewrite(checkpoint, inJson('run', 'beta', -5));
    await expectFailure(resume, 'ERR_CORRUPT_FILE', 'run.beta', '-5');
    await rewrite(checkpoint, inTensor('classVelocities', 3, Number.NaN));
    await expectFailure(resume, 'ERR_CORRUPT_FILE', 'classVelocities[3]', 'NaN');
  });

  it.each(['settings', 'run'].flatMap((key) => ['null', '1', '"x"', '[]', '{', ''].map((text) => [key, text])))(
    'with %s %s',
    async (key, text) => {
      await rewrite(checkpoint, ({ metadata }) => {
        metadata[key as string] = text as string;
      });
      await expectFailure(resume, 'ERR_CORRUPT_FILE', edited);
    },
  );

  it.each([
    ['memories', 0, 2],
    ['memories', 0, Number.NaN],
    ['bestMemories', 3, Number.POSITIVE_INFINITY],
    ['classWeights', 1, -0.1],
    ['classWeights', 1, 0.9],
    ['bestClassWeights', 0, Number.NaN],
    ['memoryVelocities', 2, Number.NaN],
    ['classVelocities', 2, Number.POSITIVE_INFINITY],
    ['hiddenShares', 1, 0],
    ['hiddenShares', 1, -1],
    ['hiddenShares', 2, 0.9],
    ['classShares', 0, 0],
    ['classShares', 1, Number.NaN],
    ['history', 0, 2],
    ['history', 1, 0],
    ['history', 2, -1],
    ['history', 3, Number.NaN],
    ['history', 4, 2],
    ['history', 6, -1],
    ['history', 7, Number.NEGATIVE_INFINITY],
  ] as const)('with %s[%d] = %d', async (name, at, value) => {
    await rewrite(checkpoint, inTensor(name, at, value));
    await expectFailure(resume, 'ERR_CORRUPT_FILE', edited);
  });

  it.each([
    'memories',
    'bestMemories',
    'classWeights',
    'bestClassWeights',
    'memoryVelocities',
    'classVelocities',
    'hiddenShares',
    'classShares',
  ])('with %s cut or gone', async (name) => {
    await rewrite(checkpoint, shortened(name));
    await expectFailure(resume, 'ERR_CORRUPT_FILE', name);
    await rewrite(checkpoint, ({ tensors }) => tensors.delete(name));
    await expectFailure(resume, 'ERR_CORRUPT_FILE', name);
  });
});

it('a checkpoint of before there was `nearZero` goes on', async () => {
  await rewrite(checkpoint, inJson('run', 'nearZero', undefined));
  expect((await resume()).history).toHaveLength(5);
});

it('a checkpoint with other settings that may be goes on with them', async () => {
  await rewrite(checkpoint, inJson('settings', 'batchSize', 7));
  expect((await resume()).history).toHaveLength(5);
  await rewrite(checkpoint, inJson('settings', 'learningRate', 1e300));
  await expectFailure(resume, 'ERR_NOT_FINITE', 'diverged');
});

describe('a model is refused', () => {
  it.each([...table({ beta: notPositive, betaScale: notPositive })])('with %s %j', async (field, value) => {
    await rewrite(model, inJson('model', field, value));
    await expectFailure(load, 'ERR_CORRUPT_FILE', edited);
  });

  it.each(['null', '1', '"x"', '[]', '{', ''])('with model %s', async (text) => {
    await rewrite(model, ({ metadata }) => {
      Object.assign(metadata, { model: text });
    });
    await expectFailure(load, 'ERR_CORRUPT_FILE', edited);
  });

  it.each([
    ['memories', 0, Number.NaN],
    ['classWeights', 0, 2],
    ['history', 0, 0.5],
    ['history', 1, -1],
    ['history', 2, Number.POSITIVE_INFINITY],
  ] as const)('with %s[%d] = %d', async (name, at, value) => {
    await rewrite(model, inTensor(name, at, value));
    await expectFailure(load, 'ERR_CORRUPT_FILE', edited);
  });

  it.each(['memories', 'classWeights'])('with %s cut or gone', async (name) => {
    await rewrite(model, shortened(name));
    await expectFailure(load, 'ERR_CORRUPT_FILE', edited);
    await rewrite(model, ({ tensors }) => tensors.delete(name));
    await expectFailure(load, 'ERR_CORRUPT_FILE', name);
  });
});

describe('the native trainer refuses by itself', () => {
  const state = () =>
    native.initialSphereState({
      dimension: 2,
      precision: 'float64',
      hiddenUnits: 2,
      labels: 2,
      hiddenShares: Float64Array.of(0.2, 0.4, 0.4),
      classShares: Float64Array.of(0.5, 0.5),
      beta: 1,
      betaScale: 1,
      seed: 1n,
    }).promise;

  it.each([
    ['batchSize', 0],
    ['batchSize', -1],
    ['learningRate', Number.NaN],
    ['momentum', -1],
    ['softening', 2],
  ] as const)('%s %d', async (name, value) => {
    const rows = native.makeSphereRows({ dimension: 2, precision: 'float64', capacity: 1 });
    await native.appendSphereRows(rows, Float64Array.of(0, 1), { count: 1, name: 'x', firstIndex: 0, allowsZero: true })
      .promise;
    const own = await state();
    expect(() =>
      native.makeSphereTrainer(rows, {
        labels: undefined,
        trainingRows: 1,
        settings: { ...SETTINGS, [name]: value },
        state: own,
      }),
    ).toThrow('Expected');
  });

  it.each([
    { beta: -5 },
    { betaScale: 0 },
    { hiddenUnits: 0 },
    { hiddenUnits: 3 },
    { hiddenUnits: 2 ** 52 },
    { labels: 2 ** 53 - 1 },
    { labels: 0 },
    { memories: new Float64Array(3) },
    { classShares: new Float64Array(3) },
  ])('a state with %j', async (change) => {
    const rows = native.makeSphereRows({ dimension: 2 ** 11, precision: 'float64', capacity: 0 });
    const own = { ...(await state()), ...change };
    expect(() =>
      native.makeSphereTrainer(rows, { labels: undefined, trainingRows: 0, settings: SETTINGS, state: own }),
    ).toThrow();
    const narrow = native.makeSphereRows({ dimension: 2, precision: 'float64', capacity: 0 });
    expect(() =>
      native.makeSphereTrainer(narrow, { labels: undefined, trainingRows: 0, settings: SETTINGS, state: own }),
    ).toThrow('Expected');
  });
});
