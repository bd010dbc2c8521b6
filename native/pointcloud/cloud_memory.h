#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "memory/memory.h"
#include "parallel/job.h"
#include "pointcloud/flow.h"
#include "pointcloud/items.h"

namespace denseam::pointcloud {

struct DivergenceMatrix {
  std::vector<double> values;          // queries x items
  std::vector<double> marginalErrors;  // queries x items
  std::vector<std::uint8_t> converged;
};

// One number for each query, and the weights, queries x items.
struct WeightedQueries {
  std::vector<double> weights;
  std::vector<double> energy;
  std::vector<double> marginalErrors;
  std::vector<std::uint8_t> converged;
};

struct Gradients {
  std::vector<double> energy;
  std::vector<double> points;          // dE/dx, total x d
  std::vector<double> firstVariation;  // total
  std::vector<double> gradientNorm;
  std::vector<double> marginalErrors;
  std::vector<std::uint8_t> converged;
};

struct NearestClouds {
  std::vector<std::int32_t> indices;
  std::vector<double> divergences;
  std::vector<double> marginalErrors;
  std::vector<std::uint8_t> converged;
};

struct TransportImages {
  std::vector<double> images;  // items x n x d
  std::vector<double> marginalErrors;
  std::vector<std::uint8_t> converged;
};

// A memory of point clouds at one moment, with the verbs of the public API. It never changes; append and remove return
// another one that shares the unchanged items.
class CloudMemory {
 public:
  explicit CloudMemory(CloudItems items) : items_(std::move(items)) {}

  const CloudItems& items() const { return items_; }

  std::shared_ptr<const CloudMemory> append(Clouds clouds, Job& job) const;
  std::shared_ptr<const CloudMemory> remove(const std::vector<std::int32_t>& indices, Job& job) const;

  DivergenceMatrix divergences(Clouds queries, Job& job) const;
  WeightedQueries weights(Clouds queries, double beta, Pruning pruning, bool wantWeights, Job& job) const;
  Gradients gradients(Clouds queries, double beta, Pruning pruning, Job& job) const;
  // A sweep returns the results of all queries at the first beta, then those at the second, ...
  std::vector<FlowResult> retrieve(Clouds queries, FlowOptions options, Job& job) const;
  NearestClouds nearest(Clouds queries, std::size_t k, bool prune, Job& job) const;
  TransportImages transport(Clouds query, const std::vector<std::int32_t>& indices, Job& job) const;

 private:
  CloudItems items_;
};

}  // namespace denseam::pointcloud
