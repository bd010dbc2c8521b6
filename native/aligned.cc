#include "aligned.h"

#include <bit>
#include <mutex>
#include <new>

namespace denseam {
namespace {

constexpr std::align_val_t kAlignment{64};
// Blocks are kept in classes of powers of two from where malloc may return a freed one to the system to where doing so
// no longer shows beside the use of the block.
constexpr std::size_t kLeastKept = std::size_t{1} << 15, kMostKept = std::size_t{1} << 24;
constexpr std::size_t kMostKeptTogether = std::size_t{1} << 26;
constexpr std::size_t kClasses = std::countr_zero(kMostKept) - std::countr_zero(kLeastKept) + 1;

bool isKept(std::size_t bytes) { return bytes >= kLeastKept && bytes <= kMostKept; }

class FreeBlocks {
 public:
  // Never destroyed: vectors of other static objects may outlive any order of destruction.
  static FreeBlocks& all() {
    static FreeBlocks& blocks = *new FreeBlocks;
    return blocks;
  }

  void* take(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    std::vector<void*>& blocks = blocks_[classOf(bytes)];
    if (blocks.empty()) return nullptr;
    void* block = blocks.back();
    blocks.pop_back();
    kept_ -= bytes;
    return block;
  }

  bool keep(void* block, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    if (kept_ + bytes > kMostKeptTogether) return false;
    std::vector<void*>& blocks = blocks_[classOf(bytes)];
    try {
      blocks.push_back(block);
    } catch (const std::bad_alloc&) {
      return false;
    }
    kept_ += bytes;
    return true;
  }

 private:
  static std::size_t classOf(std::size_t bytes) {
    return static_cast<std::size_t>(std::countr_zero(bytes) - std::countr_zero(kLeastKept));
  }

  std::mutex mutex_;
  std::vector<void*> blocks_[kClasses];
  std::size_t kept_ = 0;
};

}  // namespace

void* allocateAligned(std::size_t bytes) {
  if (!isKept(bytes)) return ::operator new(bytes, kAlignment);
  const std::size_t rounded = std::bit_ceil(bytes);
  void* block = FreeBlocks::all().take(rounded);
  return block ? block : ::operator new(rounded, kAlignment);
}

void freeAligned(void* block, std::size_t bytes) {
  if (isKept(bytes) && FreeBlocks::all().keep(block, std::bit_ceil(bytes))) return;
  ::operator delete(block, kAlignment);
}

}  // namespace denseam
