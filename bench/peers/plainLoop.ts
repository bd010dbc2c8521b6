import type { Gaussians } from '../../lib/index.ts';

/**
 * One row [mean, sqrt(variances)] for each Gaussian: the squared Wasserstein distance is the Euclidean one of such
 * rows.
 */
export function rowsOf({ count, dimension, means, covariances }: Gaussians): Float64Array {
  const rows = new Float64Array(count * 2 * dimension);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < dimension; j++) {
      rows[i * 2 * dimension + j] = means[i * dimension + j] as number;
      rows[(2 * i + 1) * dimension + j] = Math.sqrt(covariances[i * dimension + j] as number);
    }
  }
  return rows;
}

/**
 * One step of the log-sum-exp memory on rows, as a careful author writes it on typed arrays: two loops and a shifted
 * soft-max.
 */
export function plainStep(rows: Float64Array, queries: Float64Array, width: number, beta: number): Float64Array {
  const size = rows.length / width;
  const weights = new Float64Array(size);
  const next = new Float64Array(queries.length);
  for (let q = 0; q < queries.length; q += width) {
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < size; i++) {
      let distance = 0;
      for (let j = 0; j < width; j++) {
        const difference = (rows[i * width + j] as number) - (queries[q + j] as number);
        distance += difference * difference;
      }
      weights[i] = distance;
      if (distance < least) least = distance;
    }
    let total = 0;
    for (let i = 0; i < size; i++) {
      const weight = Math.exp(-beta * ((weights[i] as number) - least));
      total += weight;
      for (let j = 0; j < width; j++) (next[q + j] as number) += weight * (rows[i * width + j] as number);
    }
    for (let j = 0; j < width; j++) (next[q + j] as number) /= total;
  }
  return next;
}
