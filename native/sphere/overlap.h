#pragma once

#include <cstddef>

// Overlaps w.x of directions near 1, where the product of the vectors has lost the digits of 1 - w.x.
namespace denseam::sphere {

// Directions, a row each.
template <typename T>
struct Directions {
  std::size_t dimension;
  std::size_t count;
  const T* rows;
};

// Whether log densities of this peak need more digits than w.x has: its rounding times the effective beta is as large
// as many roundings of the peak itself.
template <typename T>
bool needsSharpOverlaps(double effectiveBeta, double logPeak);

// Replaces overlaps w.x of a row with all memories by w.x - 1, to rounding of that itself, by
//
//   1 - w.x = (|w - x|^2 - (|w| - |x|)^2) / 2 |w| |x|
//
// where it is less than a half: norms that are not quite 1 do not matter.
template <typename T>
void sharpenOverlaps(const Directions<T>& memories, const T* x, T* overlaps);

// The memory with the greatest overlap, the first of equal ones: near 1 by the differences from 1.
template <typename T>
std::size_t nearestMemory(const Directions<T>& memories, const T* x, const T* overlaps);

extern template bool needsSharpOverlaps<float>(double, double);
extern template bool needsSharpOverlaps<double>(double, double);
extern template void sharpenOverlaps(const Directions<float>&, const float*, float*);
extern template void sharpenOverlaps(const Directions<double>&, const double*, double*);
extern template std::size_t nearestMemory(const Directions<float>&, const float*, const float*);
extern template std::size_t nearestMemory(const Directions<double>&, const double*, const double*);

}  // namespace denseam::sphere
