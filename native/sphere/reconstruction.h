#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "parallel/job.h"
#include "sphere/model.h"

namespace denseam::sphere {

// The label that stands for the sum over all labels.
constexpr std::int32_t kAnyLabel = -1;

struct ReconstructionSettings {
  std::vector<std::int32_t> labels;   // y of every start, or kAnyLabel
  std::vector<std::uint8_t> clamped;  // 1 for every coordinate that keeps its value; empty: all are free
  double tolerance;
  std::size_t maxIterations;
  std::size_t firstIndex;  // what errors count starts from
};

// All members describe the final states.
struct Reconstruction {
  std::vector<double> states;         // count x dimension
  std::vector<double> energy;         // -log P(x | y)
  std::vector<std::int32_t> nearest;  // of all memories, whatever the label
  std::vector<double> overlap;        // w.x of the nearest
  std::vector<std::int32_t> iterations;
  std::vector<double> stepLength;  // |x' - x| of the step that was not taken
  std::vector<std::uint8_t> converged;
};

// Moves each start, a row of norm 1, to a local minimum of -log P(x | y) on the sphere (Thériault and Tantari 2025,
// section 2.1) by
//   x <- normalise(sum_mu s_mu w_mu),   s_mu proportional to p_y^mu exp(s beta w_mu.x).
//
// P(x | y) is a sum of exponentials of linear functions of x, so its logarithm is convex: it lies above its tangent
// planes, and x becomes the point of the sphere at which the plane at x is highest. So log P(x | y) never falls. With
// clamped coordinates the free ones keep the norm that these leave them. A state stays where the free part of the sum
// is zero to rounding: the plane is level. A state has converged when its next step is no longer than the tolerance.
//
// States have the precision of the model; exponents and energies are in double. A label without weight in any unit is
// an error.
template <typename T>
Reconstruction reconstruct(const Model<T>& model, RowSpan<T> starts, const ReconstructionSettings& settings, Job& job);

extern template Reconstruction reconstruct(const Model<float>&, RowSpan<float>, const ReconstructionSettings&, Job&);
extern template Reconstruction reconstruct(const Model<double>&, RowSpan<double>, const ReconstructionSettings&, Job&);

}  // namespace denseam::sphere
