#include "linalg/small.h"

#include <algorithm>
#include <cmath>

#include "simd/dispatch.h"

namespace denseam::linalg::small {
namespace {

// y <- y + a x for `columns` columns of `rows` numbers, `stride` apart: four columns a pass, so that y is read once for
// all four.
DENSEAM_INLINE void addColumns(std::size_t rows, std::size_t columns, const double* __restrict a, std::size_t stride,
                               const double* __restrict x, double* __restrict y) {
  std::size_t k = 0;
  for (; k + 4 <= columns; k += 4) {
    const double* a0 = a + k * stride;
    const double* a1 = a0 + stride;
    const double* a2 = a1 + stride;
    const double* a3 = a2 + stride;
    const double x0 = x[k], x1 = x[k + 1], x2 = x[k + 2], x3 = x[k + 3];
#pragma omp simd
    for (std::size_t i = 0; i < rows; ++i) y[i] += (a0[i] * x0 + a1[i] * x1) + (a2[i] * x2 + a3[i] * x3);
  }
  for (; k < columns; ++k) {
    const double* a0 = a + k * stride;
    const double x0 = x[k];
#pragma omp simd
    for (std::size_t i = 0; i < rows; ++i) y[i] += a0[i] * x0;
  }
}

DENSEAM_INLINE double dot(std::size_t n, const double* __restrict a, const double* __restrict b) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

// x <- the Householder vector v, v[0] = 1, of the reflection I - tau v v' that maps x to beta e_0. Returns beta.
DENSEAM_INLINE double reflect(std::size_t n, double* x, double& tau) {
  const double alpha = x[0];
  const double tail = n > 1 ? std::sqrt(dot(n - 1, x + 1, x + 1)) : 0.0;
  tau = 0;
  x[0] = 1;
  if (tail == 0) return alpha;
  const double beta = -std::copysign(std::hypot(alpha, tail), alpha);
  tau = (beta - alpha) / beta;
  const double scale = 1 / (alpha - beta);
#pragma omp simd
  for (std::size_t i = 1; i < n; ++i) x[i] *= scale;
  return beta;
}

}  // namespace

DENSEAM_DISPATCH void congruence(std::size_t n, const double* r, double* a, double* product) {
  // product = a r: column j of r begins at row j.
  std::fill_n(product, n * n, 0.0);
  for (std::size_t j = 0; j < n; ++j) addColumns(n, n - j, a + j * n, n, r + j * n + j, product + j * n);
  // a = r' product: column i of r begins at row i.
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = j; i < n; ++i) {
      const double sum = dot(n - i, r + i * n + i, product + j * n + i);
      a[j * n + i] = sum;
      a[i * n + j] = sum;
    }
  }
}

DENSEAM_DISPATCH void tridiagonalize(std::size_t n, double* a, double* diagonal, double* offDiagonal, double* tau,
                                     double* work) {
  for (std::size_t k = 0; k + 1 < n; ++k) {
    const std::size_t m = n - k - 1;
    double* v = a + k * n + k + 1;
    double* rest = a + (k + 1) * n + k + 1;
    diagonal[k] = a[k * n + k];
    offDiagonal[k] = reflect(m, v, tau[k]);
    if (tau[k] == 0) continue;
    // H A H = A - v w' - w v' with w = p - (tau/2)(p'v) v, p = tau A v.
    std::fill_n(work, m, 0.0);
    addColumns(m, m, rest, n, v, work);
    const double half = tau[k] * tau[k] * dot(m, work, v) / 2;
#pragma omp simd
    for (std::size_t i = 0; i < m; ++i) work[i] = tau[k] * work[i] - half * v[i];
    for (std::size_t j = 0; j < m; ++j) {
      double* column = rest + j * n;
      const double vj = v[j], wj = work[j];
#pragma omp simd
      for (std::size_t i = 0; i < m; ++i) column[i] -= v[i] * wj + work[i] * vj;
    }
  }
  diagonal[n - 1] = a[n * n - 1];
}

DENSEAM_DISPATCH void formOrthogonal(std::size_t n, double* a, const double* tau, double* work) {
  std::fill_n(work, n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) work[i * n + i] = 1;
  // H_0 H_1 ... applied to the identity from the last to the first; H_k leaves what lies above row k + 1.
  for (std::size_t k = n - 1; k-- > 0;) {
    if (tau[k] == 0) continue;
    const std::size_t m = n - k - 1;
    const double* v = a + k * n + k + 1;
    for (std::size_t j = k + 1; j < n; ++j) {
      double* column = work + j * n + k + 1;
      const double scale = tau[k] * dot(m, v, column);
#pragma omp simd
      for (std::size_t i = 0; i < m; ++i) column[i] -= scale * v[i];
    }
  }
  std::copy_n(work, n * n, a);
}

DENSEAM_DISPATCH void addOuter(std::size_t n, double alpha, const double* a, double* c, double* work) {
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t k = 0; k < n; ++k) work[k] = alpha * a[k * n + j];
    addColumns(n, n, a, n, work, c + j * n);
  }
}

}  // namespace denseam::linalg::small
