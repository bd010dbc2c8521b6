#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "simd/dispatch.h"

// Roots of variances, rounded, and what the rounding loses. A root's precision is coarser than its variance's: up to
// three neighbouring variances round to one root (some more where it stands for several coordinates). Which of them it
// was is the remainder, two bits that make the root tell its variance exactly.
namespace denseam::euclidean {

template <typename T>
using BitsOf = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;

// The variance, which stands for `multiplicity` coordinates, that a root suggests: at most one number away from the one
// it was taken of where the multiplicity is 1. For v in [1, 2) a root is off by at most 2^-24 (in float), its square by
// sqrt(2) of v's spacing 2^-23 and the square's own rounding by half of it: less than 2 together; in [2, 4) by less.
template <typename T>
DENSEAM_INLINE T suggestedVariance(T root, double multiplicity = 1) {
  return static_cast<T>(static_cast<double>(root) * static_cast<double>(root) / multiplicity);
}

// How many numbers of T lie between the variance suggested and the one that was given. (Adding 0 takes the sign of -0.)
template <typename T>
BitsOf<T> remainderOf(T root, T variance, double multiplicity = 1) {
  return std::bit_cast<BitsOf<T>>(variance + T(0)) -
         std::bit_cast<BitsOf<T>>(suggestedVariance(root, multiplicity) + T(0));
}

template <typename T>
DENSEAM_INLINE T varianceOf(T root, BitsOf<T> remainder, double multiplicity = 1) {
  return std::bit_cast<T>(std::bit_cast<BitsOf<T>>(suggestedVariance(root, multiplicity) + T(0)) + remainder);
}

// The remainders of n roots as two bits each. Those of roots that are n/4 apart share a byte: what is read side by side
// lies side by side.
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

// The variance of a root whose remainder is in bits `shift` and `shift` + 1 of a byte.
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
// rounded to T, `other` sqrt w, `difference` v - w. From a float root a one Newton step, sqrt v = (a^2 + v) / 2a, leads
// to double.
template <typename T>
DENSEAM_INLINE double rootDifference(T root, double v, double difference, double other) {
  const auto a = static_cast<double>(root);
  if constexpr (std::is_same_v<T, float>) {
    return a > 0 ? 2 * a * difference / (a * a + 2 * a * other + v) : -other;
  } else {
    return a + other > 0 ? difference / (a + other) : 0.0;
  }
}

// sum_j (sqrt v_j - sqrt w_j)^2, v_j the variances that roots and packed remainders tell, others_j = sqrt w_j. Compiled
// for several instruction sets and chosen when the library loads.
double squaredRootDistance(std::size_t n, const float* roots, const std::uint8_t* packed, const double* w,
                           const double* others);
double squaredRootDistance(std::size_t n, const double* roots, const std::uint8_t* packed, const double* w,
                           const double* others);

}  // namespace denseam::euclidean
