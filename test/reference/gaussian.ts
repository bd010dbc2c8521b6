import type { Gaussians } from '../../lib/core/types.ts';
import { type EigenDecomposition, eigen, spectralFunction } from './eigen.ts';
import {
  add,
  divide,
  type Extended,
  ExtendedMatrix,
  multiply,
  squareRoot,
  subtract,
  toNumber,
  twoSum,
  ZERO,
} from './extended.ts';
import { energyOf, gibbsWeights } from './gibbs.ts';

/** One Gaussian; its covariance is a full matrix whatever the structure of the batch that it came from. */
export interface ReferenceGaussian {
  readonly mean: Float64Array;
  readonly covariance: ExtendedMatrix;
}

/** What the textbook says of one item seen from one query. */
export interface Comparison {
  /** Squared W2. */
  readonly distance: Extended;
  /** A_i of the transport map T_i(x) = mu_i + A_i (x - m). */
  readonly map: () => ExtendedMatrix;
}

/**
 * Eigenvalues that are zero up to the rounding of the extended arithmetic have no inverse root; relative to the
 * largest.
 */
const RANK_CUT = 1e-25;

/** Reads one Gaussian of a batch, writing its covariance out as a full matrix. */
export function gaussianAt(batch: Gaussians, index: number): ReferenceGaussian {
  const { dimension: d, structure, means, covariances } = batch;
  const mean = Float64Array.from(means.subarray(index * d, (index + 1) * d));
  if (structure === 'full') {
    return { mean, covariance: new ExtendedMatrix(d, covariances.subarray(index * d * d, (index + 1) * d * d)) };
  }
  const variance = (k: number) => covariances[structure === 'diagonal' ? index * d + k : index] as number;
  return { mean, covariance: ExtendedMatrix.diagonal(Array.from({ length: d }, (_, k): Extended => [variance(k), 0])) };
}

export function gaussiansOf(batch: Gaussians): ReferenceGaussian[] {
  return Array.from({ length: batch.count }, (_, index) => gaussianAt(batch, index));
}

/** |a - b|^2. */
export function squaredDifference(a: ArrayLike<number>, b: ArrayLike<number>): Extended {
  let sum = ZERO;
  for (let k = 0; k < a.length; k++) {
    const difference = twoSum(a[k] as number, -(b[k] as number));
    sum = add(sum, multiply(difference, difference));
  }
  return sum;
}

/** An item with the root of its covariance, which every comparison needs. */
export class ReferenceItem implements ReferenceGaussian {
  readonly mean: Float64Array;
  readonly covariance: ExtendedMatrix;
  readonly spectrum: EigenDecomposition;
  readonly root: ExtendedMatrix;

  constructor(gaussian: ReferenceGaussian) {
    this.mean = gaussian.mean;
    this.covariance = gaussian.covariance;
    this.spectrum = eigen(gaussian.covariance);
    this.root = spectralFunction(this.spectrum, squareRoot);
  }

  /** science 1: D = |mu - m|^2 + tr S + tr O - 2 tr M^1/2 and A = S^1/2 M^-1/2 S^1/2, where M = S^1/2 O S^1/2. */
  compare(query: ReferenceGaussian): Comparison {
    const inner = eigen(this.root.times(query.covariance).times(this.root).symmetrised());
    const fidelity = inner.values.map(squareRoot).reduce(add, ZERO);
    const traces = add(this.covariance.trace(), query.covariance.trace());
    const bures = subtract(traces, multiply([2, 0], fidelity));
    return {
      distance: add(squaredDifference(this.mean, query.mean), bures[0] > 0 ? bures : ZERO),
      map: () => {
        const cut = RANK_CUT * Math.max(...inner.values.map(toNumber));
        const inverseRoot = (value: Extended) => (value[0] > cut ? divide([1, 0], squareRoot(value)) : ZERO);
        return this.root.times(spectralFunction(inner, inverseRoot)).times(this.root).symmetrised();
      },
    };
  }
}

/** What `retrieve` of one query returns; every field describes `state`. */
export interface ReferenceRetrieval {
  readonly state: ReferenceGaussian;
  readonly trajectory: readonly ReferenceGaussian[];
  readonly iterations: number;
  readonly stepLength: number;
  readonly energy: number;
  readonly nearest: number;
  readonly nearestDistance: number;
}

/** The Gaussian memory of science 1, by the definitions, one query at a time. */
export class ReferenceMemory {
  readonly items: readonly ReferenceItem[];

  constructor(items: Gaussians) {
    this.items = gaussiansOf(items).map((item) => new ReferenceItem(item));
  }

  private compareAll(query: ReferenceGaussian): Comparison[] {
    return this.items.map((item) => item.compare(query));
  }

  distances(query: ReferenceGaussian): Extended[] {
    return this.compareAll(query).map((comparison) => comparison.distance);
  }

  weights(query: ReferenceGaussian, beta: number): Float64Array {
    return gibbsWeights(this.distances(query), beta);
  }

  energy(query: ReferenceGaussian, beta: number): number {
    return energyOf(this.distances(query), beta);
  }

  /** T_i(x) = A_i x + (mu_i - A_i m). */
  transportMap(index: number, query: ReferenceGaussian): { matrix: ExtendedMatrix; offset: Float64Array } {
    const item = this.items[index] as ReferenceItem;
    const matrix = item.compare(query).map();
    const offset = item.mean.map((mu, row) => {
      let sum: Extended = [mu, 0];
      query.mean.forEach((m, column) => {
        sum = subtract(sum, multiply(matrix.get(row, column), [m, 0]));
      });
      return toNumber(sum);
    });
    return { matrix, offset };
  }

  /** Phi(xi) = N(sum w_i mu_i, At O At'), At = sum w_i A_i. */
  step(query: ReferenceGaussian, beta: number): ReferenceGaussian {
    const comparisons = this.compareAll(query);
    const weights = gibbsWeights(
      comparisons.map((comparison) => comparison.distance),
      beta,
    );
    const mean = new Float64Array(query.mean.length);
    let map = new ExtendedMatrix(query.mean.length);
    weights.forEach((weight, i) => {
      if (weight === 0) return;
      this.items[i]?.mean.forEach((mu, k) => {
        mean[k] = (mean[k] as number) + weight * mu;
      });
      map = map.plus((comparisons[i] as Comparison).map(), [weight, 0]);
    });
    return { mean, covariance: map.times(query.covariance).times(map.transposed()).symmetrised() };
  }

  retrieve(query: ReferenceGaussian, beta: number, tolerance: number, maxIterations: number): ReferenceRetrieval {
    const trajectory = [query];
    for (let state = query; ; ) {
      const next = this.step(state, beta);
      const stepLength = Math.sqrt(toNumber(new ReferenceItem(state).compare(next).distance));
      const iterations = trajectory.length - 1;
      if (stepLength <= tolerance || iterations === maxIterations) {
        const distances = this.distances(state).map(toNumber);
        const nearestDistance = Math.min(...distances);
        const nearest = distances.indexOf(nearestDistance);
        const energy = this.energy(state, beta);
        return { state, trajectory, iterations, stepLength, energy, nearest, nearestDistance };
      }
      state = next;
      trajectory.push(next);
    }
  }
}

/** Squared W2 of two Gaussians. */
export function squaredWasserstein(a: ReferenceGaussian, b: ReferenceGaussian): number {
  return toNumber(new ReferenceItem(a).compare(b).distance);
}
