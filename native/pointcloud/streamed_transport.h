#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "base/aligned.h"
#include "parallel/job.h"
#include "pointcloud/anderson.h"
#include "pointcloud/cloud.h"
#include "pointcloud/softmin.h"
#include "pointcloud/solver_options.h"
#include "pointcloud/weak.h"

namespace denseam::pointcloud {

// Solves entropic transport problems in memory for the points alone, one after the other: by accelerated Sinkhorn
// sweeps at temperatures t that fall by 4 down to 1, which compute costs on the way,
//   f_k = -t log sum_j b_j exp((g_j - c_kj) / t),    T(g)_j = -t log sum_k a_k exp((f_k - c_kj) / t),
// in single precision as far as that goes, then in double. Potentials g are those of the columns, as in
// TransportSolver, and the marginal error is |P'1 - b|_1.
class StreamedTransport {
 public:
  // Solves from g = `potentials` when `warm`, else from scratch; leaves g there. Ends early, not converged, when the
  // value, a lower bound, is above `enough`.
  Solved solve(const Cloud& rows, const Cloud& columns, const SolverOptions& options, bool warm, double* potentials,
               const Job& job, double enough = std::numeric_limits<double>::infinity());
  // Recomputes the result of `solve` from the potentials that it left.
  Solved restore(const Cloud& rows, const Cloud& columns, const double* potentials, const Job& job);

  // Results of the last problem: f, and g as the exact softmin of f.
  const double* rowPotentials() const { return f_.data(); }
  const double* columnPotentials() const { return update_.data(); }
  // Where the plan takes every row and column, and <P, C> divided by weights, for every row.
  void writeRowImages(double* images, double* costs) const;
  void writeColumnImages(double* images, double* costs) const;
  // The plan, rows x columns, or its transpose.
  void writePlan(bool transposed, double* plan) const;

 private:
  void prepare(const Cloud& rows, const Cloud& columns, const Job& job);
  void anneal();
  // Down to the tolerance at this temperature; in single precision, as far as that goes.
  template <typename T>
  void descend(double tolerance);
  void evaluate();
  template <typename T>
  void evaluateIn(const StreamedCloud<T>& rows, const StreamedCloud<T>& columns);
  void solveWeak();
  void measure();
  bool isAtRounding(const Anderson& anderson) const;
  bool isWeak() const { return greatestCost_ < kWeakCost; }
  bool isExhausted() const { return result_.iterations >= options_.maxIterations; }
  bool isEnough() const { return temperature_ == 1 && result_.value > enough_; }

  const Cloud* rowCloud_ = nullptr;
  const Cloud* columnCloud_ = nullptr;
  std::unique_ptr<StreamedCloud<double>> rows_, columns_;
  const Job* job_ = nullptr;
  SolverOptions options_{};
  double enough_ = 0;
  double greatestCost_ = 0;  // a bound
  double temperature_ = 1;
  Solved result_;
  AlignedVector<double> logRowWeights_, logColumnWeights_, terms_;
  AlignedVector<double> f_, g_, update_;  // update_: T(g)
};

// The transport of a cloud to itself in memory for its points alone: averaged updates f <- (f + Tf) / 2, accelerated.
class StreamedSelf {
 public:
  // Starts from f = `potentials` when there are as many as points, else from 0; leaves f there.
  Solved solve(const Cloud& cloud, const SolverOptions& options, std::vector<double>& potentials, const Job& job);
  // Where the plan of the last cloud takes each point, about the mean, points x dimension.
  void writeImages(std::span<double> images) const;

 private:
  template <typename T>
  void descend(const StreamedCloud<T>& points, double tolerance, std::vector<double>& potentials);
  template <typename T>
  void evaluate(const StreamedCloud<T>& points, const std::vector<double>& f);

  const Cloud* cloud_ = nullptr;
  std::unique_ptr<StreamedCloud<double>> points_;
  const Job* job_ = nullptr;
  SolverOptions options_{};
  double greatestCost_ = 0;
  Solved result_;
  AlignedVector<double> logWeights_, update_;
  AlignedVector<double> terms_;  // in the end of the solution
};

}  // namespace denseam::pointcloud
