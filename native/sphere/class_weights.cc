#include "sphere/class_weights.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sphere/scaling/sinkhorn_knopp.h"

namespace denseam::sphere {
namespace {

constexpr std::size_t kMostSweeps = 10;
// The rounding of the row sums.
constexpr double kTolerance = 1e-13;
// The step of logarithms below which weights keep ordinary sizes, however small they are.
constexpr double kOrdinaryStep = 50;
constexpr double kLogZero = -std::numeric_limits<double>::infinity();

// log sum exp of `count` numbers that lie `stride` apart.
double logSum(std::size_t count, std::size_t stride, const double* logs) {
  double top = kLogZero;
  for (std::size_t i = 0; i < count; ++i) top = std::max(top, logs[i * stride]);
  if (top == kLogZero) return top;
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += std::exp(logs[i * stride] - top);
  return top + std::log(sum);
}

// Scales a line of numbers, given by their logarithms, to its sum; a line of zeros stays.
void scaleLine(std::size_t count, std::size_t stride, double wanted, double* logs) {
  const double sum = logSum(count, stride, logs);
  if (sum == kLogZero) return;
  const double scale = std::log(wanted) - sum;
  for (std::size_t i = 0; i < count; ++i) logs[i * stride] += scale;
}

// The first sweep, which leaves numbers of ordinary size.
void sweepLogs(const Shares& shares, double* logs) {
  const std::size_t units = shares.hidden.size();
  const std::size_t labels = shares.classes.size();
  for (std::size_t mu = 0; mu < units; ++mu) scaleLine(labels, 1, shares.hidden[mu], logs + mu * labels);
  for (std::size_t y = 0; y < labels; ++y) scaleLine(units, labels, shares.classes[y], logs + y);
}

// Moves the velocities of a unit's weights. Weights of zero and their velocities stay: their gradients, of any size, do
// not count. Returns the greatest absolute velocity of a weight that is not zero.
double moveVelocities(const ClassWeightStep& by, double share, double unitCount, std::size_t labels,
                      const double* gradient, const double* weights, double* velocity) {
  double mean = 0;
  for (std::size_t y = 0; y < labels; ++y) mean += weights[y] > 0 ? weights[y] * gradient[y] : 0;
  mean /= share;
  double greatest = 0;
  for (std::size_t y = 0; y < labels; ++y) {
    if (!(weights[y] > 0)) continue;
    velocity[y] = by.momentum * velocity[y] - by.learningRate * (gradient[y] - mean) / unitCount;
    greatest = std::max(greatest, std::abs(velocity[y]));
  }
  return greatest;
}

// The exponentiated step and the first sweep, in logarithms.
void stepInLogs(double learningRate, const Shares& shares, const double* velocity, double* weights) {
  std::vector<double> logs(shares.hidden.size() * shares.classes.size(), kLogZero);
  for (std::size_t i = 0; i < logs.size(); ++i) {
    if (weights[i] > 0) logs[i] = std::log(weights[i]) + learningRate * velocity[i];
  }
  sweepLogs(shares, logs.data());
  std::transform(logs.begin(), logs.end(), weights, [](double log) { return std::exp(log); });
}

}  // namespace

void descendClassWeights(const ClassWeightStep& by, const Shares& shares, const double* gradient, double* velocity,
                         double* weights, const Job& job) {
  const std::size_t units = shares.hidden.size();
  const std::size_t labels = shares.classes.size();
  // P + P0 of appendix D: the background and the P others in units of the average size.
  const double unitCount = static_cast<double>(units - 1) / (1 - shares.hidden[0]);
  double greatest = 0;
  for (std::size_t mu = 0; mu < units; ++mu) {
    const std::size_t first = mu * labels;
    greatest = std::max(greatest, moveVelocities(by, shares.hidden[mu], unitCount, labels, gradient + first,
                                                 weights + first, velocity + first));
  }
  // A small weight has a large gradient: the exponential of its step may overflow.
  const bool isOrdinary = by.learningRate * greatest < kOrdinaryStep;
  if (isOrdinary) {
    for (std::size_t i = 0; i < units * labels; ++i) weights[i] *= std::exp(by.learningRate * velocity[i]);
  } else {
    stepInLogs(by.learningRate, shares, velocity, weights);
  }
  sinkhornKnopp({shares.hidden, shares.classes}, kTolerance, isOrdinary ? kMostSweeps : kMostSweeps - 1,
                {weights, units * labels}, job);
}

}  // namespace denseam::sphere
