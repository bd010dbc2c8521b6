#pragma once

#include <memory>
#include <vector>

#include "gaussian/bures.h"
#include "gaussian/frame.h"
#include "memory.h"
#include "retrieval.h"
#include "store.h"

namespace denseam::gaussian {

// Gaussians with full covariances. An item is its mean followed by its covariance, d + d x d values; the note says
// whether the covariance was found singular.
template <typename T>
class FullMemory : public Memory {
 public:
  explicit FullMemory(std::size_t dimension) : dimension_(dimension), items_(dimension + dimension * dimension) {}

  std::size_t size() const override { return items_.size(); }
  std::shared_ptr<const Memory> append(const Items& items, Job& job) const override;
  std::shared_ptr<const Memory> remove(const std::vector<std::int32_t>& indices, Job& job) const override;
  Batch get(const std::vector<std::int32_t>& indices, Job& job) const override;

  std::vector<double> distances(const Batch& queries, double ridge, Job& job) const override;
  std::vector<double> weights(const Batch& queries, double ridge, double beta, Job& job) const override;
  std::vector<double> energy(const Batch& queries, double ridge, double beta, Job& job) const override;
  Batch step(const Batch& queries, double ridge, double beta, Job& job) const override;
  Retrieval retrieve(const Batch& queries, double ridge, const RetrievalOptions& options, Job& job) const override;
  Neighbours nearest(const Batch& queries, double ridge, std::size_t k, Job& job) const override;
  TransportMaps transportMaps(const Batch& query, double ridge, const std::vector<std::int32_t>& indices,
                              Job& job) const override;

  // Iteration's view of this memory (retrieval.h).
  using States = std::vector<State>;
  Advance<States> advance(const States& states, double beta, Job& job) const;
  States select(States states, const std::vector<std::size_t>& indices) const;
  void write(const States& states, std::size_t index, Batch& batch, std::size_t slot) const {
    writeState(states[index], batch, slot);
  }

 private:
  const T* mean(std::size_t item) const { return items_.values(item); }
  const T* covariance(std::size_t item) const { return items_.values(item) + dimension_; }
  bool singular(std::size_t item) const { return items_.note(item) != 0; }

  // Calls body(query, frame) for every query; the queries run in parallel.
  template <typename Body>
  void forEachFrame(const Batch& queries, double ridge, Job& job, const Body& body) const;

  Distance distance(const Frame& frame, std::size_t item) const;
  // The squared distances to all items. `beta` 0: each is accurate relative to itself; else: as far as Gibbs weights
  // and the energy at beta can show it.
  void allDistances(const Frame& frame, double beta, double* distances, Job& job) const;
  void refine(const Frame& frame, double beta, double* distances, const std::vector<double>& errors, Job& job) const;

  // Where the update with these weights takes the state, and how far.
  State move(const Frame& frame, const double* weights, double& stepLength, const Job& job) const;
  std::vector<std::size_t> survivors(const double* weights) const;

  Batch emptyBatch(std::size_t count) const;

  std::size_t dimension_;
  Store<T, std::uint8_t> items_;
};

extern template class FullMemory<float>;
extern template class FullMemory<double>;

}  // namespace denseam::gaussian
