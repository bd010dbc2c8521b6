#pragma once

#include <cstddef>
#include <vector>

#include "linalg/lanes.h"

// The two matrix products of a step: scores of queries with rows, and sums of rows with weights. Rows are read where
// they lie; only queries are packed. Every number of a result is one sum in the order of the rows' columns, or of the
// rows: its bits depend neither on the other queries nor on the instruction set, apart from fused operations.
namespace denseam::euclidean {

// The kernels of one instruction set.
template <typename T>
struct ProductKernels {
  std::size_t lanes;  // queries in a vector
  // scores[q * count + i] <- x_i.q of `count` rows and the packed queries. `work` has count x padded queries.
  void (*scores)(std::size_t count, std::size_t width, const T* rows, std::size_t queries, const T* packed, T* work,
                 T* scores);
  // sums[r][j] <- sums[r][j] + sum_i weights[r][i] x_ij.
  void (*addRows)(std::size_t count, std::size_t width, const T* rows, std::size_t results, const T* const* weights,
                  T* const* sums);
};

// The kernels of a level, or null where this processor lacks it.
template <typename T>
const ProductKernels<T>* productKernels(linalg::lanes::Level level);
// Those of the best level.
template <typename T>
const ProductKernels<T>& productKernels();

// Queries side by side, one to a lane: number j of query q is at (q / lanes * width + j) * lanes + q % lanes. Lanes
// beyond the last query hold zeros.
template <typename T>
std::vector<T> packQueries(std::size_t count, std::size_t width, std::size_t lanes, const T* queries);

constexpr std::size_t paddedQueries(std::size_t count, std::size_t lanes) {
  return (count + lanes - 1) / lanes * lanes;
}

}  // namespace denseam::euclidean
