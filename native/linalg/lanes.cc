#include "linalg/lanes.h"

namespace denseam::linalg::lanes {

extern const Kernels kBaselineKernels;
#if defined(__x86_64__)
extern const Kernels kAvx2Kernels;
extern const Kernels kAvx512Kernels;
#endif

namespace {

// Whether the processor has everything that the compiler may use in a unit of that level.
bool has(Level level) {
#if defined(__x86_64__)
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
                    __builtin_cpu_supports("bmi2");
  if (level == Level::kAvx2) return avx2;
  if (level == Level::kAvx512) {
    return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512cd");
  }
#endif
  return level == Level::kBaseline;
}

}  // namespace

const Kernels* kernels(Level level) {
  if (!has(level)) return nullptr;
#if defined(__x86_64__)
  if (level == Level::kAvx512) return &kAvx512Kernels;
  if (level == Level::kAvx2) return &kAvx2Kernels;
#endif
  return &kBaselineKernels;
}

Level bestLevel() {
  static const Level level = kernels(Level::kAvx512) ? Level::kAvx512
                             : kernels(Level::kAvx2) ? Level::kAvx2
                                                     : Level::kBaseline;
  return level;
}

const Kernels& best() {
  static const Kernels& chosen = *kernels(bestLevel());
  return chosen;
}

void sumLanes(std::size_t n, const double* sum, double* matrix) {
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      const double* lanes = sum + (i * (i + 1) / 2 + j) * kLanes;
      double total = lanes[0];
      for (std::size_t lane = 1; lane < kLanes; ++lane) total += lanes[lane];
      matrix[j * n + i] = total;
    }
  }
}

}  // namespace denseam::linalg::lanes
