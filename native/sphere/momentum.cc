#include "sphere/momentum.h"

#include "simd/dispatch.h"

namespace denseam::sphere {
namespace {

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

DENSEAM_DISPATCH double descend(std::size_t n, const MomentumStep& by, double alongMemory, const float* sum, float* v,
                                float* w) {
  return descendImpl(n, by, alongMemory, sum, v, w);
}
DENSEAM_DISPATCH double descend(std::size_t n, const MomentumStep& by, double alongMemory, const double* sum, double* v,
                                double* w) {
  return descendImpl(n, by, alongMemory, sum, v, w);
}

}  // namespace denseam::sphere
