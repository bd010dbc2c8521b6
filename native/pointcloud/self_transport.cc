#include "pointcloud/self_transport.h"

#include <algorithm>
#include <cmath>

#include "linalg/product.h"
#include "pointcloud/kernels.h"
#include "pointcloud/weak.h"
#include "simd/exponentials.h"
#include "simd/vectors.h"

namespace denseam::pointcloud {
namespace {

// The aim of the sweeps, whatever the tolerance: they are cheap, and their result is subtracted from others.
constexpr double kAimedTolerance = 1e-14;
// The error halves with every sweep until rounding ends that.
constexpr double kStillFalling = 0.9;
// The error below which a standstill is the rounding of sums over the points.
constexpr double kRoundingError = 1e-12;
// Each update halves the error of potentials that begin within the costs.
constexpr std::size_t kWeakUpdates = 55;

}  // namespace

Solved SelfTransport::solve(const Cloud& cloud, const SolverOptions& options, std::vector<double>& potentials,
                            const Job& job) {
  const std::size_t n = cloud.size;
  const AlignedVector<double>& weights = cloud.weights;
  isStreamed_ = options.isStreamed(n, n);
  if (isStreamed_) return streamed_.solve(cloud, options, potentials, job);
  costsBetween(cloud, cloud, scratch_, costs_);
  if (potentials.size() != n) potentials.assign(n, 0);
  kernel_.resize(n * n);
  exponentials(n * n, -1.0, 0.0, 0.0, costs_.data(), kernel_.data());
  for (auto* vector : {&scaling_, &mass_, &image_}) vector->resize(n);
  if (greatest(costs_) < kWeakCost) return solveWeak(cloud, options, potentials.data(), job);
  for (std::size_t k = 0; k < n; ++k) scaling_[k] = std::exp(potentials[k]);
  Solved result;
  double previous = HUGE_VAL;
  while (true) {
    job.poll();
    sumRows(weights, result);
    const bool falls = result.marginalError < kStillFalling * previous;
    if (result.marginalError <= options.tolerance) result.outcome = Outcome::kConverged;
    if (result.marginalError <= kAimedTolerance || (result.converged() && !falls)) break;
    if (result.iterations == options.maxIterations) break;
    if (!falls && result.marginalError < kRoundingError) {
      result.outcome = Outcome::kAtRounding;
      break;
    }
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

// Sums the rows of the plan a_k u_k exp(-c_kl) u_l a_l, u = `scaling_`, and measures their distance from a.
void SelfTransport::sumRows(const AlignedVector<double>& weights, Solved& result) {
  const std::size_t n = weights.size();
  for (std::size_t k = 0; k < n; ++k) mass_[k] = weights[k] * scaling_[k];
  linalg::multiply(n, {kernel_.data(), n}, mass_.data(), image_.data());
  result.marginalError = 0;
  double total = 0;
  for (std::size_t k = 0; k < n; ++k) {
    const double rowSum = mass_[k] * image_[k];
    total += rowSum;
    result.marginalError += std::fabs(rowSum - weights[k]);
  }
  result.value = 1 - total;
}

// Starts from 0 in any case: it takes no more updates than digits.
Solved SelfTransport::solveWeak(const Cloud& cloud, const SolverOptions& options, double* potentials, const Job& job) {
  const std::size_t n = cloud.size;
  const double* weights = cloud.weights.data();
  std::fill_n(potentials, n, 0.0);
  Solved result;
  for (; result.iterations < std::min(kWeakUpdates, options.maxIterations); ++result.iterations) {
    job.poll();
    const double previous = result.iterations == 0 ? HUGE_VAL : result.marginalError;
    result.marginalError = weakSelfUpdate(n, costs_.data(), weights, potentials, image_.data());
    if (!(result.marginalError < kStillFalling * previous)) break;
  }
  result.outcome = result.marginalError <= options.tolerance                           ? Outcome::kConverged
                   : result.iterations < std::min(kWeakUpdates, options.maxIterations) ? Outcome::kAtRounding
                                                                                       : Outcome::kIterations;
  result.value = 2 * innerProduct(n, weights, potentials);
  for (std::size_t k = 0; k < n; ++k) {
    scaling_[k] = std::exp(potentials[k]);
    mass_[k] = weights[k] * scaling_[k];
  }
  linalg::multiply(n, {kernel_.data(), n}, mass_.data(), image_.data());
  return result;
}

void SelfTransport::writeImages(const Cloud& cloud, std::span<double> images) {
  if (isStreamed_) return streamed_.writeImages(images);
  const std::size_t n = cloud.size, d = cloud.dimension;
  scratch_.resize(n * d);
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t i = 0; i < d; ++i) scratch_[k * d + i] = mass_[k] * cloud.points[k * d + i];
  }
  linalg::multiply(n, d, n, {kernel_.data(), n}, {scratch_.data(), d}, 0, images.data(), d);
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t i = 0; i < d; ++i) images[k * d + i] /= image_[k];
  }
}

}  // namespace denseam::pointcloud
