#include "simd/exponentials.h"

#include <algorithm>
#include <limits>

#include "simd/dispatch.h"
#include "simd/exponential.h"

namespace denseam {
namespace {

template <typename T>
DENSEAM_INLINE void exponentialsImpl(std::size_t n, T scale, T centre, T offset, const T* x, T* y) {
#pragma omp simd
  for (std::size_t j = 0; j < n; ++j) y[j] = exponential<T, kLift<T>>(scale * (x[j] - centre) + offset);
}

template <typename T>
DENSEAM_INLINE double boltzmannFactorsImpl(std::size_t n, double beta_, double shift_, T* __restrict distances) {
  // A beta beyond the range of T must not become 0 or infinite: times infinite or equal distances it would give NaN.
  const T beta = static_cast<T>(std::clamp(beta_, static_cast<double>(std::numeric_limits<T>::denorm_min()),
                                           static_cast<double>(std::numeric_limits<T>::max())));
  const T shift = static_cast<T>(shift_);
  T sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t j = 0; j < n; ++j) {
    const T exponent = -beta * (distances[j] - shift);
    distances[j] = exponential<T>(exponent < 0 ? exponent : 0);
    sum += distances[j];
  }
  return static_cast<double>(sum);
}

}  // namespace

DENSEAM_DISPATCH void exponentials(std::size_t n, float scale, float centre, float offset, const float* x, float* y) {
  exponentialsImpl(n, scale, centre, offset, x, y);
}
DENSEAM_DISPATCH void exponentials(std::size_t n, double scale, double centre, double offset, const double* x,
                                   double* y) {
  exponentialsImpl(n, scale, centre, offset, x, y);
}

DENSEAM_DISPATCH double boltzmannFactors(double beta, double shift, std::span<float> distances) {
  return boltzmannFactorsImpl(distances.size(), beta, shift, distances.data());
}
DENSEAM_DISPATCH double boltzmannFactors(double beta, double shift, std::span<double> distances) {
  return boltzmannFactorsImpl(distances.size(), beta, shift, distances.data());
}

}  // namespace denseam
