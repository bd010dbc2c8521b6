import { DenseamError } from '../core/errors.ts';
import type { CallOptions, FloatArray } from '../core/types.ts';
import { asCorrupt, concise, unsupportedFile } from '../io/files.ts';
import {
  openSafetensors,
  type SafetensorsFile,
  type TensorChunk,
  writeSafetensors,
} from '../io/safetensors/safetensors.ts';
import type { MemoryKind, NativeStates } from '../native/addon.ts';
import { type Batch, itemWidth } from './batches.ts';

/** Description of the items in a file. */
export interface ItemsInfo {
  readonly kind: MemoryKind;
  readonly size: number;
  readonly dimension: number;
  readonly precision: 'float32' | 'float64';
}

// Bytes read at a time; two more copies exist while they are stored.
const chunkBytes = 2 * 2 ** 20;

// Files with a basis have a version of their own, so that a release without bases does not ignore one.
const plainVersion = '1';
const basisVersion = '2';

/** The common basis of the covariances, always in float64. */
function basisTensor(dimension: number) {
  return { name: 'basis', dtype: 'F64' as const, shape: [dimension, dimension] };
}

/** The tensors of the items in a memory's file, with the names and shapes of the public types. */
function tensorsOf({ kind, size, dimension, precision }: ItemsInfo) {
  const dtype = precision === 'float32' ? ('F32' as const) : ('F64' as const);
  if (kind === 'euclidean') return [{ name: 'values', dtype, shape: [size, dimension] }];
  const shape = { full: [size, dimension, dimension], diagonal: [size, dimension], isotropic: [size] }[kind];
  return [
    { name: 'means', dtype, shape: [size, dimension] },
    { name: 'covariances', dtype, shape },
  ];
}

function itemsPerChunk({ kind, dimension }: ItemsInfo): number {
  const { position, covariance } = itemWidth(kind, dimension);
  return Math.max(1, Math.floor(chunkBytes / (Float64Array.BYTES_PER_ELEMENT * (position + covariance))));
}

/** Writes a memory's items, fetched by `get` a few megabytes at a time, and their common basis if they have one. */
export async function saveItems(
  path: string,
  info: ItemsInfo,
  basis: Float64Array | undefined,
  get: (indices: Int32Array) => Promise<NativeStates>,
  options: CallOptions,
): Promise<void> {
  const memory = info.kind === 'euclidean' ? 'euclidean' : 'gaussian';
  const metadata = { memory, structure: info.kind, version: basis ? basisVersion : plainVersion };
  const tensors = [...tensorsOf(info), ...(basis ? [basisTensor(info.dimension)] : [])];
  await writeSafetensors(path, { tensors, metadata, chunks: chunksOf(info, basis, get) }, options);
}

async function* chunksOf(
  info: ItemsInfo,
  basis: Float64Array | undefined,
  get: (indices: Int32Array) => Promise<NativeStates>,
): AsyncGenerator<TensorChunk> {
  const [positions, covariances] = tensorsOf(info);
  const typed = (data: Float64Array) => (info.precision === 'float32' ? Float32Array.from(data) : data);
  const height = itemsPerChunk(info);
  for (let first = 0; first < info.size; first += height) {
    const indices = Int32Array.from({ length: Math.min(height, info.size - first) }, (_, i) => first + i);
    const items = await get(indices);
    yield { tensor: positions?.name ?? '', data: typed(items.positions) };
    if (covariances && items.covariances) yield { tensor: covariances.name, data: typed(items.covariances) };
  }
  if (basis) yield { tensor: basisTensor(info.dimension).name, data: basis };
}

/** An open file of a memory. */
export interface ItemsFile extends ItemsInfo {
  /**
   * The items, a few megabytes at a time; a batch is valid until the next one is asked for. The last one comes only
   * when the file has been found unaltered.
   */
  batches(options: CallOptions): AsyncGenerator<Batch>;
  /** The numbers of the basis, d x d, if the file has one. */
  basis(options: CallOptions): Promise<FloatArray | undefined>;
  /** Turns an error for impossible numbers into one for a corrupt file. */
  asFault(error: unknown): unknown;
  close(): Promise<void>;
}

/** Opens the file of a memory and checks its metadata. */
export async function loadItems(path: string, expected: 'euclidean' | 'gaussian'): Promise<ItemsFile> {
  const file = await openSafetensors(path);
  try {
    const info = readInfo(file, expected);
    return {
      ...info,
      batches: (options) => batchesOf(file, info, options),
      basis: async (options) => (hasBasis(file) ? file.read(basisTensor(info.dimension).name, options) : undefined),
      asFault: (error) => asCorrupt(path, error),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function hasBasis({ metadata: { version } }: SafetensorsFile): boolean {
  return version === basisVersion;
}

function readInfo(file: SafetensorsFile, expected: 'euclidean' | 'gaussian'): ItemsInfo {
  const fail = (what: string) =>
    new DenseamError('ERR_CORRUPT_FILE', concise(`Expected a saved ${expected} memory in ${file.path} but ${what}`));
  const { memory, structure, version } = file.metadata;
  if (memory !== expected)
    throw fail(`it holds ${memory === undefined ? 'something else' : `a saved ${memory} memory`}`);
  if (version !== plainVersion && version !== basisVersion) {
    const reads = `this release reads versions ${plainVersion} and ${basisVersion}`;
    throw unsupportedFile(file.path, `its version is ${version}; ${reads}`);
  }
  const kinds: readonly MemoryKind[] = expected === 'euclidean' ? ['euclidean'] : ['full', 'diagonal', 'isotropic'];
  const kind = kinds.find((candidate) => candidate === structure);
  if (kind === undefined) throw fail(`its structure is "${structure}"`);
  const { shape, dtype } = file.tensor(kind === 'euclidean' ? 'values' : 'means');
  const [size, dimension] = shape;
  if (shape.length !== 2 || !size || !dimension) throw fail(`its positions have shape [${shape}]`);
  const info: ItemsInfo = { kind, size, dimension, precision: dtype === 'F32' ? 'float32' : 'float64' };
  if (hasBasis(file) && kind !== 'diagonal') throw fail(`it has a basis, and its structure is "${kind}"`);
  for (const tensor of [...tensorsOf(info), ...(hasBasis(file) ? [basisTensor(dimension)] : [])]) {
    const found = file.tensor(tensor.name);
    if (found.dtype !== tensor.dtype || String(found.shape) !== String(tensor.shape)) {
      throw fail(`"${tensor.name}" is ${found.dtype} [${found.shape}] where ${tensor.dtype} [${tensor.shape}] belongs`);
    }
  }
  if (!hasBasis(file) && file.tensors.has('basis')) throw fail(`it has a basis, unlike files of version ${version}`);
  return info;
}

async function* batchesOf(file: SafetensorsFile, info: ItemsInfo, options: CallOptions): AsyncGenerator<Batch> {
  const { kind, dimension, precision } = info;
  const width = itemWidth(kind, dimension);
  const height = itemsPerChunk(info);
  const bytes = precision === 'float32' ? Float32Array.BYTES_PER_ELEMENT : Float64Array.BYTES_PER_ELEMENT;
  const [positionsName = '', covariancesName] = tensorsOf(info).map((tensor) => tensor.name);
  const covariances = covariancesName
    ? file.readChunks(covariancesName, height * width.covariance * bytes, options, true)
    : undefined;
  for await (const positions of file.readChunks(positionsName, height * width.position * bytes, options, true)) {
    const spread: FloatArray | undefined = covariances ? ((await covariances.next()).value ?? undefined) : undefined;
    yield { name: 'items', kind, dimension, count: positions.length / width.position, positions, covariances: spread };
  }
}
