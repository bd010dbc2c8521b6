#include "sphere/saddle_point.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "simd/vectors.h"
#include "sphere/batch_pass.h"
#include "sphere/normalizer.h"
#include "sphere/scaling/multipliers.h"
#include "sphere/tiles.h"

namespace denseam::sphere {
namespace {

// The rows in a batch, whose scores are kept together.
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
      const std::vector<double> classSums = pass_.sumClasses();
      for (std::size_t i = 0; i < classSums.size(); ++i) result.classWeights[i] += classWeights[i] * classSums[i];
      job.advance(rows);
    }
    return result;
  }

 private:
  const Rows<double>& x_;
  std::size_t hiddenUnits_;
  BatchPass<double> pass_;
};

// Makes a row a unit vector and returns its length; a row of zeros stays. Its squares may lie below the least double.
double normalize(std::size_t n, double* row) {
  double top = 0;
  for (std::size_t j = 0; j < n; ++j) top = std::max(top, std::abs(row[j]));
  if (top == 0) return 0;
  for (std::size_t j = 0; j < n; ++j) row[j] /= top;
  const double length = std::sqrt(innerProduct(n, row, row));
  scaleBy(1 / length, {row, n});
  return top * length;
}

// Applies eq. 10 to sums. `slope` is 2 beta_eff rho.
void setMemories(const std::vector<double>& sums, std::size_t dimension, double slope, SaddlePointState& state) {
  state.memories = sums;
  for (std::size_t mu = 0; mu < state.lengths.size(); ++mu) {
    const double length = normalize(dimension, state.memories.data() + mu * dimension);
    state.lengths[mu] = length == 0 ? 0 : signalFactor(slope * length);
  }
}

std::vector<double> scaledMemories(const SaddlePointState& state, std::size_t dimension) {
  std::vector<double> scaled = state.memories;
  for (std::size_t mu = 0; mu < state.lengths.size(); ++mu) {
    scaleBy(state.lengths[mu], std::span(scaled).subspan(mu * dimension, dimension));
  }
  return scaled;
}

double distance(std::size_t n, const double* a, const double* b) {
  double square = 0;
  for (std::size_t j = 0; j < n; ++j) square += (a[j] - b[j]) * (a[j] - b[j]);
  return std::sqrt(square);
}

double greatestDifference(std::size_t n, const double* a, const double* b) {
  double greatest = 0;
  for (std::size_t j = 0; j < n; ++j) greatest = std::max(greatest, std::abs(a[j] - b[j]));
  return greatest;
}

}  // namespace

Stationarity stationarity(const Model<double>& model, const Rows<double>& x, const Objective& objective,
                          const Shares& shares, Job& job) {
  const std::size_t d = model.dimension;
  job.expect(x.count());
  Stationarity result;
  result.sums = Summation(x, model.hiddenUnits, model.labels)
                    .sums(Mixture<double>(model, logNormalizer(d, model.beta)), model.memories.data(),
                          model.classWeights.data(), objective, job);
  std::vector<double> directions = result.sums.memories;
  for (std::size_t mu = 0; mu < model.hiddenUnits; ++mu) {
    const bool isSupported = normalize(d, directions.data() + mu * d) > 0;
    if (!isSupported) result.unsupported.push_back(static_cast<std::int32_t>(mu));
    const double* w = model.memories.data() + mu * d;
    result.memories.push_back(isSupported ? distance(d, w, directions.data() + mu * d) : 0);
  }
  const std::vector<double> classWeights =
      stationaryClassWeights(result.sums.classWeights, shares, model.classWeights, job);
  for (std::size_t begin = 0; begin < classWeights.size(); begin += model.labels) {
    result.classWeights.push_back(
        greatestDifference(model.labels, classWeights.data() + begin, model.classWeights.data() + begin));
  }
  return result;
}

double signalFactor(double x) { return std::isinf(x) ? 1 : x / (std::hypot(x, 1) + 1); }

SaddlePoint solveSaddlePoint(const SaddlePointProblem& problem, SaddlePointState state, double tolerance,
                             std::size_t maxIterations, Job& job) {
  const Rows<double>& patterns = *problem.patterns;
  const std::size_t d = patterns.dimension;
  const std::size_t units = problem.shares.hidden.size() - 1;
  const std::size_t labels = problem.shares.classes.size();
  // Infinite rho makes the whole product infinite, also where beta_eff is zero: that limit is taken last.
  const double slope = std::isinf(problem.load) ? problem.load : 2 * problem.effectiveBeta * problem.load;
  job.expect((maxIterations + 1) * patterns.count());
  Summation summation(patterns, units, labels);
  std::vector<double> scaled = scaledMemories(state, d);
  SaddlePoint result;
  for (;; ++result.iterations) {
    const Mixture<double> mixture(units, labels, state.classWeights.data(), problem.effectiveBeta, problem.logPeak);
    result.sums = summation.sums(mixture, scaled.data(), state.classWeights.data(), problem.objective, job);
    SaddlePointState next = state;
    setMemories(result.sums.memories, d, slope, next);
    next.classWeights = stationaryClassWeights(result.sums.classWeights, problem.shares, state.classWeights, job);
    std::vector<double> nextScaled = scaledMemories(next, d);
    result.residual =
        greatestDifference(state.classWeights.size(), state.classWeights.data(), next.classWeights.data());
    for (std::size_t at = 0; at < scaled.size(); at += d) {
      result.residual = std::max(result.residual, distance(d, scaled.data() + at, nextScaled.data() + at));
    }
    result.converged = result.residual <= tolerance;
    if (result.converged || result.iterations == maxIterations) break;
    state = std::move(next);
    scaled = std::move(nextScaled);
  }
  result.overlaps.resize(patterns.count() * units);
  multiplyInTiles<double>(patterns.count(), units, d, {patterns.values.data(), d}, linalg::transposed(scaled.data(), d),
                          false, result.overlaps.data(), job);
  result.state = std::move(state);
  return result;
}

}  // namespace denseam::sphere
