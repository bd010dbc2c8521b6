#pragma once

#include <memory>
#include <vector>

#include "gaussian/evaluation.h"
#include "gaussian/frame.h"
#include "gaussian/items.h"
#include "gaussian/signature.h"
#include "memory/memory.h"
#include "memory/retrieval.h"
#include "memory/scale.h"

namespace denseam::gaussian {

// Gaussians with full covariances. With an index (gaussian/signature.h), fewer items have to be evaluated.
template <typename T>
class FullMemory : public Memory {
 public:
  FullMemory(std::size_t dimension, bool indexed) : items_(dimension, indexed) {}

  std::size_t size() const override { return items_.size(); }
  std::size_t bytes() const override { return items_.bytes(); }
  bool hasIndex() const override { return items_.hasIndex(); }
  bool isIndexed() const override { return items_.indexed(); }
  IndexShape indexShape() const override { return {hasIndex() ? signatureSize(items_.dimension()) : 0, 0}; }
  void checkIndex(std::size_t item) const override { items_.checkSignature(item); }
  Items saved(std::size_t first, std::size_t count, bool withIndex, Job& job) const override {
    return items_.saved(first, count, withIndex, job);
  }
  std::shared_ptr<const Memory> append(const Items& items, Job& job) const override;
  std::shared_ptr<const Memory> prepare(Job& job) const override;
  std::shared_ptr<const Memory> remove(const std::vector<std::int32_t>& indices, Job& job) const override;
  Batch get(const std::vector<std::int32_t>& indices, Job& job) const override;

  std::vector<double> distances(const Batch& queries, double ridge, Job& job) const override;
  std::vector<double> weights(const Batch& queries, double ridge, double beta, Pruning pruning,
                              Job& job) const override;
  std::vector<double> energy(const Batch& queries, double ridge, double beta, Pruning pruning, Job& job) const override;
  Batch step(const Batch& queries, double ridge, double beta, Pruning pruning, Job& job) const override;
  Retrieval retrieve(const Batch& queries, double ridge, const RetrievalOptions& options, Job& job) const override;
  Neighbours nearest(const Batch& queries, double ridge, std::size_t k, bool prune, Job& job) const override;
  TransportMaps transportMaps(const Batch& query, double ridge, const std::vector<std::int32_t>& indices,
                              Job& job) const override;

 private:
  Batch emptyBatch(std::size_t count) const;
  // The Gibbs weights of every query.
  std::vector<Weighted> weighAll(const Batch& queries, double ridge, double beta, Pruning pruning, bool asksEnergy,
                                 Job& job) const;

  double defaultTolerance(const Job& job) const;

  FullItems<T> items_;
  DefaultTolerance defaultTolerance_;
};

extern template class FullMemory<float>;
extern template class FullMemory<double>;

}  // namespace denseam::gaussian
