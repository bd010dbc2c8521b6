import { DenseamError } from '../core/errors.ts';
import type { CallOptions, FloatArray } from '../core/types.ts';
import { asCorrupt, concise, corruptFile, unsupportedFile } from '../io/files.ts';
import {
  openSafetensors,
  type SafetensorsFile,
  type TensorChunk,
  type TensorSpec,
  writeSafetensors,
} from '../io/safetensors/safetensors.ts';
import type { MemoryKind, NativeIndexShape, NativeNewItems, NativeSavedItems } from '../native/addon.ts';
import { threads } from '../native/threads.ts';
import { type Batch, itemWidth } from './batches.ts';
import { inputBytes } from './parts.ts';

/** Description of the items in a file. */
export interface ItemsInfo {
  readonly kind: MemoryKind;
  readonly size: number;
  readonly dimension: number;
  readonly precision: 'float32' | 'float64';
}

// Bytes read at a time; two more copies exist while they are stored.
const chunkBytes = 2 * 2 ** 20;

// Files with a basis have a version of their own, so that a release without bases does not ignore one. Full covariances
// are whole matrices in version 1, lower triangles in version 3.
const plainVersion = '1';
const basisVersion = '2';
const triangleVersion = '3';
const versions: readonly string[] = [plainVersion, basisVersion, triangleVersion];

/** The common basis of the covariances, always in float64. */
function basisTensor(dimension: number) {
  return { name: 'basis', dtype: 'F64' as const, shape: [dimension, dimension] };
}

/** Numbers of a covariance in a file. */
function savedWidth(kind: MemoryKind, dimension: number): number {
  return kind === 'full' ? (dimension * (dimension + 1)) / 2 : itemWidth(kind, dimension).covariance;
}

/** The tensors of the items in a memory's file, with the names of the public types. */
function tensorsOf({ kind, size, dimension, precision }: ItemsInfo, version: string) {
  const dtype = precision === 'float32' ? ('F32' as const) : ('F64' as const);
  if (kind === 'euclidean') return [{ name: 'values', dtype, shape: [size, dimension] }];
  const full = version === triangleVersion ? [size, savedWidth(kind, dimension)] : [size, dimension, dimension];
  const shape = { full, diagonal: [size, dimension], isotropic: [size] }[kind];
  return [
    { name: 'means', dtype, shape: [size, dimension] },
    { name: 'covariances', dtype, shape },
  ];
}

/** The tensors of an index, which are optional: of every item, and of all together. */
function indexTensors(size: number, { width, shared }: IndexWidths) {
  const ofItems = { name: 'index', dtype: 'F32' as const, shape: [size, width] };
  return shared === 0 ? [ofItems] : [ofItems, { name: 'index.shared', dtype: 'F64' as const, shape: [shared] }];
}

/** Items of a few megabytes, but of large ones two for every thread as far as the event loop can copy them. */
function itemsPerChunk({ kind, dimension }: ItemsInfo): number {
  const { position, covariance } = itemWidth(kind, dimension);
  const fitting = (bytes: number) => Math.floor(bytes / (Float64Array.BYTES_PER_ELEMENT * (position + covariance)));
  const parallel = kind === 'full' ? Math.min(2 * threads(), fitting(inputBytes)) : 1;
  return Math.max(1, fitting(chunkBytes), parallel);
}

type IndexWidths = Pick<NativeIndexShape, 'width' | 'shared'>;

/** What a file keeps beside the items of a memory that has it. */
export interface BesideItems {
  /** The common basis of the covariances. */
  readonly basis: Float64Array | undefined;
  /** The width of the index, and its numbers for all items together. */
  readonly index: { readonly width: number; readonly shared: Float64Array } | undefined;
}

/** Writes a memory's items with their index, fetched by `get` a few megabytes at a time. */
export async function saveItems(
  path: string,
  info: ItemsInfo,
  beside: BesideItems,
  get: (first: number, count: number) => Promise<NativeSavedItems>,
  options: CallOptions,
): Promise<void> {
  const { basis, index } = beside;
  const memory = info.kind === 'euclidean' ? 'euclidean' : 'gaussian';
  const version = info.kind === 'full' ? triangleVersion : basis ? basisVersion : plainVersion;
  const tensors = [
    ...tensorsOf(info, version),
    ...(basis ? [basisTensor(info.dimension)] : []),
    ...(index ? indexTensors(info.size, { width: index.width, shared: index.shared.length }) : []),
  ];
  const metadata = { memory, structure: info.kind, version };
  await writeSafetensors(path, { tensors, metadata, chunks: chunksOf(info, beside, get) }, options);
}

async function* chunksOf(
  info: ItemsInfo,
  { basis, index }: BesideItems,
  get: (first: number, count: number) => Promise<NativeSavedItems>,
): AsyncGenerator<TensorChunk> {
  if (basis) yield { tensor: 'basis', data: basis };
  if (index && index.shared.length > 0) yield { tensor: 'index.shared', data: index.shared };
  const height = itemsPerChunk(info);
  for (let first = 0; first < info.size; first += height) {
    const items = await get(first, Math.min(height, info.size - first));
    yield { tensor: info.kind === 'euclidean' ? 'values' : 'means', data: items.positions };
    if (info.kind !== 'euclidean') yield { tensor: 'covariances', data: items.covariances };
    if (index) yield { tensor: 'index', data: items.index };
  }
}

/** Items of a file in the form of the native side. */
export type SavedBatch = Batch & NativeNewItems;

/** An open file of a memory. */
export interface ItemsFile extends ItemsInfo {
  /** Whether the file has an index, which a memory of this shape must then be able to read. */
  hasIndex(shape: IndexWidths): boolean;
  /** The numbers of the index for all items together. */
  sharedIndex(options: CallOptions): Promise<Float64Array>;
  /**
   * The items, with their index if that is asked for, a few megabytes at a time; a batch is valid until the next one is
   * asked for. The last one comes only when what was read of the file has been found unaltered.
   */
  batches(withIndex: boolean, options: CallOptions): AsyncGenerator<SavedBatch>;
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
      hasIndex: (shape) => hasIndex(file, info.size, shape),
      sharedIndex: async (options) => Float64Array.from(await file.read('index.shared', options)),
      batches: (withIndex, options) => batchesOf(file, info, withIndex, options),
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

function hasIndex(file: SafetensorsFile, size: number, shape: IndexWidths): boolean {
  if (shape.width === 0 || !file.tensors.has('index')) return false;
  checkTensors(file, indexTensors(size, shape));
  return true;
}

function checkTensors(file: SafetensorsFile, tensors: readonly TensorSpec[]): void {
  for (const { name, dtype, shape } of tensors) {
    const found = file.tensor(name);
    if (found.dtype === dtype && String(found.shape) === String(shape)) continue;
    const belongs = `${dtype} [${shape}] belongs`;
    throw corruptFile(file.path, `"${name}" is ${found.dtype} [${found.shape}] where ${belongs}`);
  }
}

function readInfo(file: SafetensorsFile, expected: 'euclidean' | 'gaussian'): ItemsInfo {
  const fail = (what: string) =>
    new DenseamError('ERR_CORRUPT_FILE', concise(`Expected a saved ${expected} memory in ${file.path} but ${what}`));
  const { memory, structure, version } = file.metadata;
  if (memory !== expected)
    throw fail(`it holds ${memory === undefined ? 'something else' : `a saved ${memory} memory`}`);
  if (version === undefined || !versions.includes(version)) {
    throw unsupportedFile(file.path, `its version is ${version}; this release reads versions ${versions.join(', ')}`);
  }
  const kinds: readonly MemoryKind[] = expected === 'euclidean' ? ['euclidean'] : ['full', 'diagonal', 'isotropic'];
  const kind = kinds.find((candidate) => candidate === structure);
  if (kind === undefined) throw fail(`its structure is "${structure}"`);
  const { shape, dtype } = file.tensor(kind === 'euclidean' ? 'values' : 'means');
  const [size, dimension] = shape;
  if (shape.length !== 2 || !size || !dimension) throw fail(`its positions have shape [${shape}]`);
  const info: ItemsInfo = { kind, size, dimension, precision: dtype === 'F32' ? 'float32' : 'float64' };
  if (version === triangleVersion && kind !== 'full') throw fail(`its structure is "${kind}", unlike its version`);
  if (hasBasis(file) && kind !== 'diagonal') throw fail(`it has a basis, and its structure is "${kind}"`);
  checkTensors(file, [...tensorsOf(info, version), ...(hasBasis(file) ? [basisTensor(dimension)] : [])]);
  if (!hasBasis(file) && file.tensors.has('basis')) throw fail(`it has a basis, unlike files of version ${version}`);
  return info;
}

async function* batchesOf(
  file: SafetensorsFile,
  info: ItemsInfo,
  withIndex: boolean,
  options: CallOptions,
): AsyncGenerator<SavedBatch> {
  const { kind, dimension } = info;
  const height = itemsPerChunk(info);
  const read = (name: string) => {
    const { byteLength } = file.tensor(name);
    return file.readChunks(name, height * (byteLength / info.size), options, true);
  };
  const { version } = file.metadata;
  const covariances = kind === 'euclidean' ? undefined : read('covariances');
  const index = withIndex ? read('index') : undefined;
  for await (const positions of read(kind === 'euclidean' ? 'values' : 'means')) {
    const count = positions.length / dimension;
    const batch = { name: 'items', kind, dimension, count, positions, isSaved: version === triangleVersion };
    const spread = (await covariances?.next())?.value ?? undefined;
    yield {
      ...batch,
      covariances: spread,
      index: ((await index?.next())?.value ?? undefined) as Float32Array | undefined,
    };
  }
}
