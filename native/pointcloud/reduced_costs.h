#pragma once

#include <cstddef>

#include "base/aligned.h"
#include "pointcloud/solver_options.h"

namespace denseam::pointcloud {

// The costs of a problem less potentials that are about its solution, c_kj - f_k - g_j: the same problem but for these
// constants. Its own potentials are small. Where costs are so large that rounding of potentials would show in the plan,
// it does not show in this one's.
class ReducedCosts {
 public:
  void begin(const Problem& problem);
  // Takes nothing off. Returns the problem's own costs.
  const double* reset();
  // Takes f and g off, beside what was before. Leaves in g what the rounding of the sums leaves.
  // Returns the costs that remain.
  const double* takeOff(const double* f, double* g);

  // What was taken off, and what that adds to the value.
  const AlignedVector<double>& rows() const { return rows_; }
  const AlignedVector<double>& columns() const { return columns_; }
  double value() const;

 private:
  Problem original_{};
  AlignedVector<double> rows_, columns_, reduced_;
};

}  // namespace denseam::pointcloud
