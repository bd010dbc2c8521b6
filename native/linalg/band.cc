#include "linalg/band.h"

#include <cblas.h>
#include <lapacke.h>

#include <algorithm>

#include "linalg/linalg.h"

namespace denseam::linalg {
namespace {

using lanes::kBand;

lapack_int size(std::size_t n) { return static_cast<lapack_int>(n); }

// A matrix of n x kBand in both layouts, with the zeros behind them that the kernels ask for. The distance of columns
// is an odd number of cache lines: with a power of two they would share a few places of the cache.
struct NarrowMatrix {
  static std::size_t lengthOf(std::size_t n) { return (n + lanes::kNarrowSpare) / 16 * 16 + 24; }
  static std::size_t sizeOf(std::size_t n) { return (n + lanes::kNarrowSpare + lengthOf(n)) * kBand; }

  NarrowMatrix(std::size_t count, double* space)
      : n(count), length(lengthOf(n)), rows(space), columns(space + (n + lanes::kNarrowSpare) * kBand) {
    std::fill_n(rows + n * kBand, lanes::kNarrowSpare * kBand, 0.0);
    for (std::size_t k = 0; k < kBand; ++k) std::fill_n(columns + k * length + n, length - n, 0.0);
  }
  void set(std::size_t i, std::size_t k, double value) { rows[i * kBand + k] = columns[k * length + i] = value; }
  void fillColumns() {
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t k = 0; k < kBand; ++k) columns[k * length + i] = rows[i * kBand + k];
    }
  }
  operator lanes::Narrow() const { return {rows, columns, length}; }

  std::size_t n, length;
  double* rows;
  double* columns;
};

// The QR factors of a panel of v.n rows (leading dimension `stride`): Q = I - V T V' with unit lower trapezoidal V, and
// R stays in the panel. Where fewer rows than columns are left, Q has as many columns, and V and T end in zeros.
void factorize(std::size_t stride, double* panel, NarrowMatrix& v, double* t) {
  const std::size_t columns = std::min(kBand, v.n);
  std::fill_n(t, kBand * kBand, 0.0);
  LAPACKE_dgeqrt3_work(LAPACK_COL_MAJOR, size(v.n), size(columns), panel, size(stride), t, size(kBand));
  for (std::size_t k = 0; k < kBand; ++k) {
    const double* const column = panel + k * stride;
    for (std::size_t i = 0; i < v.n; ++i) v.set(i, k, k >= columns || i < k ? 0 : i == k ? 1 : column[i]);
  }
  if (columns == kBand) return;
  double work[kBand * kBand];
  LAPACKE_dgemqrt_work(LAPACK_COL_MAJOR, 'L', 'T', size(v.n), size(kBand - columns), size(columns), size(columns),
                       panel, size(stride), t, size(kBand), panel + columns * stride, size(stride), work);
}

// a <- Q' a Q = a - V W' - W V' with W = a X - V (X' a X) / 2 and X = V T; `space` has room for X and W. To BLAS, the
// rows of a narrow matrix are columns of its transpose.
void applyOnBothSides(std::size_t stride, double* a, const NarrowMatrix& v, const double* t, double* space,
                      const lanes::Kernels& kernels) {
  const int n = size(v.n), band = size(kBand);
  double* const x = space;
  NarrowMatrix w(v.n, space + v.n * kBand);
  std::copy_n(v.rows, v.n * kBand, x);
  cblas_dtrmm(CblasColMajor, CblasLeft, CblasUpper, CblasTrans, CblasNonUnit, band, n, 1.0, t, band, x, band);
  kernels.symmetricProduct(v.n, a, stride, x, w.rows);
  double inner[kBand * kBand];
  cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, band, band, n, 0.5, x, band, w.rows, band, 0.0, inner, band);
  cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, band, n, band, -1.0, inner, band, v.rows, band, 1.0, w.rows,
              band);
  w.fillColumns();
  kernels.subtractProducts(v.n, a, stride, v, w);
}

// a is similar to what is left in its band: the entries at most kBand below the diagonal.
void reduceToBand(std::size_t n, double* a, const lanes::Kernels& kernels) {
  double t[kBand * kBand];
  double* const space = Workspace::local().get(Workspace::kLapack, 2 * NarrowMatrix::sizeOf(n) + n * kBand);
  for (std::size_t i = 0; i + kBand + 1 < n; i += kBand) {
    NarrowMatrix v(n - i - kBand, space);
    factorize(n, a + i * n + i + kBand, v, t);
    applyOnBothSides(n, a + (i + kBand) * n + i + kBand, v, t, space + NarrowMatrix::sizeOf(v.n), kernels);
  }
}

// The band in the layout of the chase, both triangles, in the workspace's kLapack.
double* layOutBand(std::size_t n, const double* a) {
  const std::size_t length = lanes::bandSize(n);
  double* const band = Workspace::local().get(Workspace::kLapack, length);
  std::fill_n(band, length, 0.0);
  for (std::size_t j = 0; j < n; ++j) {
    const std::size_t end = std::min(n, j + kBand + 1);
    for (std::size_t i = j; i < end; ++i) {
      band[j * lanes::kBandStride + i] = a[j * n + i];
      if (i < j + kBand) band[i * lanes::kBandStride + j] = a[j * n + i];
    }
  }
  return band;
}

}  // namespace

void tridiagonalizeInStages(std::size_t n, double* a, double* diagonal, double* offDiagonal,
                            const lanes::Kernels& kernels) {
  reduceToBand(n, a, kernels);
  kernels.chase(n, layOutBand(n, a), diagonal, offDiagonal);
}

}  // namespace denseam::linalg
