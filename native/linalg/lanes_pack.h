#pragma once

#include "linalg/lanes_vector.h"

// Triangles that lie one after the other, side by side in the lanes.
namespace denseam::linalg::lanes {
namespace {

template <typename T>
void packTriangles(std::size_t count, const T* const* triangles, T* group) {
  for (std::size_t k = 0; k < count; ++k) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) group[k * kLanes + lane] = triangles[lane][k];
  }
}

}  // namespace
}  // namespace denseam::linalg::lanes
