#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "euclidean/products.h"
#include "euclidean/rows.h"
#include "parallel/pool.h"
#include "simd/distances.h"

namespace denseam::euclidean {

// Queries in a tile, and rows: so many that both products read them from the cache, a multiple of the rows of a
// kernel's tiles. They depend on the width alone, so that a query's sums, and with them its bits, do not depend on its
// company.
constexpr std::size_t kQueryTile = 128;
constexpr std::size_t kRowTileBytes = std::size_t{1} << 18;
template <typename T>
constexpr std::size_t kRowStep = 192 / sizeof(T);
constexpr std::size_t kMostRows = 480;
// The number of tasks that the rows are split for; each part keeps so many rows, and some tiles, that what it costs by
// itself is small.
constexpr std::size_t kTasks = 64;
constexpr std::size_t kTilesInTask = 8;
constexpr std::size_t kRowsInTask = 2048;
// The bound on the numbers of all parts together: 256 MiB.
constexpr std::size_t kMostNumbers = std::size_t{1} << 25;

// Rows in a tile.
template <typename T>
std::size_t rowTile(std::size_t width) {
  return std::clamp(kRowTileBytes / (width * sizeof(T)) / kRowStep<T> * kRowStep<T>, kRowStep<T>, kMostRows);
}

template <typename T>
struct Accuracy;
template <>
struct Accuracy<double> {
  static constexpr double kWeightError = 1e-11;  // what rounding may change in a weight, all of them summing to 1
  static constexpr double kCancellation = 1e-4;  // D below this share of the norms is recomputed
  static constexpr double kOffset = 1e-9;        // or below this share of the squared root that a centre takes off
  static constexpr double kTiny = 1e-300;  // or below this: squares may have underflowed, whatever their digits say
};
template <>
struct Accuracy<float> {
  static constexpr double kWeightError = 1e-4;
  static constexpr double kCancellation = 0.125;
  static constexpr double kOffset = 0.03;
  static constexpr double kTiny = 1e-33;
};
// The bound on the relative rounding error of a number is half of this.
template <typename T>
constexpr double kEpsilon = static_cast<double>(std::numeric_limits<T>::epsilon());
// The greatest norm whose sums and products do not overflow.
template <typename T>
constexpr double kGreatestNorm = static_cast<double>(std::numeric_limits<T>::max()) / 4;

// A bound on the error of a squared distance from a score, unless errors conspire: those of a product add up like a
// random walk (the worst case, which grows with the width itself, is not seen), and so do those of the rows' roots,
// each off by half a unit of the greatest. Infinite where the score may have overflowed.
template <typename T>
double scoreError(const Rows<T>& rows, double norm, double greatestNorm) {
  const double norms = norm + greatestNorm;
  if (!(norms <= kGreatestNorm<T>)) return std::numeric_limits<double>::infinity();
  const double terms = 2.0 + std::sqrt(static_cast<double>(rows.width()));
  const double root = rows.embedding().variances() == 0 ? 0 : rows.rootOffset() + std::sqrt(greatestNorm);
  const double rounding = kEpsilon<T> / 2 * root;
  // |x_i + r - x|^2 differs from |x_i - x|^2 by 2 r.(x_i - x) + r^2, and |x_i - x|^2 is at most twice the norms.
  return terms * kEpsilon<T> * norms + (2 * std::sqrt(2 * norms) + rounding) * rounding + Accuracy<T>::kTiny;
}

// The distance behind the nearest item up to which an error is visible: an item at distance D behind it has at most the
// weight exp(-beta D), which is off by the factor beta error. Negative where no error is visible.
template <typename T>
double visibleExcess(double beta, double error) {
  return std::log(beta * error / Accuracy<T>::kWeightError) / beta;
}

// The work of a call: query tiles x parts of the rows. The parts depend on the rows only, neither on the number of
// threads nor on the queries.
struct Plan {
  // `height`: of a tile.
  Plan(std::size_t queries, std::size_t rowTiles_, std::size_t height)
      : queryTiles((queries + kQueryTile - 1) / kQueryTile),
        rowTiles(rowTiles_),
        parts(std::clamp<std::size_t>(rowTiles_ / std::max(kTilesInTask, kRowsInTask / height), 1, kTasks)) {}

  std::size_t queryTiles;
  std::size_t rowTiles;
  std::size_t parts;

  std::size_t tasks() const { return queryTiles * parts; }
  std::size_t beginTile(std::size_t part) const { return rowTiles * part / parts; }
  // Queries whose parts take no more than kMostNumbers together, each of them `numbers`.
  std::size_t queriesAtOnce(std::size_t numbers) const {
    return std::max<std::size_t>(1, kMostNumbers / (parts * std::max<std::size_t>(1, numbers)));
  }
};

// A tile of queries, centred, in the precision of the rows, with the tile of scores and its buffers.
template <typename T>
class Scorer {
 public:
  Scorer(const Rows<T>& rows, const Points& points, std::size_t first, std::size_t count)
      : rows_(rows),
        points_(points),
        first_(first),
        count_(count),
        norms_(count),
        scores_(count * rowTile<T>(rows.width())),
        work_(paddedQueries(count, kernels_.lanes) * rowTile<T>(rows.width())) {
    const std::size_t width = rows.width();
    const std::vector<T>& centre = rows.centre();
    std::vector<T> queries(count * width);
    for (std::size_t q = 0; q < count; ++q) {
      for (std::size_t j = 0; j < width; ++j) {
        queries[q * width + j] =
            static_cast<T>(this->point(q)[j] - (centre.empty() ? 0.0 : static_cast<double>(centre[j])));
      }
      norms_[q] = static_cast<T>(rows.norm(this->point(q)));
    }
    packed_ = packQueries(count, width, kernels_.lanes, queries.data());
  }

  std::size_t count() const { return count_; }
  std::size_t firstQuery() const { return first_; }
  const double* point(std::size_t q) const { return points_.values.data() + (first_ + q) * rows_.width(); }
  T* scores(std::size_t q) { return scores_.data() + q * tile_.count; }
  const Tile<T>& tile() const { return tile_; }
  // The tile's rows as the product read them: centred.
  const T* values() const { return values_; }
  double norm(std::size_t q) const { return static_cast<double>(norms_[q]); }

  double error(std::size_t q) const { return scoreError(rows_, norm(q), greatestNorm_); }

  void score(const Tile<T>& tile) {
    tile_ = tile;
    values_ = tile.values;
    const std::vector<T>& centre = rows_.centre();
    if (!centre.empty()) {
      centred_.resize(tile.count * rows_.width());
      for (std::size_t i = 0; i < tile.count; ++i) {
        const T* row = tile.values + i * rows_.width();
        std::transform(row, row + rows_.width(), centre.begin(),
                       centred_.begin() + static_cast<std::ptrdiff_t>(i * rows_.width()),
                       [](T x, T c) { return x - c; });
      }
      values_ = centred_.data();
    }
    greatestNorm_ = static_cast<double>(*std::max_element(tile.norms, tile.norms + tile.count));
    kernels_.scores(tile.count, rows_.width(), values_, count_, packed_.data(), work_.data(), scores_.data());
  }

  // Turns query q's scores into squared distances and returns the least.
  double complete(std::size_t q) {
    return static_cast<double>(completeDistances(tile_.count, norms_[q], tile_.norms, scores(q)));
  }

  // The distance, apart from a share of the row's norm, up to which cancellation requires a recomputation.
  double cancellation(std::size_t q) const {
    const double offset = rows_.rootOffset();
    return Accuracy<T>::kCancellation * norm(q) + Accuracy<T>::kOffset * offset * offset + Accuracy<T>::kTiny;
  }
  double exact(std::size_t q, std::size_t j) const {
    return rows_.squaredDistance(tile_.first + j, points_, first_ + q);
  }

 private:
  const Rows<T>& rows_;
  const Points& points_;
  std::size_t first_;
  std::size_t count_;
  const ProductKernels<T>& kernels_ = productKernels<T>();
  std::vector<T> packed_;
  std::vector<T> norms_;
  std::vector<T> scores_;
  std::vector<T> work_;
  std::vector<T> centred_;
  Tile<T> tile_{};
  const T* values_ = nullptr;
  double greatestNorm_ = 0;
};

// Runs body(scorer, part) for every task, the scorer holding the task's queries.
template <typename T, typename Body>
void forEachTask(const Rows<T>& rows, const Points& points, const Plan& plan, Job& job, const Body& body) {
  parallel::forEach(plan.tasks(), 1, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t task = begin; task < end; ++task) {
      const std::size_t first = task / plan.parts * kQueryTile;
      Scorer<T> scorer(rows, points, first, std::min(kQueryTile, points.count - first));
      body(scorer, task % plan.parts);
    }
  });
}

}  // namespace denseam::euclidean
