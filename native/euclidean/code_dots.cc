#include "euclidean/code_dots.h"

#include <algorithm>
#include <cstring>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#if defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif
#endif

#include "simd/dispatch.h"

namespace denseam::euclidean {
namespace {

DENSEAM_DISPATCH void plainDots(std::size_t rows, std::size_t width, const std::uint8_t* codes, std::size_t queries,
                                const std::int8_t* queryCodes, std::int32_t* dots) {
  for (std::size_t q = 0; q < queries; ++q) {
    const std::int8_t* query = queryCodes + q * width;
    for (std::size_t i = 0; i < rows; ++i) {
      const std::uint8_t* row = codes + i * width;
      std::int32_t sum = 0;
#pragma omp simd reduction(+ : sum)
      for (std::size_t j = 0; j < width; ++j) sum += std::int32_t{row[j]} * std::int32_t{query[j]};
      dots[q * rows + i] = sum;
    }
  }
}

#if defined(__x86_64__)

#define DENSEAM_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

// Four bytes of a code, which an instruction multiplies and adds.
constexpr std::size_t kGroup = 4;
constexpr std::size_t kLanes = sizeof(__m512i) / sizeof(std::int32_t);
// The fewest queries for which rows are laid side by side.
constexpr std::size_t kManyQueries = 4;
// Rows that lie side by side, and queries that read them together: each vector takes part in several products.
constexpr std::size_t kPanels = 4, kPanelRows = kPanels * kLanes, kQueries = 4;
// Bytes of a code that are laid out at once: 32 KiB of a panel.
constexpr std::size_t kDepth = 512;

// Intrinsics without a mask, and the sum of a vector, make GCC 12 warn falsely of a value that is not initialized (GCC
// bug 105593).
constexpr __mmask16 kAll32 = 0xFFFF;
constexpr __mmask8 kAll64 = 0xFF;

DENSEAM_VNNI inline __m128i quarters(__m512i x) {
  alignas(64) __m128i parts[4];
  _mm512_store_si512(parts, x);
  return _mm_add_epi32(_mm_add_epi32(parts[0], parts[1]), _mm_add_epi32(parts[2], parts[3]));
}

// The products of some rows with one query, each summed along the row.
DENSEAM_VNNI void vnniQuery(std::size_t rows, std::size_t width, const std::uint8_t* codes, const std::int8_t* query,
                            std::int32_t* dots) {
  constexpr std::size_t kRows = 4, kAhead = 16;
  for (std::size_t i = 0; i < rows; i += kRows) {
    const std::size_t last = rows - 1;
    __m512i sums[kRows];
    const std::uint8_t* row[kRows];
    for (std::size_t k = 0; k < kRows; ++k) {
      sums[k] = _mm512_setzero_si512();
      row[k] = codes + (i + k < last ? i + k : last) * width;
    }
    for (std::size_t j = 0; j < width; j += sizeof(__m512i)) {
      const __m512i factor = _mm512_loadu_si512(query + j);
#pragma GCC unroll 4
      for (std::size_t k = 0; k < kRows; ++k) {
        // Codes come from memory one after the other.
        __builtin_prefetch(codes + (i + kAhead) * width + kRows * j + k * sizeof(__m512i), 0, 2);
        sums[k] = _mm512_dpbusd_epi32(sums[k], _mm512_loadu_si512(row[k] + j), factor);
      }
    }
    const __m512i first = _mm512_add_epi32(_mm512_maskz_unpacklo_epi32(kAll32, sums[0], sums[1]),
                                           _mm512_maskz_unpackhi_epi32(kAll32, sums[0], sums[1]));
    const __m512i second = _mm512_add_epi32(_mm512_maskz_unpacklo_epi32(kAll32, sums[2], sums[3]),
                                            _mm512_maskz_unpackhi_epi32(kAll32, sums[2], sums[3]));
    alignas(16) std::int32_t found[kRows];
    _mm_store_si128(reinterpret_cast<__m128i*>(found),
                    quarters(_mm512_add_epi32(_mm512_maskz_unpacklo_epi64(kAll64, first, second),
                                              _mm512_maskz_unpackhi_epi64(kAll64, first, second))));
    for (std::size_t k = 0; k < kRows && i + k < rows; ++k) dots[i + k] = found[k];
  }
}

// Transposes 16 x 16 groups: row k of the result holds the groups number k of all rows.
DENSEAM_VNNI inline void transpose(__m512i* x) {
  __m512i pairs[kLanes], fours[kLanes];
#pragma GCC unroll 8
  for (std::size_t k = 0; k < kLanes; k += 2) {
    pairs[k] = _mm512_maskz_unpacklo_epi32(kAll32, x[k], x[k + 1]);
    pairs[k + 1] = _mm512_maskz_unpackhi_epi32(kAll32, x[k], x[k + 1]);
  }
#pragma GCC unroll 4
  for (std::size_t k = 0; k < kLanes; k += 4) {
    fours[k] = _mm512_maskz_unpacklo_epi64(kAll64, pairs[k], pairs[k + 2]);
    fours[k + 1] = _mm512_maskz_unpackhi_epi64(kAll64, pairs[k], pairs[k + 2]);
    fours[k + 2] = _mm512_maskz_unpacklo_epi64(kAll64, pairs[k + 1], pairs[k + 3]);
    fours[k + 3] = _mm512_maskz_unpackhi_epi64(kAll64, pairs[k + 1], pairs[k + 3]);
  }
#pragma GCC unroll 4
  for (std::size_t k = 0; k < 4; ++k) {
    const __m512i evenFirst = _mm512_maskz_shuffle_i32x4(kAll32, fours[k], fours[k + 4], 0x88);
    const __m512i oddFirst = _mm512_maskz_shuffle_i32x4(kAll32, fours[k], fours[k + 4], 0xDD);
    const __m512i evenLast = _mm512_maskz_shuffle_i32x4(kAll32, fours[k + 8], fours[k + 12], 0x88);
    const __m512i oddLast = _mm512_maskz_shuffle_i32x4(kAll32, fours[k + 8], fours[k + 12], 0xDD);
    x[k] = _mm512_maskz_shuffle_i32x4(kAll32, evenFirst, evenLast, 0x88);
    x[k + 4] = _mm512_maskz_shuffle_i32x4(kAll32, oddFirst, oddLast, 0x88);
    x[k + 8] = _mm512_maskz_shuffle_i32x4(kAll32, evenFirst, evenLast, 0xDD);
    x[k + 12] = _mm512_maskz_shuffle_i32x4(kAll32, oddFirst, oddLast, 0xDD);
  }
}

// Lays bytes of up to 64 rows side by side: groups of four, 64 rows of each.
DENSEAM_VNNI void layPanel(std::size_t rows, std::size_t width, const std::uint8_t* codes, std::size_t depth,
                           std::uint8_t* panel) {
  for (std::size_t part = 0; part < kPanels; ++part) {
    for (std::size_t j = 0; j < depth; j += sizeof(__m512i)) {
      __m512i x[kLanes];
      for (std::size_t k = 0; k < kLanes; ++k) {
        const std::size_t row = part * kLanes + k;
        x[k] = row < rows ? _mm512_loadu_si512(codes + row * width + j) : _mm512_setzero_si512();
      }
      transpose(x);
      for (std::size_t k = 0; k < kLanes; ++k) {
        _mm512_storeu_si512(panel + ((j / kGroup + k) * kPanels + part) * sizeof(__m512i), x[k]);
      }
    }
  }
}

// Adds the panel's products with some queries to their dots: those of a query are `stride` apart.
template <std::size_t Queries>
DENSEAM_VNNI inline void addPanel(std::size_t depth, const std::uint8_t* panel, std::size_t width,
                                  const std::int8_t* queryCodes, std::int32_t* dots) {
  __m512i sums[Queries][kPanels];
  for (std::size_t q = 0; q < Queries; ++q) {
    for (std::size_t k = 0; k < kPanels; ++k) sums[q][k] = _mm512_loadu_si512(dots + q * kPanelRows + k * kLanes);
  }
  for (std::size_t j = 0; j < depth; j += kGroup) {
    __m512i rows[kPanels];
#pragma GCC unroll 4
    for (std::size_t k = 0; k < kPanels; ++k)
      rows[k] = _mm512_loadu_si512(panel + j * kPanelRows + k * sizeof(__m512i));
#pragma GCC unroll 4
    for (std::size_t q = 0; q < Queries; ++q) {
      std::int32_t group;
      std::memcpy(&group, queryCodes + q * width + j, kGroup);
      const __m512i factor = _mm512_set1_epi32(group);
#pragma GCC unroll 4
      for (std::size_t k = 0; k < kPanels; ++k) sums[q][k] = _mm512_dpbusd_epi32(sums[q][k], rows[k], factor);
    }
  }
  for (std::size_t q = 0; q < Queries; ++q) {
    for (std::size_t k = 0; k < kPanels; ++k) _mm512_storeu_si512(dots + q * kPanelRows + k * kLanes, sums[q][k]);
  }
}

// The products of some rows with many queries, a panel of rows at a time.
DENSEAM_VNNI void vnniPanels(std::size_t rows, std::size_t width, const std::uint8_t* codes, std::size_t queries,
                             const std::int8_t* queryCodes, std::int32_t* dots) {
  alignas(64) std::uint8_t panel[kDepth * kPanelRows];
  std::vector<std::int32_t> sums(queries * kPanelRows);
  for (std::size_t first = 0; first < rows; first += kPanelRows) {
    const std::size_t count = std::min(kPanelRows, rows - first);
    std::fill(sums.begin(), sums.end(), 0);
    for (std::size_t j = 0; j < width; j += kDepth) {
      const std::size_t depth = std::min(kDepth, width - j);
      layPanel(count, width, codes + first * width + j, depth, panel);
      std::size_t q = 0;
      for (; q + kQueries <= queries; q += kQueries) {
        addPanel<kQueries>(depth, panel, width, queryCodes + q * width + j, sums.data() + q * kPanelRows);
      }
      for (; q < queries; ++q) {
        addPanel<1>(depth, panel, width, queryCodes + q * width + j, sums.data() + q * kPanelRows);
      }
    }
    for (std::size_t q = 0; q < queries; ++q) {
      std::copy_n(sums.data() + q * kPanelRows, count, dots + q * rows + first);
    }
  }
}

void vnniDots(std::size_t rows, std::size_t width, const std::uint8_t* codes, std::size_t queries,
              const std::int8_t* queryCodes, std::int32_t* dots) {
  if (queries >= kManyQueries && rows >= kLanes) return vnniPanels(rows, width, codes, queries, queryCodes, dots);
  for (std::size_t q = 0; q < queries; ++q) vnniQuery(rows, width, codes, queryCodes + q * width, dots + q * rows);
}

#define DENSEAM_AVX2 __attribute__((target("avx2")))

DENSEAM_AVX2 inline std::int32_t sumOf(__m256i x) {
  const __m128i half = _mm_add_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
  const __m128i quarter = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4E));
  return _mm_cvtsi128_si32(_mm_add_epi32(quarter, _mm_shuffle_epi32(quarter, 0xB1)));
}

// Products of bytes are added in pairs in 16 bits, where those of a code's absolute value fit and its own would not.
DENSEAM_AVX2 void avx2Dots(std::size_t rows, std::size_t width, const std::uint8_t* codes, std::size_t queries,
                           const std::int8_t* queryCodes, std::int32_t* dots) {
  const __m256i offset = _mm256_set1_epi8(static_cast<char>(kCodeOffset)), ones = _mm256_set1_epi16(1);
  for (std::size_t q = 0; q < queries; ++q) {
    const std::int8_t* query = queryCodes + q * width;
    std::int32_t all = 0;
    for (std::size_t j = 0; j < width; ++j) all += query[j];
    for (std::size_t i = 0; i < rows; ++i) {
      const std::uint8_t* row = codes + i * width;
      __m256i sum = _mm256_setzero_si256();
      for (std::size_t j = 0; j < width; j += sizeof(__m256i)) {
        const __m256i signedRow =
            _mm256_xor_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(row + j)), offset);
        const __m256i factor = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(query + j));
        const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(signedRow), _mm256_sign_epi8(factor, signedRow));
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, ones));
      }
      dots[q * rows + i] = sumOf(sum) + kCodeOffset * all;
    }
  }
}

#endif

#if defined(__aarch64__)

#if !defined(__clang__)
#define DENSEAM_DOT __attribute__((target("arch=armv8.2-a+dotprod")))
#else
#define DENSEAM_DOT __attribute__((target("dotprod")))
#endif

// Four rows with one query: signed bytes are multiplied, so the offset comes back as that of all its numbers.
DENSEAM_DOT void neonDots(std::size_t rows, std::size_t width, const std::uint8_t* codes, std::size_t queries,
                          const std::int8_t* queryCodes, std::int32_t* dots) {
  constexpr std::size_t kRows = 4;
  const uint8x16_t offset = vdupq_n_u8(kCodeOffset);
  for (std::size_t q = 0; q < queries; ++q) {
    const std::int8_t* query = queryCodes + q * width;
    for (std::size_t i = 0; i < rows; i += kRows) {
      int32x4_t sums[kRows], all = vdupq_n_s32(0);
      const std::uint8_t* row[kRows];
      for (std::size_t k = 0; k < kRows; ++k) {
        sums[k] = vdupq_n_s32(0);
        row[k] = codes + std::min(i + k, rows - 1) * width;
      }
      for (std::size_t j = 0; j < width; j += sizeof(int8x16_t)) {
        const int8x16_t factor = vld1q_s8(query + j);
        all = vdotq_s32(all, vdupq_n_s8(1), factor);
        for (std::size_t k = 0; k < kRows; ++k) {
          const uint8x16_t code = veorq_u8(vld1q_u8(row[k] + j), offset);
          sums[k] = vdotq_s32(sums[k], vreinterpretq_s8_u8(code), factor);
        }
      }
      for (std::size_t k = 0; k < kRows && i + k < rows; ++k) {
        dots[q * rows + i + k] = vaddvq_s32(sums[k]) + kCodeOffset * vaddvq_s32(all);
      }
    }
  }
}

bool hasDotProducts() {
#if defined(__linux__)
  return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
#else
  // Every processor of Apple that runs macOS has them.
  return true;
#endif
}

#endif

}  // namespace

CodeDots codeDots(CodeLevel level) {
#if defined(__x86_64__)
  if (level == CodeLevel::kVnni) {
    const bool isThere = __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
                         __builtin_cpu_supports("avx512vl");
    return isThere ? vnniDots : nullptr;
  }
  if (level == CodeLevel::kAvx2) return __builtin_cpu_supports("avx2") ? avx2Dots : nullptr;
#elif defined(__aarch64__)
  if (level == CodeLevel::kNeon) return hasDotProducts() ? neonDots : nullptr;
#endif
  return level == CodeLevel::kPlain ? plainDots : nullptr;
}

CodeDots codeDots() {
  static const CodeDots chosen = [] {
    for (const CodeLevel level : {CodeLevel::kVnni, CodeLevel::kNeon, CodeLevel::kAvx2}) {
      if (const CodeDots dots = codeDots(level)) return dots;
    }
    return codeDots(CodeLevel::kPlain);
  }();
  return chosen;
}

}  // namespace denseam::euclidean
