#pragma once

#include <vector>

namespace denseam {

// A matrix, row-major, with a number for each row and column: the sums of a scaling, or the weights of a transport
// problem.
struct MarginalMatrix {
  std::vector<double> matrix;
  std::vector<double> rowSums;
  std::vector<double> columnSums;

  std::size_t rows() const { return rowSums.size(); }
  std::size_t columns() const { return columnSums.size(); }
};

}  // namespace denseam
