#include "simd/vectors.h"

#include <limits>

#include "simd/dispatch.h"

namespace denseam {
namespace {

template <typename T>
DENSEAM_INLINE T greatestImpl(std::size_t n, const T* __restrict x) {
  T result = -std::numeric_limits<T>::infinity();
#pragma omp simd reduction(max : result)
  for (std::size_t j = 0; j < n; ++j) result = x[j] > result ? x[j] : result;
  return result;
}

template <typename T>
DENSEAM_INLINE void multiplyByImpl(std::size_t n, const T* __restrict x, T* __restrict y) {
#pragma omp simd
  for (std::size_t j = 0; j < n; ++j) y[j] *= x[j];
}

template <typename T>
DENSEAM_INLINE double innerProductImpl(std::size_t n, const T* __restrict x, const T* __restrict y) {
  T sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t j = 0; j < n; ++j) sum += x[j] * y[j];
  return static_cast<double>(sum);
}

template <typename T>
DENSEAM_INLINE void scaleByImpl(std::size_t n, double scale, T* __restrict y) {
  const T factor = static_cast<T>(scale);
#pragma omp simd
  for (std::size_t j = 0; j < n; ++j) y[j] *= factor;
}

template <typename T>
DENSEAM_INLINE void addScaledImpl(std::size_t n, double scale, const T* __restrict x, T* __restrict y) {
  const T factor = static_cast<T>(scale);
#pragma omp simd
  for (std::size_t j = 0; j < n; ++j) y[j] += factor * x[j];
}

}  // namespace

DENSEAM_DISPATCH double least(std::span<const double> x) {
  double result = std::numeric_limits<double>::infinity();
#pragma omp simd reduction(min : result)
  for (std::size_t j = 0; j < x.size(); ++j) result = x[j] < result ? x[j] : result;
  return result;
}

DENSEAM_DISPATCH float greatest(std::span<const float> x) { return greatestImpl(x.size(), x.data()); }
DENSEAM_DISPATCH double greatest(std::span<const double> x) { return greatestImpl(x.size(), x.data()); }

DENSEAM_DISPATCH void multiplyBy(std::size_t n, const float* x, float* y) { multiplyByImpl(n, x, y); }
DENSEAM_DISPATCH void multiplyBy(std::size_t n, const double* x, double* y) { multiplyByImpl(n, x, y); }

DENSEAM_DISPATCH double innerProduct(std::size_t n, const float* x, const float* y) {
  return innerProductImpl(n, x, y);
}
DENSEAM_DISPATCH double innerProduct(std::size_t n, const double* x, const double* y) {
  return innerProductImpl(n, x, y);
}

DENSEAM_DISPATCH void scaleBy(double scale, std::span<float> y) { scaleByImpl(y.size(), scale, y.data()); }
DENSEAM_DISPATCH void scaleBy(double scale, std::span<double> y) { scaleByImpl(y.size(), scale, y.data()); }

DENSEAM_DISPATCH void addScaled(std::size_t n, double scale, const float* x, float* y) {
  addScaledImpl(n, scale, x, y);
}
DENSEAM_DISPATCH void addScaled(std::size_t n, double scale, const double* x, double* y) {
  addScaledImpl(n, scale, x, y);
}

}  // namespace denseam
