#pragma once

#include <cstddef>
#include <vector>

#include "gaussian/evaluation.h"
#include "gaussian/frame.h"
#include "gaussian/items.h"
#include "memory/memory.h"
#include "memory/retrieval.h"

namespace denseam::gaussian {

// The states of a retrieval, each with the data that its next search reuses.
struct MovingStates {
  std::vector<State> states;
  std::vector<Carry> carries;
};

// The update of the memory (science 1.1), as Iteration uses it (memory/retrieval.h).
template <typename T>
class Dynamics {
 public:
  using States = MovingStates;

  // The number of items that a stopping state may cost more for the digits of its energy.
  static constexpr std::size_t kEnergyBudget = 16;

  Dynamics(const FullItems<T>& items, Pruning pruning, std::size_t energyBudget = kEnergyBudget)
      : items_(items), pruning_(pruning), energyBudget_(energyBudget) {}

  // The purpose for a state that is weighed at betas from the hottest (the least) to the coldest.
  Purpose purpose(double hottest, double coldest) const;
  // Whether a search for an energy goes on beyond what Gibbs weights show: callers who drop visible mass accept its
  // loss in the energy as well.
  bool completesEnergy() const { return pruning_ && *pruning_ <= kInvisibleMass; }

  // Results that stop get the energy of their state to its last digits (energyMargin), other results as far as steps
  // need it.
  Advance<States> advance(const States& states, const std::vector<double>& betas, std::size_t copies,
                          const Stops& stops, Job& job) const;
  States select(States states, const std::vector<std::size_t>& indices) const;
  void write(const States& states, std::size_t index, Batch& batch, std::size_t slot) const {
    writeState(states.states[index], batch, slot);
  }

 private:
  std::vector<std::size_t> survivors(const Weighted& weighted) const;
  // The image of the state's factor under the weighted sum of maps.
  std::vector<double> image(const Evaluation<T>& evaluation, std::size_t state, const Weighted& weighted,
                            const Job& job) const;
  // Where the update takes the state, and how far.
  State move(const Evaluation<T>& evaluation, std::size_t state, const Weighted& weighted, double& stepLength,
             const Job& job) const;
  // Continues searches with the items that are visible in the energy of the results that stop.
  void completeEnergies(Evaluation<T>& evaluation, const std::vector<double>& betas, std::size_t copies,
                        const Stops& stops, Advance<States>& result, Job& job) const;

  const FullItems<T>& items_;
  Pruning pruning_;
  std::size_t energyBudget_;
};

extern template class Dynamics<float>;
extern template class Dynamics<double>;

}  // namespace denseam::gaussian
