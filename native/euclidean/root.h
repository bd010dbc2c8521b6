#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "simd/dispatch.h"

// Rounded roots of variances, and the remainders of the rounding. A root's precision is coarser than its variance's: up
// to three neighbouring variances round to one root (more where a root stands for several coordinates). The remainder,
// two bits, tells which of them the variance was, so that root and remainder give it exactly.
namespace denseam::euclidean {

template <typename T>
using BitsOf = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;

// The variance that a root suggests, which stands for `multiplicity` coordinates: at most one number away from the
// original one where the multiplicity is 1. For v in [1, 2) a root is off by at most 2^-24 (in float), its square by
// sqrt(2) of v's spacing 2^-23 and the square's own rounding by half of it: less than 2 together; in [2, 4) by less.
template <typename T>
DENSEAM_INLINE T suggestedVariance(T root, double multiplicity = 1) {
  return static_cast<T>(static_cast<double>(root) * static_cast<double>(root) / multiplicity);
}

// The remainder: the number of values of T from the suggested to the given variance. (Adding 0 removes a sign of -0.)
template <typename T>
BitsOf<T> remainderOf(T root, T variance, double multiplicity = 1) {
  return std::bit_cast<BitsOf<T>>(variance + T(0)) -
         std::bit_cast<BitsOf<T>>(suggestedVariance(root, multiplicity) + T(0));
}

template <typename T>
DENSEAM_INLINE T varianceOf(T root, BitsOf<T> remainder, double multiplicity = 1) {
  return std::bit_cast<T>(std::bit_cast<BitsOf<T>>(suggestedVariance(root, multiplicity) + T(0)) + remainder);
}

// The size of n remainders of two bits each. Roots that are n/4 apart share a byte, so that a loop reads consecutive
// bytes.
constexpr std::size_t packedRemainders(std::size_t n) { return (n + 3) / 4; }

template <typename T>
void packRemainders(std::size_t n, const T* variances, const T* roots, std::uint8_t* packed) {
  const std::size_t bytes = packedRemainders(n);
  std::fill_n(packed, bytes, std::uint8_t{0});
  for (std::size_t j = 0; j < n; ++j) {
    const auto code = static_cast<unsigned>(remainderOf(roots[j], variances[j]) + 1);
    packed[j % bytes] = static_cast<std::uint8_t>(packed[j % bytes] | code << 2 * (j / bytes));
  }
}

// The variance of a root whose remainder is bits `shift` and `shift` + 1 of a byte.
template <typename T>
DENSEAM_INLINE T unpackedVariance(T root, std::uint8_t packed, unsigned shift) {
  return varianceOf(root, BitsOf<T>{(packed >> shift & 3) - 1});
}

template <typename T>
void unpackVariances(std::size_t n, const T* roots, const std::uint8_t* packed, double* variances) {
  const std::size_t bytes = packedRemainders(n);
  for (std::size_t j = 0; j < n; ++j) {
    const auto shift = static_cast<unsigned>(2 * (j / bytes));
    variances[j] = static_cast<double>(unpackedVariance(roots[j], packed[j % bytes], shift));
  }
}

// sqrt v - sqrt w as (v - w) / (sqrt v + sqrt w), which loses no digits where v and w are close. `root` is sqrt v
// rounded to T, `other` sqrt w, `difference` v - w. A Newton step, sqrt v = (a^2 + v) / 2a, takes a float root a to
// double precision.
template <typename T>
DENSEAM_INLINE double rootDifference(T root, double v, double difference, double other) {
  const auto a = static_cast<double>(root);
  if constexpr (std::is_same_v<T, float>) {
    return a > 0 ? 2 * a * difference / (a * a + 2 * a * other + v) : -other;
  } else {
    return a + other > 0 ? difference / (a + other) : 0.0;
  }
}

// sum_j (sqrt v_j - sqrt w_j)^2, v_j the variances of the roots and packed remainders, others_j = sqrt w_j. Compiled
// for several instruction sets and chosen when the library loads.
double squaredRootDistance(std::size_t n, const float* roots, const std::uint8_t* packed, const double* w,
                           const double* others);
double squaredRootDistance(std::size_t n, const double* roots, const std::uint8_t* packed, const double* w,
                           const double* others);

}  // namespace denseam::euclidean
