#include "sphere/scaling/sinkhorn_knopp.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace denseam::sphere {
namespace {

// 1 where a sum is right already, also an empty one.
double factor(double wanted, double found) {
  if (wanted == found) return 1;
  return found > 0 ? wanted / found : std::numeric_limits<double>::infinity();
}

double sum(std::size_t count, const double* values) {
  double total = 0;
  for (std::size_t i = 0; i < count; ++i) total += values[i];
  return total;
}

double rowError(std::size_t rows, std::size_t columns, const double* wanted, const double* matrix) {
  double greatest = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    const double found = sum(columns, matrix + i * columns);
    greatest = std::max(greatest, std::abs(1 / factor(wanted[i], found) - 1));
  }
  return greatest;
}

void scaleRows(std::size_t rows, std::size_t columns, const double* wanted, double* matrix) {
  for (std::size_t i = 0; i < rows; ++i) {
    double* row = matrix + i * columns;
    const double scale = factor(wanted[i], sum(columns, row));
    for (std::size_t j = 0; j < columns; ++j) row[j] *= scale;
  }
}

void scaleColumns(std::size_t rows, std::size_t columns, const double* wanted, double* matrix) {
  std::vector<double> scales(columns);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) scales[j] += matrix[i * columns + j];
  }
  for (std::size_t j = 0; j < columns; ++j) scales[j] = factor(wanted[j], scales[j]);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) matrix[i * columns + j] *= scales[j];
  }
}

}  // namespace

Scaling sinkhornKnopp(std::size_t rows, std::size_t columns, const Marginals& sums, double tolerance,
                      std::size_t maxSweeps, double* matrix, const Job& job) {
  Scaling scaling;
  while (scaling.sweeps < maxSweeps) {
    job.poll();
    scaleRows(rows, columns, sums.rows, matrix);
    scaleColumns(rows, columns, sums.columns, matrix);
    ++scaling.sweeps;
    scaling.residual = rowError(rows, columns, sums.rows, matrix);
    if (scaling.residual <= tolerance) break;
  }
  return scaling;
}

}  // namespace denseam::sphere
