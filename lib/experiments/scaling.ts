import type { Gaussians } from '../core/types.ts';

/**
 * The units in which features are compared; a distance between Gaussians depends on them. `raw`: as measured.
 * `standardised`: each feature over its pooled standard deviation. `whitened`: the pooled covariance made the identity,
 * so that no linear change of the features matters. Pooled over all items, each counting once.
 */
export const featureScales = ['raw', 'standardised', 'whitened'] as const;
export type FeatureScale = (typeof featureScales)[number];

/** Variances are not taken for less than this share of the largest, so that a constant feature stays finite. */
const smallestVarianceShare = 1e-9;

/** The covariance of a pixel drawn from an item drawn at random: mean of the covariances plus covariance of the means. */
function pooledCovariance({ count, dimension: d, means, covariances }: Gaussians): Float64Array {
  const centre = new Float64Array(d);
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < d; i++) centre[i]! += means[n * d + i]! / count;
  }
  const pooled = new Float64Array(d * d);
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) {
        const between = (means[n * d + i]! - centre[i]!) * (means[n * d + j]! - centre[j]!);
        pooled[i * d + j]! += (covariances[(n * d + i) * d + j]! + between) / count;
      }
    }
  }
  return pooled;
}

/** The inverse of the lower Cholesky factor, pivots kept at `floor` or above. */
function inverseCholesky(matrix: Float64Array, d: number, floor: number): Float64Array {
  const lower = new Float64Array(d * d);
  const inverse = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * d + j]!;
      for (let k = 0; k < j; k++) sum -= lower[i * d + k]! * lower[j * d + k]!;
      lower[i * d + j] = i === j ? Math.sqrt(Math.max(sum, floor)) : sum / lower[j * d + j]!;
    }
    for (let j = 0; j <= i; j++) {
      let sum = i === j ? 1 : 0;
      for (let k = j; k < i; k++) sum -= lower[i * d + k]! * inverse[k * d + j]!;
      inverse[i * d + j] = sum / lower[i * d + i]!;
    }
  }
  return inverse;
}

/** The linear map (d x d) that takes features to the given scale, fitted to the items. */
export function fitScale(items: Gaussians, scale: FeatureScale): Float64Array {
  const d = items.dimension;
  const pooled = pooledCovariance(items);
  const variances = Float64Array.from({ length: d }, (_, i) => pooled[i * d + i]!);
  const floor = smallestVarianceShare * Math.max(...variances, Number.MIN_VALUE);
  if (scale === 'whitened') return inverseCholesky(pooled, d, floor);
  const map = new Float64Array(d * d);
  for (let i = 0; i < d; i++) map[i * d + i] = scale === 'raw' ? 1 : 1 / Math.sqrt(Math.max(variances[i]!, floor));
  return map;
}

/** left (rows x d) times the transpose of right (d x d). */
function timesTransposed(left: ArrayLike<number>, right: ArrayLike<number>, rows: number, d: number): Float64Array {
  const product = new Float64Array(rows * d);
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < d; i++) {
      let sum = 0;
      for (let k = 0; k < d; k++) sum += left[r * d + k]! * right[i * d + k]!;
      product[r * d + i] = sum;
    }
  }
  return product;
}

/** The Gaussians of the features after the linear map A: means A m, covariances A S A'. */
export function mapGaussians(gaussians: Gaussians, map: Float64Array): Gaussians {
  const { count, dimension: d } = gaussians;
  const covariances = new Float64Array(count * d * d);
  for (let n = 0; n < count; n++) {
    // S is its own transpose; the product is too but for rounding, which the mean of its halves removes.
    const half = timesTransposed(map, gaussians.covariances.subarray(n * d * d, (n + 1) * d * d), d, d);
    const whole = timesTransposed(half, map, d, d);
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) covariances[(n * d + i) * d + j] = (whole[i * d + j]! + whole[j * d + i]!) / 2;
    }
  }
  return { ...gaussians, means: timesTransposed(gaussians.means, map, count, d), covariances };
}
