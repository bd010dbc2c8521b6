#pragma once

#include <cstddef>

namespace denseam::parallel {

// The number of processors that this process may run on (its affinity), at least one.
std::size_t processors();

}  // namespace denseam::parallel
