#pragma once

#include <cstddef>

#include "pointcloud/solver_options.h"

// Transport with epsilon far above all costs, where plans hardly differ from a (x) b. Plain logarithms and exponentials
// would lose the digits of the costs; these forms keep them: log(sum b e^z) = log1p(sum b (e^z - 1)).
namespace denseam::pointcloud {

// The greatest cost, in units of epsilon, below which the other kernels would lose more than two digits.
constexpr double kWeakCost = 0.01;

// Computes f, the conditional plan and its column sums from g.
void weakRows(const Problem& problem, const double* g, double* f, double* p, double* columnSums);
// Computes g from f: one Sinkhorn update.
void weakColumns(const Problem& problem, const double* f, double* g);
// f <- (f + Tf) / 2 for a cloud and itself; returns the marginal error of the old f.
double weakSelfUpdate(std::size_t points, const double* costs, const double* weights, double* f, double* scratch);

}  // namespace denseam::pointcloud
