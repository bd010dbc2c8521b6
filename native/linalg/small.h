#pragma once

#include <cstddef>

// Kernels for matrices that fit in the first-level cache. Every OpenBLAS routine, however small its problem, takes a
// process-wide lock for its buffer: at d = 10 two threads were no faster than one. These kernels take no lock. Layout
// as in linalg.h.
namespace denseam::linalg::small {

// The greatest sizes for these kernels: above, OpenBLAS's blocked routines (values alone) or its divide and conquer
// (with vectors) are faster.
inline constexpr std::size_t kMostValues = 64;
inline constexpr std::size_t kMostVectors = 32;

// a <- r' a r in both triangles, for symmetric a and lower triangular r. `product` is n x n work space.
void congruence(std::size_t n, const double* r, double* a, double* product);

// a (symmetric, both triangles) <- Householder vectors; diagonal (n), offDiagonal (n - 1) and reflector scales tau (n -
// 1) of the tridiagonal matrix orthogonally similar to it. `work` has n numbers.
void tridiagonalize(std::size_t n, double* a, double* diagonal, double* offDiagonal, double* tau, double* work);

// a (as tridiagonalize left it) <- the orthogonal matrix of that similarity. `work` is n x n.
void formOrthogonal(std::size_t n, double* a, const double* tau, double* work);

// c <- c + alpha a a', both triangles. `work` has n numbers.
void addOuter(std::size_t n, double alpha, const double* a, double* c, double* work);

}  // namespace denseam::linalg::small
