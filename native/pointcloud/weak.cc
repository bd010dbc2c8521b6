#include "pointcloud/weak.h"

#include <algorithm>
#include <cmath>

#include "simd/dispatch.h"

namespace denseam::pointcloud {
namespace {

// sum_j b_j (exp(g_j - c_j) - 1).
DENSEAM_DISPATCH double weakSum(std::size_t m, const double* __restrict c, const double* __restrict g, double shift,
                                const double* __restrict b) {
  double total = 0;
#pragma omp simd reduction(+ : total)
  for (std::size_t j = 0; j < m; ++j) total += b[j] * expm1Small(shift + g[j] - c[j]);
  return total;
}

DENSEAM_DISPATCH void weakRow(std::size_t m, const double* __restrict c, const double* __restrict g,
                              const double* __restrict b, double scale, double weight, double* __restrict p,
                              double* __restrict columnSums) {
#pragma omp simd
  for (std::size_t j = 0; j < m; ++j) {
    p[j] = scale * b[j] * (1 + expm1Small(g[j] - c[j]));
    columnSums[j] += weight * p[j];
  }
}

DENSEAM_DISPATCH void addWeakRow(std::size_t m, const double* __restrict c, double f, double weight,
                                 double* __restrict sums) {
#pragma omp simd
  for (std::size_t j = 0; j < m; ++j) sums[j] += weight * expm1Small(f - c[j]);
}

}  // namespace

void weakRows(const Problem& problem, const double* g, double* f, double* p, double* columnSums) {
  const std::size_t m = problem.columns;
  std::fill_n(columnSums, m, 0.0);
  for (std::size_t k = 0; k < problem.rows; ++k) {
    const double* costs = problem.costs + k * m;
    const double excess = weakSum(m, costs, g, 0, problem.columnWeights);
    f[k] = -std::log1p(excess);
    weakRow(m, costs, g, problem.columnWeights, 1 / (1 + excess), problem.rowWeights[k], p + k * m, columnSums);
  }
}

void weakColumns(const Problem& problem, const double* f, double* g) {
  const std::size_t m = problem.columns;
  std::fill_n(g, m, 0.0);
  for (std::size_t k = 0; k < problem.rows; ++k) addWeakRow(m, problem.costs + k * m, f[k], problem.rowWeights[k], g);
  for (std::size_t j = 0; j < m; ++j) g[j] = -std::log1p(g[j]);
}

double weakSelfUpdate(std::size_t n, const double* costs, const double* weights, double* f, double* scratch) {
  double error = 0;
  for (std::size_t k = 0; k < n; ++k) {
    const double excess = weakSum(n, costs + k * n, f, f[k], weights);
    error += weights[k] * std::fabs(excess);
    scratch[k] = f[k] - std::log1p(excess) / 2;
  }
  std::copy_n(scratch, n, f);
  return error;
}

}  // namespace denseam::pointcloud
