#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/aligned.h"
#include "pointcloud/solver_options.h"

namespace denseam::pointcloud {

// A plan P_kj = exp(u_k + v_j - c_kj / t) by its logarithm, which does not underflow.
struct LogPlan {
  std::size_t rows;
  std::size_t columns;
  const double* costs;  // rows x columns
  double inverseTemperature;
  const double* u;
  const double* v;
};

// The tree of the heaviest entries of a plan that joins all rows and columns. At low temperatures a plan hardly has
// others; where an edge is light, so is all that links the two parts that it joins.
class PlanTree {
 public:
  // `excess`: of every column, what its sum lacks of its weight. What is below `floor` need not flow.
  void grow(const LogPlan& plan, const double* excess, double floor);

  // log of the greatest factor by which an edge would have to grow to carry all that has to flow between its parts.
  double greatestGrowth() const { return greatestGrowth_; }

  // Newton's direction takes edges that have to grow manyfold much too far, and hinders all others by it: those grow
  // as they have to, exponentially. Other changes by more than 1 become 1 + log. `rowDirection`: of every row, the mean
  // direction of the columns that it sends its mass to; so parts that move far together keep what they move inside.
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
