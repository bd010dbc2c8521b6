#pragma once

#include <cstddef>
#include <vector>

#include "gaussian/bures.h"

namespace denseam::gaussian {

// Bures distances from one covariance S to others close by, given by their difference from it. Where the other forms
// subtract nearly equal numbers, this one keeps all digits however small the difference is.
class Increment {
 public:
  // Takes both triangles of the covariance.
  Increment(std::size_t d, const double* covariance);

  // d_B^2(S, S + D) for symmetric D. The error is infinite when S is singular or D too large.
  Distance squaredDistance(const double* difference) const;

 private:
  std::vector<double> rotated(const double* difference) const;
  double solve(const std::vector<double>& right, const std::vector<double>& square, std::vector<double>& scaled) const;

  std::size_t d_;
  std::vector<double> vectors_;
  std::vector<double> values_;
};

}  // namespace denseam::gaussian
