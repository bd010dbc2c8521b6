import { Random } from '../lib/core/random.ts';
import type { FloatArray, Gaussians } from '../lib/index.ts';

/** Reflections that mix a covariance's eigenbasis: enough for every entry to be of the size of the others. */
const reflections = 4;

type FloatArrayType = new (length: number) => FloatArray;

/**
 * Gaussians with dense covariances: eigenvalues uniform on [0.5, 1.5], turned by random reflections. O(d^2) an item.
 */
export function fullGaussians(count: number, dimension: number, seed: number): Gaussians {
  const random = new Random(seed);
  const covariances = new Float64Array(count * dimension * dimension);
  for (let i = 0; i < count; i++) {
    const matrix = covariances.subarray(i * dimension * dimension, (i + 1) * dimension * dimension);
    for (let k = 0; k < dimension; k++) matrix[k * dimension + k] = 0.5 + random.uniform();
    for (let k = 0; k < reflections; k++) reflect(matrix, uniform(Float64Array, dimension, -1, 1, random));
  }
  return {
    count,
    dimension,
    structure: 'full',
    means: uniform(Float64Array, count * dimension, -1, 1, random),
    covariances,
  };
}

/** A <- H A H for H = I - 2 v v' / v'v and symmetric A: A - v w' - w v', w = (2/v'v) (A v - (v'A v / v'v) v). */
function reflect(matrix: Float64Array, v: Float64Array): void {
  const d = v.length;
  const scale = 2 / v.reduce((sum, x) => sum + x * x, 0);
  const w = v.map((_, i) => {
    let product = 0;
    for (let j = 0; j < d; j++) product += (matrix[i * d + j] as number) * (v[j] as number);
    return scale * product;
  });
  const projection = (scale / 2) * w.reduce((sum, x, i) => sum + x * (v[i] as number), 0);
  for (let i = 0; i < d; i++) (w[i] as number) -= projection * (v[i] as number);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      const entry =
        (matrix[i * d + j] as number) - (v[i] as number) * (w[j] as number) - (w[i] as number) * (v[j] as number);
      matrix[i * d + j] = matrix[j * d + i] = entry;
    }
  }
}

/** Gaussians with diagonal covariances: means uniform on [-1, 1], variances on [0.5, 1.5]. */
export function diagonalGaussians(
  count: number,
  dimension: number,
  seed: number,
  Floats: FloatArrayType = Float64Array,
): Gaussians {
  const random = new Random(seed);
  const length = count * dimension;
  return {
    count,
    dimension,
    structure: 'diagonal',
    means: uniform(Floats, length, -1, 1, random),
    covariances: uniform(Floats, length, 0.5, 1.5, random),
  };
}

export function uniform<A extends FloatArray>(
  Floats: new (length: number) => A,
  length: number,
  low: number,
  high: number,
  random: Random,
): A {
  const result = new Floats(length);
  for (let i = 0; i < length; i++) result[i] = low + (high - low) * random.uniform();
  return result;
}
