#include "gaussian/spectrum.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "simd/dispatch.h"

namespace denseam::gaussian {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
// The error of eigenvalues of R' S R relative to the greatest, or to what the greatest would be if the greatest
// eigenvectors of S and O were the same: products that cancel leave rounding of that size.
constexpr double kEigenvalueError = 4 * kEpsilon;

// A lower bound on the product of the greatest eigenvalues of S and R R': each is at least its trace over its rank.
double greatestProduct(const Frame& frame, const CovarianceNote& note) {
  const double scaledTrace = frame.trace() / frame.scale() / frame.scale();
  const auto ranks = static_cast<double>(std::max<std::size_t>(1, note.rank * frame.rank()));
  return std::min(note.trace * scaledTrace / ranks, std::numeric_limits<double>::max());
}

template <std::size_t Count>
DENSEAM_INLINE void greatestOf(std::size_t d, const double* __restrict values, double* __restrict greatest) {
  for (std::size_t m = 0; m < Count; ++m) greatest[m] = 0;
  for (std::size_t k = 0; k < d; ++k) {
#pragma omp simd
    for (std::size_t m = 0; m < Count; ++m) {
      const double value = values[k * Count + m];
      greatest[m] = value > greatest[m] ? value : greatest[m];
    }
  }
}

// Sums the roots of the eigenvalues above `zero` and their errors, and counts the ignored zeros.
template <std::size_t Count>
DENSEAM_INLINE void sumRoots(std::size_t d, const double* __restrict values, const double* __restrict zero,
                             const double* __restrict error, double* __restrict least, double* __restrict root,
                             double* __restrict rootError, double* __restrict zeros) {
  double atZero[Count];
  for (std::size_t m = 0; m < Count; ++m) {
    root[m] = rootError[m] = zeros[m] = 0;
    atZero[m] = std::sqrt(error[m]);
  }
  for (std::size_t k = 0; k < d; ++k) {
#pragma omp simd
    for (std::size_t m = 0; m < Count; ++m) {
      const double value = values[k * Count + m];
      const bool counts = value > zero[m];
      const double positive = value > 0 ? value : 0;
      const double rooted = std::sqrt(positive);
      root[m] += counts ? rooted : 0;
      // Without a level of zeros every eigenvalue counts.
      const bool ignored = !counts && zero[m] > 0;
      const double spread = value > error[m] ? error[m] / (2 * rooted) : atZero[m];
      rootError[m] += ignored ? 0 : spread;
      zeros[m] += ignored ? 1 : 0;
      const double low = ignored ? least[m] : positive;
      least[m] = low < least[m] ? low : least[m];
    }
  }
}

DENSEAM_DISPATCH void greatestOfLanes(std::size_t d, const double* values, double* greatest) {
  greatestOf<linalg::lanes::kLanes>(d, values, greatest);
}
DENSEAM_DISPATCH void sumRootsOfLanes(std::size_t d, const double* values, const double* zero, const double* error,
                                      double* least, double* root, double* rootError, double* zeros) {
  sumRoots<linalg::lanes::kLanes>(d, values, zero, error, least, root, rootError, zeros);
}

}  // namespace

template <std::size_t Count>
GramSpectra<Count>::GramSpectra(const Frame& frame, const double* values, const CovarianceNote* const* notes) {
  constexpr bool isGroup = Count == linalg::lanes::kLanes;
  const std::size_t d = frame.dimension();
  if constexpr (isGroup) {
    greatestOfLanes(d, values, greatest_);
  } else {
    greatestOf<Count>(d, values, greatest_);
  }
  double error[Count], nullity[Count], zeros[Count];
  for (std::size_t m = 0; m < Count; ++m) {
    trace_[m] = notes[m]->trace;
    nullity[m] = static_cast<double>(d - std::min(notes[m]->rank, frame.rank()));
    error[m] = kEigenvalueError * std::max(greatest_[m], greatestProduct(frame, *notes[m]));
    zero_[m] = nullity[m] > 0 ? static_cast<double>(d) * error[m] : 0.0;
    least_[m] = greatest_[m];
  }
  if constexpr (isGroup) {
    sumRootsOfLanes(d, values, zero_, error, least_, root_, rootError_, zeros);
  } else {
    sumRoots<Count>(d, values, zero_, error, least_, root_, rootError_, zeros);
  }
  // Known zeros are expected. Any other ignored value, or a missing zero, may have a root up to that of the level.
  for (std::size_t m = 0; m < Count; ++m) rootError_[m] += std::abs(zeros[m] - nullity[m]) * std::sqrt(zero_[m]);
}

template <std::size_t Count>
Distance GramSpectra<Count>::distance(const Frame& frame, std::size_t matrix) const {
  const double traces = trace_[matrix] + frame.trace();
  return {std::max(0.0, traces - 2 * frame.scale() * root_[matrix]),
          2 * frame.scale() * rootError_[matrix] + 4 * kEpsilon * traces};
}

template <std::size_t Count>
double GramSpectra<Count>::imageError(const Frame& frame, std::size_t matrix) const {
  const double ratio = greatest_[matrix] > 0 ? least_[matrix] / greatest_[matrix] : 1.0;
  const double denominator = frame.reciprocalCondition() * std::sqrt(ratio);
  return denominator > 0 ? 2 * kEpsilon / denominator : std::numeric_limits<double>::infinity();
}

template class GramSpectra<1>;
template class GramSpectra<linalg::lanes::kLanes>;

}  // namespace denseam::gaussian
