#include "pointcloud/divergence.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "error.h"
#include "parallel/pool.h"
#include "pointcloud/kernels.h"
#include "pointcloud/pair.h"
#include "pointcloud/self_transport.h"
#include "spares.h"

namespace denseam::pointcloud {
namespace {

// Work space of one thread.
struct Solvers {
  PairSolver pair;
  SelfTransport self;
  AlignedVector<double> scratch, costs;
  std::vector<double> potentials, selfPotentials;
};

void checkReach(double value, const Clouds& sources, std::size_t pair) {
  if (std::isfinite(value)) return;
  throw Error("ERR_RANGE", "Expected " + sources.at(pair) +
                               " within reach of its target but the squared distance between them overflows");
}

// <x, y> of a vector that is in units of sqrt(epsilon), and an offset.
double along(const std::vector<double>& difference, const double* point) {
  return innerProduct(difference.size(), difference.data(), point);
}

Cloud prepared(const Clouds& clouds, std::size_t i, double unit) {
  const std::size_t begin = clouds.offsets[i];
  return Cloud::prepare(clouds.size(i), clouds.dimension, clouds.points.data() + begin * clouds.dimension,
                        clouds.weights.data() + begin, unit, clouds.at(i));
}

SelfTransport::Result solveSelf(Solvers& solvers, const Cloud& cloud, const SolverOptions& options, const Job& job) {
  costsBetween(cloud, cloud, solvers.scratch, solvers.costs);
  solvers.selfPotentials.assign(cloud.size, 0);
  return solvers.self.solve(cloud.size, solvers.costs.data(), cloud.weights.data(), options, false,
                            solvers.selfPotentials.data(), job);
}

// Between clouds at different places, f(x) = f(x - mean) + 2 <D, x - mean> + |D|^2 / 2 with D the difference of their
// means, and g alike with -D: what is left of the constant is shared out so that both sides have the same mean.
class PotentialWriter {
 public:
  PotentialWriter(const std::vector<double>& difference, double epsilon) : epsilon_(epsilon), difference_(difference) {
    for (const double component : difference) opposite_.push_back(-component);
  }
  void write(const Cloud& source, const std::vector<double>& f, double half, double* out) const {
    write(source, difference_, f, half, out);
  }
  void writeTarget(const Cloud& target, const std::vector<double>& g, double half, double* out) const {
    write(target, opposite_, g, half, out);
  }

 private:
  // `half`: the mean that the potentials are to have, in units of epsilon.
  void write(const Cloud& cloud, const std::vector<double>& difference, const std::vector<double>& f, double half,
             double* out) const {
    const double shift = half - innerProduct(cloud.size, cloud.weights.data(), f.data());
    for (std::size_t k = 0; k < cloud.size; ++k) {
      out[cloud.index[k]] =
          epsilon_ * (f[k] + shift + 2 * along(difference, cloud.points.data() + k * cloud.dimension));
    }
  }

  double epsilon_;
  std::vector<double> difference_, opposite_;
};

// Writes a plan between kept points to its place among all points.
void spreadPlan(const std::vector<double>& plan, const std::vector<std::size_t>& rows,
                const std::vector<std::size_t>& columns, std::size_t stride, double* out) {
  for (std::size_t k = 0; k < rows.size(); ++k) {
    for (std::size_t j = 0; j < columns.size(); ++j) out[rows[k] * stride + columns[j]] = plan[k * columns.size() + j];
  }
}

void resize(Plans& plans, std::size_t count, std::size_t sourcePoints, std::size_t targetPoints) {
  for (auto* values : {&plans.values, &plans.transportCosts, &plans.marginalErrors}) values->resize(count);
  plans.iterations.resize(count);
  plans.converged.resize(count);
  plans.sourcePotentials.resize(sourcePoints);
  plans.targetPotentials.resize(targetPoints);
}

template <typename Result>
void record(const TransportSolver::Result& result, std::size_t pair, Result& results) {
  results.marginalErrors[pair] = result.marginalError;
  results.iterations[pair] = saturated(result.iterations);
  results.converged[pair] = result.converged ? 1 : result.isAtRounding ? 2 : 0;
}

void solvePair(Solvers& solvers, const Clouds& sources, const Clouds& targets, std::size_t pair, double epsilon,
               const SolverOptions& options, double* planOut, Plans& plans, const Job& job) {
  const double unit = std::sqrt(epsilon);
  const Cloud source = prepared(sources, pair, unit), target = prepared(targets, pair, unit);
  solvers.potentials.clear();
  const auto result = solvers.pair.solve(source, target, options, solvers.potentials, job);
  const std::vector<double> difference = meanDifference(source, target, unit);
  const double means = along(difference, difference.data());
  const double value = result.value + means;
  record(result, pair, plans);
  plans.values[pair] = epsilon * value;
  plans.transportCosts[pair] = epsilon * (solvers.pair.transportCost() + means);
  checkReach(plans.values[pair], sources, pair);
  const PotentialWriter writer(difference, epsilon);
  std::vector<double> f(source.size), g(target.size);
  solvers.pair.writeSourcePotentials(f.data());
  solvers.pair.writeTargetPotentials(g.data());
  writer.write(source, f, value / 2, plans.sourcePotentials.data() + sources.offsets[pair]);
  writer.writeTarget(target, g, value / 2, plans.targetPotentials.data() + targets.offsets[pair]);
  if (!planOut) return;
  std::vector<double> plan(source.size * target.size);
  solvers.pair.writePlan(plan.data());
  spreadPlan(plan, source.index, target.index, targets.size(pair), planOut);
}

void diverge(Solvers& solvers, const Clouds& sources, const Clouds& targets, std::size_t pair, double epsilon,
             const SolverOptions& options, bool wantGradients, Divergences& divergences, const Job& job) {
  const double unit = std::sqrt(epsilon);
  const Cloud source = prepared(sources, pair, unit), target = prepared(targets, pair, unit);
  const std::size_t n = source.size, d = source.dimension;
  const auto own = solveSelf(solvers, target, options, job);
  const auto self = solveSelf(solvers, source, options, job);
  solvers.potentials.clear();
  auto result = solvers.pair.solve(source, target, options, solvers.potentials, job);
  const std::vector<double> difference = meanDifference(source, target, unit);
  const double value = along(difference, difference.data()) + result.value - self.value / 2 - own.value / 2;
  result.marginalError = std::max({result.marginalError, self.marginalError, own.marginalError});
  result.iterations += self.iterations + own.iterations;
  result.converged = result.converged && self.converged && own.converged;
  record(result, pair, divergences);
  divergences.values[pair] = epsilon * nonNegative(value, result.converged);
  checkReach(divergences.values[pair], sources, pair);
  if (!wantGradients) return;
  std::vector<double> images(n * d), selfImages(n * d), f(n);
  solvers.pair.writeImages(images.data());
  solvers.self.barycentres(n, d, source.points.data(), source.weights.data(), selfImages.data());
  solvers.pair.writeSourcePotentials(f.data());
  for (std::size_t k = 0; k < n; ++k) f[k] -= solvers.selfPotentials[k];
  const std::size_t begin = sources.offsets[pair];
  PotentialWriter(difference, epsilon).write(source, f, 0, divergences.firstVariations.data() + begin);
  for (std::size_t k = 0; k < n; ++k) {
    double* gradient = divergences.gradients.data() + (begin + source.index[k]) * d;
    for (std::size_t i = 0; i < d; ++i) {
      const double moved = selfImages[k * d + i] - images[k * d + i] + difference[i];
      gradient[i] = 2 * source.weights[k] * unit * moved;
    }
  }
}

// Runs body(solvers, pair) over the pairs.
template <typename Body>
void forEachPair(std::size_t count, Job& job, const Body& body) {
  job.expect(count);
  Spares<Solvers> spares;
  parallel::forEach(count, 1, job, [&](std::size_t begin, std::size_t end) {
    auto solvers = spares.take([] { return std::make_unique<Solvers>(); });
    for (std::size_t pair = begin; pair < end; ++pair) body(*solvers, pair);
    spares.giveBack(std::move(solvers));
    job.advance(end - begin);
  });
}

}  // namespace

Plans solveTransport(Clouds sources, Clouds targets, double epsilon, const SolverOptions& options, bool wantPlans,
                     Job& job) {
  checkClouds(sources);
  checkClouds(targets);
  Plans plans;
  resize(plans, sources.count, sources.offsets.back(), targets.offsets.back());
  std::vector<std::size_t> begins{0};
  for (std::size_t i = 0; i < sources.count; ++i) begins.push_back(begins[i] + sources.size(i) * targets.size(i));
  if (wantPlans) plans.plans.resize(begins.back());
  forEachPair(sources.count, job, [&](Solvers& solvers, std::size_t pair) {
    double* plan = wantPlans ? plans.plans.data() + begins[pair] : nullptr;
    solvePair(solvers, sources, targets, pair, epsilon, options, plan, plans, job);
  });
  return plans;
}

Divergences sinkhornDivergences(Clouds sources, Clouds targets, double epsilon, const SolverOptions& options,
                                bool wantGradients, Job& job) {
  checkClouds(sources);
  checkClouds(targets);
  Divergences divergences;
  divergences.values.resize(sources.count);
  divergences.marginalErrors.resize(sources.count);
  divergences.iterations.resize(sources.count);
  divergences.converged.resize(sources.count);
  if (wantGradients) {
    divergences.gradients.resize(sources.points.size());
    divergences.firstVariations.resize(sources.weights.size());
  }
  forEachPair(sources.count, job, [&](Solvers& solvers, std::size_t pair) {
    diverge(solvers, sources, targets, pair, epsilon, options, wantGradients, divergences, job);
  });
  return divergences;
}

}  // namespace denseam::pointcloud
