#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <span>

#include "parallel/job.h"

namespace denseam {

// The scale of a memory: the standard deviation of the equal mixture of all items, sqrt(mean_i(|mu_i - m|^2 + tr S_i)),
// m the mean of all mu_i. `describe(item, mean)` writes an item's mean and returns the trace of its covariance. The
// result depends on the items and their order alone.
double measureScale(std::size_t count, std::size_t d,
                    const std::function<double(std::size_t item, std::span<double> mean)>& describe, const Job& job);

// The default tolerance relative to the memory's scale: a shorter step changes no result visibly.
inline constexpr double kRelativeTolerance = 1e-6;

// The default tolerance of an immutable store, measured on first use. A copy of the store becomes another store, so a
// copy of this object starts empty.
class DefaultTolerance {
 public:
  DefaultTolerance() = default;
  DefaultTolerance(const DefaultTolerance&) {}
  DefaultTolerance& operator=(const DefaultTolerance&) = delete;

  // `measure` returns the scale. Two concurrent calls may both measure; their results are equal.
  template <typename Measure>
  double get(const Measure& measure) const {
    double tolerance = known_.load(std::memory_order_relaxed);
    if (tolerance < 0) {
      tolerance = kRelativeTolerance * measure();
      known_.store(tolerance, std::memory_order_relaxed);
    }
    return tolerance;
  }

 private:
  static constexpr double kUnknown = -1;
  mutable std::atomic<double> known_{kUnknown};
};

}  // namespace denseam
