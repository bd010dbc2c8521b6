#include "peaks.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace denseam::bench {

#if defined(__x86_64__)
namespace {

// Enough independent sums to hide the latency of an instruction on two ports.
constexpr std::size_t kSums = 12;

// The bits of 1 in bf16.
constexpr int kBf16One = 0x3F80;

// A number that the compiler does not know.
int unknown() {
  static volatile int one = 1;
  return one;
}

// GCC refuses intrinsics in templates and lambdas without the target of their function, hence a macro.
#define DENSEAM_PEAK(NAME, TARGET, VECTOR, ZERO, FACTOR, ADD, TOTAL)     \
  __attribute__((target(TARGET))) double NAME(std::size_t rounds) {      \
    const int one = unknown();                                           \
    const auto x = FACTOR;                                               \
    VECTOR sums[kSums];                                                  \
    for (auto& sum : sums) sum = ZERO;                                   \
    for (std::size_t round = 0; round < rounds; ++round) {               \
      _Pragma("GCC unroll 12") for (std::size_t k = 0; k < kSums; ++k) { \
        sums[k] = ADD;                                                   \
        __asm__ volatile("" : "+v"(sums[k]));                            \
      }                                                                  \
    }                                                                    \
    double total = 0;                                                    \
    for (const auto& sum : sums) total += static_cast<double>(TOTAL);    \
    return total;                                                        \
  }

DENSEAM_PEAK(float64Avx512, "avx512f", __m512d, _mm512_setzero_pd(), _mm512_set1_pd(one),
             _mm512_fmadd_pd(x, x, sums[k]), _mm512_cvtsd_f64(sum))
DENSEAM_PEAK(float32Avx512, "avx512f", __m512, _mm512_setzero_ps(), _mm512_set1_ps(static_cast<float>(one)),
             _mm512_fmadd_ps(x, x, sums[k]), _mm512_cvtss_f32(sum))
DENSEAM_PEAK(bf16Avx512, "avx512f,avx512bf16", __m512, _mm512_setzero_ps(),
             reinterpret_cast<__m512bh>(_mm512_set1_epi16(static_cast<short>(kBf16One* one))),
             _mm512_dpbf16_ps(sums[k], x, x), _mm512_cvtss_f32(sum))
DENSEAM_PEAK(int8Avx512, "avx512f,avx512vnni", __m512i, _mm512_setzero_si512(),
             _mm512_set1_epi8(static_cast<char>(one)), _mm512_dpbusd_epi32(sums[k], x, x), _mm512_cvtsi512_si32(sum))
DENSEAM_PEAK(float64Avx2, "avx2,fma", __m256d, _mm256_setzero_pd(), _mm256_set1_pd(one), _mm256_fmadd_pd(x, x, sums[k]),
             _mm256_cvtsd_f64(sum))
DENSEAM_PEAK(float32Avx2, "avx2,fma", __m256, _mm256_setzero_ps(), _mm256_set1_ps(static_cast<float>(one)),
             _mm256_fmadd_ps(x, x, sums[k]), _mm256_cvtss_f32(sum))

#undef DENSEAM_PEAK

}  // namespace

std::optional<Peak> peakOf(const std::string& kind) {
  const bool wide = __builtin_cpu_supports("avx512f");
  const bool narrow = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (kind == "float64" && wide) return Peak{float64Avx512, 8 * kSums};
  if (kind == "float32" && wide) return Peak{float32Avx512, 16 * kSums};
  if (kind == "bf16" && wide && __builtin_cpu_supports("avx512bf16")) return Peak{bf16Avx512, 32 * kSums};
  if (kind == "int8" && wide && __builtin_cpu_supports("avx512vnni")) return Peak{int8Avx512, 64 * kSums};
  if (kind == "float64" && narrow) return Peak{float64Avx2, 4 * kSums};
  if (kind == "float32" && narrow) return Peak{float32Avx2, 8 * kSums};
  return std::nullopt;
}
#else
std::optional<Peak> peakOf(const std::string&) { return std::nullopt; }
#endif

}  // namespace denseam::bench
