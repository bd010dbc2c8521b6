#include "sphere/class_weights.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sphere/sinkhorn_knopp.h"

namespace denseam::sphere {
namespace {

constexpr std::size_t kMostSweeps = 10;
// Of the row sums: what rounding leaves of them.
constexpr double kTolerance = 1e-13;

}  // namespace

void descendClassWeights(const ClassWeightStep& by, const Shares& shares, const double* gradient, double* velocity,
                         double* weights) {
  const std::size_t units = shares.hidden.size();
  const std::size_t labels = shares.classes.size();
  // P + P0 of appendix D: how many units of the average size the background and the P others are.
  const double unitCount = static_cast<double>(units - 1) / (1 - shares.hidden[0]);
  for (std::size_t mu = 0; mu < units; ++mu) {
    if (shares.hidden[mu] == 0) continue;
    const double* gradientOfUnit = gradient + mu * labels;
    double* weightsOfUnit = weights + mu * labels;
    double mean = 0;
    for (std::size_t y = 0; y < labels; ++y) mean += weightsOfUnit[y] * gradientOfUnit[y];
    mean /= shares.hidden[mu];
    double greatest = -std::numeric_limits<double>::infinity();
    for (std::size_t y = 0; y < labels; ++y) {
      double& v = velocity[mu * labels + y];
      v = by.momentum * v - by.learningRate * (gradientOfUnit[y] - mean) / unitCount;
      if (weightsOfUnit[y] > 0) greatest = std::max(greatest, v);
    }
    // A factor common to a row is without effect, since rows are scaled next; this one keeps the exponentials finite.
    for (std::size_t y = 0; y < labels; ++y) {
      if (weightsOfUnit[y] > 0) weightsOfUnit[y] *= std::exp(by.learningRate * (velocity[mu * labels + y] - greatest));
    }
  }
  sinkhornKnopp(units, labels, {shares.hidden.data(), shares.classes.data()}, kTolerance, kMostSweeps, weights);
}

}  // namespace denseam::sphere
