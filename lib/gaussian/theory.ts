import { zeros } from '../core/allocation.ts';
import { DenseamError } from '../core/errors.ts';
import { optional, readOptions, required, specify } from '../core/options.ts';
import type { FloatArray, Gaussians, Structure } from '../core/types.ts';
import { expectedError, integer, nonNegative, positive, rangeError } from '../core/validate.ts';
import { gaussianBatch } from '../memory/batches.ts';
import { native } from '../native/addon.ts';
import { coded } from '../native/calls.ts';

// The theorems on memories of Gaussians whose covariances have all their eigenvalues in [lambdaMin, lambdaMax] (Tankala
// and Balasubramanian 2026), as functions. kappa is lambdaMax / lambdaMin.

/**
 * The W2 radius sqrt(lambdaMin) of the ball about a stored Gaussian from which recall leads back to it; it does not
 * shrink as more are stored.
 *
 * @throws DenseamError ERR_RANGE.
 */
export function basinRadius(lambdaMin: number): number {
  return Math.sqrt(positive('lambdaMin', lambdaMin));
}

/**
 * Separation of Gaussians: the least -log <X_i, X_j> over all pairs, where <X_i, X_j> is the integral of the product of
 * their densities, N(mu_i - mu_j; 0, S_i + S_j). Compare {@link separationBound}.
 *
 * Runs at once, on the calling thread: count^2 / 2 pairs of d^3 / 6 multiplications for full covariances, d for others;
 * with a basis count d^2 and d^3 more.
 *
 * @throws DenseamError ERR_SHAPE; ERR_RANGE for fewer than two items or a basis that is not orthogonal; ERR_NOT_FINITE;
 * ERR_NOT_POSITIVE_DEFINITE if a sum of covariances is singular.
 */
export function separation(items: Gaussians): number {
  const { kind, count, dimension, positions, covariances, basis } = gaussianBatch('items', items);
  if (count < 2) throw rangeError('items.count', 'at least 2', count);
  const structure = kind as Structure;
  const own = { count, dimension, structure, means: positions, covariances: covariances as FloatArray };
  return leastOfPairs(basis ? alongBasis(own, basis) : own);
}

function leastOfPairs(items: Gaussians): number {
  const { count } = items;
  const minusLogDensity = items.structure === 'full' ? fullMinusLogDensity : flatMinusLogDensity;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < i; j++) {
      const value = minusLogDensity(items, i, j);
      if (Number.isNaN(value) || value === Number.NEGATIVE_INFINITY) throw unusablePair(value, i, j);
      least = Math.min(least, value);
    }
  }
  return least;
}

/** Means V' (mu_i - mu_0): only their differences matter. */
function alongBasis(items: Gaussians, basis: FloatArray): Gaussians {
  const { count, dimension: d, means } = items;
  coded(() => native.checkBasis(basis, { dimension: d, name: 'items.basis' }));
  const along = zeros('the means along the basis', Float64Array, count * d);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < d; j++) {
      const difference = (means[i * d + j] as number) - (means[j] as number);
      for (let k = 0; k < d; k++)
        along[i * d + k] = (along[i * d + k] as number) + difference * (basis[j * d + k] as number);
    }
  }
  return { ...items, means: along };
}

function unusablePair(value: number, i: number, j: number): DenseamError {
  if (Number.isNaN(value)) return expectedError('ERR_NOT_FINITE', `items ${j} and ${i}`, 'finite numbers', 'others');
  const argument = `items.covariances[${j}] and [${i}]`;
  const fault = { argument, expected: 'covariances with a positive definite sum', found: 'it is not' };
  return new DenseamError('ERR_NOT_POSITIVE_DEFINITE', fault);
}

/** -log N(x; 0, C) = (d log 2 pi + log det C + x' C^-1 x) / 2. */
function minusLogNormal(dimension: number, logDeterminant: number, quadraticForm: number): number {
  return (dimension * Math.log(2 * Math.PI) + logDeterminant + quadraticForm) / 2;
}

/** NaN where numbers are not finite, -Infinity where a sum of variances is not positive. */
function flatMinusLogDensity({ dimension: d, structure, means, covariances }: Gaussians, i: number, j: number): number {
  const variance = (item: number, k: number) => covariances[structure === 'diagonal' ? item * d + k : item] as number;
  let logDeterminant = 0;
  let quadraticForm = 0;
  let isSingular = false;
  for (let k = 0; k < d; k++) {
    const sum = variance(i, k) + variance(j, k);
    const difference = (means[i * d + k] as number) - (means[j * d + k] as number);
    if (!Number.isFinite(sum) || !Number.isFinite(difference)) return Number.NaN;
    isSingular ||= !(sum > 0);
    logDeterminant += Math.log(sum);
    quadraticForm += (difference * difference) / sum;
  }
  return isSingular ? Number.NEGATIVE_INFINITY : minusLogNormal(d, logDeterminant, quadraticForm);
}

/** NaN where numbers are not finite, -Infinity where the sum of covariances is not positive definite. */
function fullMinusLogDensity({ dimension: d, means, covariances }: Gaussians, i: number, j: number): number {
  const sum = Float64Array.from(
    covariances.subarray(i * d * d, (i + 1) * d * d),
    (value, at) => value + (covariances[j * d * d + at] as number),
  );
  const difference = Float64Array.from(
    means.subarray(i * d, (i + 1) * d),
    (value, k) => value - (means[j * d + k] as number),
  );
  if (!sum.every(Number.isFinite) || !difference.every(Number.isFinite)) return Number.NaN;
  if (!choleskyInPlace(d, sum)) return Number.NEGATIVE_INFINITY;
  let logDeterminant = 0;
  for (let k = 0; k < d; k++) logDeterminant += 2 * Math.log(sum[k * d + k] as number);
  const whitened = solveLower(d, sum, difference);
  return minusLogNormal(
    d,
    logDeterminant,
    whitened.reduce((total, x) => total + x * x, 0),
  );
}

/** Writes the Cholesky factor L of a = L L' into the lower triangle; false if a is not positive definite. */
function choleskyInPlace(d: number, a: Float64Array): boolean {
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = a[i * d + j] as number;
      for (let k = 0; k < j; k++) rest -= (a[i * d + k] as number) * (a[j * d + k] as number);
      if (i === j && !(rest > 0)) return false;
      a[i * d + j] = i === j ? Math.sqrt(rest) : rest / (a[j * d + j] as number);
    }
  }
  return true;
}

/** L^-1 x. */
function solveLower(d: number, lower: Float64Array, x: Float64Array): Float64Array {
  const result = x.slice();
  for (let i = 0; i < d; i++) {
    let rest = result[i] as number;
    for (let k = 0; k < i; k++) rest -= (lower[i * d + k] as number) * (result[k] as number);
    result[i] = rest / (lower[i * d + i] as number);
  }
  return result;
}

const dimensionOption = required((name: string, value: unknown) => integer(name, value, 1, Number.MAX_SAFE_INTEGER));

/** The quantities of {@link separationBound}. */
export interface SeparationBoundOptions {
  readonly dimension: number;
  readonly lambdaMax: number;
}

const boundOptions = specify<SeparationBoundOptions>()({ dimension: dimensionOption, lambdaMax: required(positive) });

/**
 * The {@link separation} required by the storage theorem: (d/2) log(4 pi lambdaMax) + d.
 *
 * @throws DenseamError ERR_SHAPE, ERR_RANGE.
 */
export function separationBound(options: SeparationBoundOptions): number {
  const { dimension, lambdaMax } = readOptions(boundOptions, options);
  return (dimension / 2) * Math.log(4 * Math.PI * lambdaMax) + dimension;
}

/**
 * Growth rate alpha of the capacity with the dimension, N = sqrt(p) e^(alpha d) (theorem 1): alpha = (1 + log kappa)^2
 * / (4 (3 + 2 log kappa)^2), from 1/36 at kappa = 1 to 1/16.
 *
 * @throws DenseamError ERR_RANGE if kappa is below 1.
 */
export function capacityExponent(kappa: number): number {
  return exponentOf(atLeastOne('kappa', kappa));
}

function atLeastOne(name: string, value: unknown): number {
  if (!(positive(name, value) >= 1)) throw rangeError(name, 'a finite number of at least 1', value);
  return value as number;
}

function exponentOf(kappa: number): number {
  const logarithm = Math.log(kappa);
  return ((1 + logarithm) / (3 + 2 * logarithm)) ** 2 / 4;
}

/** The quantities of {@link capacity}. */
export interface CapacityOptions {
  readonly dimension: number;
  readonly kappa: number;
  /** The probability of failure: above 0, at most 1. */
  readonly probability: number;
}

const capacityOptions = specify<CapacityOptions>()({
  dimension: dimensionOption,
  kappa: required(atLeastOne),
  probability: required(positiveUpToOne),
});

function positiveUpToOne(name: string, value: unknown): number {
  if (!(positive(name, value) <= 1)) throw rangeError(name, 'a number above 0 and at most 1', value);
  return value as number;
}

/**
 * Capacity: the number of Gaussians drawn on a Wasserstein sphere that are all stored with probability at least 1 -
 * probability, for large enough beta and dimension (theorem 1): floor(sqrt(probability) e^(alpha d)). It is small in
 * small dimensions: at kappa = 1.1 and probability 1/2 it is 3 for d = 50 and 13 for d = 100. Infinity beyond the range
 * of doubles.
 *
 * @throws DenseamError ERR_RANGE.
 */
export function capacity(options: CapacityOptions): number {
  const { dimension, kappa, probability } = readOptions(capacityOptions, options);
  return Math.floor(Math.sqrt(probability) * Math.exp(exponentOf(kappa) * dimension));
}

/** The quantities of {@link iterationsToAccuracy}. */
export interface AccuracyOptions {
  readonly lambdaMin: number;
  /** L, above 0 and below 1. */
  readonly contraction: number;
  readonly accuracy: number;
}

const accuracyOptions = specify<AccuracyOptions>()({
  lambdaMin: required(positive),
  contraction: required(positiveBelowOne),
  accuracy: required(positive),
});

function positiveBelowOne(name: string, value: unknown): number {
  if (!(positive(name, value) < 1)) throw rangeError(name, 'a number above 0 and below 1', value);
  return value as number;
}

/**
 * Number of iterations that bring a query from its basin to within `accuracy` (in W2) of the fixed point, if each
 * shrinks the distance by the factor `contraction` (theorem 2): log(2 sqrt(lambdaMin) / accuracy) / log(1 /
 * contraction), rounded up.
 *
 * @throws DenseamError ERR_RANGE.
 */
export function iterationsToAccuracy(options: AccuracyOptions): number {
  const { lambdaMin, contraction, accuracy } = readOptions(accuracyOptions, options);
  const iterations = Math.log((2 * Math.sqrt(lambdaMin)) / accuracy) / -Math.log(contraction);
  // A quotient within rounding of an integer counts as that integer.
  return Math.max(0, Math.ceil(iterations * (1 - 4 * Number.EPSILON)));
}

/** The setting of theorem 3. */
export interface ErrorBoundOptions {
  readonly beta: number;
  readonly lambdaMin: number;
  readonly kappa: number;
}

const errorOptions = specify<ErrorBoundOptions>()({
  beta: required(nonNegative),
  lambdaMin: required(positive),
  kappa: required(atLeastOne),
});

/**
 * Decay rate gamma of the error after one step with the dimension (theorem 3): beta lambdaMin - alpha / 2, alpha the
 * {@link capacityExponent}. Negative where beta is too small for the theorem.
 *
 * @throws DenseamError ERR_RANGE.
 */
export function errorExponent(options: ErrorBoundOptions): number {
  return gammaOf(readOptions(errorOptions, options));
}

function gammaOf({ beta, lambdaMin, kappa }: ErrorBoundOptions): number {
  return beta * lambdaMin - exponentOf(kappa) / 2;
}

/** The quantities of {@link oneStepErrorBound}. */
export interface OneStepErrorOptions extends ErrorBoundOptions {
  readonly dimension: number;
  /** C; 1 by default. */
  readonly constant?: number | undefined;
}

const oneStepOptions = specify<OneStepErrorOptions>()({
  ...errorOptions,
  dimension: dimensionOption,
  constant: optional(positive, 1),
});

/**
 * Upper bound on the W2 distance left after one step (theorem 3): C sqrt(d) e^(-gamma d), gamma the
 * {@link errorExponent}. The theorem leaves the constant C open; it is 1 unless given.
 *
 * @throws DenseamError ERR_RANGE.
 */
export function oneStepErrorBound(options: OneStepErrorOptions): number {
  const read = readOptions(oneStepOptions, options);
  return read.constant * Math.sqrt(read.dimension) * Math.exp(-gammaOf(read) * read.dimension);
}
