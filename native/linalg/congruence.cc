#include <cblas.h>

#include <algorithm>

#include "linalg/linalg.h"
#include "linalg/small.h"

namespace denseam::linalg {
namespace {

// A part of a column-major matrix.
struct Block {
  double* values;
  int stride;
  double* column(int j) const { return values + static_cast<std::ptrdiff_t>(j) * stride; }
  Block part(int i, int j) const { return {column(j) + i, stride}; }
};
struct ConstBlock {
  const double* values;
  int stride;
  ConstBlock part(int i, int j) const { return {values + static_cast<std::ptrdiff_t>(j) * stride + i, stride}; }
};

// The size up to which products of whole matrices take no longer than recursion.
constexpr int kLeaf = 64;

// a <- r' a r, of which dtrmm takes twice the operations.
void leafCongruence(int n, ConstBlock r, Block a, double* work) {
  for (int j = 0; j < n; ++j) {
    for (int i = j; i < n; ++i) work[j * n + i] = work[i * n + j] = a.column(j)[i];
  }
  cblas_dtrmm(CblasColMajor, CblasRight, CblasLower, CblasNoTrans, CblasNonUnit, n, n, 1.0, r.values, r.stride, work,
              n);
  cblas_dtrmm(CblasColMajor, CblasLeft, CblasLower, CblasTrans, CblasNonUnit, n, n, 1.0, r.values, r.stride, work, n);
  for (int j = 0; j < n; ++j) std::copy(work + j * n + j, work + (j + 1) * n, a.column(j) + j);
}

void addColumns(int rows, int columns, const double* from, Block to) {
  for (int j = 0; j < columns; ++j, from += rows) {
    for (int i = 0; i < rows; ++i) to.column(j)[i] += from[i];
  }
}

// a <- r' a r, lower triangles, by halves as in LAPACK's dsygst, but with halves of halves instead of narrow panels:
//   a11 <- r11' a11 r11 + r21' b + b' r21, b = a21 r11 + a22 r21 / 2; a21 <- r22' (b + a22 r21 / 2).
// `work` has room for a quarter of a, or a leaf.
void recursiveCongruence(int n, ConstBlock r, Block a, double* work) {
  if (n <= kLeaf) return leafCongruence(n, r, a, work);
  const int m = (n / 2 + 15) / 16 * 16, rest = n - m;
  const ConstBlock r21 = r.part(m, 0), r22 = r.part(m, m);
  const Block a21 = a.part(m, 0), a22 = a.part(m, m);
  recursiveCongruence(m, r, a, work);
  cblas_dsymm(CblasColMajor, CblasLeft, CblasLower, rest, m, 0.5, a22.values, a22.stride, r21.values, r21.stride, 0.0,
              work, rest);
  cblas_dtrmm(CblasColMajor, CblasRight, CblasLower, CblasNoTrans, CblasNonUnit, rest, m, 1.0, r.values, r.stride,
              a21.values, a21.stride);
  addColumns(rest, m, work, a21);
  cblas_dsyr2k(CblasColMajor, CblasLower, CblasTrans, m, rest, 1.0, a21.values, a21.stride, r21.values, r21.stride, 1.0,
               a.values, a.stride);
  addColumns(rest, m, work, a21);
  cblas_dtrmm(CblasColMajor, CblasLeft, CblasLower, CblasTrans, CblasNonUnit, rest, m, 1.0, r22.values, r22.stride,
              a21.values, a21.stride);
  recursiveCongruence(rest, r22, a22, work);
}

}  // namespace

void congruence(std::size_t n, const double* r, double* a) {
  double* const work = Workspace::local().get(Workspace::kLapack, n * n);
  if (n <= small::kMostValues) return small::congruence(n, r, a, work);
  const int m = static_cast<int>(n);
  recursiveCongruence(m, {r, m}, {a, m}, work);
}

}  // namespace denseam::linalg
