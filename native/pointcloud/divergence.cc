#include "pointcloud/divergence.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "base/error.h"
#include "base/spares.h"
#include "parallel/pool.h"
#include "pointcloud/kernels.h"
#include "pointcloud/pair.h"
#include "pointcloud/self_transport.h"
#include "simd/vectors.h"

namespace denseam::pointcloud {
namespace {

// Work space of one thread.
struct Solvers {
  PairSolver pair;
  SelfTransport self;
  std::vector<double> potentials, selfPotentials;
};

void checkReach(double value, const std::string& source) {
  if (std::isfinite(value)) return;
  throw Error("ERR_RANGE", {.argument = source,
                            .expected = "a cloud within reach of its target",
                            .found = "the squared distance between them overflows"});
}

// <difference, point>.
double along(const std::vector<double>& difference, const double* point) {
  return innerProduct(difference.size(), difference.data(), point);
}

Cloud prepared(const Clouds& clouds, std::size_t i, double unit) {
  return Cloud::prepare(clouds.dimension, clouds.pointsOf(i), clouds.weightsOf(i), unit, clouds.at(i));
}

// The pairs: source i with target i; a single cloud on one side pairs with every cloud of the other.
struct Pairing {
  const Clouds& sources;
  const Clouds& targets;
  double unit;  // sqrt(epsilon)
  // The first points of every pair's source and target among those of all pairs, and the ends of the last ones.
  std::vector<std::size_t> sourceBegins{0}, targetBegins{0};

  Pairing(const Clouds& from, const Clouds& to, double epsilon) : sources(from), targets(to), unit(std::sqrt(epsilon)) {
    for (std::size_t pair = 0; pair < std::max(from.count, to.count); ++pair) {
      sourceBegins.push_back(sourceBegins[pair] + from.size(source(pair)));
      targetBegins.push_back(targetBegins[pair] + to.size(target(pair)));
    }
  }
  std::size_t count() const { return sourceBegins.size() - 1; }
  std::size_t source(std::size_t pair) const { return sources.count == 1 ? 0 : pair; }
  std::size_t target(std::size_t pair) const { return targets.count == 1 ? 0 : pair; }
  Cloud preparedSource(std::size_t pair) const { return prepared(sources, source(pair), unit); }
  Cloud preparedTarget(std::size_t pair) const { return prepared(targets, target(pair), unit); }
};

// Between clouds at different places, f(x) = f(x - mean) + 2 <D, x - mean> + |D|^2 / 2 with D the difference of their
// means, and g alike with -D: the rest of the constant is divided so that both sides have the same mean.
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
  // `half`: the mean of the written potentials, in units of epsilon.
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

// Writes a plan between the kept points to their places among all points.
void spreadPlan(const std::vector<double>& plan, const std::vector<std::size_t>& rows,
                const std::vector<std::size_t>& columns, std::size_t stride, double* out) {
  for (std::size_t k = 0; k < rows.size(); ++k) {
    for (std::size_t j = 0; j < columns.size(); ++j) out[rows[k] * stride + columns[j]] = plan[k * columns.size() + j];
  }
}

void resize(Plans& plans, std::size_t count, std::size_t sourcePoints, std::size_t targetPoints) {
  for (auto* values : {&plans.values, &plans.transportCosts, &plans.marginalErrors}) values->resize(count);
  plans.iterations.resize(count);
  plans.newtonSteps.resize(count);
  plans.converged.resize(count);
  plans.sourcePotentials.resize(sourcePoints);
  plans.targetPotentials.resize(targetPoints);
}

template <typename Results>
void record(const Solved& solved, std::size_t pair, Results& results) {
  results.marginalErrors[pair] = solved.marginalError;
  results.iterations[pair] = saturated(solved.iterations);
  results.converged[pair] = static_cast<std::uint8_t>(solved.outcome);
}

void solvePair(Solvers& solvers, const Pairing& pairs, std::size_t pair, double epsilon, const SolverOptions& options,
               double* planOut, Plans& plans, const Job& job) {
  const Cloud source = pairs.preparedSource(pair), target = pairs.preparedTarget(pair);
  solvers.potentials.clear();
  const Solved solved = solvers.pair.solve(source, target, options, solvers.potentials, job);
  const std::vector<double> difference = meanDifference(source, target, pairs.unit);
  const double means = along(difference, difference.data());
  const double value = solved.value + means;
  record(solved, pair, plans);
  plans.newtonSteps[pair] = saturated(solved.newtonSteps);
  plans.values[pair] = epsilon * value;
  plans.transportCosts[pair] = epsilon * (solvers.pair.transportCost() + means);
  checkReach(plans.values[pair], pairs.sources.at(pairs.source(pair)));
  const PotentialWriter writer(difference, epsilon);
  std::vector<double> f(source.size), g(target.size);
  solvers.pair.writeSourcePotentials(f);
  solvers.pair.writeTargetPotentials(g);
  writer.write(source, f, value / 2, plans.sourcePotentials.data() + pairs.sourceBegins[pair]);
  writer.writeTarget(target, g, value / 2, plans.targetPotentials.data() + pairs.targetBegins[pair]);
  if (!planOut) return;
  std::vector<double> plan(source.size * target.size);
  solvers.pair.writePlan(plan);
  spreadPlan(plan, source.index, target.index, pairs.targets.size(pairs.target(pair)), planOut);
}

// The worst of the three problems of one result.
Solved joined(Solved solved, const Solved& self, const Solved& own) {
  for (const Solved& other : {self, own}) {
    solved.marginalError = std::max(solved.marginalError, other.marginalError);
    solved.iterations += other.iterations;
    if (!other.converged() && solved.outcome != Outcome::kIterations) solved.outcome = other.outcome;
  }
  return solved;
}

// `own`: the transport of the target to itself.
void diverge(Solvers& solvers, const Pairing& pairs, std::size_t pair, const Solved& own, double epsilon,
             const SolverOptions& options, Divergences& divergences, const Job& job) {
  const Cloud source = pairs.preparedSource(pair), target = pairs.preparedTarget(pair);
  const std::size_t n = source.size, d = source.dimension;
  solvers.selfPotentials.clear();
  solvers.potentials.clear();
  const Solved self = solvers.self.solve(source, options, solvers.selfPotentials, job);
  const Solved cross = solvers.pair.solve(source, target, options, solvers.potentials, job);
  const Solved solved = joined(cross, self, own);
  const std::vector<double> difference = meanDifference(source, target, pairs.unit);
  const double value = along(difference, difference.data()) + cross.value - self.value / 2 - own.value / 2;
  record(solved, pair, divergences);
  divergences.values[pair] = epsilon * nonNegative(value, solved.converged());
  checkReach(divergences.values[pair], pairs.sources.at(pairs.source(pair)));
  if (divergences.gradients.empty()) return;
  std::vector<double> images(n * d), selfImages(n * d), f(n);
  solvers.pair.writeImages(images);
  solvers.self.writeImages(source, selfImages);
  solvers.pair.writeSourcePotentials(f);
  for (std::size_t k = 0; k < n; ++k) f[k] -= solvers.selfPotentials[k];
  const std::size_t begin = pairs.sourceBegins[pair];
  PotentialWriter(difference, epsilon).write(source, f, 0, divergences.firstVariations.data() + begin);
  for (std::size_t k = 0; k < n; ++k) {
    double* gradient = divergences.gradients.data() + (begin + source.index[k]) * d;
    for (std::size_t i = 0; i < d; ++i) {
      const double moved = selfImages[k * d + i] - images[k * d + i] + difference[i];
      gradient[i] = 2 * source.weights[k] * pairs.unit * moved;
    }
  }
}

// Runs body(solvers, i) over [0, count).
template <typename Body>
void forEachProblem(std::size_t count, Spares<Solvers>& spares, const Job& job, const Body& body) {
  parallel::forEach(count, 1, job, [&](std::size_t begin, std::size_t end) {
    auto solvers = spares.take([] { return std::make_unique<Solvers>(); });
    for (std::size_t i = begin; i < end; ++i) body(*solvers, i);
    spares.giveBack(std::move(solvers));
  });
}

}  // namespace

Plans solveTransport(Clouds sources, Clouds targets, double epsilon, const SolverOptions& options, bool wantPlans,
                     Job& job) {
  checkClouds(sources);
  checkClouds(targets);
  const Pairing pairs(sources, targets, epsilon);
  job.expect(pairs.count());
  Plans plans;
  resize(plans, pairs.count(), pairs.sourceBegins.back(), pairs.targetBegins.back());
  std::vector<std::size_t> begins{0};
  for (std::size_t i = 0; i < pairs.count(); ++i) {
    begins.push_back(begins[i] + sources.size(pairs.source(i)) * targets.size(pairs.target(i)));
  }
  if (wantPlans) plans.plans.resize(begins.back());
  Spares<Solvers> spares;
  forEachProblem(pairs.count(), spares, job, [&](Solvers& solvers, std::size_t pair) {
    double* plan = wantPlans ? plans.plans.data() + begins[pair] : nullptr;
    solvePair(solvers, pairs, pair, epsilon, options, plan, plans, job);
    job.advance(1);
  });
  return plans;
}

Divergences sinkhornDivergences(Clouds sources, Clouds targets, double epsilon, const SolverOptions& options,
                                bool wantGradients, Job& job) {
  checkClouds(sources);
  checkClouds(targets);
  const Pairing pairs(sources, targets, epsilon);
  job.expect(pairs.count());
  Divergences divergences;
  divergences.values.resize(pairs.count());
  divergences.marginalErrors.resize(pairs.count());
  divergences.iterations.resize(pairs.count());
  divergences.converged.resize(pairs.count());
  if (wantGradients) {
    divergences.gradients.resize(pairs.sourceBegins.back() * sources.dimension);
    divergences.firstVariations.resize(pairs.sourceBegins.back());
  }
  Spares<Solvers> spares;
  std::vector<Solved> own(targets.count);  // once for each target, however many sources it goes with
  forEachProblem(targets.count, spares, job, [&](Solvers& solvers, std::size_t target) {
    solvers.selfPotentials.clear();
    own[target] = solvers.self.solve(prepared(targets, target, pairs.unit), options, solvers.selfPotentials, job);
  });
  forEachProblem(pairs.count(), spares, job, [&](Solvers& solvers, std::size_t pair) {
    diverge(solvers, pairs, pair, own[pairs.target(pair)], epsilon, options, divergences, job);
    job.advance(1);
  });
  return divergences;
}

}  // namespace denseam::pointcloud
