#include "sphere/bfloat16.h"

#include <algorithm>

#include "parallel/pool.h"
#include "sphere/tiles.h"

namespace denseam::sphere {
namespace {

// Panels of a tile of a thread, by rows and columns; the columns a multiple of what the kernel takes at once.
constexpr std::size_t kTileRowPanels = 32;
constexpr std::size_t kTileColumnPanels = 30;

constexpr std::size_t panelsOf(std::size_t vectors) { return (vectors + kPanelVectors - 1) / kPanelVectors; }

constexpr std::size_t pairsOf(std::size_t length) { return (length + 1) / 2; }

}  // namespace

void Bfloat16Product::pack(std::size_t count, std::size_t length, const float* values, std::size_t stride, bool inRows,
                           AlignedVector<Bfloat16Pair>& panels, const Job& job) const {
  const std::size_t size = pairsOf(length) * kPanelVectors;
  panels.resize(std::max(panels.size(), panelsOf(count) * size));
  parallel::forEach(panelsOf(count), 1, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t panel = begin; panel < end; ++panel) {
      const std::size_t first = panel * kPanelVectors;
      const auto pack = inRows ? kernels_.packRows : kernels_.packColumns;
      pack(std::min(kPanelVectors, count - first), length, values + first * (inRows ? stride : 1), stride,
           panels.data() + panel * size);
    }
  });
}

void Bfloat16Product::multiply(std::size_t m, std::size_t n, std::size_t k, linalg::MatrixView<float> a,
                               linalg::MatrixView<float> b, bool accumulate, float* c, const Job& job) {
  pack(m, k, a.values, a.stride, a.transpose == CblasNoTrans, left_, job);
  pack(n, k, b.values, b.stride, b.transpose == CblasTrans, right_, job);
  const Pieces down(panelsOf(m), kTileRowPanels);
  const Pieces across(panelsOf(n), kTileColumnPanels);
  const std::size_t panel = pairsOf(k) * kPanelVectors;
  parallel::forEach(down.count() * across.count(), 1, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t tile = begin; tile < end; ++tile) {
      const std::size_t i = down.begin(tile / across.count());
      const std::size_t j = across.begin(tile % across.count());
      const std::size_t row = i * kPanelVectors;
      const std::size_t column = j * kPanelVectors;
      kernels_.multiply(std::min(m - row, down.size(tile / across.count()) * kPanelVectors),
                        std::min(n - column, across.size(tile % across.count()) * kPanelVectors), pairsOf(k),
                        left_.data() + i * panel, right_.data() + j * panel, accumulate, c + row * n + column, n);
    }
  });
}

}  // namespace denseam::sphere
