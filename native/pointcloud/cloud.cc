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

double sumErrorOf(std::size_t count, const double* weights) {
  return areSingle({weights, count}) ? kSumErrorOfFloats : kSumError;
}

Error outOfReach(const std::string& where) {
  return {"ERR_RANGE",
          {.argument = where,
           .expected = "coordinates within 1e150 sqrt(epsilon)",
           .found = "it has others, whose squares overflow"}};
}

}  // namespace

void normalise(std::size_t count, double* weights) {
  double total = 0;
  for (std::size_t k = 0; k < count; ++k) total += weights[k];
  if (std::fabs(total - 1) <= static_cast<double>(count) * 0x1p-53) return;
  for (std::size_t k = 0; k < count; ++k) weights[k] /= total;
}

void checkWeights(std::size_t count, double* weights, const std::function<std::string(std::size_t)>& weightAt,
                  const std::string& where) {
  double total = 0;
  for (std::size_t k = 0; k < count; ++k) {
    if (!std::isfinite(weights[k])) throw notFinite(weightAt(k), weights[k]);
    if (weights[k] < 0) {
      throw Error("ERR_RANGE",
                  {.argument = weightAt(k), .expected = "a number of at least 0", .received = number(weights[k])});
    }
    total += weights[k];
  }
  if (!(std::fabs(total - 1) <= sumErrorOf(count, weights))) {
    throw Error("ERR_RANGE",
                {.argument = where, .expected = "weights that sum to 1", .found = "their sum is " + number(total)});
  }
  for (std::size_t k = 0; k < count; ++k) {
    if (weights[k] < kLeastWeight) weights[k] = 0;
  }
  normalise(count, weights);
}

void checkClouds(Clouds& clouds) {
  const std::size_t d = clouds.dimension;
  for (std::size_t cloud = 0; cloud < clouds.count; ++cloud) {
    for (std::size_t k = clouds.offsets[cloud]; k < clouds.offsets[cloud + 1]; ++k) {
      for (std::size_t i = 0; i < d; ++i) {
        const double value = clouds.points[k * d + i];
        if (std::isfinite(value)) continue;
        throw notFinite("coordinate " + std::to_string(i) + " of point " + std::to_string(k - clouds.offsets[cloud]) +
                            " of " + clouds.at(cloud),
                        value);
      }
    }
    const auto weightAt = [&](std::size_t k) { return "weight " + std::to_string(k) + " of " + clouds.at(cloud); };
    checkWeights(clouds.size(cloud), clouds.weights.data() + clouds.offsets[cloud], weightAt, clouds.at(cloud));
  }
}

Cloud Cloud::prepare(std::size_t size, std::size_t d, const double* points, const double* weights, double unit,
                     const std::string& where) {
  Cloud cloud;
  cloud.dimension = d;
  for (std::size_t k = 0; k < size; ++k) {
    if (weights[k] > 0) cloud.index.push_back(k);
  }
  cloud.size = cloud.index.size();
  cloud.points.reserve(cloud.size * d);
  cloud.weights.reserve(cloud.size);
  std::vector<double> mean(d);
  for (const std::size_t k : cloud.index) {
    const double* point = points + k * d;
    cloud.weights.push_back(weights[k]);
    cloud.points.insert(cloud.points.end(), point, point + d);
    addScaled(d, weights[k], point, mean.data());
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
