/** Gaussians on the line as point clouds, and what entropic transport costs between the Gaussians themselves. */
import { jacobiVectors } from './eigen.ts';
import type { Cloud } from './pointCloud.ts';

/**
 * The Gauss rule of the standard normal distribution. Nodes are the eigenvalues of the Jacobi matrix (Golub and Welsch
 * 1969), weights 1 / sum_k h_k(x)^2 with the orthonormal Hermite polynomials h_0, ..., h_(n-1) (Christoffel).
 */
export function gaussHermite(nodes: number): { readonly points: number[]; readonly weights: number[] } {
  const matrix = new Float64Array(nodes * nodes);
  for (let k = 1; k < nodes; k++) matrix[k * nodes + k - 1] = matrix[(k - 1) * nodes + k] = Math.sqrt(k);
  const points = [...jacobiVectors(matrix, nodes).values].sort((x, y) => x - y);
  return { points, weights: points.map((x) => 1 / sumOfSquares(x, nodes)) };
}

function sumOfSquares(x: number, count: number): number {
  let [before, value, total] = [0, 1, 0];
  for (let k = 0; k < count; k++) {
    total += value * value;
    [before, value] = [value, (x * value - Math.sqrt(k) * before) / Math.sqrt(k + 1)];
  }
  return total;
}

export interface LineGaussian {
  readonly mean: number;
  readonly variance: number;
}

export function gaussianCloud({ mean, variance }: LineGaussian, nodes: number): Cloud {
  const { points, weights } = gaussHermite(nodes);
  return { points: points.map((x) => [mean + Math.sqrt(variance) * x]), weights };
}

/**
 * Janati, Muzellec, Peyre and Cuturi 2020, in one dimension, with cost (x - y)^2 and entropy relative to the product.
 */
export function gaussianTransport(one: LineGaussian, two: LineGaussian, epsilon: number): number {
  const h = epsilon / 2;
  const d = Math.hypot(2 * Math.sqrt(one.variance * two.variance), h);
  // h (1 - log 2h + log(d + h)), the logarithms taken together.
  const entropy = h * (1 + Math.log((d + h) / (2 * h)));
  return (one.mean - two.mean) ** 2 + one.variance + two.variance - d + entropy;
}

export function gaussianDivergence(one: LineGaussian, two: LineGaussian, epsilon: number): number {
  const own = gaussianTransport(one, one, epsilon) + gaussianTransport(two, two, epsilon);
  return gaussianTransport(one, two, epsilon) - own / 2;
}
