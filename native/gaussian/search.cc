#include "gaussian/search.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "memory/gibbs.h"
#include "parallel/pool.h"
#include "simd/distances.h"
#include "simd/exponentials.h"

namespace denseam::gaussian {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// Marks a value as a bound.
constexpr double kBound = -1;
// The relative slack of a bound, far above the rounding of its sums.
constexpr double kSlack = 1e-12;
// The number of undecided items below which evaluating them is cheaper than the query's own signature. Where means and
// traces have excluded hardly any item, signatures may not either, and must cost little beside their possible gain.
constexpr std::size_t kLeastToBound = 8;
constexpr std::size_t kLeastToTry = 64;
// The share of kept items above which bounds are not worth computing again.
constexpr double kHopeless = 0.9;
// The least size of a wave that the bounds chose, if as many items are left, and the growth of waves: all threads have
// work, and few items are evaluated in vain.
constexpr std::size_t kFirstWave = 8;
constexpr std::size_t kWaveGrowth = 4;
// Numbers read in a chunk of about 20 microseconds.
constexpr std::size_t kNumbersInChunk = 100'000;

}  // namespace

void Carry::move(double stepLength, double slack) {
  // After a long step signatures may exclude more.
  if (stepLength > reach[static_cast<std::size_t>(nearest)] / 2) {
    hopelessMargin = std::numeric_limits<double>::infinity();
  }
  const double step = stepLength + slack;
  for (double& bound : reach) bound = std::max(0.0, bound - step);
}

SearchRule SearchRule::gibbs(std::size_t size, double beta, double mass) {
  return {(std::log(static_cast<double>(size)) - std::log(mass)) / beta, 1};
}

template <typename T>
Search<T>::Search(const FullItems<T>& items, const Frame& frame, const SearchRule& rule, Carry carry)
    : items_(items),
      frame_(frame),
      rule_(rule),
      carry_(std::move(carry)),
      values_(items.size()),
      errors_(items.size(), kBound),
      waveSize_(kFirstWave) {}

template <typename T>
const std::vector<std::int32_t>& Search<T>::next(const Job& job) {
  wave_.clear();
  if (stage_ == Stage::kProbe) {
    probe(job);
    return wave_;
  }
  if (stage_ == Stage::kDone) return wave_;
  dropBeyond(limit());
  if (stage_ == Stage::kBound || stage_ == Stage::kEnergyBound) {
    if (!carry_.reach.empty()) {
      boundByMeans(open_, job);
      dropBeyond(limit());
    }
    if (canSign()) boundBySignatures(job);
    if (stage_ == Stage::kEnergyBound && open_.size() > energyBudget_) open_.clear();
    stage_ = stage_ == Stage::kBound ? Stage::kWaves : Stage::kEnergyWaves;
  }
  chooseWave();
  // The first wave for the energy gives the distance of the second nearest item.
  if (stage_ == Stage::kEnergy) stage_ = Stage::kEnergyBound;
  if (wave_.empty()) stage_ = Stage::kDone;
  return wave_;
}

template <typename T>
void Search<T>::record(std::int32_t item, const Distance& distance) {
  values_[static_cast<std::size_t>(item)] = distance.value;
  errors_[static_cast<std::size_t>(item)] = distance.error;
}

// Chooses the items that look nearest: their distances decide what can be left out. Without a rule it takes all.
template <typename T>
void Search<T>::probe(const Job& job) {
  open_.resize(items_.size());
  std::iota(open_.begin(), open_.end(), 0);
  if (rule_.margin == kInfinity || rule_.neighbours >= items_.size()) {
    wave_ = std::exchange(open_, {});
    stage_ = Stage::kDone;
    return;
  }
  stage_ = Stage::kBound;
  if (carry_.reach.empty()) {
    boundByMeans(open_, job);
  } else {
    std::transform(carry_.reach.begin(), carry_.reach.end(), values_.begin(), [](double x) { return x * x; });
  }
  const auto [least, greatest] = std::minmax_element(values_.begin(), values_.end());
  if (!canSign() && *greatest <= *least + rule_.margin) {  // wherever the nearest is, nothing is ruled out
    wave_ = std::exchange(open_, {});
    stage_ = Stage::kDone;
    return;
  }
  if (carry_.reach.empty()) {
    chooseBest(rule_.neighbours);
  } else {
    wave_ = {carry_.nearest};
  }
}

template <typename T>
bool Search<T>::canSign() const {
  const bool isPruned = open_.size() < items_.size() / 2;
  return items_.indexed() && rule_.margin < carry_.hopelessMargin &&
         open_.size() >= (isPruned ? kLeastToBound : kLeastToTry);
}

template <typename T>
void Search<T>::chooseBest(std::size_t count) {
  wave_ = open_;
  std::nth_element(wave_.begin(), wave_.begin() + static_cast<std::ptrdiff_t>(count - 1), wave_.end(),
                   [&](std::int32_t a, std::int32_t b) {
                     const double x = values_[static_cast<std::size_t>(a)], y = values_[static_cast<std::size_t>(b)];
                     return x != y ? x < y : a < b;
                   });
  wave_.resize(count);
  std::sort(wave_.begin(), wave_.end());
}

// F <= sqrt(tr P tr O), P the positive part of S: with (a - b)^2 = tr P + tr O - 2 sqrt(tr P tr O), nothing cancels.
template <typename T>
double Search<T>::boundByMean(std::size_t item) const {
  const double means = squaredDistance(items_.mean(item), frame_.mean());
  const CovarianceNote& note = items_.note(item);
  const double roots = std::sqrt(note.positiveTrace) - std::sqrt(frame_.trace());
  return (means + roots * roots) * (1 - kSlack) - (note.positiveTrace - note.trace);
}

template <typename T>
void Search<T>::boundByMeans(const std::vector<std::int32_t>& items, const Job& job) {
  const std::size_t grain = std::max<std::size_t>(1, kNumbersInChunk / items_.dimension());
  parallel::forEach(items.size(), grain, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t k = begin; k < end; ++k) {
      const auto item = static_cast<std::size_t>(items[k]);
      if (!isEvaluated(item)) values_[item] = std::max(values_[item], boundByMean(item));
    }
  });
}

template <typename T>
void Search<T>::boundBySignatures(const Job& job) {
  const Signature signature(frame_);
  const std::size_t grain = std::max<std::size_t>(1, kNumbersInChunk / signatureSize(items_.dimension()));
  std::vector<double> above(open_.size());
  parallel::forEach(open_.size(), grain, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t k = begin; k < end; ++k) {
      const auto item = static_cast<std::size_t>(open_[k]);
      const double means = squaredDistance(items_.mean(item), frame_.mean());
      const CovarianceNote& note = items_.note(item);
      const double sum = means + note.trace + frame_.trace();
      const FidelityBounds fidelity = signature.fidelity(items_.signature(item), note);
      values_[item] = std::max(values_[item], sum - 2 * fidelity.greatest - kSlack * sum);
      above[k] = sum - 2 * fidelity.least + kSlack * sum;
    }
  });
  if (rule_.neighbours == 1) nearestBound_ = std::min(nearestBound_, *std::min_element(above.begin(), above.end()));
  const auto before = static_cast<double>(open_.size());
  dropBeyond(limit());
  if (static_cast<double>(open_.size()) > kHopeless * before) carry_.hopelessMargin = rule_.margin;
}

template <typename T>
double Search<T>::limit() const {
  return energyBeta_ > 0 ? energyLimit() : weightLimit();
}

template <typename T>
double Search<T>::weightLimit() const {
  std::vector<double> nearest;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (isEvaluated(i)) nearest.push_back(values_[i] + errors_[i]);
  }
  const auto kth = nearest.begin() + static_cast<std::ptrdiff_t>(rule_.neighbours - 1);
  std::nth_element(nearest.begin(), kth, nearest.end());
  return std::min(nearestBound_, *kth) + rule_.margin;
}

template <typename T>
void Search<T>::dropBeyond(double limit) {
  std::erase_if(open_, [&](std::int32_t item) {
    const auto i = static_cast<std::size_t>(item);
    return isEvaluated(i) || values_[i] > limit;
  });
}

// Takes the best of the open items, or all where that is most of the memory.
template <typename T>
void Search<T>::chooseWave() {
  const bool isMost = energyBeta_ == 0 && open_.size() >= items_.size() / 2;
  if (open_.size() > waveSize_ && !isMost) {
    chooseBest(waveSize_);
  } else {
    wave_ = open_;
  }
  waveSize_ *= kWaveGrowth;
}

template <typename T>
double Search<T>::energyLimit() const {
  double least = kInfinity, second = kInfinity, error = 0;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (!isEvaluated(i)) continue;
    if (values_[i] < least) {
      second = std::exchange(least, values_[i]);
      error = errors_[i];
    } else {
      second = std::min(second, values_[i]);
    }
  }
  return least + error + rule_.margin + energyMargin(energyBeta_, least - error, second - least);
}

template <typename T>
void Search<T>::completeEnergy(double beta, std::size_t budget) {
  stage_ = Stage::kEnergy;
  energyBeta_ = beta;
  energyBudget_ = budget;
  waveSize_ = kFirstWave;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (!isEvaluated(i)) open_.push_back(static_cast<std::int32_t>(i));
  }
}

template <typename T>
std::vector<std::int32_t> Search<T>::evaluated() const {
  std::vector<std::int32_t> result;
  for (std::size_t i = 0; i < errors_.size(); ++i) {
    if (isEvaluated(i)) result.push_back(static_cast<std::int32_t>(i));
  }
  return result;
}

template <typename T>
double Search<T>::droppedMass(double beta) const {
  std::vector<double> left;
  std::vector<double> kept;
  for (std::size_t i = 0; i < values_.size(); ++i) (isEvaluated(i) ? kept : left).push_back(values_[i]);
  if (left.empty()) return 0;
  const double least =
      std::min(*std::min_element(kept.begin(), kept.end()), *std::min_element(left.begin(), left.end()));
  const double dropped = boltzmannFactors(beta, least, left);
  const double mass = dropped / (dropped + boltzmannFactors(beta, least, kept));
  return std::max(mass, std::numeric_limits<double>::min());  // too little to be shown, but not nothing
}

template <typename T>
Carry Search<T>::carry() const {
  Carry next{std::vector<double>(values_.size()), 0, carry_.hopelessMargin};
  double least = kInfinity;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (isEvaluated(i) && values_[i] < least) {
      least = values_[i];
      next.nearest = static_cast<std::int32_t>(i);
    }
    next.reach[i] = std::sqrt(std::max(0.0, values_[i] - std::max(0.0, errors_[i])));
  }
  return next;
}

template class Search<float>;
template class Search<double>;

}  // namespace denseam::gaussian
