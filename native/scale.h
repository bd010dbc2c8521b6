#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <limits>

#include "parallel/job.h"

namespace denseam {

// How large a memory is: what default tolerances are relative to.
struct Scale {
  // The standard deviation of the equal mixture of all items, sqrt(mean_i(|mu_i - m|^2 + tr S_i)), m the mean of all
  // mu_i.
  double deviation = 0;
  // The same about the origin: how large the numbers are that positions are made of.
  double reach = 0;

  // Of a distance: the least step that is worth taking, when nobody says it.
  double tolerance() const;
};

// `describe(item, mean)` writes an item's mean, d numbers, and returns the trace of its covariance. The result depends
// on the items and their order alone.
Scale measureScale(std::size_t count, std::size_t d,
                   const std::function<double(std::size_t item, double* mean)>& describe, const Job& job);

// The default tolerance of a store that never changes, measured when it is first asked for. A copy of the store becomes
// another one, so a copy of this knows nothing.
class DefaultTolerance {
 public:
  DefaultTolerance() = default;
  DefaultTolerance(const DefaultTolerance&) {}
  DefaultTolerance& operator=(const DefaultTolerance&) = delete;

  // Two calls at the same time may both measure; they find the same.
  template <typename Measure>
  double get(const Measure& measure) const {
    double tolerance = known_.load(std::memory_order_relaxed);
    if (tolerance < 0) {
      tolerance = measure().tolerance();
      known_.store(tolerance, std::memory_order_relaxed);
    }
    return tolerance;
  }

 private:
  static constexpr double kUnknown = -1;
  mutable std::atomic<double> known_{kUnknown};
};

}  // namespace denseam
