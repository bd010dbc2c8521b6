#include "sphere/class_weights.h"

#include <cmath>

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
    for (std::size_t y = 0; y < labels; ++y) {
      double& v = velocity[mu * labels + y];
      v = by.momentum * v - by.learningRate * (gradientOfUnit[y] - mean) / unitCount;
      weightsOfUnit[y] *= std::exp(by.learningRate * v);
    }
  }
  sinkhornKnopp(units, labels, {shares.hidden.data(), shares.classes.data()}, kTolerance, kMostSweeps, weights);
}

}  // namespace denseam::sphere
