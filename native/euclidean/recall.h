#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "euclidean/engine.h"
#include "euclidean/scorer.h"
#include "euclidean/vector_math.h"

namespace denseam::euclidean {

// What a part of the rows contributes to one query: the running minimum, the sum of exp(-beta (D - minimum)) over all
// rows but the nearest, and (elsewhere) the rows' sum under these weights.
struct Partial {
  double shift = std::numeric_limits<double>::infinity();
  double others = 0;
  double nearestDistance = std::numeric_limits<double>::infinity();
  std::int32_t nearest = 0;

  void offer(double distance, std::size_t index) {
    if (distance < nearestDistance) {
      nearestDistance = distance;
      nearest = static_cast<std::int32_t>(index);
    }
  }
  // The nearest row's own weight relative to a minimum: 1 but for rounding, 0 where there is no row.
  double own(double beta, double minimum) const { return std::exp(-beta * (nearestDistance - minimum)); }
};

// One tile of queries, each with `copies` betas: results are counted query by query.
template <typename T>
class Recall {
 public:
  Recall(const Rows<T>& rows, const double* betas, std::size_t copies, bool wantNext, Scorer<T>& scorer,
         Partial* partials, double* next)
      : rows_(rows),
        betas_(betas),
        copies_(copies),
        wantNext_(wantNext),
        scorer_(scorer),
        partials_(partials),
        next_(next),
        copied_(copies > 1 ? scorer.count() * copies * kRowTile : 0) {}

  void addTile(const Tile<T>& tile) {
    scorer_.score(tile);
    double total = 0;
    for (std::size_t q = 0; q < scorer_.count(); ++q) {
      const double least = scorer_.complete(q);
      for (std::size_t c = 0; c < copies_; ++c) {
        const std::size_t r = q * copies_ + c;
        if (copies_ > 1) std::copy_n(scorer_.scores(q), tile.count, weights(r));
        total += weigh(q, r, least);
      }
    }
    if (wantNext_ && total > 0) addRows();
  }

 private:
  std::size_t results() const { return scorer_.count() * copies_; }
  // Result r's distances, which become its weights: the scores themselves where nobody else needs them.
  T* weights(std::size_t r) { return copies_ > 1 ? copied_.data() + r * scorer_.tile().count : scorer_.scores(r); }

  // The distances of query q become weights of result r relative to its running minimum; returns their sum.
  double weigh(std::size_t q, std::size_t r, double least) {
    Partial& partial = partials_[r];
    const Partial before = partial;
    T* distances = weights(r);
    refine(q, r, least);
    double shift = std::min(partial.shift, exact_.empty() ? least : std::numeric_limits<double>::infinity());
    if (!exact_.empty()) {
      const std::size_t count = scorer_.tile().count;
      shift = std::min(shift, static_cast<double>(*std::min_element(distances, distances + count)));
      for (const auto& [j, distance] : exact_) shift = std::min(shift, distance);
    }
    if (shift < partial.shift) rescale(r, shift);
    if (partial.nearestDistance < before.nearestDistance) partial.others += before.own(betas_[r], shift);
    const double inexact = gibbs(scorer_.tile().count, betas_[r], shift, distances);
    partial.others += inexact;
    return inexact + weighExact(r, distances);
  }

  // The rows whose distances are exact; the nearest of all is one of them when it is in this tile.
  double weighExact(std::size_t r, T* distances) {
    Partial& partial = partials_[r];
    double sum = 0;
    for (const auto& [j, distance] : exact_) {
      const double weight = std::exp(-betas_[r] * (distance - partial.shift));
      distances[j] = static_cast<T>(weight);
      sum += weight;
      if (static_cast<std::int32_t>(scorer_.tile().first + j) != partial.nearest) partial.others += weight;
    }
    return sum;
  }

  // Recomputes the distances of which the nearest may be one, and those whose error would show in a weight. Their
  // scores are set to infinity: exact_ stands for them.
  void refine(std::size_t q, std::size_t r, double least) {
    Partial& partial = partials_[r];
    const double beta = betas_[r];
    exact_.clear();
    const double error = scorer_.error(q);
    double limit = -1;
    if (least <= partial.nearestDistance + 2 * error) limit = least + 2 * error;
    // An item at distance D behind the nearest has at most the weight exp(-beta D), which is off by the factor beta
    // error.
    const double visible = std::log(beta * error / Accuracy<T>::kWeightError) / beta;
    if (visible > 0) limit = std::max(limit, std::min(partial.shift, least) + visible + 2 * error);
    if (least > limit) return;
    T* distances = weights(r);
    for (std::size_t j = 0; j < scorer_.tile().count; ++j) {
      if (static_cast<double>(distances[j]) > limit) continue;
      const double distance = scorer_.exact(q, j);
      exact_.emplace_back(j, distance);
      distances[j] = std::numeric_limits<T>::infinity();
      partial.offer(distance, scorer_.tile().first + j);
    }
  }

  void rescale(std::size_t r, double shift) {
    Partial& partial = partials_[r];
    const double factor = std::exp(-betas_[r] * (partial.shift - shift));
    partial.others *= factor;
    if (wantNext_) {
      double* next = next_ + r * rows_.width();
      std::transform(next, next + rows_.width(), next, [factor](double x) { return x * factor; });
    }
    partial.shift = shift;
  }

  void addRows() {
    const std::size_t width = rows_.width();
    if constexpr (std::is_same_v<T, double>) {
      product(CblasNoTrans, results(), width, scorer_.tile().count, weights(0), scorer_.values(), 1.0, next_);
    } else {
      // Sums over many tiles are kept in double precision.
      sums_.resize(results() * width);
      product(CblasNoTrans, results(), width, scorer_.tile().count, weights(0), scorer_.values(), 0.0, sums_.data());
      for (std::size_t i = 0; i < sums_.size(); ++i) next_[i] += static_cast<double>(sums_[i]);
    }
  }

  const Rows<T>& rows_;
  const double* betas_;
  std::size_t copies_;
  bool wantNext_;
  Scorer<T>& scorer_;
  Partial* partials_;
  double* next_;
  std::vector<std::pair<std::size_t, double>> exact_;
  std::vector<T> sums_;
  std::vector<T> copied_;
};

// Adds up the parts of result r, in order, into the evaluation.
inline void merge(const Plan& plan, std::size_t results, std::size_t width, std::size_t r, double beta,
                  const std::vector<Partial>& partials, const std::vector<double>& sums, Evaluation& evaluation) {
  Partial whole;
  for (std::size_t part = 0; part < plan.parts; ++part) {
    const Partial& partial = partials[part * results + r];
    whole.shift = std::min(whole.shift, partial.shift);
    whole.offer(partial.nearestDistance, static_cast<std::size_t>(partial.nearest));
  }
  double* next = evaluation.next.values.empty() ? nullptr : evaluation.next.values.data() + r * width;
  for (std::size_t part = 0; part < plan.parts; ++part) {
    const Partial& partial = partials[part * results + r];
    const double factor = std::exp(-beta * (partial.shift - whole.shift));
    whole.others += factor * partial.others;
    if (partial.nearest != whole.nearest) whole.others += partial.own(beta, whole.shift);
    if (next == nullptr || factor == 0) continue;
    const double* sum = sums.data() + (part * results + r) * width;
    for (std::size_t j = 0; j < width; ++j) next[j] += factor * sum[j];
  }
  const double own = whole.own(beta, whole.shift);
  evaluation.energy[r] = whole.shift - std::log1p(whole.others + (own - 1)) / beta;
  evaluation.nearest[r] = whole.nearest;
  evaluation.nearestDistance[r] = whole.nearestDistance;
  if (next != nullptr) std::transform(next, next + width, next, [&](double x) { return x / (own + whole.others); });
}

}  // namespace denseam::euclidean
