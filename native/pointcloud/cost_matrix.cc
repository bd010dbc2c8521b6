#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/format.h"
#include "pointcloud/divergence.h"
#include "pointcloud/kernels.h"
#include "pointcloud/sinkhorn_solver.h"
#include "simd/vectors.h"

namespace denseam::pointcloud {
namespace {

// One side of the problem without points of weight 0.
struct Side {
  std::vector<std::size_t> index;
  std::vector<double> weights;
};

Side readSide(std::vector<double> weights, const std::string& name) {
  checkWeights(
      weights, [&](std::size_t i) { return Place{name + "[" + std::to_string(i) + "]"}; }, name);
  Side side;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] == 0) continue;
    side.index.push_back(i);
    side.weights.push_back(weights[i]);
  }
  return side;
}

double leastCost(const MarginalMatrix& problem) {
  double least = HUGE_VAL;
  for (std::size_t k = 0; k < problem.rows(); ++k) {
    for (std::size_t j = 0; j < problem.columns(); ++j) {
      const double cost = problem.matrix[k * problem.columns() + j];
      if (!std::isfinite(cost)) {
        throw notFinite("cost[" + std::to_string(k) + ", " + std::to_string(j) + "]", cost);
      }
      least = std::min(least, cost);
    }
  }
  return least;
}

// Writes potentials of mean `half` to the places of the points with weight.
void spread(const Side& side, const double* potentials, double half, double epsilon, std::vector<double>& out) {
  const double shift = half - innerProduct(side.weights.size(), side.weights.data(), potentials);
  for (std::size_t i = 0; i < side.index.size(); ++i) out[side.index[i]] = epsilon * (potentials[i] + shift);
}

// The problem in the solver's form: without points of weight 0, the shorter side as columns, the costs less the least
// one in units of epsilon.
struct Posed {
  const MarginalMatrix& problem;
  double least;  // cost, in the caller's units
  Side rows;
  Side columns;
  bool isSwapped = false;
  AlignedVector<double> costs;

  // The place of the pair (k, j) in the caller's problem.
  std::size_t place(std::size_t k, std::size_t j) const {
    const std::size_t row = rows.index[k], column = columns.index[j];
    return isSwapped ? column * problem.columns() + row : row * problem.columns() + column;
  }
};

Posed pose(const MarginalMatrix& problem, double epsilon) {
  Posed posed{problem,
              leastCost(problem),
              readSide(problem.rowSums, "rowWeights"),
              readSide(problem.columnSums, "columnWeights"),
              false,
              {}};
  posed.isSwapped = posed.rows.index.size() < posed.columns.index.size();
  if (posed.isSwapped) std::swap(posed.rows, posed.columns);
  const std::size_t n = posed.rows.index.size(), m = posed.columns.index.size();
  posed.costs.resize(n * m);
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t j = 0; j < m; ++j) {
      posed.costs[k * m + j] = (problem.matrix[posed.place(k, j)] - posed.least) / epsilon;
    }
  }
  if (!allFinite(n * m, posed.costs.data())) {
    throw Error("ERR_RANGE", {.argument = "costs",
                              .expected = "numbers whose differences, divided by epsilon, do not overflow",
                              .found = "some do"});
  }
  return posed;
}

}  // namespace

Plans solveTransport(const MarginalMatrix& problem, double epsilon, const SolverOptions& options, bool wantPlan,
                     Job& job) {
  const Posed posed = pose(problem, epsilon);
  const Side &rows = posed.rows, &columns = posed.columns;
  const std::size_t n = rows.index.size(), m = columns.index.size();
  TransportSolver solver;
  std::vector<double> potentials(2 * m);
  const auto result = solver.solve({n, m, posed.costs.data(), rows.weights.data(), columns.weights.data()}, options,
                                   false, potentials.data(), job);
  Plans plans;
  const double value = result.value + posed.least / epsilon;
  const double* p = solver.conditionalPlan();
  double cost = posed.least / epsilon;
  for (std::size_t k = 0; k < n; ++k) cost += rows.weights[k] * innerProduct(m, p + k * m, posed.costs.data() + k * m);
  plans.values = {epsilon * value};
  plans.transportCosts = {epsilon * cost};
  plans.marginalErrors = {result.marginalError};
  plans.iterations = {saturated(result.iterations)};
  plans.newtonSteps = {saturated(result.newtonSteps)};
  plans.converged = {static_cast<std::uint8_t>(result.outcome)};
  plans.sourcePotentials.resize(problem.rows());
  plans.targetPotentials.resize(problem.columns());
  std::vector<double>& rowPotentials = posed.isSwapped ? plans.targetPotentials : plans.sourcePotentials;
  std::vector<double>& columnPotentials = posed.isSwapped ? plans.sourcePotentials : plans.targetPotentials;
  spread(rows, solver.rowPotentials(), value / 2, epsilon, rowPotentials);
  spread(columns, potentials.data(), value / 2, epsilon, columnPotentials);
  if (!wantPlan) return plans;
  plans.plans.resize(problem.rows() * problem.columns());
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t j = 0; j < m; ++j) plans.plans[posed.place(k, j)] = rows.weights[k] * p[k * m + j];
  }
  return plans;
}

}  // namespace denseam::pointcloud
