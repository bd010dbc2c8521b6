#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "euclidean/engine.h"
#include "euclidean/products.h"
#include "euclidean/scorer.h"
#include "simd/exponentials.h"

namespace denseam::euclidean {

// The contribution of a part of the rows to one query: the nearest row, whose weight is 1, the sum of exp(-beta (D -
// nearestDistance)) over the other rows, and the weighted sum of the rows. The 1 is kept apart so that far rows count
// as well, and so that E = D to the bit for a single item.
struct Partial {
  double nearestDistance = std::numeric_limits<double>::infinity();
  std::int32_t nearest = 0;
  double others = 0;

  bool offer(double distance, std::size_t index) {
    if (!(distance < nearestDistance)) return false;
    nearestDistance = distance;
    nearest = static_cast<std::int32_t>(index);
    return true;
  }
};

// The Gibbs mass that may be left out of a state, all tiles together: it moves the state by this share of the distance
// to the rows left out. The energy keeps it.
template <typename T>
constexpr double kInvisibleMass = sizeof(T) == sizeof(double) ? 0x1p-60 : 0x1p-34;

// A tile of queries, each at `copies` betas: results are numbered query by query.
template <typename T>
class Recall {
 public:
  // `tiles`: how many there are in all.
  Recall(const Rows<T>& rows, std::size_t tiles, const double* betas, std::size_t copies, bool wantNext,
         Scorer<T>& scorer, Partial* partials, double* next)
      : rows_(rows),
        betas_(betas),
        copies_(copies),
        wantNext_(wantNext),
        leastMass_(kInvisibleMass<T> / static_cast<double>(tiles)),
        scorer_(scorer),
        partials_(partials),
        next_(next),
        sums_(wantNext && !kIsDouble ? scorer.count() * copies * rows.width() : 0),
        copied_(copies > 1 ? scorer.count() * copies * rowTile<T>(rows.width()) : 0) {}

  void addTile(const Tile<T>& tile) {
    scorer_.score(tile);
    visible_.clear();
    for (std::size_t q = 0; q < scorer_.count(); ++q) {
      const double least = scorer_.complete(q);
      for (std::size_t c = 0; c < copies_; ++c) {
        const std::size_t r = q * copies_ + c;
        if (copies_ > 1) std::copy_n(scorer_.scores(q), tile.count, weights(r));
        if (weigh(q, r, least) > leastMass_) visible_.push_back(r);
      }
    }
    if (wantNext_ && !visible_.empty()) addRows();
    rowsInSums_ += tile.count;
    if (rowsInSums_ + rowTile<T>(rows_.width()) > kMostRows) finish();
  }

  // After the last tile.
  void finish() {
    for (std::size_t r = 0; r < sums_.size() / rows_.width(); ++r) moveSums(r);
    rowsInSums_ = 0;
  }

 private:
  // Result r's distances, which become its weights: the scores themselves where no other result needs them.
  T* weights(std::size_t r) { return copies_ > 1 ? copied_.data() + r * scorer_.tile().count : scorer_.scores(r); }

  // Turns the distances of query q into weights of result r relative to its nearest row. Adds their sum,
  // without the nearest row's weight, to the result and returns it.
  double weigh(std::size_t q, std::size_t r, double least) {
    Partial& partial = partials_[r];
    T* distances = weights(r);
    refine(q, r, least);
    double sum = boltzmannFactors(betas_[r], partial.nearestDistance, {distances, scorer_.tile().count});
    for (const auto& [j, distance] : exact_) {
      const bool isNearest = scorer_.tile().first + j == static_cast<std::size_t>(partial.nearest);
      const double weight = isNearest ? 0 : std::exp(-betas_[r] * (distance - partial.nearestDistance));
      distances[j] = static_cast<T>(weight);
      sum += weight;
    }
    partial.others += sum;
    return sum;
  }

  // Recomputes the candidates for the nearest row, and the distances whose error would change a weight visibly. Their
  // scores are set to infinity: exact_ replaces them.
  void refine(std::size_t q, std::size_t r, double least) {
    Partial& partial = partials_[r];
    exact_.clear();
    const double error = scorer_.error(q);
    double limit = -1;
    if (least <= partial.nearestDistance + 2 * error) limit = least + 2 * error;
    const double visible = visibleExcess<T>(betas_[r], error);
    if (visible > 0) limit = std::max(limit, std::min(partial.nearestDistance, least) + visible + 2 * error);
    if (least > limit) return;
    T* distances = weights(r);
    const double before = partial.nearestDistance;
    bool isNew = false;
    for (std::size_t j = 0; j < scorer_.tile().count; ++j) {
      if (static_cast<double>(distances[j]) > limit) continue;
      const double distance = scorer_.exact(q, j);
      exact_.emplace_back(j, distance);
      distances[j] = std::numeric_limits<T>::infinity();
      isNew = partial.offer(distance, scorer_.tile().first + j) || isNew;
    }
    if (isNew) changeNearest(r, before);
  }

  // Turns the former nearest row, at distance `before`, into one of the others.
  void changeNearest(std::size_t r, double before) {
    Partial& partial = partials_[r];
    const double factor = std::exp(-betas_[r] * (before - partial.nearestDistance));
    partial.others = factor == 0 ? 0 : (partial.others + 1) * factor;
    if (!wantNext_) return;
    if constexpr (!kIsDouble) moveSums(r);
    const std::size_t width = rows_.width();
    const std::size_t j = static_cast<std::size_t>(partial.nearest) - scorer_.tile().first;
    const T* row = scorer_.values() + j * width;
    double* next = next_ + r * width;
    std::transform(next, next + width, row, next,
                   [factor](double x, T value) { return x * factor + static_cast<double>(value); });
  }

  // Adds the tile's rows to the sums of the results in which they are visible.
  void addRows() {
    factors_.clear();
    targets_.clear();
    for (const std::size_t r : visible_) {
      factors_.push_back(weights(r));
      targets_.push_back(target(r));
    }
    productKernels<T>().addRows(scorer_.tile().count, rows_.width(), scorer_.values(), visible_.size(), factors_.data(),
                                targets_.data());
  }

  // Where the rows of result r are added.
  T* target(std::size_t r) {
    if constexpr (kIsDouble) {
      return next_ + r * rows_.width();
    } else {
      return sums_.data() + r * rows_.width();
    }
  }

  // Sums over many rows are kept in double precision: those of the last rows are moved there.
  void moveSums(std::size_t r) {
    T* sums = sums_.data() + r * rows_.width();
    double* next = next_ + r * rows_.width();
    for (std::size_t j = 0; j < rows_.width(); ++j) next[j] += static_cast<double>(std::exchange(sums[j], T{0}));
  }

  static constexpr bool kIsDouble = std::is_same_v<T, double>;

  const Rows<T>& rows_;
  const double* betas_;
  std::size_t copies_;
  bool wantNext_;
  double leastMass_;
  std::vector<std::size_t> visible_;
  Scorer<T>& scorer_;
  Partial* partials_;
  double* next_;
  std::vector<std::pair<std::size_t, double>> exact_;
  std::vector<const T*> factors_;
  std::vector<T*> targets_;
  std::vector<T> sums_;  // of single precision, over rowsInSums_ rows
  std::size_t rowsInSums_ = 0;
  std::vector<T> copied_;
};

// Adds up the parts of result r, in order, in the evaluation; returns the weight of the nearest row.
inline double merge(const Plan& plan, std::size_t results, std::size_t width, std::size_t r, double beta,
                    const std::vector<Partial>& partials, const std::vector<double>& sums, Evaluation& evaluation) {
  Partial whole;
  for (std::size_t part = 0; part < plan.parts; ++part) {
    const Partial& partial = partials[part * results + r];
    whole.offer(partial.nearestDistance, static_cast<std::size_t>(partial.nearest));
  }
  double* next = evaluation.next.values.empty() ? nullptr : evaluation.next.values.data() + r * width;
  for (std::size_t part = 0; part < plan.parts; ++part) {
    const Partial& partial = partials[part * results + r];
    const double factor = std::exp(-beta * (partial.nearestDistance - whole.nearestDistance));
    whole.others += factor * (partial.others + (partial.nearest == whole.nearest ? 0 : 1));
    if (next == nullptr || factor == 0) continue;
    const double* sum = sums.data() + (part * results + r) * width;
    for (std::size_t j = 0; j < width; ++j) next[j] += factor * sum[j];
  }
  evaluation.energy[r] = whole.nearestDistance - std::log1p(whole.others) / beta;
  evaluation.nearest[r] = whole.nearest;
  evaluation.nearestDistance[r] = whole.nearestDistance;
  if (next != nullptr) std::transform(next, next + width, next, [&](double x) { return x / (1 + whole.others); });
  return 1 / (1 + whole.others);
}

}  // namespace denseam::euclidean
