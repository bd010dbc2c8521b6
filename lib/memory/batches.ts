import { types } from 'node:util';
import { copied } from '../core/allocation.ts';
import { describe } from '../core/describe.ts';
import type { FloatArray, Gaussians, Matrix, Structure, Vectors } from '../core/types.ts';
import {
  checkUnchanged,
  expectedError,
  extent,
  fields,
  floatArray,
  product,
  shapeError,
  squareMatrix,
} from '../core/validate.ts';
import type { MemoryKind, NativeBatch, NativeStates } from '../native/addon.ts';

/** Any batch in the form of the native side, with its shape. */
export interface Batch extends NativeBatch {
  /** Its name in errors. */
  readonly name: string;
  readonly kind: MemoryKind;
  readonly dimension: number;
  /** The basis of diagonal Gaussians as the caller gave it, d x d. */
  readonly basis?: FloatArray | undefined;
}

const structures: readonly Structure[] = ['full', 'diagonal', 'isotropic'];

/** Numbers of one item: its position and its covariance. */
export function itemWidth(kind: MemoryKind, dimension: number): { position: number; covariance: number } {
  const covariance = { euclidean: 0, isotropic: 1, diagonal: dimension, full: dimension * dimension }[kind];
  return { position: dimension, covariance };
}

// BLAS and LAPACK count in 32 bits. The eigenvectors of a d x d matrix take 1 + 6 d + 2 d^2 numbers of work space; a
// diagonal Gaussian is a row of 2 d.
const greatestFullDimension = 32_766;
const greatestDimension = 2 ** 30 - 1;

/** @internal Refuses sizes beyond the 32 bits of BLAS and LAPACK. */
export function checkSupported(name: string, kind: MemoryKind, dimension: number): void {
  const greatest = kind === 'full' ? greatestFullDimension : greatestDimension;
  if (dimension <= greatest) return;
  const what = kind === 'full' ? ' of full covariances' : '';
  throw expectedError('ERR_UNSUPPORTED', `${name}${what}`, `at most ${greatest}`, `${dimension}`);
}

/** Checks the shapes of Gaussians; their values are checked natively, in the pass that reads them. */
export function gaussianBatch(name: string, value: Gaussians): Batch {
  const given = fields(name, value, ['count', 'dimension', 'structure', 'means', 'covariances'], ['basis']);
  const structure = structures.find((known) => known === given.structure);
  if (structure === undefined) {
    throw shapeError(`${name}.structure`, 'one of "full", "diagonal", "isotropic"', describe(given.structure));
  }
  const count = extent(`${name}.count`, given.count);
  const dimension = extent(`${name}.dimension`, given.dimension);
  const perItem = { full: [dimension, dimension], diagonal: [dimension], isotropic: [] }[structure];
  const shape = [count, ...perItem];
  const length = product(`${name}.covariances`, ...shape);
  // Checked before the arrays, so that the error does not need arrays of such a size.
  if (structure === 'full') checkSupported(`${name}.dimension`, structure, dimension);
  const positions = floatArray(`${name}.means`, given.means, count * dimension, `${count} x ${dimension}`);
  const covariances = floatArray(`${name}.covariances`, given.covariances, length, shape.join(' x '));
  if (structure !== 'full') checkSupported(`${name}.dimension`, structure, dimension);
  const basis = basisOf(name, structure, dimension, given.basis);
  return { name, kind: structure, count, dimension, positions, covariances, basis };
}

/** Checks the shape of a basis and returns it, or undefined for a full batch, where a basis has no meaning. */
function basisOf(name: string, structure: Structure, dimension: number, basis: unknown): FloatArray | undefined {
  if (basis === undefined) return undefined;
  if (structure === 'isotropic') {
    throw shapeError(`${name}.basis`, 'none where the structure is "isotropic"', describe(basis));
  }
  const numbers = squareMatrix(`${name}.basis`, basis, dimension);
  return structure === 'diagonal' ? numbers : undefined;
}

/** Checks the shapes of vectors. */
export function vectorBatch(name: string, value: Vectors): Batch {
  const given = fields(name, value, ['count', 'dimension', 'values']);
  const count = extent(`${name}.count`, given.count);
  const dimension = extent(`${name}.dimension`, given.dimension);
  const length = product(`${name}.values`, count, dimension);
  const positions = floatArray(`${name}.values`, given.values, length, `${count} x ${dimension}`);
  checkSupported(`${name}.dimension`, 'euclidean', dimension);
  return { name, kind: 'euclidean', count, dimension, positions, covariances: undefined };
}

/** A copy with arrays of its own. */
export function copy(batch: Batch): Batch {
  const { name, positions, covariances } = batch;
  return { ...batch, positions: copied(name, positions), covariances: covariances && copied(name, covariances) };
}

/**
 * Items `begin` to `end` of a batch, as views.
 *
 * @throws DenseamError ERR_SHAPE when an array was transferred away or resized since the batch was checked.
 */
export function slice(batch: Batch, begin: number, end: number): Batch {
  const { position, covariance } = itemWidth(batch.kind, batch.dimension);
  checkUnchanged(batch.name, batch.positions, batch.count * position);
  if (batch.covariances) checkUnchanged(batch.name, batch.covariances, batch.count * covariance);
  return {
    ...batch,
    count: end - begin,
    positions: batch.positions.subarray(begin * position, end * position),
    covariances: batch.covariances?.subarray(begin * covariance, end * covariance),
  };
}

export function precisionOf(batch: Batch): 'float32' | 'float64' {
  const isSingle = (array: FloatArray | undefined) => array === undefined || types.isFloat32Array(array);
  return isSingle(batch.positions) && isSingle(batch.covariances) ? 'float32' : 'float64';
}

export function toGaussians(
  structure: Structure,
  dimension: number,
  states: NativeStates,
  basis: Matrix | undefined,
): Gaussians {
  return {
    count: states.count,
    dimension,
    structure,
    means: states.positions,
    covariances: states.covariances ?? new Float64Array(0),
    ...(basis && { basis }),
  };
}

export function toVectors(dimension: number, states: NativeStates): Vectors {
  return { count: states.count, dimension, values: states.positions };
}
