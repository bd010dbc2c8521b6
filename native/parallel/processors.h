#pragma once

#include <cstddef>

namespace denseam::parallel {

// Processors that this process may run on (its affinity), at least one.
std::size_t processors();

}  // namespace denseam::parallel
