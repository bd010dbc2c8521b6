#pragma once

#include "linalg/lanes_vector.h"

// Eigenvalues of tridiagonal matrices by a square-root-free QL in lockstep: every lane works on its own block and
// writes only there. Several vectors of lanes, the parts, take turns at each row, which hides the latency of a
// division.
namespace denseam::linalg::lanes {
namespace {

// LAPACK's bound on the sweeps for each eigenvalue.
constexpr std::size_t kMostSweeps = 30;

// The greatest entry of the scaled T: products of six entries do not overflow, and underflow costs at most 1e-100 of
// them.
constexpr double kNorm = 0x1p128;

// An off-diagonal entry e between d and d' is negligible where e^2 <= eps^2 |d d'| (LAPACK's dsterf), or where it is
// eps^2 of the matrix, which ends the sweeps where d or d' is zero.
constexpr double kSquaredPrecision = 0x1p-106;
constexpr double kFloor = kNorm * kNorm * 0x1p-208;

DENSEAM_LANES_INLINE Mask isNegligible(Vector squared, Vector d, Vector next) {
  return notGreater(squared, fma(abs(d * next), broadcast(kSquaredPrecision), broadcast(kFloor)));
}

// The rows whose bits a word holds.
constexpr std::size_t kWord = 64;
constexpr auto kWordRows = static_cast<std::int64_t>(kWord);

// The bit of row i in its word.
DENSEAM_LANES_INLINE Integers bitOf(std::int64_t i) {
  return integers(static_cast<std::int64_t>(std::uint64_t{1} << (i & (kWordRows - 1))));
}

// Matrices of one word have code of their own: for the smallest ones the search for blocks takes a good part of the
// time.
template <std::size_t Parts, std::size_t Words>
struct Blocks {
  static constexpr std::size_t kCount = Parts * kWidth;
  // Bit i of a lane: entry i is negligible, so that a block ends there. The bits from n - 1 on are always set.
  alignas(64) std::int64_t negligible[Words][kCount];
  std::size_t words;  // those in use
  // The first block of more than one entry in each lane; n and -1 where none is left.
  alignas(64) std::int64_t first[kCount];
  alignas(64) std::int64_t last[kCount];
  std::int64_t top;     // the last row of any of these blocks
  std::int64_t bottom;  // and the first
  bool alike;           // they all end at the same row
};

struct Range {
  std::int64_t first, last;
};

// The first bit from `begin` on that is set, or clear, in a lane; n or more where none is.
template <bool kSet, typename Blocks>
DENSEAM_LANES_INLINE std::int64_t findBit(const Blocks& blocks, std::size_t lane, std::int64_t begin) {
  auto word = static_cast<std::size_t>(begin) / kWord;
  std::uint64_t from = ~std::uint64_t{0} << (static_cast<std::size_t>(begin) % kWord);
  for (; word < blocks.words; ++word) {
    const auto bits = static_cast<std::uint64_t>(blocks.negligible[word][lane]);
    const std::uint64_t found = (kSet ? bits : ~bits) & from;
    if (found != 0) return static_cast<std::int64_t>(word * kWord) + __builtin_ctzll(found);
    from = ~std::uint64_t{0};
  }
  return static_cast<std::int64_t>(word * kWord);
}

// The first block of a lane; n and -1 where none is left. What was done before stays done.
template <std::size_t Parts, std::size_t Words>
DENSEAM_LANES_INLINE Range findBlock(std::size_t n, const Blocks<Parts, Words>& blocks, std::size_t lane) {
  const auto end = static_cast<std::int64_t>(n);
  if constexpr (Words == 1) {
    const auto bits = static_cast<std::uint64_t>(blocks.negligible[0][lane]);
    const std::uint64_t lowest = ~bits & (bits + 1);
    if (lowest == 0) return {end, -1};
    return {__builtin_ctzll(lowest), __builtin_ctzll(bits & (0 - lowest))};
  }
  const std::int64_t lowest = findBit<false>(blocks, lane, blocks.first[lane]);
  if (lowest >= end) return {end, -1};
  return {lowest, findBit<true>(blocks, lane, lowest)};
}

// Finds the blocks from the bits. Returns false when all lanes are done.
template <std::size_t Parts, std::size_t Words>
DENSEAM_LANES_INLINE bool findBlocks(std::size_t n, Blocks<Parts, Words>& blocks) {
  std::int64_t top = -1, bottom = static_cast<std::int64_t>(n), least = static_cast<std::int64_t>(n);
  for (std::size_t lane = 0; lane < blocks.kCount; ++lane) {
    const auto [first, last] = findBlock(n, blocks, lane);
    blocks.first[lane] = first;
    blocks.last[lane] = last;
    bottom = first < bottom ? first : bottom;
    top = last > top ? last : top;
    least = last >= 0 && last < least ? last : least;
  }
  blocks.top = top;
  blocks.bottom = bottom;
  blocks.alike = least == top;
  return top >= 0;
}

template <std::size_t Parts, std::size_t Words>
DENSEAM_LANES_INLINE unsigned unfinished(const Blocks<Parts, Words>& blocks) {
  unsigned lanes = 0;
  for (std::size_t lane = 0; lane < blocks.kCount; ++lane) lanes |= (blocks.last[lane] >= 0 ? 1U : 0U) << lane;
  return lanes;
}

// The diagonal and the off-diagonal of T, or its squares, of one part; readable from row -1 to row n + 1.
struct Tridiagonal {
  double* d;
  double* e;
};

// Wilkinson's shift for each lane's block: the eigenvalue of its first two rows that is nearer to the first entry.
DENSEAM_LANES_INLINE Vector shiftOf(Vector d, Vector next, Vector squared) {
  const Vector half = 0.5 * (next - d);
  return d - squared / (half + copySign(sqrt(fma(half, half, squared)), half));
}

// A sweep of the square-root-free QL (Pal, Walker and Kahan; LAPACK's dsterf) as it passes up the rows. The rotation
// has c = cos^2 and s = sin^2.
struct Sweep {
  Integers first, last, negligible;
  Vector sigma;  // the shift
  Vector x;      // entry of the diagonal less the shift
  Vector gamma, p, s;
  Vector c, r;    // cos^2 of the rotation before is c / r
  Vector before;  // the entry of the diagonal below the one written next
};

// Where p vanishes, the rotation is a quarter turn; below this value its square root is 1e-50 of the matrix and counts
// as zero.
constexpr double kVanishing = kNorm * kNorm * 1e-100;

// Restarts the sweep in the lanes whose block ends with this row.
DENSEAM_LANES_INLINE void startBlocks(Integers row, Sweep& sweep) {
  const Mask starts = equal(sweep.last, row);
  sweep.gamma = select(starts, sweep.x, sweep.gamma);
  sweep.p = select(starts, sweep.x * sweep.x, sweep.p);
  sweep.s = select(starts, Vector{}, sweep.s);
  sweep.c = select(starts, broadcast(1), sweep.c);
  sweep.r = select(starts, broadcast(1), sweep.r);
}

// Row i of a sweep, which writes row i + 1. It does not depend on e[i] = 0 where a lane's block begins at i + 1, and
// ends the block there.
template <bool kAlike>
DENSEAM_LANES_INLINE void sweepRow(std::int64_t i, Sweep& sweep, double* d, double* e) {
  const Integers row = integers(i + 1);
  if constexpr (!kAlike) startBlocks(row, sweep);
  double* place = d + i * kStride;
  double* square = e + i * kStride;
  const Vector alpha = load(place), b = load(square);
  const Vector p = sweep.p, r = p + b;
  const Vector inverse = 1.0 / (p * r);
  sweep.x = alpha - sweep.sigma;
  const Vector t = fnma(b, sweep.gamma, p * sweep.x);
  const Vector squared = sweep.s * r;
  Vector gamma = (t * p) * inverse;
  Vector pNext = (t * t) * inverse;
  Vector s = (b * p) * inverse;
  Mask written = less(sweep.first, row + 1);
  if constexpr (!kAlike) written = both(written, less(row, sweep.last + 1));
  const Mask vanishes = both(written, less(p, broadcast(kVanishing)));
  if (bitsOf(vanishes)) [[unlikely]] {
    gamma = select(vanishes, Vector{}, gamma);
    pNext = select(vanishes, sweep.c / sweep.r * b, pNext);
    s = select(vanishes, broadcast(1), s);
  }
  const Vector moved = select(equal(sweep.first, row), sweep.sigma, alpha - gamma);
  const Vector entry = sweep.gamma + moved;
  const Mask negligible = both(written, isNegligible(squared, entry, sweep.before));
  sweep.negligible = setBits(sweep.negligible, negligible, bitOf(i + 1));
  store(place + kLanes, select(written, entry, load(place + kLanes)));
  store(square + kLanes, select(written, select(negligible, Vector{}, squared), load(square + kLanes)));
  sweep.before = entry;
  sweep.gamma = gamma;
  sweep.p = pNext;
  sweep.s = s;
  sweep.c = p;
  sweep.r = r;
}

template <std::size_t Parts, std::size_t Words>
DENSEAM_LANES_INLINE Sweep beginSweep(const Blocks<Parts, Words>& blocks, std::size_t part, const Tridiagonal& t) {
  Sweep sweep;
  const std::int64_t* first = blocks.first + part * kWidth;
  sweep.first = load(first);
  sweep.last = load(blocks.last + part * kWidth);
  sweep.sigma = shiftOf(gather(t.d, first), gather(t.d + kLanes, first), gather(t.e, first));
  sweep.x = load(t.d + blocks.top * kStride) - sweep.sigma;
  sweep.gamma = sweep.x;
  sweep.p = sweep.x * sweep.x;
  sweep.s = Vector{};
  sweep.c = sweep.r = broadcast(1);
  sweep.before = Vector{};
  return sweep;
}

// Calls row(i) for the rows of all blocks, upwards: it writes row i + 1. The sweeps have the word of that row's bits.
template <std::size_t Parts, std::size_t Words, typename Sweeps, typename Row>
DENSEAM_LANES_INLINE void forRows(Blocks<Parts, Words>& blocks, Sweeps& sweeps, const Row& row) {
  const std::int64_t lastWord = Words == 1 ? 0 : blocks.top / kWordRows;
  const std::int64_t firstWord = Words == 1 ? 0 : blocks.bottom / kWordRows;
  for (std::int64_t word = lastWord; word >= firstWord; --word) {
    std::int64_t* bits = blocks.negligible[word];
    for (std::size_t part = 0; part < Parts; ++part) sweeps[part].negligible = load(bits + part * kWidth);
    const std::int64_t begin = word * kWordRows, last = begin + kWordRows - 1;
    const std::int64_t highest = Words == 1 || blocks.top < last ? blocks.top : last;
    const std::int64_t lowest = Words == 1 || blocks.bottom > begin ? blocks.bottom : begin;
    for (std::int64_t i = highest - 1; i >= lowest - 1; --i) row(i);
    for (std::size_t part = 0; part < Parts; ++part) store(bits + part * kWidth, sweeps[part].negligible);
  }
}

template <bool kAlike, std::size_t Parts, std::size_t Words>
DENSEAM_LANES_INLINE void sweepBlocks(Blocks<Parts, Words>& blocks, const Tridiagonal (&t)[Parts]) {
  Sweep sweeps[Parts];
  for (std::size_t part = 0; part < Parts; ++part) sweeps[part] = beginSweep(blocks, part, t[part]);
  forRows(blocks, sweeps, [&](std::int64_t i) {
    for (std::size_t part = 0; part < Parts; ++part) sweepRow<kAlike>(i, sweeps[part], t[part].d, t[part].e);
  });
}

// Marks the entries of e (squared or not) that are negligible from the start, and sets them to zero. A lane that failed
// is done.
template <bool kSquared, std::size_t Parts, std::size_t Words>
void beginBlocks(std::size_t n, const Tridiagonal (&t)[Parts], unsigned failed, Blocks<Parts, Words>& blocks) {
  blocks.words = Words == 1 ? 1 : (n + kWord - 1) / kWord;
  for (std::size_t word = 0; word < blocks.words; ++word) {
    const std::size_t begin = word * kWord, end = begin + kWord < n ? begin + kWord : n - 1;
    for (std::size_t part = 0; part < Parts; ++part) {
      // The bits from n - 1 on are in the last word.
      Integers bits =
          integers(word + 1 == blocks.words ? static_cast<std::int64_t>(~std::uint64_t{0} << (n - 1) % kWord) : 0);
      for (std::size_t i = begin; i < end; ++i) {
        double* place = t[part].e + i * kLanes;
        const double* beside = t[part].d + i * kLanes;
        const Vector entry = load(place), squared = kSquared ? entry : entry * entry;
        const Mask negligible = isNegligible(squared, load(beside), load(beside + kLanes));
        bits = setBits(bits, negligible, bitOf(static_cast<std::int64_t>(i)));
        store(place, select(negligible, Vector{}, entry));
      }
      store(blocks.negligible[word] + part * kWidth, bits);
    }
  }
  for (std::size_t lane = 0; lane < blocks.kCount; ++lane) {
    const bool isDone = failed >> lane & 1;
    blocks.first[lane] = isDone ? static_cast<std::int64_t>(n) : 0;
    if (Words == 1 && isDone) blocks.negligible[0][lane] = -1;
  }
}

// t.d <- the eigenvalues. Returns the lanes, counted through the parts, that failed before or did not converge.
template <std::size_t Words, std::size_t Parts>
unsigned valuesInWords(std::size_t n, const Tridiagonal (&t)[Parts], unsigned failed) {
  Blocks<Parts, Words> blocks;
  beginBlocks<true>(n, t, failed, blocks);
  for (std::size_t sweeps = 0; findBlocks(n, blocks); ++sweeps) {
    if (sweeps == kMostSweeps * n) return failed | unfinished(blocks);
    blocks.alike ? sweepBlocks<true>(blocks, t) : sweepBlocks<false>(blocks, t);
  }
  return failed;
}

template <std::size_t Parts>
unsigned valuesOf(std::size_t n, const Tridiagonal (&t)[Parts], unsigned failed) {
  return n <= kWord ? valuesInWords<1>(n, t, failed) : valuesInWords<kMostRows / kWord>(n, t, failed);
}

}  // namespace
}  // namespace denseam::linalg::lanes
