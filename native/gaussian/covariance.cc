#include "gaussian/covariance.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/error.h"
#include "base/format.h"
#include "linalg/linalg.h"

namespace denseam::gaussian {
namespace {

using linalg::Workspace;

constexpr double kUnitRoundoff = std::numeric_limits<double>::epsilon() / 2;
// The tolerance of negative eigenvalues. Rounding d x d entries to float32 moves an eigenvalue by at most d 2^-24 times
// the greatest entry; sixteen times as much is allowed, since sums in float32 have more than one rounding.
constexpr double kIndefinite = 8 * static_cast<double>(std::numeric_limits<float>::epsilon());

double greatestEntry(std::size_t d, const double* a) {
  double greatest = 0;
  for (std::size_t i = 0; i < d * d; ++i) greatest = std::max(greatest, std::abs(a[i]));
  return greatest;
}

// Whether all eigenvalues are certainly above the level of zeros: at the price of one Cholesky factor, which exists
// only where S - t I has no eigenvalue below -(d + 2) 2^-53 tr S (Higham 2002, theorem 10.3, and one rounding of the
// diagonal). t leaves room for that above the level.
bool isClearlyPositive(std::size_t d, const double* covariance) {
  const double shift = 2 * zeroLevel(d, linalg::trace(d, covariance));
  double* shifted = Workspace::local().get(Workspace::kProduct, d * d);
  std::copy_n(covariance, d * d, shifted);
  for (std::size_t i = 0; i < d; ++i) shifted[i * d + i] -= shift;
  return linalg::cholesky(d, shifted);
}

// covariance <- T covariance T with diagonal entries in [1, 4) or 0, T of powers of two: nothing is rounded. Returns
// the exponents of T^-1. Whether a small variance is zero then depends on itself, and not on the greatest.
std::vector<int> scaleToUnit(std::size_t d, double* covariance) {
  std::vector<int> exponents(d);
  for (std::size_t i = 0; i < d; ++i) {
    const double variance = covariance[i * d + i];
    exponents[i] = variance > 0 ? static_cast<int>(std::floor(std::ilogb(variance) / 2.0)) : 0;
  }
  for (std::size_t i = 0; i < d; ++i) {
    const bool isZero = !(covariance[i * d + i] > 0);
    for (std::size_t j = 0; j < d; ++j) {
      double& low = covariance[i * d + j];
      low = isZero || (j > i && !(covariance[j * d + j] > 0)) ? 0 : std::ldexp(low, -(exponents[i] + exponents[j]));
      if (low == 0) covariance[j * d + i] = 0;
    }
  }
  return exponents;
}

// The number of eigenvalues of the scaled covariance that do not count as zero.
std::size_t scaledRank(std::size_t d, const double* covariance) {
  std::vector<double> scaled(covariance, covariance + d * d);
  scaleToUnit(d, scaled.data());
  if (isClearlyPositive(d, scaled.data())) return d;
  double* values = Workspace::local().get(Workspace::kValues, d);
  linalg::eigenvalues(d, scaled.data(), values);
  const double zero = zeroLevel(d, std::max(0.0, values[d - 1]));
  return static_cast<std::size_t>(std::count_if(values, values + d, [zero](double value) { return value > zero; }));
}

// covariance <- V diag(l)^1/2 of its eigenvalues l, without those that count as zero.
void rootFactor(std::size_t d, double* covariance) {
  double* values = Workspace::local().get(Workspace::kValues, d);
  double* vectors = covariance;
  linalg::eigenvectors(d, vectors, values);
  if (!std::isfinite(values[d - 1])) throw overflow("a covariance");
  const double zero = zeroLevel(d, std::max(0.0, values[d - 1]));
  for (std::size_t j = 0; j < d; ++j) {
    const double root = values[j] > zero ? std::sqrt(values[j]) : 0.0;
    std::transform(vectors + j * d, vectors + (j + 1) * d, vectors + j * d, [root](double x) { return x * root; });
  }
}

}  // namespace

std::string entry(const std::string& where, std::size_t i, std::size_t j) {
  return where + "[" + std::to_string(i) + "][" + std::to_string(j) + "]";
}

double zeroLevel(std::size_t d, double greatestEigenvalue) {
  return kZero * static_cast<double>(d) * kUnitRoundoff * greatestEigenvalue;
}

void checkCovariance(std::size_t d, double* a, const std::string& where) {
  for (std::size_t i = 0; i < d * d; ++i) {
    if (!std::isfinite(a[i])) throw notFinite(entry(where, i / d, i % d), a[i]);
  }
  const double tolerance = kAsymmetry * greatestEntry(d, a);
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      double& low = a[i * d + j];
      double& high = a[j * d + i];
      if (std::abs(low - high) > tolerance) {
        throw Error("ERR_NOT_POSITIVE_DEFINITE", {.argument = where,
                                                  .expected = "a symmetric matrix",
                                                  .received = number(low) + " at " + entry("", i, j) + " and " +
                                                              number(high) + " at " + entry("", j, i)});
      }
      low = high = low + (high - low) / 2;
    }
  }
}

Definiteness judge(std::size_t d, const double* covariance, const std::string& where) {
  if (isClearlyPositive(d, covariance)) return {d, d, false};
  double* values = Workspace::local().get(Workspace::kValues, d);
  double* destroyed = Workspace::local().get(Workspace::kProduct, d * d);
  std::copy_n(covariance, d * d, destroyed);
  linalg::eigenvalues(d, destroyed, values);
  if (values[0] < -kIndefinite * static_cast<double>(d) * greatestEntry(d, covariance)) {
    throw notPositive(where, values[0]);
  }
  const double zero = zeroLevel(d, std::max(0.0, values[d - 1]));
  const bool isIndefinite = values[0] < -zero;
  const auto rank =
      static_cast<std::size_t>(std::count_if(values, values + d, [zero](double value) { return value > zero; }));
  return {rank, rank < d && !isIndefinite ? scaledRank(d, covariance) : rank, isIndefinite};
}

double smallestEigenvalue(std::size_t d, const double* covariance) {
  std::vector<double> a(covariance, covariance + d * d);
  std::vector<double> values(d);
  linalg::eigenvalues(d, a.data(), values.data());
  return values.front();
}

void projectPositive(std::size_t d, double* covariance) {
  double* root = Workspace::local().get(Workspace::kProduct, d * d);
  std::copy_n(covariance, d * d, root);
  rootFactor(d, root);
  linalg::outer(d, root, covariance);
  linalg::symmetrize(d, covariance);
}

void factorize(std::size_t d, const double* covariance, bool isFullRank, double* factor) {
  std::copy_n(covariance, d * d, factor);
  if (isFullRank && linalg::cholesky(d, factor)) return;
  std::copy_n(covariance, d * d, factor);
  const std::vector<int> exponents = scaleToUnit(d, factor);
  rootFactor(d, factor);
  for (std::size_t k = 0; k < d * d; ++k) factor[k] = std::ldexp(factor[k], exponents[k % d]);
  linalg::lowerFactor(d, factor);
}

}  // namespace denseam::gaussian
