#include "sphere/vector_math.h"

#include <limits>

#include "dispatch.h"
#include "exponential.h"

namespace denseam::sphere {
namespace {

template <typename T>
DENSEAM_INLINE T greatestImpl(std::size_t n, const T* __restrict x) {
  T result = -std::numeric_limits<T>::infinity();
#pragma omp simd reduction(max : result)
  for (std::size_t j = 0; j < n; ++j) result = x[j] > result ? x[j] : result;
  return result;
}

template <typename T>
DENSEAM_INLINE void exponentialsImpl(std::size_t n, T scale, T offset, const T* x, T* y) {
#pragma omp simd
  for (std::size_t j = 0; j < n; ++j) y[j] = exponential<T>(scale * x[j] + offset);
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
DENSEAM_INLINE double squaredDistanceImpl(std::size_t n, const T* __restrict x, const T* __restrict y) {
  T sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t j = 0; j < n; ++j) sum += (x[j] - y[j]) * (x[j] - y[j]);
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

template <typename T>
DENSEAM_INLINE double descendImpl(std::size_t n, const MomentumStep& by, double alongMemory, const T* __restrict sum,
                                  T* __restrict v, T* __restrict w) {
  const T momentum = static_cast<T>(by.momentum);
  const T rate = static_cast<T>(by.rate);
  const T step = static_cast<T>(by.step);
  const T along = static_cast<T>(alongMemory);
  T norm = 0;
#pragma omp simd reduction(+ : norm)
  for (std::size_t j = 0; j < n; ++j) {
    v[j] = momentum * v[j] + rate * (sum[j] - along * w[j]);
    w[j] += step * v[j];
    norm += w[j] * w[j];
  }
  return static_cast<double>(norm);
}

}  // namespace

DENSEAM_DISPATCH float greatest(std::size_t n, const float* x) { return greatestImpl(n, x); }
DENSEAM_DISPATCH double greatest(std::size_t n, const double* x) { return greatestImpl(n, x); }

DENSEAM_DISPATCH void exponentials(std::size_t n, float scale, float offset, const float* x, float* y) {
  exponentialsImpl(n, scale, offset, x, y);
}
DENSEAM_DISPATCH void exponentials(std::size_t n, double scale, double offset, const double* x, double* y) {
  exponentialsImpl(n, scale, offset, x, y);
}

DENSEAM_DISPATCH void multiplyBy(std::size_t n, const float* x, float* y) { multiplyByImpl(n, x, y); }
DENSEAM_DISPATCH void multiplyBy(std::size_t n, const double* x, double* y) { multiplyByImpl(n, x, y); }

DENSEAM_DISPATCH double innerProduct(std::size_t n, const float* x, const float* y) {
  return innerProductImpl(n, x, y);
}
DENSEAM_DISPATCH double innerProduct(std::size_t n, const double* x, const double* y) {
  return innerProductImpl(n, x, y);
}

DENSEAM_DISPATCH double squaredDistance(std::size_t n, const float* x, const float* y) {
  return squaredDistanceImpl(n, x, y);
}
DENSEAM_DISPATCH double squaredDistance(std::size_t n, const double* x, const double* y) {
  return squaredDistanceImpl(n, x, y);
}

DENSEAM_DISPATCH void scaleBy(std::size_t n, double scale, float* y) { scaleByImpl(n, scale, y); }
DENSEAM_DISPATCH void scaleBy(std::size_t n, double scale, double* y) { scaleByImpl(n, scale, y); }

DENSEAM_DISPATCH void addScaled(std::size_t n, double scale, const float* x, float* y) {
  addScaledImpl(n, scale, x, y);
}
DENSEAM_DISPATCH void addScaled(std::size_t n, double scale, const double* x, double* y) {
  addScaledImpl(n, scale, x, y);
}

DENSEAM_DISPATCH double descend(std::size_t n, const MomentumStep& by, double alongMemory, const float* sum, float* v,
                                float* w) {
  return descendImpl(n, by, alongMemory, sum, v, w);
}
DENSEAM_DISPATCH double descend(std::size_t n, const MomentumStep& by, double alongMemory, const double* sum, double* v,
                                double* w) {
  return descendImpl(n, by, alongMemory, sum, v, w);
}

}  // namespace denseam::sphere
