#pragma once

#include <cstddef>

#include "gaussian/covariance_note.h"
#include "gaussian/frame.h"
#include "linalg/lanes.h"

namespace denseam::gaussian {

// A squared distance and an estimate, on the safe side, of its rounding error.
struct Distance {
  double value;
  double error;
};

// Distances from the eigenvalues of R' S R (scaled factor), for `Count` matrices side by side: number k of a matrix is
// at values[k * Count + matrix].
template <std::size_t Count>
class GramSpectra {
 public:
  // Where S or O is singular, so is R' S R: eigenvalues at the level of rounding then count as zeros.
  GramSpectra(const Frame& frame, const double* values, const CovarianceNote* const* notes);

  // tr S + tr O - 2 tr (R' S R)^1/2.
  Distance distance(const Frame& frame, std::size_t matrix) const;
  // The relative error of K = R^-T (R' S R)^1/2: a root of an eigenvalue l is off by eps greatest / (2 sqrt l), and
  // dividing by R magnifies that by at most cond(R).
  double imageError(const Frame& frame, std::size_t matrix) const;
  // The level up to which eigenvalues are zeros.
  double zero(std::size_t matrix) const { return zero_[matrix]; }

 private:
  double trace_[Count];
  double zero_[Count];
  double greatest_[Count];
  double least_[Count];  // of those that count
  double root_[Count];
  double rootError_[Count];
};

extern template class GramSpectra<1>;
extern template class GramSpectra<linalg::lanes::kLanes>;

}  // namespace denseam::gaussian
