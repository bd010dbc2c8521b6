#include "faults.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/aligned.h"
#include "parallel/job.h"
#include "parallel/pool.h"

namespace denseam {
namespace {

// Opaque to the compiler, so that no fault is seen, and mended, at compile time.
volatile std::size_t one = 1;
volatile double sink;

// A block so large that, outside instrumented builds, it is a mapping of its own.
constexpr std::size_t kLarge = std::size_t{1} << 18;

void readPastTheEnd() {
  const AlignedVector<double> values(kLarge);
  sink = values.data()[kLarge - 1 + one];
}

void readAfterFree() {
  const double* freed = nullptr;
  {
    const AlignedVector<double> values(kLarge);
    freed = values.data();
  }
  sink = freed[one];
}

void indexPastTheSize() {
  std::vector<double> values(1);
  values.reserve(8);
  sink = values[one];
}

void overflowSigned() {
  const std::int64_t greatest = std::numeric_limits<std::int64_t>::max();
  sink = static_cast<double>(greatest + static_cast<std::int64_t>(one));
}

void lose() { sink = *new double[kLarge]{}; }

// Two pool threads write the same place; each waits for the other, so that they are two.
void race() {
  double shared = 0;
  std::atomic<int> present{0};
  parallel::setThreads(2);
  parallel::forEach(2, 1, Job(), [&](std::size_t begin, std::size_t) {
    for (++present; present < 2;) std::this_thread::yield();
    for (int i = 0; i < 1000; ++i) shared += static_cast<double>(begin);
  });
  sink = shared;
}

struct Fault {
  const char* name;
  void (*commit)();
};

constexpr Fault kFaults[] = {{"read past the end", readPastTheEnd},
                             {"read after free", readAfterFree},
                             {"index past the size", indexPastTheSize},
                             {"signed overflow", overflowSigned},
                             {"lost memory", lose},
                             {"data race", race}};

}  // namespace

void commitFault(const std::string& name) {
  for (const Fault& fault : kFaults) {
    if (name == fault.name) return fault.commit();
  }
  throw std::invalid_argument("no such fault: " + name);
}

}  // namespace denseam
