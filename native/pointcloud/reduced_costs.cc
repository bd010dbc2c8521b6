#include "pointcloud/reduced_costs.h"

#include "pointcloud/kernels.h"
#include "simd/vectors.h"

namespace denseam::pointcloud {

void ReducedCosts::begin(const Problem& problem) {
  original_ = problem;
  reset();
}

const double* ReducedCosts::reset() {
  rows_.assign(original_.rows, 0);
  columns_.assign(original_.columns, 0);
  return original_.costs;
}

const double* ReducedCosts::takeOff(const double* f, double* g) {
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
  return reduced_.data();
}

double ReducedCosts::value() const {
  return innerProduct(original_.rows, original_.rowWeights, rows_.data()) +
         innerProduct(original_.columns, original_.columnWeights, columns_.data());
}

}  // namespace denseam::pointcloud
