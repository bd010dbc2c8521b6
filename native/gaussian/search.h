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

// What one search leaves to the next, from a state that has moved a little: W2 is a metric, so every distance changes
// by at most the length of the step (Elkan's idea for k-means).
struct Carry {
  std::vector<double> reach;  // lower bounds on W2 to every item; empty before the first search
  std::int32_t nearest = 0;
  // From this margin on signatures ruled out hardly anything: they are not tried again.
  double hopelessMargin = std::numeric_limits<double>::infinity();

  void move(double stepLength, double slack);
};

// When an item may be left out: if it is certainly farther than `margin` behind the k-th nearest.
struct SearchRule {
  double margin = std::numeric_limits<double>::infinity();
  std::size_t neighbours = 1;
  // Leaves out items that together have at most `mass` of the Gibbs weight: each is behind the nearest by more than
  // (log N - log mass) / beta, so all of them have less than N exp(-log N + log mass).
  static SearchRule gibbs(std::size_t size, double beta, double mass);
  static SearchRule nearest(std::size_t k) { return {0, k}; }
  static SearchRule all() { return {}; }
};

// A best-first search for the items that matter to one state. It says which items to evaluate next, is told their
// distances, and ends when the bounds rule out all others. What it chooses depends on the problem alone.
template <typename T>
class Search {
 public:
  Search(const FullItems<T>& items, const Frame& frame, const SearchRule& rule, Carry carry);

  const Frame& frame() const { return frame_; }

  // The items to evaluate next, ascending; empty when the search has ended. All of them are to be recorded before the
  // next call.
  const std::vector<std::int32_t>& next(const Job& job);
  void record(std::int32_t item, const Distance& distance);
  // After a search has ended: it goes on, for what shows in the energy at this beta (energyMargin); but not when more
  // than `budget` items may, beside a first wave of them.
  void completeEnergy(double beta, std::size_t budget);
  // Whether the item being evaluated is the only one of its round.
  bool isAlone() const { return wave_.size() == 1; }

  // After the search: the evaluated items, ascending, and every item's squared distance, or a lower bound on it.
  std::vector<std::int32_t> evaluated() const;
  const std::vector<double>& values() const { return values_; }
  double error(std::int32_t item) const { return errors_[static_cast<std::size_t>(item)]; }
  // The Gibbs weight of what was left out, at most.
  double droppedMass(double beta) const;
  // What a search from where the update takes this state begins with.
  Carry carry() const;

 private:
  enum class Stage { kProbe, kBound, kWaves, kEnergy, kEnergyBound, kEnergyWaves, kDone };

  bool isEvaluated(std::size_t item) const { return errors_[item] >= 0; }
  void probe(const Job& job);
  void boundByMeans(const std::vector<std::int32_t>& items, const Job& job);
  void boundBySignatures(const Job& job);
  double boundByMean(std::size_t item) const;
  // Beyond this squared distance an item can be left out.
  double limit() const;
  // Beyond this one it does not show in the Gibbs weights, or is not among the nearest; beyond the next one it does not
  // show in the energy either.
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
