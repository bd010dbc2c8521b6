import { CholeskyDecomposition, EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { Gaussians } from '../../lib/index.ts';

/**
 * Squared Wasserstein distances from one Gaussian to others as one would write them on ml-matrix: the root of a
 * symmetric matrix R' S R, which takes one factor of the query and no root of any item. ml-matrix has no way to ask for
 * eigenvalues alone.
 */
export class MlMatrixDistances {
  readonly #items: { readonly mean: Float64Array; readonly covariance: Matrix }[];
  readonly #query: { readonly mean: Float64Array; readonly covariance: Matrix };

  /** Keeps the first `count` items, in ml-matrix's own form: what it costs to make that is not counted. */
  constructor(items: Gaussians, query: Gaussians, count: number) {
    this.#items = Array.from({ length: count }, (_, i) => read(items, i));
    this.#query = read(query, 0);
  }

  distances(): Float64Array {
    const { mean, covariance } = this.#query;
    const factor = new CholeskyDecomposition(covariance).lowerTriangularMatrix;
    const transposed = factor.transpose();
    return Float64Array.from(this.#items, (item) => {
      const gram = transposed.mmul(item.covariance).mmul(factor);
      const values = new EigenvalueDecomposition(gram, { assumeSymmetric: true }).realEigenvalues;
      const fidelity = values.reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0);
      const means = item.mean.reduce((sum, x, j) => sum + (x - (mean[j] as number)) ** 2, 0);
      return means + item.covariance.trace() + covariance.trace() - 2 * fidelity;
    });
  }
}

function read({ dimension: d, means, covariances }: Gaussians, index: number) {
  const rows = Array.from({ length: d }, (_, i) => covariances.subarray((index * d + i) * d, (index * d + i + 1) * d));
  return {
    mean: Float64Array.from(means.subarray(index * d, (index + 1) * d)),
    covariance: new Matrix(rows.map((row) => Array.from(row))),
  };
}
