#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "aligned.h"
#include "gaussian/covariance_note.h"
#include "linalg/lanes.h"
#include "memory.h"
#include "store.h"

namespace denseam::gaussian {

// Numbers of the lower triangle of a d x d matrix, packed row by row.
constexpr std::size_t packedSize(std::size_t d) { return d * (d + 1) / 2; }

// Gaussians with full covariances. Covariances are kept as packed lower triangles: half the memory, and what the
// kernels read. Small ones lie side by side, one to a SIMD lane (linalg/lanes.h).
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
  bool indexed() const { return indexed_; }
  // How many covariances are worked on at once: 1, or linalg::lanes::kLanes.
  std::size_t lanes() const { return covariances_.lanes(); }

  const T* mean(std::size_t item) const { return means_.values(item); }
  const CovarianceNote& note(std::size_t item) const { return covariances_.note(item); }
  // Both triangles, d x d.
  void covariance(std::size_t item, double* matrix) const;
  // The covariances of up to lanes() items, in the layout of linalg/lanes.h: in place where these items are stored
  // side by side, else gathered in `buffer`. Lanes beyond `count` hold anything finite.
  const T* group(const std::int32_t* items, std::size_t count, AlignedVector<T>& buffer) const;

  // Only with an index.
  const float* signature(std::size_t item) const { return signatures_.values(item); }

  // Checks the values first; nothing changes when they are refused. Before the next search, `index` has to complete the
  // signatures.
  void append(const Items& items, Job& job);
  void index(Job& job);
  void remove(const std::vector<std::int32_t>& indices, const Job& job);

 private:
  struct Nothing {};

  void signItems(std::size_t first, std::size_t count, float* signatures) const;

  bool indexed_;
  Store<T, Nothing> means_;
  Store<T, CovarianceNote> covariances_;
  Store<float, Nothing> signatures_;
};

extern template class FullItems<float>;
extern template class FullItems<double>;

}  // namespace denseam::gaussian
