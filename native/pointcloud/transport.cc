#include "pointcloud/transport.h"

#include <algorithm>
#include <cmath>

#include "pointcloud/kernels.h"

namespace denseam::pointcloud {
namespace {

// Temperatures: each a quarter of the one before, from about a tenth of the greatest cost.
constexpr double kCooling = 4;
constexpr double kFirstShare = 0.1;
// What a temperature above 1 is solved to: the next one moves the marginals by more.
constexpr double kLooseTolerance = 1e-2;
// Newton's method begins below this marginal error, or after so many sweeps.
constexpr double kNewtonError = 0.3;
constexpr std::size_t kMostFirstSweeps = 20;
// Sweeps after which their rate is known; they go on when they will end within about the cost of Newton's method.
constexpr std::size_t kTrialSweeps = 4;
constexpr double kWorthwhileSweeps = 60;
// Scalings within exp(+-100) lose no entry of the plan that could matter: it would have to be below 1e-308 e^200.
constexpr double kSafeLogScaling = 100;
// A column whose sum is below this has lost all its entries, or is about to.
constexpr double kLeastColumnSum = 1e-200;
// No step changes differences of potentials by more than this, in units of the temperature: the semi-dual's curvature
// changes by its exponential.
constexpr double kMostChange = 8;
// A step is accepted when the semi-dual rises by this share of what its slope promises, or the error halves.
constexpr double kArmijo = 0.1;
constexpr int kMostHalvings = 4;
// Without progress over so many rounds the rounding of the potentials is reached.
constexpr int kMostFutileRounds = 4;

}  // namespace

auto TransportSolver::solve(const Problem& problem, const SolverOptions& options, bool warm, double* potentials,
                            const Job& job, double enough) -> Result {
  prepare(problem, potentials, job);
  options_ = options;
  if (warm) {
    evaluate();
    if (result_.value > enough) return result_;
    // Potentials that are far off are no better than none.
    warm = result_.marginalError < 2 * (1 - kNewtonError);
  }
  if (!warm) {
    std::fill_n(potentials, problem.columns, 0.0);
    for (temperature_ = firstTemperature(); temperature_ > 1; temperature_ /= kCooling) {
      evaluate();
      descend(kLooseTolerance);
      if (std::isfinite(enough) && boundAtOne() > enough) return result_;
    }
    temperature_ = 1;
    evaluate();
  }
  if (!(result_.value > enough)) descend(options.tolerance);
  result_.converged = isSolved(options.tolerance);
  return result_;
}

auto TransportSolver::restore(const Problem& problem, double* potentials, const Job& job) -> Result {
  prepare(problem, potentials, job);
  evaluate();
  return result_;
}

void TransportSolver::prepare(const Problem& problem, double* potentials, const Job& job) {
  problem_ = &problem;
  job_ = &job;
  potentials_ = potentials;
  temperature_ = 1;
  result_ = {};
  const std::size_t n = problem.rows, m = problem.columns;
  plan_.resize(n * m);
  for (auto* vector : {&rowPotentials_, &logRowWeights_}) vector->resize(n);
  for (auto* vector : {&logColumnWeights_, &columnSums_, &scaling_, &scratch_, &direction_, &saved_}) vector->resize(m);
  for (std::size_t k = 0; k < n; ++k) logRowWeights_[k] = std::log(problem.rowWeights[k]);
  for (std::size_t j = 0; j < m; ++j) logColumnWeights_[j] = std::log(problem.columnWeights[j]);
  newton_.forget();
}

double TransportSolver::firstTemperature() const {
  const double reach = kFirstShare * greatest(problem_->rows * problem_->columns, problem_->costs);
  double temperature = 1;
  while (temperature < reach) temperature *= kCooling;
  return temperature;
}

// f, the conditional plan, its column sums, the value and the marginal error from g.
void TransportSolver::evaluate() {
  job_->poll();
  const Problem& problem = *problem_;
  const std::size_t m = problem.columns;
  std::fill(columnSums_.begin(), columnSums_.end(), 0.0);
  for (std::size_t k = 0; k < problem.rows; ++k) {
    rowPotentials_[k] = -temperature_ * conditionalRow(m, 1 / temperature_, problem.costs + k * m, potentials_,
                                                       logColumnWeights_.data(), problem.rowWeights[k],
                                                       plan_.data() + k * m, columnSums_.data());
  }
  result_.value = innerProduct(problem.rows, problem.rowWeights, rowPotentials_.data()) +
                  innerProduct(m, problem.columnWeights, potentials_);
  result_.marginalError = totalDifference(m, columnSums_.data(), problem.columnWeights);
}

// A Sinkhorn update of g in the log domain, for columns that no row sends anything to.
void TransportSolver::reviveColumns() {
  const Problem& problem = *problem_;
  columnLogSums(problem.rows, problem.columns, 1 / temperature_, problem.costs, rowPotentials_.data(),
                logRowWeights_.data(), scratch_.data(), direction_.data());
  for (std::size_t j = 0; j < problem.columns; ++j) potentials_[j] = -temperature_ * direction_[j];
  ++result_.iterations;
  evaluate();
}

void TransportSolver::descend(double tolerance) {
  double best = std::numeric_limits<double>::infinity();
  int futile = 0;
  bool useNewton = false;
  while (!isSolved(tolerance) && !exhausted() && futile < kMostFutileRounds) {
    if (*std::min_element(columnSums_.begin(), columnSums_.end()) < kLeastColumnSum) reviveColumns();
    if (!useNewton) {
      useNewton = sweep(tolerance);
    } else {
      useNewton = stepAlongNewton(tolerance);
    }
    futile = result_.marginalError < 0.9 * best || useNewton ? 0 : futile + 1;
    best = std::min(best, result_.marginalError);
  }
}

// Sweeps on the plan as it is, then takes their scaling into g. Returns whether Newton's method is to go on.
bool TransportSolver::sweep(double tolerance) {
  const Problem& problem = *problem_;
  const std::size_t n = problem.rows, m = problem.columns;
  std::fill(scaling_.begin(), scaling_.end(), 1.0);
  double error = result_.marginalError;
  double* sums = scratch_.data();
  std::copy(columnSums_.begin(), columnSums_.end(), sums);
  for (std::size_t i = 0; error > tolerance && !exhausted(); ++i) {
    for (std::size_t j = 0; j < m; ++j) scaling_[j] = problem.columnWeights[j] / sums[j];
    scalingSweep(n, m, plan_.data(), problem.rowWeights, scaling_.data(), sums);
    ++result_.iterations;
    double next = 0;
    for (std::size_t j = 0; j < m; ++j) next += std::fabs(scaling_[j] * sums[j] - problem.columnWeights[j]);
    const double rate = next / error;
    error = next;
    if (i + 1 >= kTrialSweeps && error < kNewtonError &&
        !(std::log(tolerance / error) / std::log(rate) < kWorthwhileSweeps && rate < 1)) {
      break;
    }
    if (i + 1 >= kMostFirstSweeps && error >= kNewtonError) break;
  }
  for (std::size_t j = 0; j < m; ++j) potentials_[j] += temperature_ * std::log(scaling_[j]);
  evaluate();
  return true;
}

bool TransportSolver::stepAlongNewton(double tolerance) {
  const Problem& problem = *problem_;
  const std::size_t m = problem.columns;
  const double error = result_.marginalError, value = result_.value;
  const double accuracy = std::clamp(error, 0.3 * tolerance / error, 0.05);
  ++result_.iterations;
  if (!newton_.solve(problem, plan_.data(), columnSums_.data(), accuracy, direction_.data())) return false;
  double slope = 0, least = 0, most = 0;
  for (std::size_t j = 0; j < m; ++j) {
    slope += direction_[j] * (problem.columnWeights[j] - columnSums_[j]);
    least = std::min(least, direction_[j]);
    most = std::max(most, direction_[j]);
  }
  std::copy_n(potentials_, m, saved_.begin());
  double step = std::min(1.0, kMostChange / (most - least));
  for (int halvings = 0; halvings < kMostHalvings; ++halvings, step /= 4) {
    for (std::size_t j = 0; j < m; ++j) potentials_[j] = saved_[j] + step * temperature_ * direction_[j];
    evaluate();
    const bool rises = result_.value >= value + kArmijo * step * temperature_ * slope;
    if (std::isfinite(result_.value) && (rises || result_.marginalError <= 0.5 * error)) return true;
  }
  std::copy_n(saved_.begin(), m, potentials_);
  evaluate();
  return false;
}

// A lower bound on the regularised cost at temperature 1, from the potentials of a higher one.
double TransportSolver::boundAtOne() {
  const double temperature = temperature_;
  temperature_ = 1;
  evaluate();
  temperature_ = temperature;
  return result_.value;
}

}  // namespace denseam::pointcloud
