#pragma once

#include <cstddef>
#include <cstdint>

#include "gaussian/structure.h"
#include "memory/memory.h"
#include "parallel/job.h"

// Gaussians at a given W2 distance from given ones (science 1.5). They replace the given items, whose values are
// checked first.
namespace denseam::gaussian {

// x -> (1 + radius / R) x, R the item's distance from the point mass at the origin: a multiple of the identity is an
// optimal map, so the item moves by exactly radius.
void dilate(Structure structure, std::size_t d, double radius, Batch& items, Job& job);

// Moves the covariance by half of radius^2 and the mean by the rest, in random directions. Full covariances become S +
// t E E' with E of d x d standard normal numbers; root variances of the others grow.
void displace(Structure structure, std::size_t d, double radius, std::uint64_t seed, Batch& items, Job& job);

}  // namespace denseam::gaussian
