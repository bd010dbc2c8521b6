#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/aligned.h"
#include "memory/memory.h"

namespace denseam::pointcloud {

// Clouds as a caller gave them, copied. Cloud i has the points offsets[i] to offsets[i + 1]. The name is what errors
// call the argument; its clouds are counted from `first`, its points from `firstPoint`.
struct Clouds {
  std::size_t count = 0;
  std::size_t dimension = 0;
  std::vector<std::size_t> offsets;
  AlignedVector<double> points;   // total x dimension
  AlignedVector<double> weights;  // total
  std::string name = "states";
  std::size_t first = 0;
  std::size_t firstPoint = 0;

  std::size_t size(std::size_t cloud) const { return offsets[cloud + 1] - offsets[cloud]; }
  std::span<const double> pointsOf(std::size_t cloud) const {
    return std::span(points).subspan(offsets[cloud] * dimension, size(cloud) * dimension);
  }
  std::span<const double> weightsOf(std::size_t cloud) const {
    return std::span(weights).subspan(offsets[cloud], size(cloud));
  }
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

  // `points` has as many for every weight as there are dimensions. `unit` is sqrt(epsilon). Throws when coordinates in
  // it are so large that their squares overflow; `where` names the cloud.
  static Cloud prepare(std::size_t dimension, std::span<const double> points, std::span<const double> weights,
                       double unit, const std::string& where);
};

// Where a number is: its argument, and its place in words where the argument alone leaves one to count.
struct Place {
  std::string argument;
  std::string words = {};
};

// Divides weights by their sum, unless that differs from 1 by no more than the rounding of sums: weights that were
// divided once stay as they are.
void normalise(std::span<double> weights);

// Throws unless all weights are finite and at least 0, with the sum 1 but for the rounding of where they came from;
// then sets those below the least one to 0 and normalises the rest. `weightAt(k)` and `where` are what errors call a
// weight and all of them.
void checkWeights(std::span<double> weights, const std::function<Place(std::size_t)>& weightAt,
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
