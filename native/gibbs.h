#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "euclidean/vector_math.h"

namespace denseam {

struct Gibbs {
  double energy;
  std::int32_t nearest;
  double nearestDistance;
};

// Turns one query's squared distances into Gibbs weights in place: w_i = exp(-beta D_i) / sum_j exp(-beta D_j), with
// E = -log(sum_j exp(-beta D_j)) / beta. Shifted by the least distance, so that no exponential overflows and one is 1.
inline Gibbs gibbsWeights(std::size_t count, double beta, double* distances) {
  const double* least = std::min_element(distances, distances + count);
  const Gibbs result{0, static_cast<std::int32_t>(least - distances), *least};
  const double sum = euclidean::gibbs(count, beta, result.nearestDistance, distances);
  for (std::size_t i = 0; i < count; ++i) distances[i] /= sum;
  return {result.nearestDistance - std::log(sum) / beta, result.nearest, result.nearestDistance};
}

}  // namespace denseam
