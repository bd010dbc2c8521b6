#pragma once

#include "linalg/lanes_tridiagonal.h"

// Products of one dense matrix with many symmetric ones. A tile of results stays in registers while its sums run.
namespace denseam::linalg::lanes {
namespace {

// Rows and columns of a tile: its sums leave enough registers for the factors.
constexpr std::size_t kTile = kWidth == 8 ? 4 : 3;

// Calls use(place of the entry, a, b) for the entries (i + a, j + b) of a tile that lie in the triangle.
template <std::size_t Rows, std::size_t Columns, typename Use>
DENSEAM_LANES_INLINE void forTile(double* triangle, std::size_t i, std::size_t j, const Use& use) {
  for (std::size_t a = 0; a < Rows; ++a) {
    double* row = rowOf(triangle, i + a);
    for (std::size_t b = 0; b < Columns; ++b) {
      const std::size_t to = j + b;
      if (to <= i + a) use(row + to * kLanes, a, b);
    }
  }
}

// Entries (k, j) to (k + Rows, j + Columns) of product = half r, where half is s below its diagonal and s / 2 on it, so
// that r' s r = r' product + (r' product)'. Only the lower triangle, like r.
template <std::size_t Rows, std::size_t Columns, typename T>
void halfTile(std::size_t n, std::size_t k, std::size_t j, const double* r, const T* s, double* product) {
  const T* row[Rows];
  Vector sum[Rows][Columns] = {};
  for (std::size_t a = 0; a < Rows; ++a) {
    const std::size_t at = k + a;
    row[a] = s + at * (at + 1) / 2 * kLanes;
  }
  const double* column = r + j * n;
  const auto add = [&](std::size_t a, std::size_t l, Vector entry) {
    for (std::size_t b = 0; b < Columns; ++b) {
      sum[a][b] = fma(entry, broadcast(column[b * n + l]), sum[a][b]);
    }
  };
  for (std::size_t l = j; l < k; ++l) {
    for (std::size_t a = 0; a < Rows; ++a) add(a, l, load(row[a] + l * kLanes));
  }
#pragma GCC unroll 4
  for (std::size_t a = 0; a < Rows; ++a) {
#pragma GCC unroll 4
    for (std::size_t c = 0; c < Rows; ++c) {
      if (c > a) break;
      const std::size_t l = k + c;
      const Vector entry = load(row[a] + l * kLanes);
      add(a, l, c == a ? 0.5 * entry : entry);
    }
  }
  forTile<Rows, Columns>(product, k, j, [&](double* place, std::size_t a, std::size_t b) { store(place, sum[a][b]); });
}

// sum <- sum + the share of row k of r and of product in entries (i, j) to (i + Rows, j + Columns) of r' product +
// (r' product)'. In the first rows, product has no entries yet in the tile's last rows and columns: those are zero.
template <std::size_t Rows, std::size_t Columns, bool kFirst>
DENSEAM_LANES_INLINE void addGramRow(std::size_t n, std::size_t k, std::size_t i, std::size_t j, const double* r,
                                     const double* product, Vector (&sum)[Rows][Columns]) {
  const double* row = rowOf(product, k);
  const auto entry = [&](std::size_t at) { return kFirst && at > k ? Vector{} : load(row + at * kLanes); };
  Vector right[Columns];
  for (std::size_t b = 0; b < Columns; ++b) right[b] = entry(j + b);
  for (std::size_t a = 0; a < Rows; ++a) {
    const std::size_t at = i + a;
    const Vector left = entry(at);
    const double ra = r[at * n + k];
    for (std::size_t b = 0; b < Columns; ++b) {
      const double rb = r[(j + b) * n + k];
      sum[a][b] = fma(broadcast(ra), right[b], fma(broadcast(rb), left, sum[a][b]));
    }
  }
}

template <std::size_t Rows, std::size_t Columns>
void gramTile(std::size_t n, std::size_t i, std::size_t j, const double* r, const double* product, double* gram) {
  Vector sum[Rows][Columns] = {};
  std::size_t k = i;
  for (; k < i + Rows; ++k) addGramRow<Rows, Columns, true>(n, k, i, j, r, product, sum);
  for (; k < n; ++k) addGramRow<Rows, Columns, false>(n, k, i, j, r, product, sum);
  forTile<Rows, Columns>(gram, i, j, [&](double* place, std::size_t a, std::size_t b) { store(place, sum[a][b]); });
}

// Entries (i, j) to (i + Rows, j + Columns) of sum + scaled vectors'.
template <std::size_t Rows, std::size_t Columns>
void spectralTile(std::size_t n, std::size_t i, std::size_t j, const double* vectors, const double* scaled,
                  double* total) {
  Vector sum[Rows][Columns] = {};
  for (std::size_t k = 0; k < n; ++k) {
    const double* vector = vectors + k * n * kLanes;
    Vector right[Columns];
    for (std::size_t b = 0; b < Columns; ++b) right[b] = load(scaled + (k * kTile + b) * kLanes);
    for (std::size_t a = 0; a < Rows; ++a) {
      const Vector left = load(vector + (i + a) * kLanes);
      for (std::size_t b = 0; b < Columns; ++b) sum[a][b] = fma(left, right[b], sum[a][b]);
    }
  }
  forTile<Rows, Columns>(total, i, j,
                         [&](double* place, std::size_t a, std::size_t b) { store(place, load(place) + sum[a][b]); });
}

// Calls tile<Rows, Columns>(i) for the tiles of the triangle that begin in column j; the last one has fewer rows.
template <std::size_t Columns, typename Tile>
DENSEAM_LANES_INLINE void tilesOfColumns(std::size_t n, std::size_t j, const Tile& tile) {
  std::size_t i = j;
  for (; i + kTile <= n; i += kTile) tile.template operator()<kTile>(i);
  if (i + 1 == n) tile.template operator()<1>(i);
  if constexpr (kTile > 2) {
    if (i + 2 == n) tile.template operator()<2>(i);
    if (i + 3 == n) tile.template operator()<3>(i);
  }
}

// Calls columns<Columns>(j) for each run of tile columns.
template <typename Run>
DENSEAM_LANES_INLINE void runsOfColumns(std::size_t n, const Run& run) {
  std::size_t j = 0;
  for (; j + kTile <= n; j += kTile) run.template operator()<kTile>(j);
  if (j + 1 == n) run.template operator()<1>(j);
  if constexpr (kTile > 2) {
    if (j + 2 == n) run.template operator()<2>(j);
    if (j + 3 == n) run.template operator()<3>(j);
  }
}

template <typename T>
void congruenceOf(std::size_t n, const double* r, const T* s, double* gram, double* work) {
  for (std::size_t part = 0; part < kLanes; part += kWidth) {
    runsOfColumns(n, [&]<std::size_t Columns>(std::size_t j) {
      tilesOfColumns<Columns>(
          n, j, [&]<std::size_t Rows>(std::size_t i) { halfTile<Rows, Columns>(n, i, j, r, s + part, work + part); });
    });
    runsOfColumns(n, [&]<std::size_t Columns>(std::size_t j) {
      tilesOfColumns<Columns>(n, j, [&]<std::size_t Rows>(std::size_t i) {
        gramTile<Rows, Columns>(n, i, j, r, work + part, gram + part);
      });
    });
  }
}

void addSpectralOf(std::size_t n, const double* weights, const double* vectors, const double* scales, double* sum,
                   double* work) {
  for (std::size_t part = 0; part < kLanes; part += kWidth) {
    runsOfColumns(n, [&]<std::size_t Columns>(std::size_t j) {
      for (std::size_t k = 0; k < n; ++k) {
        const Vector scale = load(weights + part) * load(scales + k * kLanes + part);
        const double* vector = vectors + (k * n + j) * kLanes + part;
        double* to = work + k * kTile * kLanes;
        for (std::size_t b = 0; b < Columns; ++b) store(to + b * kLanes, scale * load(vector + b * kLanes));
      }
      tilesOfColumns<Columns>(n, j, [&]<std::size_t Rows>(std::size_t i) {
        spectralTile<Rows, Columns>(n, i, j, vectors + part, work, sum + part);
      });
    });
  }
}

}  // namespace
}  // namespace denseam::linalg::lanes
