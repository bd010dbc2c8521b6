#include "pointcloud/anderson.h"

#include <algorithm>
#include <cmath>

#include "simd/vectors.h"

namespace denseam::pointcloud {
namespace {

constexpr std::size_t kDepth = 32;
// Directions that are the same up to this share of their squares tell nothing new.
constexpr double kRank = 1e-12;
// The factor by which the error may grow.
constexpr double kMostWorse = 3;
constexpr double kProgress = 0.9;

}  // namespace

void Anderson::note(double error, const double* update) {
  ++idle_;
  if (!(error < leastError_)) return;
  leastError_ = error;
  bestUpdate_.assign(update, update + size_);
  if (error > kProgress * noted_) return;
  noted_ = error;
  idle_ = 0;
}

void Anderson::addStep(const double* x, AlignedVector<double>& residual) {
  Step step{AlignedVector<double>(x, x + size_), residual};
  addScaled(size_, -1, lastX_.data(), step.x.data());
  addScaled(size_, -1, lastResidual_.data(), step.residual.data());
  if (steps_.size() < kDepth) {
    steps_.push_back(std::move(step));
  } else {
    steps_[next_] = std::move(step);
  }
  next_ = (next_ + 1) % kDepth;
}

double Anderson::product(const double* a, const double* b) const {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t j = 0; j < size_; ++j) sum += weights_[j] * a[j] * b[j];
  return sum;
}

void Anderson::advance(double error, const double* update, double* x) {
  note(error, update);
  if (!(error <= kMostWorse * leastError_)) {
    steps_.clear();
    next_ = 0;
    lastX_.clear();
    std::copy(bestUpdate_.begin(), bestUpdate_.end(), x);
    return;
  }
  AlignedVector<double> residual(update, update + size_);
  addScaled(size_, -1, x, residual.data());
  if (!lastX_.empty()) addStep(x, residual);
  lastX_.assign(x, x + size_);
  std::copy_n(update, size_, x);
  const std::vector<double> shares = coefficients(residual.data());
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    addScaled(size_, -shares[i], steps_[i].x.data(), x);
    addScaled(size_, -shares[i], steps_[i].residual.data(), x);
  }
  lastResidual_ = std::move(residual);
}

// The least squares of residual - sum_i c_i residual_i, by Cholesky's factors of the normal equations; a step that
// depends on those before it gets no share.
std::vector<double> Anderson::coefficients(const double* residual) const {
  const std::size_t n = steps_.size();
  std::vector<double> factor(n * n), shares(n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = product(steps_[i].residual.data(), steps_[j].residual.data());
      const double own = sum;
      for (std::size_t k = 0; k < j; ++k) sum -= factor[i * n + k] * factor[j * n + k];
      if (i == j) {
        factor[i * n + i] = sum > kRank * own ? std::sqrt(sum) : 0;
      } else {
        factor[i * n + j] = factor[j * n + j] > 0 ? sum / factor[j * n + j] : 0;
      }
    }
    double sum = product(steps_[i].residual.data(), residual);
    for (std::size_t k = 0; k < i; ++k) sum -= factor[i * n + k] * shares[k];
    shares[i] = factor[i * n + i] > 0 ? sum / factor[i * n + i] : 0;
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) shares[i] -= factor[k * n + i] * shares[k];
    shares[i] = factor[i * n + i] > 0 ? shares[i] / factor[i * n + i] : 0;
  }
  return shares;
}

}  // namespace denseam::pointcloud
