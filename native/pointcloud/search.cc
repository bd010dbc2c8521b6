#include "pointcloud/search.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "memory/gibbs.h"
#include "parallel/pool.h"
#include "pointcloud/kernels.h"
#include "simd/distances.h"
#include "simd/vectors.h"

namespace denseam::pointcloud {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// The first wave, chosen by means alone, decides little; every wave is twice as large as the one before.
constexpr std::size_t kFirstWave = 8;
// The items in a chunk whose means are bounded.
constexpr std::size_t kMeansInChunk = 4096;
// The relative slack of a limit, far above the rounding of a divergence's sums and the second-order error of self
// terms.
constexpr double kSlack = 1e-12;

class Search {
 public:
  Search(const CloudItems& items, const Cloud& state, double self, const SearchRule& rule, Carry& carry,
         Spares<PairSolver>& solvers, Job& job)
      : items_(items), state_(state), self_(self), rule_(rule), carry_(carry), solvers_(solvers), job_(job) {}

  Found run() {
    boundByMeans();
    evaluateWaves(firstWave());
    if (rule_.isCounted) job_.advance(items_.size() - tried_);
    return collect();
  }

  Found completeEnergy(Found found, double beta) {
    takeOver(std::move(found));
    energyBeta_ = beta;
    evaluateWaves(nextWave(kFirstWave));
    return collect();
  }

 private:
  void evaluateWaves(std::vector<std::int32_t> wave) {
    for (std::size_t size = kFirstWave; !wave.empty(); size *= 2) {
      evaluate(wave);
      wave = nextWave(size);
    }
  }

  // Reopens the omitted items as far as they show in the energy.
  void takeOver(Found found) {
    values_ = std::move(found.values);
    isExact_.resize(items_.size());
    errors_.resize(items_.size());
    for (std::size_t k = 0; k < found.items.size(); ++k) {
      const auto i = static_cast<std::size_t>(found.items[k]);
      isExact_[i] = true;
      errors_[i] = found.marginalErrors[k];
      remember(i);
    }
    for (std::size_t i = 0; i < values_.size(); ++i) {
      if (!isExact_[i]) open_.push_back(static_cast<std::int32_t>(i));
    }
  }

  void boundByMeans() {
    values_.resize(items_.size());
    isExact_.resize(items_.size());
    errors_.resize(items_.size());
    parallel::forEach(items_.size(), kMeansInChunk, job_, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        values_[i] = squaredDistance(items_.mean(i), state_.mean, items_.unit());
      }
    });
  }

  bool isCloser(std::int32_t a, std::int32_t b) const {
    const double x = values_[static_cast<std::size_t>(a)], y = values_[static_cast<std::size_t>(b)];
    return x != y ? x < y : a < b;
  }

  // The k nearest items by their means, and those that were nearest before the state moved.
  std::vector<std::int32_t> firstWave() {
    open_.resize(items_.size());
    for (std::size_t i = 0; i < open_.size(); ++i) open_[i] = static_cast<std::int32_t>(i);
    if (std::isinf(rule_.margin)) return std::exchange(open_, {});
    const std::size_t k = std::min(rule_.neighbours, open_.size());
    const auto kth = open_.begin() + static_cast<std::ptrdiff_t>(k);
    std::partial_sort(open_.begin(), kth, open_.end(), [&](auto a, auto b) { return isCloser(a, b); });
    std::vector<std::int32_t> wave(open_.begin(), kth);
    open_.erase(open_.begin(), kth);
    const auto known = std::find(open_.begin(), open_.end(), carry_.nearest);
    if (known == open_.end()) return wave;
    wave.push_back(*known);
    open_.erase(known);
    return wave;
  }

  std::vector<std::int32_t> nextWave(std::size_t size) {
    const double limit = this->limit();
    std::erase_if(open_, [&](std::int32_t item) { return values_[static_cast<std::size_t>(item)] > limit; });
    const std::size_t count = std::min(size, open_.size());
    const auto end = open_.begin() + static_cast<std::ptrdiff_t>(count);
    std::partial_sort(open_.begin(), end, open_.end(), [&](auto a, auto b) { return isCloser(a, b); });
    std::vector<std::int32_t> wave(open_.begin(), end);
    open_.erase(open_.begin(), end);
    return wave;
  }

  // The divergence beyond which an item can be left out.
  double limit() const {
    if (best_.size() < rule_.neighbours || std::isinf(rule_.margin)) return kInfinity;
    const double limit = best_[rule_.neighbours - 1] + rule_.margin;
    if (energyBeta_ == 0) return limit;
    return limit + energyMargin(energyBeta_, best_[0], best_.size() > 1 ? best_[1] - best_[0] : kInfinity);
  }

  void evaluate(const std::vector<std::int32_t>& wave) {
    const double limit = this->limit();
    std::vector<std::vector<double>*> potentials(wave.size());
    for (std::size_t i = 0; carry_.isKept && i < wave.size(); ++i) potentials[i] = &carry_.potentials[wave[i]];
    parallel::forEach(wave.size(), 1, job_, [&](std::size_t begin, std::size_t end) {
      auto solver = solvers_.take([] { return std::make_unique<PairSolver>(); });
      for (std::size_t i = begin; i < end; ++i) {
        std::vector<double> own;
        evaluate(*solver, wave[i], limit, potentials[i] ? *potentials[i] : own);
      }
      solvers_.giveBack(std::move(solver));
      if (rule_.isCounted && energyBeta_ == 0) job_.advance(end - begin);
    });
    tried_ += wave.size();
    for (const std::int32_t item : wave) remember(static_cast<std::size_t>(item));
  }

  void evaluate(PairSolver& solver, std::int32_t index, double limit, std::vector<double>& potentials) {
    const auto i = static_cast<std::size_t>(index);
    const Cloud item = items_.prepared(i);
    const std::vector<double> difference = meanDifference(state_, item, items_.unit());
    const double means = innerProduct(difference.size(), difference.data(), difference.data());
    const double selves = (self_ + items_.item(i).selfValue) / 2;
    const double slack = kSlack * (means + std::fabs(self_) + std::fabs(items_.item(i).selfValue) + std::fabs(limit));
    const double enough = std::isinf(limit) ? kInfinity : limit - means + selves + slack;
    const auto result = solver.solve(state_, item, items_.options(), potentials, job_, enough);
    const double divergence = means + result.value - selves;
    isExact_[i] = !(result.value > enough);
    values_[i] = isExact_[i] ? divergence : std::max(means, divergence - slack);
    errors_[i] = std::max(result.marginalError, items_.item(i).selfError);
  }

  // Keeps the least k divergences, and one more.
  void remember(std::size_t item) {
    if (!isExact_[item]) return;
    best_.insert(std::upper_bound(best_.begin(), best_.end(), values_[item]), values_[item]);
    if (best_.size() > rule_.neighbours + 1) best_.pop_back();
  }

  Found collect() {
    Found found;
    for (std::size_t i = 0; i < values_.size(); ++i) {
      if (!isExact_[i]) continue;
      found.items.push_back(static_cast<std::int32_t>(i));
      found.divergences.push_back(values_[i]);
      found.marginalErrors.push_back(errors_[i]);
      const double selves = std::fabs(self_) + std::fabs(items_.item(i).selfValue);
      found.greatestCost = std::max(found.greatestCost, std::fabs(values_[i]) + selves);
    }
    const auto nearest = std::min_element(found.divergences.begin(), found.divergences.end());
    carry_.nearest = found.items[static_cast<std::size_t>(nearest - found.divergences.begin())];
    found.values = std::move(values_);
    return found;
  }

  const CloudItems& items_;
  const Cloud& state_;
  double self_;
  SearchRule rule_;
  Carry& carry_;
  Spares<PairSolver>& solvers_;
  Job& job_;
  std::vector<double> values_, errors_;
  std::vector<std::uint8_t> isExact_;
  std::vector<double> best_;  // the least divergences, ascending
  std::size_t tried_ = 0;
  double energyBeta_ = 0;
  std::vector<std::int32_t> open_;  // neither evaluated nor ruled out
};

}  // namespace

SearchRule SearchRule::gibbs(std::size_t size, double beta, double mass) {
  return {(std::log(static_cast<double>(size)) - std::log(mass)) / beta, 1, true};
}

Found search(const CloudItems& items, const Cloud& state, double self, const SearchRule& rule, Carry& carry,
             Spares<PairSolver>& solvers, Job& job) {
  return Search(items, state, self, rule, carry, solvers, job).run();
}

Found completeEnergy(const CloudItems& items, const Cloud& state, double self, const SearchRule& rule, double beta,
                     Found found, Carry& carry, Spares<PairSolver>& solvers, Job& job) {
  return Search(items, state, self, rule, carry, solvers, job).completeEnergy(std::move(found), beta);
}

double droppedMass(const Found& found, double beta) {
  const double least = *std::min_element(found.divergences.begin(), found.divergences.end());
  double kept = 0, dropped = 0;
  for (const double divergence : found.divergences) kept += std::exp(-beta * (divergence - least));
  auto evaluated = found.items.begin();
  for (std::size_t i = 0; i < found.values.size(); ++i) {
    if (evaluated != found.items.end() && static_cast<std::size_t>(*evaluated) == i) {
      ++evaluated;
    } else {
      dropped += std::exp(-beta * (found.values[i] - least));
    }
  }
  return dropped / (kept + dropped);
}

}  // namespace denseam::pointcloud
