#include "pointcloud/cloud_memory.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "parallel/pool.h"

namespace denseam::pointcloud {
namespace {

State stateOf(const Clouds& clouds, std::size_t i) {
  const auto begin = static_cast<std::ptrdiff_t>(clouds.offsets[i]);
  const auto end = static_cast<std::ptrdiff_t>(clouds.offsets[i + 1]);
  const auto d = static_cast<std::ptrdiff_t>(clouds.dimension);
  return {{clouds.points.begin() + begin * d, clouds.points.begin() + end * d},
          {clouds.weights.begin() + begin, clouds.weights.begin() + end}};
}

// Runs body(query) over the queries, which share the assessor's work space.
template <typename Body>
void forEachQuery(const Clouds& queries, Job& job, const Body& body) {
  parallel::forEach(queries.count, 1, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t q = begin; q < end; ++q) body(q);
  });
}

}  // namespace

std::shared_ptr<const CloudMemory> CloudMemory::append(Clouds clouds, Job& job) const {
  auto result = std::make_shared<CloudMemory>(*this);
  result->items_.append(std::move(clouds), job);
  return result;
}

std::shared_ptr<const CloudMemory> CloudMemory::remove(const std::vector<std::int32_t>& indices, Job& job) const {
  auto result = std::make_shared<CloudMemory>(*this);
  result->items_.remove(indices, job);
  return result;
}

DivergenceMatrix CloudMemory::divergences(Clouds queries, Job& job) const {
  checkClouds(queries);
  const std::size_t size = items_.size();
  job.expect(queries.count * size);
  Assessor assessor(items_);
  DivergenceMatrix result{std::vector<double>(queries.count * size), std::vector<double>(queries.count * size),
                          std::vector<std::uint8_t>(queries.count * size)};
  forEachQuery(queries, job, [&](std::size_t q) {
    Memo memo = Memo::once();
    const Assessment assessment = assessor.assess(stateOf(queries, q), 1, SearchRule::all(), memo, queries.at(q), job);
    for (std::size_t i = 0; i < size; ++i) {
      const double error = std::max(assessment.found.marginalErrors[i], assessment.selfError);
      const bool converged = error <= items_.options().tolerance;
      result.values[q * size + i] = items_.epsilon() * nonNegative(assessment.found.divergences[i], converged);
      result.marginalErrors[q * size + i] = error;
      result.converged[q * size + i] = converged;
    }
  });
  return result;
}

WeightedQueries CloudMemory::weights(Clouds queries, double beta, Pruning pruning, bool wantWeights, Job& job) const {
  checkClouds(queries);
  const std::size_t size = items_.size();
  job.expect(queries.count * size);
  Assessor assessor(items_);
  WeightedQueries result{std::vector<double>(wantWeights ? queries.count * size : 0),
                         std::vector<double>(queries.count), std::vector<double>(queries.count),
                         std::vector<std::uint8_t>(queries.count)};
  forEachQuery(queries, job, [&](std::size_t q) {
    Memo memo = Memo::once();
    Assessment assessment =
        assessor.assess(stateOf(queries, q), beta, assessor.rule(beta, pruning), memo, queries.at(q), job);
    if (!wantWeights) assessment = assessor.completeEnergy(std::move(assessment), beta, pruning, memo, job);
    result.energy[q] = assessment.energy;
    result.marginalErrors[q] = assessment.marginalError;
    result.converged[q] = assessment.converged;
    for (std::size_t k = 0; wantWeights && k < assessment.weights.size(); ++k) {
      result.weights[q * size + static_cast<std::size_t>(assessment.found.items[k])] = assessment.weights[k];
    }
  });
  return result;
}

Gradients CloudMemory::gradients(Clouds queries, double beta, Pruning pruning, Job& job) const {
  checkClouds(queries);
  job.expect(queries.count * items_.size());
  Assessor assessor(items_);
  const std::size_t d = items_.dimension();
  Gradients result{std::vector<double>(queries.count),          std::vector<double>(queries.points.size()),
                   std::vector<double>(queries.weights.size()), std::vector<double>(queries.count),
                   std::vector<double>(queries.count),          std::vector<std::uint8_t>(queries.count)};
  forEachQuery(queries, job, [&](std::size_t q) {
    Memo memo;
    Assessment assessment =
        assessor.assess(stateOf(queries, q), beta, assessor.rule(beta, pruning), memo, queries.at(q), job);
    const Descent descent = assessor.descent(assessment, memo, job);
    assessment = assessor.completeEnergy(std::move(assessment), beta, pruning, memo, job);
    result.energy[q] = assessment.energy;
    result.gradientNorm[q] = gradientNorm(descent, true, true);
    result.marginalErrors[q] = assessment.marginalError;
    result.converged[q] = assessment.converged;
    for (std::size_t k = 0; k < assessment.cloud.size; ++k) {
      const std::size_t place = queries.offsets[q] + assessment.cloud.index[k];
      result.firstVariation[place] = descent.variation[k];
      for (std::size_t i = 0; i < d; ++i) {
        result.points[place * d + i] = -2 * assessment.cloud.weights[k] * descent.moves[k * d + i];
      }
    }
  });
  return result;
}

std::vector<FlowResult> CloudMemory::retrieve(Clouds queries, FlowOptions options, Job& job) const {
  checkClouds(queries);
  if (!options.tolerance) options.scale = items_.scale(job);
  const std::size_t copies = options.sweep ? options.betas.size() : 1;
  const std::size_t passes = options.maxIterations + 1;
  job.expect(queries.count * copies * passes * items_.size());
  Assessor assessor(items_);
  std::vector<FlowResult> results(queries.count * copies);
  parallel::forEach(results.size(), 1, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end; ++r) {
      const std::size_t q = r % queries.count;
      const std::vector<double> betas =
          options.sweep ? std::vector<double>{options.betas[r / queries.count]} : options.betas;
      results[r] = follow(assessor, stateOf(queries, q), betas, options, queries.at(q), job);
    }
  });
  return results;
}

NearestClouds CloudMemory::nearest(Clouds queries, std::size_t k, bool prune, Job& job) const {
  checkClouds(queries);
  job.expect(queries.count * items_.size());
  Assessor assessor(items_);
  NearestClouds result{std::vector<std::int32_t>(queries.count * k), std::vector<double>(queries.count * k),
                       std::vector<double>(queries.count), std::vector<std::uint8_t>(queries.count)};
  const SearchRule rule = prune ? SearchRule::nearest(k) : SearchRule::all();
  forEachQuery(queries, job, [&](std::size_t q) {
    Memo memo = Memo::once();
    const Assessment assessment = assessor.assess(stateOf(queries, q), 1, rule, memo, queries.at(q), job);
    const Found& found = assessment.found;
    std::vector<std::size_t> order(found.items.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto isCloser = [&](std::size_t a, std::size_t b) {
      return found.divergences[a] != found.divergences[b] ? found.divergences[a] < found.divergences[b] : a < b;
    };
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(k), order.end(), isCloser);
    for (std::size_t i = 0; i < k; ++i) {
      result.indices[q * k + i] = found.items[order[i]];
      result.divergences[q * k + i] = items_.epsilon() * nonNegative(found.divergences[order[i]], assessment.converged);
    }
    result.marginalErrors[q] = assessment.marginalError;
    result.converged[q] = assessment.converged;
  });
  return result;
}

TransportImages CloudMemory::transport(Clouds query, const std::vector<std::int32_t>& indices, Job& job) const {
  checkClouds(query);
  job.expect(indices.size());
  const std::size_t n = query.size(0), d = items_.dimension();
  const Cloud source = Cloud::prepare(d, query.points, query.weights, items_.unit(), query.at(0));
  TransportImages result{std::vector<double>(indices.size() * n * d), std::vector<double>(indices.size()),
                         std::vector<std::uint8_t>(indices.size())};
  Spares<PairSolver> solvers;
  parallel::forEach(indices.size(), 1, job, [&](std::size_t begin, std::size_t end) {
    auto solver = solvers.take([] { return std::make_unique<PairSolver>(); });
    std::vector<double> images(source.size * d);
    for (std::size_t i = begin; i < end; ++i) {
      const Cloud item = items_.prepared(static_cast<std::size_t>(indices[i]));
      std::vector<double> potentials;
      const auto solved = solver->solve(source, item, items_.options(), potentials, job);
      solver->writeImages(images);
      result.marginalErrors[i] = solved.marginalError;
      result.converged[i] = solved.converged();
      double* out = result.images.data() + i * n * d;
      std::copy(query.points.begin(), query.points.end(), out);  // where points without weight stay
      for (std::size_t k = 0; k < source.size; ++k) {
        for (std::size_t c = 0; c < d; ++c) {
          out[source.index[k] * d + c] = items_.unit() * images[k * d + c] + item.rest[c] + item.mean[c];
        }
      }
    }
    solvers.giveBack(std::move(solver));
    job.advance(end - begin);
  });
  return result;
}

}  // namespace denseam::pointcloud
