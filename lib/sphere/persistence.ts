import { DenseamError } from '../core/errors.ts';
import type { Precision } from '../core/memory.ts';
import type { CallOptions, FloatArray } from '../core/types.ts';
import { corruptFile } from '../io/files.ts';
import { openSafetensors, type SafetensorsFile, type TensorSpec, writeSafetensors } from '../io/safetensors.ts';
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

/** What a file must hold: what `memory` says of it, and its version. */
export interface FileKind {
  readonly memory: string;
  readonly version: string;
  /** In words, for errors. */
  readonly what: string;
}

/** Opens a file, checks what it says of itself, and closes it when `read` is done. */
export async function readTensors<T>(
  path: string,
  { memory, version, what }: FileKind,
  read: (file: SafetensorsFile) => Promise<T>,
): Promise<T> {
  const file = await openSafetensors(path);
  try {
    const { memory: found, version: foundVersion } = file.metadata;
    if (found !== memory) {
      throw corruptFile(
        path,
        `expected ${what} but it holds ${found === undefined ? 'something else' : `a "${found}"`}`,
      );
    }
    if (foundVersion !== version) {
      throw corruptFile(path, `its version is ${foundVersion}; this release reads version ${version}`);
    }
    return await read(file);
  } catch (error) {
    throw asCorrupt(path, error);
  } finally {
    await file.close();
  }
}

/** Numbers that cannot be are the file's fault, though its checksums are right. */
export function asCorrupt(path: string, error: unknown): unknown {
  const isValue = error instanceof DenseamError && !['ERR_CORRUPT_FILE', 'ERR_OUT_OF_MEMORY'].includes(error.code);
  return isValue ? corruptFile(path, error.message, error) : error;
}

/** A tensor of a given shape; a dtype where one is asked for. */
export async function readTensor(
  file: SafetensorsFile,
  name: string,
  shape: readonly number[],
  precision: Precision | undefined,
  options: CallOptions,
): Promise<FloatArray> {
  const found = file.tensor(name);
  const dtype = precision && (precision === 'float32' ? 'F32' : 'F64');
  if (String(found.shape) !== String(shape) || (dtype && found.dtype !== dtype)) {
    const wanted = `${dtype ?? found.dtype} [${shape}]`;
    throw corruptFile(file.path, `"${name}" is ${found.dtype} [${found.shape}] where ${wanted} belongs`);
  }
  return await file.read(name, options);
}

/** The JSON under a key of the metadata. */
export function readJson<T>({ path, metadata }: SafetensorsFile, key: string): T {
  try {
    return JSON.parse(metadata[key] ?? '') as T;
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
