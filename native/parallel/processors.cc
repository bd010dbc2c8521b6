#include "parallel/processors.h"

#ifdef __linux__
#include <sched.h>
#endif

#include <algorithm>
#include <thread>

namespace denseam::parallel {
namespace {

#ifdef __linux__
// The size of the affinity set: the kernel refuses one that is too small for the machine.
constexpr int kFewest = 1024, kMost = 1 << 20;

std::size_t affinity() {
  for (int count = kFewest; count <= kMost; count *= 2) {
    cpu_set_t* set = CPU_ALLOC(static_cast<std::size_t>(count));
    if (set == nullptr) return 0;
    const std::size_t bytes = CPU_ALLOC_SIZE(static_cast<std::size_t>(count));
    const bool isRead = sched_getaffinity(0, bytes, set) == 0;
    const int allowed = isRead ? CPU_COUNT_S(bytes, set) : 0;
    CPU_FREE(set);
    if (isRead) return static_cast<std::size_t>(allowed);
  }
  return 0;
}
#else
std::size_t affinity() { return 0; }
#endif

}  // namespace

std::size_t processors() {
  const std::size_t allowed = affinity();
  return std::max<std::size_t>(1, allowed > 0 ? allowed : std::thread::hardware_concurrency());
}

}  // namespace denseam::parallel
