#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/aligned.h"
#include "pointcloud/solver_options.h"

namespace denseam::pointcloud {

// A plan P_kj = exp(u_k + v_j - c_kj / t) in logarithms, which do not underflow.
struct LogPlan {
  std::size_t rows;
  std::size_t columns;
  const double* costs;  // rows x columns
  double inverseTemperature;
  const double* u;
  const double* v;
};

// The maximum spanning tree of a plan: the heaviest entries that join all rows and columns. At low temperatures a plan
// hardly has others; where an edge is light, so are all links between the two parts that it joins.
class PlanTree {
 public:
  // `excess`: the weight of every column less its sum. A flow below `floor` is not needed.
  void grow(const LogPlan& plan, const double* excess, double floor);

  // The log of the greatest factor by which an edge would have to grow to carry the flow between its parts.
  double greatestGrowth() const { return greatestGrowth_; }

  // Tempers Newton's direction, which takes edges that have to grow manyfold much too far, to the harm of all others:
  // those grow exponentially, as they have to. Other changes by more than 1 become 1 + log. `rowDirection`: every row's
  // mean direction of the columns that it sends its mass to; so parts that move far keep their inner differences.
  void temper(const double* rowDirection, double* direction);

 private:
  void growTree(const LogPlan& plan);
  void weigh(const double* excess, double floor);

  // Nodes: rows, then columns.
  std::size_t rows_ = 0;
  AlignedVector<double> mass_;          // log, of the edge to the parent
  AlignedVector<std::int64_t> parent_;  // among the nodes
  std::vector<std::size_t> order_;      // parents come first
  AlignedVector<double> excess_;        // of the part below
  AlignedVector<double> growth_;        // log, with the sign of the excess; 0 where it is small
  AlignedVector<double> key_, before_, after_;
  double greatestGrowth_ = 0;
};

}  // namespace denseam::pointcloud
