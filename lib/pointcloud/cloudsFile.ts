import type { CallOptions, FloatArray } from '../core/types.ts';
import { corruptFile } from '../io/files.ts';
import {
  type SafetensorsFile,
  type TensorChunk,
  type TensorSpec,
  writeSafetensors,
} from '../io/safetensors/safetensors.ts';
import { type FileKind, readTensor, readTensors } from '../memory/fileVersion.ts';
import type { Precision } from '../memory/memory.ts';
import type { NativeCloudStates } from '../native/addon.ts';
import { type CloudBatch, cloudSize, runEnds } from './batches.ts';

const kind: FileKind = { memory: 'pointcloud', version: '1', what: 'a saved point-cloud memory' };

const chunkBytes = 4 * 2 ** 20;

/** Contents of a file beside the clouds. */
export interface CloudsInfo {
  readonly size: number;
  /** Points of all clouds together. */
  readonly points: number;
  readonly dimension: number;
  readonly precision: Precision;
  readonly epsilon: number;
}

/** An open file of a memory. */
export interface CloudsFile extends CloudsInfo {
  /** The clouds, a few megabytes at a time. The last batch comes only when the file has been found unaltered. */
  batches(options: CallOptions): AsyncGenerator<CloudBatch>;
}

/** The tensors of a file, with the names and shapes of the public type, but sizes instead of offsets. */
function tensorsOf({ size, points, dimension, precision }: CloudsInfo): TensorSpec[] {
  const dtype = precision === 'float32' ? 'F32' : 'F64';
  return [
    { name: 'points', dtype, shape: [points, dimension] },
    { name: 'weights', dtype, shape: [points] },
    { name: 'sizes', dtype: 'F64', shape: [size] },
    { name: 'epsilon', dtype: 'F64', shape: [1] },
  ];
}

/** Writes clouds, fetched by `get` a few megabytes at a time. */
export async function saveClouds(
  path: string,
  info: CloudsInfo,
  get: (indices: Int32Array) => Promise<NativeCloudStates>,
  options: CallOptions,
): Promise<void> {
  const { memory, version } = kind;
  const content = { tensors: tensorsOf(info), metadata: { memory, version }, chunks: chunksOf(info, get) };
  await writeSafetensors(path, content, options);
}

async function* chunksOf(
  info: CloudsInfo,
  get: (indices: Int32Array) => Promise<NativeCloudStates>,
): AsyncGenerator<TensorChunk> {
  const typed = (data: Float64Array) => (info.precision === 'float32' ? Float32Array.from(data) : data);
  const bytesOfCloud = (info.points / info.size) * bytesOfPoint(info); // of a cloud of mean size
  const height = Math.max(1, Math.floor(chunkBytes / bytesOfCloud));
  yield { tensor: 'epsilon', data: Float64Array.of(info.epsilon) };
  for (let first = 0; first < info.size; first += height) {
    const count = Math.min(height, info.size - first);
    const clouds = await get(Int32Array.from({ length: count }, (_, i) => first + i));
    yield { tensor: 'points', data: typed(clouds.points) };
    yield { tensor: 'weights', data: typed(clouds.weights) };
    yield { tensor: 'sizes', data: Float64Array.from({ length: count }, (_, i) => cloudSize(clouds, i)) };
  }
}

function bytesOfPoint({ dimension }: CloudsInfo): number {
  return (dimension + 1) * Float64Array.BYTES_PER_ELEMENT;
}

/** Opens the file of a memory, checks its metadata, and closes it when `read` is done. */
export function loadClouds<T>(path: string, options: CallOptions, read: (file: CloudsFile) => Promise<T>): Promise<T> {
  return readTensors(path, kind, async (file) => {
    const info = await readInfo(file, options);
    const sizes = await readSizes(file, info, options);
    return read({ ...info, batches: (ofBatches) => batchesOf(file, info, sizes, ofBatches) });
  });
}

async function readInfo(file: SafetensorsFile, options: CallOptions): Promise<CloudsInfo> {
  const { shape, dtype } = file.tensor('points');
  const [points = 0, dimension = 0] = shape;
  const [size = 0] = file.tensor('sizes').shape;
  if (!points || !dimension || !size) throw corruptFile(file.path, 'it holds no clouds');
  const [epsilon = 0] = await readTensor(file, 'epsilon', [1], 'float64', options);
  if (!(epsilon > 0 && Number.isFinite(epsilon))) throw corruptFile(file.path, `its epsilon is ${epsilon}`);
  const info: CloudsInfo = { size, points, dimension, precision: dtype === 'F32' ? 'float32' : 'float64', epsilon };
  for (const wanted of tensorsOf(info)) {
    const found = file.tensor(wanted.name);
    if (found.dtype === wanted.dtype && String(found.shape) === String(wanted.shape)) continue;
    const belongs = `${wanted.dtype} [${wanted.shape}]`;
    throw corruptFile(file.path, `"${wanted.name}" is ${found.dtype} [${found.shape}] where ${belongs} belongs`);
  }
  return info;
}

async function readSizes(
  file: SafetensorsFile,
  { size, points }: CloudsInfo,
  options: CallOptions,
): Promise<Float64Array> {
  const sizes = (await readTensor(file, 'sizes', [size], 'float64', options)) as Float64Array;
  const bad = sizes.findIndex((count) => !(Number.isInteger(count) && count >= 1));
  if (bad >= 0) throw corruptFile(file.path, `its cloud ${bad} has ${sizes[bad]} points`);
  const sum = sizes.reduce((total, count) => total + count, 0);
  if (sum !== points) throw corruptFile(file.path, `it has ${points} points where its clouds have ${sum}`);
  return sizes;
}

async function* batchesOf(
  file: SafetensorsFile,
  info: CloudsInfo,
  sizes: Float64Array,
  options: CallOptions,
): AsyncGenerator<CloudBatch> {
  const { dimension } = info;
  const points = new TensorReader(file, 'points', options);
  const weights = new TensorReader(file, 'weights', options);
  let begin = 0;
  let firstPoint = 0;
  for (const end of runEnds(info.size, (i) => ((sizes[i] as number) * bytesOfPoint(info)) / chunkBytes)) {
    const offsets = new Int32Array(end - begin + 1);
    for (let i = begin; i < end; i++) offsets[i - begin + 1] = (offsets[i - begin] as number) + (sizes[i] as number);
    const total = offsets[end - begin] as number;
    yield {
      name: 'items',
      count: end - begin,
      dimension,
      offsets,
      points: await points.take(total * dimension),
      weights: await weights.take(total),
      firstPoint,
    };
    firstPoint += total;
    begin = end;
  }
}

/** Reader of a tensor's numbers in pieces of any lengths. */
class TensorReader {
  readonly #chunks: AsyncGenerator<FloatArray, void, undefined>;
  #rest: FloatArray = new Float64Array(0);

  constructor(file: SafetensorsFile, name: string, options: CallOptions) {
    this.#chunks = file.readChunks(name, chunkBytes, options);
  }

  /** The next `length` numbers; fewer are an error. */
  async take(length: number): Promise<FloatArray> {
    if (this.#rest.length === 0) await this.#readOn();
    const taken = new (this.#rest.constructor as new (length: number) => FloatArray)(length);
    for (let filled = 0; filled < length; ) {
      if (this.#rest.length === 0) await this.#readOn();
      const some = this.#rest.subarray(0, length - filled);
      taken.set(some, filled);
      filled += some.length;
      this.#rest = this.#rest.subarray(some.length);
    }
    return taken;
  }

  async #readOn(): Promise<void> {
    const { value } = await this.#chunks.next();
    if (value) this.#rest = value;
  }
}
