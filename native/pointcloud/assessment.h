#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/spares.h"
#include "memory/memory.h"
#include "parallel/job.h"
#include "pointcloud/items.h"
#include "pointcloud/pair.h"
#include "pointcloud/search.h"
#include "pointcloud/self_transport.h"

namespace denseam::pointcloud {

// A cloud that the dynamics moves, in the caller's units. Points of weight 0 belong to it but change nothing else.
struct State {
  std::vector<double> points;   // n x d
  std::vector<double> weights;  // n
};

// The data that one evaluation of a state leaves to the next, after a step.
struct Memo {
  Carry carry;
  std::vector<double> selfPotentials;

  // The memo for a single evaluation without a descent.
  static Memo once() { return {{false, {}, -1}, {}}; }
};

// The divergences, Gibbs weights and energy of a state, in the units of the squared distance.
struct Assessment {
  Cloud cloud;
  Found found;                  // in units of epsilon
  std::vector<double> weights;  // Gibbs weights of the items found
  double energy = 0;
  double gap = 0;  // the energy but for its constant -log N / beta, in which small beta would drown it
  std::int32_t nearest = 0;
  double nearestDivergence = 0;
  double droppedMass = 0;
  // The error of all solved problems; and whether each of them is within the tolerance.
  double marginalError = 0;
  double selfError = 0;
  double selfValue = 0;  // in units of epsilon
  bool converged = true;
  // The size of the numbers whose difference the energy is.
  double magnitude = 0;
  std::vector<double> selfPotentials;  // in units of epsilon
  // The images of the points under the plan to itself, about their mean; empty where no descent is wanted.
  std::vector<double> selfImages;
};

// The direction in which the energy falls. One row for each point of weight above 0.
struct Descent {
  std::vector<double> moves;      // sum_i w_i T_i(x_k) - T_state(x_k): -1/2 the gradient of V at x_k
  std::vector<double> variation;  // V_k, the first variation, of mean 0 under the weights
  double squaredMove = 0;         // sum_k a_k |move_k|^2
  double variance = 0;            // of V under the weights
};

// Evaluates states against the items of a memory. One for each call: it owns the work space that its loops share.
class Assessor {
 public:
  explicit Assessor(const CloudItems& items) : items_(items) {}

  const CloudItems& items() const { return items_; }
  // `where` is the state's name in errors.
  Assessment assess(const State& state, double beta, const SearchRule& rule, Memo& memo, const std::string& where,
                    Job& job);
  // The descent of a state that was assessed with this memo.
  Descent descent(const Assessment& assessment, Memo& memo, Job& job);

  // Completes the energy to the last digits, with items that the weights do not show but the energy does. Callers who
  // drop visible mass keep their energy.
  Assessment completeEnergy(Assessment assessment, double beta, Pruning pruning, Memo& memo, Job& job);

  // The rule that leaves out no more than the mass that may be dropped.
  SearchRule rule(double beta, Pruning pruning) const;

 private:
  struct Sum;
  // Computes weights and energy from the divergences found at this beta.
  void weigh(double beta, Assessment& assessment) const;
  void addItem(const Assessment& assessment, std::size_t position, Memo& memo, PairSolver& solver, Sum& sum, Job& job);

  const CloudItems& items_;
  Spares<PairSolver> solvers_;
  Spares<SelfTransport> selfSolvers_;
};

}  // namespace denseam::pointcloud
