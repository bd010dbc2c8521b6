#pragma once

#include <cstddef>
#include <limits>
#include <vector>

#include "base/aligned.h"
#include "parallel/job.h"
#include "pointcloud/newton.h"
#include "pointcloud/plan_tree.h"
#include "pointcloud/reduced_costs.h"
#include "pointcloud/solver_options.h"
#include "pointcloud/weak.h"

namespace denseam::pointcloud {

// Solves entropic transport problems, one after the other, with its own work space: by Newton's method on the semi-dual
//   max_g <a, f(g)> + <b, g>,   f_k(g) = -t log sum_j b_j exp((g_j - c_kj) / t),
// at temperatures t that fall by 4 down to 1, Sinkhorn sweeps where these are cheaper or Newton's steps are not safe.
// At low temperatures a plan nearly falls apart. Newton's direction then gives the direction in which the parts have to
// move, and the tree of the plan the distance; costs are reduced by the potentials, so that their size does not round
// the plan. Any g gives a lower bound on the regularised cost: a search may stop early.
class TransportSolver {
 public:
  // Costs above this many temperatures are reduced: the rounding of such large potentials would show in the plan.
  static constexpr double kLargeCost = 1e3;

  // Solves from g = `potentials` when `warm`, else from scratch; leaves the potentials there: 2 m numbers, g and then
  // its rounding error, without which the plan of large costs cannot be recomputed. The value is <a, f> + <b, g>: a
  // lower bound, and the regularised cost when converged. Ends early, not converged, when the value is certainly above
  // `enough`.
  Solved solve(const Problem& problem, const SolverOptions& options, bool warm, double* potentials, const Job& job,
               double enough = std::numeric_limits<double>::infinity());

  // Recomputes the result of `solve` from the potentials that it left.
  Solved restore(const Problem& problem, double* potentials, const Job& job);

  // Results of the last problem: f, and p_kj = P_kj / a_k, whose rows sum to 1 exactly.
  const double* rowPotentials() const { return wholeRowPotentials_.data(); }
  const double* conditionalPlan() const { return plan_.data(); }
  // g as the exact softmin of f. Newton's g meets the weights of columns in sum only: light columns may be far off.
  void writeColumnPotentials(double* g);

 private:
  void prepare(const Problem& problem, const Job& job);
  void takeOver(const double* potentials);
  void anneal();
  double firstTemperature() const;
  void start();
  void extrapolate();
  void compareWithPlain();
  void writeWhole(double* potentials) const;
  // The weight of the lightest uneven column; infinite when there is none.
  double lightestUnevenColumn() const;
  double boundAtOne();
  void solveWeak();
  void noteBest();
  void returnToBest();
  void finish();
  Solved conclude(double* potentials);

  bool areCostsLarge() const { return greatestCost_ > kLargeCost * temperature_; }
  void reduceCosts();
  void evaluate();
  // g as the exact softmin of f, in the present costs.
  void updateBySums(double* g);

  // At one temperature, to `tolerance`: sinkhorn_descent.cc.
  void descend(double tolerance);
  void settle();
  void updateColumns();
  // Whether a column differs from its weight by more than the allowed factor, or is lost to rounding.
  bool isUneven(std::size_t column, double allowed) const;
  bool areColumnsUneven(double allowed) const;
  void sweep(double tolerance, std::size_t trialSweeps);
  bool rescale();
  bool stepAlongNewton(double tolerance);
  double directionRange() const;
  double leastFlow() const;
  void growTree();
  void reduceAgain();

  bool isExhausted() const { return result_.iterations >= options_.maxIterations; }
  bool isSolved(double tolerance) const { return result_.marginalError <= tolerance; }
  bool isWeak() const { return greatestCost_ < kWeakCost; }
  // Values at higher temperatures are no bounds.
  bool isEnough() const { return temperature_ == 1 && reduced_.value() + result_.value > enough_; }

  Problem problem_{};  // with costs that are reduced
  const Job* job_ = nullptr;
  SolverOptions options_{};
  double greatestCost_ = 0;
  double temperature_ = 1;
  double enough_ = std::numeric_limits<double>::infinity();
  double greatestValue_ = 0;  // at this temperature
  double leastError_ = 0;     // at temperature 1
  bool isExtrapolated_ = false;
  Solved result_;
  ReducedCosts reduced_;
  NewtonSystem newton_;
  PlanTree tree_;
  AlignedVector<double> potentials_, rowPotentials_, wholeRowPotentials_, plan_, columnSums_;
  AlignedVector<double> logColumnWeights_, logRowWeights_;
  AlignedVector<double> best_;     // all of the potentials that had the least error, as `solve` leaves them
  AlignedVector<double> earlier_;  // potentials of the temperature before, all of them; none at first
  AlignedVector<double> direction_, saved_, scaling_, scratch_, treeRows_, treeColumns_, reached_;
};

}  // namespace denseam::pointcloud
