#pragma once

#include <cstddef>
#include <span>

#include "parallel/job.h"

namespace denseam::sphere {

struct Marginals {
  std::span<const double> rows;
  std::span<const double> columns;
};

struct Scaling {
  std::size_t sweeps = 0;
  double residual = 0;  // greatest relative error of a row sum; the column sums are exact after a sweep
};

// Scales the rows and the columns of a non-negative rows x columns matrix in turn to these sums (Sinkhorn and Knopp
// 1967). A sweep ends on the columns. Stops when the row sums are right to `tolerance`, after at least one sweep, or
// after `maxSweeps`. Rows and columns whose sum is to be zero become zero. Polls the job after every sweep.
Scaling sinkhornKnopp(const Marginals& sums, double tolerance, std::size_t maxSweeps, std::span<double> matrix,
                      const Job& job);

}  // namespace denseam::sphere
