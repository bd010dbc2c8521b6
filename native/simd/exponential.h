#pragma once

#include <bit>
#include <cstdint>

#include "simd/dispatch.h"

// The exponential for loops that vectorise; to be called from functions marked DENSEAM_DISPATCH.
namespace denseam {

// exp(x) is 2^k times a polynomial in r = x - k log 2, |r| <= log(2)/2. The polynomial is Taylor's, whose remainder
// there is below the precision (6e-18 in double, 2e-9 in float). Adding `kRound` leaves k in the low bits of the sum.
template <typename T>
struct Exp;

template <>
struct Exp<double> {
  using Integer = std::int64_t;
  static constexpr double kUnderflow = -708.0;
  static constexpr double kRound = 6755399441055744.0;  // 1.5 * 2^52
  static constexpr double kLog2High = 6.93147180369123816490e-01, kLog2Low = 1.90821492927058770002e-10;
  static constexpr Integer kBias = 1023;
  static constexpr int kMantissa = 52;
  static DENSEAM_INLINE double polynomial(double r) {
    double p = 1.0 / 6227020800.0;
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * r + 1.0;
    return p * r + 1.0;
  }
};

template <>
struct Exp<float> {
  using Integer = std::int32_t;
  static constexpr float kUnderflow = -87.0F;
  static constexpr float kRound = 12582912.0F;  // 1.5 * 2^23
  static constexpr float kLog2High = 0.693145752F, kLog2Low = 1.42860677e-6F;
  static constexpr Integer kBias = 127;
  static constexpr int kMantissa = 23;
  static DENSEAM_INLINE float polynomial(float r) {
    float p = 1.0F / 5040.0F;
    p = p * r + 1.0F / 720.0F;
    p = p * r + 1.0F / 120.0F;
    p = p * r + 1.0F / 24.0F;
    p = p * r + 1.0F / 6.0F;
    p = p * r + 0.5F;
    p = p * r + 1.0F;
    return p * r + 1.0F;
  }
};

// 2^lift exp(x), zero where that would be subnormal. x is up to 88 in float, 709 in double, less lift log 2.
template <typename T, int kLift = 0>
DENSEAM_INLINE T exponential(T x) {
  using E = Exp<T>;
  constexpr T kLog2e = static_cast<T>(1.44269504088896340736);
  constexpr T kLeast = E::kUnderflow - static_cast<T>(kLift * 0.693147180559945309417);
  const T clamped = x < kLeast ? kLeast : x;
  const T shifted = clamped * kLog2e + E::kRound;
  const T k = shifted - E::kRound;
  const T r = (clamped - k * E::kLog2High) - k * E::kLog2Low;
  const auto bits = (std::bit_cast<typename E::Integer>(shifted) + E::kBias + kLift) << E::kMantissa;
  const T value = E::polynomial(r) * std::bit_cast<T>(bits);
  return x < kLeast ? T(0) : value;
}

}  // namespace denseam
