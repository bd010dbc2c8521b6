#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "parallel/job.h"
#include "pointcloud/assessment.h"

namespace denseam::pointcloud {

// The spherical Hellinger-Kantorovich flow, discretised. A step of 0 closes its channel.
struct FlowOptions {
  // The betas of successive iterations, the last one for all that follow; in a sweep, the beta of each retrieval.
  std::vector<double> betas;
  bool sweep;
  double transportStep;             // eta, at most 1
  double reweightStep;              // tau
  bool gated;                       // weights wait while points gain more
  std::optional<double> tolerance;  // of the gradient norm; none: relative to `scale`
  std::size_t maxIterations;
  Pruning pruning;
  bool trajectory;
  bool asksEnergy;   // of the state where it ends
  double scale = 1;  // the memory's own, a length
};

// Stalled: no step lowers the energy visibly. Unsolved: a transport problem of the state has no usable solution.
enum class Stop : std::uint8_t { kIterations, kConverged, kStalled, kUnsolved };

// The end state of the flow from one state, and the reason of the end.
struct FlowResult {
  State state;
  double energy = 0;
  std::int32_t nearest = 0;
  double nearestDivergence = 0;
  std::size_t iterations = 0;
  double gradientNorm = 0;
  double marginalError = 0;
  Stop stopped = Stop::kIterations;
  std::size_t evaluated = 0;
  double droppedMass = 0;
  std::vector<State> trajectory;
  std::vector<double> trajectoryEnergy;
};

// Follows the flow from one state. `betas`: those of successive iterations.
FlowResult follow(Assessor& assessor, State state, const std::vector<double>& betas, const FlowOptions& options,
                  const std::string& where, Job& job);

// sqrt(sum_k a_k |grad V(x_k)|^2 + Var_a V / unit^2), of the open channels. V is the square of a length: a unit that is
// one makes both parts lengths.
double gradientNorm(const Descent& descent, bool transports, bool reweights, double unit = 1);

}  // namespace denseam::pointcloud
