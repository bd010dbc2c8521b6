#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/aligned.h"
#include "memory/memory.h"

namespace denseam::pointcloud {

// A copy of a caller's clouds. Cloud i has the points offsets[i] to offsets[i + 1]. The name is the argument's name in
// errors; its clouds are counted from `first`.
struct Clouds {
  std::size_t count = 0;
  std::size_t dimension = 0;
  std::vector<std::size_t> offsets;
  AlignedVector<double> points;   // total x dimension
  AlignedVector<double> weights;  // total
  std::string name = "states";
  std::size_t first = 0;

  std::size_t size(std::size_t cloud) const { return offsets[cloud + 1] - offsets[cloud]; }
  std::string at(std::size_t cloud) const { return name + "[" + std::to_string(first + cloud) + "]"; }
};

// Clouds in the form of results: offsets, points and weights of all.
struct FlatClouds {
  std::vector<std::int32_t> offsets{0};
  std::vector<double> points, weights;
};

// The least weight of a point that counts: a smaller one has no safe logarithm or square.
constexpr double kLeastWeight = 1e-100;

// A cloud made ready for transport: points of weight 0 left out, the others about their mean, in units of
// sqrt(epsilon). Transport between clouds about their means differs by the squared distance of the means alone.
struct Cloud {
  std::size_t size = 0;
  std::size_t dimension = 0;
  AlignedVector<double> points;   // size x dimension
  AlignedVector<double> weights;  // above 0, their sum is 1
  // In the caller's units: the mean is where points are counted from, rounded, plus the rest. Far from the origin the
  // rest corrects divergences for the rounding of the mean.
  std::vector<double> mean, rest;
  std::vector<std::size_t> index;  // of each point in the cloud it came from

  // `unit` is sqrt(epsilon). Throws when coordinates in it are so large that their squares overflow; `where` names the
  // cloud.
  static Cloud prepare(std::size_t size, std::size_t dimension, const double* points, const double* weights,
                       double unit, const std::string& where);
};

// Divides weights by their sum, unless that differs from 1 by no more than the rounding of sums: normalised weights
// stay unchanged.
void normalise(std::size_t count, double* weights);

// Throws unless all weights are finite and at least 0, with the sum 1 up to the rounding of their source; then sets
// those below the least one to 0 and normalises the rest. `weightAt(k)` and `where` name a weight and all of them in
// errors.
void checkWeights(std::size_t count, double* weights, const std::function<std::string(std::size_t)>& weightAt,
                  const std::string& where);

// Throws unless all numbers are finite and the weights of each cloud at least 0, with the sum 1; then divides them by
// their sum and sets those below the least one to 0.
void checkClouds(Clouds& clouds);

// Sets a solved divergence that rounding left below 0 to 0; an unsolved one may be anything, and stays.
inline double nonNegative(double divergence, bool converged) { return converged && divergence < 0 ? 0 : divergence; }

// c_kj = |x_k - y_j|^2. `scratch` is work space.
void costsBetween(const Cloud& x, const Cloud& y, AlignedVector<double>& scratch, AlignedVector<double>& costs);
// mean x - mean y in units of sqrt(epsilon), `unit`.
std::vector<double> meanDifference(const Cloud& x, const Cloud& y, double unit);

}  // namespace denseam::pointcloud
