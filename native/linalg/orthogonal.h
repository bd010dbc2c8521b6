#pragma once

#include <cstddef>

namespace denseam::linalg {

// a <- the orthogonal factor q of a = q r, r upper triangular with a non-negative diagonal. The factor is then unique,
// so that the factor of a matrix of independent normal numbers is uniform (Haar) on the orthogonal group (Mezzadri
// 2007, section 5). Column-major, n x n.
void orthogonalFactor(std::size_t n, double* a);

}  // namespace denseam::linalg
