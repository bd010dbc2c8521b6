#pragma once

#include <cstddef>

#include "base/aligned.h"
#include "parallel/job.h"
#include "pointcloud/solver_options.h"

namespace denseam::pointcloud {

// The Newton direction of the semi-dual problem: d with L d = b - r, L = diag(r) - p' diag(a) p the Laplacian of the
// graph in which two columns are joined by the rows that send mass to both. Scaled by D = diag(r)^-1/2 its diagonal is
// at most 1 and its null vector D^-1 1.
class NewtonSystem {
 public:
  // Computes d to a relative residual of `tolerance`, by conjugate gradients as long as they are cheaper than a
  // factorisation. Returns false when L is numerically indefinite: there is no direction.
  bool solve(const Problem& problem, const double* p, const double* columnSums, double tolerance, double* d,
             const Job& job);
  // Lets the next call try conjugate gradients again.
  void forget() { factorises_ = false; }

 private:
  bool iterate(const Problem& problem, const double* p, double tolerance, const Job& job);
  bool factorise(const Problem& problem, const double* p, const Job& job);

  AlignedVector<double> root_, right_, solution_, direction_, image_, scratch_, matrix_, scaled_;
  bool factorises_ = false;
};

}  // namespace denseam::pointcloud
