#include "euclidean/vector_math.h"

#include <algorithm>
#include <limits>

#include "euclidean/root.h"
#include "simd/dispatch.h"
#include "simd/exponential.h"

namespace denseam::euclidean {
namespace {

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

template <typename T>
DENSEAM_INLINE double gibbsImpl(std::size_t n, double beta_, double shift_, T* __restrict distances) {
  // A beta that T cannot hold must not become 0 or infinite, which times infinite or equal distances were NaN.
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

template <typename T>
DENSEAM_INLINE double squaredDistanceImpl(std::size_t n, const T* __restrict row, const double* __restrict x) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t j = 0; j < n; ++j) {
    const double difference = static_cast<double>(row[j]) - x[j];
    sum += difference * difference;
  }
  return sum;
}

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

DENSEAM_DISPATCH float completeDistances(std::size_t n, float norm, const float* norms, float* scores) {
  return completeDistancesImpl(n, norm, norms, scores);
}
DENSEAM_DISPATCH double completeDistances(std::size_t n, double norm, const double* norms, double* scores) {
  return completeDistancesImpl(n, norm, norms, scores);
}
DENSEAM_DISPATCH double gibbs(std::size_t n, double beta, double shift, float* distances) {
  return gibbsImpl(n, beta, shift, distances);
}
DENSEAM_DISPATCH double gibbs(std::size_t n, double beta, double shift, double* distances) {
  return gibbsImpl(n, beta, shift, distances);
}
DENSEAM_DISPATCH double least(std::size_t n, const double* values) {
  double result = std::numeric_limits<double>::infinity();
#pragma omp simd reduction(min : result)
  for (std::size_t j = 0; j < n; ++j) result = values[j] < result ? values[j] : result;
  return result;
}
DENSEAM_DISPATCH double squaredDistance(std::size_t n, const float* row, const double* x) {
  return squaredDistanceImpl(n, row, x);
}
DENSEAM_DISPATCH double squaredDistance(std::size_t n, const double* row, const double* x) {
  return squaredDistanceImpl(n, row, x);
}
DENSEAM_DISPATCH double squaredRootDistance(std::size_t n, const float* roots, const std::uint8_t* packed,
                                            const double* w, const double* others) {
  return squaredRootDistanceImpl(n, roots, packed, w, others);
}
DENSEAM_DISPATCH double squaredRootDistance(std::size_t n, const double* roots, const std::uint8_t* packed,
                                            const double* w, const double* others) {
  return squaredRootDistanceImpl(n, roots, packed, w, others);
}

}  // namespace denseam::euclidean
