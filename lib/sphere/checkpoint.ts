import { setImmediate } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { DenseamError } from '../core/errors.ts';
import type { Precision } from '../core/memory.ts';
import { type FileKind, readTensor, readTensors } from '../core/savedFile.ts';
import type { CallOptions } from '../core/types.ts';
import { bytesOf, corruptFile, PIECE_BYTES } from '../io/files.ts';
import type { SafetensorsFile } from '../io/safetensors.ts';
import type { NativeSphereState } from '../native.ts';
import type { CheckedData, TrainingSettings } from './options.ts';
import { historyTensor, readHistory, readJson, saveTensors, type Tensors } from './persistence.ts';
import type { ModelState, TrainingProgress } from './training.ts';

const kind: FileKind = {
  memory: 'von-mises-fisher-training',
  version: '1',
  what: 'a checkpoint of a von Mises-Fisher memory',
};

/** A run as a checkpoint has it. */
export interface Checkpoint {
  readonly settings: TrainingSettings;
  readonly progress: TrainingProgress;
  /** Of the data: see {@link fingerprint}. */
  readonly data: string;
}

/** What the metadata say of a run, beside its settings. */
interface RunInfo {
  readonly data: string;
  readonly dimension: number;
  readonly precision: Precision;
  readonly hiddenUnits: number;
  readonly labels: number;
  readonly beta: number;
  readonly betaVelocity: number;
  readonly bestBeta: number | null;
  /** null: none yet. */
  readonly bestLoss: number | null;
  readonly fruitless: number;
  readonly done: boolean;
}

/** Tells data apart: their shape and a checksum of rows and labels. */
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

export async function saveCheckpoint(
  path: string,
  { settings, progress, data }: Checkpoint,
  options: CallOptions,
): Promise<void> {
  const { state, best, bestLoss, fruitless, history, done } = progress;
  const { hiddenUnits, labels, beta, betaVelocity } = state;
  const dimension = state.memories.length / hiddenUnits;
  const precision = state.memories instanceof Float32Array ? 'float32' : 'float64';
  const bestOf = best
    ? { bestBeta: best.beta, bestLoss: Number.isFinite(bestLoss) ? bestLoss : null }
    : { bestBeta: null, bestLoss: null };
  const info: RunInfo = {
    data,
    dimension,
    precision,
    hiddenUnits,
    labels,
    beta,
    betaVelocity,
    ...bestOf,
    fruitless,
    done,
  };
  const shapes = { memories: [hiddenUnits, dimension], weights: [hiddenUnits + 1, labels] };
  const tensors: Tensors = {
    memories: { shape: shapes.memories, data: state.memories },
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
  const metadata = {
    memory: kind.memory,
    version: kind.version,
    settings: JSON.stringify(settings),
    run: JSON.stringify(info),
  };
  await saveTensors(path, tensors, metadata, options);
}

export function loadCheckpoint(path: string, options: CallOptions): Promise<Checkpoint> {
  return readTensors(path, kind, async (file) => {
    const settings = readJson<TrainingSettings>(file, 'settings');
    const info = readJson<RunInfo>(file, 'run');
    const history = await readHistory(file, options);
    const state = await readState(file, settings, info, options);
    const best = info.bestBeta === null ? undefined : await readBest(file, state, info.bestBeta, info, options);
    const bestLoss = info.bestLoss ?? Number.POSITIVE_INFINITY;
    const progress = { state, best, bestLoss, fruitless: info.fruitless, history, done: info.done };
    return { settings, progress, data: info.data };
  });
}

async function readState(
  file: SafetensorsFile,
  { betaScale }: TrainingSettings,
  { dimension, precision, hiddenUnits, labels, beta, betaVelocity }: RunInfo,
  options: CallOptions,
): Promise<NativeSphereState> {
  const memories = (name: string) => readTensor(file, name, [hiddenUnits, dimension], precision, options);
  const doubles = async (name: string, shape: readonly number[]) =>
    (await readTensor(file, name, shape, 'float64', options)) as Float64Array;
  const numbers = [dimension, hiddenUnits, labels, beta, betaVelocity, betaScale];
  if (!numbers.every((value) => Number.isFinite(value)))
    throw corruptFile(file.path, 'its numbers are not what denseam writes');
  return {
    hiddenUnits,
    labels,
    beta,
    betaScale,
    betaVelocity,
    memories: await memories('memories'),
    memoryVelocities: await memories('memoryVelocities'),
    classWeights: await doubles('classWeights', [hiddenUnits + 1, labels]),
    classVelocities: await doubles('classVelocities', [hiddenUnits + 1, labels]),
    hiddenShares: await doubles('hiddenShares', [hiddenUnits + 1]),
    classShares: await doubles('classShares', [labels]),
  };
}

async function readBest(
  file: SafetensorsFile,
  { hiddenUnits, labels, betaScale }: NativeSphereState,
  beta: number,
  { dimension, precision }: RunInfo,
  options: CallOptions,
): Promise<ModelState> {
  const memories = await readTensor(file, 'bestMemories', [hiddenUnits, dimension], precision, options);
  const weights = await readTensor(file, 'bestClassWeights', [hiddenUnits + 1, labels], 'float64', options);
  return { hiddenUnits, labels, beta, betaScale, memories, classWeights: weights as Float64Array };
}

/** Refuses to go on with other data than those of the checkpoint. */
export function checkSameData(path: string, saved: string, given: string): void {
  if (saved === given) return;
  throw new DenseamError(
    'ERR_RANGE',
    `Expected the data of checkpoint "${path}" (${saved}) for data but received others (${given})`,
  );
}
