#pragma once

#include "linalg/lanes_vector.h"

// The two products in which the reduction of one symmetric matrix to a band spends its time (band.h). Narrow matrices
// of kBand columns are row-major here, so that a row of them is some vectors.
namespace denseam::linalg::lanes {
namespace {

// Vectors of a row, and columns of the matrix, that share their loads: their sums leave enough registers for factors.
constexpr std::size_t kRowVectors = kWidth == 8 ? 4 : 2;
constexpr std::size_t kShared = 6;
// Rows of x and w that stay in the fastest cache while all columns pass.
constexpr std::size_t kRowBlock = 8 * kShared;
// A tile of the update.
constexpr std::size_t kTileVectors = kWidth == 8 ? 3 : 2;
constexpr std::size_t kTileRows = kTileVectors * kWidth;
constexpr std::size_t kTileColumns = kWidth == 8 ? 8 : 6;

template <std::size_t Columns>
DENSEAM_LANES_INLINE void addRows(const Vector (&sum)[Columns][kRowVectors], double* w) {
#pragma GCC unroll 6
  for (std::size_t c = 0; c < Columns; ++c) {
#pragma GCC unroll 4
    for (std::size_t k = 0; k < kRowVectors; ++k) {
      double* const place = w + c * kBand + k * kWidth;
      store(place, load(place) + sum[c][k]);
    }
  }
}

// w <- w + (square on the diagonal) x.
template <std::size_t Columns>
DENSEAM_LANES_INLINE void multiplySquare(const double* square, std::size_t stride, const double* x, double* w) {
  Vector sum[Columns][kRowVectors] = {};
#pragma GCC unroll 6
  for (std::size_t c = 0; c < Columns; ++c) {
#pragma GCC unroll 6
    for (std::size_t r = 0; r < Columns; ++r) {
      const Vector entry = broadcast(r < c ? square[r * stride + c] : square[c * stride + r]);
#pragma GCC unroll 4
      for (std::size_t k = 0; k < kRowVectors; ++k) {
        sum[c][k] = fma(entry, load(x + r * kBand + k * kWidth), sum[c][k]);
      }
    }
  }
  addRows(sum, w);
}

// The share of `count` rows of some columns, below their square, and of their mirror image in w <- w + a x: each number
// is read once, and meets the rows of x and w that belong to its row and to its column.
template <std::size_t Columns>
DENSEAM_LANES_INLINE void multiplyColumns(std::size_t count, const double* a, std::size_t stride, const double* xRow,
                                          double* wRow, const double* xColumn, double* wColumn) {
  Vector sum[Columns][kRowVectors] = {};
  for (std::size_t i = 0; i < count; ++i, xRow += kBand, wRow += kBand) {
    Vector right[kRowVectors], left[kRowVectors];
#pragma GCC unroll 4
    for (std::size_t k = 0; k < kRowVectors; ++k) right[k] = load(xRow + k * kWidth);
#pragma GCC unroll 4
    for (std::size_t k = 0; k < kRowVectors; ++k) left[k] = load(wRow + k * kWidth);
#pragma GCC unroll 6
    for (std::size_t c = 0; c < Columns; ++c) {
      const Vector entry = broadcast(a[c * stride + i]);
#pragma GCC unroll 4
      for (std::size_t k = 0; k < kRowVectors; ++k) {
        sum[c][k] = fma(entry, right[k], sum[c][k]);
        left[k] = fma(entry, load(xColumn + c * kBand + k * kWidth), left[k]);
      }
    }
#pragma GCC unroll 4
    for (std::size_t k = 0; k < kRowVectors; ++k) store(wRow + k * kWidth, left[k]);
  }
  addRows(sum, wColumn);
}

// The share of rows `first` to `end` of columns j to j + Columns, j below `end`.
template <std::size_t Columns>
DENSEAM_LANES_INLINE void multiplyBlock(std::size_t first, std::size_t end, std::size_t j, const double* a,
                                        std::size_t stride, const double* x, double* w) {
  const double* const fixed = x + j * kBand;
  double* const sums = w + j * kBand;
  const bool hasSquare = j >= first;
  if (hasSquare) multiplySquare<Columns>(a + j * stride + j, stride, fixed, sums);
  const std::size_t begin = hasSquare ? j + Columns : first;
  multiplyColumns<Columns>(end - begin, a + j * stride + begin, stride, x + begin * kBand, w + begin * kBand, fixed,
                           sums);
}

void symmetricProductOf(std::size_t n, const double* a, std::size_t stride, const double* x, double* w) {
  for (std::size_t k = 0; k < n * kBand; k += kWidth) store(w + k, Vector{});
  for (std::size_t part = 0; part < kBand; part += kRowVectors * kWidth) {
    for (std::size_t first = 0; first < n; first += kRowBlock) {
      const std::size_t end = first + kRowBlock < n ? first + kRowBlock : n;
      std::size_t j = 0;
      for (; j + kShared <= end; j += kShared) multiplyBlock<kShared>(first, end, j, a, stride, x + part, w + part);
      for (; j < end; ++j) multiplyBlock<1>(first, end, j, a, stride, x + part, w + part);
    }
  }
}

// tile <- tile + entries (i, j) to (i + kTileRows, j + kTileColumns) of v w' + w v'.
DENSEAM_LANES_INLINE void addTile(std::size_t i, std::size_t j, const Narrow& v, const Narrow& w,
                                  Vector (&sum)[kTileColumns][kTileVectors]) {
  for (std::size_t side = 0; side < 2; ++side) {
    const double* left = (side == 0 ? v : w).columns + i;
    const double* const right = (side == 0 ? w : v).rows + j * kBand;
    for (std::size_t k = 0; k < kBand; ++k, left += v.length) {
      Vector rows[kTileVectors];
#pragma GCC unroll 4
      for (std::size_t r = 0; r < kTileVectors; ++r) rows[r] = load(left + r * kWidth);
#pragma GCC unroll 8
      for (std::size_t c = 0; c < kTileColumns; ++c) {
        const Vector entry = broadcast(right[c * kBand + k]);
#pragma GCC unroll 4
        for (std::size_t r = 0; r < kTileVectors; ++r) sum[c][r] = fma(entry, rows[r], sum[c][r]);
      }
    }
  }
}

// a <- a - tile for `height` rows and `width` columns of it.
DENSEAM_LANES_INLINE void subtractTile(const Vector (&tile)[kTileColumns][kTileVectors], std::size_t height,
                                       std::size_t width, double* a, std::size_t stride) {
  if (height == kTileRows && width == kTileColumns) {
#pragma GCC unroll 8
    for (std::size_t c = 0; c < kTileColumns; ++c) {
#pragma GCC unroll 4
      for (std::size_t r = 0; r < kTileVectors; ++r) {
        double* const place = a + c * stride + r * kWidth;
        store(place, load(place) - tile[c][r]);
      }
    }
    return;
  }
  for (std::size_t c = 0; c < width; ++c) {
    for (std::size_t r = 0; r < height; ++r) a[c * stride + r] -= tile[c][r / kWidth][r % kWidth];
  }
}

void subtractProductsOf(std::size_t n, double* a, std::size_t stride, const Narrow& v, const Narrow& w) {
  for (std::size_t i = 0; i < n; i += kTileRows) {
    const std::size_t height = n - i < kTileRows ? n - i : kTileRows;
    for (std::size_t j = 0; j < i + height; j += kTileColumns) {
      Vector tile[kTileColumns][kTileVectors] = {};
      addTile(i, j, v, w, tile);
      subtractTile(tile, height, n - j < kTileColumns ? n - j : kTileColumns, a + j * stride + i, stride);
    }
  }
}

}  // namespace
}  // namespace denseam::linalg::lanes
