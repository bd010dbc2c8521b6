#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "simd/exponentials.h"

namespace denseam {

// Half the spacing of the numbers just below 1: less than that is invisible beside a Gibbs weight.
inline constexpr double kInvisibleMass = 0x1p-53;

// How much farther than for the weights a search has to look for the energy, E = D_1 - log1p(s) / beta with the least
// distance D_1 and the sum s of the other weights relative to the nearest item's. What a search leaves out is small
// beside 1; it is as small beside what E consists of, beta D_1 and s, where the search looks -log max(beta D_1, s) /
// beta farther. That matters where a query is nearly an item and no other one is near: the last ten of the energy's 53
// bits are not worth a longer search. `least` is at most D_1; `gap` is how far the second nearest item is behind the
// nearest, infinite when it is not known.
inline double energyMargin(double beta, double least, double gap) {
  constexpr double kGreatestExponent = 745;  // exp(-745) is the last that is not 0
  const double certain = std::clamp(0x1p10 * beta * least, 0.0, 1.0);
  const double exponent = certain > 0 ? std::min(-std::log(certain), kGreatestExponent) : kGreatestExponent;
  return std::min(exponent / beta, gap);
}

struct Gibbs {
  double energy;
  std::int32_t nearest;
  double nearestDistance;
};

// Turns one query's squared distances into Gibbs weights in place: w_i = exp(-beta D_i) / sum_j exp(-beta D_j), with
// E = -log(sum_j exp(-beta D_j)) / beta. Shifted by the least distance, so that no exponential overflows and one is 1:
// the energy is the nearest distance less log1p of the sum of the others, which keeps the digits of a sum far below 1.
inline Gibbs gibbsWeights(double beta, std::span<double> distances) {
  const auto nearest = std::min_element(distances.begin(), distances.end());
  const auto index = static_cast<std::size_t>(nearest - distances.begin());
  const double least = *nearest;
  const double others = boltzmannFactors(beta, least, distances.first(index)) +
                        boltzmannFactors(beta, least, distances.subspan(index + 1));
  *nearest = 1;
  for (double& weight : distances) weight /= 1 + others;
  return {least - std::log1p(others) / beta, static_cast<std::int32_t>(index), least};
}

}  // namespace denseam
