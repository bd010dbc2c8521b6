#pragma once

namespace denseam::gaussian {

// What is known of a stored covariance S without looking at it.
struct CovarianceNote {
  double trace = 0;
  // At least the trace of its positive part: a covariance that is semidefinite to rounding may have slightly negative
  // eigenvalues, which count as zeros in every distance.
  double positiveTrace = 0;
  // Whether it was found singular at insertion: eigenvalues at the level of rounding then count as zeros.
  bool singular = false;
};

}  // namespace denseam::gaussian
