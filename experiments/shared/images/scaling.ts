import { max, mean } from 'd3-array';
import type { FloatArray, Gaussians } from 'denseam';

/**
 * The units in which features are compared; a distance between Gaussians depends on them. `raw`: as measured.
 * `standardised`: each feature over its pooled standard deviation. `whitened`: the pooled covariance made the identity,
 * so that no linear change of the features matters. Pooled over all items, each counting once.
 */
export const featureScales = ['raw', 'standardised', 'whitened'] as const;
export type FeatureScale = (typeof featureScales)[number];

/** Least variance as a share of the largest, so that a constant feature stays finite. */
const smallestVarianceShare = 1e-9;

/** sum_k a_k b_k. */
function dot(a: FloatArray, b: FloatArray): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += (a[k] as number) * (b[k] as number);
  return sum;
}

/** Row i of a matrix with rows of d, as a view. */
function row(matrix: FloatArray, i: number, d: number): FloatArray {
  return matrix.subarray(i * d, (i + 1) * d);
}

/**
 * The covariance of a pixel drawn from an item drawn at random: mean of the covariances plus covariance of the means.
 */
function pooledCovariance({ count, dimension: d, means, covariances }: Gaussians): Float64Array {
  const items = Array.from({ length: count }, (_, n) => n);
  const average = (value: (n: number) => number) => mean(items, value) as number;
  const centre = Float64Array.from({ length: d }, (_, i) => average((n) => means[n * d + i] as number));
  const deviation = means.map((value, at) => value - (centre[at % d] as number));
  return Float64Array.from({ length: d * d }, (_, at) => {
    const [i, j] = [Math.floor(at / d), at % d];
    const between = (n: number) => (deviation[n * d + i] as number) * (deviation[n * d + j] as number);
    return average((n) => (covariances[n * d * d + at] as number) + between(n));
  });
}

/** The inverse of the lower Cholesky factor, pivots kept at `floor` or above. */
function inverseCholesky(matrix: Float64Array, d: number, floor: number): Float64Array {
  const lower = new Float64Array(d * d);
  const inverse = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < i; j++) {
      const rest = (matrix[i * d + j] as number) - dot(row(lower, i, d), row(lower, j, d));
      lower[i * d + j] = rest / (lower[j * d + j] as number);
    }
    const known = row(lower, i, d);
    const pivot = Math.sqrt(Math.max((matrix[i * d + i] as number) - dot(known, known), floor));
    // Row i of L X = I, the unknown being row i of X.
    for (let j = 0; j <= i; j++) {
      const column = Float64Array.from({ length: d }, (_, k) => inverse[k * d + j] as number);
      inverse[i * d + j] = ((i === j ? 1 : 0) - dot(known, column)) / pivot;
    }
    lower[i * d + i] = pivot;
  }
  return inverse;
}

/** The linear map (d x d) that takes features to the given scale, fitted to the items. */
export function fitScale(items: Gaussians, scale: FeatureScale): Float64Array {
  const d = items.dimension;
  const pooled = pooledCovariance(items);
  const variances = pooled.filter((_, at) => at % (d + 1) === 0);
  const floor = smallestVarianceShare * Math.max(max(variances) ?? 0, Number.MIN_VALUE);
  if (scale === 'whitened') return inverseCholesky(pooled, d, floor);
  const map = new Float64Array(d * d);
  for (const [i, variance] of variances.entries()) {
    map[i * d + i] = scale === 'raw' ? 1 : 1 / Math.sqrt(Math.max(variance, floor));
  }
  return map;
}

/** left (rows x d) times the transpose of right (d x d). */
function timesTransposed(left: FloatArray, right: FloatArray, rows: number, d: number): Float64Array {
  return Float64Array.from({ length: rows * d }, (_, at) =>
    dot(row(left, Math.floor(at / d), d), row(right, at % d, d)),
  );
}

/** The Gaussians of the features after the linear map A: means A m, covariances A S A'. */
export function mapGaussians(gaussians: Gaussians, map: Float64Array): Gaussians {
  const { count, dimension: d } = gaussians;
  const covariances = new Float64Array(count * d * d);
  for (let n = 0; n < count; n++) {
    // S is its own transpose; the product is too but for rounding, which the mean of its halves removes.
    const half = timesTransposed(map, row(gaussians.covariances, n, d * d), d, d);
    const whole = timesTransposed(half, map, d, d);
    const symmetric = whole.map((value, at) => (value + (whole[(at % d) * d + Math.floor(at / d)] as number)) / 2);
    covariances.set(symmetric, n * d * d);
  }
  return { ...gaussians, means: timesTransposed(gaussians.means, map, count, d), covariances };
}
