import { zeros } from '../core/allocation.ts';
import { callOptions, optional, readOptions, specify } from '../core/options.ts';
import type { CallOptions, Gaussians, Matrix } from '../core/types.ts';
import { nonNegative, squareMatrix } from '../core/validate.ts';
import { type Batch, gaussianBatch, itemWidth, slice } from '../memory/batches.ts';
import { inParts } from '../memory/parts.ts';
import { native } from '../native/addon.ts';
import { runTask } from '../native/calls.ts';
import { CheckedBasis, project, projected } from './checkedBasis.ts';
import { makeGaussians } from './parts.ts';

/** Tolerance for covariances that are not quite diagonal in a basis. */
export interface BasisOptions extends CallOptions {
  /**
   * The greatest |S v - l v| of a covariance S over the basis vectors v, l = v' S v, relative to its greatest l; at
   * least 0. No entry of V' S V off the diagonal is larger. Default: rounding, 1e-10, or 1e-5 for a covariance whose
   * numbers float32 holds.
   */
  readonly tolerance?: number | undefined;
}

/** Gaussians with full covariances, in float64. */
export interface FullGaussians extends Gaussians {
  readonly structure: 'full';
  readonly means: Float64Array;
  readonly covariances: Float64Array;
}

/** Gaussians with covariances V diag(variances) V', in float64. */
export interface CommutingGaussians extends Gaussians {
  readonly structure: 'diagonal';
  readonly means: Float64Array;
  /** count x d: the variances, in the order of the basis. */
  readonly covariances: Float64Array;
  /** V, d x d, eigenvectors in its columns. */
  readonly basis: Matrix;
}

const basisOptions = specify<BasisOptions>()({ ...callOptions, tolerance: optional(nonNegative) });

/**
 * Expands the covariances of Gaussians to d x d matrices: V diag(variances) V' with a basis V. Full ones are averaged
 * with their transposes; a memory checks that they are positive semidefinite when it stores them. Takes count d^3
 * operations with a basis.
 *
 * @throws DenseamError ERR_SHAPE, ERR_NOT_FINITE, ERR_NOT_POSITIVE_DEFINITE, ERR_OUT_OF_MEMORY; ERR_RANGE for a basis
 * that is not orthogonal; the signal's reason.
 */
export async function toFull(gaussians: Gaussians, options: CallOptions = {}): Promise<FullGaussians> {
  const { signal, onProgress } = readOptions(callOptions, options);
  const batch = gaussianBatch('gaussians', gaussians);
  const basis = await CheckedBasis.of(batch, { signal });
  const { count, dimension } = batch;
  return makeGaussians({ count, dimension, structure: 'full' }, { onProgress }, (begin, end, ofPart) =>
    expanded(batch, begin, end, basis, { signal, onProgress: ofPart }),
  );
}

function expanded(batch: Batch, begin: number, end: number, basis: CheckedBasis | undefined, options: CallOptions) {
  const part = slice(batch, begin, end);
  return runTask(
    (report) =>
      native.expand(part, {
        structure: batch.kind,
        dimension: batch.dimension,
        firstIndex: begin,
        basis: basis?.handle,
        onProgress: report,
      }),
    options,
  );
}

/**
 * Converts covariances S to variances v_k = V_k' S V_k along the columns of a basis V. Covariances that are not
 * diagonal in it are refused. Variances within rounding of zero (4 d 2^-52 of the greatest) become zero. Takes 2 count
 * d^3 operations.
 *
 * @throws DenseamError ERR_RANGE for a covariance that is not diagonal in the basis and for a basis that is not
 * orthogonal; ERR_SHAPE, ERR_NOT_FINITE, ERR_NOT_POSITIVE_DEFINITE, ERR_OUT_OF_MEMORY; the signal's reason.
 */
export async function toBasis(
  gaussians: Gaussians,
  basis: Matrix,
  options: BasisOptions = {},
): Promise<CommutingGaussians> {
  const read = readOptions(basisOptions, options);
  const batch = gaussianBatch('gaussians', gaussians);
  const { count, dimension } = batch;
  const { signal, tolerance } = read;
  const numbers = squareMatrix('basis', basis, dimension);
  const [own, target] = await Promise.all([
    CheckedBasis.of(batch, { signal }),
    CheckedBasis.create('basis', dimension, numbers, { signal }),
  ]);
  const result = await makeGaussians(
    { count, dimension, structure: 'diagonal' },
    read,
    async (begin, end, onProgress) => {
      const part =
        batch.kind === 'full'
          ? slice(batch, begin, end)
          : { ...batch, ...(await expanded(batch, begin, end, own, { signal })), kind: 'full' as const };
      const { positions, covariances } = await projected(part, begin, target, tolerance, { signal, onProgress });
      return { count: end - begin, positions: positions as Float64Array, covariances: covariances as Float64Array };
    },
    itemWidth('full', dimension).covariance,
  );
  return { ...result, basis: target.matrix };
}

/**
 * A basis in which all covariances are diagonal, or undefined when there is none. For covariances that commute it holds
 * their common eigenvectors, in no particular order. {@link toBasis} converts to it, for the speed of diagonal
 * covariances.
 *
 * Computes the eigenvectors of a random combination of all covariances (the same at every call), corrects them by two
 * more, and then checks every covariance. Eigenvalues may repeat: any basis of their eigenspace that also suits the
 * other covariances will do, and multiples of the identity suit every basis. For covariances that commute only nearly,
 * a basis within the tolerance is mostly found, but not always. Diagonal Gaussians give their own basis or the
 * identity; their numbers are not checked. Takes about 8 count d^2 + 2 count d^3 operations and one decomposition.
 *
 * @throws DenseamError ERR_SHAPE, ERR_RANGE, ERR_NOT_FINITE, ERR_NOT_POSITIVE_DEFINITE; the signal's reason.
 */
export async function commonBasis(gaussians: Gaussians, options: BasisOptions = {}): Promise<Matrix | undefined> {
  const read = readOptions(basisOptions, options);
  const batch = gaussianBatch('gaussians', gaussians);
  const { tolerance } = read;
  if (batch.kind !== 'full') return (await CheckedBasis.of(batch, read))?.matrix ?? identity(batch.dimension);
  const basis = await candidate(batch, inPass(read, batch.count, 0));
  const isBasis = await isBasisOf(batch, basis, tolerance, inPass(read, batch.count, 1));
  // A search that ends early leaps to the total.
  if (!isBasis) read.onProgress?.({ completed: 2 * batch.count, total: 2 * batch.count });
  return isBasis ? basis.matrix : undefined;
}

/** The only candidate for a common basis. */
async function candidate(batch: Batch, options: CallOptions): Promise<CheckedBasis> {
  const { count, dimension } = batch;
  let sums: Float64Array | undefined;
  await inParts(batch, count, {}, options, async ({ batch: part, first, onProgress }) => {
    sums = await runTask(
      (report) => native.addCombinations(part, { dimension, firstIndex: first, sums, onProgress: report }),
      {
        ...options,
        onProgress,
      },
    );
  });
  const vectors = await runTask(() => native.commonEigenvectors(sums as Float64Array, { dimension }), {
    signal: options.signal,
  });
  return CheckedBasis.create('the common basis', dimension, vectors, options);
}

/** Whether all covariances are diagonal in the candidate. The first part with one that is not ends the search. */
async function isBasisOf(
  batch: Batch,
  basis: CheckedBasis,
  tolerance: number | undefined,
  options: CallOptions,
): Promise<boolean> {
  let isBasis = true;
  await inParts(batch, batch.count, {}, options, async ({ batch: part, first, onProgress }) => {
    if (!isBasis) return;
    const { bad } = await project(part, first, basis, tolerance, { ...options, onProgress });
    isBasis = bad < 0;
  });
  return isBasis;
}

/** The options for the first or the second of two passes over the items. */
function inPass({ signal, onProgress }: CallOptions, count: number, pass: 0 | 1): CallOptions {
  return {
    signal,
    onProgress:
      onProgress && (({ completed }) => onProgress({ completed: pass * count + completed, total: 2 * count })),
  };
}

function identity(dimension: number): Matrix {
  const data = zeros('the basis', Float64Array, dimension * dimension);
  for (let k = 0; k < dimension; k++) data[k * (dimension + 1)] = 1;
  return { rows: dimension, columns: dimension, data };
}
