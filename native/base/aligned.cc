#include "base/aligned.h"

#if __has_include(<sys/mman.h>)
#include <sys/mman.h>
#define DENSEAM_MAPS
#endif
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <bit>
#include <mutex>
#include <new>
#include <utility>

#include "base/sanitized.h"

namespace denseam {
namespace {

constexpr std::align_val_t kAlignment{64};
// Freed blocks are kept by size class, a power of two: from the size at which malloc may return a block to the system
// to the size at which that costs little beside the use of the block.
constexpr std::size_t kLeastKept = std::size_t{1} << 15, kMostKept = std::size_t{1} << 24;
constexpr std::size_t kMostKeptTogether = std::size_t{1} << 26;
constexpr std::size_t kClasses = std::countr_zero(kMostKept) - std::countr_zero(kLeastKept) + 1;

#ifdef DENSEAM_MAPS
// Blocks of at least this size are mappings of their own.
constexpr std::size_t kLeastMapped = std::size_t{1} << 20;

bool isMapped(std::size_t bytes) { return !kSanitized && bytes >= kLeastMapped; }

void* newBlock(std::size_t bytes) {
  if (!isMapped(bytes)) return ::operator new(bytes, kAlignment);
  void* block = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (block == MAP_FAILED) throw std::bad_alloc();
  return block;
}

void deleteBlock(void* block, std::size_t bytes) {
  if (!isMapped(bytes)) return ::operator delete(block, kAlignment);
  munmap(block, bytes);
}
#else  // Windows
void* newBlock(std::size_t bytes) { return ::operator new(bytes, kAlignment); }
void deleteBlock(void* block, std::size_t /*bytes*/) { ::operator delete(block, kAlignment); }
#endif

bool isKept(std::size_t bytes) { return !kSanitized && bytes >= kLeastKept && bytes <= kMostKept; }

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

  void clear() {
    const std::lock_guard lock(mutex_);
    for (std::size_t k = 0; k < kClasses; ++k) {
      for (void* block : std::exchange(blocks_[k], {})) deleteBlock(block, kLeastKept << k);
    }
    kept_ = 0;
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
  if (!isKept(bytes)) return newBlock(bytes);
  const std::size_t rounded = std::bit_ceil(bytes);
  void* block = FreeBlocks::all().take(rounded);
  return block ? block : newBlock(rounded);
}

void freeAligned(void* block, std::size_t bytes) {
  if (!isKept(bytes)) return deleteBlock(block, bytes);
  const std::size_t rounded = std::bit_ceil(bytes);
  if (!FreeBlocks::all().keep(block, rounded)) deleteBlock(block, rounded);
}

void giveBackFreeMemory() {
  FreeBlocks::all().clear();
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace denseam
