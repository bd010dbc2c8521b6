#pragma once

#include "linalg/lanes_tridiagonal.h"
#include "linalg/lanes_values.h"

// Eigenvectors: the orthogonal matrix of the tridiagonalisation, rotated by the implicit QL (LAPACK's dsteqr) as it
// goes.
namespace denseam::linalg::lanes {
namespace {

// Column k of the vectors: `size` numbers of each lane.
DENSEAM_LANES_INLINE double* columnOf(double* vectors, std::size_t n, std::size_t k) {
  return vectors + k * n * kLanes;
}

// Columns k to k + Columns of the leading square of m rows <- (I - inverse v v') times them.
template <std::size_t Columns>
DENSEAM_LANES_INLINE void reflectColumns(std::size_t n, std::size_t m, std::size_t k, const double* v, Vector inverse,
                                         double* vectors) {
  double* column[Columns];
  Vector sum[Columns];
  for (std::size_t c = 0; c < Columns; ++c) {
    column[c] = columnOf(vectors, n, k + c);
    sum[c] = Vector{};
  }
  for (std::size_t i = 0; i < m * kLanes; i += kLanes) {
    const Vector vi = load(v + i);
    for (std::size_t c = 0; c < Columns; ++c) sum[c] = fma(vi, load(column[c] + i), sum[c]);
  }
  for (std::size_t c = 0; c < Columns; ++c) sum[c] = inverse * sum[c];
  for (std::size_t i = 0; i < m * kLanes; i += kLanes) {
    const Vector vi = load(v + i);
    for (std::size_t c = 0; c < Columns; ++c) store(column[c] + i, fnma(vi, sum[c], load(column[c] + i)));
  }
}

// vectors <- the orthogonal matrix of A = Q T Q', from the reflections that tridiagonalize left in a and inverse.
// Reflection i changes only the first i rows and columns of the product so far.
void formOrthogonal(std::size_t n, const double* a, const double* inverse, double* vectors) {
  for (std::size_t k = 0; k < n; ++k) {
    double* column = columnOf(vectors, n, k);
    for (std::size_t i = 0; i < n; ++i) store(column + i * kLanes, broadcast(i == k ? 1.0 : 0.0));
  }
  for (std::size_t i = 2; i < n; ++i) {
    const double* v = rowOf(a, i);
    const Vector scale = load(inverse + i * kLanes);
    std::size_t k = 0;
    for (; k + 4 <= i; k += 4) reflectColumns<4>(n, i, k, v, scale, vectors);
    for (; k < i; ++k) reflectColumns<1>(n, i, k, v, scale, vectors);
  }
}

// A sweep of implicit QL as it passes up the rows.
struct RotationSweep {
  Integers first, last, negligible;
  Vector sigma;  // the shift
  Vector x;      // entry of the diagonal less the shift
  Vector g, p, cosine, sine;
  Vector before;  // the entry of the diagonal below the one written next
};

// The rotations of a sweep, that of row i at i * kLanes. They are kept until the sweep is over, so that a few rows of
// the vectors at a time go through all of them without leaving the registers.
struct Rotations {
  double* cosines;
  double* sines;
};

DENSEAM_LANES_INLINE Rotations partOf(const Rotations& rotations, std::size_t lane) {
  return {rotations.cosines + lane, rotations.sines + lane};
}

// Rows i to i + Rows of columns bottom to top <- their product with the rotations.
template <std::size_t Rows>
DENSEAM_LANES_INLINE void rotateRows(std::size_t n, std::size_t i, std::size_t bottom, std::size_t top,
                                     const Rotations& rotations, double* vectors) {
  double* column = columnOf(vectors, n, top) + i * kLanes;
  Vector carried[Rows];
  for (std::size_t r = 0; r < Rows; ++r) carried[r] = load(column + r * kLanes);
  for (std::size_t k = top; k-- > bottom;) {
    const Vector c = load(rotations.cosines + k * kLanes), s = load(rotations.sines + k * kLanes);
    double* next = column - n * kLanes;
    for (std::size_t r = 0; r < Rows; ++r) {
      const Vector x = load(next + r * kLanes), y = carried[r];
      store(column + r * kLanes, fma(s, x, c * y));
      carried[r] = fnma(s, y, c * x);
    }
    column = next;
  }
  for (std::size_t r = 0; r < Rows; ++r) store(column + r * kLanes, carried[r]);
}

// Columns x and y of n numbers <- c x - s y, s x + c y.
DENSEAM_LANES_INLINE void rotateColumns(std::size_t n, double* x, double* y, Vector c, Vector s) {
  for (std::size_t i = 0; i < n * kLanes; i += kLanes) {
    const Vector xi = load(x + i), yi = load(y + i);
    store(x + i, fnma(s, yi, c * xi));
    store(y + i, fma(s, xi, c * yi));
  }
}

// From this size on columns are rotated one after the other: columns of 64 rows lie 4096 bytes apart, where the lines
// of a row would evict each other from the cache.
constexpr std::size_t kByColumns = 56;

// The parts of a group lie side by side in each cache line, hence the order of the loops.
template <std::size_t Parts>
void rotateVectors(std::size_t n, std::size_t bottom, std::size_t top, const Rotations& rotations, double* vectors) {
  constexpr std::size_t kEnd = Parts * kWidth, kBlock = 4;
  if (n >= kByColumns) {
    for (std::size_t k = top; k-- > bottom;) {
      for (std::size_t part = 0; part < kEnd; part += kWidth) {
        double* column = columnOf(vectors, n, k) + part;
        const std::size_t at = k * kLanes + part;
        rotateColumns(n, column, column + n * kLanes, load(rotations.cosines + at), load(rotations.sines + at));
      }
    }
    return;
  }
  std::size_t i = 0;
  for (; i + kBlock <= n; i += kBlock) {
    for (std::size_t part = 0; part < kEnd; part += kWidth) {
      rotateRows<kBlock>(n, i, bottom, top, partOf(rotations, part), vectors + part);
    }
  }
  for (; i < n; ++i) {
    for (std::size_t part = 0; part < kEnd; part += kWidth) {
      rotateRows<1>(n, i, bottom, top, partOf(rotations, part), vectors + part);
    }
  }
}

// Below this value f^2 + g^2 may have lost digits to underflow; f and g are then 1e-100 of the matrix.
constexpr double kNoRotation = kNorm * kNorm * 1e-200;

// Restarts the sweep in the lanes whose block ends with this row.
DENSEAM_LANES_INLINE void startBlocks(Integers row, RotationSweep& sweep) {
  const Mask starts = equal(sweep.last, row);
  sweep.g = select(starts, sweep.x, sweep.g);
  sweep.p = select(starts, Vector{}, sweep.p);
  sweep.cosine = select(starts, broadcast(1), sweep.cosine);
  sweep.sine = select(starts, broadcast(1), sweep.sine);
}

// Row i of a sweep, which writes row i + 1 and the rotation of columns i and i + 1; sweepRow is its counterpart.
template <bool kAlike>
DENSEAM_LANES_INLINE void rotateRow(std::int64_t i, RotationSweep& sweep, const Tridiagonal& t,
                                    const Rotations& rotations) {
  const Integers row = integers(i + 1);
  const Vector one = broadcast(1);
  if constexpr (!kAlike) startBlocks(row, sweep);
  double* place = t.d + i * kStride;
  double* off = t.e + i * kStride;
  const Vector d = load(place), e = load(off), below = load(place + kLanes);
  sweep.x = d - sweep.sigma;
  const Vector f = sweep.sine * e, b = sweep.cosine * e;
  const Vector square = fma(f, f, sweep.g * sweep.g);
  const Mask none = less(square, broadcast(kNoRotation));
  const Vector length = select(none, Vector{}, sqrt(square));
  const Vector inverse = 1.0 / select(none, one, length);
  const Vector c = select(none, one, sweep.g * inverse), s = select(none, Vector{}, f * inverse);
  const Vector rest = below - sweep.p;
  const Vector twist = fma(s, d - rest, (c + c) * b);
  const Mask ends = equal(sweep.first, row);
  const Vector p = s * twist;
  const Vector entry = rest + select(ends, Vector{}, p);
  const Vector offEntry = select(ends, sweep.g, length);

  Mask written = less(sweep.first, row + 1);
  if constexpr (!kAlike) written = both(written, less(row, sweep.last + 1));
  const Mask within = both(written, less(row, sweep.last));
  const Mask negligible = both(within, isNegligible(offEntry * offEntry, entry, sweep.before));
  sweep.negligible = setBits(sweep.negligible, negligible, bitOf(i + 1));
  store(place + kLanes, select(written, entry, below));
  store(off + kLanes, select(within, select(negligible, Vector{}, offEntry), load(off + kLanes)));
  sweep.before = entry;
  sweep.g = fma(c, twist, -b);
  sweep.p = p;
  sweep.cosine = c;
  sweep.sine = s;

  const Mask turns = both(written, less(sweep.first, row));
  if (i < 0) return;
  store(rotations.cosines + i * kStride, select(turns, c, one));
  store(rotations.sines + i * kStride, select(turns, s, Vector{}));
}

template <std::size_t Parts, std::size_t Words>
DENSEAM_LANES_INLINE RotationSweep beginRotations(const Blocks<Parts, Words>& blocks, std::size_t part,
                                                  const Tridiagonal& t) {
  RotationSweep sweep;
  const std::int64_t* first = blocks.first + part * kWidth;
  sweep.first = load(first);
  sweep.last = load(blocks.last + part * kWidth);
  const Vector e = gather(t.e, first);
  sweep.sigma = shiftOf(gather(t.d, first), gather(t.d + kLanes, first), e * e);
  sweep.x = sweep.g = load(t.d + blocks.top * kStride) - sweep.sigma;
  sweep.p = sweep.before = Vector{};
  sweep.cosine = sweep.sine = broadcast(1);
  return sweep;
}

template <bool kAlike, std::size_t Parts, std::size_t Words>
void rotateBlocks(Blocks<Parts, Words>& blocks, std::size_t n, const Tridiagonal (&t)[Parts],
                  const Rotations& rotations, double* vectors) {
  RotationSweep sweeps[Parts];
  for (std::size_t part = 0; part < Parts; ++part) sweeps[part] = beginRotations(blocks, part, t[part]);
  forRows(blocks, sweeps, [&](std::int64_t i) {
    for (std::size_t part = 0; part < Parts; ++part) {
      rotateRow<kAlike>(i, sweeps[part], t[part], partOf(rotations, part * kWidth));
    }
  });
  rotateVectors<Parts>(n, static_cast<std::size_t>(blocks.bottom), static_cast<std::size_t>(blocks.top), rotations,
                       vectors);
}

// t.d <- the eigenvalues, vectors <- vectors times the eigenvectors of T; all parts belong to one group. Returns the
// lanes that failed before or did not converge.
template <std::size_t Words, std::size_t Parts>
unsigned vectorsInWords(std::size_t n, const Tridiagonal (&t)[Parts], const Rotations& rotations, double* vectors,
                        unsigned failed) {
  Blocks<Parts, Words> blocks;
  beginBlocks<false>(n, t, failed, blocks);
  for (std::size_t sweeps = 0; findBlocks(n, blocks); ++sweeps) {
    if (sweeps == kMostSweeps * n) return failed | unfinished(blocks);
    blocks.alike ? rotateBlocks<true>(blocks, n, t, rotations, vectors)
                 : rotateBlocks<false>(blocks, n, t, rotations, vectors);
  }
  return failed;
}

template <std::size_t Parts>
unsigned vectorsOf(std::size_t n, const Tridiagonal (&t)[Parts], const Rotations& rotations, double* vectors,
                   unsigned failed) {
  return n <= kWord ? vectorsInWords<1>(n, t, rotations, vectors, failed)
                    : vectorsInWords<kMostRows / kWord>(n, t, rotations, vectors, failed);
}

}  // namespace
}  // namespace denseam::linalg::lanes
