#include "pointcloud/reduced_costs.h"

#include <cmath>

#include "pointcloud/kernels.h"
#include "vectors.h"

namespace denseam::pointcloud {

void ReducedCosts::reset(const Problem& problem) {
  original_ = problem;
  rows_.assign(problem.rows, 0);
  columns_.assign(problem.columns, 0);
  reduced_.clear();
}

void ReducedCosts::takeOff(const double* f, double* g) {
  const std::size_t n = original_.rows, m = original_.columns;
  for (std::size_t k = 0; k < n; ++k) rows_[k] += f[k];
  for (std::size_t j = 0; j < m; ++j) {
    const TwoSum sum = twoSum(columns_[j], g[j]);
    columns_[j] = sum.value;
    g[j] = sum.error;
  }
  reduced_.resize(n * m);
  for (std::size_t k = 0; k < n; ++k) {
    subtractTwice(m, original_.costs + k * m, columns_.data(), rows_[k], reduced_.data() + k * m);
  }
}

double ReducedCosts::value() const {
  return innerProduct(original_.rows, original_.rowWeights, rows_.data()) +
         innerProduct(original_.columns, original_.columnWeights, columns_.data());
}

}  // namespace denseam::pointcloud
