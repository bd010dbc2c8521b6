#include "sphere/rows.h"

#include <algorithm>
#include <cmath>

#include "base/format.h"
#include "parallel/pool.h"
#include "simd/vectors.h"

namespace denseam::sphere {
namespace {

// The tolerance of |x|^2, relative: the rounding to float32 in 10^5 dimensions, and more than the error of any careful
// normalisation.
constexpr double kNormTolerance = 1e-4;
constexpr std::size_t kGrain = 256;

Error badNorm(const RowsCheck& check, std::size_t row, double norm) {
  return {"ERR_RANGE",
          {.argument = check.name + "[" + std::to_string(check.firstIndex + row) + "]",
           .expected = std::string("a row of norm 1") + (check.allowsZero ? " (or of zeros)" : ""),
           .found = "its norm is " + number(norm) + ": toSphere makes such rows"}};
}

}  // namespace

template <typename T>
void checkRows(std::size_t dimension, std::span<const T> values, const RowsCheck& check, const Job& job) {
  parallel::forEach(values.size() / dimension, kGrain, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const T* row = values.data() + i * dimension;
      const double square = innerProduct(dimension, row, row);
      if (std::abs(square - 1) <= kNormTolerance) continue;
      const T* bad = std::find_if_not(row, row + dimension, [](T x) { return std::isfinite(x); });
      if (bad != row + dimension) {
        const std::string at =
            check.name + "[" + std::to_string(check.firstIndex + i) + "][" + std::to_string(bad - row) + "]";
        throw notFinite(at, static_cast<double>(*bad));
      }
      const bool isZero = std::all_of(row, row + dimension, [](T x) { return x == 0; });
      if (!isZero || !check.allowsZero) throw badNorm(check, i, std::sqrt(square));
    }
  });
}

template void checkRows(std::size_t, std::span<const float>, const RowsCheck&, const Job&);
template void checkRows(std::size_t, std::span<const double>, const RowsCheck&, const Job&);

}  // namespace denseam::sphere
