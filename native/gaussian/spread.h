#pragma once

#include <cstddef>

#include "base/random.h"
#include "parallel/job.h"

namespace denseam::gaussian {

// covariance <- S + t E E', E of d x d standard normal numbers, with t such that d_B^2(S, S + t E E') is
// squaredDistance to about 1e-6 of it. Returns the squared distance that the rounded result really has, to about 1e-10
// of it, or as far as the conditioning of S and the size of the distance let double precision go.
double growCovariance(std::size_t d, double squaredDistance, RandomStream& stream, const Job& job, double* covariance);

}  // namespace denseam::gaussian
