#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>

#include "euclidean/products.h"

// The products of one instruction set: each unit that includes this file is compiled for its own set, with products and
// sums fused where it can. A tile of results stays in registers while its sums run.
namespace denseam::euclidean {
namespace {

#if defined(__AVX512F__)
constexpr std::size_t kBytes = 64, kRegisters = 32;
#elif defined(__AVX2__)
constexpr std::size_t kBytes = 32, kRegisters = 16;
#elif defined(__aarch64__)
constexpr std::size_t kBytes = 16, kRegisters = 32;
#else
constexpr std::size_t kBytes = 16, kRegisters = 16;
#endif

template <typename T>
struct Simd {
  typedef T Vector __attribute__((vector_size(kBytes)));
  typedef T InMemory __attribute__((vector_size(kBytes), aligned(sizeof(T)), may_alias));
  static constexpr std::size_t kLanes = kBytes / sizeof(T);

  static inline __attribute__((always_inline)) Vector load(const T* from) {
    return *reinterpret_cast<const InMemory*>(from);
  }
  static inline __attribute__((always_inline)) void store(T* to, Vector x) { *reinterpret_cast<InMemory*>(to) = x; }

  // The square of the rows <- its transpose: first inside parts of 16 bytes, then part by part. Shuffles of these kinds
  // are the fast ones.
  static inline __attribute__((always_inline)) void transpose(Vector (&rows)[kLanes]) {
    interleave<1>(rows);
    if constexpr (kPart == 4) {
      interleave<2>(rows);
#pragma GCC unroll 4
      for (std::size_t k = 0; k < kLanes; k += kPart) std::swap(rows[k + 1], rows[k + 2]);
    }
    exchangeParts(rows);
  }

 private:
  static constexpr std::size_t kPart = 16 / sizeof(T), kParts = kLanes / kPart;

  // Of rows Step apart, the first halves of every part and the second ones, in turn by Step numbers.
  template <std::size_t Step>
  static inline __attribute__((always_inline)) void interleave(Vector (&rows)[kLanes]) {
#pragma GCC unroll 16
    for (std::size_t row = 0; row < kLanes; ++row) {
      if (row & Step) continue;
      const Vector a = rows[row], b = rows[row + Step];
      rows[row] = shuffled(a, b, std::make_index_sequence<kLanes>(), [](std::size_t lane) { return half<Step>(lane); });
      rows[row + Step] = shuffled(a, b, std::make_index_sequence<kLanes>(),
                                  [](std::size_t lane) { return kPart / 2 + half<Step>(lane); });
    }
  }
  template <std::size_t Step>
  static constexpr std::size_t half(std::size_t lane) {
    const std::size_t inPart = lane % kPart, step = inPart / Step;
    return lane - inPart + step / 2 * Step + inPart % Step + (step % 2) * kLanes;
  }

  // Transposes the square of parts that rows k, kPart + k, ... are.
  static inline __attribute__((always_inline)) void exchangeParts(Vector (&rows)[kLanes]) {
#pragma GCC unroll 4
    for (std::size_t k = 0; k < kPart; ++k) {
      if constexpr (kParts == 2) {
        const Vector a = rows[k], b = rows[kPart + k];
        rows[k] = everyOther<0>(a, b);
        rows[kPart + k] = everyOther<1>(a, b);
      }
      if constexpr (kParts == 4) {
        const Vector a = rows[k], b = rows[kPart + k], c = rows[2 * kPart + k], d = rows[3 * kPart + k];
        const Vector even = everyOther<0>(a, b), odd = everyOther<1>(a, b);
        const Vector evenLast = everyOther<0>(c, d), oddLast = everyOther<1>(c, d);
        rows[k] = everyOther<0>(even, evenLast);
        rows[kPart + k] = everyOther<0>(odd, oddLast);
        rows[2 * kPart + k] = everyOther<1>(even, evenLast);
        rows[3 * kPart + k] = everyOther<1>(odd, oddLast);
      }
    }
  }
  // Every other part of a and b together.
  template <std::size_t First>
  static inline __attribute__((always_inline)) Vector everyOther(Vector a, Vector b) {
    return shuffled(a, b, std::make_index_sequence<kLanes>(),
                    [](std::size_t lane) { return (2 * (lane / kPart) + First) * kPart + lane % kPart; });
  }

  // Lane k is number source(k) of a and b together.
  template <std::size_t... Lanes, typename Source>
  static inline __attribute__((always_inline)) Vector shuffled(Vector a, Vector b, std::index_sequence<Lanes...>,
                                                               Source) {
    return __builtin_shufflevector(a, b, static_cast<int>(Source{}(Lanes))...);
  }
};

// Vectors of queries in the widest tile, and the rows of a tile of so many: its sums, the queries and one number of a
// row fill the registers. More rows would be more streams than the processor fetches ahead.
constexpr std::size_t kMostVectors = kRegisters == 32 ? 4 : 2;
constexpr std::size_t rowsOf(std::size_t vectors) {
  return std::min<std::size_t>(12, (kRegisters - 1 - vectors) / vectors);
}

// Columns of a run: its packed queries stay in the nearest cache, and rounding errors that all have one sign do not
// grow with the width, but with the length of a run and the number of runs.
constexpr std::size_t kColumns = 128;

template <typename T>
constexpr std::size_t kLine = 64 / sizeof(T);

// Asks for a cache line of each of the next Rows rows. What lies behind the last row is asked for as well, and not
// read.
template <std::size_t Rows, typename T>
inline __attribute__((always_inline)) void prefetch(const T* rows, std::size_t width) {
#pragma GCC unroll 16
  for (std::size_t i = 0; i < Rows; ++i) __builtin_prefetch(rows + i * width);
}

// out[i * stride + v * lanes ...] <- the sums over these columns, of Rows rows and Vectors vectors of queries; added to
// what is there where they continue it.
template <std::size_t Rows, std::size_t Vectors, typename T>
inline __attribute__((always_inline)) void scoreTile(std::size_t columns, const T* rows, std::size_t width,
                                                     const T* packed, std::size_t next, bool continues, T* out,
                                                     std::size_t stride) {
  using S = Simd<T>;
  typename S::Vector sums[Rows][Vectors] = {};
  for (std::size_t j = 0; j < columns; ++j) {
    if (j % kLine<T> == 0) prefetch<Rows>(rows + Rows * width + j, width);
    typename S::Vector q[Vectors];
#pragma GCC unroll 8
    for (std::size_t v = 0; v < Vectors; ++v) q[v] = S::load(packed + v * next + j * S::kLanes);
#pragma GCC unroll 32
    for (std::size_t i = 0; i < Rows; ++i) {
      const T x = rows[i * width + j];
#pragma GCC unroll 8
      for (std::size_t v = 0; v < Vectors; ++v) sums[i][v] += q[v] * x;
    }
  }
#pragma GCC unroll 32
  for (std::size_t i = 0; i < Rows; ++i) {
#pragma GCC unroll 8
    for (std::size_t v = 0; v < Vectors; ++v) {
      T* place = out + i * stride + v * S::kLanes;
      S::store(place, continues ? S::load(place) + sums[i][v] : sums[i][v]);
    }
  }
}

// All rows, for one run of columns and Vectors vectors of queries.
template <std::size_t Vectors, typename T>
void scoreVectors(std::size_t count, std::size_t columns, const T* rows, std::size_t width, const T* packed,
                  std::size_t next, bool continues, T* out, std::size_t stride) {
  constexpr std::size_t kRows = rowsOf(Vectors);
  std::size_t i = 0;
  for (; i + kRows <= count; i += kRows) {
    scoreTile<kRows, Vectors>(columns, rows + i * width, width, packed, next, continues, out + i * stride, stride);
  }
  for (; i < count; ++i) {
    scoreTile<1, Vectors>(columns, rows + i * width, width, packed, next, continues, out + i * stride, stride);
  }
}

// scores[q * count + i] <- work[i * stride + q].
template <typename T>
void transpose(std::size_t count, std::size_t queries, const T* work, std::size_t stride, T* scores) {
  using S = Simd<T>;
  std::size_t i = 0;
  for (; i + S::kLanes <= count; i += S::kLanes) {
    for (std::size_t q = 0; q < queries; q += S::kLanes) {
      typename S::Vector block[S::kLanes];
      for (std::size_t k = 0; k < S::kLanes; ++k) block[k] = S::load(work + (i + k) * stride + q);
      S::transpose(block);
      const std::size_t end = std::min(S::kLanes, queries - q);
      for (std::size_t k = 0; k < end; ++k) S::store(scores + (q + k) * count + i, block[k]);
    }
  }
  for (; i < count; ++i) {
    for (std::size_t q = 0; q < queries; ++q) scores[q * count + i] = work[i * stride + q];
  }
}

// The scores of rows in lanes with up to kFewQueries queries, to which one query a lane would leave most lanes idle:
// the same sums.
constexpr std::size_t kFewQueries = 4;

// Adds the columns from j on, a square of them, to the sums of as many rows.
template <std::size_t Queries, typename T>
inline __attribute__((always_inline)) void addSquare(const T* rows, std::size_t width, const T* packed,
                                                     typename Simd<T>::Vector (&sums)[Queries]) {
  using S = Simd<T>;
  typename S::Vector block[S::kLanes];
#pragma GCC unroll 16
  for (std::size_t k = 0; k < S::kLanes; ++k) block[k] = S::load(rows + k * width);
  S::transpose(block);
#pragma GCC unroll 16
  for (std::size_t k = 0; k < S::kLanes; ++k) {
#pragma GCC unroll 4
    for (std::size_t q = 0; q < Queries; ++q) sums[q] += block[k] * packed[k * S::kLanes + q];
  }
}

template <std::size_t Queries, typename T>
void scoreFew(std::size_t count, std::size_t width, const T* rows, const T* packed, T* work, T* scores) {
  using S = Simd<T>;
  std::size_t i = 0;
  for (; i < count && count >= S::kLanes; i += S::kLanes) {
    // The last rows come with some before them, again.
    i = std::min(i, count - S::kLanes);
    const T* next = rows + (i + S::kLanes) * width;
    typename S::Vector totals[Queries] = {};
    for (std::size_t begin = 0; begin < width; begin += kColumns) {
      const std::size_t end = std::min(width, begin + kColumns);
      typename S::Vector sums[Queries] = {};
      std::size_t j = begin;
      for (; j + S::kLanes <= end; j += S::kLanes) {
        // The rows after these ones come from memory one after the other, and wait in the second cache.
#pragma GCC unroll 16
        for (std::size_t k = 0; k < S::kLanes; ++k) __builtin_prefetch(next + j * S::kLanes + k * kLine<T>, 0, 2);
        addSquare<Queries>(rows + i * width + j, width, packed + j * S::kLanes, sums);
      }
      for (; j < end; ++j) {
        typename S::Vector column;
        for (std::size_t k = 0; k < S::kLanes; ++k) column[k] = rows[(i + k) * width + j];
        for (std::size_t q = 0; q < Queries; ++q) sums[q] += column * packed[j * S::kLanes + q];
      }
      for (std::size_t q = 0; q < Queries; ++q) totals[q] = begin > 0 ? totals[q] + sums[q] : sums[q];
    }
    for (std::size_t q = 0; q < Queries; ++q) S::store(scores + q * count + i, totals[q]);
  }
  for (; i < count; ++i) {
    for (std::size_t begin = 0; begin < width; begin += kColumns) {
      scoreTile<1, 1>(std::min(kColumns, width - begin), rows + i * width + begin, width, packed + begin * S::kLanes,
                      width * S::kLanes, begin > 0, work, S::kLanes);
    }
    for (std::size_t q = 0; q < Queries; ++q) scores[q * count + i] = work[q];
  }
}

template <typename T>
void scoresOf(std::size_t count, std::size_t width, const T* rows, std::size_t queries, const T* packed, T* work,
              T* scores) {
  constexpr std::size_t kLanes = Simd<T>::kLanes;
  if (queries == 1) return scoreFew<1>(count, width, rows, packed, work, scores);
  if constexpr (kLanes > kFewQueries) {
    if (queries == 2) return scoreFew<2>(count, width, rows, packed, work, scores);
    if (queries == 3) return scoreFew<3>(count, width, rows, packed, work, scores);
    if (queries == 4) return scoreFew<4>(count, width, rows, packed, work, scores);
  }
  const std::size_t stride = paddedQueries(queries, kLanes), vectors = stride / kLanes, next = width * kLanes;
  for (std::size_t begin = 0; begin < width; begin += kColumns) {
    const std::size_t columns = std::min(kColumns, width - begin);
    const auto score = [&]<std::size_t Vectors>(std::size_t v) {
      scoreVectors<Vectors>(count, columns, rows + begin, width, packed + v * next + begin * kLanes, next, begin > 0,
                            work + v * kLanes, stride);
    };
    std::size_t v = 0;
    for (; v + kMostVectors <= vectors; v += kMostVectors) score.template operator()<kMostVectors>(v);
    if constexpr (kMostVectors > 2) {
      if (vectors - v == 3) score.template operator()<3>(v);
      if (vectors - v == 2) score.template operator()<2>(v);
    }
    if (vectors - v == 1) score.template operator()<1>(v);
  }
  transpose(count, queries, work, stride, scores);
}

// Columns j to j + Vectors vectors of Results results.
template <std::size_t Results, std::size_t Vectors, typename T>
inline __attribute__((always_inline)) void sumTile(std::size_t count, const T* rows, std::size_t width,
                                                   const T* const* weights, T* const* sums, std::size_t j) {
  using S = Simd<T>;
  typename S::Vector totals[Results][Vectors];
#pragma GCC unroll 8
  for (std::size_t r = 0; r < Results; ++r) {
#pragma GCC unroll 8
    for (std::size_t v = 0; v < Vectors; ++v) totals[r][v] = S::load(sums[r] + j + v * S::kLanes);
  }
  for (std::size_t i = 0; i < count; ++i) {
    typename S::Vector x[Vectors];
#pragma GCC unroll 8
    for (std::size_t v = 0; v < Vectors; ++v) x[v] = S::load(rows + i * width + j + v * S::kLanes);
#pragma GCC unroll 8
    for (std::size_t r = 0; r < Results; ++r) {
      const T weight = weights[r][i];
#pragma GCC unroll 8
      for (std::size_t v = 0; v < Vectors; ++v) totals[r][v] += x[v] * weight;
    }
  }
#pragma GCC unroll 8
  for (std::size_t r = 0; r < Results; ++r) {
#pragma GCC unroll 8
    for (std::size_t v = 0; v < Vectors; ++v) S::store(sums[r] + j + v * S::kLanes, totals[r][v]);
  }
}

template <std::size_t Results, typename T>
void sumResults(std::size_t count, std::size_t width, const T* rows, const T* const* weights, T* const* sums) {
  constexpr std::size_t kLanes = Simd<T>::kLanes;
  constexpr std::size_t kVectors = Results == 1 ? (kRegisters == 32 ? 8 : 4) : kMostVectors;
  std::size_t j = 0;
  for (; j + kVectors * kLanes <= width; j += kVectors * kLanes) {
    sumTile<Results, kVectors>(count, rows, width, weights, sums, j);
  }
  for (; j + kLanes <= width; j += kLanes) sumTile<Results, 1>(count, rows, width, weights, sums, j);
  for (; j < width; ++j) {
    for (std::size_t r = 0; r < Results; ++r) {
      T total = sums[r][j];
      for (std::size_t i = 0; i < count; ++i) total += rows[i * width + j] * weights[r][i];
      sums[r][j] = total;
    }
  }
}

template <typename T>
void addRowsOf(std::size_t count, std::size_t width, const T* rows, std::size_t results, const T* const* weights,
               T* const* sums) {
  constexpr std::size_t kResults = 6;
  std::size_t r = 0;
  for (; r + kResults <= results; r += kResults) sumResults<kResults>(count, width, rows, weights + r, sums + r);
  for (; r + 2 <= results; r += 2) sumResults<2>(count, width, rows, weights + r, sums + r);
  if (r < results) sumResults<1>(count, width, rows, weights + r, sums + r);
}

template <typename T>
constexpr ProductKernels<T> kKernels = {Simd<T>::kLanes, scoresOf<T>, addRowsOf<T>};

}  // namespace
}  // namespace denseam::euclidean
