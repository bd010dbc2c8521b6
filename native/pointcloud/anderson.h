#pragma once

#include <cstddef>
#include <limits>
#include <vector>

#include "base/aligned.h"

namespace denseam::pointcloud {

// Anderson's acceleration of a fixed-point iteration x <- T(x): the next iterate is the combination of the last ones
// whose residuals T(x) - x cancel best, in the norm of the weights (Walker and Ni 2011). Sinkhorn's updates are nearly
// linear at the end, and this is then the method of generalised minimal residuals.
//
// It is safe: where an iterate is much worse than the best so far, the next one is the update of the best, as such.
class Anderson {
 public:
  // The weights have to stay.
  Anderson(std::size_t size, const double* weights) : size_(size), weights_(weights) {}

  // x <- the next iterate, from x, its error and its update.
  void advance(double error, const double* update, double* x);
  // How often it advanced since the error last fell by a tenth, to the least one.
  std::size_t idle() const { return idle_; }

 private:
  struct Step {
    AlignedVector<double> x, residual;  // their differences
  };

  void note(double error, const double* update);
  void addStep(const double* x, AlignedVector<double>& residual);
  double product(const double* a, const double* b) const;
  std::vector<double> coefficients(const double* residual) const;

  std::size_t size_;
  const double* weights_;
  std::vector<Step> steps_;  // a ring of the last ones
  std::size_t next_ = 0;     // the place of the next step in it
  AlignedVector<double> lastX_, lastResidual_;
  AlignedVector<double> bestUpdate_;
  double leastError_ = std::numeric_limits<double>::infinity();
  double noted_ = std::numeric_limits<double>::infinity();  // the error that was the last progress
  std::size_t idle_ = 0;
};

}  // namespace denseam::pointcloud
