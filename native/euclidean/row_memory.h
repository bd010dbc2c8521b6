#pragma once

#include <memory>
#include <vector>

#include "euclidean/embedding.h"
#include "euclidean/engine.h"
#include "euclidean/rows.h"
#include "euclidean/saved_codes.h"
#include "memory/memory.h"
#include "memory/retrieval.h"
#include "memory/scale.h"

namespace denseam::euclidean {

// Iteration's view of a memory (memory/retrieval.h).
template <typename T>
class RowDynamics {
 public:
  using States = Points;

  RowDynamics(const Embedding& embedding, const Engine<T>& engine, Pruning pruning)
      : embedding_(embedding), engine_(engine), pruning_(pruning) {}

  // Every item that shows in the energy is evaluated at every state, so states that stop need no further evaluation.
  Advance<States> advance(const States& states, const std::vector<double>& betas, std::size_t copies,
                          const Stops& stops, Job& job) const;
  States select(const States& states, const std::vector<std::size_t>& indices) const {
    return euclidean::select(states, indices);
  }
  void write(const States& states, std::size_t index, Batch& batch, std::size_t slot) const;

 private:
  const Embedding& embedding_;
  Engine<T> engine_;
  Pruning pruning_;
};

// A memory whose geometry is flat: vectors, diagonal Gaussians or isotropic ones, kept as rows.
template <typename T>
class RowMemory : public Memory {
 public:
  // With an index, wide rows have codes (euclidean/codes.h).
  RowMemory(const Embedding& embedding, bool indexed)
      : embedding_(embedding),
        indexed_(indexed && canHaveCodes(embedding.width())),
        rows_(embedding),
        codes_(embedding.width()) {}

  std::size_t size() const override { return rows_.size(); }
  std::size_t bytes() const override { return rows_.bytes() + codes_.bytes(); }
  std::shared_ptr<const Memory> append(const Items& items, Job& job) const override;
  bool hasIndex() const override { return indexed_; }
  bool isIndexed() const override;
  IndexShape indexShape() const override { return indexed_ ? savedShape(embedding_.width()) : IndexShape{}; }
  std::vector<double> sharedIndex() const override {
    return codes_.book() ? savedBook(*codes_.book()) : std::vector<double>{};
  }
  std::shared_ptr<const Memory> withSharedIndex(const std::vector<double>& numbers) const override;
  Items saved(std::size_t first, std::size_t count, bool withIndex, Job& job) const override;
  std::shared_ptr<const Memory> prepare(Job& job) const override;
  std::shared_ptr<const Memory> remove(const std::vector<std::int32_t>& indices, Job& job) const override;
  Batch get(const std::vector<std::int32_t>& indices, Job& job) const override;

  std::vector<double> distances(const Batch& queries, double ridge, Job& job) const override;
  // Weights are asked for of every row: nothing is left out of them.
  std::vector<double> weights(const Batch& queries, double ridge, double beta, Pruning pruning,
                              Job& job) const override;
  std::vector<double> energy(const Batch& queries, double ridge, double beta, Pruning pruning, Job& job) const override;
  Batch step(const Batch& queries, double ridge, double beta, Pruning pruning, Job& job) const override;
  Retrieval retrieve(const Batch& queries, double ridge, const RetrievalOptions& options, Job& job) const override;
  Neighbours nearest(const Batch& queries, double ridge, std::size_t k, bool prune, Job& job) const override;
  TransportMaps transportMaps(const Batch& query, double ridge, const std::vector<std::int32_t>& indices,
                              Job& job) const override;

 private:
  // With what the index leaves out.
  Engine<T> engine() const;
  double queryReach() const;
  Points embed(const Batch& queries, double ridge, bool positive, Job& job) const;
  Batch emptyBatch(std::size_t count) const;
  // The mean row where it is far from the origin compared with the spread about it, else empty.
  std::vector<T> centreOf(const std::vector<T>& rows, std::size_t count) const;
  std::vector<T> normsOf(const std::vector<T>& rows, const Items& items, Job& job) const;

  double defaultTolerance(const Job& job) const;

  Embedding embedding_;
  bool indexed_;
  Rows<T> rows_;
  Codes<T> codes_;
  DefaultTolerance defaultTolerance_;
};

extern template class RowDynamics<float>;
extern template class RowDynamics<double>;
extern template class RowMemory<float>;
extern template class RowMemory<double>;

}  // namespace denseam::euclidean
