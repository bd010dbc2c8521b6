import { readTensor } from '../core/savedFile.ts';
import type { CallOptions, FloatArray } from '../core/types.ts';
import { corruptFile } from '../io/files.ts';
import { parseJson } from '../io/json.ts';
import { type SafetensorsFile, type TensorSpec, writeSafetensors } from '../io/safetensors.ts';
import type { EpochRecord } from './types.ts';

/** Named numbers with their shapes. */
export type Tensors = Readonly<Record<string, { readonly shape: readonly number[]; readonly data: FloatArray }>>;

/** Writes tensors and strings, whole or not at all. */
export async function saveTensors(
  path: string,
  tensors: Tensors,
  metadata: Readonly<Record<string, string>>,
  options: CallOptions,
): Promise<void> {
  const entries = Object.entries(tensors);
  const specs = entries.map(([name, { shape, data }]): TensorSpec => {
    return { name, shape, dtype: data instanceof Float32Array ? 'F32' : 'F64' };
  });
  const chunks = entries.map(([tensor, { data }]) => ({ tensor, data }));
  await writeSafetensors(path, { tensors: specs, metadata, chunks }, options);
}

/** Objects, arrays and keys in it: there are some twenty settings. */
const mostParts = 1000;

/** The JSON under a key of the metadata. */
export function readJson<T>({ path, metadata }: SafetensorsFile, key: string): T {
  try {
    return parseJson(metadata[key] ?? '', mostParts) as T;
  } catch (cause) {
    throw corruptFile(path, `its "${key}" is not what denseam writes`, cause);
  }
}

const historyColumns = [
  'epoch',
  'hiddenUnits',
  'beta',
  'loss',
  'accuracy',
  'validationLoss',
  'validationAccuracy',
  'seconds',
] as const satisfies readonly (keyof EpochRecord)[];

/** A history as a table, a row an epoch. */
export function historyTensor(history: readonly EpochRecord[]): Tensors[string] {
  const data = Float64Array.from(history.flatMap((record) => historyColumns.map((column) => record[column])));
  return { shape: [history.length, historyColumns.length], data };
}

export async function readHistory(file: SafetensorsFile, options: CallOptions): Promise<EpochRecord[]> {
  const [rows = 0] = file.tensor('history').shape;
  const width = historyColumns.length;
  const data = await readTensor(file, 'history', [rows, width], 'float64', options);
  return Array.from({ length: rows }, (_, row) => {
    const entries = historyColumns.map((column, k) => [column, data[row * width + k]]);
    return Object.fromEntries(entries) as unknown as EpochRecord;
  });
}
