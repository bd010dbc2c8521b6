#pragma once

#include <cstddef>

#include "base/aligned.h"
#include "pointcloud/solver_options.h"

namespace denseam::pointcloud {

// The reduced costs of a problem, c_kj - f_k - g_j for potentials near its solution: the same problem up to these
// constants. Its own potentials are small. Where costs are so large that the rounding of potentials would show in the
// plan, that of the reduced problem's does not.
class ReducedCosts {
 public:
  void begin(const Problem& problem);
  // Subtracts nothing. Returns the problem's own costs.
  const double* reset();
  // Subtracts f and g, beside all earlier ones. Leaves the rounding error of the sums in g. Returns the remaining
  // costs.
  const double* takeOff(const double* f, double* g);

  // The subtracted potentials, and their contribution to the value.
  const AlignedVector<double>& rows() const { return rows_; }
  const AlignedVector<double>& columns() const { return columns_; }
  double value() const;

 private:
  Problem original_{};
  AlignedVector<double> rows_, columns_, reduced_;
};

}  // namespace denseam::pointcloud
