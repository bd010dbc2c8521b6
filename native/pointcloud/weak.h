#pragma once

#include <cstddef>

#include "pointcloud/solver_options.h"

// Transport where epsilon is far above all costs, so that plans hardly differ from a (x) b. Logarithms and exponentials
// of what hardly differs from 0 and 1 lose what the costs say; these keep it: log(sum b e^z) = log1p(sum b (e^z - 1)).
namespace denseam::pointcloud {

// Below this greatest cost, in units of epsilon, the other kernels would lose more than two digits.
constexpr double kWeakCost = 0.01;

// f, the conditional plan and its column sums from g.
void weakRows(const Problem& problem, const double* g, double* f, double* p, double* columnSums);
// g from f: one Sinkhorn update.
void weakColumns(const Problem& problem, const double* f, double* g);
// f <- (f + Tf) / 2 for a cloud and itself; returns the marginal error that f had.
double weakSelfUpdate(std::size_t points, const double* costs, const double* weights, double* f, double* scratch);

}  // namespace denseam::pointcloud
