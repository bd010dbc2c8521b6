#include "pointcloud/pair.h"

#include <algorithm>
#include <cmath>

#include "linalg/product.h"
#include "pointcloud/kernels.h"
#include "simd/vectors.h"

namespace denseam::pointcloud {

Problem PairSolver::build(const Cloud& source, const Cloud& target) {
  source_ = &source;
  target_ = &target;
  swapped_ = source.size < target.size;
  const Cloud& rows = swapped_ ? target : source;
  const Cloud& columns = swapped_ ? source : target;
  costsBetween(rows, columns, scratch_, costs_);
  return {rows.size, columns.size, costs_.data(), rows.weights.data(), columns.weights.data()};
}

Solved PairSolver::solve(const Cloud& source, const Cloud& target, const SolverOptions& options,
                         std::vector<double>& potentials, const Job& job, double enough) {
  const Problem problem = build(source, target);
  const bool warm = potentials.size() == 2 * problem.columns;
  potentials.resize(2 * problem.columns);
  potentials_ = potentials.data();
  return solver_.solve(problem, options, warm, potentials.data(), job, enough);
}

Solved PairSolver::restore(const Cloud& source, const Cloud& target, std::vector<double>& potentials, const Job& job) {
  const Problem problem = build(source, target);
  potentials_ = potentials.data();
  return solver_.restore(problem, potentials.data(), job);
}

void PairSolver::writeSourcePotentials(std::span<double> f) {
  if (swapped_) return solver_.writeColumnPotentials(f.data());
  std::copy_n(solver_.rowPotentials(), source_->size, f.begin());
}

void PairSolver::writeTargetPotentials(std::span<double> g) const {
  std::copy_n(swapped_ ? solver_.rowPotentials() : potentials_, target_->size, g.begin());
}

void PairSolver::writeImages(std::span<double> images) {
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
  const double* p = solver_.conditionalPlan();
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t j = 0; j < m; ++j) {
      plan[k * m + j] = swapped_ ? target_->weights[j] * p[j * n + k] : source_->weights[k] * p[k * m + j];
    }
  }
}

double PairSolver::transportCost() const {
  const Cloud& rows = swapped_ ? *target_ : *source_;
  const std::size_t columns = swapped_ ? source_->size : target_->size;
  double total = 0;
  for (std::size_t k = 0; k < rows.size; ++k) {
    total +=
        rows.weights[k] * innerProduct(columns, solver_.conditionalPlan() + k * columns, costs_.data() + k * columns);
  }
  return total;
}

}  // namespace denseam::pointcloud
