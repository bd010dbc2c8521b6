#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace denseam::gaussian {

// What is known of a stored covariance S without looking at it.
struct CovarianceNote {
  double trace = 0;
  // At least the trace of its positive part: rounding may leave eigenvalues that are slightly negative.
  double positiveTrace = 0;
  std::size_t rank = 0;
  // The packed lower triangle of its positive part, where S is indefinite because its numbers were rounded to float32:
  // the covariance that S stands for in all that is computed.
  std::shared_ptr<const std::vector<double>> positivePart;
};

}  // namespace denseam::gaussian
