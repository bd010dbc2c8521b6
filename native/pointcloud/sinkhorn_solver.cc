#include "pointcloud/sinkhorn_solver.h"

#include <algorithm>
#include <cmath>

#include "pointcloud/kernels.h"
#include "simd/distances.h"
#include "simd/vectors.h"

namespace denseam::pointcloud {
namespace {

// Temperatures: each a quarter of the one before, from some hundredths of the greatest cost.
constexpr double kCooling = 4;
constexpr double kFirstShare = 0.02;
// The tolerance at temperatures above 1: the next one moves the marginals by more.
constexpr double kLooseTolerance = 1e-2;
// Lighter columns show in no error: when a temperature above 1 ends, they may differ from their weight by this factor,
// or by this share of it.
constexpr double kLooseUneven = 2, kLightShare = 0.3;
// The greatest logarithm of a mass, by which potentials change with the temperature; a larger change is a jump, which
// predicts nothing.
constexpr double kMostLogarithm = 100;
// The marginal error (at most 2) of extrapolated potentials above which the plain ones may have a smaller error.
constexpr double kPlainError = 0.1;
// The marginal error (at most 2) above which potentials of a warm start are no better than none.
constexpr double kUsefulError = 1.4;
// The sweeps of a problem whose costs are below kWeakCost.
constexpr int kWeakSweeps = 4;

}  // namespace

Solved TransportSolver::solve(const Problem& problem, const SolverOptions& options, bool warm, double* potentials,
                              const Job& job, double enough) {
  prepare(problem, job);
  options_ = options;
  enough_ = enough;
  if (isWeak()) {
    solveWeak();
    return conclude(potentials);
  }
  if (warm) {
    takeOver(potentials);
    if (result_.marginalError < kUsefulError) descend(options.tolerance);
  }
  if (!warm || !(isSolved(options.tolerance) || isEnough())) anneal();
  if (!isSolved(options.tolerance) && !isEnough()) returnToBest();
  finish();
  return conclude(potentials);
}

Solved TransportSolver::restore(const Problem& problem, double* potentials, const Job& job) {
  prepare(problem, job);
  takeOver(potentials);
  return conclude(potentials);
}

void TransportSolver::prepare(const Problem& problem, const Job& job) {
  problem_ = problem;
  job_ = &job;
  temperature_ = 1;
  result_ = {};
  const std::size_t n = problem.rows, m = problem.columns;
  plan_.resize(n * m);
  for (auto* vector : {&rowPotentials_, &logRowWeights_}) vector->resize(n);
  for (auto* vector : {&potentials_, &logColumnWeights_, &columnSums_, &scaling_, &scratch_, &direction_, &saved_}) {
    vector->resize(m);
  }
  for (std::size_t k = 0; k < n; ++k) logRowWeights_[k] = std::log(problem.rowWeights[k]);
  for (std::size_t j = 0; j < m; ++j) logColumnWeights_[j] = std::log(problem.columnWeights[j]);
  greatestCost_ = greatest({problem.costs, n * m});
  leastError_ = std::numeric_limits<double>::infinity();
  reduced_.begin(problem);
  newton_.forget();
}

// Starts from the potentials of an earlier problem.
void TransportSolver::takeOver(const double* potentials) {
  const std::size_t m = problem_.columns;
  std::copy_n(potentials, m, potentials_.begin());
  evaluate();
  if (!areCostsLarge()) return;
  reduceCosts();
  addScaled(m, 1, potentials + m, potentials_.data());
  evaluate();
}

// Starts from scratch, down to the temperature 1 unless the value is certainly above `enough` before.
void TransportSolver::anneal() {
  problem_.costs = reduced_.reset();
  std::fill(potentials_.begin(), potentials_.end(), 0.0);
  earlier_.clear();
  isExtrapolated_ = false;
  for (temperature_ = firstTemperature(); temperature_ > 1; temperature_ /= kCooling) {
    start();
    descend(kLooseTolerance);
    descend(std::max(options_.tolerance, kLightShare * lightestUnevenColumn()));
    settle();
    if (std::isfinite(enough_) && boundAtOne() > enough_) return;
    extrapolate();
  }
  temperature_ = 1;
  start();
  descend(options_.tolerance);
}

void TransportSolver::start() {
  if (areCostsLarge()) reduceCosts();
  evaluate();
  if (isExtrapolated_ && result_.marginalError > kPlainError) compareWithPlain();
}

// Extrapolates the potentials linearly from the last two temperatures: at low temperatures they are linear in the
// temperature but for terms that fall exponentially.
void TransportSolver::extrapolate() {
  const std::size_t m = problem_.columns;
  saved_ = potentials_;
  addScaled(m, 1, reduced_.columns().data(), saved_.data());
  isExtrapolated_ = false;
  if (!earlier_.empty()) {
    for (std::size_t j = 0; j < m; ++j) direction_[j] = (saved_[j] - earlier_[j]) / kCooling;
    // A constant changes nothing.
    const auto [least, most] = std::minmax_element(direction_.begin(), direction_.end());
    const double shift = *least;
    isExtrapolated_ = kCooling * (*most - shift) < kMostLogarithm * temperature_;
    for (double& change : direction_) change -= shift;
    if (isExtrapolated_) addScaled(m, 1, direction_.data(), potentials_.data());
  }
  earlier_ = saved_;
}

// Undoes the extrapolation where potentials are better without it: parts with weak links may have moved at random.
void TransportSolver::compareWithPlain() {
  const double error = result_.marginalError;
  saved_ = potentials_;
  addScaled(problem_.columns, -1, direction_.data(), potentials_.data());
  evaluate();
  if (!(result_.marginalError < error)) {
    potentials_ = saved_;
  } else if (areCostsLarge()) {
    reduceCosts();
  }
  evaluate();
}

void TransportSolver::reduceCosts() { problem_.costs = reduced_.takeOff(rowPotentials_.data(), potentials_.data()); }

// Writes the potentials with all that was subtracted from the costs, and the rounding error of the sums.
void TransportSolver::writeWhole(double* potentials) const {
  const std::size_t m = problem_.columns;
  for (std::size_t j = 0; j < m; ++j) {
    const TwoSum sum = twoSum(reduced_.columns()[j], potentials_[j]);
    potentials[j] = sum.value;
    potentials[m + j] = sum.error;
  }
}

// Keeps the best potentials: where links are weak, a step that raises the semi-dual may raise the error.
void TransportSolver::noteBest() {
  if (temperature_ > 1 || !(result_.marginalError < leastError_)) return;
  leastError_ = result_.marginalError;
  best_.resize(2 * problem_.columns);
  writeWhole(best_.data());
}

void TransportSolver::returnToBest() {
  if (temperature_ > 1 || !(leastError_ < result_.marginalError)) return;
  problem_.costs = reduced_.reset();
  takeOver(best_.data());
}

Solved TransportSolver::conclude(double* potentials) {
  const std::size_t n = problem_.rows;
  writeWhole(potentials);
  wholeRowPotentials_ = rowPotentials_;
  addScaled(n, 1, reduced_.rows().data(), wholeRowPotentials_.data());
  result_.value += reduced_.value();
  return result_;
}

double TransportSolver::firstTemperature() const {
  const double reach = kFirstShare * greatestCost_;
  double temperature = 1;
  while (temperature < reach) temperature *= kCooling;
  return temperature;
}

double TransportSolver::lightestUnevenColumn() const {
  double lightest = std::numeric_limits<double>::infinity();
  for (std::size_t j = 0; j < problem_.columns; ++j) {
    if (isUneven(j, kLooseUneven)) lightest = std::min(lightest, problem_.columnWeights[j]);
  }
  return lightest;
}

void TransportSolver::finish() {
  if (isSolved(options_.tolerance)) {
    result_.outcome = Outcome::kConverged;
  } else if (!isExhausted() && !isEnough()) {
    result_.outcome = Outcome::kAtRounding;
  }
}

// Computes f, the conditional plan, its column sums, the value and the marginal error from g.
void TransportSolver::evaluate() {
  job_->poll();
  const Problem& problem = problem_;
  const std::size_t m = problem.columns;
  std::fill(columnSums_.begin(), columnSums_.end(), 0.0);
  if (isWeak()) weakRows(problem, potentials_.data(), rowPotentials_.data(), plan_.data(), columnSums_.data());
  for (std::size_t k = 0; !isWeak() && k < problem.rows; ++k) {
    rowPotentials_[k] = -temperature_ * conditionalRow(m, 1 / temperature_, problem.costs + k * m, potentials_.data(),
                                                       logColumnWeights_.data(), problem.rowWeights[k],
                                                       plan_.data() + k * m, columnSums_.data());
  }
  result_.value = innerProduct(problem.rows, problem.rowWeights, rowPotentials_.data()) +
                  innerProduct(m, problem.columnWeights, potentials_.data());
  result_.marginalError = absoluteDistance(m, columnSums_.data(), problem.columnWeights);
}

// Sinkhorn updates, each of which gains at least 1 / kWeakCost^2, to the last digit: the value does not need that, but
// differences of potentials do.
void TransportSolver::solveWeak() {
  std::fill(potentials_.begin(), potentials_.end(), 0.0);
  evaluate();
  for (int i = 0; i < kWeakSweeps && !isExhausted(); ++i) {
    ++result_.iterations;
    weakColumns(problem_, rowPotentials_.data(), potentials_.data());
    evaluate();
  }
  finish();
}

void TransportSolver::writeColumnPotentials(double* g) {
  updateBySums(g);
  addScaled(problem_.columns, 1, reduced_.columns().data(), g);
}

void TransportSolver::updateBySums(double* g) {
  if (isWeak()) return weakColumns(problem_, rowPotentials_.data(), g);
  columnLogSums(problem_.rows, problem_.columns, 1 / temperature_, problem_.costs, rowPotentials_.data(),
                logRowWeights_.data(), scratch_.data(), g);
  for (std::size_t j = 0; j < problem_.columns; ++j) g[j] *= -temperature_;
}

// A lower bound on the regularised cost at temperature 1, from the potentials of a higher one.
double TransportSolver::boundAtOne() {
  const double temperature = temperature_;
  temperature_ = 1;
  evaluate();
  temperature_ = temperature;
  return reduced_.value() + result_.value;
}

}  // namespace denseam::pointcloud
