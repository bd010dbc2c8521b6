#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "memory/memory.h"

// The data computed once for a query N(m, O): a lower triangular factor O = R R'. Everything about every item is then
// read from the eigenvalues of R' S_i R: no root of any item, and no inverse before the step itself.
namespace denseam::gaussian {

struct State {
  std::vector<double> mean;
  std::vector<double> factor;  // R, column-major, zeros above the diagonal
  std::size_t rank;            // of R R', as far as it is known: d where nothing says less
};

// The states of a batch of queries. With `invertible`, a singular covariance is refused: it has no transport map.
std::vector<State> makeStates(const Batch& queries, std::size_t d, double ridge, bool invertible, Job& job);

// Writes the state's distribution to slot `index` of a batch.
void writeState(const State& state, Batch& batch, std::size_t index);

// The factor for kernels: scaled by a power of two so that products with it neither overflow nor underflow.
class Frame {
 public:
  explicit Frame(const State& state);

  std::size_t dimension() const { return state_.mean.size(); }
  std::span<const double> mean() const { return state_.mean; }
  // R, and R / scale.
  const double* factor() const { return state_.factor.data(); }
  const double* scaledFactor() const { return scaled_.data(); }
  double scale() const { return scale_; }
  double trace() const { return trace_; }
  double squaredMean() const;
  std::size_t rank() const { return state_.rank; }
  // 1 / cond(R), estimated; 0 when singular.
  double reciprocalCondition() const { return reciprocalCondition_; }

 private:
  const State& state_;
  std::vector<double> scaled_;
  double scale_;
  double trace_;
  double reciprocalCondition_;
};

}  // namespace denseam::gaussian
