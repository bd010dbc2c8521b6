#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "memory/memory.h"
#include "pointcloud/cloud.h"

namespace denseam::stress {

// The random choices of one caller.
class Draw {
 public:
  Draw(std::uint64_t seed, std::size_t caller) : stream_(seed, Purpose::kShuffle, caller) {}

  std::size_t below(std::size_t limit) {
    return static_cast<std::size_t>(stream_.uniform() * static_cast<double>(limit));
  }
  bool chance(double share) { return stream_.uniform() < share; }
  double between(double least, double most) { return least + stream_.uniform() * (most - least); }
  std::vector<double> normals(std::size_t count) {
    std::vector<double> values(count);
    stream_.normals(values);
    return values;
  }
  // Distinct, ascending, at least one of them.
  std::vector<std::int32_t> indices(std::size_t most, std::size_t size) {
    std::vector<std::int32_t> chosen;
    const std::size_t stride = 1 + below(size);
    for (std::size_t i = below(stride); i < size && chosen.size() < most; i += stride) {
      chosen.push_back(static_cast<std::int32_t>(i));
    }
    return chosen;
  }

 private:
  RandomStream stream_;
};

// What a memory takes: the dimension, and the numbers in an item's covariance (d x d, d, 1, or none).
struct Shape {
  std::size_t dimension;
  std::size_t covariance;
  Precision precision;
};

// Full covariances have dominant diagonals, so they are positive definite.
inline std::vector<double> drawCovariances(Draw& draw, const Shape& shape, std::size_t count) {
  std::vector<double> values(count * shape.covariance);
  const std::size_t d = shape.dimension;
  const bool isFull = shape.covariance == d * d;
  for (std::size_t i = 0; i < count; ++i) {
    double* own = values.data() + i * shape.covariance;
    for (std::size_t k = 0; k < shape.covariance; ++k) {
      if (!isFull || k % (d + 1) == 0) own[k] = draw.between(1, 3);
    }
    for (std::size_t k = 1; isFull && k < d; ++k) own[k * d + k - 1] = own[(k - 1) * d + k] = draw.between(-0.4, 0.4);
  }
  return values;
}

inline Numbers inPrecision(const std::vector<double>& values, Precision precision) {
  if (precision == Precision::kFloat64) return values;
  return std::vector<float>(values.begin(), values.end());
}

inline Items drawItems(Draw& draw, const Shape& shape, std::size_t count) {
  return {count, inPrecision(draw.normals(count * shape.dimension), shape.precision),
          inPrecision(drawCovariances(draw, shape, count), shape.precision), "items"};
}

inline Batch drawQueries(Draw& draw, const Shape& shape, std::size_t count) {
  return {count, draw.normals(count * shape.dimension), drawCovariances(draw, shape, count), "queries"};
}

inline pointcloud::Clouds drawClouds(Draw& draw, std::size_t dimension, std::size_t count) {
  pointcloud::Clouds clouds;
  clouds.count = count;
  clouds.dimension = dimension;
  clouds.offsets = {0};
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t size = 1 + draw.below(12);
    clouds.offsets.push_back(clouds.offsets.back() + size);
    for (const double x : draw.normals(size * dimension)) clouds.points.push_back(x);
    clouds.weights.insert(clouds.weights.end(), size, 1 / static_cast<double>(size));
  }
  return clouds;
}

}  // namespace denseam::stress
