#include "pointcloud/plan_tree.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace denseam::pointcloud {

// Prim's algorithm on the bipartite graph.
void PlanTree::grow(const Problem& problem, const double* p) {
  rows_ = problem.rows;
  columns_ = problem.columns;
  const std::size_t nodes = rows_ + columns_;
  constexpr double kInTree = -2, kUnseen = -1;
  AlignedVector<double>& key = known_;
  key.assign(nodes, kUnseen);
  mass_.assign(nodes, 0);
  parent_.assign(nodes, nodes);
  order_.clear();
  for (std::size_t next = rows_; ; ) {
    mass_[next] = key[next];
    key[next] = kInTree;
    order_.push_back(next);
    if (order_.size() == nodes) break;
    if (next < rows_) {
      const double weight = problem.rowWeights[next];
      const double* row = p + next * columns_;
      double* columnKeys = key.data() + rows_;
      for (std::size_t j = 0; j < columns_; ++j) {
        const double mass = weight * row[j];
        if (columnKeys[j] != kInTree && mass > columnKeys[j]) {
          columnKeys[j] = mass;
          parent_[rows_ + j] = next;
        }
      }
    } else {
      const double* column = p + (next - rows_);
      for (std::size_t k = 0; k < rows_; ++k) {
        const double mass = problem.rowWeights[k] * column[k * columns_];
        if (key[k] != kInTree && mass > key[k]) {
          key[k] = mass;
          parent_[k] = next;
        }
      }
    }
    next = static_cast<std::size_t>(std::max_element(key.begin(), key.end()) - key.begin());
  }
}

double PlanTree::greatestChange(const Problem& problem, const double* columnSums, double floor) {
  excess_.assign(rows_ + columns_, 0);
  for (std::size_t j = 0; j < columns_; ++j) excess_[rows_ + j] = problem.columnWeights[j] - columnSums[j];
  double greatest = 0;
  for (std::size_t i = order_.size() - 1; i > 0; --i) {
    const std::size_t node = order_[i];
    const double excess = excess_[node];
    excess_[parent_[node]] += excess;
    if (std::fabs(excess) > floor) greatest = std::max(greatest, std::fabs(excess) / mass_[node]);
  }
  return greatest;
}

void PlanTree::temper(double* direction) {
  // Of a row, the direction of the column that it hangs from, before and after.
  AlignedVector<double>& before = known_;
  before.resize(rows_ + columns_);
  own_.resize(rows_ + columns_);
  const std::size_t root = order_.front();
  before[root] = direction[root - rows_];
  own_[root] = 0;  // it may have moved far, together with all others
  for (std::size_t i = 1; i < order_.size(); ++i) {
    const std::size_t node = order_[i], parent = parent_[node];
    if (node < rows_) {
      before[node] = before[parent];
      own_[node] = own_[parent];
      continue;
    }
    before[node] = direction[node - rows_];
    const double change = before[node] - before[parent];
    const double size = std::fabs(change);
    own_[node] = own_[parent] + (size <= 1 ? change : std::copysign(1 + std::log(size), change));
  }
  std::copy_n(own_.begin() + static_cast<std::ptrdiff_t>(rows_), columns_, direction);
}

}  // namespace denseam::pointcloud
