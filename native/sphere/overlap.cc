#include "sphere/overlap.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "simd/distances.h"
#include "simd/vectors.h"

namespace denseam::sphere {
namespace {

// The overlap above which 1 - w.x is less than w.x and its digits are worth keeping.
constexpr double kNear = 0.5;

// The tolerance of the rounding of w.x, times beta, in roundings of the peak. Training in float in a usual range of
// beta should be as fast as possible.
template <typename T>
constexpr double kBlunt = sizeof(T) == sizeof(float) ? 64 : 8;

template <typename T>
double norm(std::size_t d, const T* x) {
  return std::sqrt(innerProduct(d, x, x));
}

// 1 - w.x for the directions of w and x, neither of which is zero.
template <typename T>
double shortfall(std::size_t d, const T* w, const T* x, double normOfX) {
  const double normOfW = norm(d, w);
  const double stretch = normOfW - normOfX;
  return std::max(0.0, squaredDistance({w, d}, {x, d}) - stretch * stretch) / (2 * normOfW * normOfX);
}

}  // namespace

template <typename T>
bool needsSharpOverlaps(double effectiveBeta, double logPeak) {
  return effectiveBeta > kBlunt<T> * (1 + std::abs(logPeak));
}

template <typename T>
void sharpenOverlaps(const Directions<T>& memories, const T* x, T* overlaps) {
  const std::size_t d = memories.dimension;
  const double normOfX = norm(d, x);
  for (std::size_t mu = 0; mu < memories.count; ++mu) {
    const bool isNear = static_cast<double>(overlaps[mu]) > kNear;
    overlaps[mu] = isNear ? static_cast<T>(-shortfall(d, memories.rows + mu * d, x, normOfX)) : overlaps[mu] - T(1);
  }
}

template <typename T>
std::size_t nearestMemory(const Directions<T>& memories, const T* x, const T* overlaps) {
  const std::size_t d = memories.dimension;
  const T* greatest = std::max_element(overlaps, overlaps + memories.count);
  auto nearest = static_cast<std::size_t>(greatest - overlaps);
  if (static_cast<double>(*greatest) <= kNear) return nearest;
  // The rounding that may separate equal overlaps.
  const double rounding =
      4 * std::sqrt(static_cast<double>(d)) * static_cast<double>(std::numeric_limits<T>::epsilon());
  const T least = *greatest - static_cast<T>(rounding);
  const double normOfX = norm(d, x);
  double nearestShortfall = std::numeric_limits<double>::infinity();
  for (std::size_t mu = 0; mu < memories.count; ++mu) {
    if (overlaps[mu] < least) continue;
    const double found = shortfall(d, memories.rows + mu * d, x, normOfX);
    if (found < nearestShortfall) {
      nearest = mu;
      nearestShortfall = found;
    }
  }
  return nearest;
}

template bool needsSharpOverlaps<float>(double, double);
template bool needsSharpOverlaps<double>(double, double);
template void sharpenOverlaps(const Directions<float>&, const float*, float*);
template void sharpenOverlaps(const Directions<double>&, const double*, double*);
template std::size_t nearestMemory(const Directions<float>&, const float*, const float*);
template std::size_t nearestMemory(const Directions<double>&, const double*, const double*);

}  // namespace denseam::sphere
