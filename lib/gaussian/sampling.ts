import { zeros } from '../core/allocation.ts';
import { fitsInMemory } from '../core/availableMemory.ts';
import { asGiven, callOptions, oneOf, optional, readOptions, required, specify } from '../core/options.ts';
import { aSeed, type Seed, seedBits } from '../core/random.ts';
import type { CallOptions, Gaussians, Matrix, Structure } from '../core/types.ts';
import {
  checkedElements,
  expectedError,
  integer,
  isArray,
  nonNegative,
  positive,
  product,
  rangeError,
} from '../core/validate.ts';
import { gaussianBatch, slice } from '../memory/batches.ts';
import { native, type ProgressCallback } from '../native/addon.ts';
import { runTask } from '../native/calls.ts';
import { CheckedBasis } from './checkedBasis.ts';
import { type GaussiansShape, makeGaussians } from './parts.ts';

/** Relation of covariances: `commuting` ones share their eigenvectors, `general` ones are unrelated. */
export type CovarianceFamily = 'commuting' | 'general';

/** Least and greatest eigenvalue. */
export type Range = readonly [least: number, greatest: number];

/** Options of {@link sampleWassersteinSphere}. */
export interface SphereOptions<Family extends CovarianceFamily = CovarianceFamily> extends CallOptions {
  /** Number of distributions. */
  readonly count: number;
  /** d. */
  readonly dimension: number;
  /** Relation of the covariances. */
  readonly covariances: Family;
  /**
   * Least and greatest eigenvalue of every covariance (variances, above 0), for commuting covariances only; the
   * published experiments' [1, 1.1] by default.
   */
  readonly range?: Family extends 'commuting' ? Range : undefined;
  /** Seed of all random choices; 0 by default. */
  readonly seed?: Seed;
}

/** Gaussians with full covariances at one W2 distance from the point mass at the origin. */
export interface SphereSample extends Gaussians {
  readonly structure: 'full';
  readonly means: Float64Array;
  readonly covariances: Float64Array;
  /** That W2 distance: |mean|^2 = trace(covariance) = radius^2 / 2 for every item. */
  readonly radius: number;
}

/** A sample with covariances V diag(l) V'. */
export interface CommutingSphereSample extends SphereSample {
  /** V, dimension x dimension: orthogonal, the common eigenvectors in its columns. */
  readonly basis: Matrix;
  /** count x dimension: the eigenvalues of every item, in the order of the basis. */
  readonly eigenvalues: Matrix;
}

/** Options of {@link perturb}. */
export interface PerturbOptions extends CallOptions {
  /**
   * `commuting` dilates the item about the origin, which keeps its eigenvectors and is not random; `general` (default)
   * moves mean and covariance in random directions.
   */
  readonly covariances?: CovarianceFamily;
  /** Seed of all random choices; 0 by default. */
  readonly seed?: Seed;
}

const publishedRange = [1, 1.1] as const;
// Squares of greater numbers overflow.
const greatestNumber = 1e100;

const family = oneOf('commuting', 'general');
const extentOption = required((name: string, value: unknown) => integer(name, value, 1, Number.MAX_SAFE_INTEGER));
const sphereOptions = specify<SphereOptions>()({
  ...callOptions,
  count: extentOption,
  dimension: extentOption,
  covariances: required(family),
  /** Checked by {@link readRange}, since its form depends on the covariances. */
  range: optional<unknown, Range>(asGiven),
  seed: optional(aSeed, 0),
});
const perturbOptions = specify<PerturbOptions>()({
  ...callOptions,
  covariances: optional(family, 'general'),
  seed: optional(aSeed, 0),
});

/**
 * Draws Gaussians uniformly placed on a Wasserstein sphere about the point mass at the origin: the synthetic memories
 * of the capacity theorem (Tankala and Balasubramanian 2026).
 *
 * Means are uniform on the sphere of radius R / sqrt 2. `commuting` covariances have one random orthogonal basis and
 * eigenvalues uniform on the part within the range of the plane where they sum to R^2 / 2; R^2 = d (least + greatest).
 * They are drawn by rejection, about 0.7 sqrt(d) draws an item. `general` covariances are W W' + 0.01 I scaled to trace
 * d, W of d x d standard normal numbers; R^2 = 2 d. Takes count d^3 operations; results do not depend on the number of
 * threads.
 *
 * @throws DenseamError ERR_RANGE, ERR_OUT_OF_MEMORY; the signal's reason.
 */
export async function sampleWassersteinSphere(options: SphereOptions<'commuting'>): Promise<CommutingSphereSample>;
export async function sampleWassersteinSphere(options: SphereOptions): Promise<SphereSample>;
export async function sampleWassersteinSphere(options: SphereOptions): Promise<SphereSample> {
  const read = readOptions(sphereOptions, options);
  const { count, dimension } = read;
  const range = readRange(read.covariances, read.range);
  const seed = seedBits(read.seed);
  const length = product('the covariances', count, dimension, dimension);
  fitsInMemory('the sample', length * Float64Array.BYTES_PER_ELEMENT);
  const shape = { count, dimension, structure: 'full' } as const;
  return range ? sampleCommuting(shape, range, seed, read) : sampleGeneral(shape, seed, read);
}

type FullShape = GaussiansShape & { readonly structure: 'full' };

async function sampleGeneral(
  shape: FullShape,
  seed: bigint,
  { signal, onProgress }: CallOptions,
): Promise<SphereSample> {
  const { dimension } = shape;
  const sample = await makeGaussians(shape, { onProgress }, (begin, end, ofPart) =>
    runTask(
      (report) => native.sampleGeneral({ first: begin, count: end - begin, dimension, seed, onProgress: report }),
      {
        signal,
        onProgress: ofPart,
      },
    ),
  );
  return { ...sample, radius: Math.sqrt(2 * dimension) };
}

async function sampleCommuting(
  shape: FullShape,
  [least, greatest]: Range,
  seed: bigint,
  { signal, onProgress }: CallOptions,
): Promise<CommutingSphereSample> {
  const { count, dimension } = shape;
  const basis = await runTask(() => native.randomBasis({ dimension, seed }), { signal });
  const eigenvalues = zeros('the eigenvalues', Float64Array, count * dimension);
  const sample = await makeGaussians(shape, { onProgress }, async (begin, end, ofPart) => {
    const task = (report: ProgressCallback) =>
      native.sampleCommuting({
        first: begin,
        count: end - begin,
        basis: basis.handle,
        least,
        greatest,
        seed,
        onProgress: report,
      });
    const part = await runTask(task, { signal, onProgress: ofPart });
    eigenvalues.set(part.eigenvalues, begin * dimension);
    return part;
  });
  return {
    ...sample,
    radius: Math.sqrt(dimension * (least + greatest)),
    basis: { rows: dimension, columns: dimension, data: basis.values },
    eigenvalues: { rows: count, columns: dimension, data: eigenvalues },
  };
}

/**
 * Draws a Gaussian at W2 distance `radius` from each item, of the same structure and with the same basis, if any.
 *
 * `commuting`: the item is dilated about the origin by 1 + radius / R, R = W2(item, point mass at the origin); that map
 * is optimal. `general`: half of radius^2 goes to the covariance (to 1e-6) and exactly the rest to the mean, in a
 * random direction. Full covariances become S + t E E', E of d x d standard normal numbers and t found on the Bures
 * distance, about four eigenvalue problems an item; for diagonal and isotropic ones, root variances grow by a random
 * nonnegative vector.
 *
 * The distance is `radius` to 1e-10 of it, or as nearly as the rounding of the item's own numbers allows: about 1e-16
 * R, more for ill-conditioned covariances. A radius below 1e-10 R is refused. Results do not depend on the number of
 * threads.
 *
 * @throws DenseamError ERR_SHAPE, ERR_NOT_FINITE, ERR_RANGE, ERR_NOT_POSITIVE_DEFINITE, ERR_OUT_OF_MEMORY; the signal's
 * reason.
 */
export async function perturb(items: Gaussians, radius: number, options: PerturbOptions = {}): Promise<Gaussians> {
  const { signal, onProgress, covariances, seed } = readOptions(perturbOptions, options);
  const batch = gaussianBatch('items', items);
  if (nonNegative('radius', radius) > greatestNumber) throw rangeError('radius', `at most ${greatestNumber}`, radius);
  const bits = covariances === 'commuting' ? undefined : seedBits(seed);
  const { count, dimension } = batch;
  const structure = batch.kind as Structure;
  const basis = await CheckedBasis.of(batch, { signal });
  const perturbed = await makeGaussians({ count, dimension, structure }, { onProgress }, (begin, end, ofPart) => {
    const part = slice(batch, begin, end);
    return runTask(
      (report) =>
        native.perturb(part, { structure, dimension, firstIndex: begin, radius, seed: bits, onProgress: report }),
      {
        signal,
        onProgress: ofPart,
      },
    );
  });
  return basis ? { ...perturbed, basis: basis.matrix } : perturbed;
}

function readRange(covariances: CovarianceFamily, value: unknown): Range | undefined {
  if (covariances === 'general') {
    if (value === undefined) return undefined;
    throw rangeError('options.range', 'undefined where the covariances are "general"', value);
  }
  const name = 'options.range';
  const expected = `[least, greatest] with 0 < least <= greatest <= ${greatestNumber}`;
  if (value === undefined) return publishedRange;
  if (!isArray(value) || value.length !== 2) throw rangeError(name, expected, value);
  const [least, greatest] = checkedElements(name, value, positive) as [number, number];
  if (least <= greatest && greatest <= greatestNumber) return [least, greatest];
  const received = `[${least}, ${greatest}]`;
  throw expectedError('ERR_RANGE', name, expected, received);
}
