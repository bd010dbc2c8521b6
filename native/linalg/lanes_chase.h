#pragma once

#include "linalg/lanes_vector.h"

// Reduction of one symmetric band matrix to tridiagonal form by chasing bulges (Rutishauser's way, with the reflections
// of Murata and Horikoshi). Here the lanes hold rows of one matrix: a column of a block is some vectors.
//
// The band lies in an array in which entry (i, j) has the index j kBandStride + i: a dense block of it is a matrix with
// kBandStride from one column to the next. Rows from j - kBand + 1 to j + 2 kBand - 1 of column j have a place; beyond
// the matrix they hold zeros, which reflections leave alone, and so no block is smaller than others.
namespace denseam::linalg::lanes {
namespace {

constexpr std::size_t kColumn = kBand / kWidth;

// kBand numbers.
struct Column {
  Vector part[kColumn];
};

DENSEAM_LANES_INLINE Column loadColumn(const double* from) {
  Column x;
#pragma GCC unroll 16
  for (std::size_t k = 0; k < kColumn; ++k) x.part[k] = load(from + k * kWidth);
  return x;
}

DENSEAM_LANES_INLINE void storeColumn(double* to, const Column& x) {
#pragma GCC unroll 16
  for (std::size_t k = 0; k < kColumn; ++k) store(to + k * kWidth, x.part[k]);
}

// x <- x - factor y.
DENSEAM_LANES_INLINE void subtract(double factor, const Column& y, Column& x) {
  const Vector all = broadcast(factor);
#pragma GCC unroll 16
  for (std::size_t k = 0; k < kColumn; ++k) x.part[k] = fnma(all, y.part[k], x.part[k]);
}

DENSEAM_LANES_INLINE double dot(const Column& x, const Column& y) {
  Vector sum = x.part[0] * y.part[0];
#pragma GCC unroll 16
  for (std::size_t k = 1; k < kColumn; ++k) sum = fma(x.part[k], y.part[k], sum);
  return sumOf(sum);
}

// The product of a block with v.
DENSEAM_LANES_INLINE Column multiply(const double* block, const double* v) {
  Column sum{};
  for (std::size_t c = 0; c < kBand; ++c) {
    const Vector factor = broadcast(v[c]);
    const double* column = block + c * kBandStride;
#pragma GCC unroll 16
    for (std::size_t k = 0; k < kColumn; ++k) sum.part[k] = fma(factor, load(column + k * kWidth), sum.part[k]);
  }
  return sum;
}

// A tail whose sum of squares is below this is dropped: it is 1e-50 of the matrix, whose scale is above 2^-300.
constexpr double kNegligibleTail = 1e-290;

// v <- the vector, its first component 1, of the reflection I - tau v v' that maps x to a multiple of the first unit
// vector, which is returned with tau.
struct Mapped {
  double tau;
  double first;
};
DENSEAM_LANES_INLINE Mapped reflectColumn(const Column& x, double* v) {
  storeColumn(v, x);
  const double alpha = v[0];
  v[0] = 0;
  Column tail = loadColumn(v);
  const double square = dot(tail, tail);
  v[0] = 1;
  if (square <= kNegligibleTail) {
    for (std::size_t k = 1; k < kBand; ++k) v[k] = 0;
    return {0, alpha};
  }
  const double beta = -__builtin_copysign(__builtin_sqrt(alpha * alpha + square), alpha);
  const Vector factor = broadcast(1 / (alpha - beta));
#pragma GCC unroll 16
  for (std::size_t k = 0; k < kColumn; ++k) tail.part[k] *= factor;
  storeColumn(v, tail);
  v[0] = 1;
  return {(beta - alpha) / beta, beta};
}

// The reflection on both sides of a block on the diagonal, both triangles.
void reflectDiagonal(double* block, const double* v, double tau) {
  // Rows from the block below the last one that was here belong to the lower triangle alone.
  double* const last = block + (kBand - 1) * kBandStride;
  for (std::size_t c = 0; c + 1 < kBand; ++c) last[c] = block[c * kBandStride + kBand - 1];
  const Column vs = loadColumn(v);
  Column w = multiply(block, v);
  const double half = 0.5 * tau * tau * dot(w, vs);
  for (std::size_t k = 0; k < kColumn; ++k) w.part[k] = fnma(broadcast(half), vs.part[k], tau * w.part[k]);
  alignas(64) double ws[kBand];
  storeColumn(ws, w);
  for (std::size_t c = 0; c < kBand; ++c) {
    double* const place = block + c * kBandStride;
    Column column = loadColumn(place);
    subtract(ws[c], vs, column);
    subtract(v[c], w, column);
    storeColumn(place, column);
  }
}

// The reflection of v from the right on a block below the diagonal, which fills it, and from the left the one that
// clears its first column again. v <- the latter's vector; returns its tau.
double reflectBelow(double* block, double* v, double tau) {
  alignas(64) double old[kBand];
  storeColumn(old, loadColumn(v));
  Column u = multiply(block, old);
  for (std::size_t k = 0; k < kColumn; ++k) u.part[k] *= tau;
  Column first = loadColumn(block);
  subtract(old[0], u, first);
  const Mapped mapped = reflectColumn(first, v);
  storeColumn(block, Column{});
  block[0] = mapped.first;
  const Column next = loadColumn(v);
  for (std::size_t c = 1; c < kBand; ++c) {
    double* const place = block + c * kBandStride;
    Column column = loadColumn(place);
    subtract(old[c], u, column);
    subtract(mapped.tau * dot(next, column), next, column);
    storeColumn(place, column);
  }
  return mapped.tau;
}

void chaseBand(std::size_t n, double* band, double* diagonal, double* offDiagonal) {
  alignas(64) double v[kBand];
  for (std::size_t j = 0; j + 2 < n; ++j) {
    const Mapped mapped = reflectColumn(loadColumn(band + j * kBandStride + j + 1), v);
    offDiagonal[j] = mapped.first;
    double tau = mapped.tau;
    for (std::size_t s = j + 1;; s += kBand) {
      double* const block = band + s * kBandStride + s;
      reflectDiagonal(block, v, tau);
      if (s + kBand >= n) break;
      tau = reflectBelow(block + kBand, v, tau);
    }
  }
  if (n > 1) offDiagonal[n - 2] = band[(n - 2) * kBandStride + n - 1];
  for (std::size_t j = 0; j < n; ++j) diagonal[j] = band[j * kBandStride + j];
}

}  // namespace
}  // namespace denseam::linalg::lanes
