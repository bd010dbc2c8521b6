#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "simd/exponentials.h"

namespace denseam {

// The mass that is invisible beside a Gibbs weight: half the spacing of the numbers just below 1.
inline constexpr double kInvisibleMass = 0x1p-53;

// The margin by which a search for the energy exceeds the search for the weights. E = D_1 - log1p(s) / beta with the
// least distance D_1 and the sum s of the other weights relative to the nearest item's. The weight that a search leaves
// out is small beside 1; the margin -log max(beta D_1, s) / beta makes it as small beside the parts of E, beta D_1 and
// s. That matters where a query is nearly an item and no other item is near: the last ten of the energy's 53 bits are
// not worth a longer search. `least` is at most D_1; `gap` is the distance of the second nearest item behind the
// nearest, infinite when unknown.
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
// E = -log(sum_j exp(-beta D_j)) / beta. Distances less the least one: no exponential overflows and one is 1. The
// energy is the nearest distance less log1p of the sum of the others, which keeps the digits of a sum far below 1.
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
