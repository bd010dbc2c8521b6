#include "sphere/bfloat16.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <algorithm>

namespace denseam::sphere {
namespace {

#define DENSEAM_BFLOAT16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))

// A tile of sums: with the vectors that it multiplies it fills the 32 registers.
constexpr std::size_t kRows = kPanelVectors / 2;
constexpr std::size_t kPanels = 3;
// Pairs of a run of sums: its panels stay in the second cache.
constexpr std::size_t kRun = 512;

// The lanes below `count`.
inline __mmask16 lanesBelow(std::size_t count) {
  return static_cast<__mmask16>(count >= 16 ? 0xFFFF : (1U << count) - 1);
}

// Rounds two vectors, the numbers of `low` first.
DENSEAM_BFLOAT16 inline __m512i rounded(__m512 low, __m512 high) {
  return __builtin_bit_cast(__m512i, _mm512_cvtne2ps_pbh(high, low));
}

DENSEAM_BFLOAT16 void packRows(std::size_t count, std::size_t length, const float* values, std::size_t stride,
                               Bfloat16Pair* panel) {
  const std::size_t pairs = (length + 1) / 2;
  if (count < kPanelVectors) std::fill_n(panel, pairs * kPanelVectors, 0U);
  for (std::size_t i = 0; i < count; ++i) {
    const float* row = values + i * stride;
    for (std::size_t j = 0; j < pairs; j += 16) {
      const std::size_t left = length - 2 * j;
      const __mmask16 inHigh = lanesBelow(left > 16 ? left - 16 : 0);
      const __m512 low = _mm512_maskz_loadu_ps(lanesBelow(left), row + 2 * j);
      const __m512 high = inHigh ? _mm512_maskz_loadu_ps(inHigh, row + 2 * j + 16) : _mm512_setzero_ps();
      alignas(64) Bfloat16Pair block[16];
      _mm512_store_si512(block, rounded(low, high));
      const std::size_t end = std::min<std::size_t>(16, pairs - j);
      for (std::size_t k = 0; k < end; ++k) panel[(j + k) * kPanelVectors + i] = block[k];
    }
  }
}

DENSEAM_BFLOAT16 void packColumns(std::size_t count, std::size_t length, const float* values, std::size_t stride,
                                  Bfloat16Pair* panel) {
  alignas(64) std::uint16_t order[32];
  for (std::uint16_t lane = 0; lane < 32; ++lane) order[lane] = static_cast<std::uint16_t>(lane % 2 * 16 + lane / 2);
  const __m512i pairing = _mm512_load_si512(order);
  const __mmask16 lanes = lanesBelow(count);
  for (std::size_t k = 0; k < length; k += 2, panel += kPanelVectors) {
    const __m512 even = _mm512_maskz_loadu_ps(lanes, values + k * stride);
    const __m512 odd = k + 1 < length ? _mm512_maskz_loadu_ps(lanes, values + (k + 1) * stride) : _mm512_setzero_ps();
    _mm512_store_si512(panel, _mm512_permutexvar_epi16(pairing, rounded(even, odd)));
  }
}

// Where the sums of a tile go: its rows that exist, and its columns.
struct Place {
  float* c;
  std::size_t stride;
  std::size_t rows;
  std::size_t columns;
  bool accumulate;
};

template <std::size_t Panels>
DENSEAM_BFLOAT16 void addUp(std::size_t pairs, const Bfloat16Pair* a, const Bfloat16Pair* b, std::size_t panel,
                            const Place& to) {
  __m512 sums[kRows][Panels];
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < Panels; ++v) sums[i][v] = _mm512_setzero_ps();
  }
  for (std::size_t j = 0; j < pairs; ++j) {
    __m512i others[Panels];
#pragma GCC unroll 4
    for (std::size_t v = 0; v < Panels; ++v) others[v] = _mm512_load_si512(b + v * panel + j * kPanelVectors);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kRows; ++i) {
      __m512i own = _mm512_set1_epi32(static_cast<int>(a[j * kPanelVectors + i]));
      // Hides the broadcast: Clang 16 fails to compile a bit cast of one to bfloat16.
      __asm__("" : "+v"(own));
#pragma GCC unroll 4
      for (std::size_t v = 0; v < Panels; ++v) {
        sums[i][v] =
            _mm512_dpbf16_ps(sums[i][v], __builtin_bit_cast(__m512bh, others[v]), __builtin_bit_cast(__m512bh, own));
      }
    }
  }
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kRows; ++i) {
    if (i >= to.rows) break;
#pragma GCC unroll 4
    for (std::size_t v = 0; v < Panels; ++v) {
      float* place = to.c + i * to.stride + v * kPanelVectors;
      const __mmask16 lanes = lanesBelow(to.columns - v * kPanelVectors);
      const __m512 before = to.accumulate ? _mm512_maskz_loadu_ps(lanes, place) : _mm512_setzero_ps();
      _mm512_mask_storeu_ps(place, lanes, _mm512_add_ps(before, sums[i][v]));
    }
  }
}

// The sums of one run, all rows with Panels panels of columns.
template <std::size_t Panels>
DENSEAM_BFLOAT16 void addUpRows(std::size_t rows, std::size_t columns, std::size_t pairs, const Bfloat16Pair* a,
                                const Bfloat16Pair* b, std::size_t panel, bool accumulate, float* c,
                                std::size_t stride) {
  for (std::size_t i = 0; i < rows; i += kRows) {
    const Bfloat16Pair* own = a + i / kPanelVectors * panel + i % kPanelVectors;
    addUp<Panels>(pairs, own, b, panel, {c + i * stride, stride, rows - i, columns, accumulate});
  }
}

DENSEAM_BFLOAT16 void multiply(std::size_t rows, std::size_t columns, std::size_t pairs, const Bfloat16Pair* a,
                               const Bfloat16Pair* b, bool accumulate, float* c, std::size_t stride) {
  const std::size_t panel = pairs * kPanelVectors;
  for (std::size_t begin = 0; begin < pairs; begin += kRun) {
    const std::size_t count = std::min(kRun, pairs - begin);
    const bool adds = accumulate || begin > 0;
    for (std::size_t j = 0; j < columns; j += kPanels * kPanelVectors) {
      const Bfloat16Pair* own = a + begin * kPanelVectors;
      const Bfloat16Pair* others = b + j / kPanelVectors * panel + begin * kPanelVectors;
      const std::size_t left = columns - j;
      const auto add = left > 2 * kPanelVectors ? addUpRows<3> : left > kPanelVectors ? addUpRows<2> : addUpRows<1>;
      add(rows, left, count, own, others, panel, adds, c + j, stride);
    }
  }
}

constexpr Bfloat16Kernels kKernels = {packRows, packColumns, multiply};

}  // namespace

const Bfloat16Kernels* bfloat16Kernels() {
  static const bool isThere = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                              __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bf16");
  return isThere ? &kKernels : nullptr;
}

}  // namespace denseam::sphere

#else

namespace denseam::sphere {

const Bfloat16Kernels* bfloat16Kernels() { return nullptr; }

}  // namespace denseam::sphere

#endif
