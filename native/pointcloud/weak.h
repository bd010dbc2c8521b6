#pragma once

#include <cstddef>

#include "pointcloud/solver_options.h"
#include "simd/dispatch.h"

// Transport with epsilon far above all costs, where plans hardly differ from a (x) b. Plain logarithms and exponentials
// would lose the digits of the costs; these forms keep them: log(sum b e^z) = log1p(sum b (e^z - 1)).
namespace denseam::pointcloud {

// The greatest cost, in units of epsilon, below which the other kernels would lose more than two digits.
constexpr double kWeakCost = 0.01;

// e^z - 1 for |z| up to 4 kWeakCost: potentials are within the costs. Taylor's remainder is below 1e-18 of it.
DENSEAM_INLINE double expm1Small(double z) {
  double p = 1.0 / 5040.0;
  p = p * z + 1.0 / 720.0;
  p = p * z + 1.0 / 120.0;
  p = p * z + 1.0 / 24.0;
  p = p * z + 1.0 / 6.0;
  p = p * z + 0.5;
  p = p * z + 1.0;
  return p * z;
}

// Computes f, the conditional plan and its column sums from g.
void weakRows(const Problem& problem, const double* g, double* f, double* p, double* columnSums);
// Computes g from f: one Sinkhorn update.
void weakColumns(const Problem& problem, const double* f, double* g);
// f <- (f + Tf) / 2 for a cloud and itself; returns the marginal error of the old f.
double weakSelfUpdate(std::size_t points, const double* costs, const double* weights, double* f, double* scratch);

}  // namespace denseam::pointcloud
