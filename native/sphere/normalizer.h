#pragma once

#include <cstddef>

// The normalising constant of the von Mises-Fisher distribution on the unit sphere of R^N, Omega_N(kappa) = integral of
// exp(kappa w . x) over |x| = 1 (Thériault and Tantari 2025, appendix B).
namespace denseam::sphere {

struct LogNormalizer {
  double value;       // L = log Omega_N(kappa) / Omega_N(0)
  double derivative;  // A_N = dL/dkappa, the mean of w . x
  double deficit;     // kappa - L, which grows as (N - 1) / 2 log kappa
};

// For N of at least 1 and finite kappa of at least 0. Value and derivative are right to 2e-15 of themselves, the
// deficit to 4e-15, to kappa = 1e308.
LogNormalizer logNormalizer(std::size_t dimension, double kappa);

// log of exp(s beta w . x) / Omega_N(beta) over that of the uniform density, at w itself: s beta - L(beta).
inline double logPeak(const LogNormalizer& ofBeta, double beta, double betaScale) {
  return (betaScale - 1) * beta + ofBeta.deficit;
}

// log Omega_N(0) = log(2 pi^(N/2) / Gamma(N/2)), the area of the sphere.
double logSurface(std::size_t dimension);

}  // namespace denseam::sphere
