#include "sphere/saddle_point.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "sphere/batch_pass.h"
#include "sphere/multipliers.h"
#include "sphere/normalizer.h"
#include "sphere/tiles.h"
#include "sphere/vector_math.h"

namespace denseam::sphere {
namespace {

// Rows that are looked at together: their scores are kept meanwhile.
constexpr std::size_t kBatchRows = 4096;

class Summation {
 public:
  Summation(const Rows<double>& x, std::size_t hiddenUnits, std::size_t labels)
      : x_(x), hiddenUnits_(hiddenUnits), pass_(x.dimension, hiddenUnits, labels, std::min(x.count(), kBatchRows)) {}

  PosteriorSums sums(const Mixture<double>& mixture, const double* memories, const double* classWeights,
                     const Objective& objective, Job& job) {
    const std::size_t size = hiddenUnits_ * x_.dimension;
    PosteriorSums result{std::vector<double>(size), std::vector<double>((hiddenUnits_ + 1) * mixture.labels())};
    for (std::size_t first = 0; first < x_.count(); first += kBatchRows) {
      const std::size_t rows = std::min(kBatchRows, x_.count() - first);
      pass_.run(mixture, memories, x_.row(first), rows, objective, first, job);
      const double* sums = pass_.sumMemories(x_.row(first), first > 0, job);
      if (first + rows == x_.count()) std::copy_n(sums, size, result.memories.data());
      for (std::size_t i = 0; i < result.classWeights.size(); ++i) {
        result.classWeights[i] += classWeights[i] * pass_.classSums()[i];
      }
      job.advance(rows);
    }
    return result;
  }

 private:
  const Rows<double>& x_;
  std::size_t hiddenUnits_;
  BatchPass<double> pass_;
};

Shares sharesOf(const Model<double>& model) {
  Shares shares{std::vector<double>(model.hiddenUnits + 1), std::vector<double>(model.labels)};
  for (std::size_t i = 0; i < model.classWeights.size(); ++i) {
    shares.hidden[i / model.labels] += model.classWeights[i];
    shares.classes[i % model.labels] += model.classWeights[i];
  }
  return shares;
}

// s(2 beta_eff rho |xbar|) xbar / |xbar| of every row; one that is zero stays so.
std::vector<double> memoriesFrom(std::vector<double> sums, std::size_t dimension, double slope) {
  for (std::size_t begin = 0; begin < sums.size(); begin += dimension) {
    double* row = sums.data() + begin;
    const double length = std::sqrt(innerProduct(dimension, row, row));
    if (length > 0) scaleBy(dimension, std::isinf(slope) ? 1 / length : signalFactor(slope * length) / length, row);
  }
  return sums;
}

double change(const SaddlePointState& from, const SaddlePointState& to, std::size_t dimension) {
  double greatest = 0;
  for (std::size_t begin = 0; begin < from.memories.size(); begin += dimension) {
    double square = 0;
    for (std::size_t at = begin; at < begin + dimension; ++at) {
      const double difference = to.memories[at] - from.memories[at];
      square += difference * difference;
    }
    greatest = std::max(greatest, std::sqrt(square));
  }
  for (std::size_t i = 0; i < from.classWeights.size(); ++i) {
    greatest = std::max(greatest, std::abs(to.classWeights[i] - from.classWeights[i]));
  }
  return greatest;
}

}  // namespace

Stationarity stationarity(const Model<double>& model, const Rows<double>& x, const Objective& objective, Job& job) {
  job.expect(x.count());
  const Mixture<double> mixture(model);
  PosteriorSums sums = Summation(x, model.hiddenUnits, model.labels)
                           .sums(mixture, model.memories.data(), model.classWeights.data(), objective, job);
  std::vector<double> classWeights =
      stationaryClassWeights(sums.classWeights.data(), sharesOf(model), model.classWeights);
  return {std::move(sums), std::move(classWeights)};
}

double signalFactor(double x) { return std::isinf(x) ? 1 : x / (std::hypot(x, 1) + 1); }

SaddlePoint solveSaddlePoint(const SaddlePointProblem& problem, SaddlePointState state, double tolerance,
                             std::size_t maxIterations, Job& job) {
  const Rows<double>& patterns = *problem.patterns;
  const std::size_t d = patterns.dimension;
  const std::size_t units = problem.shares.hidden.size() - 1;
  const std::size_t labels = problem.shares.classes.size();
  // Infinite rho makes all of it infinite, beta_eff = 0 included: it is the limit that is taken last.
  const double slope = std::isinf(problem.load) ? problem.load : 2 * problem.effectiveBeta * problem.load;
  job.expect((maxIterations + 1) * patterns.count());
  Summation summation(patterns, units, labels);
  SaddlePoint result;
  for (;; ++result.iterations) {
    const Mixture<double> mixture(units, labels, state.classWeights.data(), problem.effectiveBeta,
                                  problem.logNormalizer);
    result.sums = summation.sums(mixture, state.memories.data(), state.classWeights.data(), problem.objective, job);
    SaddlePointState next{memoriesFrom(result.sums.memories, d, slope),
                          stationaryClassWeights(result.sums.classWeights.data(), problem.shares, state.classWeights)};
    result.residual = change(state, next, d);
    result.converged = result.residual <= tolerance;
    if (result.converged || result.iterations == maxIterations) break;
    state = std::move(next);
  }
  result.overlaps.resize(patterns.count() * units);
  multiplyInTiles<double>(patterns.count(), units, d, {patterns.values.data(), d},
                          linalg::transposed(state.memories.data(), d), false, result.overlaps.data(), job);
  result.state = std::move(state);
  return result;
}

}  // namespace denseam::sphere
