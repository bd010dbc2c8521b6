#pragma once

#include <algorithm>
#include <span>

namespace denseam {

// Whether float32 holds all these numbers exactly: they were float32 numbers then, whatever array holds them now, and
// have float32's rounding errors.
inline bool areSingle(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(),
                     [](double x) { return static_cast<double>(static_cast<float>(x)) == x; });
}

}  // namespace denseam
