#pragma once

#include <algorithm>
#include <cstddef>

namespace denseam {

// Whether float32 holds all these numbers exactly: they came from there then, whatever array they are in now, and are
// as far off as it leaves them.
inline bool areSingle(std::size_t count, const double* values) {
  return std::all_of(values, values + count, [](double x) { return static_cast<double>(static_cast<float>(x)) == x; });
}

}  // namespace denseam
