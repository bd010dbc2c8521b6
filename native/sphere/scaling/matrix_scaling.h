#pragma once

#include <cstddef>
#include <vector>

#include "base/marginal_matrix.h"
#include "parallel/job.h"

namespace denseam::sphere {

struct ScaledMatrix {
  std::vector<double> matrix;         // diag(rowScaling) A diag(columnScaling)
  std::vector<double> rowScaling;     // 0 where the sum is to be 0; so are those of columns
  std::vector<double> columnScaling;  // infinite or 0 where float64 does not hold it; the matrix does not suffer
  std::size_t iterations = 0;
  double residual = 0;  // greatest relative error of a row sum; column sums are exact
  bool converged = false;
};

// Finds the scaling of the rows and the columns of a non-negative matrix that gives it these sums, by sweeps of
// Sinkhorn and Knopp (1967) until the row sums are right to `tolerance`, at least one and at most `maxIterations`. The
// trainer's few sweeps over a small matrix are sinkhornKnopp's; this is for matrices of any size and scale. It reads
// the matrix once a sweep and changes only the scalings, so that rounding does not pile up in the matrix.
//
// Throws where the matrix cannot be scaled: a negative number or one that is not finite, totals of the sums that differ
// by more than 1e-9 (1e-5 where they may have been rounded to float32), a row or a column of positive sum that is zero
// where it matters. Row sums are multiplied by the ratio of the totals. Other patterns of zeros without a scaling do
// not converge, or only in the limit.
ScaledMatrix scaleMatrix(MarginalMatrix problem, double tolerance, std::size_t maxIterations, Job& job);

}  // namespace denseam::sphere
