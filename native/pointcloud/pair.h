#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "base/aligned.h"
#include "parallel/job.h"
#include "pointcloud/cloud.h"
#include "pointcloud/sinkhorn_solver.h"
#include "pointcloud/streamed_transport.h"

namespace denseam::pointcloud {

// The transport between two clouds about their means, with its own work space. The dual variables are those of the
// cloud with fewer points: Newton's systems are then smaller.
class PairSolver {
 public:
  // Solves from `potentials` when there are any that fit, else from scratch; leaves the solution's there.
  Solved solve(const Cloud& source, const Cloud& target, const SolverOptions& options, std::vector<double>& potentials,
               const Job& job, double enough = std::numeric_limits<double>::infinity());
  // Recomputes the result of `solve` from the potentials that it left.
  Solved restore(const Cloud& source, const Cloud& target, const SolverOptions& options,
                 std::vector<double>& potentials, const Job& job);

  // Results of the pair as it was solved or restored, about the means: the potentials of either side, f as the exact
  // softmin of g; where the plan takes every source point, source.size x dimension; and the plan itself.
  void writeSourcePotentials(std::span<double> f);
  void writeTargetPotentials(std::span<double> g) const;
  void writeImages(std::span<double> images);
  void writePlan(std::span<double> plan) const;
  // <P, C>.
  double transportCost() const;

 private:
  // Notes the clouds; the one with fewer points gives the columns.
  void take(const Cloud& source, const Cloud& target, const SolverOptions& options);
  Problem build();
  const double* rowPotentials() const;
  const Cloud& rows() const { return swapped_ ? *target_ : *source_; }
  const Cloud& columns() const { return swapped_ ? *source_ : *target_; }

  TransportSolver solver_;
  StreamedTransport streamed_;  // of large clouds
  bool isStreamed_ = false;
  const Cloud* source_ = nullptr;
  const Cloud* target_ = nullptr;
  const double* potentials_ = nullptr;  // of the columns
  bool swapped_ = false;                // rows are the target's points
  AlignedVector<double> costs_, scratch_;
};

}  // namespace denseam::pointcloud
