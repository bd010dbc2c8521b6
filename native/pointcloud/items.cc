#include "pointcloud/items.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "parallel/pool.h"
#include "pointcloud/self_transport.h"
#include "spares.h"

namespace denseam::pointcloud {
namespace {

// Adding an item copies the last block, and counts one reference more for each of its items.
constexpr std::size_t kItemsInBlock = 4096;

template <typename T>
std::vector<T> keptNumbers(const Cloud& cloud, const double* values, std::size_t width) {
  std::vector<T> result;
  result.reserve(cloud.size * width);
  for (const std::size_t k : cloud.index) {
    for (std::size_t i = 0; i < width; ++i) result.push_back(static_cast<T>(values[k * width + i]));
  }
  return result;
}

Numbers kept(Precision precision, const Cloud& cloud, const double* values, std::size_t width) {
  if (precision == Precision::kFloat32) return keptNumbers<float>(cloud, values, width);
  return keptNumbers<double>(cloud, values, width);
}

std::vector<double> toDoubles(const Numbers& numbers) {
  return std::visit([](const auto& values) { return std::vector<double>(values.begin(), values.end()); }, numbers);
}

// Weights that were rounded no longer sum to 1.
std::vector<double> weightsOf(const Item& item) {
  std::vector<double> weights = toDoubles(item.weights);
  normalise(weights.size(), weights.data());
  return weights;
}

struct Workspace {
  SelfTransport self;
  AlignedVector<double> scratch, costs;
};

}  // namespace

CloudItems::CloudItems(std::size_t dimension, Precision precision, double epsilon, const SolverOptions& options)
    : dimension_(dimension),
      precision_(precision),
      epsilon_(epsilon),
      unit_(std::sqrt(epsilon)),
      options_(options),
      store_(dimension, 1, kItemsInBlock) {}

Cloud CloudItems::prepared(std::size_t index) const {
  const Item& stored = item(index);
  const std::vector<double> points = toDoubles(stored.points), weights = weightsOf(stored);
  return Cloud::prepare(stored.size, dimension_, points.data(), weights.data(), unit_, "items");
}

std::size_t CloudItems::points() const {
  std::size_t total = 0;
  for (std::size_t i = 0; i < size(); ++i) total += item(i).size;
  return total;
}

void CloudItems::append(Clouds clouds, Job& job) {
  checkClouds(clouds);
  job.expect(clouds.count);
  std::vector<double> means(clouds.count * dimension_);
  std::vector<std::shared_ptr<const Item>> items(clouds.count);
  Spares<Workspace> spares;
  parallel::forEach(clouds.count, 1, job, [&](std::size_t begin, std::size_t end) {
    auto work = spares.take([] { return std::make_unique<Workspace>(); });
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t first = clouds.offsets[i];
      const double* points = clouds.points.data() + first * dimension_;
      const double* weights = clouds.weights.data() + first;
      const Cloud given = Cloud::prepare(clouds.size(i), dimension_, points, weights, unit_, clouds.at(i));
      auto item = std::make_shared<Item>(
          Item{given.size, kept(precision_, given, points, dimension_), kept(precision_, given, weights, 1), 0, 0});
      // As it is stored: single precision has moved it.
      const std::vector<double> storedPoints = toDoubles(item->points), storedWeights = weightsOf(*item);
      const Cloud cloud =
          Cloud::prepare(given.size, dimension_, storedPoints.data(), storedWeights.data(), unit_, clouds.at(i));
      costsBetween(cloud, cloud, work->scratch, work->costs);
      std::vector<double> potentials(cloud.size);
      const auto self = work->self.solve(cloud.size, work->costs.data(), cloud.weights.data(), options_, false,
                                         potentials.data(), job);
      item->selfValue = self.value;
      item->selfError = self.marginalError;
      std::copy(cloud.mean.begin(), cloud.mean.end(), means.begin() + static_cast<std::ptrdiff_t>(i * dimension_));
      items[i] = std::move(item);
    }
    spares.giveBack(std::move(work));
    job.advance(end - begin);
  });
  store_.append(means.data(), items.data(), clouds.count);
}

void CloudItems::remove(std::vector<std::int32_t> indices, Job& job) {
  std::sort(indices.begin(), indices.end());
  store_.remove(indices, job);
}

Clouds CloudItems::get(const std::vector<std::int32_t>& indices) const {
  Clouds clouds;
  clouds.count = indices.size();
  clouds.dimension = dimension_;
  clouds.offsets = {0};
  for (const std::int32_t index : indices) {
    const Item& stored = item(static_cast<std::size_t>(index));
    const std::vector<double> points = toDoubles(stored.points), weights = toDoubles(stored.weights);
    clouds.points.insert(clouds.points.end(), points.begin(), points.end());
    clouds.weights.insert(clouds.weights.end(), weights.begin(), weights.end());
    clouds.offsets.push_back(clouds.weights.size());
  }
  return clouds;
}

}  // namespace denseam::pointcloud
