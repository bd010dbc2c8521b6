#include "pointcloud/items.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "base/spares.h"
#include "memory/scale.h"
#include "parallel/pool.h"
#include "pointcloud/self_transport.h"
#include "simd/vectors.h"

namespace denseam::pointcloud {
namespace {

// The items of a block: adding an item copies the last block, and counts one reference more for each of its items.
constexpr std::size_t kItemsInBlock = 4096;

template <typename T>
std::vector<T> keptNumbers(const std::vector<std::size_t>& kept, std::span<const double> values, std::size_t width) {
  std::vector<T> result;
  result.reserve(kept.size() * width);
  for (const std::size_t k : kept) {
    for (std::size_t i = 0; i < width; ++i) result.push_back(static_cast<T>(values[k * width + i]));
  }
  return result;
}

// The points that have weight, as they are stored.
Item makeItem(Precision precision, std::size_t dimension, std::span<const double> points,
              std::span<const double> weights) {
  std::vector<std::size_t> kept;
  for (std::size_t k = 0; k < weights.size(); ++k) {
    if (weights[k] > 0) kept.push_back(k);
  }
  if (precision == Precision::kFloat32) {
    return {kept.size(), keptNumbers<float>(kept, points, dimension), keptNumbers<float>(kept, weights, 1), 0, 0, 0};
  }
  return {kept.size(), keptNumbers<double>(kept, points, dimension), keptNumbers<double>(kept, weights, 1), 0, 0, 0};
}

Cloud prepared(const Item& item, std::size_t dimension, double unit, const std::string& where) {
  if (const auto* points = std::get_if<std::vector<double>>(&item.points)) {
    const auto& weights = std::get<std::vector<double>>(item.weights);
    return Cloud::prepare(dimension, *points, weights, unit, where);
  }
  const auto& points = std::get<std::vector<float>>(item.points);
  const auto& weights = std::get<std::vector<float>>(item.weights);
  const std::vector<double> wide(points.begin(), points.end());
  std::vector<double> normal(weights.begin(), weights.end());
  normalise(normal);  // rounded weights no longer sum to 1
  return Cloud::prepare(dimension, wide, normal, unit, where);
}

double spreadOf(const Cloud& cloud, double unit) {
  double sum = 0;
  for (std::size_t k = 0; k < cloud.size; ++k) {
    const double* point = cloud.points.data() + k * cloud.dimension;
    sum += cloud.weights[k] * innerProduct(cloud.dimension, point, point);
  }
  return unit * unit * sum;
}

}  // namespace

CloudItems::CloudItems(std::size_t dimension, Precision precision, double epsilon, const SolverOptions& options)
    : dimension_(dimension),
      precision_(precision),
      epsilon_(epsilon),
      unit_(std::sqrt(epsilon)),
      options_(options),
      store_(dimension, 1, kItemsInBlock) {}

Cloud CloudItems::prepared(std::size_t index) const {
  return pointcloud::prepared(item(index), dimension_, unit_, "items");
}

// Where all items are one point, the only scale is the resolution of epsilon.
double CloudItems::scale(const Job& job) const {
  const auto describe = [this](std::size_t i, std::span<double> itsMean) {
    std::ranges::copy(mean(i), itsMean.begin());
    return item(i).spread;
  };
  const double deviation = measureScale(size(), dimension_, describe, job);
  return deviation > 0 ? deviation : unit_;
}

void CloudItems::append(Clouds clouds, Job& job) {
  checkClouds(clouds);
  job.expect(clouds.count);
  std::vector<double> means(clouds.count * dimension_);
  std::vector<std::shared_ptr<const Item>> items(clouds.count);
  Spares<SelfTransport> spares;
  parallel::forEach(clouds.count, 1, job, [&](std::size_t begin, std::size_t end) {
    auto self = spares.take([] { return std::make_unique<SelfTransport>(); });
    for (std::size_t i = begin; i < end; ++i) {
      auto item = std::make_shared<Item>(makeItem(precision_, dimension_, clouds.pointsOf(i), clouds.weightsOf(i)));
      const Cloud cloud = pointcloud::prepared(*item, dimension_, unit_, clouds.at(i));
      std::vector<double> potentials;
      const Solved solved = self->solve(cloud, options_, potentials, job);
      item->selfValue = solved.value;
      item->selfError = solved.marginalError;
      item->spread = spreadOf(cloud, unit_);
      std::copy(cloud.mean.begin(), cloud.mean.end(), means.begin() + static_cast<std::ptrdiff_t>(i * dimension_));
      items[i] = std::move(item);
    }
    spares.giveBack(std::move(self));
    job.advance(end - begin);
  });
  for (const auto& item : items) points_ += item->size;
  store_.append(clouds.count, means, items);
}

void CloudItems::remove(std::vector<std::int32_t> indices, Job& job) {
  std::sort(indices.begin(), indices.end());
  for (const std::int32_t index : indices) points_ -= item(static_cast<std::size_t>(index)).size;
  store_.remove(indices, job);
}

FlatClouds CloudItems::get(const std::vector<std::int32_t>& indices) const {
  FlatClouds clouds;
  const auto add = [](std::vector<double>& to, const Numbers& numbers) {
    std::visit([&](const auto& values) { to.insert(to.end(), values.begin(), values.end()); }, numbers);
  };
  for (const std::int32_t index : indices) {
    const Item& stored = item(static_cast<std::size_t>(index));
    add(clouds.points, stored.points);
    add(clouds.weights, stored.weights);
    clouds.offsets.push_back(static_cast<std::int32_t>(clouds.weights.size()));
  }
  return clouds;
}

}  // namespace denseam::pointcloud
