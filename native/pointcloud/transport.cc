#include "pointcloud/transport.h"

#include <algorithm>
#include <cmath>

#include "pointcloud/kernels.h"
#include "vectors.h"

namespace denseam::pointcloud {
namespace {

// Temperatures: each a quarter of the one before, from some hundredths of the greatest cost.
constexpr double kCooling = 4;
constexpr double kFirstShare = 0.02;
// What a temperature above 1 is solved to: the next one moves the marginals by more.
constexpr double kLooseTolerance = 1e-2;
// Costs above this many temperatures are reduced: rounding of potentials that are as large would show in the plan.
constexpr double kLargeCost = 1e3;
// Newton's method begins below this marginal error, or after so many sweeps.
constexpr double kNewtonError = 0.3;
constexpr std::size_t kMostFirstSweeps = 20;
// Of at most 2: potentials with more from a warm start are no better than none.
constexpr double kUsefulError = 1.4;
// Sweeps after which their rate is known; they go on when they will end within about the cost of Newton's method.
constexpr std::size_t kTrialSweeps = 4;
constexpr double kWorthwhileSweeps = 60;
// Where nothing else helps, sweeps may, slowly.
constexpr std::size_t kPatientSweeps = 500;
// By what factor a column sum may differ from its weight: a column that is farther off would, however light it is,
// shorten every step of Newton's method; so it gets a Sinkhorn update first. And what may remain at the end of a
// temperature above 1, whose error then falls below this share of the column's weight.
constexpr double kUneven = 20, kLooseUneven = 2, kLightShare = 0.3;
// What the flow through an edge of the plan's tree may still change by, as a share of itself, when a temperature ends.
constexpr double kLeastFlow = 1e-14;
constexpr double kSettled = 6;
// Scalings up to this lose no entry of the plan that could matter: it would have to be below 1e-308 times its square.
constexpr double kMostScaling = 1e50;
// A column whose sum is below this needs the log domain.
constexpr double kLeastColumnSum = 1e-150;
// No step changes differences of potentials by more than this, in units of the temperature: the semi-dual's curvature
// changes by its exponential.
constexpr double kMostChange = 8;
constexpr double kFar = 100;
// How exact Newton's direction is: as the error, so that its square is the next one, but no more than the last step
// needs.
constexpr double kLoosestDirection = 0.05, kTightestDirection = 0.3;
// A step is accepted when the semi-dual rises by this share of what its slope promises, or the error halves.
constexpr double kArmijo = 0.1;
constexpr int kMostHalvings = 4;
// Of a problem whose costs are below kWeakCost.
constexpr int kWeakSweeps = 4;
// Progress is an error that falls by a tenth or a value that visibly rises. Without it over so many rounds the rounding
// of the potentials is reached.
constexpr double kProgress = 0.9;
constexpr double kVisible = 1e-12;
constexpr int kMostFutileRounds = 6;

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
    if (isEnough()) return conclude(potentials);
    warm = result_.marginalError < kUsefulError;
  }
  if (!warm) {
    reduced_.reset(problem);
    problem_ = problem;
    std::fill(potentials_.begin(), potentials_.end(), 0.0);
    for (temperature_ = firstTemperature(); temperature_ > 1; temperature_ /= kCooling) {
      start();
      descend(kLooseTolerance);
      // Columns lighter than that show in no error. Left as they are, they would be far off at the last temperature.
      descend(std::max(options.tolerance, kLightShare * lightestUnevenColumn()));
      settle();
      if (std::isfinite(enough) && boundAtOne() > enough) return conclude(potentials);
    }
    temperature_ = 1;
    start();
  }
  descend(options.tolerance);
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
  for (auto* vector : {&logColumnWeights_, &columnSums_, &scaling_, &scratch_, &direction_, &saved_, &potentials_}) vector->resize(m);
  for (std::size_t k = 0; k < n; ++k) logRowWeights_[k] = std::log(problem.rowWeights[k]);
  for (std::size_t j = 0; j < m; ++j) logColumnWeights_[j] = std::log(problem.columnWeights[j]);
  greatestCost_ = greatest(n * m, problem.costs);
  reached_.resize(n + m);
  reduced_.reset(problem);
  newton_.forget();
}

// Begins at the potentials of an earlier problem.
void TransportSolver::takeOver(const double* potentials) {
  const std::size_t m = problem_.columns;
  std::copy_n(potentials, m, potentials_.begin());
  evaluate();
  if (!areCostsLarge()) return;
  reduceCosts();
  addScaled(m, 1, potentials + m, potentials_.data());
  evaluate();
}

// Begins at another temperature.
void TransportSolver::start() {
  if (areCostsLarge()) reduceCosts();
  evaluate();
}

void TransportSolver::reduceCosts() {
  reduced_.takeOff(rowPotentials_.data(), potentials_.data());
  problem_.costs = reduced_.costs();
}

// What the caller gets.
Solved TransportSolver::conclude(double* potentials) {
  const std::size_t n = problem_.rows, m = problem_.columns;
  for (std::size_t j = 0; j < m; ++j) {
    const TwoSum sum = twoSum(reduced_.columns()[j], potentials_[j]);
    potentials[j] = sum.value;
    potentials[m + j] = sum.error;
  }
  wholeRowPotentials_ = rowPotentials_;
  addScaled(n, 1, reduced_.rows().data(), wholeRowPotentials_.data());
  result_.value += reduced_.value();
  return result_;
}

bool TransportSolver::areCostsLarge() const { return greatestCost_ > kLargeCost * temperature_; }

double TransportSolver::firstTemperature() const {
  const double reach = kFirstShare * greatestCost_;
  double temperature = 1;
  while (temperature < reach) temperature *= kCooling;
  return temperature;
}

void TransportSolver::finish() {
  if (isSolved(options_.tolerance)) {
    result_.outcome = Outcome::kConverged;
  } else if (!isExhausted() && !isEnough()) {
    result_.outcome = Outcome::kAtRounding;
  }
}

// f, the conditional plan, its column sums, the value and the marginal error from g.
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
  result_.marginalError = totalDifference(m, columnSums_.data(), problem.columnWeights);
}

// Sinkhorn updates, of which each gains at least 1 / kWeakCost^2: to the last digit, which the value does not need, but
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

// One Sinkhorn update of g, in the log domain where a column sum underflows.
void TransportSolver::updateColumns() {
  if (*std::min_element(columnSums_.begin(), columnSums_.end()) < kLeastColumnSum) {
    updateBySums(potentials_.data());
  } else {
    for (std::size_t j = 0; j < problem_.columns; ++j) {
      potentials_[j] += temperature_ * std::log(problem_.columnWeights[j] / columnSums_[j]);
    }
  }
  ++result_.iterations;
  evaluate();
}

bool TransportSolver::isUneven(std::size_t column, double allowed) const {
  const double sum = columnSums_[column], weight = problem_.columnWeights[column];
  return sum < kLeastColumnSum || sum * allowed < weight || sum > allowed * weight;
}

bool TransportSolver::areColumnsUneven(double allowed) const {
  for (std::size_t j = 0; j < problem_.columns; ++j) {
    if (isUneven(j, allowed)) return true;
  }
  return false;
}

double TransportSolver::lightestUnevenColumn() const {
  double lightest = std::numeric_limits<double>::infinity();
  for (std::size_t j = 0; j < problem_.columns; ++j) {
    if (isUneven(j, kLooseUneven)) lightest = std::min(lightest, problem_.columnWeights[j]);
  }
  return lightest;
}

void TransportSolver::descend(double tolerance) {
  double leastError = std::numeric_limits<double>::infinity();
  double greatestValue = -leastError;
  bool useNewton = false;
  for (int futile = 0; !isSolved(tolerance) && !isExhausted() && !isEnough() && futile < kMostFutileRounds;) {
    const double visible = kVisible * (1 + std::fabs(greatestValue));
    const bool progresses = result_.marginalError < kProgress * leastError || result_.value > greatestValue + visible;
    futile = progresses ? 0 : futile + 1;
    leastError = std::min(leastError, result_.marginalError);
    greatestValue = std::max(greatestValue, result_.value);
    if (areColumnsUneven(useNewton ? kUneven : HUGE_VAL)) updateColumns();
    const bool isLastRound = futile + 1 == kMostFutileRounds;
    if (useNewton && !isLastRound) {
      useNewton = stepAlongNewton(tolerance);
    } else {
      sweep(tolerance, isLastRound ? kPatientSweeps : kTrialSweeps);
      useNewton = true;
    }
  }
}

long settleTrees=0,temperTrees=0;
void TransportSolver::growTree(double floor) {
  const Problem& problem = problem_;
  treeRows_.resize(problem.rows);
  treeColumns_.resize(problem.columns);
  for (std::size_t k = 0; k < problem.rows; ++k) treeRows_[k] = rowPotentials_[k] / temperature_ + logRowWeights_[k];
  for (std::size_t j = 0; j < problem.columns; ++j) {
    treeColumns_[j] = potentials_[j] / temperature_ + logColumnWeights_[j];
    scratch_[j] = problem.columnWeights[j] - columnSums_[j];
  }
  tree_.grow({problem.rows, problem.columns, problem.costs, 1 / temperature_, treeRows_.data(), treeColumns_.data()},
             scratch_.data(), std::max(kLeastFlow, floor));
}

// Until every edge of the plan's tree carries about the mass that it has to.
void TransportSolver::settle() {
  for (int i = 0; i < 30 && !isExhausted(); ++i) {
    // No part lacks or has more than half of the error.
    if (isJoined(problem_.rows, problem_.columns, plan_.data(), problem_.rowWeights,
                 result_.marginalError / 2 * std::exp(-kSettled), reached_.data())) {
      break;
    }
    ++settleTrees;
    growTree(options_.tolerance / 4);
    if (tree_.greatestGrowth() <= kSettled) break;
    if (!stepAlongNewton(options_.tolerance)) sweep(options_.tolerance, kTrialSweeps);
  }
}

// Sweeps on the plan as it is, `trialSweeps` at least, then takes their scaling into g.
void TransportSolver::sweep(double tolerance, std::size_t trialSweeps) {
  const Problem& problem = problem_;
  const std::size_t m = problem.columns;
  scratch_ = columnSums_;
  std::fill(scaling_.begin(), scaling_.end(), 1.0);
  double error = result_.marginalError;
  for (std::size_t sweeps = 1; !isExhausted(); ++sweeps) {
    job_->poll();
    ++result_.iterations;
    if (!rescale()) break;
    scalingSweep(problem.rows, m, plan_.data(), problem.rowWeights, scaling_.data(), scratch_.data());
    double next = 0;
    for (std::size_t j = 0; j < m; ++j) next += std::fabs(scaling_[j] * scratch_[j] - problem.columnWeights[j]);
    const double rate = next / error;
    error = next;
    if (error <= tolerance || (sweeps >= kMostFirstSweeps && error >= kNewtonError)) break;
    const double remaining = rate < 1 ? std::log(tolerance / error) / std::log(rate) : HUGE_VAL;
    if (sweeps >= trialSweeps && error < kNewtonError && remaining > kWorthwhileSweeps) break;
  }
  for (std::size_t j = 0; j < m; ++j) potentials_[j] += temperature_ * std::log(scaling_[j]);
  evaluate();
}

// The column scaling that Sinkhorn's update asks for, from the column sums that rows of the sum 1 have without it.
// False when it is so large that the plan has to be computed anew.
bool TransportSolver::rescale() {
  double least = kMostScaling, most = 0;
  for (std::size_t j = 0; j < problem_.columns; ++j) {
    scaling_[j] = problem_.columnWeights[j] / scratch_[j];
    least = std::min(least, scaling_[j]);
    most = std::max(most, scaling_[j]);
  }
  return most <= kMostScaling && least * kMostScaling >= 1;
}

bool TransportSolver::stepAlongNewton(double tolerance) {
  const Problem& problem = problem_;
  const std::size_t m = problem.columns;
  const double error = result_.marginalError, value = result_.value;
  const double accuracy = std::min(kLoosestDirection, std::max(error, kTightestDirection * tolerance / error));
  ++result_.iterations;
  ++result_.newtonSolves;
  if (!newton_.solve(problem, plan_.data(), columnSums_.data(), accuracy, direction_.data(), *job_)) return false;
  const auto [least, most] = std::minmax_element(direction_.begin(), direction_.end());
  double step = std::min(1.0, kMostChange / (*most - *least));
  if (*most - *least > kFar) {
    step = 1;
    ++temperTrees;
    growTree(options_.tolerance / (4 * static_cast<double>(problem.columns)));
    tree_.temper(direction_.data());
  }
  double slope = 0;
  for (std::size_t j = 0; j < m; ++j) slope += direction_[j] * (problem.columnWeights[j] - columnSums_[j]);
  saved_ = potentials_;
  for (int halvings = 0; halvings < kMostHalvings; ++halvings, step /= 4) {
    for (std::size_t j = 0; j < m; ++j) potentials_[j] = saved_[j] + step * temperature_ * direction_[j];
    evaluate();
    const bool rises = result_.value >= value + kArmijo * step * temperature_ * slope;
    if (std::isfinite(result_.value) && (rises || result_.marginalError <= 0.5 * error)) return true;
  }
  potentials_ = saved_;
  evaluate();
  return false;
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
