#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "parallel/job.h"
#include "sphere/class_weights.h"
#include "sphere/model.h"
#include "sphere/objective.h"

namespace denseam::sphere {

// Splitting steepest descent (appendix K). When memory mu is made of two that move apart to w +- t u, u tangent to the
// sphere at w, the loss changes by t^2/2 u' S_mu u to leading order, with the splitting matrix
//
//   S_mu = -b^2 C_mu + b E[gamma_mu m_mu] I,   C_mu = E[gamma_mu x~ x~'],   x~ = (I - w w') x,  m_mu = w.x,
//
// b the effective beta. So its least eigenvalue is that of the leading principal direction of the memory's own soft
// cluster, and power iteration finds it for all memories at once: two products of the size rows x hiddenUnits x
// dimension a pass.
template <typename T>
struct SplittingSpectrum {
  std::vector<double> eigenvalues;  // the least of each memory
  std::vector<double> spreads;      // u'C_mu u, the greatest eigenvalue of C_mu in the end
  std::vector<double> pulls;        // E[gamma_mu m_mu]
  std::vector<double> resultants;   // |E[gamma_mu x]|
  std::vector<T> directions;        // hiddenUnits x dimension
  std::size_t passes = 0;
};

struct PowerIteration {
  std::size_t maxPasses;
  double tolerance;  // of the relative change of every spread that ends it; 0: all passes
  std::uint64_t seed;
};

// x is rows x dimension. Takes memory for rows x hiddenUnits numbers.
template <typename T>
SplittingSpectrum<T> splittingSpectrum(const Model<T>& model, RowSpan<T> x, const Objective& objective,
                                       const PowerIteration& iteration, Job& job);

struct SplitSettings {
  std::size_t most;      // how many may be split
  double threshold;      // only eigenvalues below it
  double distance;       // delta: how far along the direction the halves move before they are normalised
  std::size_t mostRows;  // at most so many of the training rows are looked at
  std::size_t epoch;     // rows and first directions are drawn for it
  PowerIteration iteration;
};

struct SplitResult {
  std::vector<std::int32_t> split;  // the memories, most negative eigenvalue first; copies follow the old ones
  std::vector<double> eigenvalues;  // of every memory before
};

// The memories with the most negative eigenvalues.
std::vector<std::int32_t> chooseSplits(const std::vector<double>& eigenvalues, double threshold, std::size_t most);

// Splits each of these memories in two: w and its copy become normalise(w +- distance u), and each has half of the
// class weights and of the share (eq. 13). Copies are appended in the order of `chosen`.
template <typename T>
void splitMemories(const std::vector<std::int32_t>& chosen, const std::vector<T>& directions, double distance,
                   Model<T>& model, Shares& shares);

extern template SplittingSpectrum<float> splittingSpectrum(const Model<float>&, RowSpan<float>, const Objective&,
                                                           const PowerIteration&, Job&);
extern template SplittingSpectrum<double> splittingSpectrum(const Model<double>&, RowSpan<double>, const Objective&,
                                                            const PowerIteration&, Job&);
extern template void splitMemories(const std::vector<std::int32_t>&, const std::vector<float>&, double, Model<float>&,
                                   Shares&);
extern template void splitMemories(const std::vector<std::int32_t>&, const std::vector<double>&, double, Model<double>&,
                                   Shares&);

}  // namespace denseam::sphere
