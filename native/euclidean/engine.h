#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "euclidean/codes.h"
#include "euclidean/rows.h"
#include "memory/memory.h"

// The log-sum-exp memory on rows x_i of a Euclidean space: D_i = |x_i - x|^2, w = softmax(-beta D), x <- sum w_i x_i.
// Diagonal and isotropic Gaussians run on it too, through an isometry (embedding.h).
//
// A batch of queries costs two matrix products a step: scores, then the weighted sum. Between them the soft-max runs
// tile by tile with a running minimum, so that the matrix of queries x rows is never stored (the scheme of
// FlashAttention, Dao et al. 2022).
//
// |x|^2 + |x_i|^2 - 2 x.x_i loses digits when D is small beside the norms, and rounded roots differ from the roots of
// the variances. Distances whose error would be visible in a result are therefore recomputed from the differences of
// positions and variances, in double precision.
namespace denseam::euclidean {

template <typename T>
class Scorer;
struct Plan;

struct Evaluation {
  std::vector<double> energy;
  std::vector<std::int32_t> nearest;
  std::vector<double> nearestDistance;
  Points next;  // sum_i w_i x_i; empty when not asked for
  std::vector<std::int32_t> evaluated;
  std::vector<double> droppedMass;
};

template <typename T>
class Engine {
 public:
  // With codes, rows that cannot matter are left out where a call allows it.
  explicit Engine(const Rows<T>& rows, const Codes<T>* codes = nullptr) : rows_(rows), codes_(codes) {}

  // count x size, accurate to rounding (of T) relative to each distance.
  std::vector<double> distances(const Points& points, Job& job) const;
  std::vector<double> weights(const Points& points, double beta, Job& job) const;
  // `copies` results for every point, each at a beta of its own; the results of the first point come first. `pruning`
  // is the Gibbs mass that may be left out.
  Evaluation evaluate(const Points& points, const std::vector<double>& betas, std::size_t copies, bool wantNext,
                      Pruning pruning, Job& job) const;
  Neighbours nearest(const Points& points, std::size_t k, bool prune, Job& job) const;

 private:
  Plan planOf(const Points& points, const std::vector<Tile<T>>& rowTiles) const;
  // On all rows.
  Evaluation evaluateAll(const Points& points, const std::vector<double>& betas, std::size_t copies, bool wantNext,
                         Job& job) const;
  Neighbours nearestOfAll(const Points& points, std::size_t k, Job& job) const;
  // On queries whose parts fit in memory together.
  Evaluation evaluateRun(const std::vector<Tile<T>>& rowTiles, const Points& points, const std::vector<double>& betas,
                         std::size_t copies, bool wantNext, Job& job) const;
  Neighbours nearestRun(const std::vector<Tile<T>>& rowTiles, const Points& points, std::size_t k, Job& job) const;
  void complete(Points& states) const;
  void writeDistances(Scorer<T>& scorer, std::size_t q, double& nearest, double* distances) const;
  void refine(const Points& points, std::size_t q, double error, double beta, double* distances) const;

  const Rows<T>& rows_;
  const Codes<T>* codes_;
};

extern template class Engine<float>;
extern template class Engine<double>;

}  // namespace denseam::euclidean
