#include "gaussian/increment.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "linalg/linalg.h"

namespace denseam::gaussian {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
// The least contraction of a correction from pass to pass: otherwise another form of the distance is cheaper.
constexpr double kContraction = 0.25;
// Corrections of this relative size change the squared distance by less than its rounding.
constexpr double kSettled = 1e-16;
// The precision of the result where rounding ends the contraction a little above that.
constexpr double kRounding = 1e3 * kEpsilon;

}  // namespace

Increment::Increment(std::size_t d, const double* covariance)
    : d_(d), vectors_(covariance, covariance + d * d), values_(d) {
  linalg::eigenvectors(d, vectors_.data(), values_.data());
}

// V' D V.
std::vector<double> Increment::rotated(const double* difference) const {
  std::vector<double> product(d_ * d_);
  std::vector<double> result(d_ * d_);
  linalg::multiplyTransposed(d_, vectors_.data(), difference, product.data());
  linalg::multiply(d_, product.data(), vectors_.data(), result.data());
  return result;
}

// The optimal map I + H satisfies (I + H) S (I + H) = S + D, that is H S + S H = D - H S H, and d_B^2 = tr H S H is a
// sum of squares. In the eigenbasis of S the left side is H_ij (s_i + s_j): solved for H, with the H S H of the pass
// before on the right.
Distance Increment::squaredDistance(const double* difference) const {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (!(values_.front() > 0)) return {0, kInfinity};
  const double condition = values_.back() / values_.front();
  const std::vector<double> right = rotated(difference);
  std::vector<double> scaled(d_ * d_);  // H S^1/2
  std::vector<double> square(d_ * d_);  // H S H, lower triangle
  for (double lastCorrection = kInfinity;;) {
    const double correction = solve(right, square, scaled);
    linalg::outer(d_, scaled.data(), square.data());
    const double value = linalg::trace(d_, square.data());
    const double distance = std::sqrt(value);
    if (correction <= kSettled * distance) return {value, 8 * kEpsilon * condition * value};
    if (!(correction <= kContraction * lastCorrection)) {
      return {value, correction <= kRounding * distance ? 2 * kRounding * condition * value : kInfinity};
    }
    lastCorrection = correction;
  }
}

// scaled <- H S^1/2 with H_ij (s_i + s_j) = right_ij - square_ij; returns the size of the change.
double Increment::solve(const std::vector<double>& right, const std::vector<double>& square,
                        std::vector<double>& scaled) const {
  double change = 0;
  for (std::size_t j = 0; j < d_; ++j) {
    for (std::size_t i = 0; i < d_; ++i) {
      const std::size_t lower = std::min(i, j) * d_ + std::max(i, j);
      const double h = (right[lower] - square[lower]) / (values_[i] + values_[j]) * std::sqrt(values_[j]);
      const double difference = h - scaled[j * d_ + i];
      change += difference * difference;
      scaled[j * d_ + i] = h;
    }
  }
  return std::sqrt(change);
}

}  // namespace denseam::gaussian
