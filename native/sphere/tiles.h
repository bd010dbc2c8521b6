#pragma once

#include <cstddef>

#include "linalg/product.h"
#include "parallel/pool.h"

namespace denseam::sphere {

// A range cut into equal pieces of at most some length.
class Pieces {
 public:
  Pieces(std::size_t length, std::size_t most) : length_(length), count_((length + most - 1) / most) {}

  std::size_t count() const { return count_; }
  std::size_t most() const { return count_ == 0 ? 0 : (length_ + count_ - 1) / count_; }
  std::size_t begin(std::size_t piece) const { return length_ * piece / count_; }
  std::size_t size(std::size_t piece) const { return begin(piece + 1) - begin(piece); }

 private:
  std::size_t length_;
  std::size_t count_;
};

// Tiles of a product: large, since each packs its own part of both factors, and enough of them for some threads.
constexpr std::size_t kTileRows = 512;
constexpr std::size_t kTileColumns = 512;

// c <- a b + accumulate c on all threads: m x k times k x n, c with n numbers a row.
template <typename T>
void multiplyInTiles(std::size_t m, std::size_t n, std::size_t k, linalg::MatrixView<T> a, linalg::MatrixView<T> b,
                     bool accumulate, T* c, const Job& job) {
  const Pieces down(m, kTileRows);
  const Pieces across(n, kTileColumns);
  const auto offset = [](const linalg::MatrixView<T>& view, std::size_t rows, std::size_t columns) {
    const bool isTransposed = view.transpose == CblasTrans;
    return view.values + (isTransposed ? columns * view.stride + rows : rows * view.stride + columns);
  };
  parallel::forEach(down.count() * across.count(), 1, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t tile = begin; tile < end; ++tile) {
      const std::size_t i = tile / across.count();
      const std::size_t j = tile % across.count();
      const std::size_t row = down.begin(i);
      const std::size_t column = across.begin(j);
      linalg::multiply(down.size(i), across.size(j), k, {offset(a, row, 0), a.stride, a.transpose},
                       {offset(b, 0, column), b.stride, b.transpose}, accumulate ? T(1) : T(0), c + row * n + column,
                       n);
    }
  });
}

}  // namespace denseam::sphere
