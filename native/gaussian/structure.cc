#include "gaussian/structure.h"

#include <cmath>

#include "base/format.h"

namespace denseam::gaussian {

void checkMean(std::size_t d, const double* mean, const std::string& where) {
  for (std::size_t k = 0; k < d; ++k) {
    if (!std::isfinite(mean[k])) throw notFinite(where + "[" + std::to_string(k) + "]", mean[k]);
  }
}

void checkVariances(Structure structure, std::size_t d, const double* variances, const std::string& where) {
  const auto entry = [&](std::size_t k) {
    return structure == Structure::kDiagonal ? where + "[" + std::to_string(k) + "]" : where;
  };
  for (std::size_t k = 0; k < covarianceSize(structure, d); ++k) {
    if (!std::isfinite(variances[k])) throw notFinite(entry(k), variances[k]);
    if (variances[k] < 0) throw negativeVariance(entry(k), variances[k]);
  }
}

}  // namespace denseam::gaussian
