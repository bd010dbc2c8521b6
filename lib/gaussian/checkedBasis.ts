import { DenseamError } from '../core/errors.ts';
import type { CallOptions, FloatArray, Matrix } from '../core/types.ts';
import type { Batch } from '../memory/batches.ts';
import { type NativeBasis, type NativeProjection, native } from '../native/addon.ts';
import { runTask } from '../native/calls.ts';

/** A private copy of a common basis of covariances, checked to be orthogonal. */
export class CheckedBasis {
  readonly dimension: number;
  readonly handle: NativeBasis['handle'];
  readonly #data: Float64Array;

  private constructor(dimension: number, data: Float64Array, handle: NativeBasis['handle']) {
    this.dimension = dimension;
    this.handle = handle;
    this.#data = data;
  }

  /**
   * Copies d x d numbers, row-major, and checks them. `name` is the matrix's name in errors.
   *
   * @throws DenseamError ERR_NOT_FINITE; ERR_RANGE if it is not orthogonal; the signal's reason.
   */
  static async create(
    name: string,
    dimension: number,
    numbers: FloatArray,
    { signal }: CallOptions,
  ): Promise<CheckedBasis> {
    const data = Float64Array.from(numbers);
    return new CheckedBasis(
      dimension,
      data,
      await runTask(() => native.makeBasis(data, { dimension, name }), { signal }),
    );
  }

  /** The basis of a batch, if it has one. */
  static async of({ name, dimension, basis }: Batch, options: CallOptions): Promise<CheckedBasis | undefined> {
    return basis && CheckedBasis.create(`${name}.basis`, dimension, basis, options);
  }

  /** A copy, since callers may change or transfer results. */
  get matrix(): Matrix {
    return { rows: this.dimension, columns: this.dimension, data: this.#data.slice() };
  }

  /** Position of the first number that differs, or -1. */
  firstDifference(numbers: FloatArray): number {
    const data = this.#data;
    for (let at = 0; at < data.length; at++) if (data[at] !== numbers[at]) return at;
    return -1;
  }
}

// |S v - l v| may be this share of the greatest variance for an eigenvector v = V_k, l = v' S v. An off-diagonal entry
// changes squared distances by its square, except for variances as small as itself: hence the tight limit. Rounding
// leaves 1e-14 in float64 and 1e-6 in float32 at d = 768.
const doubleTolerance = 1e-10;
const singleTolerance = 1e-5;

/** Covariances projected to a basis, and the first one that is not diagonal there. */
interface Projected extends NativeProjection {
  /** Its position, or -1. */
  readonly bad: number;
  readonly tolerance: number;
}

/**
 * Full covariances as variances along a basis; `first` is the index of the first in error messages. The default
 * tolerance is the rounding of each covariance's origin: of float32 where that holds all its numbers, whatever array
 * they are in now.
 */
export async function project(
  batch: Batch,
  first: number,
  basis: CheckedBasis,
  tolerance: number | undefined,
  options: CallOptions,
): Promise<Projected> {
  const projection = await runTask(
    (report) => native.project(batch, { firstIndex: first, basis: basis.handle, onProgress: report }),
    options,
  );
  const allowed = (item: number) => tolerance ?? (projection.isSingle[item] ? singleTolerance : doubleTolerance);
  const bad = projection.residuals.findIndex((residual, item) => !(residual <= allowed(item)));
  return { ...projection, bad, tolerance: allowed(bad) };
}

/**
 * A batch of full covariances as variances along a basis; `first` and `tolerance` as above.
 *
 * @throws DenseamError ERR_RANGE for a covariance that is not diagonal in the basis; ERR_NOT_FINITE,
 * ERR_NOT_POSITIVE_DEFINITE; the signal's reason.
 */
export async function projected(
  batch: Batch,
  first: number,
  basis: CheckedBasis,
  tolerance: number | undefined,
  options: CallOptions,
): Promise<Batch> {
  const found = await project(batch, first, basis, tolerance, options);
  if (found.bad >= 0) {
    throw new DenseamError('ERR_RANGE', {
      argument: `${batch.name}.covariances[${first + found.bad}]`,
      expected: `a covariance that is diagonal in the basis (to ${found.tolerance} of its greatest variance)`,
      found: `it is off by ${found.residuals[found.bad]?.toPrecision(3)}`,
    });
  }
  return { ...batch, kind: 'diagonal', positions: found.positions, covariances: found.covariances };
}
