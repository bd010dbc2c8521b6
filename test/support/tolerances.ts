/**
 * What agreement may be asked of an accurate implementation in double precision.
 *
 * The project's bar is 1e-9 relative. Nothing that computes with doubles can do better than the exact answer for inputs
 * changed by their own rounding: covariances by d eps times their norm (the backward error of a Cholesky factor or of a
 * symmetric eigensolver), means by d eps times theirs. W2 is a metric, so such a change moves the DISTANCE (not its
 * square) by at most how far it moves the two distributions themselves: the floor below. It is 1e-13 of their width for
 * well-conditioned covariances and 1e-7 for singular ones, whose roots are not Lipschitz.
 */

import { eigen } from '../reference/eigen.ts';
import { toNumber } from '../reference/extended.ts';
import type { ReferenceGaussian } from '../reference/gaussian.ts';

export const DOUBLE_EPSILON = 2 ** -52;
export const SINGLE_EPSILON = 2 ** -23;

/** The bar: agreement with the reference, relative. */
export const AGREEMENT = 1e-9;

/** W2 between a Gaussian and the same one with its covariance and mean rounded. */
export function roundingFloor(gaussian: ReferenceGaussian, epsilon = DOUBLE_EPSILON): number {
  const d = gaussian.mean.length;
  const values = eigen(gaussian.covariance).values.map((value) => Math.max(toNumber(value), 0));
  const change = d * epsilon * Math.max(...values);
  const roots = values.map((value) => Math.sqrt(value + change) - Math.sqrt(value));
  return Math.hypot(...roots, d * epsilon * Math.hypot(...gaussian.mean));
}

/** How far a computed squared distance may be off when the distance itself may be off by `relative` and a floor. */
export function distanceTolerance(squaredDistance: number, floor: number, relative = AGREEMENT): number {
  return relative * squaredDistance + 2 * Math.sqrt(squaredDistance) * floor + floor * floor;
}

/**
 * Relative error of a Gibbs weight. Its logarithm is what agrees to the bar: where weights matter that is the weight
 * itself, and 1e-50 may be off by a hundred times more. Besides, exp(-beta D) multiplies an absolute error of D by
 * beta, also one that is common to all items; distances are asked for more digits here (1e-12) than the bar.
 */
export function weightTolerance(
  beta: number,
  squaredDistances: readonly number[],
  floors: readonly number[],
): (weight: number) => number {
  const errors = squaredDistances.map((distance, i) => distanceTolerance(distance, floors[i] as number, 1e-12));
  const common = 2 * beta * Math.max(...errors);
  return (weight) => AGREEMENT * (1 - Math.log(Math.max(weight, Number.MIN_VALUE))) + common;
}
