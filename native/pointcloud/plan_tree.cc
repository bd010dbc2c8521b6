#include "pointcloud/plan_tree.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "simd/dispatch.h"

namespace denseam::pointcloud {
namespace {

// The log of a mass that Newton's system, with its ridge of 1e-14 and rounding beside it, hardly tells from zero.
constexpr double kInvisible = -27;
// The keys of nodes without an offer, and of nodes in the tree.
constexpr double kUnseen = -std::numeric_limits<double>::max();
constexpr double kInTree = std::numeric_limits<double>::infinity();

// Offers every node j an edge of the mass base + v_j - c_j t to `parent`, with costs `stride` apart.
DENSEAM_INLINE void offer(std::size_t count, double base, const double* __restrict v, const double* __restrict c,
                          std::size_t stride, double t, std::int64_t parent, double* __restrict keys,
                          std::int64_t* __restrict parents) {
#pragma omp simd
  for (std::size_t j = 0; j < count; ++j) {
    const double mass = base + v[j] - c[j * stride] * t;
    const bool isHeavier = mass > keys[j];
    keys[j] = isHeavier ? mass : keys[j];
    parents[j] = isHeavier ? parent : parents[j];
  }
}

DENSEAM_DISPATCH void offerToColumns(std::size_t count, double base, const double* v, const double* c, double t,
                                     std::int64_t parent, double* keys, std::int64_t* parents) {
  offer(count, base, v, c, 1, t, parent, keys, parents);
}

DENSEAM_DISPATCH void offerToRows(std::size_t count, double base, const double* u, const double* c, std::size_t stride,
                                  double t, std::int64_t parent, double* keys, std::int64_t* parents) {
  offer(count, base, u, c, stride, t, parent, keys, parents);
}

// The node of the greatest key outside the tree.
DENSEAM_DISPATCH std::size_t heaviest(std::size_t count, const double* __restrict keys) {
  double most = -kInTree;
#pragma omp simd reduction(max : most)
  for (std::size_t i = 0; i < count; ++i) {
    const double key = keys[i] == kInTree ? -kInTree : keys[i];
    most = key > most ? key : most;
  }
  auto first = static_cast<std::int64_t>(count);
#pragma omp simd reduction(min : first)
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t place =
        keys[i] == most ? static_cast<std::int64_t>(i) : std::numeric_limits<std::int64_t>::max();
    first = place < first ? place : first;
  }
  return static_cast<std::size_t>(first);
}

}  // namespace

void PlanTree::grow(const LogPlan& plan, const double* excess, double floor) {
  growTree(plan);
  weigh(excess, floor);
}

// Prim's algorithm on the bipartite graph.
void PlanTree::growTree(const LogPlan& plan) {
  const std::size_t n = plan.rows, m = plan.columns;
  rows_ = n;
  key_.assign(n + m, kUnseen);
  mass_.assign(n + m, 0);
  parent_.assign(n + m, 0);
  order_.clear();
  for (std::size_t next = n;; next = heaviest(n + m, key_.data())) {
    mass_[next] = key_[next];
    key_[next] = kInTree;
    order_.push_back(next);
    if (order_.size() == n + m) return;
    const auto parent = static_cast<std::int64_t>(next);
    if (next < n) {
      offerToColumns(m, plan.u[next], plan.v, plan.costs + next * m, plan.inverseTemperature, parent, key_.data() + n,
                     parent_.data() + n);
    } else {
      offerToRows(n, plan.v[next - n], plan.u, plan.costs + (next - n), m, plan.inverseTemperature, parent, key_.data(),
                  parent_.data());
    }
  }
}

void PlanTree::weigh(const double* excess, double floor) {
  excess_.assign(order_.size(), 0);
  growth_.assign(order_.size(), 0);
  std::copy_n(excess, order_.size() - rows_, excess_.begin() + static_cast<std::ptrdiff_t>(rows_));
  greatestGrowth_ = -HUGE_VAL;
  for (std::size_t i = order_.size() - 1; i > 0; --i) {
    const std::size_t node = order_[i];
    const double size = std::fabs(excess_[node]);
    excess_[static_cast<std::size_t>(parent_[node])] += excess_[node];
    if (!(size > floor)) continue;
    const double growth = std::log(size) - mass_[node];
    greatestGrowth_ = std::max(greatestGrowth_, growth);
    if (growth > 0) growth_[node] = std::copysign(growth, excess_[node]);
  }
}

void PlanTree::temper(const double* rowDirection, double* direction) {
  const auto columns = static_cast<std::ptrdiff_t>(rows_);
  before_.resize(order_.size());
  after_.resize(order_.size());
  std::copy_n(rowDirection, rows_, before_.begin());
  std::copy_n(direction, order_.size() - rows_, before_.begin() + columns);
  const std::size_t root = order_.front();
  after_[root] = 0;  // all may have moved far together
  for (std::size_t i = 1; i < order_.size(); ++i) {
    const std::size_t node = order_[i], parent = static_cast<std::size_t>(parent_[node]);
    double change = before_[node] - before_[parent];
    if (mass_[node] < kInvisible && std::fabs(growth_[node]) > 1) {
      change = growth_[node];
    } else if (std::fabs(change) > 1) {
      change = std::copysign(1 + std::log(std::fabs(change)), change);
    }
    after_[node] = after_[parent] + change;
  }
  std::copy_n(after_.begin() + columns, order_.size() - rows_, direction);
}

}  // namespace denseam::pointcloud
