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
// E = -log(sum_j exp(-beta D_j)) / beta. Shifted by the least distance, so that no exponential overflows and one is 1:
// the energy is the nearest distance less log1p of the sum of the others, which keeps the digits of a sum far below 1.
inline Gibbs gibbsWeights(std::size_t count, double beta, double* distances) {
  double* nearest = std::min_element(distances, distances + count);
  const auto index = static_cast<std::size_t>(nearest - distances);
  const double least = *nearest;
  const double others =
      euclidean::gibbs(index, beta, least, distances) + euclidean::gibbs(count - index - 1, beta, least, nearest + 1);
  *nearest = 1;
  for (std::size_t i = 0; i < count; ++i) distances[i] /= 1 + others;
  return {least - std::log1p(others) / beta, static_cast<std::int32_t>(index), least};
}

}  // namespace denseam
