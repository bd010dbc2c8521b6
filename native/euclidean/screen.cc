#include "euclidean/screen.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "parallel/pool.h"
#include "simd/dispatch.h"

namespace denseam::euclidean {
namespace {

// Rows whose codes are read by all queries before the next ones, and rows in a chunk of work.
constexpr std::size_t kTile = 256;
constexpr std::size_t kChunk = 1024;
constexpr std::size_t kMostBounds = std::size_t{1} << 25;
constexpr std::size_t kMostQueries = 64;
// One part in so many of a tile's codes is read row by row, more all together.
constexpr std::size_t kFewCodes = 8;
// What rounding in single precision may add to a squared distance, relative to the squared norms of both codes (some
// ten units of 2^-24), and to a bound, relative to its parts.
constexpr float kSquareSlack = 1e-6F;
constexpr float kAbove = 1 + 1e-6F, kBelow = 1 - 1e-6F;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// A tile's notes, side by side.
struct Notes {
  float scales[kTile], errors[kTile], prefixes[kTile], rests[kTile];

  Notes(const CodeNote* notes, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      scales[i] = notes[i].scale;
      errors[i] = notes[i].error;
      prefixes[i] = notes[i].prefix;
      rests[i] = notes[i].rest;
    }
  }
};

// products <- those of a plane's numbers, without the codes' offset.
DENSEAM_DISPATCH void writePlane(std::size_t count, const std::int32_t* dots, std::int32_t offset, float* products) {
#pragma omp simd
  for (std::size_t i = 0; i < count; ++i) products[i] = static_cast<float>(dots[i] - offset);
}

// products <- step products + those of a lower plane.
DENSEAM_DISPATCH void addPlane(std::size_t count, const std::int32_t* dots, std::int32_t offset, float step,
                               float* products) {
#pragma omp simd
  for (std::size_t i = 0; i < count; ++i) products[i] = step * products[i] + static_cast<float>(dots[i] - offset);
}

// squares <- |p - p'|^2 = |p|^2 + |p'|^2 - 2 a b sum_j k m over the prefix.
DENSEAM_DISPATCH void writePrefixSquares(std::size_t count, const Notes& notes, const float* products,
                                         const CodeNote& query, float* squares) {
  const float factor = 2 * query.scale, prefix = query.prefix;
#pragma omp simd
  for (std::size_t i = 0; i < count; ++i) {
    squares[i] = notes.prefixes[i] + prefix - factor * (notes.scales[i] * products[i]);
  }
}

// squares <- squares + |r - r'|^2 for rows whose lower bound is within reach, else infinity.
DENSEAM_DISPATCH void addRestSquares(std::size_t count, const Notes& notes, const float* products,
                                     const CodeNote& query, const float* lower, float reach, float* squares) {
  const float factor = 2 * query.scale, rest = query.rest;
#pragma omp simd
  for (std::size_t i = 0; i < count; ++i) {
    const float norms = notes.rests[i] * notes.rests[i] + rest * rest;
    const float square = squares[i] + norms - factor * (notes.scales[i] * products[i]);
    squares[i] = lower[i] > reach ? kInfinity : square;
  }
}

// bounds <- lower bounds on the squared distances of the codes.
DENSEAM_DISPATCH void writeLeastSquares(std::size_t count, const Notes& notes, const CodeNote& query, bool haveRests,
                                        const float* squares, float* bounds) {
  const float rest = query.rest, factor = haveRests ? 0.0F : 1.0F;
#pragma omp simd
  for (std::size_t i = 0; i < count; ++i) {
    const float apart = notes.rests[i] - rest;
    bounds[i] = squares[i] + factor * (apart * apart);
  }
}

// bounds <- lower bounds on distances. Returns how many are within reach: what is not a number is.
DENSEAM_DISPATCH std::size_t writeLower(std::size_t count, const Notes& notes, const CodeNote& query, float reach,
                                        float* bounds) {
  const float error = query.error, rest = query.rest, norm = query.prefix + rest * rest;
  std::int32_t beyond = 0;
#pragma omp simd reduction(+ : beyond)
  for (std::size_t i = 0; i < count; ++i) {
    const float norms = notes.prefixes[i] + notes.rests[i] * notes.rests[i] + norm;
    const float below = bounds[i] - kSquareSlack * norms;
    bounds[i] = kBelow * std::sqrt(below > 0 ? below : 0.0F) - kAbove * (notes.errors[i] + error);
    beyond += bounds[i] > reach ? 1 : 0;
  }
  return count - static_cast<std::size_t>(beyond);
}

DENSEAM_DISPATCH float least(std::size_t count, const float* values) {
  float result = kInfinity;
#pragma omp simd reduction(min : result)
  for (std::size_t i = 0; i < count; ++i) result = values[i] < result ? values[i] : result;
  return result;
}

}  // namespace

template <typename T>
std::size_t Screen<T>::queriesAtOnce(std::size_t rows) {
  return std::clamp<std::size_t>(kMostBounds / std::max<std::size_t>(1, rows), 1, kMostQueries);
}

template <typename T>
Screen<T>::Screen(const Rows<T>& rows, const Codes<T>& codes, const Points& points,
                  const std::vector<std::size_t>& indices, std::size_t neighbours, std::size_t stride)
    : codes_(codes), count_(indices.size()), neighbours_(neighbours) {
  for (const std::size_t index : indices) queries_.push_back(codes.encode(points.values.data() + index * rows.width()));
  for (const QueryCode& query : queries_) addPlane(query.planes[0]);
  for (const QueryCode& query : queries_) {
    lowPlanes_.push_back(planeCount_);
    if (query.planes.size() == 2) addPlane(query.planes[1]);
  }
  cut(stride);
}

template <typename T>
void Screen<T>::addPlane(const QueryCode::Plane& plane) {
  const auto prefixEnd = plane.codes.begin() + static_cast<std::ptrdiff_t>(codes_.prefixes().width());
  prefixes_.insert(prefixes_.end(), plane.codes.begin(), prefixEnd);
  rests_.insert(rests_.end(), prefixEnd, plane.codes.end());
  ++planeCount_;
}

template <typename T>
void Screen<T>::writeProducts(std::size_t q, std::size_t tile, const std::int32_t* dots,
                              std::int32_t QueryCode::Plane::*sum, float* products) const {
  const std::vector<QueryCode::Plane>& planes = queries_[q].planes;
  writePlane(tile, dots + q * tile, kCodeOffset * planes[0].*sum, products);
  if (planes.size() == 1) return;
  euclidean::addPlane(tile, dots + lowPlanes_[q] * tile, kCodeOffset * planes[1].*sum, kPlaneStep, products);
}

template <typename T>
std::size_t Screen<T>::size() const {
  std::size_t sum = 0;
  for (const Chunk& chunk : chunks_) sum += chunk.count;
  return sum;
}

template <typename T>
void Screen<T>::cut(std::size_t stride) {
  std::size_t number = 0;
  for (std::size_t k = 0; k < codes_.prefixes().blocks().size(); ++k) {
    const auto& prefixes = *codes_.prefixes().blocks()[k];
    const auto& rests = *codes_.rests().blocks()[k];
    for (std::size_t begin = 0; begin < prefixes.count; begin += kChunk) {
      if (number++ % stride != 0) continue;
      chunks_.push_back({prefixes.first + begin, std::min(kChunk, prefixes.count - begin),
                         prefixes.values.data() + begin * codes_.prefixes().width(),
                         rests.values.data() + begin * codes_.rests().width(), prefixes.notes.data() + begin});
    }
  }
}

template <typename T>
void Screen<T>::readPrefixes(Job& job) {
  squares_.resize(chunks_.size());
  clearHeaps();
  parallel::forEach(chunks_.size(), 1, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t k = begin; k < end; ++k) {
      job.poll();
      readPrefixes(chunks_[k], squares_[k], heaps_.data() + k * count_);
    }
  });
  haveRests_ = codes_.rests().width() == 0;
}

template <typename T>
void Screen<T>::readRests(const std::vector<double>& reaches, Job& job) {
  if (haveRests_) return;
  std::vector<float> most;
  for (const double reach : reaches) most.push_back(roundedUp(reach));
  clearHeaps();
  parallel::forEach(chunks_.size(), 1, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t k = begin; k < end; ++k) {
      job.poll();
      readRests(chunks_[k], most, squares_[k], heaps_.data() + k * count_);
    }
  });
  haveRests_ = true;
}

template <typename T>
void Screen<T>::clearHeaps() {
  heaps_.assign(chunks_.size() * count_, {});
  farthest_ = std::make_unique<std::atomic<float>[]>(count_);
  for (std::size_t q = 0; q < count_; ++q) farthest_[q] = kInfinity;
}

// Puts the rows among the `neighbours_` with the least squares into the heap.
template <typename T>
void Screen<T>::keepNearest(std::size_t q, const float* squares, std::size_t first, std::size_t count,
                            Heap& heap) const {
  float limit = farthest_[q].load(std::memory_order_relaxed);
  if (!(least(count, squares) <= limit)) return;
  for (std::size_t i = 0; i < count; ++i) {
    if (!(squares[i] <= limit && squares[i] < kInfinity)) continue;
    heap.emplace_back(squares[i], static_cast<std::int32_t>(first + i));
    std::push_heap(heap.begin(), heap.end());
    if (heap.size() > neighbours_) {
      std::pop_heap(heap.begin(), heap.end());
      heap.pop_back();
    }
    if (heap.size() == neighbours_) limit = std::min(limit, heap.front().first);
  }
  float former = farthest_[q].load(std::memory_order_relaxed);
  while (limit < former && !farthest_[q].compare_exchange_weak(former, limit, std::memory_order_relaxed)) {
  }
}

template <typename T>
void Screen<T>::readPrefixes(const Chunk& chunk, AlignedVector<float>& squares, Heap* heaps) const {
  const std::size_t width = codes_.prefixes().width();
  squares.resize(count_ * chunk.count);
  std::vector<std::int32_t> dots(planeCount_ * kTile);
  float products[kTile], bounds[kTile];
  for (std::size_t begin = 0; begin < chunk.count; begin += kTile) {
    const std::size_t tile = std::min(kTile, chunk.count - begin);
    const Notes notes(chunk.notes + begin, tile);
    codeDots()(tile, width, chunk.prefixes + begin * width, planeCount_, prefixes_.data(), dots.data());
    for (std::size_t q = 0; q < count_; ++q) {
      float* own = squares.data() + q * chunk.count + begin;
      writeProducts(q, tile, dots.data(), &QueryCode::Plane::prefixSum, products);
      writePrefixSquares(tile, notes, products, queries_[q].note, own);
      writeLeastSquares(tile, notes, queries_[q].note, false, own, bounds);
      keepNearest(q, bounds, chunk.first + begin, tile, heaps[q]);
    }
  }
}

template <typename T>
void Screen<T>::readRests(const Chunk& chunk, const std::vector<float>& reaches, AlignedVector<float>& squares,
                          Heap* heaps) const {
  std::vector<std::int32_t> dots(planeCount_ * kTile);
  std::vector<float> lower(count_ * kTile);
  float products[kTile];
  for (std::size_t begin = 0; begin < chunk.count; begin += kTile) {
    const std::size_t tile = std::min(kTile, chunk.count - begin);
    const Notes notes(chunk.notes + begin, tile);
    std::size_t kept = 0;
    for (std::size_t q = 0; q < count_; ++q) {
      float* own = lower.data() + q * tile;
      writeLeastSquares(tile, notes, queries_[q].note, false, squares.data() + q * chunk.count + begin, own);
      kept += writeLower(tile, notes, queries_[q].note, reaches[q], own);
    }
    writeRestDots(chunk.rests + begin * codes_.rests().width(), tile, kept, lower, reaches, dots);
    for (std::size_t q = 0; q < count_; ++q) {
      float* own = squares.data() + q * chunk.count + begin;
      writeProducts(q, tile, dots.data(), &QueryCode::Plane::restSum, products);
      addRestSquares(tile, notes, products, queries_[q].note, lower.data() + q * tile, reaches[q], own);
      if (kept > 0) keepNearest(q, own, chunk.first + begin, tile, heaps[q]);
    }
  }
}

template <typename T>
void Screen<T>::writeRestDots(const std::uint8_t* codes, std::size_t tile, std::size_t kept,
                              const std::vector<float>& lower, const std::vector<float>& reaches,
                              std::vector<std::int32_t>& dots) const {
  const std::size_t width = codes_.rests().width();
  if (kept * kFewCodes >= tile * count_) {
    codeDots()(tile, width, codes, planeCount_, rests_.data(), dots.data());
    return;
  }
  const auto write = [&](std::size_t i, std::size_t plane) {
    codeDots()(1, width, codes + i * width, 1, rests_.data() + plane * width, dots.data() + plane * tile + i);
  };
  for (std::size_t q = 0; q < count_ && kept > 0; ++q) {
    for (std::size_t i = 0; i < tile; ++i) {
      if (lower[q * tile + i] > reaches[q]) continue;
      write(i, q);
      if (queries_[q].planes.size() == 2) write(i, lowPlanes_[q]);
    }
  }
}

template <typename T>
std::vector<std::int32_t> Screen<T>::nearest(std::size_t q) const {
  Heap all;
  for (std::size_t k = 0; k < chunks_.size(); ++k) {
    const Heap& heap = heaps_[k * count_ + q];
    all.insert(all.end(), heap.begin(), heap.end());
  }
  const std::size_t count = std::min(neighbours_, all.size());
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count), all.end());
  std::vector<std::int32_t> result;
  for (std::size_t k = 0; k < count; ++k) result.push_back(all[k].second);
  return result;
}

template <typename T>
std::vector<std::vector<std::int32_t>> Screen<T>::within(const std::vector<double>& reaches, std::size_t most,
                                                         Job& job) const {
  std::vector<std::vector<std::int32_t>> found(chunks_.size() * count_);
  parallel::forEach(chunks_.size(), 1, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t k = begin; k < end; ++k) {
      for (std::size_t q = 0; q < count_; ++q) {
        const float* squares = squares_[k].data() + q * chunks_[k].count;
        collect(chunks_[k], squares, q, roundedUp(reaches[q]), found[k * count_ + q]);
      }
    }
  });
  std::vector<std::vector<std::int32_t>> result(count_);
  for (std::size_t q = 0; q < count_; ++q) {
    std::size_t total = 0;
    for (std::size_t k = 0; k < chunks_.size(); ++k) total += found[k * count_ + q].size();
    if (total > most) continue;
    for (std::size_t k = 0; k < chunks_.size(); ++k) {
      result[q].insert(result[q].end(), found[k * count_ + q].begin(), found[k * count_ + q].end());
    }
  }
  return result;
}

template <typename T>
void Screen<T>::collect(const Chunk& chunk, const float* squares, std::size_t q, float reach,
                        std::vector<std::int32_t>& found) const {
  float lower[kTile];
  for (std::size_t begin = 0; begin < chunk.count; begin += kTile) {
    const std::size_t tile = std::min(kTile, chunk.count - begin);
    const Notes notes(chunk.notes + begin, tile);
    writeLeastSquares(tile, notes, queries_[q].note, haveRests_, squares + begin, lower);
    if (writeLower(tile, notes, queries_[q].note, reach, lower) == 0) continue;
    for (std::size_t i = 0; i < tile; ++i) {
      // What is not a number is not left out.
      if (!(lower[i] > reach)) found.push_back(static_cast<std::int32_t>(chunk.first + begin + i));
    }
  }
}

template class Screen<float>;
template class Screen<double>;

}  // namespace denseam::euclidean
