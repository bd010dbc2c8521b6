#pragma once

#include <algorithm>
#include <span>

namespace denseam {

// Whether float32 holds all these numbers exactly: they came from there then, whatever array they are in now, and are
// as far off as it leaves them.
inline bool areSingle(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(),
                     [](double x) { return static_cast<double>(static_cast<float>(x)) == x; });
}

}  // namespace denseam
