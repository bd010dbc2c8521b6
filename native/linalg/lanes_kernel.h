#pragma once

#include "linalg/lanes_band.h"
#include "linalg/lanes_chase.h"
#include "linalg/lanes_pack.h"
#include "linalg/lanes_products.h"
#include "linalg/lanes_values.h"
#include "linalg/lanes_vectors.h"

// The kernels of one instruction set: each unit that includes this file is compiled for its own set.
namespace denseam::linalg::lanes {
namespace {

// A matrix is scaled only where squares of its entries would overflow or lose digits that matter.
constexpr double kSafe = 0x1p100;

// a <- a scaled, where necessary, by a power of two for each lane. Returns the inverse scale.
Vector scale(std::size_t n, double* a) {
  Vector largest{};
  const std::size_t end = packedSize(n);
  for (std::size_t k = 0; k < end; k += kLanes) largest = greatest(largest, abs(load(a + k)));
  const Mask safe = both(less(broadcast(1 / kSafe), largest), less(largest, broadcast(kSafe)));
  const Mask zero = notGreater(largest, Vector{});
  const Vector one = broadcast(1), power = select(safe, one, select(zero, one, powerOfTwo(largest)));
  if (bitsOf(less(power, one)) | bitsOf(less(one, power))) {
    const Vector factor = 1.0 / power;
    for (std::size_t k = 0; k < end; k += kLanes) store(a + k, factor * load(a + k));
  }
  return power;
}

// Where the pieces of `work` begin; the two arrays of T are readable one row before and two rows after.
struct Pieces {
  explicit Pieces(std::size_t n, double* work)
      : t{work + kLanes, work + (n + 4) * kLanes}, inverse(t.e + (n + 2) * kLanes), product(inverse + n * kLanes) {
    clearAround(n, t.d);
    clearAround(n, t.e);
  }
  static void clearAround(std::size_t n, double* array) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      array[lane - kLanes] = array[n * kLanes + lane] = array[(n + 1) * kLanes + lane] = 0;
    }
  }

  Tridiagonal t;
  double* inverse;
  double* product;
};

// Which lanes are not finite, and the factors that undo the scaling of the finite ones.
struct Normalisation {
  unsigned failed;
  Vector power;
};

// t <- t scaled so that its greatest entry is about kNorm.
Normalisation normalise(std::size_t n, double* d, double* e) {
  Vector largest{}, sum{};
  for (std::size_t i = 0; i < n * kLanes; i += kLanes) {
    const Vector diagonal = abs(load(d + i)), off = abs(load(e + i));
    largest = greatest(largest, greatest(diagonal, off));
    sum += diagonal + off;
  }
  const Vector power = select(notGreater(largest, Vector{}), broadcast(kNorm), powerOfTwo(largest)) * (1 / kNorm);
  const Vector factor = 1.0 / power;
  for (std::size_t i = 0; i < n * kLanes; i += kLanes) {
    store(d + i, factor * load(d + i));
    store(e + i, factor * load(e + i));
  }
  const unsigned all = (1U << kWidth) - 1;
  return {all & ~bitsOf(less(sum, broadcast(__builtin_inf()))), power};
}

DENSEAM_LANES_INLINE void swap(Mask mask, double* x, double* y) {
  const Vector a = load(x), b = load(y);
  store(x, select(mask, b, a));
  store(y, select(mask, a, b));
}

// QL finds the eigenvalues at the beginning first, fastest when they are the small ones: lanes whose diagonal begins
// with the larger end are reversed. Returns those lanes.
Mask turn(std::size_t n, double* d, double* e) {
  const Mask turned = less(abs(load(d + (n - 1) * kLanes)), abs(load(d)));
  for (std::size_t i = 0; i < n / 2; ++i) swap(turned, d + i * kLanes, d + (n - 1 - i) * kLanes);
  for (std::size_t i = 0; i < (n - 1) / 2; ++i) swap(turned, e + i * kLanes, e + (n - 2 - i) * kLanes);
  return turned;
}

// The factors that undo the scaling of A and of T, for all parts of a group (their product may underflow), and the
// lanes that are not finite.
struct Scales {
  Vector ofMatrix[kLanes / kWidth], ofT[kLanes / kWidth];
  unsigned failed = 0;
};

// Scales and reverses T of one part for QL. Returns the reversed lanes.
Mask prepare(std::size_t n, double* d, double* e, std::size_t part, Scales& scales) {
  store(e + (n - 1) * kLanes, Vector{});
  const Normalisation normalisation = normalise(n, d, e);
  scales.ofT[part / kWidth] = normalisation.power;
  scales.failed |= normalisation.failed << part;
  return turn(n, d, e);
}

// T of one part of the group, ready for QL. Returns the reversed lanes.
Mask reduce(std::size_t n, double* a, const Pieces& pieces, std::size_t part, Scales& scales) {
  double* const d = pieces.t.d + part;
  double* const e = pieces.t.e + part;
  scales.ofMatrix[part / kWidth] = scale(n, a);
  tridiagonalize(n, a, d, e, pieces.inverse + part, pieces.product + part);
  return prepare(n, d, e, part, scales);
}

// values <- d with its scaling undone, NaN in the lanes that failed.
void finishValues(std::size_t n, const double* d, const Scales& scales, unsigned failed, double* values) {
  for (std::size_t i = 0; i < n * kLanes; i += kLanes) {
    for (std::size_t part = 0; part < kLanes; part += kWidth) {
      const std::size_t index = part / kWidth;
      store(values + i + part, load(d + i + part) * scales.ofT[index] * scales.ofMatrix[index]);
    }
  }
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    if (!(failed >> lane & 1)) continue;
    for (std::size_t i = 0; i < n; ++i) values[i * kLanes + lane] = __builtin_nan("");
  }
}

void square(std::size_t n, double* e) {
  for (std::size_t i = 0; i < n * kLanes; i += kWidth) {
    const Vector entry = load(e + i);
    store(e + i, entry * entry);
  }
}

// T of a group, with squared off-diagonal entries.
void reduceForValues(std::size_t n, double* a, const Pieces& pieces, Scales& scales) {
  for (std::size_t part = 0; part < kLanes; part += kWidth) reduce(n, a + part, pieces, part, scales);
  square(n, pieces.t.e);
}

DENSEAM_LANES_INLINE Tridiagonal partOf(const Tridiagonal& t, std::size_t lane) { return {t.d + lane, t.e + lane}; }

// QL on one group: on narrow vectors its two parts take turns.
unsigned valuesOfGroup(std::size_t n, const Tridiagonal& t, unsigned failed) {
  if constexpr (kWidth == kLanes) return valuesOf<1>(n, {t}, failed);
  for (std::size_t lane = 0; lane < kLanes; lane += 2 * kWidth) {
    failed |= valuesOf<2>(n, {partOf(t, lane), partOf(t, lane + kWidth)}, failed >> lane) << lane;
  }
  return failed;
}

unsigned eigenvaluesOf(std::size_t n, double* a, double* values, double* work) {
  const Pieces pieces(n, work);
  Scales scales;
  reduceForValues(n, a, pieces, scales);
  const unsigned failed = valuesOfGroup(n, pieces.t, scales.failed);
  finishValues(n, pieces.t.d, scales, failed, values);
  return failed;
}

unsigned tridiagonalValuesOf(std::size_t n, const double* diagonal, const double* offDiagonal, double* values,
                             double* work) {
  const Pieces pieces(n, work);
  Scales scales;
  for (std::size_t i = 0; i < n * kLanes; i += kWidth) {
    store(pieces.t.d + i, load(diagonal + i));
    if (i < (n - 1) * kLanes) store(pieces.t.e + i, load(offDiagonal + i));
  }
  for (std::size_t part = 0; part < kLanes; part += kWidth) {
    scales.ofMatrix[part / kWidth] = broadcast(1);
    prepare(n, pieces.t.d + part, pieces.t.e + part, part, scales);
  }
  square(n, pieces.t.e);
  const unsigned failed = valuesOfGroup(n, pieces.t, scales.failed);
  finishValues(n, pieces.t.d, scales, failed, values);
  return failed;
}

// On wide vectors the two groups take turns.
unsigned valuesOfTwoGroups(std::size_t n, double* a, double* values, double* work) {
  double* const otherA = a + packedSize(n);
  double* const otherValues = values + n * kLanes;
  double* const otherWork = work + workSize(n);
  if constexpr (kWidth < kLanes) {
    const unsigned failed = eigenvaluesOf(n, a, values, work);
    return failed | eigenvaluesOf(n, otherA, otherValues, otherWork) << kLanes;
  }
  const Pieces pieces(n, work), others(n, otherWork);
  Scales scales, otherScales;
  reduceForValues(n, a, pieces, scales);
  reduceForValues(n, otherA, others, otherScales);
  const unsigned failed = valuesOf<2>(n, {pieces.t, others.t}, scales.failed | otherScales.failed << kLanes);
  finishValues(n, pieces.t.d, scales, failed, values);
  finishValues(n, others.t.d, otherScales, failed >> kLanes, otherValues);
  return failed;
}

unsigned vectorsOfGroup(std::size_t n, const Tridiagonal& t, const Rotations& rotations, double* vectors,
                        unsigned failed) {
  if constexpr (kWidth == kLanes) return vectorsOf<1>(n, {t}, rotations, vectors, failed);
  for (std::size_t lane = 0; lane < kLanes; lane += 2 * kWidth) {
    failed |= vectorsOf<2>(n, {partOf(t, lane), partOf(t, lane + kWidth)}, partOf(rotations, lane), vectors + lane,
                           failed >> lane)
              << lane;
  }
  return failed;
}

unsigned eigenvectorsOf(std::size_t n, double* a, double* values, double* vectors, double* work) {
  const Pieces pieces(n, work);
  Scales scales;
  for (std::size_t part = 0; part < kLanes; part += kWidth) {
    const Mask turned = reduce(n, a + part, pieces, part, scales);
    formOrthogonal(n, a + part, pieces.inverse + part, vectors + part);
    for (std::size_t k = 0; k < n / 2; ++k) {
      double* const column = columnOf(vectors, n, k) + part;
      double* const other = columnOf(vectors, n, n - 1 - k) + part;
      for (std::size_t i = 0; i < n * kLanes; i += kLanes) swap(turned, column + i, other + i);
    }
  }
  const unsigned failed =
      vectorsOfGroup(n, pieces.t, {pieces.product, pieces.product + n * kLanes}, vectors, scales.failed);
  finishValues(n, pieces.t.d, scales, failed, values);
  // A rotation by zero may have made -0 of 0, depending on other lanes.
  for (std::size_t i = 0; i < n * n * kLanes; i += kWidth) store(vectors + i, load(vectors + i) + 0.0);
  return failed;
}

}  // namespace
}  // namespace denseam::linalg::lanes
