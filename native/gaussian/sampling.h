#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/random.h"
#include "gaussian/basis.h"
#include "memory/memory.h"
#include "parallel/job.h"

// Random Gaussians on a Wasserstein sphere: all at the same W2 distance R from the point mass at the origin, |mu|^2 +
// tr S = R^2 (science 1.5). Both halves of R^2 are fixed: |mu|^2 = tr S = R^2 / 2. Every item has a random stream of
// its own.
namespace denseam::gaussian {

struct CommutingSample {
  Batch items;
  std::vector<double> eigenvalues;  // count x d, in the order of the basis
};

// A uniformly random basis.
Basis drawBasis(std::size_t d, std::uint64_t seed, Job& job);

// Items `first` to `first + count` of a sample. Covariances are V diag(l) V', V the basis of all items.
// R^2 = d (least + greatest); the eigenvalues of an item are uniform on the range's part of the plane sum l = R^2 / 2.
CommutingSample sampleCommuting(std::size_t first, std::size_t count, const Basis& basis, double least, double greatest,
                                std::uint64_t seed, Job& job);

// Items `first` to `first + count` of a sample. Covariances are W W' + 0.01 I scaled to trace d, W of d x d standard
// normal numbers. R^2 = 2 d.
Batch sampleGeneral(std::size_t first, std::size_t count, std::size_t d, std::uint64_t seed, Job& job);

}  // namespace denseam::gaussian
