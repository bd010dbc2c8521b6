import { setImmediate } from 'node:timers/promises';
import { types } from 'node:util';
import { crc32 } from 'node:zlib';
import { aBoolean } from '../core/options.ts';
import type { CallOptions } from '../core/types.ts';
import { expectedError, integer, nonNegative, object, positive, rangeError } from '../core/validate.ts';
import { bytesOf, PIECE_BYTES } from '../io/files.ts';
import type { SafetensorsFile } from '../io/safetensors/safetensors.ts';
import type { Batch } from '../memory/batches.ts';
import { type FileKind, readTensor, readTensors } from '../memory/fileVersion.ts';
import type { Precision } from '../memory/memory.ts';
import type { NativeSphereState } from '../native/addon.ts';
import { readClassWeights } from './options.ts';
import { toNativeRows } from './rows.ts';
import { finite, historyTensor, readHistory, readJson, saveTensors, type Tensors } from './savedTensors.ts';
import { type CheckedData, greatestCount, settingsFrom, type TrainingSettings, trainingNumbers } from './settings.ts';
import type { ModelState, TrainingProgress } from './training.ts';

const kind: FileKind = {
  memory: 'von-mises-fisher-training',
  version: '1',
  what: 'a checkpoint of a von Mises-Fisher memory',
};

/** Contents of a checkpoint. */
export interface Checkpoint {
  readonly settings: TrainingSettings;
  readonly progress: TrainingProgress;
  /** The {@link fingerprint} of the data. */
  readonly data: string;
}

/** Metadata of a run, beside its settings. */
interface RunInfo {
  readonly data: string;
  readonly dimension: number;
  readonly precision: Precision;
  readonly hiddenUnits: number;
  readonly labels: number;
  readonly beta: number;
  readonly betaVelocity: number;
  readonly bestBeta: number | null;
  /** null before the first epoch. */
  readonly bestLoss: number | null;
  readonly fruitless: number;
  readonly nearZero: boolean;
  readonly done: boolean;
}

/** Fingerprint of data: their shape and a checksum of rows and labels. */
export async function fingerprint({ batch, labels, classes, precision }: CheckedData): Promise<string> {
  let checksum = 0;
  for (const array of [batch.positions, ...(labels ? [labels] : [])]) {
    for (let start = 0; start < array.byteLength; start += PIECE_BYTES) {
      checksum = crc32(bytesOf(array, start, Math.min(PIECE_BYTES, array.byteLength - start)), checksum);
      await setImmediate(); // a piece takes some tenths of a millisecond, all of them can take many
    }
  }
  return `${precision} ${batch.count} x ${batch.dimension}, ${labels ? `labels 0 to ${classes}` : 'no labels'}, ${checksum.toString(16)}`;
}

export async function saveCheckpoint(path: string, checkpoint: Checkpoint, options: CallOptions): Promise<void> {
  const metadata = {
    memory: kind.memory,
    version: kind.version,
    settings: JSON.stringify(checkpoint.settings),
    run: JSON.stringify(runInfo(checkpoint)),
  };
  await saveTensors(path, tensorsOf(checkpoint.progress), metadata, options);
}

function runInfo({ progress, data }: Checkpoint): RunInfo {
  const { state, best, bestLoss, fruitless, nearZero, done } = progress;
  const { hiddenUnits, labels, beta, betaVelocity, memories } = state;
  const dimension = memories.length / hiddenUnits;
  const precision = types.isFloat32Array(memories) ? 'float32' : 'float64';
  const bestOf = best
    ? { bestBeta: best.beta, bestLoss: Number.isFinite(bestLoss) ? bestLoss : null }
    : { bestBeta: null, bestLoss: null };
  // The order is that of the file.
  const shape = { data, dimension, precision, hiddenUnits, labels } as const;
  return { ...shape, beta, betaVelocity, ...bestOf, fruitless, nearZero, done };
}

function tensorsOf({ state, best, history }: TrainingProgress): Tensors {
  const { hiddenUnits, labels, memories } = state;
  const shapes = { memories: [hiddenUnits, memories.length / hiddenUnits], weights: [hiddenUnits + 1, labels] };
  return {
    memories: { shape: shapes.memories, data: memories },
    memoryVelocities: { shape: shapes.memories, data: state.memoryVelocities },
    classWeights: { shape: shapes.weights, data: state.classWeights },
    classVelocities: { shape: shapes.weights, data: state.classVelocities },
    hiddenShares: { shape: [hiddenUnits + 1], data: state.hiddenShares },
    classShares: { shape: [labels], data: state.classShares },
    history: historyTensor(history),
    ...(best && {
      bestMemories: { shape: shapes.memories, data: best.memories },
      bestClassWeights: { shape: shapes.weights, data: best.classWeights },
    }),
  };
}

/**
 * Loads the run in a checkpoint. Everything is checked like input from a caller, since a file with valid checksums may
 * have been edited.
 *
 * @param data the training data and their fingerprint; data other than the run's are refused.
 */
export async function loadCheckpoint(
  path: string,
  data: CheckedData,
  print: string,
  options: CallOptions,
): Promise<Checkpoint> {
  const found = await readTensors(path, kind, async (file) => {
    const run = readRun(readJson(file, 'run'));
    return run.data === print ? await readCheckpoint(file, run, data, options) : run.data;
  });
  if (typeof found !== 'string') return found;
  throw expectedError('ERR_RANGE', 'data', `the data of checkpoint "${path}" (${found})`, `others (${print})`);
}

async function readCheckpoint(
  file: SafetensorsFile,
  run: RunInfo,
  data: CheckedData,
  options: CallOptions,
): Promise<Checkpoint> {
  const settings = settingsFrom('settings', readJson(file, 'settings', data.classes + 1), data);
  const { hiddenUnits: units, splitting, maxEpochs } = settings;
  integer('run.dimension', run.dimension, data.batch.dimension, data.batch.dimension);
  integer('run.labels', run.labels, data.classes + 1, data.classes + 1);
  integer('run.hiddenUnits', run.hiddenUnits, splitting?.from ?? units, units);
  if (run.precision !== data.precision) throw rangeError('run.precision', `"${data.precision}"`, run.precision);
  const history = await readHistory(file, options);
  integer('the length of history', history.length, 0, maxEpochs);
  const { bestBeta, fruitless, nearZero, done } = run;
  const state = await readState(file, settings, run, options);
  const best =
    bestBeta === null ? undefined : await readModel(file, bestTensors, { ...run, beta: bestBeta }, settings, options);
  const bestLoss = run.bestLoss ?? Number.POSITIVE_INFINITY;
  return { settings, progress: { state, best, bestLoss, fruitless, nearZero, history, done }, data: run.data };
}

function readRun(value: unknown): RunInfo {
  const given = object('run', value) as Record<keyof RunInfo, unknown>;
  // The oldest checkpoints lack `nearZero`.
  const { data, precision, nearZero = false, done } = given;
  if (typeof data !== 'string') throw rangeError('run.data', 'the fingerprint of data', data);
  if (precision !== 'float32' && precision !== 'float64') {
    throw rangeError('run.precision', '"float32" or "float64"', precision);
  }
  const count = (key: keyof RunInfo, least: number) => integer(`run.${key}`, given[key], least, greatestCount);
  return {
    data,
    precision,
    nearZero: aBoolean('run.nearZero', nearZero),
    done: aBoolean('run.done', done),
    dimension: count('dimension', 1),
    hiddenUnits: count('hiddenUnits', 1),
    labels: count('labels', 2),
    beta: trainingNumbers.beta('run.beta', given.beta),
    betaVelocity: finite('run.betaVelocity', given.betaVelocity),
    bestBeta: given.bestBeta === null ? null : trainingNumbers.beta('run.bestBeta', given.bestBeta),
    bestLoss: given.bestLoss === null ? null : finite('run.bestLoss', given.bestLoss),
    fruitless: count('fruitless', 0),
  };
}

const ownTensors = { memories: 'memories', classWeights: 'classWeights' };
const bestTensors = { memories: 'bestMemories', classWeights: 'bestClassWeights' };

async function readModel(
  file: SafetensorsFile,
  names: typeof ownTensors,
  { dimension, precision, hiddenUnits, labels, beta }: RunInfo,
  { betaScale }: TrainingSettings,
  options: CallOptions,
): Promise<ModelState> {
  const memories = await readTensor(file, names.memories, [hiddenUnits, dimension], precision, options);
  const data = await readTensor(file, names.classWeights, [hiddenUnits + 1, labels], 'float64', options);
  const batch: Batch = { name: names.memories, kind: 'euclidean', count: hiddenUnits, dimension, positions: memories };
  await toNativeRows(names.memories, batch, precision, 'refused', { signal: options.signal });
  const table = { rows: hiddenUnits + 1, columns: labels, data };
  const classWeights = readClassWeights(names.classWeights, table, hiddenUnits, labels - 1);
  return { hiddenUnits, labels, beta, betaScale, memories, classWeights };
}

async function readState(
  file: SafetensorsFile,
  settings: TrainingSettings,
  run: RunInfo,
  options: CallOptions,
): Promise<NativeSphereState> {
  const { dimension, precision, hiddenUnits, labels, betaVelocity } = run;
  const numbers = async (name: string, shape: readonly number[], precision: Precision) => {
    const values = await readTensor(file, name, shape, precision, options);
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) finite(`${name}[${bad}]`, values[bad]);
    return values;
  };
  const doubles = async (name: string, shape: readonly number[]) =>
    (await numbers(name, shape, 'float64')) as Float64Array;
  const hiddenShares = await doubles('hiddenShares', [hiddenUnits + 1]);
  const classShares = await doubles('classShares', [labels]);
  checkHiddenShares(hiddenShares);
  classShares.forEach((share, y) => {
    if (share !== settings.classShares[y]) throw rangeError(`classShares[${y}]`, 'that of the settings', share);
  });
  return {
    ...(await readModel(file, ownTensors, run, settings, options)),
    betaVelocity,
    memoryVelocities: await numbers('memoryVelocities', [hiddenUnits, dimension], precision),
    classVelocities: await doubles('classVelocities', [hiddenUnits + 1, labels]),
    hiddenShares,
    classShares,
  };
}

/** Checks for numbers above 0 with sum 1; that of the background may be 0. */
function checkHiddenShares(shares: Float64Array): void {
  shares.forEach((share, unit) => {
    const check = unit === 0 ? nonNegative : positive;
    check(`hiddenShares[${unit}]`, share);
  });
  const sum = shares.reduce((total, share) => total + share, 0);
  if (!(Math.abs(sum - 1) <= 1e-9)) throw rangeError('hiddenShares', 'numbers with sum 1', sum);
}
