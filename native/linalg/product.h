#pragma once

#include <cblas.h>

#include <cstddef>

namespace denseam::linalg {

// A dense row-major matrix with `stride` numbers from one row to the next, or the transpose of one.
template <typename T>
struct MatrixView {
  const T* values;
  std::size_t stride;
  CBLAS_TRANSPOSE transpose = CblasNoTrans;
};

template <typename T>
MatrixView<T> transposed(const T* values, std::size_t stride) {
  return {values, stride, CblasTrans};
}

// c <- a b + accumulate c: m x k times k x n, c row-major with `stride` numbers from one row to the next.
inline void multiply(std::size_t m, std::size_t n, std::size_t k, MatrixView<double> a, MatrixView<double> b,
                     double accumulate, double* c, std::size_t stride) {
  cblas_dgemm(CblasRowMajor, a.transpose, b.transpose, static_cast<int>(m), static_cast<int>(n), static_cast<int>(k),
              1.0, a.values, static_cast<int>(a.stride), b.values, static_cast<int>(b.stride), accumulate, c,
              static_cast<int>(stride));
}
inline void multiply(std::size_t m, std::size_t n, std::size_t k, MatrixView<float> a, MatrixView<float> b,
                     float accumulate, float* c, std::size_t stride) {
  cblas_sgemm(CblasRowMajor, a.transpose, b.transpose, static_cast<int>(m), static_cast<int>(n), static_cast<int>(k),
              1.0F, a.values, static_cast<int>(a.stride), b.values, static_cast<int>(b.stride), accumulate, c,
              static_cast<int>(stride));
}

// y <- a x: n x n, of any layout.
inline void multiply(std::size_t n, MatrixView<double> a, const double* x, double* y) {
  cblas_dgemv(CblasRowMajor, a.transpose, static_cast<int>(n), static_cast<int>(n), 1.0, a.values,
              static_cast<int>(a.stride), x, 1, 0.0, y, 1);
}

}  // namespace denseam::linalg
