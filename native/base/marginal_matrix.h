#pragma once

#include <vector>

namespace denseam {

// A matrix, row-major, with a number for each of its rows and columns: the sums it is to be scaled to, or the weights
// that its costs lie between.
struct MarginalMatrix {
  std::vector<double> matrix;
  std::vector<double> rowSums;
  std::vector<double> columnSums;

  std::size_t rows() const { return rowSums.size(); }
  std::size_t columns() const { return columnSums.size(); }
};

}  // namespace denseam
