#include "pointcloud/kernels.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "simd/dispatch.h"
#include "simd/exponential.h"

namespace denseam::pointcloud {

namespace {

constexpr std::size_t kTileRows = 4, kTileColumns = 16;

// A tile of squared distances, summed in registers.
DENSEAM_INLINE void distanceTile(std::size_t m, std::size_t d, const double* __restrict x, const double* __restrict y,
                                 double* __restrict c) {
  double sums[kTileRows][kTileColumns] = {};
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t k = 0; k < kTileRows; ++k) {
      const double xi = x[k * d + i];
#pragma omp simd
      for (std::size_t j = 0; j < kTileColumns; ++j) sums[k][j] += (xi - y[i * m + j]) * (xi - y[i * m + j]);
    }
  }
  for (std::size_t k = 0; k < kTileRows; ++k) std::copy_n(sums[k], kTileColumns, c + k * m);
}

DENSEAM_INLINE void distanceEdge(std::size_t rows, std::size_t columns, std::size_t m, std::size_t d,
                                 const double* __restrict x, const double* __restrict y, double* __restrict c) {
  for (std::size_t k = 0; k < rows; ++k) {
    for (std::size_t j = 0; j < columns; ++j) c[k * m + j] = 0;
    for (std::size_t i = 0; i < d; ++i) {
      const double xi = x[k * d + i];
#pragma omp simd
      for (std::size_t j = 0; j < columns; ++j) c[k * m + j] += (xi - y[i * m + j]) * (xi - y[i * m + j]);
    }
  }
}

}  // namespace

DENSEAM_DISPATCH void squaredDistances(std::size_t n, std::size_t m, std::size_t d, const double* x, const double* y,
                                       double* c) {
  const std::size_t rows = n / kTileRows * kTileRows, columns = m / kTileColumns * kTileColumns;
  for (std::size_t k = 0; k < rows; k += kTileRows) {
    for (std::size_t j = 0; j < columns; j += kTileColumns) distanceTile(m, d, x + k * d, y + j, c + k * m + j);
  }
  distanceEdge(rows, m - columns, m, d, x, y + columns, c + columns);
  distanceEdge(n - rows, m, m, d, x + rows * d, y, c + rows * m);
}

void transpose(std::size_t n, std::size_t d, const double* x, double* y) {
  // Squares of a cache line: rows of y may be a power of two apart, which a cache takes badly one by one.
  constexpr std::size_t kSide = 8;
  for (std::size_t k = 0; k < n; k += kSide) {
    for (std::size_t i = 0; i < d; i += kSide) {
      const std::size_t rows = std::min(n, k + kSide), columns = std::min(d, i + kSide);
      for (std::size_t column = i; column < columns; ++column) {
        for (std::size_t row = k; row < rows; ++row) y[column * n + row] = x[row * d + column];
      }
    }
  }
}

DENSEAM_DISPATCH double shiftAndScale(std::size_t n, std::size_t d, const double* __restrict shift, double scale,
                                      double* __restrict x) {
  double most = 0;
  for (std::size_t k = 0; k < n; ++k) {
    double* __restrict row = x + k * d;
#pragma omp simd reduction(max : most)
    for (std::size_t i = 0; i < d; ++i) {
      row[i] = (row[i] - shift[i]) * scale;
      const double size = std::fabs(row[i]) <= std::numeric_limits<double>::max()
                              ? std::fabs(row[i])
                              : std::numeric_limits<double>::infinity();
      most = size > most ? size : most;
    }
  }
  return most;
}

DENSEAM_DISPATCH void centre(std::size_t n, std::size_t d, const double* __restrict weights,
                             const double* __restrict shift, double* __restrict x, double* __restrict sums) {
  for (std::size_t i = 0; i < d; ++i) sums[i] = 0;
  for (std::size_t k = 0; k < n; ++k) {
    double* __restrict row = x + k * d;
    const double weight = weights[k];
#pragma omp simd
    for (std::size_t i = 0; i < d; ++i) {
      row[i] -= shift[i];
      sums[i] += weight * row[i];
    }
  }
}

bool allFinite(std::size_t count, const double* values) {
  return std::all_of(values, values + count, [](double value) { return std::isfinite(value); });
}

DENSEAM_DISPATCH double conditionalRow(std::size_t m, double inverseTemperature, const double* __restrict costs,
                                       const double* __restrict potentials, const double* __restrict logB,
                                       double weight, double* __restrict p, double* __restrict columnSums) {
  double shift = -std::numeric_limits<double>::infinity();
#pragma omp simd reduction(max : shift)
  for (std::size_t j = 0; j < m; ++j) {
    p[j] = (potentials[j] - costs[j]) * inverseTemperature + logB[j];
    shift = p[j] > shift ? p[j] : shift;
  }
  double total = 0;
#pragma omp simd reduction(+ : total)
  for (std::size_t j = 0; j < m; ++j) {
    p[j] = exponential<double>(p[j] - shift);
    total += p[j];
  }
  const double scale = 1 / total;
#pragma omp simd
  for (std::size_t j = 0; j < m; ++j) {
    p[j] *= scale;
    columnSums[j] += weight * p[j];
  }
  return shift + std::log(total);
}

DENSEAM_DISPATCH void columnLogSums(std::size_t n, std::size_t m, double inverseTemperature,
                                    const double* __restrict costs, const double* __restrict potentials,
                                    const double* __restrict logA, double* __restrict greatestTerm,
                                    double* __restrict logSums) {
  for (std::size_t j = 0; j < m; ++j) greatestTerm[j] = -std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < n; ++k) {
    const double f = potentials[k] * inverseTemperature + logA[k];
    const double* __restrict row = costs + k * m;
#pragma omp simd
    for (std::size_t j = 0; j < m; ++j) {
      const double term = f - row[j] * inverseTemperature;
      greatestTerm[j] = term > greatestTerm[j] ? term : greatestTerm[j];
    }
  }
  for (std::size_t j = 0; j < m; ++j) logSums[j] = 0;
  for (std::size_t k = 0; k < n; ++k) {
    const double f = potentials[k] * inverseTemperature + logA[k];
    const double* __restrict row = costs + k * m;
#pragma omp simd
    for (std::size_t j = 0; j < m; ++j)
      logSums[j] += exponential<double>(f - row[j] * inverseTemperature - greatestTerm[j]);
  }
  for (std::size_t j = 0; j < m; ++j) logSums[j] = greatestTerm[j] + std::log(logSums[j]);
}

namespace {

// y <- sum_k scale(k, p_k . x) p_k, four rows at a time: their sums do not wait for each other, and x and y are read
// once for all four.
template <typename Scale>
DENSEAM_INLINE void sumOfRows(std::size_t n, std::size_t m, const double* __restrict p, const double* __restrict x,
                              double* __restrict y, const Scale& scale) {
  for (std::size_t j = 0; j < m; ++j) y[j] = 0;
  std::size_t k = 0;
  for (; k + 4 <= n; k += 4) {
    const double *row0 = p + k * m, *row1 = row0 + m, *row2 = row1 + m, *row3 = row2 + m;
    double product0 = 0, product1 = 0, product2 = 0, product3 = 0;
#pragma omp simd reduction(+ : product0, product1, product2, product3)
    for (std::size_t j = 0; j < m; ++j) {
      product0 += row0[j] * x[j];
      product1 += row1[j] * x[j];
      product2 += row2[j] * x[j];
      product3 += row3[j] * x[j];
    }
    const double scale0 = scale(k, product0), scale1 = scale(k + 1, product1);
    const double scale2 = scale(k + 2, product2), scale3 = scale(k + 3, product3);
#pragma omp simd
    for (std::size_t j = 0; j < m; ++j) {
      y[j] += (scale0 * row0[j] + scale1 * row1[j]) + (scale2 * row2[j] + scale3 * row3[j]);
    }
  }
  for (; k < n; ++k) {
    const double* row = p + k * m;
    double product = 0;
#pragma omp simd reduction(+ : product)
    for (std::size_t j = 0; j < m; ++j) product += row[j] * x[j];
    const double factor = scale(k, product);
#pragma omp simd
    for (std::size_t j = 0; j < m; ++j) y[j] += factor * row[j];
  }
}

}  // namespace

DENSEAM_DISPATCH void scalingSweep(std::size_t n, std::size_t m, const double* p, const double* a, const double* v,
                                   double* s) {
  sumOfRows(n, m, p, v, s, [a](std::size_t k, double product) { return a[k] / product; });
}

DENSEAM_DISPATCH void applyTwice(std::size_t n, std::size_t m, const double* p, const double* a, const double* x,
                                 double* y) {
  sumOfRows(n, m, p, x, y, [a](std::size_t k, double product) { return a[k] * product; });
}

namespace {
constexpr int kMostRounds = 4;
}

// Marks rows and columns from the first row on, in rounds over the unreached rows, as long as each round reaches one.
DENSEAM_DISPATCH bool isJoined(std::size_t n, std::size_t m, const double* __restrict p, const double* __restrict a,
                               double least, double* __restrict reached) {
  double* __restrict columns = reached + n;
  std::fill_n(reached, n, 0.0);
  for (std::size_t j = 0; j < m; ++j) columns[j] = a[0] * p[j] >= least ? 1 : 0;
  reached[0] = 1;
  std::size_t rows = 1;
  std::size_t before = 0;
  for (int round = 0; round < kMostRounds && rows > before && rows < n; ++round) {
    before = rows;
    for (std::size_t k = 1; k < n; ++k) {
      if (reached[k] != 0) continue;
      const double* __restrict row = p + k * m;
      const double threshold = least / a[k];
      double links = 0;
#pragma omp simd reduction(+ : links)
      for (std::size_t j = 0; j < m; ++j) links += row[j] >= threshold ? columns[j] : 0;
      if (links == 0) continue;
#pragma omp simd
      for (std::size_t j = 0; j < m; ++j) columns[j] = row[j] >= threshold ? 1 : columns[j];
      reached[k] = 1;
      ++rows;
    }
  }
  return rows == n && *std::min_element(columns, columns + m) == 1;
}

DENSEAM_DISPATCH void scaleBothSides(std::size_t n, std::size_t m, const double* __restrict p,
                                     const double* __restrict a, const double* __restrict s, double* __restrict q) {
  for (std::size_t k = 0; k < n; ++k) {
    const double scale = std::sqrt(a[k]);
#pragma omp simd
    for (std::size_t j = 0; j < m; ++j) q[k * m + j] = scale * p[k * m + j] / s[j];
  }
}

DENSEAM_DISPATCH void subtractTwice(std::size_t m, const double* __restrict c, const double* __restrict g, double f,
                                    double* __restrict r) {
#pragma omp simd
  for (std::size_t j = 0; j < m; ++j) {
    const TwoSum once = twoSum(c[j], -g[j]);
    const TwoSum twice = twoSum(once.value, -f);
    r[j] = twice.value + (once.error + twice.error);
  }
}

}  // namespace denseam::pointcloud
