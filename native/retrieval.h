#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "memory.h"
#include "parallel/job.h"
#include "parallel/pool.h"

namespace denseam {

// A batch of states evaluated once, and where the update takes each of them.
template <typename States>
struct Advance {
  std::vector<double> energy;
  std::vector<std::int32_t> nearest;
  std::vector<double> nearestDistance;
  std::vector<double> stepLength;  // W2(state, next)
  States next;
};

// Iterates the update of any memory to a fixed point. `Dynamics` names the type of its `States` and gives
//   count(states), advance(states, beta, job) -> Advance, select(states, indices) -> States, write(states, index,
//   batch, slot).
// States that have stopped leave the batch, so no query runs as long as the slowest.
template <typename Dynamics>
class Iteration {
 public:
  using States = typename Dynamics::States;

  Iteration(const Dynamics& dynamics, std::size_t size, const RetrievalOptions& options, Batch shape)
      : dynamics_(dynamics), size_(size), options_(options), shape_(std::move(shape)) {}

  // `shape_` is a batch as large as the queries; it becomes the returned states.
  Retrieval run(States states, Job& job) {
    const std::size_t count = shape_.count;
    active_.resize(count);
    std::iota(active_.begin(), active_.end(), std::size_t{0});
    prepare(count);
    job.expect(count * size_ * (options_.maxIterations + 1));
    for (std::size_t iteration = 0; !active_.empty(); ++iteration) {
      Advance<States> advance = dynamics_.advance(states, options_.beta, job);
      states = record(iteration, states, std::move(advance), job);
    }
    return std::move(result_);
  }

 private:
  void prepare(std::size_t count) {
    result_.states = shape_;
    result_.energy.resize(count);
    result_.nearest.resize(count);
    result_.nearestDistance.resize(count);
    result_.iterations.resize(count);
    result_.stepLength.resize(count);
    result_.converged.resize(count);
    result_.evaluated.resize(count);
    result_.droppedMass.resize(count);
  }

  // Notes what was found of every active state and returns those that go on, already moved.
  States record(std::size_t iteration, const States& states, Advance<States> advance, Job& job) {
    std::vector<std::size_t> kept;
    std::vector<std::size_t> stillActive;
    for (std::size_t i = 0; i < active_.size(); ++i) {
      const std::size_t q = active_[i];
      result_.energy[q] = advance.energy[i];
      result_.nearest[q] = advance.nearest[i];
      result_.nearestDistance[q] = advance.nearestDistance[i];
      result_.stepLength[q] = advance.stepLength[i];
      result_.iterations[q] = static_cast<std::int32_t>(iteration);
      result_.evaluated[q] = saturated((iteration + 1) * size_);
      result_.converged[q] = advance.stepLength[i] <= options_.tolerance;
      if (result_.converged[q] || iteration == options_.maxIterations) {
        job.advance(size_ * (options_.maxIterations - iteration));
      } else {
        kept.push_back(i);
        stillActive.push_back(q);
      }
    }
    write(states, iteration, job);
    if (options_.trajectory) result_.trajectory.push_back(result_.states);
    active_ = std::move(stillActive);
    return dynamics_.select(std::move(advance.next), kept);
  }

  // The active states that are wanted: those that stop here, or all of a trajectory.
  void write(const States& states, std::size_t iteration, const Job& job) {
    parallel::forEach(active_.size(), 1, job, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const std::size_t q = active_[i];
        const bool stops = result_.converged[q] || iteration == options_.maxIterations;
        if (stops || options_.trajectory) dynamics_.write(states, i, result_.states, q);
      }
    });
  }

  static std::int32_t saturated(std::size_t count) {
    return static_cast<std::int32_t>(std::min<std::size_t>(count, std::numeric_limits<std::int32_t>::max()));
  }

  const Dynamics& dynamics_;
  std::size_t size_;
  RetrievalOptions options_;
  Batch shape_;
  std::vector<std::size_t> active_;
  Retrieval result_;
};

}  // namespace denseam
