#include "pointcloud/self_transport.h"

#include <algorithm>
#include <cmath>

#include "linalg/product.h"
#include "pointcloud/kernels.h"
#include "pointcloud/weak.h"

namespace denseam::pointcloud {
namespace {

// Sweeps are cheap and what comes out is subtracted from others: they go on to here, whatever the tolerance.
constexpr double kAimedTolerance = 1e-14;
// The error halves with every sweep until rounding ends it.
constexpr double kStillFalling = 0.9;
// Each update halves the error of potentials that begin within the costs.
constexpr std::size_t kWeakUpdates = 55;

}  // namespace

auto SelfTransport::solve(std::size_t n, const double* costs, const double* weights, const SolverOptions& options,
                          bool warm, double* potentials, const Job& job) -> Result {
  if (greatest(n * n, costs) < kWeakCost) return solveWeak(n, costs, weights, options, potentials, job);
  kernel_.resize(n * n);
  for (auto* vector : {&scaling_, &mass_, &image_}) vector->resize(n);
  gibbsKernel(n * n, costs, kernel_.data());
  for (std::size_t k = 0; k < n; ++k) scaling_[k] = warm ? std::exp(potentials[k]) : 1;
  Result result;
  double previous = HUGE_VAL;
  while (true) {
    job.poll();
    for (std::size_t k = 0; k < n; ++k) mass_[k] = weights[k] * scaling_[k];
    multiplyVector(n, kernel_.data(), mass_.data(), image_.data());
    result.marginalError = 0;
    double total = 0;
    for (std::size_t k = 0; k < n; ++k) {
      const double rowSum = mass_[k] * image_[k];
      total += rowSum;
      result.marginalError += std::fabs(rowSum - weights[k]);
    }
    result.value = 1 - total;
    const bool falls = result.marginalError < kStillFalling * previous;
    result.converged = result.marginalError <= options.tolerance;
    if (result.marginalError <= kAimedTolerance || (result.converged && !falls)) break;
    if (result.iterations == options.maxIterations) break;
    previous = result.marginalError;
    ++result.iterations;
    for (std::size_t k = 0; k < n; ++k) scaling_[k] = std::sqrt(scaling_[k] / image_[k]);
  }
  for (std::size_t k = 0; k < n; ++k) {
    potentials[k] = std::log(scaling_[k]);
    result.value += 2 * weights[k] * potentials[k];
  }
  return result;
}

// From 0 in any case: it takes no more updates than digits.
auto SelfTransport::solveWeak(std::size_t n, const double* costs, const double* weights, const SolverOptions& options,
                              double* potentials, const Job& job) -> Result {
  kernel_.resize(n * n);
  for (auto* vector : {&scaling_, &mass_, &image_}) vector->resize(n);
  std::fill_n(potentials, n, 0.0);
  Result result;
  for (; result.iterations < std::min(kWeakUpdates, options.maxIterations); ++result.iterations) {
    job.poll();
    const double previous = result.iterations == 0 ? HUGE_VAL : result.marginalError;
    result.marginalError = weakSelfUpdate(n, costs, weights, potentials, image_.data());
    if (!(result.marginalError < kStillFalling * previous)) break;
  }
  result.converged = result.marginalError <= options.tolerance;
  result.value = 2 * innerProduct(n, weights, potentials);
  gibbsKernel(n * n, costs, kernel_.data());
  for (std::size_t k = 0; k < n; ++k) {
    scaling_[k] = std::exp(potentials[k]);
    mass_[k] = weights[k] * scaling_[k];
  }
  multiplyVector(n, kernel_.data(), mass_.data(), image_.data());
  return result;
}

void SelfTransport::barycentres(std::size_t n, std::size_t d, const double* coordinates, const double* weights,
                                double* images) {
  moved_.resize(n * d);
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t i = 0; i < d; ++i) moved_[k * d + i] = weights[k] * scaling_[k] * coordinates[k * d + i];
  }
  linalg::multiply(n, d, n, {kernel_.data(), n}, {moved_.data(), d}, 0, images, d);
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t i = 0; i < d; ++i) images[k * d + i] /= image_[k];
  }
}

}  // namespace denseam::pointcloud
