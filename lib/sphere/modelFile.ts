import type { CallOptions } from '../core/types.ts';
import { object } from '../core/validate.ts';
import { corruptFile } from '../io/files.ts';
import { type FileKind, readTensor, readTensors } from '../memory/fileVersion.ts';
import { readClassWeights } from './options.ts';
import { historyTensor, readHistory, readJson, saveTensors } from './savedTensors.ts';
import { trainingNumbers } from './settings.ts';
import type { ModelState } from './training.ts';
import type { EpochRecord } from './types.ts';

const kind: FileKind = { memory: 'von-mises-fisher', version: '1', what: 'a saved von Mises-Fisher memory' };

/** Contents of the file of a memory. */
export interface ModelFile {
  readonly dimension: number;
  readonly model: ModelState;
  readonly history: readonly EpochRecord[];
}

/** Metadata beside the tensors. */
interface ModelInfo {
  readonly beta: number;
  readonly betaScale: number;
}

export async function saveModel(
  path: string,
  { dimension, model, history }: ModelFile,
  options: CallOptions,
): Promise<void> {
  const { hiddenUnits, labels, memories, classWeights, beta, betaScale } = model;
  const info: ModelInfo = { beta, betaScale };
  const tensors = {
    memories: { shape: [hiddenUnits, dimension], data: memories },
    classWeights: { shape: [hiddenUnits + 1, labels], data: classWeights },
    history: historyTensor(history),
  };
  const metadata = { memory: kind.memory, version: kind.version, model: JSON.stringify(info) };
  await saveTensors(path, tensors, metadata, options);
}

export function loadModel(path: string, options: CallOptions): Promise<ModelFile> {
  return readTensors(path, kind, async (file) => {
    const info = object('its model', readJson(file, 'model')) as Record<keyof ModelInfo, unknown>;
    const beta = trainingNumbers.beta('its beta', info.beta);
    const betaScale = trainingNumbers.betaScale('its betaScale', info.betaScale);
    const [hiddenUnits = 0, dimension = 0] = file.tensor('memories').shape;
    const [, labels = 0] = file.tensor('classWeights').shape;
    if (hiddenUnits < 1 || dimension < 1 || labels < 2) throw corruptFile(path, 'it holds no memory or no class');
    const memories = await readTensor(file, 'memories', [hiddenUnits, dimension], undefined, options);
    const data = await readTensor(file, 'classWeights', [hiddenUnits + 1, labels], 'float64', options);
    const table = { rows: hiddenUnits + 1, columns: labels, data };
    const classWeights = readClassWeights('the class weights', table, hiddenUnits, labels - 1);
    const model = { hiddenUnits, labels, memories, classWeights, beta, betaScale };
    return { dimension, model, history: await readHistory(file, options) };
  });
}
