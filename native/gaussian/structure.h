#pragma once

#include <cstddef>
#include <string>

#include "memory/memory.h"

namespace denseam::gaussian {

// The structures of a batch's covariances.
enum class Structure { kFull, kDiagonal, kIsotropic };

// The number of elements of one covariance.
inline std::size_t covarianceSize(Structure structure, std::size_t d) {
  return structure == Structure::kFull ? d * d : structure == Structure::kDiagonal ? d : 1;
}

// Throws unless a mean is finite, and unless variances are finite and not negative. `where` names them in errors.
void checkMean(std::size_t d, const double* mean, const std::string& where);
void checkVariances(Structure structure, std::size_t d, const double* variances, const std::string& where);
}  // namespace denseam::gaussian
