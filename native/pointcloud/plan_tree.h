#pragma once

#include <cstddef>
#include <vector>

#include "aligned.h"
#include "pointcloud/problem.h"

namespace denseam::pointcloud {

// The tree of the heaviest entries of a plan that joins all rows and columns. At low temperatures a plan hardly has
// others; where some of its edges are light, so are the links between the parts that it joins.
class PlanTree {
 public:
  // Of P_kj = a_k p_kj.
  void grow(const Problem& problem, const double* p);

  // Of all edges, the greatest share of its own mass by which the flow through it still has to change for `columnSums`
  // to become the weights. What is below `floor` need not flow.
  double greatestChange(const Problem& problem, const double* columnSums, double floor);

  // Where a direction changes potentials across an edge by more than 1, by so much only that the first order of the
  // exponential becomes the exponential itself: 1 + log. The edges of the tree change independently.
  void temper(double* direction);

 private:
  // Nodes: rows, then columns.
  std::size_t rows_ = 0, columns_ = 0;
  AlignedVector<double> mass_;       // of the edge to the parent
  std::vector<std::size_t> parent_;  // among the nodes
  std::vector<std::size_t> order_;   // parents come first
  AlignedVector<double> excess_, known_, own_;
};

}  // namespace denseam::pointcloud
