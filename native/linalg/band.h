#pragma once

#include <cstddef>

#include "linalg/lanes.h"

// Tridiagonal forms of large symmetric matrices in two stages: most of the work is products of matrices, where LAPACK's
// dsytrd does half of its own in products of a matrix and a vector.
namespace denseam::linalg {

// a (n x n, lower, destroyed) is similar to the tridiagonal matrix with this diagonal (n) and offDiagonal (n - 1).
// Squares of the entries must neither overflow nor vanish.
void tridiagonalizeInStages(std::size_t n, double* a, double* diagonal, double* offDiagonal,
                            const lanes::Kernels& kernels);

}  // namespace denseam::linalg
