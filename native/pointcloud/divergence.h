#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/marginal_matrix.h"
#include "parallel/job.h"
#include "pointcloud/cloud.h"
#include "pointcloud/solver_options.h"

namespace denseam::pointcloud {

// The solutions of transport problems, one for each pair of clouds, in the units of the costs.
struct Plans {
  std::vector<double> values;          // <a, f> + <b, g>
  std::vector<double> transportCosts;  // <P, C>
  std::vector<double> marginalErrors;
  std::vector<std::int32_t> iterations;
  std::vector<std::int32_t> newtonSteps;  // of the iterations; the others are sweeps
  std::vector<std::uint8_t> converged;    // an Outcome
  // f and g, such that <a, f> = <b, g>; 0 at points of weight 0.
  std::vector<double> sourcePotentials;
  std::vector<double> targetPotentials;
  std::vector<double> plans;  // one after the other, each row-major; none unless wanted
};

struct Divergences {
  std::vector<double> values;
  std::vector<double> marginalErrors;
  std::vector<std::int32_t> iterations;
  std::vector<std::uint8_t> converged;  // an Outcome
  // dS/dx and f_(source, target) - f_(source, source), of mean 0, for every source point; empty unless wanted.
  std::vector<double> gradients;
  std::vector<double> firstVariations;
};

// Pairs source i with target i; a single cloud on one side pairs with every cloud of the other.
Plans solveTransport(Clouds sources, Clouds targets, double epsilon, const SolverOptions& options, bool wantPlans,
                     Job& job);
Divergences sinkhornDivergences(Clouds sources, Clouds targets, double epsilon, const SolverOptions& options,
                                bool wantGradients, Job& job);

// Solves one problem with given costs, between weights.
Plans solveTransport(const MarginalMatrix& problem, double epsilon, const SolverOptions& options, bool wantPlan,
                     Job& job);

}  // namespace denseam::pointcloud
