import type { CallOptions, FloatArray } from '../core/types.ts';
import { asCorrupt, corruptFile, unsupportedFile } from '../io/files.ts';
import { openSafetensors, type SafetensorsFile } from '../io/safetensors/safetensors.ts';
import type { Precision } from './memory.ts';

/** Expected kind of a file: its `memory` entry and its version. */
export interface FileKind {
  readonly memory: string;
  readonly version: string;
  /** The kind in words, for errors. */
  readonly what: string;
}

/** Opens a file, checks its metadata, and closes it when `read` is done. */
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
      throw unsupportedFile(path, `its version is ${foundVersion}; this release reads version ${version}`);
    }
    return await read(file);
  } catch (error) {
    throw asCorrupt(path, error);
  } finally {
    await file.close();
  }
}

/** Reads a tensor of a given shape and, where one is given, dtype. */
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
