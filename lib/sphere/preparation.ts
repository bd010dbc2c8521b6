import { types } from 'node:util';
import { zeros } from '../core/allocation.ts';
import { fitsInMemory } from '../core/availableMemory.ts';
import { describe } from '../core/describe.ts';
import { aBoolean, callOptions, oneOf, optional, readOptions, specify } from '../core/options.ts';
import type { CallOptions, Vectors } from '../core/types.ts';
import {
  checkUnchanged,
  extent,
  fields,
  integer,
  isDetached,
  isFloatArray,
  product,
  shapeError,
} from '../core/validate.ts';
import type { Precision } from '../memory/memory.ts';
import { forParts } from '../memory/partsAtOnce.ts';
import { native, type ProgressCallback } from '../native/addon.ts';
import { runTask } from '../native/calls.ts';

/** Numbers of images and other raw data. */
export type RawArray = Uint8Array | Float32Array | Float64Array;

/** A batch of vectors that need not be floating-point yet. */
export interface RawVectors {
  /** Number of vectors. */
  readonly count: number;
  /** Numbers in each vector. */
  readonly dimension: number;
  /** count x dimension. */
  readonly values: RawArray;
}

/** Options of {@link toSphere}. */
export interface ToSphereOptions extends CallOptions {
  /** Whether each vector's own mean is subtracted first. Default true. */
  readonly centre?: boolean | undefined;
  /** The result's precision: `float32` by default for a Uint8Array or Float32Array, else `float64`. */
  readonly precision?: Precision | undefined;
}

/** A batch of images with one number a pixel. */
export interface Images<A extends RawArray = RawArray> {
  /** Number of images. */
  readonly count: number;
  /** Rows of pixels. */
  readonly height: number;
  /** Columns of pixels. */
  readonly width: number;
  /** count x height x width. */
  readonly values: A;
}

/** Options of {@link imagePatches}. */
export interface ImagePatchesOptions extends CallOptions {
  /** Rows and columns of a patch, at least 1 and at most those of an image. Default 6. */
  readonly size?: number | undefined;
  /** Pixels from one patch to the next, down and across, at least 1. Default 2. */
  readonly stride?: number | undefined;
}

/** Square patches of images. */
export interface ImagePatches<A extends RawArray = RawArray> extends RawVectors {
  /** Number of patches: images x rows x columns. */
  readonly count: number;
  /** Pixels of a patch: size x size. */
  readonly dimension: number;
  /**
   * count x dimension, image by image, each row by row; the pixels of a patch row by row. The type is that of the
   * images.
   */
  readonly values: A;
  /** Patches of an image from top to bottom: floor((height - size) / stride) + 1. Remaining pixels are in no patch. */
  readonly rows: number;
  /** Patches of an image from left to right: floor((width - size) / stride) + 1. */
  readonly columns: number;
}

const toSphereOptions = specify<ToSphereOptions>()({
  ...callOptions,
  centre: optional(aBoolean, true),
  precision: optional(oneOf('float32', 'float64')),
});

const pixels = (name: string, value: unknown) => integer(name, value, 1, Number.MAX_SAFE_INTEGER);
const patchesOptions = specify<ImagePatchesOptions>()({
  ...callOptions,
  size: optional(pixels, 6),
  stride: optional(pixels, 2),
});

/**
 * Puts vectors on the unit sphere: subtracts each one's OWN mean (the mean of its numbers, not of the batch), then
 * divides by its length. This is how the published experiments prepare images and patches.
 *
 * A vector whose numbers are all the same, such as a blank patch, becomes exactly zero, since it has no direction.
 * Bytes are compared exactly; floating-point numbers count as the same when they are within four roundings (2^-21 for a
 * Float32Array, 2^-50 for a Float64Array, times the largest number of the vector) of their mean. With `centre: false`
 * only vectors of zeros become zero. Numbers may be of any size.
 *
 * Runs in the background, a part of the batch after the other; the array should not change meanwhile.
 *
 * @throws DenseamError ERR_SHAPE; ERR_RANGE; ERR_NOT_FINITE naming vector and number; ERR_OUT_OF_MEMORY; the signal's
 * reason.
 */
export async function toSphere(data: RawVectors, options: ToSphereOptions = {}): Promise<Vectors> {
  const read = readOptions(toSphereOptions, options);
  const { centre } = read;
  const raw = fields('data', data, ['count', 'dimension', 'values']);
  const count = extent('data.count', raw.count);
  const dimension = extent('data.dimension', raw.dimension);
  const length = product('data.values', count, dimension);
  const given = rawArray('data.values', raw.values, length, `${count} x ${dimension}`);
  const single = (read.precision ?? naturalPrecision(given)) === 'float32';
  fitsInMemory('the result', length * (single ? Float32Array : Float64Array).BYTES_PER_ELEMENT);
  const values = zeros('the result', single ? Float32Array : Float64Array, length);
  const bytes = dimension * Math.max(given.BYTES_PER_ELEMENT, values.BYTES_PER_ELEMENT);
  await forParts(count, bytes, read, async (begin, end, ofPart) => {
    const part = slice('data.values', given, begin * dimension, end * dimension);
    const run = (report: ProgressCallback) =>
      native.toSphere(part, {
        count: end - begin,
        dimension,
        name: 'data.values',
        firstIndex: begin,
        centred: centre,
        single,
        onProgress: report,
      });
    values.set(await runTask(run, ofPart), begin * dimension);
  });
  return { count, dimension, values };
}

/**
 * Cuts square patches from images, every `stride` pixels down and across. They come image by image, each row by row.
 * Numbers are copied unchanged; {@link toSphere} takes the result.
 *
 * Runs in the background, a part of the batch after the other; the array should not change meanwhile.
 *
 * @throws DenseamError ERR_SHAPE, ERR_RANGE, ERR_OUT_OF_MEMORY; the signal's reason.
 */
export async function imagePatches<A extends RawArray>(
  images: Images<A>,
  options: ImagePatchesOptions = {},
): Promise<ImagePatches<A>> {
  const read = readOptions(patchesOptions, options);
  const raw = fields('images', images, ['count', 'height', 'width', 'values']);
  const count = extent('images.count', raw.count);
  const height = extent('images.height', raw.height);
  const width = extent('images.width', raw.width);
  const length = product('images.values', count, height, width);
  const given = rawArray('images.values', raw.values, length, `${count} x ${height} x ${width}`);
  const size = integer('options.size', read.size, 1, Math.min(height, width));
  const { stride } = read;
  const rows = Math.floor((height - size) / stride) + 1;
  const columns = Math.floor((width - size) / stride) + 1;
  const perImage = product('the patches', rows, columns, size, size);
  const total = product('the patches', count, perImage);
  fitsInMemory('the patches', total * given.BYTES_PER_ELEMENT);
  const values = emptyLike(given, total) as A;
  const pixelBytes = given.BYTES_PER_ELEMENT;
  const target = bytesOf(values);
  await forParts(count, pixelBytes * Math.max(height * width, perImage), read, async (begin, end, ofPart) => {
    const part = bytesOf(slice('images.values', given, begin * height * width, end * height * width));
    const run = (report: ProgressCallback) =>
      native.imagePatches(part, {
        count: end - begin,
        height,
        width,
        bytesPerElement: pixelBytes,
        size,
        stride,
        onProgress: report,
      });
    target.set(await runTask(run, ofPart), begin * perImage * pixelBytes);
  });
  return { count: count * rows * columns, dimension: size * size, values, rows, columns };
}

function naturalPrecision(given: RawArray): Precision {
  return types.isFloat64Array(given) ? 'float64' : 'float32';
}

function rawArray(name: string, value: unknown, length: number, shape: string): RawArray {
  if (!types.isUint8Array(value) && !isFloatArray(value)) {
    throw shapeError(name, 'a Uint8Array, Float32Array or Float64Array', describe(value));
  }
  if (value.length !== length) {
    const received = isDetached(value) ? 'an array whose buffer is detached' : String(value.length);
    throw shapeError(name, `${length} numbers (${shape})`, received);
  }
  return value;
}

function slice<A extends RawArray>(name: string, array: A, begin: number, end: number): A {
  if (array.length < end) checkUnchanged(name, array, end);
  return array.subarray(begin, end) as A;
}

function emptyLike(array: RawArray, length: number): RawArray {
  const floats = types.isFloat32Array(array) ? Float32Array : Float64Array;
  return zeros('the patches', types.isUint8Array(array) ? Uint8Array : floats, length);
}

function bytesOf({ buffer, byteOffset, byteLength }: RawArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
