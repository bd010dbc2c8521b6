import type { FileHandle } from 'node:fs/promises';
import { endianness } from 'node:os';
import { crc32 } from 'node:zlib';
import type { CallOptions, FloatArray } from '../../core/types.ts';
import { rangeError } from '../../core/validate.ts';
import { allocate, bytesOf, corruptFile, openForReading, PIECE_BYTES, readFully, swapByteOrder } from '../files.ts';
import {
  BYTES_PER_ITEM,
  type Header,
  PREFIX_BYTES,
  parseHeader,
  parseHeaderLength,
  type TensorInfo,
} from './header.ts';

const DEFAULT_CHUNK_BYTES = 4 * PIECE_BYTES;

/** Enough of a file to recognise it. */
const START_BYTES = 64;

/**
 * Opens a safetensors file that denseam wrote and checks its header. The data is checked as it is read. It keeps
 * reading the opened file, even if another takes its name meanwhile.
 *
 * @throws DenseamError ERR_CORRUPT_FILE for a truncated, altered or foreign file; system errors (ENOENT, EACCES, ...)
 * with their code and a message that names the file.
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const { handle, size } = await openForReading(path);
  try {
    const start = new Uint8Array(Math.min(START_BYTES, size));
    await readFully(handle, start, 0, path);
    const header = new Uint8Array(PREFIX_BYTES + parseHeaderLength(start, size, path));
    await readFully(handle, header, 0, path);
    return new SafetensorsFile(path, handle, parseHeader(header, size, path));
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** An open safetensors file. Close it when done. */
export class SafetensorsFile {
  readonly path: string;
  /** The strings that were saved with the tensors. */
  readonly metadata: Readonly<Record<string, string>>;
  /** By name, in the order of the data. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly #handle: FileHandle;
  readonly #checksums: ReadonlyMap<string, number>;

  /** @internal Use {@link openSafetensors}. */
  constructor(path: string, handle: FileHandle, header: Header) {
    this.path = path;
    this.metadata = header.metadata;
    this.tensors = new Map(header.tensors.map((tensor) => [tensor.name, tensor]));
    this.#handle = handle;
    this.#checksums = new Map(header.tensors.map(({ name }, i) => [name, header.checksums[i] as number]));
  }

  /**
   * The tensor of that name.
   *
   * @throws DenseamError ERR_CORRUPT_FILE when the file has none.
   */
  tensor(name: string): TensorInfo {
    const tensor = this.tensors.get(name);
    if (!tensor)
      throw corruptFile(this.path, `it has no tensor "${name}", only [${[...this.tensors.keys()].join(', ')}]`);
    return tensor;
  }

  /**
   * Reads a tensor from start to end. Every chunk is a new array of as many whole numbers as fit in `bytesPerChunk`,
   * the last one of the rest; an empty tensor has none. With `reuse`, all are views of one array, valid until the next
   * chunk is requested. Several tensors can be read side by side.
   *
   * The last chunk comes only after the check of the whole tensor, so no chunk should be used before all have come.
   *
   * @throws DenseamError ERR_CORRUPT_FILE when the tensor is missing, altered or truncated, ERR_RANGE when no number
   * fits in `bytesPerChunk`; the signal's reason.
   */
  async *readChunks(
    name: string,
    bytesPerChunk: number = DEFAULT_CHUNK_BYTES,
    options: Pick<CallOptions, 'signal'> = {},
    reuse = false,
  ): AsyncGenerator<FloatArray, void, undefined> {
    const { dtype, byteLength } = this.tensor(name);
    const itemBytes = BYTES_PER_ITEM[dtype];
    const step = Math.floor(bytesPerChunk / itemBytes) * itemBytes;
    if (!(step > 0)) {
      throw rangeError('bytesPerChunk', `at least ${itemBytes}`, bytesPerChunk);
    }
    const buffer = reuse ? this.#allocate(name, Math.min(step, byteLength)) : undefined;
    let checksum = 0;
    for (let start = 0; start < byteLength; start += step) {
      const length = Math.min(step, byteLength - start);
      const chunk = buffer?.subarray(0, length / itemBytes) ?? this.#allocate(name, length);
      checksum = await this.#fill(chunk, name, start, checksum, options.signal);
      if (start + length === byteLength) this.#check(name, checksum);
      if (endianness() === 'BE') swapByteOrder(chunk, itemBytes);
      yield chunk;
    }
  }

  /**
   * Reads a whole tensor into one array and checks it.
   *
   * @throws as {@link readChunks}; DenseamError ERR_OUT_OF_MEMORY when it does not fit.
   */
  async read(name: string, options: Pick<CallOptions, 'signal'> = {}): Promise<FloatArray> {
    const { byteLength } = this.tensor(name);
    for await (const whole of this.readChunks(name, Math.max(byteLength, 8), options)) return whole;
    return this.#allocate(name, 0);
  }

  /**
   * Reads every tensor once to check it, without keeping any. Not needed before {@link readChunks} or {@link read},
   * which check what they read.
   *
   * @throws DenseamError ERR_CORRUPT_FILE for the first tensor that is altered or truncated; the signal's reason.
   */
  async verify(options: Pick<CallOptions, 'signal'> = {}): Promise<void> {
    const buffer = new Uint8Array(PIECE_BYTES);
    for (const { name, byteLength } of this.tensors.values()) {
      let checksum = 0;
      for (let start = 0; start < byteLength; start += buffer.length) {
        const piece = buffer.subarray(0, Math.min(buffer.length, byteLength - start));
        checksum = await this.#fill(piece, name, start, checksum, options.signal);
      }
      this.#check(name, checksum);
    }
  }

  /** Closes the file; closing it again does nothing. */
  async close(): Promise<void> {
    await this.#handle.close();
  }

  #allocate(name: string, byteLength: number): FloatArray {
    const FloatArrayType = this.tensor(name).dtype === 'F64' ? Float64Array : Float32Array;
    const length = byteLength / FloatArrayType.BYTES_PER_ELEMENT;
    return allocate(`Tensor "${name}" of file "${this.path}"`, byteLength, () => new FloatArrayType(length));
  }

  /** Reads a part of a tensor, `start` bytes into it, and returns the checksum carried on over it. */
  async #fill(
    target: ArrayBufferView,
    name: string,
    start: number,
    checksum: number,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    const position = this.tensor(name).offset + start;
    let carried = checksum;
    for (let done = 0; done < target.byteLength; done += PIECE_BYTES) {
      signal?.throwIfAborted();
      const piece = bytesOf(target, done, Math.min(PIECE_BYTES, target.byteLength - done));
      await readFully(this.#handle, piece, position + done, this.path);
      carried = crc32(piece, carried);
    }
    return carried;
  }

  #check(name: string, checksum: number): void {
    const saved = this.#checksums.get(name);
    if (checksum === saved) return;
    const hex = (value: number | undefined) => (value ?? 0).toString(16).padStart(8, '0');
    throw corruptFile(
      this.path,
      `altered: tensor "${name}" has checksum ${hex(checksum)}, not ${hex(saved)} as when it was saved`,
    );
  }
}
