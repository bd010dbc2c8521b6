#include "pointcloud/cloud.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/format.h"
#include "base/single.h"
#include "pointcloud/kernels.h"
#include "simd/vectors.h"

namespace denseam::pointcloud {
namespace {

// The greatest coordinate: sums of its square do not overflow in any dimension.
constexpr double kGreatestCoordinate = 1e150;

// The tolerance of a sum of weights about 1: the rounding of decimal files and of single precision.
constexpr double kSumError = 1e-6, kSumErrorOfFloats = 1e-4;

double sumErrorOf(std::span<const double> weights) { return areSingle(weights) ? kSumErrorOfFloats : kSumError; }

Error outOfReach(const std::string& where) {
  return {"ERR_RANGE",
          {.argument = where,
           .expected = "coordinates within 1e150 sqrt(epsilon)",
           .found = "it has others, whose squares overflow"}};
}

// The error about the number at a place.
Error refused(const char* code, const Place& place, const char* expected, double value) {
  const std::string words = place.words.empty() ? "" : " (" + place.words + ")";
  return {code, {.argument = place.argument, .expected = expected, .received = number(value) + words}};
}

Error notFinite(const Place& place, double value) { return refused("ERR_NOT_FINITE", place, "a finite number", value); }

// Coordinate i of point k.
Place coordinateAt(const Clouds& clouds, std::size_t cloud, std::size_t k, std::size_t i) {
  const std::size_t index = (clouds.firstPoint + clouds.offsets[cloud] + k) * clouds.dimension + i;
  return {clouds.name + ".points[" + std::to_string(index) + "]",
          "coordinate " + std::to_string(i) + " of point " + std::to_string(k) + " of " + clouds.at(cloud)};
}

Place weightAt(const Clouds& clouds, std::size_t cloud, std::size_t k) {
  const std::size_t index = clouds.firstPoint + clouds.offsets[cloud] + k;
  return {clouds.name + ".weights[" + std::to_string(index) + "]",
          "weight " + std::to_string(k) + " of " + clouds.at(cloud)};
}

}  // namespace

void normalise(std::span<double> weights) {
  double total = 0;
  for (const double weight : weights) total += weight;
  if (std::fabs(total - 1) <= static_cast<double>(weights.size()) * 0x1p-53) return;
  for (double& weight : weights) weight /= total;
}

void checkWeights(std::span<double> weights, const std::function<Place(std::size_t)>& weightAt,
                  const std::string& where) {
  double total = 0;
  for (std::size_t k = 0; k < weights.size(); ++k) {
    if (!std::isfinite(weights[k])) throw notFinite(weightAt(k), weights[k]);
    if (weights[k] < 0) throw refused("ERR_RANGE", weightAt(k), "a number of at least 0", weights[k]);
    total += weights[k];
  }
  if (!(std::fabs(total - 1) <= sumErrorOf(weights))) {
    throw Error("ERR_RANGE",
                {.argument = where, .expected = "weights that sum to 1", .found = "their sum is " + number(total)});
  }
  for (double& weight : weights) {
    if (weight < kLeastWeight) weight = 0;
  }
  normalise(weights);
}

void checkClouds(Clouds& clouds) {
  const std::size_t d = clouds.dimension;
  for (std::size_t cloud = 0; cloud < clouds.count; ++cloud) {
    const std::size_t begin = clouds.offsets[cloud];
    for (std::size_t k = 0; k < clouds.size(cloud); ++k) {
      for (std::size_t i = 0; i < d; ++i) {
        const double value = clouds.points[(begin + k) * d + i];
        if (!std::isfinite(value)) throw notFinite(coordinateAt(clouds, cloud, k, i), value);
      }
    }
    checkWeights(
        std::span(clouds.weights).subspan(begin, clouds.size(cloud)),
        [&](std::size_t k) { return weightAt(clouds, cloud, k); }, clouds.at(cloud));
  }
}

Cloud Cloud::prepare(std::size_t d, std::span<const double> points, std::span<const double> weights, double unit,
                     const std::string& where) {
  Cloud cloud;
  cloud.dimension = d;
  for (std::size_t k = 0; k < weights.size(); ++k) {
    if (weights[k] > 0) cloud.index.push_back(k);
  }
  cloud.size = cloud.index.size();
  cloud.points.reserve(cloud.size * d);
  cloud.weights.reserve(cloud.size);
  std::vector<double> mean(d);
  for (const std::size_t k : cloud.index) {
    const std::span<const double> point = points.subspan(k * d, d);
    cloud.weights.push_back(weights[k]);
    cloud.points.insert(cloud.points.end(), point.begin(), point.end());
    addScaled(d, weights[k], point.data(), mean.data());
  }
  cloud.rest.resize(d);
  centre(cloud.size, d, cloud.weights.data(), mean.data(), cloud.points.data(), cloud.rest.data());
  const double reach = shiftAndScale(cloud.size, d, cloud.rest.data(), 1 / unit, cloud.points.data());
  if (!(reach <= kGreatestCoordinate)) throw outOfReach(where);
  for (const double coordinate : mean) {
    if (!(std::fabs(coordinate / unit) <= kGreatestCoordinate)) throw outOfReach(where);
  }
  cloud.mean = std::move(mean);
  return cloud;
}

void costsBetween(const Cloud& x, const Cloud& y, AlignedVector<double>& scratch, AlignedVector<double>& costs) {
  const std::size_t d = x.dimension;
  scratch.resize(y.size * d);
  costs.resize(x.size * y.size);
  transpose(y.size, d, y.points.data(), scratch.data());
  squaredDistances(x.size, y.size, d, x.points.data(), scratch.data(), costs.data());
}

std::vector<double> meanDifference(const Cloud& x, const Cloud& y, double unit) {
  std::vector<double> difference(x.dimension);
  for (std::size_t i = 0; i < x.dimension; ++i) {
    difference[i] = ((x.mean[i] - y.mean[i]) + (x.rest[i] - y.rest[i])) / unit;
  }
  return difference;
}

}  // namespace denseam::pointcloud
