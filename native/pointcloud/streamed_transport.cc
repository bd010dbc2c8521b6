#include "pointcloud/streamed_transport.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "parallel/pool.h"
#include "simd/vectors.h"

namespace denseam::pointcloud {
namespace {

// Temperatures: each a quarter of the one before, from some hundredths of the greatest cost, and the tolerance above 1.
constexpr double kCooling = 4;
constexpr double kFirstShare = 0.02;
constexpr double kLooseTolerance = 1e-2;
// The marginal error (at most 2) above which potentials of a warm start are no better than none.
constexpr double kUsefulError = 1.4;
// Single precision goes on while the error is so many times what its rounding of the greatest cost makes, and takes no
// costs that its exponents could not hold.
constexpr double kSingleRounding = 0x1p-24;
constexpr double kSingleErrors = 4;
constexpr double kMostSingleCost = 1e5;
// Rounds without progress after which rounding is taken to be the reason; in double precision only of an error that is
// small enough for it, relative to the greatest cost: parts of a plan with weak links take many rounds, too.
constexpr std::size_t kSinglePatience = 8, kPatience = 500;
constexpr double kDoubleRounding = 0x1p-40;
// Sweeps of a problem whose costs are below kWeakCost, each of which gains at least 1 / kWeakCost^2.
constexpr int kWeakSweeps = 4;
// The aim of a cloud's transport to itself, relative to the tolerance: it is subtracted from others.
constexpr double kSelfShare = 1e-3, kLeastSelfTolerance = 1e-14;

// A bound on |x_k - y_j|^2.
double costBound(const Cloud& x, const Cloud& y) {
  const auto reach = [](const Cloud& cloud) {
    double most = 0;
    for (std::size_t k = 0; k < cloud.size; ++k) {
      const double* point = cloud.points.data() + k * cloud.dimension;
      most = std::max(most, innerProduct(cloud.dimension, point, point));
    }
    return std::sqrt(most);
  };
  const double sum = reach(x) + reach(y);
  return sum * sum;
}

AlignedVector<double> logarithms(const AlignedVector<double>& weights) {
  AlignedVector<double> result;
  for (const double weight : weights) result.push_back(std::log(weight));
  return result;
}

// The error that single precision leaves, at this temperature.
double singleError(double greatestCost, double temperature) {
  const double cost = greatestCost / temperature;
  return cost <= kMostSingleCost ? kSingleErrors * kSingleRounding * (1 + cost) : HUGE_VAL;
}

// terms <- potentials / temperature + logarithms.
void writeTerms(std::span<const double> potentials, double temperature, const AlignedVector<double>& logWeights,
                AlignedVector<double>& terms) {
  terms.resize(potentials.size());
  for (std::size_t k = 0; k < potentials.size(); ++k) terms[k] = potentials[k] / temperature + logWeights[k];
}

// sum_k w_k |exp((x_k - update_k) / temperature) - 1|.
double errorOf(std::span<const double> weights, std::span<const double> x, std::span<const double> update,
               double temperature) {
  double error = 0;
  for (std::size_t k = 0; k < x.size(); ++k) {
    error += weights[k] * std::fabs(std::expm1((x[k] - update[k]) / temperature));
  }
  return error;
}

}  // namespace

Solved StreamedTransport::solve(const Cloud& rows, const Cloud& columns, const SolverOptions& options, bool warm,
                                double* potentials, const Job& job, double enough) {
  prepare(rows, columns, job);
  options_ = options;
  enough_ = enough;
  if (warm) std::copy_n(potentials, columns.size, g_.begin());
  if (isWeak()) {
    solveWeak();
  } else {
    if (warm) evaluate();
    if (!warm || !(result_.marginalError < kUsefulError)) anneal();
    descend<float>(std::max(options.tolerance, singleError(greatestCost_, 1)));
    descend<double>(options.tolerance);
  }
  if (result_.marginalError <= options.tolerance) {
    result_.outcome = Outcome::kConverged;
  } else if (!isExhausted() && !isEnough()) {
    result_.outcome = Outcome::kAtRounding;
  }
  std::copy(g_.begin(), g_.end(), potentials);
  return result_;
}

Solved StreamedTransport::restore(const Cloud& rows, const Cloud& columns, const double* potentials, const Job& job) {
  prepare(rows, columns, job);
  std::copy_n(potentials, columns.size, g_.begin());
  evaluate();
  return result_;
}

void StreamedTransport::prepare(const Cloud& rows, const Cloud& columns, const Job& job) {
  rowCloud_ = &rows;
  columnCloud_ = &columns;
  rows_ = std::make_unique<StreamedCloud<double>>(rows);
  columns_ = std::make_unique<StreamedCloud<double>>(columns);
  job_ = &job;
  result_ = {};
  temperature_ = 1;
  greatestCost_ = costBound(rows, columns);
  logRowWeights_ = logarithms(rows.weights);
  logColumnWeights_ = logarithms(columns.weights);
  f_.resize(rows.size);
  g_.assign(columns.size, 0);
  update_.resize(columns.size);
}

// From scratch, to the temperature above 1.
void StreamedTransport::anneal() {
  std::fill(g_.begin(), g_.end(), 0.0);
  double first = 1;
  while (first < kFirstShare * greatestCost_) first *= kCooling;
  for (temperature_ = first; temperature_ > 1; temperature_ /= kCooling) {
    descend<float>(std::max(kLooseTolerance, singleError(greatestCost_, temperature_)));
    descend<double>(kLooseTolerance);
  }
  temperature_ = 1;
}

template <typename T>
void StreamedTransport::descend(double tolerance) {
  constexpr bool kIsSingle = sizeof(T) == sizeof(float);
  if (kIsSingle && !std::isfinite(tolerance)) return;
  const StreamedCloud<T> rows(*rowCloud_), columns(*columnCloud_);
  Anderson anderson(g_.size(), columnCloud_->weights.data());
  evaluateIn(rows, columns);
  while (!(result_.marginalError <= tolerance) && !isExhausted() && (kIsSingle || !isEnough()) &&
         !(kIsSingle ? anderson.idle() >= kSinglePatience : isAtRounding(anderson))) {
    ++result_.iterations;
    anderson.advance(result_.marginalError, update_.data(), g_.data());
    evaluateIn(rows, columns);
  }
}

bool StreamedTransport::isAtRounding(const Anderson& anderson) const {
  return anderson.idle() >= kPatience && result_.marginalError <= kDoubleRounding * (1 + greatestCost_ / temperature_);
}

void StreamedTransport::evaluate() {
  if (!isWeak()) return evaluateIn(*rows_, *columns_);
  weakLogSums(*rows_, *columns_, columnCloud_->weights.data(), g_.data(), f_.data(), *job_);
  for (double& f : f_) f = -f;
  weakLogSums(*columns_, *rows_, rowCloud_->weights.data(), f_.data(), update_.data(), *job_);
  for (double& g : update_) g = -g;
  measure();
}

// Computes f, the update of g, the value and the marginal error from g.
template <typename T>
void StreamedTransport::evaluateIn(const StreamedCloud<T>& rows, const StreamedCloud<T>& columns) {
  writeTerms(g_, temperature_, logColumnWeights_, terms_);
  logSums(rows, columns, terms_.data(), 1 / temperature_, f_.data(), *job_);
  for (double& f : f_) f *= -temperature_;
  writeTerms(f_, temperature_, logRowWeights_, terms_);
  logSums(columns, rows, terms_.data(), 1 / temperature_, update_.data(), *job_);
  for (double& g : update_) g *= -temperature_;
  measure();
}

void StreamedTransport::measure() {
  result_.value = innerProduct(f_.size(), rowCloud_->weights.data(), f_.data()) +
                  innerProduct(g_.size(), columnCloud_->weights.data(), g_.data());
  result_.marginalError = errorOf(columnCloud_->weights, g_, update_, temperature_);
}

void StreamedTransport::solveWeak() {
  std::fill(g_.begin(), g_.end(), 0.0);
  evaluate();
  for (int sweep = 0; sweep < kWeakSweeps && !isExhausted(); ++sweep) {
    ++result_.iterations;
    g_ = update_;
    evaluate();
  }
}

void StreamedTransport::writeRowImages(double* images, double* costs) const {
  AlignedVector<double> terms;
  writeTerms(g_, 1, logColumnWeights_, terms);
  pointcloud::images(*rows_, *columns_, terms.data(), images, costs, *job_);
}

void StreamedTransport::writeColumnImages(double* images, double* costs) const {
  AlignedVector<double> terms;
  writeTerms(f_, 1, logRowWeights_, terms);
  pointcloud::images(*columns_, *rows_, terms.data(), images, costs, *job_);
}

void StreamedTransport::writePlan(bool transposed, double* plan) const {
  const std::size_t n = rowCloud_->size, m = columnCloud_->size, d = rowCloud_->dimension;
  const double *x = rowCloud_->points.data(), *y = columnCloud_->points.data();
  parallel::forEach(n, 1, *job_, [&](std::size_t begin, std::size_t end) {
    for (std::size_t k = begin; k < end; ++k) {
      for (std::size_t j = 0; j < m; ++j) {
        double cost = 0;
        for (std::size_t i = 0; i < d; ++i) cost += (x[k * d + i] - y[j * d + i]) * (x[k * d + i] - y[j * d + i]);
        const double weights = rowCloud_->weights[k] * columnCloud_->weights[j];
        plan[transposed ? j * n + k : k * m + j] = weights * std::exp(f_[k] + g_[j] - cost);
      }
    }
  });
}

Solved StreamedSelf::solve(const Cloud& cloud, const SolverOptions& options, std::vector<double>& potentials,
                           const Job& job) {
  cloud_ = &cloud;
  points_ = std::make_unique<StreamedCloud<double>>(cloud);
  job_ = &job;
  options_ = options;
  result_ = {};
  greatestCost_ = costBound(cloud, cloud);
  logWeights_ = logarithms(cloud.weights);
  update_.resize(cloud.size);
  if (potentials.size() != cloud.size) potentials.assign(cloud.size, 0);
  const double aim = std::max(kLeastSelfTolerance, kSelfShare * options.tolerance);
  const double single = singleError(greatestCost_, 1);
  if (std::isfinite(single) && greatestCost_ >= kWeakCost) {
    descend(StreamedCloud<float>(cloud), std::max(aim, single), potentials);
  }
  descend(*points_, aim, potentials);
  writeTerms(potentials, 1, logWeights_, terms_);
  result_.outcome = result_.marginalError <= options.tolerance   ? Outcome::kConverged
                    : result_.iterations < options.maxIterations ? Outcome::kAtRounding
                                                                 : Outcome::kIterations;
  return result_;
}

template <typename T>
void StreamedSelf::descend(const StreamedCloud<T>& points, double tolerance, std::vector<double>& potentials) {
  const std::size_t n = points.size();
  Anderson anderson(n, cloud_->weights.data());
  evaluate(points, potentials);
  while (result_.marginalError > tolerance && result_.iterations < options_.maxIterations &&
         anderson.idle() < kSinglePatience) {
    ++result_.iterations;
    for (std::size_t k = 0; k < n; ++k) update_[k] = (potentials[k] + update_[k]) / 2;
    anderson.advance(result_.marginalError, update_.data(), potentials.data());
    evaluate(points, potentials);
  }
}

// Computes Tf, the value and the marginal error from f.
template <typename T>
void StreamedSelf::evaluate(const StreamedCloud<T>& points, const std::vector<double>& f) {
  bool isWeak = false;
  if constexpr (sizeof(T) == sizeof(double)) {
    isWeak = greatestCost_ < kWeakCost;
    if (isWeak) weakLogSums(points, points, cloud_->weights.data(), f.data(), update_.data(), *job_);
  }
  if (!isWeak) {
    writeTerms(f, 1, logWeights_, terms_);
    logSums(points, points, terms_.data(), 1, update_.data(), *job_);
  }
  double excess = 0;
  result_.value = 0;
  for (std::size_t k = 0; k < f.size(); ++k) {
    update_[k] = -update_[k];
    excess += cloud_->weights[k] * std::expm1(f[k] - update_[k]);
    result_.value += 2 * cloud_->weights[k] * f[k];
  }
  // <a, f> + <a, f> - <a (x) a, exp(f + f - c) - 1>.
  result_.value -= excess;
  result_.marginalError = errorOf(cloud_->weights, f, update_, 1);
}

void StreamedSelf::writeImages(std::span<double> images) const {
  std::vector<double> costs(cloud_->size);
  pointcloud::images(*points_, *points_, terms_.data(), images.data(), costs.data(), *job_);
}

}  // namespace denseam::pointcloud
