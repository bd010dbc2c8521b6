#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "memory/memory.h"
#include "memory/store.h"
#include "parallel/job.h"
#include "pointcloud/cloud.h"
#include "pointcloud/solver_options.h"

namespace denseam::pointcloud {

// A stored cloud as it was given, without points of weight 0, and its transport to itself.
struct Item {
  std::size_t size;
  Numbers points;
  Numbers weights;
  double selfValue;  // in units of epsilon
  double selfError;
  double spread;  // sum_k b_k |y_k - mean|^2, in the caller's units
};

// The items of a memory. Copies share the unchanged ones.
class CloudItems {
 public:
  CloudItems(std::size_t dimension, Precision precision, double epsilon, const SolverOptions& options);

  std::size_t size() const { return store_.size(); }
  std::size_t dimension() const { return dimension_; }
  double epsilon() const { return epsilon_; }
  double unit() const { return unit_; }
  const SolverOptions& options() const { return options_; }

  const Item& item(std::size_t index) const { return *store_.note(index); }
  // In the caller's units, rounded.
  std::span<const double> mean(std::size_t index) const { return store_.values(index); }
  // Ready for transport.
  Cloud prepared(std::size_t index) const;
  // The number of points of all items.
  std::size_t points() const { return points_; }
  // The scale of all items together, which sets the tolerance of a fixed point.
  double scale(const Job& job) const;

  void append(Clouds clouds, Job& job);
  void remove(std::vector<std::int32_t> indices, Job& job);
  FlatClouds get(const std::vector<std::int32_t>& indices) const;

 private:
  std::size_t dimension_;
  Precision precision_;
  double epsilon_;
  double unit_;  // sqrt(epsilon)
  SolverOptions options_;
  std::size_t points_ = 0;
  Store<double, std::shared_ptr<const Item>> store_;
};

}  // namespace denseam::pointcloud
