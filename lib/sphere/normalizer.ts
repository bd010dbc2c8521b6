import { integer, nonNegative } from '../core/validate.ts';
import { native } from '../native/addon.ts';

// The von Mises-Fisher distribution on the unit sphere of R^N has the density exp(kappa w . x) / Omega_N(kappa), |w| =
// 1, with Omega_N(kappa) = (2 pi)^(N/2) I_{N/2-1}(kappa) / kappa^(N/2-1) (Thériault and Tantari 2025, appendix B).

/**
 * Logarithm of the normalising constant of the von Mises-Fisher distribution RELATIVE to that of the uniform one,
 * log(Omega_N(kappa) / Omega_N(0)), or log of the mean of exp(kappa w . x) over the sphere. It is 0 at kappa = 0, about
 * kappa^2 / 2N for small kappa and kappa for large. The log density is kappa w . x minus this minus
 * {@link logSphereArea}; for large kappa the first two nearly cancel, and {@link VonMisesFisherMemory.logDensity}
 * computes their difference directly.
 *
 * Right to 2e-15 of itself for every dimension and kappa (to 1e308), by the power series or Debye's uniform expansion.
 * Takes about a microsecond.
 *
 * @param dimension N, at least 1: of the space that the sphere lies in.
 * @param kappa concentration, finite, at least 0.
 * @throws DenseamError ERR_RANGE.
 */
export function vonMisesFisherLogNormalizer(dimension: number, kappa: number): number {
  return logNormalizer(dimension, kappa).value;
}

/**
 * Mean resultant length A_N(kappa) = I_{N/2}(kappa) / I_{N/2-1}(kappa): the mean of w . x under the von Mises-Fisher
 * distribution about w, and the derivative of {@link vonMisesFisherLogNormalizer}. It grows from 0 at kappa = 0 (about
 * kappa / N for small kappa) to 1.
 *
 * Right to 2e-15 of itself for every dimension and kappa (to 1e308). Takes about a microsecond.
 *
 * @param dimension N, at least 1: of the space that the sphere lies in.
 * @param kappa concentration, finite, at least 0.
 * @throws DenseamError ERR_RANGE.
 */
export function vonMisesFisherMeanResultantLength(dimension: number, kappa: number): number {
  return logNormalizer(dimension, kappa).derivative;
}

/**
 * Logarithm of the area of the unit sphere of R^N, log Omega_N(0) = log(2 pi^(N/2) / Gamma(N/2)): the area is 2 for N =
 * 1, 2 pi for N = 2, 4 pi for N = 3. It is minus the log density of the uniform distribution.
 *
 * @param dimension N, at least 1.
 * @throws DenseamError ERR_RANGE.
 */
export function logSphereArea(dimension: number): number {
  return native.logSphereArea(readDimension(dimension));
}

function logNormalizer(dimension: number, kappa: number): { value: number; derivative: number } {
  return native.vonMisesFisherLogNormalizer(readDimension(dimension), nonNegative('kappa', kappa));
}

function readDimension(dimension: unknown): number {
  return integer('dimension', dimension, 1, Number.MAX_SAFE_INTEGER);
}
