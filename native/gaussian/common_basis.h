#pragma once

#include <cstddef>
#include <vector>

#include "memory/memory.h"
#include "parallel/job.h"

// The search for common eigenvectors of covariances.
namespace denseam::gaussian {

// How many combinations of the covariances are compared.
inline constexpr std::size_t kCombinations = 3;

// sums (kCombinations x d x d) <- sums + random combinations of full covariances, each covariance divided by its trace
// so that small ones count, too. Weights are standard normal: their signs cancel the part that all covariances share,
// which would drown differences of eigenvalues. Random streams are counted from `items.first`.
void addCombinations(std::size_t d, Batch items, std::vector<double>& sums, Job& job);

// An orthogonal matrix, row-major, whose columns are eigenvectors of all covariances if such columns exist.
std::vector<double> commonEigenvectors(std::size_t d, const std::vector<double>& sums, Job& job);

}  // namespace denseam::gaussian
