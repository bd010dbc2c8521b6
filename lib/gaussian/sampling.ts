import { type Batch, gaussianBatch, itemWidth, slice, toGaussians } from '../core/batches.ts';
import { runTask } from '../core/calls.ts';
import { type Seed, seedBits } from '../core/random.ts';
import type { CallOptions, Gaussians, Matrix, Progress } from '../core/types.ts';
import { fitsInMemory, integer, nonNegative, object, product, rangeError } from '../core/validate.ts';
import { type NativeStates, native, type ProgressCallback } from '../native.ts';

/** Whether covariances share their eigenvectors, as matrices do that commute, or are unrelated. */
export type CovarianceFamily = 'commuting' | 'general';

/** What {@link sampleWassersteinSphere} draws. */
export interface SphereOptions<Family extends CovarianceFamily = CovarianceFamily> {
  /** How many distributions. */
  readonly count: number;
  readonly dimension: number;
  readonly covariances: Family;
  /**
   * Least and greatest eigenvalue of every covariance (variances, above 0), for commuting covariances only; the published
   * experiments' [1, 1.1] by default.
   */
  readonly range?: Family extends 'commuting' ? readonly [least: number, greatest: number] : undefined;
  /** What all random choices follow from; 0 by default. */
  readonly seed?: Seed;
}

/** Gaussians with full covariances at one W2 distance from the point mass at the origin. */
export interface SphereSample extends Gaussians {
  readonly structure: 'full';
  readonly means: Float64Array;
  readonly covariances: Float64Array;
  /** That distance: |mean|^2 = trace(covariance) = radius^2 / 2 for every item. */
  readonly radius: number;
}

/** The same with covariances V diag(l) V'. */
export interface CommutingSphereSample extends SphereSample {
  /** V, dimension x dimension: orthogonal, the common eigenvectors in its columns. */
  readonly basis: Matrix;
  /** count x dimension: the eigenvalues of every item, in the order of the basis. */
  readonly eigenvalues: Matrix;
}

/** What {@link perturb} does. */
export interface PerturbOptions extends CallOptions {
  /**
   * `commuting` dilates the item about the origin, which leaves its eigenvectors as they are and nothing to chance; `general`
   * (default) moves mean and covariance in random directions.
   */
  readonly covariances?: CovarianceFamily;
  /** What all random choices follow from; 0 by default. */
  readonly seed?: Seed;
}

const families: readonly CovarianceFamily[] = ['commuting', 'general'];
const publishedRange = [1, 1.1] as const;
// Squares of anything beyond overflow.
const greatestNumber = 1e100;
// Copying this much takes a few milliseconds.
const partBytes = 16 * 2 ** 20;
// Enough to keep some ten threads busy with items of a megabyte or more each.
const partsAtOnce = 4;

/**
 * Draws Gaussians uniformly placed on a Wasserstein sphere about the point mass at the origin: the synthetic memories of the
 * capacity theorem (Tankala and Balasubramanian 2026).
 *
 * Means are uniform on the sphere of radius R / sqrt 2. `commuting` covariances have one random orthogonal basis and eigenvalues
 * uniform on what the range leaves of the plane where they sum to R^2 / 2; R^2 = d (least + greatest). They are drawn by rejection,
 * about 0.7 sqrt(d) draws an item. `general` covariances are W W' + 0.01 I scaled to trace d, W of d x d standard normal numbers;
 * R^2 = 2 d. Takes count d^3 operations; results do not depend on the number of threads.
 *
 * @throws DenseamError ERR_RANGE, ERR_OUT_OF_MEMORY; the signal's reason.
 */
export async function sampleWassersteinSphere(
  options: SphereOptions<'commuting'>,
  call?: CallOptions,
): Promise<CommutingSphereSample>;
export async function sampleWassersteinSphere(options: SphereOptions, call?: CallOptions): Promise<SphereSample>;
export async function sampleWassersteinSphere(options: SphereOptions, call: CallOptions = {}): Promise<SphereSample> {
  object('options', options);
  const count = integer('options.count', options.count, 1, Number.MAX_SAFE_INTEGER);
  const dimension = integer('options.dimension', options.dimension, 1, Number.MAX_SAFE_INTEGER);
  const family = readFamily(options.covariances);
  const range = readRange(family, options.range);
  const seed = seedBits(options.seed ?? 0);
  const length = product('the covariances', count, dimension, dimension);
  fitsInMemory('the sample', length * Float64Array.BYTES_PER_ELEMENT);
  if (!range) {
    const states = await runTask((onProgress) => native.sampleGeneral(count, dimension, seed, onProgress), call);
    return toSample(dimension, states, 2 * dimension);
  }
  const [least, greatest] = range;
  const states = await runTask(
    (onProgress) => native.sampleCommuting(count, dimension, least, greatest, seed, onProgress),
    call,
  );
  const commuting: CommutingSphereSample = {
    ...toSample(dimension, states, dimension * (least + greatest)),
    basis: { rows: dimension, columns: dimension, data: states.basis },
    eigenvalues: { rows: count, columns: dimension, data: states.eigenvalues },
  };
  return commuting;
}

function toSample(dimension: number, states: NativeStates, squaredRadius: number): SphereSample {
  return {
    count: states.count,
    dimension,
    structure: 'full',
    means: states.positions,
    covariances: states.covariances as Float64Array,
    radius: Math.sqrt(squaredRadius),
  };
}

/**
 * A Gaussian at W2 distance `radius` from each item, of the same structure.
 *
 * `commuting`: the item is dilated about the origin by 1 + radius / R, R = W2(item, point mass at the origin); that map is optimal.
 * `general`: half of radius^2 goes to the covariance (to 1e-6) and exactly the rest to the mean, in a random direction. Full
 * covariances become S + t E E', E of d x d standard normal numbers and t found on the Bures distance, about four
 * eigenvalue problems an item; for diagonal and isotropic ones, root variances grow by a random nonnegative vector.
 *
 * The distance is `radius` to 1e-10 of it, or as nearly as the rounding of the item's own numbers allows: about 1e-16 R, more for
 * ill-conditioned covariances. A radius below 1e-10 R is refused. Results do not depend on the number of threads.
 *
 * @throws DenseamError ERR_SHAPE, ERR_NOT_FINITE, ERR_RANGE, ERR_NOT_POSITIVE_DEFINITE, ERR_OUT_OF_MEMORY; the signal's reason.
 */
export async function perturb(items: Gaussians, radius: number, options: PerturbOptions = {}): Promise<Gaussians> {
  object('options', options);
  const batch = gaussianBatch('items', items);
  if (nonNegative('radius', radius) > greatestNumber) throw rangeError('radius', `at most ${greatestNumber}`, radius);
  const isDilation = readFamily(options.covariances ?? 'general') === 'commuting';
  const bits = seedBits(options.seed ?? 0);
  const seed = isDilation ? undefined : bits;
  const states = emptyStates(batch);
  await perturbParts(batch, options, async (part, first, onProgress) => {
    const task = (report: ProgressCallback) =>
      native.perturb(items.structure, items.dimension, part, first, radius, seed, report);
    writeStates(batch, states, await runTask(task, { signal: options.signal, onProgress }), first);
  });
  return toGaussians(items.structure, items.dimension, states);
}

type RunPart = (part: Batch, first: number, onProgress: CallOptions['onProgress']) => Promise<void>;

/**
 * Runs the batch in parts small enough to be copied on the event loop, some at a time: a part may have fewer items than there are
 * threads. They begin in order, and after a failure no further one does, so the failure of the lowest part is always found.
 */
async function perturbParts(batch: Batch, { onProgress }: CallOptions, run: RunPart): Promise<void> {
  const { position, covariance } = itemWidth(batch.kind, batch.dimension);
  const height = Math.max(1, Math.floor(partBytes / (Float64Array.BYTES_PER_ELEMENT * (position + covariance))));
  const completed = new Float64Array(Math.ceil(batch.count / height));
  const failures: { readonly part: number; readonly error: unknown }[] = [];
  let next = 0;
  const runSome = async () => {
    while (next < completed.length && failures.length === 0) {
      const part = next++;
      const report = (progress: Progress) => {
        completed[part] = progress.completed;
        onProgress?.({ completed: completed.reduce((sum, count) => sum + count, 0), total: batch.count });
      };
      const first = part * height;
      const items = slice(batch, first, Math.min(batch.count, first + height));
      await run(items, first, onProgress && report).catch((error: unknown) => failures.push({ part, error }));
    }
  };
  await Promise.all(Array.from({ length: partsAtOnce }, runSome));
  const lowest = failures.sort((a, b) => a.part - b.part)[0];
  if (lowest) throw lowest.error;
}

function emptyStates(batch: Batch): Required<NativeStates> {
  const { position, covariance } = itemWidth(batch.kind, batch.dimension);
  fitsInMemory('the perturbed items', batch.count * (position + covariance) * Float64Array.BYTES_PER_ELEMENT);
  return {
    count: batch.count,
    positions: new Float64Array(batch.count * position),
    covariances: new Float64Array(batch.count * covariance),
  };
}

/** Writes the states of one part, whose first item has the index `first`. */
function writeStates(batch: Batch, states: NativeStates, part: NativeStates, first: number): void {
  const { position, covariance } = itemWidth(batch.kind, batch.dimension);
  states.positions.set(part.positions, first * position);
  if (part.covariances) states.covariances?.set(part.covariances, first * covariance);
}

function readFamily(value: unknown): CovarianceFamily {
  if (families.includes(value as CovarianceFamily)) return value as CovarianceFamily;
  throw rangeError('options.covariances', '"commuting" or "general"', value);
}

function readRange(family: CovarianceFamily, value: unknown): readonly [number, number] | undefined {
  if (family === 'general') {
    if (value === undefined) return undefined;
    throw rangeError('options.range', 'no range with general covariances', value);
  }
  const [least, greatest, ...rest] = Array.isArray(value ?? publishedRange)
    ? ((value ?? publishedRange) as unknown[])
    : [];
  const isRange = typeof least === 'number' && typeof greatest === 'number' && rest.length === 0;
  if (!isRange || !(least > 0 && least <= greatest && greatest <= greatestNumber)) {
    const received = Array.isArray(value) ? `[${value.join(', ')}]` : value;
    throw rangeError('options.range', `[least, greatest] with 0 < least <= greatest <= ${greatestNumber}`, received);
  }
  return [least, greatest];
}
