#pragma once

#include <cstddef>
#include <string>

// Checks and factors of covariances: symmetric, and positive semidefinite but for rounding.
namespace denseam::gaussian {

// The tolerance of asymmetry, relative to the greatest entry: different orders of summation in float32. A Float64Array
// may hold former float32 numbers, so this is the limit for both.
inline constexpr double kAsymmetry = 1e-4;

// An eigenvalue of a d x d covariance counts as zero up to kZero d 2^-53 times the greatest one, l. Rounding the
// entries of a singular covariance to float64 moves an eigenvalue by at most 2^-53 tr S <= d 2^-53 l, |dS_ij| being at
// most 2^-53 |S_ij| <= 2^-53 (S_ii S_jj)^1/2. The eigensolvers add their own: at most 1.3 d 2^-53 l in all singular
// integer matrices that test/gaussian/rank.sweep.test.ts tries.
inline constexpr double kZero = 4;
double zeroLevel(std::size_t d, double greatestEigenvalue);

// The name of entry (i, j) of a covariance in errors.
std::string entry(const std::string& where, std::size_t i, std::size_t j);

// Checks that a d x d covariance is finite and symmetric, and averages it with its transpose. `where` names it in
// errors.
void checkCovariance(std::size_t d, double* covariance, const std::string& where);

struct Definiteness {
  std::size_t rank;  // how many eigenvalues do not count as zero
  // The rank of the covariance with its variances scaled to about 1. A variance that is small but exact does not count
  // as zero in a distance: the factor is as exact in small directions as the entries are (Demmel and Veselic
  // 1992).
  std::size_t scaledRank;
  bool isIndefinite;  // some are negative beyond that, as rounding to float32 leaves them
};

// Throws when an eigenvalue is more negative than rounding to float32 explains.
Definiteness judge(std::size_t d, const double* covariance, const std::string& where);

double smallestEigenvalue(std::size_t d, const double* covariance);

// covariance <- its positive part, the nearest semidefinite matrix, which represents an indefinite one.
void projectPositive(std::size_t d, double* covariance);

// A lower triangular factor of a positive semidefinite covariance: Cholesky's at full rank, else from the eigenvectors
// of the scaled covariance, without those that count as zero there.
void factorize(std::size_t d, const double* covariance, bool isFullRank, double* factor);

}  // namespace denseam::gaussian
