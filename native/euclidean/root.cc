#include "euclidean/root.h"

#include <algorithm>

#include "simd/dispatch.h"

namespace denseam::euclidean {
namespace {

template <typename T>
DENSEAM_INLINE double squaredRootDistanceImpl(std::size_t n, const T* __restrict roots,
                                              const std::uint8_t* __restrict packed, const double* __restrict w,
                                              const double* __restrict others) {
  const std::size_t bytes = packedRemainders(n);
  double sum = 0;
  for (std::size_t begin = 0, shift = 0; begin < n; begin += bytes, shift += 2) {
    const std::size_t end = std::min(n, begin + bytes);
#pragma omp simd reduction(+ : sum)
    for (std::size_t j = begin; j < end; ++j) {
      const auto v = static_cast<double>(unpackedVariance(roots[j], packed[j - begin], static_cast<unsigned>(shift)));
      const double difference = rootDifference(roots[j], v, v - w[j], others[j]);
      sum += difference * difference;
    }
  }
  return sum;
}

}  // namespace

DENSEAM_DISPATCH double squaredRootDistance(std::size_t n, const float* roots, const std::uint8_t* packed,
                                            const double* w, const double* others) {
  return squaredRootDistanceImpl(n, roots, packed, w, others);
}
DENSEAM_DISPATCH double squaredRootDistance(std::size_t n, const double* roots, const std::uint8_t* packed,
                                            const double* w, const double* others) {
  return squaredRootDistanceImpl(n, roots, packed, w, others);
}

}  // namespace denseam::euclidean
