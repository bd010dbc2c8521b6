#include "sphere/scaling/sinkhorn_knopp.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace denseam::sphere {
namespace {

// The factor of a row or column; 1 where the sum is right already, also an empty one.
double factor(double wanted, double found) {
  if (wanted == found) return 1;
  return found > 0 ? wanted / found : std::numeric_limits<double>::infinity();
}

double sum(std::size_t count, const double* values) {
  double total = 0;
  for (std::size_t i = 0; i < count; ++i) total += values[i];
  return total;
}

double rowError(const Marginals& sums, const double* matrix) {
  const std::size_t columns = sums.columns.size();
  double greatest = 0;
  for (std::size_t i = 0; i < sums.rows.size(); ++i) {
    const double found = sum(columns, matrix + i * columns);
    greatest = std::max(greatest, std::abs(1 / factor(sums.rows[i], found) - 1));
  }
  return greatest;
}

void scaleRows(const Marginals& sums, double* matrix) {
  const std::size_t columns = sums.columns.size();
  for (std::size_t i = 0; i < sums.rows.size(); ++i) {
    double* row = matrix + i * columns;
    const double scale = factor(sums.rows[i], sum(columns, row));
    for (std::size_t j = 0; j < columns; ++j) row[j] *= scale;
  }
}

void scaleColumns(const Marginals& sums, double* matrix) {
  const std::size_t rows = sums.rows.size(), columns = sums.columns.size();
  std::vector<double> scales(columns);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) scales[j] += matrix[i * columns + j];
  }
  for (std::size_t j = 0; j < columns; ++j) scales[j] = factor(sums.columns[j], scales[j]);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) matrix[i * columns + j] *= scales[j];
  }
}

}  // namespace

Scaling sinkhornKnopp(const Marginals& sums, double tolerance, std::size_t maxSweeps, std::span<double> matrix,
                      const Job& job) {
  Scaling scaling;
  while (scaling.sweeps < maxSweeps) {
    job.poll();
    scaleRows(sums, matrix.data());
    scaleColumns(sums, matrix.data());
    ++scaling.sweeps;
    scaling.residual = rowError(sums, matrix.data());
    if (scaling.residual <= tolerance) break;
  }
  return scaling;
}

}  // namespace denseam::sphere
