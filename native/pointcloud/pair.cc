#include "pointcloud/pair.h"

#include <algorithm>
#include <cmath>

#include "linalg/product.h"
#include "pointcloud/kernels.h"
#include "simd/vectors.h"

namespace denseam::pointcloud {

void PairSolver::take(const Cloud& source, const Cloud& target, const SolverOptions& options) {
  source_ = &source;
  target_ = &target;
  swapped_ = source.size < target.size;
  isStreamed_ = options.isStreamed(source.size, target.size);
}

Problem PairSolver::build() {
  costsBetween(rows(), columns(), scratch_, costs_);
  return {rows().size, columns().size, costs_.data(), rows().weights.data(), columns().weights.data()};
}

Solved PairSolver::solve(const Cloud& source, const Cloud& target, const SolverOptions& options,
                         std::vector<double>& potentials, const Job& job, double enough) {
  take(source, target, options);
  const bool warm = potentials.size() == 2 * columns().size;
  potentials.resize(2 * columns().size);
  potentials_ = potentials.data();
  if (isStreamed_) return streamed_.solve(rows(), columns(), options, warm, potentials.data(), job, enough);
  return solver_.solve(build(), options, warm, potentials.data(), job, enough);
}

Solved PairSolver::restore(const Cloud& source, const Cloud& target, const SolverOptions& options,
                           std::vector<double>& potentials, const Job& job) {
  take(source, target, options);
  potentials_ = potentials.data();
  if (isStreamed_) return streamed_.restore(rows(), columns(), potentials.data(), job);
  return solver_.restore(build(), potentials.data(), job);
}

void PairSolver::writeSourcePotentials(std::span<double> f) {
  if (swapped_ && !isStreamed_) return solver_.writeColumnPotentials(f.data());
  std::copy_n(swapped_ ? streamed_.columnPotentials() : rowPotentials(), source_->size, f.begin());
}

void PairSolver::writeTargetPotentials(std::span<double> g) const {
  std::copy_n(swapped_ ? rowPotentials() : potentials_, target_->size, g.begin());
}

const double* PairSolver::rowPotentials() const {
  return isStreamed_ ? streamed_.rowPotentials() : solver_.rowPotentials();
}

void PairSolver::writeImages(std::span<double> images) {
  if (isStreamed_) {
    std::vector<double> costs(source_->size);
    if (swapped_) return streamed_.writeColumnImages(images.data(), costs.data());
    return streamed_.writeRowImages(images.data(), costs.data());
  }
  const std::size_t n = source_->size, m = target_->size, d = source_->dimension;
  const double* p = solver_.conditionalPlan();
  if (!swapped_) {
    linalg::multiply(n, d, m, {p, m}, {target_->points.data(), d}, 0, images.data(), d);
    return;
  }
  scratch_.resize(m * d);
  std::vector<double> received(n);
  for (std::size_t j = 0; j < m; ++j) {
    const double weight = target_->weights[j];
    addScaled(n, weight, p + j * n, received.data());
    for (std::size_t i = 0; i < d; ++i) scratch_[j * d + i] = weight * target_->points[j * d + i];
  }
  linalg::multiply(n, d, m, linalg::transposed(p, n), {scratch_.data(), d}, 0, images.data(), d);
  for (std::size_t k = 0; k < n; ++k) {
    // A point to which an unsolved plan assigns no mass goes to the target's mean.
    for (std::size_t i = 0; i < d; ++i) images[k * d + i] = received[k] > 0 ? images[k * d + i] / received[k] : 0;
  }
}

void PairSolver::writePlan(std::span<double> plan) const {
  const std::size_t n = source_->size, m = target_->size;
  if (isStreamed_) return streamed_.writePlan(swapped_, plan.data());
  const double* p = solver_.conditionalPlan();
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t j = 0; j < m; ++j) {
      plan[k * m + j] = swapped_ ? target_->weights[j] * p[j * n + k] : source_->weights[k] * p[k * m + j];
    }
  }
}

double PairSolver::transportCost() const {
  const std::size_t n = rows().size, m = columns().size;
  if (isStreamed_) {
    std::vector<double> images(n * source_->dimension), costs(n);
    streamed_.writeRowImages(images.data(), costs.data());
    return innerProduct(n, rows().weights.data(), costs.data());
  }
  double total = 0;
  for (std::size_t k = 0; k < n; ++k) {
    total += rows().weights[k] * innerProduct(m, solver_.conditionalPlan() + k * m, costs_.data() + k * m);
  }
  return total;
}

}  // namespace denseam::pointcloud
