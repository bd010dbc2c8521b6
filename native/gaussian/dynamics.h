#pragma once

#include <cstddef>
#include <vector>

#include "gaussian/evaluation.h"
#include "gaussian/frame.h"
#include "gaussian/items.h"
#include "memory.h"
#include "retrieval.h"

namespace denseam::gaussian {

// The states of a retrieval, and what each one's next search knows already.
struct MovingStates {
  std::vector<State> states;
  std::vector<Carry> carries;
};

// The update of the memory (science 1.1), as Iteration uses it (retrieval.h).
template <typename T>
class Dynamics {
 public:
  using States = MovingStates;

  // `asksEnergy`: the energy is what is asked for, and not only what a moving state has; see energyMargin.
  Dynamics(const FullItems<T>& items, Pruning pruning, bool asksEnergy)
      : items_(items), pruning_(pruning), asksEnergy_(asksEnergy) {}

  // Of a state that is weighed at betas from the hottest (the least) to the coldest.
  Purpose purpose(double hottest, double coldest) const;

  Advance<States> advance(const States& states, const std::vector<double>& betas, std::size_t copies, Job& job) const;
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

  const FullItems<T>& items_;
  Pruning pruning_;
  bool asksEnergy_;
};

extern template class Dynamics<float>;
extern template class Dynamics<double>;

}  // namespace denseam::gaussian
