import type { FileHandle } from 'node:fs/promises';
import { endianness } from 'node:os';
import { crc32 } from 'node:zlib';
import type { CallOptions, FloatArray } from '../../core/types.ts';
import { shapeError } from '../../core/validate.ts';
import { writeAtomically } from '../atomic.ts';
import { bytesOf, PIECE_BYTES, progressReporter, swapByteOrder, writeFully } from '../files.ts';
import { arrayTypeOf } from '../numbers.ts';
import { BYTES_PER_ITEM, encodeHeader, layOut, type TensorInfo, type TensorSpec } from './header.ts';

/** The next numbers of a tensor, in row-major order. */
export interface TensorChunk {
  /** The tensor's name. */
  readonly tensor: string;
  /**
   * Numbers of the tensor's type, or its raw little-endian bytes. Any length, a whole tensor too; they are not copied.
   */
  readonly data: FloatArray | Uint8Array;
}

export interface SafetensorsContent {
  readonly tensors: readonly TensorSpec[];
  /** Strings to keep with the tensors. The keys `format` and `checksum` are denseam's own. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /**
   * The data. The chunks of one tensor come in order; those of different tensors may come in any order, so that means
   * and covariances can be saved side by side. The next chunk is requested when the one before is on its way to the
   * disk; a chunk must not change until then.
   */
  readonly chunks: Iterable<TensorChunk> | AsyncIterable<TensorChunk>;
}

/** A tensor while it is being written. */
interface OpenTensor extends TensorInfo {
  written: number;
  checksum: number;
}

/**
 * Writes tensors to a safetensors file, atomically (see {@link writeAtomically}) and without a second copy of the data.
 * `onProgress` counts bytes. An early stop closes `chunks` (calls its `return`).
 *
 * @throws DenseamError ERR_SHAPE when `chunks` does not give every tensor exactly the numbers of its shape, ERR_RANGE
 * for names or metadata that cannot be written or a `path` that is a directory or device; errors of `chunks`; the
 * signal's reason; system errors with their code and a message that names the file.
 */
export async function writeSafetensors(
  path: string,
  content: SafetensorsContent,
  options: CallOptions = {},
): Promise<void> {
  const layout = layOut(content.tensors);
  const metadata = content.metadata ?? {};
  const placeholder = encodeHeader(layout, metadata, new Array(layout.length).fill(0));
  await writeAtomically(
    path,
    async (handle) => {
      const checksums = await writeData(handle, path, openTensors(layout, placeholder.length), content.chunks, options);
      await writeFully(handle, encodeHeader(layout, metadata, checksums), 0, path);
    },
    options.signal,
  );
}

function openTensors(layout: readonly Omit<TensorInfo, 'offset'>[], dataStart: number): Map<string, OpenTensor> {
  let offset = dataStart;
  const tensors = new Map<string, OpenTensor>();
  for (const tensor of layout) {
    tensors.set(tensor.name, { ...tensor, offset, written: 0, checksum: 0 });
    offset += tensor.byteLength;
  }
  return tensors;
}

/** Writes every chunk to its place and returns the checksum of each tensor. */
async function writeData(
  handle: FileHandle,
  path: string,
  tensors: ReadonlyMap<string, OpenTensor>,
  chunks: SafetensorsContent['chunks'],
  options: CallOptions,
): Promise<number[]> {
  const all = [...tensors.values()];
  const report = progressReporter(
    options.onProgress,
    all.reduce((total, { byteLength }) => total + byteLength, 0),
  );
  let completed = 0;
  for await (const { tensor: name, data } of chunks) {
    const tensor = acceptChunk(tensors.get(name), name, data);
    const swap = endianness() === 'BE' && arrayTypeOf(data) !== 'Uint8Array';
    for (let start = 0; start < data.byteLength; start += PIECE_BYTES) {
      options.signal?.throwIfAborted();
      const piece = bytesOf(data, start, Math.min(PIECE_BYTES, data.byteLength - start));
      await writePiece(handle, path, tensor, swap ? swapped(piece, BYTES_PER_ITEM[tensor.dtype]) : piece);
      completed += piece.length;
      report(completed);
    }
  }
  for (const { name, shape, byteLength, written } of all) {
    if (written === byteLength) continue;
    throw shapeError(`"${name}" [${shape}]`, `${byteLength} bytes`, `${written}`);
  }
  return all.map(({ checksum }) => checksum);
}

/** The tensor of a chunk, after the check that the chunk fits. */
function acceptChunk(tensor: OpenTensor | undefined, name: string, data: FloatArray | Uint8Array): OpenTensor {
  if (!tensor) throw shapeError('a chunk', 'a tensor of the file', `one of the unknown tensor "${name}"`);
  const { dtype, shape, byteLength, written } = tensor;
  const found = arrayTypeOf(data);
  if (found !== (dtype === 'F64' ? 'Float64Array' : 'Float32Array') && found !== 'Uint8Array') {
    throw shapeError(`"${name}"`, `${dtype} numbers`, `a ${data?.constructor.name}`);
  }
  if (data.byteLength > byteLength - written) {
    throw shapeError(`"${name}" [${shape}]`, `${byteLength} bytes`, `${written + data.byteLength}`);
  }
  return tensor;
}

async function writePiece(handle: FileHandle, path: string, tensor: OpenTensor, piece: Uint8Array): Promise<void> {
  tensor.checksum = crc32(piece, tensor.checksum);
  await writeFully(handle, piece, tensor.offset + tensor.written, path);
  tensor.written += piece.length;
}

function swapped(piece: Uint8Array, itemBytes: 4 | 8): Uint8Array {
  const copy = piece.slice();
  swapByteOrder(copy, itemBytes);
  return copy;
}
