#include "pointcloud/newton.h"

#include <cblas.h>
#include <lapacke.h>

#include <algorithm>
#include <cmath>

#include "linalg/linalg.h"
#include "pointcloud/kernels.h"
#include "simd/vectors.h"

namespace denseam::pointcloud {
namespace {

// The number of products with the Laplacian, which read the plan once each, that cost as much as a factorisation
// (measured for 32 to 1024 columns).
std::size_t productsForAFactorisation(std::size_t columns) { return 8 + columns / 4; }

// The ridge of a diagonal of at most 1: components that hardly anything joins stay where they are, instead of moving at
// random.
constexpr double kRidge = 1e-14;

// The rows between polls: some tenths of a second at the largest sizes.
constexpr std::size_t kRowsBetweenPolls = 512;

}  // namespace

bool NewtonSystem::solve(const Problem& problem, const double* p, const double* columnSums, double tolerance, double* d,
                         const Job& job) {
  const std::size_t m = problem.columns;
  for (auto* vector : {&root_, &right_, &solution_, &direction_, &image_, &scratch_}) vector->resize(m);
  for (std::size_t j = 0; j < m; ++j) {
    root_[j] = std::sqrt(columnSums[j]);
    right_[j] = (problem.columnWeights[j] - columnSums[j]) / root_[j];
  }
  if (!factorises_ && !iterate(problem, p, tolerance, job)) factorises_ = true;
  if (factorises_ && !factorise(problem, p, job)) return false;
  for (std::size_t j = 0; j < m; ++j) d[j] = solution_[j] / root_[j];
  return allFinite(m, d);
}

// Conjugate gradients on D L D x = D (b - r), from x = 0. All iterates stay orthogonal to the null vector.
bool NewtonSystem::iterate(const Problem& problem, const double* p, double tolerance, const Job& job) {
  const std::size_t n = problem.rows, m = problem.columns;
  std::fill(solution_.begin(), solution_.end(), 0.0);
  direction_ = right_;
  double squared = innerProduct(m, right_.data(), right_.data());
  const double target = tolerance * tolerance * squared;
  for (std::size_t i = 0; i < productsForAFactorisation(m); ++i) {
    job.poll();
    for (std::size_t j = 0; j < m; ++j) scratch_[j] = direction_[j] / root_[j];
    applyTwice(n, m, p, problem.rowWeights, scratch_.data(), image_.data());
    for (std::size_t j = 0; j < m; ++j) image_[j] = direction_[j] - image_[j] / root_[j];
    const double curvature = innerProduct(m, direction_.data(), image_.data());
    if (!(curvature > 0)) return false;
    addScaled(m, squared / curvature, direction_.data(), solution_.data());
    addScaled(m, -squared / curvature, image_.data(), right_.data());
    const double next = innerProduct(m, right_.data(), right_.data());
    if (next <= target) return true;
    for (std::size_t j = 0; j < m; ++j) direction_[j] = right_[j] + next / squared * direction_[j];
    squared = next;
  }
  return false;
}

bool NewtonSystem::factorise(const Problem& problem, const double* p, const Job& job) {
  const std::size_t n = problem.rows, m = problem.columns;
  scaled_.resize(n * m);
  matrix_.resize(m * m);
  scaleBothSides(n, m, p, problem.rowWeights, root_.data(), scaled_.data());
  // In pieces, so that an abort need not wait for all of them.
  for (std::size_t k = 0; k < n; k += kRowsBetweenPolls) {
    job.poll();
    cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, static_cast<int>(m),
                static_cast<int>(std::min(kRowsBetweenPolls, n - k)), -1, scaled_.data() + k * m, static_cast<int>(m),
                k == 0 ? 0 : 1, matrix_.data(), static_cast<int>(m));
  }
  // The diagonal as the sum of the rest, which unlike 1 - |q_j|^2 loses nothing where columns are hardly joined; and
  // the null vector's outer product, which makes the matrix definite and does not change the solution.
  std::fill(image_.begin(), image_.end(), 0.0);
  for (std::size_t i = 0; i < m; ++i) {
    const double* row = matrix_.data() + i * m;
    image_[i] -= innerProduct(m - i - 1, row + i + 1, root_.data() + i + 1);
    addScaled(m - i - 1, -root_[i], row + i + 1, image_.data() + i + 1);
  }
  for (std::size_t i = 0; i < m; ++i) {
    double* row = matrix_.data() + i * m;
    addScaled(m - i - 1, root_[i], root_.data() + i + 1, row + i + 1);
    row[i] = image_[i] / root_[i] + root_[i] * root_[i] + kRidge;
  }
  // An upper triangle in rows is a lower one in columns.
  if (!linalg::cholesky(m, matrix_.data())) return false;
  for (std::size_t j = 0; j < m; ++j) {
    solution_[j] = (problem.columnWeights[j] - root_[j] * root_[j]) / root_[j];
  }
  const auto order = static_cast<int>(m);
  cblas_dtrsv(CblasColMajor, CblasLower, CblasNoTrans, CblasNonUnit, order, matrix_.data(), order, solution_.data(), 1);
  cblas_dtrsv(CblasColMajor, CblasLower, CblasTrans, CblasNonUnit, order, matrix_.data(), order, solution_.data(), 1);
  return true;
}

}  // namespace denseam::pointcloud
