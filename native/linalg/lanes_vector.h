#pragma once

#include <cstddef>
#include <cstdint>
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "linalg/lanes.h"

// Vectors of doubles as wide as the instruction set that this file is compiled for. Everything is in an anonymous
// namespace: units for different instruction sets include it, and the linker must never merge them.
//
// fma is explicit and contraction is off in these units: every copy of a kernel then fuses the same operations, and a
// lane's result does not depend on which copy its neighbours need.
namespace denseam::linalg::lanes {
namespace {

#if defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#define DENSEAM_LANES_AVX512
constexpr std::size_t kWidth = 8;
#elif defined(__AVX2__) && defined(__FMA__)
#define DENSEAM_LANES_AVX2
constexpr std::size_t kWidth = 4;
#else
constexpr std::size_t kWidth = 2;
#endif

// The distance between rows in an array of lanes; row indices may be negative.
constexpr auto kStride = static_cast<std::int64_t>(kLanes);

#define DENSEAM_LANES_INLINE inline __attribute__((always_inline))

typedef double Vector __attribute__((vector_size(kWidth * sizeof(double))));
typedef std::int64_t Integers __attribute__((vector_size(kWidth * sizeof(double))));

// Vectors in memory of unknown alignment.
typedef double VectorInMemory __attribute__((vector_size(kWidth * sizeof(double)), aligned(sizeof(double)), may_alias));
typedef std::int64_t IntegersInMemory
    __attribute__((vector_size(kWidth * sizeof(double)), aligned(sizeof(double)), may_alias));
typedef float FloatsInMemory __attribute__((vector_size(kWidth * sizeof(float)), aligned(sizeof(float)), may_alias));

DENSEAM_LANES_INLINE Vector load(const double* from) { return *reinterpret_cast<const VectorInMemory*>(from); }
DENSEAM_LANES_INLINE Vector load(const float* from) {
  return __builtin_convertvector(*reinterpret_cast<const FloatsInMemory*>(from), Vector);
}
DENSEAM_LANES_INLINE Integers load(const std::int64_t* from) {
  return *reinterpret_cast<const IntegersInMemory*>(from);
}
DENSEAM_LANES_INLINE void store(double* to, Vector x) { *reinterpret_cast<VectorInMemory*>(to) = x; }
DENSEAM_LANES_INLINE void store(std::int64_t* to, Integers x) { *reinterpret_cast<IntegersInMemory*>(to) = x; }

DENSEAM_LANES_INLINE Vector broadcast(double x) { return Vector{} + x; }
DENSEAM_LANES_INLINE Integers integers(std::int64_t x) { return Integers{} + x; }

// Gathers one number for each lane: row rows[lane] of an array of lanes.
DENSEAM_LANES_INLINE Vector gather(const double* from, const std::int64_t* rows) {
  const auto at = [&](std::size_t lane) { return from[rows[lane] * kStride + static_cast<std::int64_t>(lane)]; };
#if defined(DENSEAM_LANES_AVX512)
  return Vector{at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)};
#elif defined(DENSEAM_LANES_AVX2)
  return Vector{at(0), at(1), at(2), at(3)};
#else
  return Vector{at(0), at(1)};
#endif
}

// The sum of the lanes, by halves.
DENSEAM_LANES_INLINE double sumOf(Vector x) {
#if defined(DENSEAM_LANES_AVX512)
  const auto half = __builtin_shufflevector(x, x, 0, 1, 2, 3) + __builtin_shufflevector(x, x, 4, 5, 6, 7);
  return (half[0] + half[2]) + (half[1] + half[3]);
#elif defined(DENSEAM_LANES_AVX2)
  return (x[0] + x[2]) + (x[1] + x[3]);
#else
  return x[0] + x[1];
#endif
}

DENSEAM_LANES_INLINE Vector abs(Vector x) {
  return __builtin_bit_cast(Vector, __builtin_bit_cast(Integers, x) & INT64_MAX);
}
// |x| with the sign of y.
DENSEAM_LANES_INLINE Vector copySign(Vector x, Vector y) {
  const Integers sign = __builtin_bit_cast(Integers, y) & INT64_MIN;
  return __builtin_bit_cast(Vector, __builtin_bit_cast(Integers, abs(x)) | sign);
}

#if defined(DENSEAM_LANES_AVX512)

typedef __mmask8 Mask;
DENSEAM_LANES_INLINE Vector fma(Vector a, Vector b, Vector c) { return _mm512_fmadd_pd(a, b, c); }
DENSEAM_LANES_INLINE Vector fnma(Vector a, Vector b, Vector c) { return _mm512_fnmadd_pd(a, b, c); }
// The masked form: the plain one makes GCC 12 warn falsely of a value that is not initialized (GCC bug 105593).
DENSEAM_LANES_INLINE Vector sqrt(Vector x) { return _mm512_maskz_sqrt_pd(0xFF, x); }
DENSEAM_LANES_INLINE Mask less(Vector a, Vector b) { return _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ); }
DENSEAM_LANES_INLINE Mask notGreater(Vector a, Vector b) { return _mm512_cmp_pd_mask(a, b, _CMP_LE_OQ); }
DENSEAM_LANES_INLINE Mask equal(Integers a, Integers b) {
  return _mm512_cmpeq_epi64_mask(__builtin_bit_cast(__m512i, a), __builtin_bit_cast(__m512i, b));
}
DENSEAM_LANES_INLINE Mask less(Integers a, Integers b) {
  return _mm512_cmplt_epi64_mask(__builtin_bit_cast(__m512i, a), __builtin_bit_cast(__m512i, b));
}
DENSEAM_LANES_INLINE Mask both(Mask a, Mask b) { return static_cast<Mask>(a & b); }
DENSEAM_LANES_INLINE Vector select(Mask mask, Vector a, Vector b) { return _mm512_mask_blend_pd(mask, b, a); }
DENSEAM_LANES_INLINE Integers setBits(Integers x, Mask mask, Integers bits) {
  const __m512i before = __builtin_bit_cast(__m512i, x);
  return __builtin_bit_cast(Integers, _mm512_mask_or_epi64(before, mask, before, __builtin_bit_cast(__m512i, bits)));
}
DENSEAM_LANES_INLINE unsigned bitsOf(Mask mask) { return mask; }

#else

typedef Integers Mask;
#if defined(DENSEAM_LANES_AVX2)
DENSEAM_LANES_INLINE Vector fma(Vector a, Vector b, Vector c) { return _mm256_fmadd_pd(a, b, c); }
DENSEAM_LANES_INLINE Vector fnma(Vector a, Vector b, Vector c) { return _mm256_fnmadd_pd(a, b, c); }
DENSEAM_LANES_INLINE Vector sqrt(Vector x) { return _mm256_sqrt_pd(x); }
DENSEAM_LANES_INLINE unsigned bitsOf(Mask mask) {
  return static_cast<unsigned>(_mm256_movemask_pd(__builtin_bit_cast(Vector, mask)));
}
#else
#if defined(__aarch64__)
DENSEAM_LANES_INLINE Vector fma(Vector a, Vector b, Vector c) { return vfmaq_f64(c, a, b); }
DENSEAM_LANES_INLINE Vector fnma(Vector a, Vector b, Vector c) { return vfmsq_f64(c, a, b); }
#else
DENSEAM_LANES_INLINE Vector fma(Vector a, Vector b, Vector c) { return a * b + c; }
DENSEAM_LANES_INLINE Vector fnma(Vector a, Vector b, Vector c) { return c - a * b; }
#endif
#if defined(__x86_64__)
DENSEAM_LANES_INLINE Vector sqrt(Vector x) { return _mm_sqrt_pd(x); }
DENSEAM_LANES_INLINE unsigned bitsOf(Mask mask) {
  return static_cast<unsigned>(_mm_movemask_pd(__builtin_bit_cast(Vector, mask)));
}
#else
DENSEAM_LANES_INLINE Vector sqrt(Vector x) { return Vector{__builtin_sqrt(x[0]), __builtin_sqrt(x[1])}; }
DENSEAM_LANES_INLINE unsigned bitsOf(Mask mask) { return (mask[0] ? 1U : 0U) | (mask[1] ? 2U : 0U); }
#endif
#endif
DENSEAM_LANES_INLINE Mask less(Vector a, Vector b) { return a < b; }
DENSEAM_LANES_INLINE Mask notGreater(Vector a, Vector b) { return a <= b; }
DENSEAM_LANES_INLINE Mask equal(Integers a, Integers b) { return a == b; }
DENSEAM_LANES_INLINE Mask less(Integers a, Integers b) { return a < b; }
DENSEAM_LANES_INLINE Mask both(Mask a, Mask b) { return a & b; }
DENSEAM_LANES_INLINE Vector select(Mask mask, Vector a, Vector b) { return mask ? a : b; }
DENSEAM_LANES_INLINE Integers setBits(Integers x, Mask mask, Integers bits) { return x | (mask & bits); }

#endif

DENSEAM_LANES_INLINE Vector greatest(Vector a, Vector b) { return select(less(a, b), b, a); }

// The power of two at or below each x, at least the smallest normal number: products and quotients are exact.
DENSEAM_LANES_INLINE Vector powerOfTwo(Vector x) {
  const Vector power = __builtin_bit_cast(Vector, __builtin_bit_cast(Integers, x) & (INT64_C(0x7FF) << 52));
  return greatest(broadcast(0x1p-1022), power);
}

}  // namespace
}  // namespace denseam::linalg::lanes
