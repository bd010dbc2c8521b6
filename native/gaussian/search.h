#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "gaussian/bures.h"
#include "gaussian/frame.h"
#include "gaussian/items.h"
#include "gaussian/signature.h"
#include "parallel/job.h"

namespace denseam::gaussian {

// The data that one search leaves to the next, after a small move of the state: W2 is a metric, so every distance
// changes by at most the length of the step (Elkan's idea for k-means).
struct Carry {
  std::vector<double> reach;  // lower bounds on W2 to every item; empty before the first search
  std::int32_t nearest = 0;
  // The margin from which signatures excluded hardly anything: they are not tried again.
  double hopelessMargin = std::numeric_limits<double>::infinity();

  void move(double stepLength, double slack);
};

// The rule for leaving out an item: it is certainly farther than `margin` behind the k-th nearest.
struct SearchRule {
  double margin = std::numeric_limits<double>::infinity();
  std::size_t neighbours = 1;
  // Leaves out items that together have at most `mass` of the Gibbs weight: each is behind the nearest by more than
  // (log N - log mass) / beta, so all of them have less than N exp(-log N + log mass).
  static SearchRule gibbs(std::size_t size, double beta, double mass);
  static SearchRule nearest(std::size_t k) { return {0, k}; }
  static SearchRule all() { return {}; }
};

// A best-first search for the items that matter to one state. It names the items to evaluate next, takes their
// distances, and ends when the bounds exclude all others. Its choices depend on the problem alone.
template <typename T>
class Search {
 public:
  Search(const FullItems<T>& items, const Frame& frame, const SearchRule& rule, Carry carry);

  const Frame& frame() const { return frame_; }

  // The items to evaluate next, ascending; empty when the search has ended. Record all of them before the next call.
  const std::vector<std::int32_t>& next(const Job& job);
  void record(std::int32_t item, const Distance& distance);
  // Continues an ended search with the items that are visible in the energy at this beta (energyMargin), unless more
  // than `budget` items may be, beside a first wave of them.
  void completeEnergy(double beta, std::size_t budget);
  // Whether the item being evaluated is the only one of its round.
  bool isAlone() const { return wave_.size() == 1; }

  // After the search: the evaluated items, ascending, and every item's squared distance, or a lower bound on it.
  std::vector<std::int32_t> evaluated() const;
  const std::vector<double>& values() const { return values_; }
  double error(std::int32_t item) const { return errors_[static_cast<std::size_t>(item)]; }
  // An upper bound on the Gibbs weight of the omitted items.
  double droppedMass(double beta) const;
  // The start data for a search from the next state.
  Carry carry() const;

 private:
  enum class Stage { kProbe, kBound, kWaves, kEnergy, kEnergyBound, kEnergyWaves, kDone };

  bool isEvaluated(std::size_t item) const { return errors_[item] >= 0; }
  void probe(const Job& job);
  void boundByMeans(const std::vector<std::int32_t>& items, const Job& job);
  void boundBySignatures(const Job& job);
  double boundByMean(std::size_t item) const;
  // The squared distance beyond which an item can be left out.
  double limit() const;
  // The distances beyond which an item is invisible in the Gibbs weights, or not among the nearest; and invisible in
  // the energy, too.
  double weightLimit() const;
  double energyLimit() const;
  void dropBeyond(double limit);
  bool canSign() const;
  void chooseBest(std::size_t count);
  void chooseWave();

  const FullItems<T>& items_;
  const Frame& frame_;
  SearchRule rule_;
  Carry carry_;
  Stage stage_ = Stage::kProbe;
  double energyBeta_ = 0;
  std::size_t energyBudget_ = 0;
  std::vector<double> values_;
  std::vector<double> errors_;  // of an evaluated distance; negative where the value is a bound
  double nearestBound_ = std::numeric_limits<double>::infinity();  // an upper bound on the least distance
  std::vector<std::int32_t> open_;                                 // neither evaluated nor ruled out
  std::vector<std::int32_t> wave_;
  std::size_t waveSize_;
};

extern template class Search<float>;
extern template class Search<double>;

}  // namespace denseam::gaussian
