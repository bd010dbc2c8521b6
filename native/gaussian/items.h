#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/aligned.h"
#include "gaussian/covariance_note.h"
#include "linalg/lanes.h"
#include "memory/memory.h"
#include "memory/store.h"

namespace denseam::gaussian {

// The size of the packed lower triangle of a d x d matrix, row by row.
constexpr std::size_t packedSize(std::size_t d) { return d * (d + 1) / 2; }

// Gaussians with full covariances. Covariances are kept as packed lower triangles: half the memory, and the layout that
// the kernels read. Small ones lie side by side, one to a SIMD lane (linalg/lanes.h); of larger ones, packing a group
// takes little beside its computation. An indefinite one, as rounding to float32 makes of singular ones, has its
// positive part beside it.
//
// With an index, every item also has a signature (gaussian/signature.h), in single precision: as much memory as a
// packed float32 covariance.
template <typename T>
class FullItems {
 public:
  FullItems(std::size_t dimension, bool indexed);

  std::size_t size() const { return means_.size(); }
  std::size_t bytes() const { return means_.bytes() + covariances_.bytes() + signatures_.bytes(); }
  std::size_t dimension() const { return means_.width(); }
  // Whether items get signatures, and whether every item has one, as bounds on distances need.
  bool hasIndex() const { return indexed_; }
  bool indexed() const { return indexed_ && signatures_.size() == size(); }

  std::span<const T> mean(std::size_t item) const { return means_.values(item); }
  const CovarianceNote& note(std::size_t item) const { return covariances_.note(item); }
  // Both triangles, d x d: of the covariance that represents the item, and of the given one (covariance_note.h).
  void covariance(std::size_t item, double* matrix) const;
  void given(std::size_t item, double* matrix) const;
  // body(group) on the covariances of up to linalg::lanes::kLanes items, in the layout of linalg/lanes.h and in T, or
  // in double where one of them is a positive part. Lanes beyond `count` hold anything finite.
  template <typename Body>
  void visitGroup(const std::int32_t* items, std::size_t count, const Body& body) const {
    static thread_local AlignedVector<T> buffer;
    static thread_local AlignedVector<double> positive;
    isIndefinite(items, count) ? body(positiveGroup(items, count, positive)) : body(group(items, count, buffer));
  }

  // Only with an index.
  std::span<const float> signature(std::size_t item) const { return signatures_.values(item); }

  // Checks the values first; nothing changes when they are refused. Searches evaluate more items until `index` has
  // completed the signatures.
  void append(const Items& items, Job& job);
  // Throws where an item's signature, which came from a file, is not its covariance's.
  void checkSignature(std::size_t item) const;
  // These items as files keep them (memory/memory.h).
  Items saved(std::size_t first, std::size_t count, bool withSignatures, Job& job) const;
  void index(Job& job);
  void remove(const std::vector<std::int32_t>& indices, const Job& job);

 private:
  bool isIndefinite(const std::int32_t* items, std::size_t count) const;
  // The group in place where these items are stored side by side, else a copy in `buffer`.
  const T* group(const std::int32_t* items, std::size_t count, AlignedVector<T>& buffer) const;
  const double* positiveGroup(const std::int32_t* items, std::size_t count, AlignedVector<double>& buffer) const;
  void signItems(std::size_t first, std::size_t count, float* signatures) const;
  CovarianceNote admit(const Items& items, std::size_t i, T* packed) const;
  CovarianceNote admitSaved(const Items& items, std::size_t i) const;

  bool indexed_;
  bool anyIndefinite_ = false;
  Store<T, NoNote> means_;
  Store<T, CovarianceNote> covariances_;
  Store<float, NoNote> signatures_;
};

extern template class FullItems<float>;
extern template class FullItems<double>;

}  // namespace denseam::gaussian
