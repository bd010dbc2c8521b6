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
// What rounding in single precision may add to a squared distance, relative to both norms (some three units of 2^-24),
// and to a bound, relative to its parts.
constexpr float kSquareSlack = 1e-6F;
constexpr float kAbove = 1 + 1e-6F, kBelow = 1 - 1e-6F;

// A tile's notes, side by side.
struct Notes {
  float scales[kTile], errors[kTile], norms[kTile];

  Notes(const CodeNote* notes, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      scales[i] = notes[i].scale;
      errors[i] = notes[i].error;
      norms[i] = notes[i].norm;
    }
  }
};

// squares <- |x^|^2 + |q^|^2 - 2 a b sum_j k m, upper <- upper bounds on distances.
DENSEAM_DISPATCH void boundTile(std::size_t count, const Notes& notes, const std::int32_t* high,
                                const std::int32_t* low, const QueryCode& query, float* squares, float* upper) {
  const std::int32_t highOffset = kCodeOffset * query.sums[0];
  const std::int32_t lowOffset = low == nullptr ? 0 : kCodeOffset * query.sums[1];
  const float factor = 2 * query.scale, highStep = low == nullptr ? 1.0F : 128.0F, norm = query.norm,
              error = query.error;
  if (low == nullptr) low = high;
  const float lowStep = low == high ? 0.0F : 1.0F;
#pragma omp simd
  for (std::size_t i = 0; i < count; ++i) {
    const float sum =
        highStep * static_cast<float>(high[i] - highOffset) + lowStep * static_cast<float>(low[i] - lowOffset);
    const float norms = notes.norms[i] + norm;
    const float square = norms - factor * (notes.scales[i] * sum);
    const float above = square + kSquareSlack * norms;
    squares[i] = square;
    upper[i] = kAbove * (std::sqrt(above > 0 ? above : 0.0F) + (notes.errors[i] + error));
  }
}

// lower <- lower bounds on distances.
DENSEAM_DISPATCH void lowerTile(std::size_t count, const Notes& notes, const float* squares, float norm, float error,
                                float* lower) {
#pragma omp simd
  for (std::size_t i = 0; i < count; ++i) {
    const float below = squares[i] - kSquareSlack * (notes.norms[i] + norm);
    lower[i] = kBelow * std::sqrt(below > 0 ? below : 0.0F) - kAbove * (notes.errors[i] + error);
  }
}

// Keeps the `most` least values, the greatest of them first.
void keepLeast(float value, std::size_t most, std::vector<float>& least) {
  if (std::isnan(value)) value = std::numeric_limits<float>::infinity();
  if (least.size() == most) {
    if (!(value < least.front())) return;
    std::pop_heap(least.begin(), least.end());
    least.back() = value;
  } else {
    least.push_back(value);
  }
  std::push_heap(least.begin(), least.end());
}

}  // namespace

template <typename T>
std::size_t Screen<T>::queriesAtOnce(std::size_t rows) {
  return std::clamp<std::size_t>(kMostBounds / std::max<std::size_t>(1, rows), 1, kMostQueries);
}

template <typename T>
Screen<T>::Screen(const Rows<T>& rows, const Codes<T>& codes, const Points& points,
                  const std::vector<std::size_t>& indices, std::size_t planes, std::size_t neighbours,
                  std::size_t stride, Job& job)
    : codes_(codes),
      count_(indices.size()),
      neighbours_(neighbours),
      planes_(planes),
      planeCodes_(planes_ * count_ * codes.width()),
      reach_(count_) {
  const std::size_t count = count_;
  for (std::size_t q = 0; q < count; ++q) {
    queries_.push_back(codes.encode(points.values.data() + indices[q] * rows.width(), planes_));
    for (std::size_t plane = 0; plane < planes_; ++plane) {
      std::copy_n(queries_[q].codes.data() + plane * codes.width(), codes.width(),
                  planeCodes_.data() + (plane * count + q) * codes.width());
    }
  }
  cut(stride);
  squares_.resize(chunks_.size());
  std::vector<std::vector<float>> least(chunks_.size() * count);
  parallel::forEach(chunks_.size(), 1, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t k = begin; k < end; ++k) {
      job.poll();
      bound(chunks_[k], squares_[k], least.data() + k * count);
    }
  });
  for (std::size_t q = 0; q < count; ++q) {
    std::vector<float> all;
    for (std::size_t k = 0; k < chunks_.size(); ++k) {
      for (const float value : least[k * count + q]) keepLeast(value, neighbours, all);
    }
    reach_[q] = all.size() == neighbours ? static_cast<double>(all.front()) : std::numeric_limits<double>::infinity();
  }
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
  for (const auto& block : codes_.store().blocks()) {
    for (std::size_t begin = 0; begin < block->count; begin += kChunk) {
      if (number++ % stride != 0) continue;
      chunks_.push_back({block->first + begin, std::min(kChunk, block->count - begin),
                         block->values.data() + begin * codes_.width(), block->notes.data() + begin});
    }
  }
}

template <typename T>
void Screen<T>::bound(const Chunk& chunk, std::vector<float>& squares, std::vector<float>* least) const {
  squares.resize(count_ * chunk.count);
  const CodeDots dotsOf = codeDots();
  std::vector<std::int32_t> dots(planes_ * count_ * kTile);
  float upper[kTile];
  for (std::size_t begin = 0; begin < chunk.count; begin += kTile) {
    const std::size_t tile = std::min(kTile, chunk.count - begin);
    const Notes notes(chunk.notes + begin, tile);
    dotsOf(tile, codes_.width(), chunk.codes + begin * codes_.width(), planes_ * count_, planeCodes_.data(),
           dots.data());
    for (std::size_t q = 0; q < count_; ++q) {
      const std::int32_t* low = planes_ == 2 ? dots.data() + (count_ + q) * tile : nullptr;
      boundTile(tile, notes, dots.data() + q * tile, low, queries_[q], squares.data() + q * chunk.count + begin, upper);
      for (std::size_t i = 0; i < tile; ++i) keepLeast(upper[i], neighbours_, least[q]);
    }
  }
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
    lowerTile(tile, notes, squares + begin, queries_[q].norm, queries_[q].error, lower);
    for (std::size_t i = 0; i < tile; ++i) {
      // What is not a number is not left out.
      if (!(lower[i] > reach)) found.push_back(static_cast<std::int32_t>(chunk.first + begin + i));
    }
  }
}

template class Screen<float>;
template class Screen<double>;

}  // namespace denseam::euclidean
