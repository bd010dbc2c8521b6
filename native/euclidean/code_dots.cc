#include "euclidean/code_dots.h"

#if defined(__x86_64__)
#include <immintrin.h>
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

// A tile of rows and queries: each vector that is loaded takes part in several products.
constexpr std::size_t kTile = 4;

#define DENSEAM_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

// By memory: the intrinsic makes GCC 12 warn falsely of a value that is not initialized (GCC bug 105593).
DENSEAM_VNNI inline std::int32_t sumOf(__m512i x) {
  alignas(64) std::int32_t parts[16];
  _mm512_store_si512(parts, x);
  std::int32_t sum = 0;
  for (const std::int32_t part : parts) sum += part;
  return sum;
}

template <std::size_t Rows, std::size_t Queries>
DENSEAM_VNNI inline void vnniTile(std::size_t width, const std::uint8_t* codes, const std::int8_t* queryCodes,
                                  std::size_t stride, std::int32_t* dots) {
  __m512i sums[Rows][Queries];
  for (auto& row : sums) {
    for (auto& sum : row) sum = _mm512_setzero_si512();
  }
  for (std::size_t j = 0; j < width; j += sizeof(__m512i)) {
    __m512i query[Queries];
#pragma GCC unroll 4
    for (std::size_t q = 0; q < Queries; ++q) query[q] = _mm512_loadu_si512(queryCodes + q * width + j);
#pragma GCC unroll 4
    for (std::size_t i = 0; i < Rows; ++i) {
      const __m512i row = _mm512_loadu_si512(codes + i * width + j);
#pragma GCC unroll 4
      for (std::size_t q = 0; q < Queries; ++q) sums[i][q] = _mm512_dpbusd_epi32(sums[i][q], row, query[q]);
    }
  }
  for (std::size_t i = 0; i < Rows; ++i) {
    for (std::size_t q = 0; q < Queries; ++q) dots[q * stride + i] = sumOf(sums[i][q]);
  }
}

template <std::size_t Queries>
DENSEAM_VNNI inline void vnniRows(std::size_t rows, std::size_t width, const std::uint8_t* codes,
                                  const std::int8_t* queryCodes, std::int32_t* dots) {
  std::size_t i = 0;
  for (; i + kTile <= rows; i += kTile) {
    vnniTile<kTile, Queries>(width, codes + i * width, queryCodes, rows, dots + i);
  }
  for (; i < rows; ++i) vnniTile<1, Queries>(width, codes + i * width, queryCodes, rows, dots + i);
}

DENSEAM_VNNI void vnniDots(std::size_t rows, std::size_t width, const std::uint8_t* codes, std::size_t queries,
                           const std::int8_t* queryCodes, std::int32_t* dots) {
  std::size_t q = 0;
  for (; q + kTile <= queries; q += kTile) vnniRows<kTile>(rows, width, codes, queryCodes + q * width, dots + q * rows);
  for (; q + 2 <= queries; q += 2) vnniRows<2>(rows, width, codes, queryCodes + q * width, dots + q * rows);
  if (q < queries) vnniRows<1>(rows, width, codes, queryCodes + q * width, dots + q * rows);
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

}  // namespace

CodeDots codeDots(CodeLevel level) {
#if defined(__x86_64__)
  if (level == CodeLevel::kVnni) {
    const bool isThere = __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
                         __builtin_cpu_supports("avx512vl");
    return isThere ? vnniDots : nullptr;
  }
  if (level == CodeLevel::kAvx2) return __builtin_cpu_supports("avx2") ? avx2Dots : nullptr;
#endif
  return level == CodeLevel::kPlain ? plainDots : nullptr;
}

CodeDots codeDots() {
  static const CodeDots chosen = codeDots(CodeLevel::kVnni)   ? codeDots(CodeLevel::kVnni)
                                 : codeDots(CodeLevel::kAvx2) ? codeDots(CodeLevel::kAvx2)
                                                              : codeDots(CodeLevel::kPlain);
  return chosen;
}

}  // namespace denseam::euclidean
