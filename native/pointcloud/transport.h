#pragma once

#include <cstddef>
#include <limits>
#include <vector>

#include "aligned.h"
#include "parallel/job.h"
#include "pointcloud/newton.h"
#include "pointcloud/plan_tree.h"
#include "pointcloud/problem.h"
#include "pointcloud/reduced_costs.h"
#include "pointcloud/weak.h"

namespace denseam::pointcloud {

extern long settleTrees,temperTrees;
// Solves entropic transport problems, one after the other, in work space of its own. Newton's method on the semi-dual
//   max_g <a, f(g)> + <b, g>,   f_k(g) = -t log sum_j b_j exp((g_j - c_kj) / t),
// at temperatures t that fall by 4 down to 1, Sinkhorn sweeps where these are cheaper or Newton's steps are not safe.
// Any g gives a lower bound on the regularised cost: a search may stop early.
class TransportSolver {
 public:
  // From g = `potentials` when `warm`, else from scratch; leaves the potentials there. The value is <a, f> + <b, g>: a
  // lower bound, and the regularised cost when converged. Ends early, not converged, when
  // the value is certainly above `enough`.
  Solved solve(const Problem& problem, const SolverOptions& options, bool warm, double* potentials, const Job& job,
               double enough = std::numeric_limits<double>::infinity());

  // What `solve` ended with, from the potentials it left.
  Solved restore(const Problem& problem, double* potentials, const Job& job);

  // Of the last problem: f, and p_kj = P_kj / a_k, whose rows sum to 1 exactly.
  const double* rowPotentials() const { return wholeRowPotentials_.data(); }
  const double* conditionalPlan() const { return plan_.data(); }
  // g as the exact softmin of f. That of Newton's method meets the weights of columns in sum only: where there is
  // little weight it may be far off.
  void writeColumnPotentials(double* g);

 private:
  void prepare(const Problem& problem, const Job& job);
  void takeOver(const double* potentials);
  void start();
  void reduceCosts();
  bool areCostsLarge() const;
  Solved conclude(double* potentials);
  double firstTemperature() const;
  void solveWeak();
  void finish();
  // At one temperature, to `tolerance`.
  void descend(double tolerance);
  void evaluate();
  void updateColumns();
  void updateBySums(double* g);
  // Whether a column has more or less than its weight by more than the factor that is allowed, or is lost to rounding.
  bool isUneven(std::size_t column, double allowed) const;
  bool areColumnsUneven(double allowed) const;
  // Its weight; infinite when there is none.
  double lightestUnevenColumn() const;
  void growTree(double floor);
  void settle();
  void sweep(double tolerance, std::size_t trialSweeps);
  bool rescale();
  bool stepAlongNewton(double tolerance);
  double boundAtOne();
  bool isExhausted() const { return result_.iterations >= options_.maxIterations; }
  bool isSolved(double tolerance) const { return result_.marginalError <= tolerance; }
  bool isWeak() const { return greatestCost_ < kWeakCost; }
  // Values at higher temperatures bound nothing.
  bool isEnough() const { return temperature_ == 1 && reduced_.value() + result_.value > enough_; }

  Problem problem_{};
  const Job* job_ = nullptr;
  SolverOptions options_{};
  double greatestCost_ = 0;
  double temperature_ = 1;
  double enough_ = std::numeric_limits<double>::infinity();
  Solved result_;
  NewtonSystem newton_;
  PlanTree tree_;
  ReducedCosts reduced_;
  AlignedVector<double> plan_, rowPotentials_, logColumnWeights_, logRowWeights_, columnSums_, scaling_, scratch_,
      direction_, saved_, potentials_,
      wholeRowPotentials_, treeRows_, treeColumns_, reached_;
};

}  // namespace denseam::pointcloud
