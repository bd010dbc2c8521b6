import type { Gaussians, Structure } from '../../lib/core/types.ts';

/** The length of one item's covariance. */
export function covarianceLength(structure: Structure, dimension: number): number {
  return { full: dimension * dimension, diagonal: dimension, isotropic: 1 }[structure];
}

export function gaussians(
  structure: Structure,
  means: readonly number[][],
  covariances: readonly number[][],
): Gaussians {
  return {
    count: means.length,
    dimension: (means[0] as number[]).length,
    structure,
    means: Float64Array.from(means.flat()),
    covariances: Float64Array.from(covariances.flat()),
  };
}

/** The Gaussians at these indices, in this order. */
export function select(batch: Gaussians, indices: readonly number[]): Gaussians {
  const gather = (values: Gaussians['means']) => {
    const length = values.length / batch.count;
    const parts = indices.map((index) => [...values.subarray(index * length, (index + 1) * length)]);
    return Float64Array.from(parts.flat());
  };
  return { ...batch, count: indices.length, means: gather(batch.means), covariances: gather(batch.covariances) };
}

export function concatenate(a: Gaussians, b: Gaussians): Gaussians {
  const join = (x: Gaussians['means'], y: Gaussians['means']) => Float64Array.from([...x, ...y]);
  const count = a.count + b.count;
  return { ...a, count, means: join(a.means, b.means), covariances: join(a.covariances, b.covariances) };
}

/** The batch with means and covariances times these factors. */
export function scaled(batch: Gaussians, meanFactor: number, varianceFactor: number): Gaussians {
  return {
    ...batch,
    means: batch.means.map((value) => meanFactor * value),
    covariances: batch.covariances.map((value) => varianceFactor * value),
  };
}

export function toSingle(batch: Gaussians): Gaussians {
  return { ...batch, means: Float32Array.from(batch.means), covariances: Float32Array.from(batch.covariances) };
}

/** The values of a batch, rounded to single precision and widened again. */
export function throughSingle(batch: Gaussians): Gaussians {
  const single = toSingle(batch);
  return { ...batch, means: Float64Array.from(single.means), covariances: Float64Array.from(single.covariances) };
}

/** The distributions, written with a less special structure. */
export function widened(batch: Gaussians, structure: 'full' | 'diagonal'): Gaussians {
  const { count, dimension: d, covariances } = batch;
  const variance = (i: number, k: number) => covariances[batch.structure === 'diagonal' ? i * d + k : i] as number;
  const length = covarianceLength(structure, d);
  const result = new Float64Array(count * length);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < d; k++) result[i * length + (structure === 'full' ? k * (d + 1) : k)] = variance(i, k);
  }
  return { ...batch, structure, covariances: result };
}

/** Every mean Q m and covariance Q S Q' (full covariances only), Q having these rows. */
export function rotated(batch: Gaussians, rotation: readonly Float64Array[]): Gaussians {
  const { count, dimension: d } = batch;
  const means = new Float64Array(count * d);
  const covariances = new Float64Array(count * d * d);
  for (let i = 0; i < count; i++) {
    const mean = batch.means.subarray(i * d, (i + 1) * d);
    rotation.forEach((row, k) => {
      means[i * d + k] = row.reduce((sum, q, column) => sum + q * (mean[column] as number), 0);
    });
    covariances.set(conjugated(batch.covariances.subarray(i * d * d, (i + 1) * d * d), rotation), i * d * d);
  }
  return { ...batch, means, covariances };
}

/** Q S Q', made symmetric to the last bit. */
function conjugated(matrix: ArrayLike<number>, rotation: readonly Float64Array[]): Float64Array {
  const d = rotation.length;
  const left = rotation.map((row) =>
    Array.from({ length: d }, (_, j) => row.reduce((sum, q, k) => sum + q * (matrix[k * d + j] as number), 0)),
  );
  const result = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      const value = (rotation[j] as Float64Array).reduce(
        (sum, q, k) => sum + q * ((left[i] as number[])[k] as number),
        0,
      );
      result[i * d + j] = result[j * d + i] = value;
    }
  }
  return result;
}

/** A few well-conditioned Gaussians, for tests that need any memory at all. */
export function ordinary(structure: Structure, count: number, dimension: number): Gaussians {
  const length = covarianceLength(structure, dimension);
  const means = Float64Array.from({ length: count * dimension }, (_, at) => Math.sin(1 + at));
  const covariances = new Float64Array(count * length);
  for (let i = 0; i < count; i++) {
    const variance = (k: number) => 1.5 + Math.cos(i + 2 * k);
    const own = covariances.subarray(i * length, (i + 1) * length);
    if (structure === 'full') fillTridiagonal(own, dimension, variance);
    else
      own.forEach((_, k) => {
        own[k] = variance(k);
      });
  }
  return { count, dimension, structure, means, covariances };
}

/** Variances of at least 0.5 beside couplings of 0.1: diagonally dominant, hence positive definite. */
function fillTridiagonal(matrix: Float64Array, d: number, variance: (k: number) => number): void {
  for (let k = 0; k < d; k++) {
    matrix[k * d + k] = variance(k);
    if (k + 1 < d) matrix[k * d + k + 1] = matrix[(k + 1) * d + k] = 0.1;
  }
}
