#pragma once

#include <cstddef>

// Eigenvalues and eigenvectors of many small symmetric matrices at once, one matrix in each lane of a vector register:
// a group of kLanes matrices goes through the same instructions, and a lane's result does not depend on the others.
//
// A symmetric matrix is stored as its packed lower triangle, row by row: entry (i, j), i >= j, has the index
// k = i (i + 1) / 2 + j and lies at a[k * kLanes + lane]. All arrays are fastest when aligned to 64 bytes.
namespace denseam::linalg::lanes {

inline constexpr std::size_t kLanes = 8;
inline constexpr std::size_t kMostRows = 2048;  // the largest n
// The largest n for which groups are used. A group of eight is 4 and 3 times as fast there as LAPACK on one matrix
// after the other, and more below; above, a lone matrix, which takes as long as eight, would cost more than groups
// gain.
inline constexpr std::size_t kMostValues = 256;
inline constexpr std::size_t kMostVectors = 128;

// The size of a group's packed triangles, in numbers.
constexpr std::size_t packedSize(std::size_t n) { return n * (n + 1) / 2 * kLanes; }
// The size of `work` of every function here, in numbers.
constexpr std::size_t workSize(std::size_t n) { return packedSize(n) + 8 * (n + 2) * kLanes; }
// The size of `work` of tridiagonalValues.
constexpr std::size_t tridiagonalWorkSize(std::size_t n) { return 8 * (n + 2) * kLanes; }

// The band of lanes_chase.h: the number of its diagonals below the main one, and its layout.
inline constexpr std::size_t kBand = 32;
inline constexpr std::size_t kBandStride = 3 * kBand;
constexpr std::size_t bandSize(std::size_t n) { return (n + 2 * kBand) * (kBandStride + 1); }

// A narrow matrix of kBand columns in both layouts, its columns `length` numbers apart.
struct Narrow {
  const double* rows;
  const double* columns;
  std::size_t length;
};
// The zeros that follow its rows, and its columns.
inline constexpr std::size_t kNarrowSpare = 32;

// The kernels of one instruction set.
struct Kernels {
  // gram <- r' s r. r is lower triangular, n x n, column-major, zeros above its diagonal, the same for all lanes.
  void (*congruence)(std::size_t n, const double* r, const double* s, double* gram, double* work);
  void (*congruenceFloat)(std::size_t n, const double* r, const float* s, double* gram, double* work);

  // values[k * kLanes + lane], in any order; a is destroyed. Returns a bit for each lane that did not converge, which
  // happens when it was not finite; its values are NaN.
  unsigned (*eigenvalues)(std::size_t n, double* a, double* values, double* work);
  // Eigenvalues of two groups, one after the other in a and in values: faster. `work` has 2 workSize(n) numbers.
  unsigned (*eigenvaluesOfTwo)(std::size_t n, double* a, double* values, double* work);
  // Eigenvalues with orthonormal eigenvectors: component i of vector k of a lane is vectors[(k * n + i) * kLanes +
  // lane].
  unsigned (*eigenvectors)(std::size_t n, double* a, double* values, double* vectors, double* work);

  // Eigenvalues of tridiagonal matrices: diagonal (n) and offDiagonal (n - 1) of each lane, laid out like values.
  unsigned (*tridiagonalValues)(std::size_t n, const double* diagonal, const double* offDiagonal, double* values,
                                double* work);

  // The products of band.h, with narrow matrices of n x kBand. w <- a x: a is symmetric, column-major with `stride`
  // numbers from one column to the next, lower; x and w are row-major.
  void (*symmetricProduct)(std::size_t n, const double* a, std::size_t stride, const double* x, double* w);
  // a <- a - v w' - w v', lower; what is above the diagonal changes, too. Each of v and w is given row-major and
  // column-major, followed by kNarrowSpare rows, or numbers in each column, of zeros.
  void (*subtractProducts)(std::size_t n, double* a, std::size_t stride, const Narrow& v, const Narrow& w);
  // The tridiagonal form of one band matrix (lanes_chase.h), which is destroyed: diagonal (n) and offDiagonal (n - 1).
  void (*chase)(std::size_t n, double* band, double* diagonal, double* offDiagonal);

  // group[k * kLanes + lane] <- triangles[lane][k], k below `count`.
  void (*pack)(std::size_t count, const double* const* triangles, double* group);
  void (*packFloat)(std::size_t count, const float* const* triangles, float* group);

  // sum (packed triangles) <- sum + weights[lane] V diag(scales) V', V from eigenvectors, scales like values.
  void (*addSpectral)(std::size_t n, const double* weights, const double* vectors, const double* scales, double* sum,
                      double* work);
};

// The instruction sets: the x86-64 levels. Other architectures have the baseline only.
enum class Level { kBaseline = 2, kAvx2 = 3, kAvx512 = 4 };

// The kernels of a level, or null where this processor lacks it.
const Kernels* kernels(Level level);
// The highest level that this processor has, and its kernels.
Level bestLevel();
const Kernels& best();

inline void congruence(std::size_t n, const double* r, const double* s, double* gram, double* work) {
  best().congruence(n, r, s, gram, work);
}
inline void congruence(std::size_t n, const double* r, const float* s, double* gram, double* work) {
  best().congruenceFloat(n, r, s, gram, work);
}
inline unsigned eigenvalues(std::size_t n, double* a, double* values, double* work) {
  return best().eigenvalues(n, a, values, work);
}
inline unsigned eigenvaluesOfTwo(std::size_t n, double* a, double* values, double* work) {
  return best().eigenvaluesOfTwo(n, a, values, work);
}
inline unsigned tridiagonalValues(std::size_t n, const double* diagonal, const double* offDiagonal, double* values,
                                  double* work) {
  return best().tridiagonalValues(n, diagonal, offDiagonal, values, work);
}
inline void pack(std::size_t count, const double* const* triangles, double* group) {
  best().pack(count, triangles, group);
}
inline void pack(std::size_t count, const float* const* triangles, float* group) {
  best().packFloat(count, triangles, group);
}
inline unsigned eigenvectors(std::size_t n, double* a, double* values, double* vectors, double* work) {
  return best().eigenvectors(n, a, values, vectors, work);
}
inline void addSpectral(std::size_t n, const double* weights, const double* vectors, const double* scales, double* sum,
                        double* work) {
  best().addSpectral(n, weights, vectors, scales, sum, work);
}

// matrix (n x n, column-major, lower triangle) <- the sum of the lanes of `sum`, added in the order of the lanes.
void sumLanes(std::size_t n, const double* sum, double* matrix);

}  // namespace denseam::linalg::lanes
