#include "pointcloud/assessment.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <memory>
#include <utility>

#include "base/format.h"
#include "memory/gibbs.h"
#include "parallel/pool.h"
#include "pointcloud/kernels.h"
#include "simd/vectors.h"

namespace denseam::pointcloud {
namespace {

// The least Gibbs weight of an item in the direction: a smaller share is below the direction's rounding.
constexpr double kLeastGibbsWeight = 1e-18;
// The most parts of a sum over items, whatever the number of threads.
constexpr std::size_t kMostParts = 16;

// -log((1/N) sum_i exp(-beta (S_i - least))) / beta, of N divergences of which the omitted ones are far off. Where beta
// is so small that no exponential differs much from 1, computed from the differences from 1: the mean of S - least
// keeps its digits.
double meanGap(const std::vector<double>& divergences, double beta, double least, std::size_t size) {
  double sum = 0, excess = 0, distance = 0;
  for (const double divergence : divergences) {
    const double exponent = -beta * (divergence - least);
    sum += std::exp(exponent);
    excess += std::expm1(exponent);
    distance += divergence - least;
  }
  const auto count = static_cast<double>(size);
  const bool isComplete = divergences.size() == size;
  if (isComplete && excess > -DBL_MIN) return distance / count;  // beta, or its product with epsilon, is next to 0
  const bool isHot = isComplete && -excess < count / 2;
  return -(isHot ? std::log1p(excess / count) : std::log(sum / count)) / beta;
}

}  // namespace

SearchRule Assessor::rule(double beta, Pruning pruning) const {
  return pruning ? SearchRule::gibbs(items_.size(), beta * items_.epsilon(), *pruning) : SearchRule::all();
}

Assessment Assessor::assess(const State& state, double beta, const SearchRule& rule, Memo& memo,
                            const std::string& where, Job& job) {
  Assessment result;
  result.cloud = Cloud::prepare(items_.dimension(), state.points, state.weights, items_.unit(), where);
  const Cloud& cloud = result.cloud;
  auto self = selfSolvers_.take([] { return std::make_unique<SelfTransport>(); });
  const Solved own = self->solve(cloud, items_.options(), memo.selfPotentials, job);
  result.selfPotentials = memo.selfPotentials;
  if (memo.carry.isKept) {
    result.selfImages.resize(cloud.size * cloud.dimension);
    self->writeImages(cloud, result.selfImages);
  }
  selfSolvers_.giveBack(std::move(self));

  result.found = search(items_, cloud, own.value, rule, memo.carry, solvers_, job);
  const std::vector<double>& divergences = result.found.divergences;
  const double nearest = *std::min_element(divergences.begin(), divergences.end());
  if (!std::isfinite(items_.epsilon() * nearest)) {
    throw Error("ERR_RANGE", {.argument = where,
                              .expected = "a query within reach of the items",
                              .found = "its squared distance to every one overflows"});
  }
  result.selfError = own.marginalError;
  result.selfValue = own.value;
  weigh(beta, result);
  return result;
}

Assessment Assessor::completeEnergy(Assessment assessment, double beta, Pruning pruning, Memo& memo, Job& job) {
  if (!pruning || *pruning > kInvisibleMass) return assessment;
  assessment.found =
      pointcloud::completeEnergy(items_, assessment.cloud, assessment.selfValue, rule(beta, pruning),
                                 beta * items_.epsilon(), std::move(assessment.found), memo.carry, solvers_, job);
  weigh(beta, assessment);
  return assessment;
}

void Assessor::weigh(double beta, Assessment& result) const {
  const double epsilon = items_.epsilon();
  const std::vector<double>& divergences = result.found.divergences;
  const double least = *std::min_element(divergences.begin(), divergences.end());
  result.marginalError = std::max(result.selfError, greatest(result.found.marginalErrors));
  result.converged = result.marginalError <= items_.options().tolerance;
  result.weights = divergences;
  const Gibbs gibbs = gibbsWeights(beta * epsilon, result.weights);
  result.gap = epsilon * (least + meanGap(divergences, beta * epsilon, least, items_.size()));
  result.energy = epsilon * gibbs.energy;
  if (!std::isfinite(result.energy)) {
    throw Error("ERR_RANGE",
                {.argument = "beta", .expected = "a number whose inverse does not overflow", .received = number(beta)});
  }
  result.nearest = result.found.items[static_cast<std::size_t>(gibbs.nearest)];
  result.nearestDivergence = epsilon * nonNegative(gibbs.nearestDistance, result.converged);
  result.droppedMass = droppedMass(result.found, beta * epsilon);
  result.magnitude = epsilon * result.found.greatestCost;
}

// Sums over some items: sum_i w_i T_i(x_k) in units of sqrt(epsilon), about the state's mean, and sum_i w_i f_i(x_k).
struct Assessor::Sum {
  std::vector<double> images, potentials;
  std::vector<double> itemImages, itemPotentials;  // work space
};

void Assessor::addItem(const Assessment& assessment, std::size_t position, Memo& memo, PairSolver& solver, Sum& sum,
                       Job& job) {
  const Cloud& cloud = assessment.cloud;
  const std::size_t n = cloud.size, d = cloud.dimension;
  const std::int32_t index = assessment.found.items[position];
  const double weight = assessment.weights[position];
  const Cloud item = items_.prepared(static_cast<std::size_t>(index));
  solver.restore(cloud, item, items_.options(), memo.carry.potentials.at(index), job);
  sum.itemImages.resize(n * d);
  sum.itemPotentials.resize(n);
  solver.writeImages(sum.itemImages);
  solver.writeSourcePotentials(sum.itemPotentials);
  addScaled(n * d, weight, sum.itemImages.data(), sum.images.data());
  addScaled(n, weight, sum.itemPotentials.data(), sum.potentials.data());
  // Clouds are about their means: the item's, relative to the state's, is added to its images, and f gains
  // 2 <mean - item mean, x>.
  const std::vector<double> difference = meanDifference(cloud, item, items_.unit());
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t i = 0; i < d; ++i) {
      sum.images[k * d + i] -= weight * difference[i];
      sum.potentials[k] += 2 * weight * difference[i] * cloud.points[k * d + i];
    }
  }
}

Descent Assessor::descent(const Assessment& assessment, Memo& memo, Job& job) {
  const Cloud& cloud = assessment.cloud;
  const std::size_t n = cloud.size, d = cloud.dimension;
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < assessment.weights.size(); ++i) {
    if (assessment.weights[i] >= kLeastGibbsWeight) positions.push_back(i);
  }
  const std::size_t parts = std::min(kMostParts, positions.size());
  std::vector<Sum> sums(parts, Sum{std::vector<double>(n * d), std::vector<double>(n), {}, {}});
  parallel::forEach(parts, 1, job, [&](std::size_t begin, std::size_t end) {
    auto solver = solvers_.take([] { return std::make_unique<PairSolver>(); });
    for (std::size_t part = begin; part < end; ++part) {
      for (std::size_t i = positions.size() * part / parts; i < positions.size() * (part + 1) / parts; ++i) {
        addItem(assessment, positions[i], memo, *solver, sums[part], job);
      }
    }
    solvers_.giveBack(std::move(solver));
  });
  for (std::size_t part = 1; part < parts; ++part) {
    addScaled(n * d, 1, sums[part].images.data(), sums[0].images.data());
    addScaled(n, 1, sums[part].potentials.data(), sums[0].potentials.data());
  }
  Descent result{std::move(sums[0].images), std::move(sums[0].potentials), 0, 0};
  for (std::size_t k = 0; k < n; ++k) {
    result.variation[k] = items_.epsilon() * (result.variation[k] - assessment.selfPotentials[k]);
    for (std::size_t i = 0; i < d; ++i) {
      double& move = result.moves[k * d + i];
      move = items_.unit() * (move - assessment.selfImages[k * d + i]);
      result.squaredMove += cloud.weights[k] * move * move;
    }
  }
  const double mean = innerProduct(n, cloud.weights.data(), result.variation.data());
  for (std::size_t k = 0; k < n; ++k) {
    result.variation[k] -= mean;
    result.variance += cloud.weights[k] * result.variation[k] * result.variation[k];
  }
  return result;
}

}  // namespace denseam::pointcloud
