#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace denseam::gaussian {

// Derived data of a stored covariance S, kept beside it.
struct CovarianceNote {
  double trace = 0;
  // An upper bound on the trace of its positive part: rounding may leave slightly negative eigenvalues.
  double positiveTrace = 0;
  std::size_t rank = 0;
  // The packed lower triangle of its positive part, where S is indefinite because its numbers were rounded to float32:
  // this covariance represents S in all computations.
  std::shared_ptr<const std::vector<double>> positivePart;
};

}  // namespace denseam::gaussian
