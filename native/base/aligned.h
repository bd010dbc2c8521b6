#pragma once

#include <cstddef>
#include <vector>

namespace denseam {

// Memory that begins where a cache line does: vector loads then never cross one. Large blocks that were freed are kept,
// some tens of megabytes of them, for the next call: the system gives fresh pages one by one, and for a short call that
// can take longer than what is computed in them. Blocks from a megabyte on come from the system itself and go back to
// it whole: in the heap of a thread, whatever lies above a freed block would hold it there.
void* allocateAligned(std::size_t bytes);
void freeAligned(void* block, std::size_t bytes);

// Gives the system what is kept for later, here and in the C library, as far as whole pages of it are free.
void giveBackFreeMemory();

template <typename T>
struct AlignedAllocator {
  using value_type = T;

  AlignedAllocator() = default;
  template <typename U>
  AlignedAllocator(const AlignedAllocator<U>&) {}

  T* allocate(std::size_t count) { return static_cast<T*>(allocateAligned(count * sizeof(T))); }
  void deallocate(T* values, std::size_t count) { freeAligned(values, count * sizeof(T)); }

  bool operator==(const AlignedAllocator&) const { return true; }
};

template <typename T>
using AlignedVector = std::vector<T, AlignedAllocator<T>>;

}  // namespace denseam
