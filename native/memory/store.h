#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/aligned.h"
#include "parallel/job.h"

namespace denseam {

// The note of items about which there is none.
struct NoNote {};

// Items of equal width in the precision they came in, with a `Note` about each that is computed at insertion; notes of
// an empty type take no memory. Items lie in blocks that stores share: a changed copy of a store copies only the blocks
// that the change touches.
//
// Items lie side by side in groups of `lanes`: number k of an item is at values(item)[k * lanes]. With one lane, the
// default, an item is contiguous; with more, equal numbers of a group's items are, one to a SIMD lane.
template <typename T, typename Note>
class Store {
 public:
  struct Block {
    std::size_t first = 0;
    std::size_t count = 0;
    AlignedVector<T> values;  // groups x width x lanes; lanes past the last item hold zeros
    std::vector<Note> notes;
  };

  // `mostItems`: the greatest number in a block, a multiple of the lanes, for notes that are expensive to copy.
  explicit Store(std::size_t width, std::size_t lanes = 1,
                 std::size_t mostItems = std::numeric_limits<std::size_t>::max())
      : width_(width), lanes_(lanes), capacity_(std::min(mostItems, capacityOf(width * lanes * sizeof(T)) * lanes)) {}

  std::size_t width() const { return width_; }
  std::size_t lanes() const { return lanes_; }
  std::size_t size() const { return blocks_.empty() ? 0 : blocks_.back()->first + blocks_.back()->count; }
  const std::vector<std::shared_ptr<const Block>>& blocks() const { return blocks_; }

  // Memory of the items in bytes, without memory that notes point to.
  std::size_t bytes() const {
    std::size_t sum = 0;
    for (const auto& block : blocks_) sum += block->values.size() * sizeof(T) + block->notes.size() * sizeof(Note);
    return sum;
  }

  // From the item's first number to the end of its group: with one lane, the item.
  std::span<const T> values(std::size_t index) const {
    const Block& block = blockOf(index);
    const std::size_t i = index - block.first;
    return {block.values.data() + offset(i), width_ * lanes_ - i % lanes_};
  }
  const Note& note(std::size_t index) const {
    const Block& block = blockOf(index);
    return block.notes[index - block.first];
  }

  // `values` is count x width, whatever the lanes. Notes of an empty type are not read: there need be none.
  void append(std::size_t count, std::span<const T> values, std::span<const Note> notes = {}) {
    while (count > 0) {
      if (blocks_.empty() || blocks_.back()->count == capacity_) {
        blocks_.push_back(std::make_shared<const Block>(Block{size(), 0, {}, {}}));
      }
      const Block& tail = *blocks_.back();
      const std::size_t taken = std::min(count, capacity_ - tail.count);
      blocks_.back() = extended(tail, taken, values, notes);
      values = values.subspan(taken * width_);
      if constexpr (kHasNotes) notes = notes.subspan(taken);
      count -= taken;
    }
  }

  // Drops the items at these indices, which are distinct and in ascending order.
  void remove(const std::vector<std::int32_t>& indices, const Job& job) {
    if (indices.empty()) return;
    const auto firstDropped = static_cast<std::size_t>(indices.front());
    auto next = indices.begin();
    for (const auto& block : std::exchange(blocks_, {})) {
      job.poll();
      if (block->first + block->count <= firstDropped) {
        blocks_.push_back(block);
        continue;
      }
      std::vector<T> values;
      std::vector<Note> notes;
      std::size_t kept = 0;
      for (std::size_t i = 0; i < block->count; ++i) {
        if (next != indices.end() && static_cast<std::size_t>(*next) == block->first + i) {
          ++next;
          continue;
        }
        const T* item = block->values.data() + offset(i);
        for (std::size_t k = 0; k < width_; ++k) values.push_back(item[k * lanes_]);
        if constexpr (kHasNotes) notes.push_back(block->notes[i]);
        ++kept;
      }
      append(kept, values, notes);
    }
  }

 private:
  static constexpr bool kHasNotes = !std::is_empty_v<Note>;

  // Groups in a block: about 4 MiB of them, at least one.
  static std::size_t capacityOf(std::size_t groupBytes) {
    return std::max<std::size_t>(1, (std::size_t{4} << 20) / std::max<std::size_t>(1, groupBytes));
  }

  // Where item i of a block begins.
  std::size_t offset(std::size_t i) const { return i / lanes_ * lanes_ * width_ + i % lanes_; }

  std::shared_ptr<const Block> extended(const Block& tail, std::size_t count, std::span<const T> values,
                                        std::span<const Note> notes) const {
    auto block = std::make_shared<Block>();
    block->first = tail.first;
    block->count = tail.count + count;
    const std::size_t groups = (block->count + lanes_ - 1) / lanes_;
    block->values.reserve(groups * lanes_ * width_);
    block->values = tail.values;
    if (lanes_ == 1) {
      const auto end = values.begin() + static_cast<std::ptrdiff_t>(count * width_);
      block->values.insert(block->values.end(), values.begin(), end);
    } else {
      block->values.resize(groups * lanes_ * width_);
      for (std::size_t i = 0; i < count; ++i) {
        T* item = block->values.data() + offset(tail.count + i);
        for (std::size_t k = 0; k < width_; ++k) item[k * lanes_] = values[i * width_ + k];
      }
    }
    if constexpr (kHasNotes) {
      block->notes.reserve(block->count);
      block->notes = tail.notes;
      block->notes.insert(block->notes.end(), notes.begin(), notes.begin() + static_cast<std::ptrdiff_t>(count));
    }
    return block;
  }

  // All blocks are full but the last.
  const Block& blockOf(std::size_t index) const { return *blocks_[index / capacity_]; }

  std::size_t width_;
  std::size_t lanes_;
  std::size_t capacity_;  // items in a block
  std::vector<std::shared_ptr<const Block>> blocks_;
};

}  // namespace denseam
