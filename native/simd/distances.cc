#include "simd/distances.h"

#include <cmath>
#include <limits>
#include <type_traits>

#include "simd/dispatch.h"

namespace denseam {
namespace {

template <typename T, typename U>
DENSEAM_INLINE double squaredDistanceImpl(std::size_t n, const T* __restrict x, const U* __restrict y) {
  using Wider = std::common_type_t<T, U>;
  Wider sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t j = 0; j < n; ++j) {
    const Wider difference = static_cast<Wider>(x[j]) - static_cast<Wider>(y[j]);
    sum += difference * difference;
  }
  return static_cast<double>(sum);
}

template <typename T>
DENSEAM_INLINE T completeDistancesImpl(std::size_t n, T norm, const T* __restrict norms, T* __restrict scores) {
  T least = std::numeric_limits<T>::infinity();
#pragma omp simd reduction(min : least)
  for (std::size_t j = 0; j < n; ++j) {
    const T d = norm + norms[j] - 2 * scores[j];
    scores[j] = d > 0 ? d : 0;
    least = scores[j] < least ? scores[j] : least;
  }
  return least;
}

}  // namespace

DENSEAM_DISPATCH double squaredDistance(std::span<const float> x, std::span<const float> y) {
  return squaredDistanceImpl(x.size(), x.data(), y.data());
}
DENSEAM_DISPATCH double squaredDistance(std::span<const float> x, std::span<const double> y) {
  return squaredDistanceImpl(x.size(), x.data(), y.data());
}
DENSEAM_DISPATCH double squaredDistance(std::span<const double> x, std::span<const double> y) {
  return squaredDistanceImpl(x.size(), x.data(), y.data());
}

DENSEAM_DISPATCH double squaredDistance(std::span<const double> x, std::span<const double> y, double unit) {
  const double scale = 1 / unit;
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t j = 0; j < x.size(); ++j) sum += (x[j] - y[j]) * scale * ((x[j] - y[j]) * scale);
  return sum;
}

DENSEAM_DISPATCH double absoluteDistance(std::size_t n, const double* x, const double* y) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t j = 0; j < n; ++j) sum += std::fabs(x[j] - y[j]);
  return sum;
}

DENSEAM_DISPATCH float completeDistances(std::size_t n, float norm, const float* norms, float* scores) {
  return completeDistancesImpl(n, norm, norms, scores);
}
DENSEAM_DISPATCH double completeDistances(std::size_t n, double norm, const double* norms, double* scores) {
  return completeDistancesImpl(n, norm, norms, scores);
}

}  // namespace denseam
