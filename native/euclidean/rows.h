#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "store.h"

namespace denseam::euclidean {

// Stored rows; the note of each is its squared norm under the centre.
template <typename T>
class Rows : public Store<T, T> {
 public:
  using Store<T, T>::Store;

  // What is subtracted from rows and queries before they are multiplied, so that a common offset costs no digits. Empty
  // where the offset is small beside the spread.
  const std::vector<T>& centre() const { return centre_; }
  void setCentre(std::vector<T> centre) { centre_ = std::move(centre); }

 private:
  std::vector<T> centre_;
};

// A run of consecutive rows inside one block.
template <typename T>
struct Tile {
  std::size_t first;  // index of its first row in the memory
  std::size_t count;
  const T* values;
  const T* norms;
};

// The rows cut into tiles of at most `height`.
template <typename T>
std::vector<Tile<T>> tiles(const Rows<T>& rows, std::size_t height) {
  std::vector<Tile<T>> result;
  for (const auto& block : rows.blocks()) {
    for (std::size_t begin = 0; begin < block->count; begin += height) {
      result.push_back({block->first + begin, std::min(height, block->count - begin),
                        block->values.data() + begin * rows.width(), block->notes.data() + begin});
    }
  }
  return result;
}

}  // namespace denseam::euclidean
