#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "euclidean/embedding.h"
#include "memory/store.h"
#include "parallel/job.h"

namespace denseam::euclidean {

// A batch of queries, count x width, and the variances of their roots.
struct Points {
  std::size_t count = 0;
  std::vector<double> values;
  std::vector<double> variances;
};

// The indices from `begin` to `end`.
inline std::vector<std::size_t> indicesBetween(std::size_t begin, std::size_t end) {
  std::vector<std::size_t> result(end - begin);
  std::iota(result.begin(), result.end(), begin);
  return result;
}

// The points at these indices.
inline Points select(const Points& points, const std::vector<std::size_t>& indices) {
  const auto chosen = [&](const std::vector<double>& from) {
    const std::size_t width = from.size() / points.count;
    std::vector<double> to(indices.size() * width);
    for (std::size_t i = 0; i < indices.size(); ++i) {
      std::copy_n(from.data() + indices[i] * width, width, to.data() + i * width);
    }
    return to;
  };
  return {indices.size(), chosen(points.values), chosen(points.variances)};
}

// Stored rows. The note of a row is its squared norm about the centre; its remainders (root.h) are stored beside it.
template <typename T>
class Rows : public Store<T, T> {
 public:
  explicit Rows(const Embedding& embedding)
      : Store<T, T>(embedding.width()), embedding_(embedding), remainders_(embedding.remainderBytes()) {}

  const Embedding& embedding() const { return embedding_; }
  std::span<const std::uint8_t> remainders(std::size_t index) const { return remainders_.values(index); }

  // Memory of the items in bytes.
  std::size_t bytes() const { return Store<T, T>::bytes() + remainders_.bytes(); }

  // The vector that is subtracted from rows and queries before products, so that a common offset costs no digits. Empty
  // where the offset is small beside the spread.
  const std::vector<T>& centre() const { return centre_; }
  void setCentre(std::vector<T> centre) {
    centre_ = std::move(centre);
    rootOffset_ = 0;
    for (std::size_t j = embedding_.dimension(); j < centre_.size(); ++j) {
      rootOffset_ = std::max(rootOffset_, static_cast<double>(centre_[j]));
    }
  }
  // The greatest root of the centre.
  double rootOffset() const { return rootOffset_; }

  // The squared norm of a point about the centre, and the greatest one of all rows.
  double norm(const double* point) const {
    double sum = 0;
    for (std::size_t j = 0; j < this->width(); ++j) {
      const double x = point[j] - (centre_.empty() ? 0.0 : static_cast<double>(centre_[j]));
      sum += x * x;
    }
    return sum;
  }
  double greatestNorm() const {
    T greatest = 0;
    for (const auto& block : this->blocks()) {
      greatest = std::max(greatest, *std::max_element(block->notes.begin(), block->notes.end()));
    }
    return static_cast<double>(greatest);
  }

  // The squared distance from item `index` to point q, accurate to double precision.
  double squaredDistance(std::size_t index, const Points& points, std::size_t q) const {
    return embedding_.squaredDistance(this->values(index).data(), remainders(index).data(),
                                      points.values.data() + q * this->width(),
                                      points.variances.data() + q * embedding_.variances());
  }

  // Adds `weight` times the rounding errors of the float roots of item `index` to a row.
  void addLost(std::size_t index, double weight, double* row) const {
    if constexpr (sizeof(T) == sizeof(float)) {
      const std::span<const T> rounded = this->values(index);
      std::vector<double> exact(this->width());
      embedding_.exactRow(rounded.data(), remainders(index).data(), exact.data());
      for (std::size_t j = embedding_.dimension(); j < this->width(); ++j) {
        row[j] += weight * (exact[j] - static_cast<double>(rounded[j]));
      }
    }
  }

  void append(std::span<const T> rows, std::span<const T> norms, std::span<const std::uint8_t> remainders) {
    Store<T, T>::append(norms.size(), rows, norms);
    remainders_.append(norms.size(), remainders);
  }
  void remove(const std::vector<std::int32_t>& indices, const Job& job) {
    Store<T, T>::remove(indices, job);
    remainders_.remove(indices, job);
  }

 private:
  Embedding embedding_;
  Store<std::uint8_t, NoNote> remainders_;
  std::vector<T> centre_;
  double rootOffset_ = 0;
};

// A run of consecutive rows inside one block.
template <typename T>
struct Tile {
  std::size_t first;  // index of its first row in the memory
  std::size_t count;
  const T* values;
  const T* norms;
};

// Cuts the rows into tiles of at most `height`. The last two of a block share what is left, so that none is so low that
// its products are slow.
template <typename T>
std::vector<Tile<T>> tiles(const Rows<T>& rows, std::size_t height) {
  std::vector<Tile<T>> result;
  for (const auto& block : rows.blocks()) {
    for (std::size_t begin = 0; begin < block->count;) {
      const std::size_t left = block->count - begin;
      const std::size_t count = left <= height ? left : std::min(height, (left + 1) / 2);
      result.push_back(
          {block->first + begin, count, block->values.data() + begin * rows.width(), block->notes.data() + begin});
      begin += count;
    }
  }
  return result;
}

}  // namespace denseam::euclidean
