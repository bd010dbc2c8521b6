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

// A cloud that the dynamics moves, in the caller's units. Points of weight 0 are part of it but of nothing it does.
struct State {
  std::vector<double> points;   // n x d
  std::vector<double> weights;  // n
};

// What one evaluation of a state hands to the next, after a step.
struct Memo {
  Carry carry;
  std::vector<double> selfPotentials;

  // The memo of a state that is looked at once, and asked for no descent.
  static Memo once() { return {{false, {}, -1}, {}}; }
};

// Where a state stands: its divergences, Gibbs weights and energy, in the units of the squared distance.
struct Assessment {
  Cloud cloud;
  Found found;                  // in units of epsilon
  std::vector<double> weights;  // Gibbs weights of the items found
  double energy = 0;
  double gap = 0;  // the energy but for its constant -log N / beta, in which small beta would drown it
  std::int32_t nearest = 0;
  double nearestDivergence = 0;
  double droppedMass = 0;
  // The error of all problems that were solved; and whether each of them came within the tolerance.
  double marginalError = 0;
  double selfError = 0;
  double selfValue = 0;  // in units of epsilon
  bool converged = true;
  // How large the numbers are whose difference the energy is.
  double magnitude = 0;
  std::vector<double> selfPotentials;  // in units of epsilon
  // Where the plan to itself takes its points, about their mean; none where nobody asks for a descent.
  std::vector<double> selfImages;
};

// Which way the energy falls. One row for each point of weight above 0.
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
  // `where` is what errors call the state.
  Assessment assess(const State& state, double beta, const SearchRule& rule, Memo& memo, const std::string& where,
                    Job& job);
  // The descent of a state that was assessed with this memo.
  Descent descent(const Assessment& assessment, Memo& memo, Job& job);

  // Gives the state its energy to the last digits: with what the weights do not show but the energy does. For those who
  // let go of visible mass it stays as it is.
  Assessment completeEnergy(Assessment assessment, double beta, Pruning pruning, Memo& memo, Job& job);

  // The rule that leaves out no more than the mass that may be dropped.
  SearchRule rule(double beta, Pruning pruning) const;

 private:
  struct Sum;
  // What the divergences found say at this beta.
  void weigh(double beta, Assessment& assessment) const;
  void addItem(const Assessment& assessment, std::size_t position, Memo& memo, PairSolver& solver, Sum& sum, Job& job);

  const CloudItems& items_;
  Spares<PairSolver> solvers_;
  Spares<SelfTransport> selfSolvers_;
};

}  // namespace denseam::pointcloud
