import { setImmediate } from 'node:timers/promises';
import { describe } from '../core/describe.ts';
import { DenseamError, type ErrorCode } from '../core/errors.ts';
import { aString, oneOf, optional, readOptions, required, signalOptions, specify } from '../core/options.ts';
import type { CallOptions, FloatArray, Gaussians, Structure } from '../core/types.ts';
import { expectedError, fields, isArray, rangeError, shapeError } from '../core/validate.ts';
import { allocate, concise, elementCount, pathWords } from './files.ts';
import { arrayTypeOf, isSingle, type NumberArray, toFloats } from './numbers.ts';
import { readNpy } from './numpy/npy.ts';
import { readNpz } from './numpy/npz.ts';
import { type FilePath, filePath, isFilePath } from './path.ts';
import { extentsOf, indicesOf, shapeWords } from './shape.ts';

/**
 * Meaning of the numbers for the spread of a Gaussian. It does not show in the numbers, and a wrong guess goes
 * unnoticed, so callers always give it.
 */
export type SpreadKind = 'variance' | 'standardDeviation' | 'logVariance' | 'covariance';

/** Numbers with a shape, row-major; what {@link readNpy} returns. */
export interface ShapedArray {
  readonly shape: readonly number[];
  /** Numbers of any type; integers become float64, half precision float32. */
  readonly data: NumberArray;
}

export interface GaussianArrays {
  /** (n, d). */
  readonly means: ShapedArray;
  /** (n, d, d) for kind `covariance`; (n, d), (n,) or (n, 1) for the others. */
  readonly covariances: ShapedArray;
  /** Meaning of the numbers in `covariances`. */
  readonly kind: SpreadKind;
}

export interface ReadGaussiansOptions extends Pick<CallOptions, 'signal'> {
  /** Meaning of the numbers in the array of covariances. */
  readonly kind: SpreadKind;
  /** The name of the array of means in an .npz file, default `means`. */
  readonly means?: string | undefined;
  /** The name of the array of covariances (or variances, ...) in an .npz file, default `covariances`. */
  readonly covariances?: string | undefined;
}

/** Conversion of a kind of number to variances, and its allowed range. */
interface Conversion {
  /** Undefined for variances. */
  readonly toVariance?: (value: number) => number;
  /** The error of a number below 0; undefined where it is allowed. */
  readonly negative?: ErrorCode;
}

const CONVERSIONS: Readonly<Record<SpreadKind, Conversion>> = {
  variance: { negative: 'ERR_NOT_POSITIVE_DEFINITE' },
  standardDeviation: { toVariance: (value) => value * value, negative: 'ERR_RANGE' },
  logVariance: { toVariance: Math.exp },
  covariance: {}, // definiteness is checked when a memory takes them
};

const aKind = oneOf<SpreadKind>('variance', 'standardDeviation', 'logVariance', 'covariance');

const gaussiansOptions = specify<ReadGaussiansOptions>()({
  ...signalOptions,
  kind: required(aKind),
  means: optional(aString, 'means'),
  covariances: optional(aString, 'covariances'),
});

/** No conversion: for means and other numbers that are only checked. */
const NO_CONVERSION: Conversion = {};

/** Numbers checked and converted before other events get their turn. */
const BLOCK = 1 << 17;

/**
 * Reads Gaussians from an .npz file, or from two .npy files (one of means, one of covariances). {@link gaussiansFrom}
 * explains `kind` and the shapes.
 *
 * @throws DenseamError ERR_CORRUPT_FILE for a file that is truncated, foreign or lacks an array, and whatever
 * {@link gaussiansFrom} refuses; the signal's reason; system errors with their code and a message that names the file.
 */
export async function readGaussians(
  source: FilePath | { readonly means: FilePath; readonly covariances: FilePath },
  options: ReadGaussiansOptions,
): Promise<Gaussians> {
  const { kind, means, covariances, signal } = readOptions(gaussiansOptions, options);
  if (isFilePath(source)) {
    const arrays = await readNpz(filePath(source, 'source'), [means, covariances], { signal });
    const [first, second] = [arrays.get(means), arrays.get(covariances)] as [ShapedArray, ShapedArray];
    return gaussiansFrom({ means: first, covariances: second, kind }, { signal }).catch(naming(filePath(source)));
  }
  const files = fields('source', source, ['means', 'covariances']);
  const paths = [filePath(files.means, 'source.means'), filePath(files.covariances, 'source.covariances')] as const;
  const arrays = {
    means: await readNpy(paths[0], { signal }),
    covariances: await readNpy(paths[1], { signal }),
  };
  return gaussiansFrom({ ...arrays, kind }, { signal }).catch(naming(paths.join('" and "')));
}

/** Adds the files to the arguments of errors about what they hold. */
function naming(paths: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof DenseamError) || error.argument === undefined) throw error;
    throw error.withArgument(`${error.argument} of file "${concise(pathWords(paths))}"`);
  };
}

/**
 * A batch of Gaussians from arrays of means and spreads. The structure follows from the shapes:
 *
 * | kind                                           | shape         | structure |
 * |------------------------------------------------|---------------|-----------|
 * | `covariance`                                   | (n, d, d)     | full      |
 * | `variance`, `standardDeviation`, `logVariance` | (n, d)        | diagonal  |
 * |                                                | (n,) or (n, 1)| isotropic |
 *
 * For d = 1 the shape (n, 1) is diagonal and (n,) is isotropic; both mean the same there. Standard deviations are
 * squared and log-variances exponentiated (a result too small for the precision becomes 0, a singular covariance). The
 * result is float32 when both arrays are, float64 otherwise. The arrays are never changed; what needs no conversion is
 * not copied.
 *
 * Symmetry and definiteness of full covariances are checked when a memory takes them.
 *
 * @throws DenseamError ERR_SHAPE when shapes do not fit each other, the kind or the data; ERR_NOT_FINITE for NaN and
 * infinities; ERR_NOT_POSITIVE_DEFINITE for a negative variance; ERR_RANGE for a negative standard deviation, a
 * variance that overflows, and an unknown or missing kind; the signal's reason. Messages name the array and the index.
 */
export async function gaussiansFrom(
  arrays: GaussianArrays,
  options: Pick<CallOptions, 'signal'> = {},
): Promise<Gaussians> {
  const { signal } = readOptions(signalOptions, options);
  const given = fields('arrays', arrays, ['means', 'covariances', 'kind']);
  const kind = aKind('kind', given.kind);
  const means = readArray('means', given.means);
  const covariances = readArray('covariances', given.covariances);
  const { count, dimension, structure } = structureOf(means.shape, covariances.shape, kind);
  const single = isSingle(means.data) && isSingle(covariances.data);
  return {
    count,
    dimension,
    structure,
    means: await convert('means', means, NO_CONVERSION, single, signal),
    covariances: await convert('covariances', covariances, CONVERSIONS[kind], single, signal),
  };
}

function readArray(name: string, value: unknown): ShapedArray {
  const { shape, data } = fields(name, value, ['shape', 'data']);
  if (!isArray(shape) || !isNumberArray(data)) {
    const received = `{ shape: ${describe(shape)}, data: ${describe(data)} }`;
    throw shapeError(name, '{ shape, data } with a typed array of numbers', received);
  }
  const extents = extentsOf(`${name}.shape`, shape);
  if (elementCount(extents, data.BYTES_PER_ELEMENT) === data.length) return { shape: extents, data };
  throw shapeError(`${name}.data`, `the numbers of shape (${shapeWords(extents)})`, String(data.length));
}

function isNumberArray(data: unknown): data is NumberArray {
  const type = arrayTypeOf(data);
  return type !== undefined && !type.startsWith('Big');
}

function structureOf(
  means: readonly number[],
  covariances: readonly number[],
  kind: SpreadKind,
): Pick<Gaussians, 'count' | 'dimension' | 'structure'> {
  const [count = 0, dimension = 0] = means;
  if (means.length !== 2 || count < 1 || dimension < 1) {
    throw shapeError('means', 'shape (n, d) with n and d at least 1', `(${shapeWords(means)})`);
  }
  const shapes: readonly (readonly [Structure, readonly number[]])[] =
    kind === 'covariance'
      ? [['full', [count, dimension, dimension]]]
      : [
          ['diagonal', [count, dimension]],
          ['isotropic', [count]],
          ['isotropic', [count, 1]],
        ];
  const match = shapes.find(([, shape]) => shape.join() === covariances.join());
  if (match) return { count, dimension, structure: match[0] };
  const expected = shapes.map(([, shape]) => `(${shape.join(', ')})`).join(' or ');
  const argument = `covariances of kind ${kind} beside means of shape (${shapeWords(means)})`;
  throw shapeError(argument, `shape ${expected}`, `(${shapeWords(covariances)})`);
}

/** Checks every number and, where the kind or the precision asks for it, converts into a new array. */
async function convert(
  name: string,
  { shape, data }: ShapedArray,
  conversion: Conversion,
  single: boolean,
  signal: AbortSignal | undefined,
): Promise<FloatArray> {
  const FloatArrayType = single ? Float32Array : Float64Array;
  const length = data.length;
  const bytes = length * FloatArrayType.BYTES_PER_ELEMENT;
  const isSame = !conversion.toVariance && arrayTypeOf(data) === FloatArrayType.name;
  const result = isSame ? toFloats(data) : allocate(name, bytes, () => new FloatArrayType(length));
  for (let start = 0; start < length; start += BLOCK) {
    signal?.throwIfAborted();
    const end = Math.min(start + BLOCK, length);
    const bad = convertBlock(data, result, conversion, start, end);
    if (bad !== -1)
      throw fault(`${name}[${indicesOf(bad, shape).join(', ')}]`, data[bad] as number, conversion, single);
    await setImmediate();
  }
  return result;
}

/** Returns the position of the first number that is not allowed, or -1. */
function convertBlock(
  data: NumberArray,
  result: FloatArray,
  { toVariance, negative }: Conversion,
  start: number,
  end: number,
): number {
  for (let i = start; i < end; i++) {
    const value = data[i] as number;
    if (!Number.isFinite(value) || (negative && value < 0)) return i;
    if (result === data) continue;
    result[i] = toVariance ? toVariance(value) : value;
    if (!Number.isFinite(result[i])) return i;
  }
  return -1;
}

function fault(where: string, value: number, { negative }: Conversion, single: boolean): DenseamError {
  if (!Number.isFinite(value)) return expectedError('ERR_NOT_FINITE', where, 'a finite number', `${value}`);
  if (negative && value < 0) return expectedError(negative, where, 'at least 0', `${value}`);
  return rangeError(where, `a variance within ${single ? 'float32' : 'float64'}`, value);
}
