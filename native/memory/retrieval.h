#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <utility>
#include <variant>
#include <vector>

#include "memory/memory.h"
#include "parallel/job.h"
#include "parallel/pool.h"

namespace denseam {

// One evaluation of a batch of states and of the next state of each. Every state has `copies` results, each at a beta
// of its own; those of the first state come first.
template <typename States>
struct Advance {
  Advance(std::size_t count)
      : energy(count),
        nearest(count),
        nearestDistance(count),
        stepLength(count),
        evaluated(count),
        droppedMass(count) {}

  std::vector<double> energy;
  std::vector<std::int32_t> nearest;
  std::vector<double> nearestDistance;
  std::vector<double> stepLength;  // W2(state, next)
  std::vector<std::size_t> evaluated;
  std::vector<double> droppedMass;
  States next;
};

// Whether a retrieval ends with a state whose update has this step length. The description of a returned state may take
// longer to compute than the next state.
using Stops = std::function<bool(double stepLength)>;
inline bool neverStops(double) { return false; }

// Iterates the update of any memory to a fixed point. `Dynamics` names the type of its `States` and gives
//   advance(states, betas, copies, stops, job) -> Advance, with a beta for every result,
//   select(states, indices) -> States, write(states, index, batch, slot).
// States that have stopped leave the batch, so no query runs as long as the slowest.
template <typename Dynamics>
class Iteration {
 public:
  using States = typename Dynamics::States;

  // `shape` is a batch of as many states as there are results; it becomes the returned states.
  Iteration(const Dynamics& dynamics, std::size_t size, const RetrievalOptions& options, double tolerance, Batch shape)
      : dynamics_(dynamics), size_(size), options_(options), tolerance_(tolerance), shape_(std::move(shape)) {}

  Retrieval run(States states, Job& job) {
    // All betas of a sweep begin at the same states: their distances are computed once.
    copies_ = options_.sweep ? options_.betas.size() : 1;
    prepare(shape_.count);
    activateAll();
    job.expect(shape_.count * size_ * (options_.maxIterations + 1));
    for (std::size_t iteration = 0; !active_.empty(); ++iteration) {
      const Stops stops = [&](double stepLength) { return this->stops(iteration, stepLength); };
      Advance<States> advance = dynamics_.advance(states, betas(iteration), copies_, stops, job);
      states = record(iteration, states, std::move(advance), job);
      copies_ = 1;
    }
    return std::move(result_);
  }

 private:
  void prepare(std::size_t count) {
    result_.states = shape_;
    for (const auto& column : kRetrievalColumns) {
      std::visit([&](auto member) { (result_.*member).resize(count); }, column.member);
    }
  }

  // The slots of the results: a batch has the results of its first state first, the returned states those at the first
  // beta.
  void activateAll() {
    const std::size_t states = shape_.count / copies_;
    for (std::size_t i = 0; i < shape_.count; ++i) active_.push_back(i % copies_ * states + i / copies_);
  }

  // One beta for every active result.
  std::vector<double> betas(std::size_t iteration) const {
    const std::size_t count = options_.betas.size();
    const std::size_t states = shape_.count / count;
    std::vector<double> result;
    for (const std::size_t r : active_) {
      result.push_back(options_.betas[options_.sweep ? r / states : std::min(iteration, count - 1)]);
    }
    return result;
  }

  // A state is no fixed point while beta still changes.
  bool isConverged(std::size_t iteration, double stepLength) const {
    return (options_.sweep || iteration + 1 >= options_.betas.size()) && stepLength <= tolerance_;
  }
  bool stops(std::size_t iteration, double stepLength) const {
    return iteration == options_.maxIterations || isConverged(iteration, stepLength);
  }

  // Records the results of every active state and returns the states that go on, already moved.
  States record(std::size_t iteration, const States& states, Advance<States> advance, Job& job) {
    std::vector<std::size_t> kept;
    std::vector<std::size_t> stillActive;
    for (std::size_t i = 0; i < active_.size(); ++i) {
      const std::size_t r = active_[i];
      result_.energy[r] = advance.energy[i];
      result_.nearest[r] = advance.nearest[i];
      result_.nearestDistance[r] = advance.nearestDistance[i];
      result_.stepLength[r] = advance.stepLength[i];
      result_.iterations[r] = static_cast<std::int32_t>(iteration);
      result_.evaluated[r] = saturated(static_cast<std::size_t>(result_.evaluated[r]) + advance.evaluated[i]);
      result_.droppedMass[r] = std::max(result_.droppedMass[r], advance.droppedMass[i]);
      result_.converged[r] = isConverged(iteration, advance.stepLength[i]);
      if (stops(iteration, advance.stepLength[i])) {
        job.advance(size_ * (options_.maxIterations - iteration));
      } else {
        kept.push_back(i);
        stillActive.push_back(r);
      }
    }
    write(states, iteration, job);
    if (options_.trajectory) result_.trajectory.push_back(result_.states);
    active_ = std::move(stillActive);
    return dynamics_.select(std::move(advance.next), kept);
  }

  // Writes the active states that the caller gets: those that stop here, or all of a trajectory.
  void write(const States& states, std::size_t iteration, const Job& job) {
    parallel::forEach(active_.size(), 1, job, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const std::size_t r = active_[i];
        const bool stops = result_.converged[r] || iteration == options_.maxIterations;
        if (stops || options_.trajectory) dynamics_.write(states, i / copies_, result_.states, r);
      }
    });
  }

  static std::int32_t saturated(std::size_t count) {
    return static_cast<std::int32_t>(std::min<std::size_t>(count, std::numeric_limits<std::int32_t>::max()));
  }

  const Dynamics& dynamics_;
  std::size_t size_;
  RetrievalOptions options_;
  double tolerance_;
  Batch shape_;
  std::size_t copies_ = 1;
  std::vector<std::size_t> active_;
  Retrieval result_;
};

}  // namespace denseam
