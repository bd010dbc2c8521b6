#include <cblas.h>

#include <algorithm>
#include <utility>

#include "linalg/linalg.h"
#include "linalg/small.h"

namespace denseam::linalg {
namespace {

// A part of a column-major matrix.
template <typename T>
struct Part {
  T* values;
  std::size_t stride;
  T* at(std::size_t i, std::size_t j) const { return values + j * stride + i; }
  Part part(std::size_t i, std::size_t j) const { return {at(i, j), stride}; }
  int leading() const { return static_cast<int>(stride); }
};

// The size up to which products of whole matrices take no longer than recursion.
constexpr std::size_t kLeaf = 64;

// a <- r' a r, of which dtrmm takes twice the operations.
void leafCongruence(std::size_t n, Part<const double> r, Part<double> a, double* work) {
  const int m = static_cast<int>(n);
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = j; i < n; ++i) work[j * n + i] = work[i * n + j] = *a.at(i, j);
  }
  for (const auto& [side, transpose] : {std::pair{CblasRight, CblasNoTrans}, {CblasLeft, CblasTrans}}) {
    cblas_dtrmm(CblasColMajor, side, CblasLower, transpose, CblasNonUnit, m, m, 1.0, r.values, r.leading(), work, m);
  }
  for (std::size_t j = 0; j < n; ++j) std::copy(work + j * n + j, work + (j + 1) * n, a.at(j, j));
}

void add(std::size_t rows, std::size_t columns, const double* from, Part<double> to) {
  for (std::size_t j = 0; j < columns; ++j, from += rows) {
    for (std::size_t i = 0; i < rows; ++i) *to.at(i, j) += from[i];
  }
}

// a <- r' a r, lower triangles, by halves as in LAPACK's dsygst, but with halves of halves instead of narrow panels:
//   a11 <- r11' a11 r11 + r21' b + b' r21, b = a21 r11 + a22 r21 / 2; a21 <- r22' (b + a22 r21 / 2).
// `work` has room for a quarter of a, or for a leaf.
void recursiveCongruence(std::size_t n, Part<const double> r, Part<double> a, double* work) {
  if (n <= kLeaf) return leafCongruence(n, r, a, work);
  const std::size_t half = (n / 2 + 15) / 16 * 16, rest = n - half;
  const int m = static_cast<int>(half), k = static_cast<int>(rest);
  const Part<const double> r21 = r.part(half, 0), r22 = r.part(half, half);
  const Part<double> a21 = a.part(half, 0), a22 = a.part(half, half);
  recursiveCongruence(half, r, a, work);
  cblas_dsymm(CblasColMajor, CblasLeft, CblasLower, k, m, 0.5, a22.values, a22.leading(), r21.values, r21.leading(),
              0.0, work, k);
  cblas_dtrmm(CblasColMajor, CblasRight, CblasLower, CblasNoTrans, CblasNonUnit, k, m, 1.0, r.values, r.leading(),
              a21.values, a21.leading());
  add(rest, half, work, a21);
  cblas_dsyr2k(CblasColMajor, CblasLower, CblasTrans, m, k, 1.0, a21.values, a21.leading(), r21.values, r21.leading(),
               1.0, a.values, a.leading());
  add(rest, half, work, a21);
  cblas_dtrmm(CblasColMajor, CblasLeft, CblasLower, CblasTrans, CblasNonUnit, k, m, 1.0, r22.values, r22.leading(),
              a21.values, a21.leading());
  recursiveCongruence(rest, r22, a22, work);
}

}  // namespace

void congruence(std::size_t n, const double* r, double* a) {
  double* const work = Workspace::local().get(Workspace::kLapack, n * n);
  if (n <= small::kMostValues) return small::congruence(n, r, a, work);
  recursiveCongruence(n, {r, n}, {a, n}, work);
}

}  // namespace denseam::linalg
