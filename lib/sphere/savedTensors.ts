import { types } from 'node:util';
import type { CallOptions, FloatArray } from '../core/types.ts';
import { integer, nonNegative, rangeError } from '../core/validate.ts';
import { corruptFile } from '../io/files.ts';
import { parseJson } from '../io/json.ts';
import { type SafetensorsFile, type TensorSpec, writeSafetensors } from '../io/safetensors/safetensors.ts';
import { readTensor } from '../memory/fileVersion.ts';
import { share, trainingNumbers } from './settings.ts';
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
    return { name, shape, dtype: types.isFloat32Array(data) ? 'F32' : 'F64' };
  });
  const chunks = entries.map(([tensor, { data }]) => ({ tensor, data }));
  await writeSafetensors(path, { tensors: specs, metadata, chunks }, options);
}

/** Limit of objects, arrays and keys in the JSON: there are some twenty settings. */
const mostParts = 1000;

/**
 * The JSON under a key of the metadata. It may be anything, since files can be edited.
 *
 * @param listed greatest number of numbers in all its lists together
 */
export function readJson({ path, metadata }: SafetensorsFile, key: string, listed = 0): unknown {
  try {
    return parseJson(metadata[key] ?? '', mostParts, mostParts + listed);
  } catch (cause) {
    throw corruptFile(path, `its "${key}" was not written by denseam`, cause);
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
    return checkedRecord(Object.fromEntries(entries) as Record<keyof EpochRecord, number>, row);
  });
}

function checkedRecord(given: Record<keyof EpochRecord, number>, row: number): EpochRecord {
  const at = (column: keyof EpochRecord) => `history[${row}].${column}`;
  const orNaN = (value: number, check: (value: number) => number) => (Number.isNaN(value) ? value : check(value));
  return {
    epoch: integer(at('epoch'), given.epoch, row + 1, row + 1),
    hiddenUnits: trainingNumbers.hiddenUnits(at('hiddenUnits'), given.hiddenUnits),
    beta: trainingNumbers.beta(at('beta'), given.beta),
    loss: finite(at('loss'), given.loss),
    accuracy: share(at('accuracy'), given.accuracy, 'upTo'),
    validationLoss: orNaN(given.validationLoss, (value) => finite(at('validationLoss'), value)),
    validationAccuracy: orNaN(given.validationAccuracy, (value) => share(at('validationAccuracy'), value, 'upTo')),
    seconds: nonNegative(at('seconds'), given.seconds),
  };
}

export function finite(name: string, value: unknown): number {
  if (!Number.isFinite(value)) throw rangeError(name, 'a finite number', value);
  return value as number;
}
