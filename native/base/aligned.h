#pragma once

#include <cstddef>
#include <vector>

namespace denseam {

// Memory aligned to cache lines: vector loads then never cross one. Large freed blocks, some tens of megabytes of them,
// are kept for the next call: the system gives fresh pages one by one, and for a short call that can take longer than
// the computation in them. Blocks of a megabyte or more come from the system itself and go back to it whole: in the
// heap of a thread, any later allocation above a freed block would hold it there.
void* allocateAligned(std::size_t bytes);
void freeAligned(void* block, std::size_t bytes);

// Returns freed memory that is kept here and in the C library to the system, as far as whole pages are free.
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
