#pragma once

#include "linalg/lanes_vector.h"

// Householder tridiagonalisation of kWidth lanes: A = Q T Q'. The rows of the packed triangle are reduced from the last
// to the first (tred2 of Wilkinson and Reinsch), so that the remainder is always the beginning of the array.
namespace denseam::linalg::lanes {
namespace {

// The number of rows that share the loads of a column, limited by the registers.
constexpr std::size_t kRows = kWidth == 8 ? 4 : 2;

DENSEAM_LANES_INLINE double* rowOf(double* a, std::size_t i) { return a + i * (i + 1) / 2 * kLanes; }
DENSEAM_LANES_INLINE const double* rowOf(const double* a, std::size_t i) { return a + i * (i + 1) / 2 * kLanes; }

// A reflection I - inverse v v', and the vector w of its similarity A - v w' - w v'.
struct Reflection {
  const double* v;
  const double* w;
};

// The square of rows and columns i to i + Rows on the diagonal: the part that passRows leaves to it.
template <std::size_t Rows, bool kUpdates>
DENSEAM_LANES_INLINE void passDiagonal(std::size_t i, double* const* row, const Vector* vi, const Vector* wi,
                                       const Vector* ui, Vector* sum) {
  // Unrolled: otherwise the sums would leave the registers.
#pragma GCC unroll 4
  for (std::size_t r = 0; r < Rows; ++r) {
#pragma GCC unroll 4
    for (std::size_t c = 0; c < Rows; ++c) {
      if (c > r) break;
      double* place = row[r] + (i + c) * kLanes;
      Vector entry = load(place);
      if constexpr (kUpdates) {
        entry = fnma(wi[r], vi[c], fnma(vi[r], wi[c], entry));
        store(place, entry);
      }
      sum[r] = fma(entry, ui[c], sum[r]);
      if (c < r) sum[c] = fma(entry, ui[r], sum[c]);
    }
  }
}

// Rows i to i + Rows of the triangle: a <- a - v w' - w v' with the last reflection (where there is one), and
// product <- product + a u for the next one, in the same pass over memory.
template <std::size_t Rows, bool kUpdates>
DENSEAM_LANES_INLINE void passRows(std::size_t i, double* a, const Reflection& last, const double* u, double* product) {
  double* row[Rows];
  Vector vi[Rows], wi[Rows], ui[Rows], sum[Rows];
  for (std::size_t r = 0; r < Rows; ++r) {
    const std::size_t at = i + r;
    row[r] = rowOf(a, at);
    if constexpr (kUpdates) vi[r] = load(last.v + at * kLanes);
    if constexpr (kUpdates) wi[r] = load(last.w + at * kLanes);
    ui[r] = load(u + at * kLanes);
    sum[r] = Vector{};
  }
  for (std::size_t j = 0; j < i * kLanes; j += kLanes) {
    Vector vj{}, wj{};
    if constexpr (kUpdates) vj = load(last.v + j);
    if constexpr (kUpdates) wj = load(last.w + j);
    const Vector uj = load(u + j);
    Vector column = load(product + j);
    for (std::size_t r = 0; r < Rows; ++r) {
      Vector entry = load(row[r] + j);
      if constexpr (kUpdates) {
        entry = fnma(wi[r], vj, fnma(vi[r], wj, entry));
        store(row[r] + j, entry);
      }
      sum[r] = fma(entry, uj, sum[r]);
      column = fma(entry, ui[r], column);
    }
    store(product + j, column);
  }
  passDiagonal<Rows, kUpdates>(i, row, vi, wi, ui, sum);
  for (std::size_t r = 0; r < Rows; ++r) store(product + (i + r) * kLanes, sum[r]);
}

// Passes over the first m rows.
template <bool kUpdates>
void passTriangle(std::size_t m, double* a, const Reflection& last, const double* u, double* product) {
  std::size_t i = m % kRows;
  if (i == 1) passRows<1, kUpdates>(0, a, last, u, product);
  if constexpr (kRows > 2) {
    if (i == 2) passRows<2, kUpdates>(0, a, last, u, product);
    if (i == 3) passRows<3, kUpdates>(0, a, last, u, product);
  }
  for (; i < m; i += kRows) passRows<kRows, kUpdates>(i, a, last, u, product);
}

// Row i <- row i - v_i w' - w_i v'.
DENSEAM_LANES_INLINE void updateRow(std::size_t i, double* row, const Reflection& last) {
  const Vector vi = load(last.v + i * kLanes), wi = load(last.w + i * kLanes);
  for (std::size_t j = 0; j <= i * kLanes; j += kLanes) {
    store(row + j, fnma(wi, load(last.v + j), fnma(vi, load(last.w + j), load(row + j))));
  }
}

// A dot product in four partial sums, so that additions need not wait for each other.
DENSEAM_LANES_INLINE Vector dot(std::size_t n, const double* a, const double* b) {
  Vector sums[4] = {};
  std::size_t k = 0;
  for (; k + 4 <= n; k += 4) {
    for (std::size_t part = 0; part < 4; ++part) {
      sums[part] = fma(load(a + (k + part) * kLanes), load(b + (k + part) * kLanes), sums[part]);
    }
  }
  for (; k < n; ++k) sums[0] = fma(load(a + k * kLanes), load(b + k * kLanes), sums[0]);
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

// A part whose sum of squares is below this is dropped instead of reflected: at 1e-60 of the matrix (see kSafe), it
// would only bring its own square's inverse near overflow.
constexpr double kNegligibleSquare = 1e-180;

struct Reflector {
  Vector inverse;      // 2 / v'v, or 0 where there is nothing to reflect
  Vector offDiagonal;  // what x is mapped to, in its last component
};

// x (m numbers) <- the vector v of the reflection that maps x to a multiple of its last unit vector.
DENSEAM_LANES_INLINE Reflector reflect(std::size_t m, double* x) {
  double* end = x + (m - 1) * kLanes;
  const Vector alpha = load(end);
  const Vector tail = dot(m - 1, x, x);
  const Vector length = sqrt(fma(alpha, alpha, tail));
  const Vector beta = copySign(length, alpha);
  const Mask nothing = notGreater(tail, broadcast(kNegligibleSquare));
  store(end, alpha + beta);
  // v'v / 2 = (alpha + beta) beta.
  const Vector inverse = 1.0 / ((alpha + beta) * beta);
  return {select(nothing, Vector{}, inverse), select(nothing, alpha, -beta)};
}

// w <- p - (inverse / 2)(v'p) v, p = inverse product: H A H = A - v w' - w v'.
DENSEAM_LANES_INLINE void finishProduct(std::size_t m, const double* v, Vector inverse, double* product) {
  const Vector half = 0.5 * inverse * (inverse * dot(m, v, product));
  for (std::size_t j = 0; j < m * kLanes; j += kLanes) {
    store(product + j, fnma(half, load(v + j), inverse * load(product + j)));
  }
}

// a <- the vectors v of the reflections in its rows, inverse[i] that of row i; diagonal (n) and offDiagonal (n - 1) of
// T. `work` has room for 2 n lanes.
void tridiagonalize(std::size_t n, double* a, double* diagonal, double* offDiagonal, double* inverse, double* work) {
  double* product = work;
  double* spare = work + n * kLanes;
  Reflection last{nullptr, nullptr};
  for (std::size_t i = n - 1; i > 0; --i) {
    double* row = rowOf(a, i);
    if (last.v) updateRow(i, row, last);
    store(diagonal + i * kLanes, load(row + i * kLanes));
    if (i == 1) break;
    const Reflector reflector = reflect(i, row);
    store(offDiagonal + (i - 1) * kLanes, reflector.offDiagonal);
    store(inverse + i * kLanes, reflector.inverse);
    last.v ? passTriangle<true>(i, a, last, row, product) : passTriangle<false>(i, a, last, row, product);
    finishProduct(i, row, reflector.inverse, product);
    last = {row, product};
    double* const next = spare;
    spare = product;
    product = next;
  }
  if (n > 1) store(offDiagonal, load(rowOf(a, 1)));
  if (last.v) updateRow(0, a, last);
  store(diagonal, load(a));
}

}  // namespace
}  // namespace denseam::linalg::lanes
