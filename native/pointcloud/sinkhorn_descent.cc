#include <algorithm>
#include <cmath>

#include "pointcloud/kernels.h"
#include "pointcloud/sinkhorn_solver.h"
#include "simd/vectors.h"

// The work of TransportSolver at one temperature.
namespace denseam::pointcloud {
namespace {

// Newton's method begins below this marginal error, or after so many sweeps.
constexpr double kNewtonError = 0.3;
constexpr std::size_t kMostFirstSweeps = 20;
// The sweeps that show their rate; they go on when they will end within about the cost of Newton's method.
constexpr std::size_t kTrialSweeps = 4;
constexpr double kWorthwhileSweeps = 15;
// The sweeps that remain where nothing else helps: they may, slowly.
constexpr std::size_t kPatientSweeps = 500;
// The factor by which a column sum may differ from its weight: a column that is farther off, however light, would
// shorten every step of Newton's method, so it gets a Sinkhorn update first.
constexpr double kUneven = 20;
// The greatest scaling: a lost entry of the plan would have to be below 1e-308 times its square, and does not matter.
constexpr double kMostScaling = 1e50;
// The column sum below which a column needs the log domain.
constexpr double kLeastColumnSum = 1e-150;
// The most that Newton's direction may change differences of potentials, in units of the temperature: the semi-dual's
// curvature changes by the exponential of it.
constexpr double kMostChange = 8;
// The precision of Newton's direction: that of the error, so that its square is the next one, but no more than the last
// step needs.
constexpr double kLoosestDirection = 0.05, kTightestDirection = 0.3;
// A step is accepted when the semi-dual rises by this share of what its slope promises, or the error halves.
constexpr double kArmijo = 0.1;
constexpr int kMostHalvings = 8;
// The rounding of sums over columns; and that of the weights, for each of them.
constexpr double kLeastFlow = 1e-14;
constexpr double kRoundingOfWeight = 0x1p-53;
// The power of e by which a link may still have to grow when a temperature ends: the next temperature changes it as
// much.
constexpr double kSettledGrowth = 6;
constexpr int kMostSettlingSteps = 30;
// Progress is an error that falls by a tenth or a value that visibly rises. After so many rounds without it the
// potentials have reached their rounding.
constexpr double kProgress = 0.9;
constexpr double kVisible = 1e-14;
constexpr int kMostFutileRounds = 6;
// The number of rounds in which a rising value is progress while the error does not fall.
constexpr int kMostIdleRounds = 40;

}  // namespace

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

void TransportSolver::descend(double tolerance) {
  double leastError = std::numeric_limits<double>::infinity();
  greatestValue_ = -leastError;
  bool useNewton = false;
  int futile = 0, idle = 0;
  while (!isSolved(tolerance) && !isExhausted() && !isEnough() && futile < kMostFutileRounds) {
    const double visible = kVisible * (1 + std::fabs(greatestValue_));
    const bool falls = result_.marginalError < kProgress * leastError;
    futile = falls || result_.value > greatestValue_ + visible ? 0 : futile + 1;
    idle = falls ? 0 : idle + 1;
    leastError = std::min(leastError, result_.marginalError);
    greatestValue_ = std::max(greatestValue_, result_.value);
    noteBest();
    if (areColumnsUneven(useNewton ? kUneven : HUGE_VAL)) updateColumns();
    const bool isPatient = futile + 1 == kMostFutileRounds || idle == kMostIdleRounds;
    if (isPatient) idle = 0;
    if (useNewton && !isPatient) {
      useNewton = stepAlongNewton(tolerance);
    } else {
      sweep(tolerance, isPatient ? kPatientSweeps : kTrialSweeps);
      useNewton = true;
    }
  }
}

// The flow that an edge of the tree need not carry: with as much along all edges, at both ends, it is half of the
// tolerance.
double TransportSolver::leastFlow() const {
  const auto nodes = static_cast<double>(problem_.rows + problem_.columns);
  return std::max({kLeastFlow, nodes * kRoundingOfWeight, options_.tolerance / (4 * nodes)});
}

// Grows the tree of the present plan.
void TransportSolver::growTree() {
  const Problem& problem = problem_;
  treeRows_.resize(problem.rows);
  treeColumns_.resize(problem.columns);
  for (std::size_t k = 0; k < problem.rows; ++k) treeRows_[k] = rowPotentials_[k] / temperature_ + logRowWeights_[k];
  for (std::size_t j = 0; j < problem.columns; ++j) {
    treeColumns_[j] = potentials_[j] / temperature_ + logColumnWeights_[j];
    scratch_[j] = problem.columnWeights[j] - columnSums_[j];
  }
  tree_.grow({problem.rows, problem.columns, problem.costs, 1 / temperature_, treeRows_.data(), treeColumns_.data()},
             scratch_.data(), leastFlow());
}

// Repeats until all links of the plan carry about the mass that they have to, however little. Where a group of points
// differs in mass between the two sides by less than the error, its link to the rest must exist all the same: the next
// temperature does not find a link that is missing at this one.
void TransportSolver::settle() {
  const std::size_t n = problem_.rows, m = problem_.columns;
  for (int i = 0; i < kMostSettlingSteps && !isExhausted(); ++i) {
    // No part of the plan lacks or exceeds more than half of the error: most plans need no tree.
    const double least = result_.marginalError / 2 * std::exp(-kSettledGrowth);
    reached_.resize(n + m);
    if (isJoined(n, m, plan_.data(), problem_.rowWeights, least, reached_.data())) return;
    growTree();
    if (tree_.greatestGrowth() <= kSettledGrowth) return;
    if (!stepAlongNewton(options_.tolerance)) sweep(options_.tolerance, kTrialSweeps);
  }
}

// Sweeps on the present plan, `trialSweeps` at least, then moves their scaling into g.
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

// Finds the column scaling of Sinkhorn's update from the unscaled column sums of rows of sum 1. Returns false when it
// is so large that the plan has to be computed anew.
bool TransportSolver::rescale() {
  double least = kMostScaling, most = 0;
  for (std::size_t j = 0; j < problem_.columns; ++j) {
    scaling_[j] = problem_.columnWeights[j] / scratch_[j];
    least = std::min(least, scaling_[j]);
    most = std::max(most, scaling_[j]);
  }
  return most <= kMostScaling && least * kMostScaling >= 1;
}

// Steps along Newton's direction, shortened until the semi-dual rises enough. False when there is none or it does not.
bool TransportSolver::stepAlongNewton(double tolerance) {
  const std::size_t m = problem_.columns;
  const double error = result_.marginalError, value = result_.value;
  const double accuracy = std::min(kLoosestDirection, std::max(error, kTightestDirection * tolerance / error));
  ++result_.iterations;
  ++result_.newtonSteps;
  if (!newton_.solve(problem_, plan_.data(), columnSums_.data(), accuracy, direction_.data(), *job_)) return false;
  if (directionRange() > kMostChange) {
    growTree();
    for (std::size_t k = 0; k < problem_.rows; ++k) {
      treeRows_[k] = innerProduct(m, plan_.data() + k * m, direction_.data());
    }
    tree_.temper(treeRows_.data(), direction_.data());
  }
  double slope = 0;
  for (std::size_t j = 0; j < m; ++j) slope += direction_[j] * (problem_.columnWeights[j] - columnSums_[j]);
  slope = std::max(0.0, slope);  // below that by rounding, or where edges of the tree are no measure
  saved_ = potentials_;
  double step = 1;
  for (int halvings = 0; halvings < kMostHalvings; ++halvings, step /= 2) {
    for (std::size_t j = 0; j < m; ++j) potentials_[j] = saved_[j] + step * temperature_ * direction_[j];
    evaluate();
    const bool rises = result_.value >= value + kArmijo * step * temperature_ * slope;
    if (!std::isfinite(result_.value) || !(rises || result_.marginalError <= 0.5 * error)) continue;
    if (step * directionRange() > kLargeCost) reduceAgain();
    return true;
  }
  potentials_ = saved_;
  evaluate();
  return false;
}

double TransportSolver::directionRange() const {
  const auto [least, most] = std::minmax_element(direction_.begin(), direction_.end());
  return *most - *least;
}

// Reduces the costs again after potentials went far. Values are then counted from elsewhere.
void TransportSolver::reduceAgain() {
  const double before = result_.value;
  reduceCosts();
  evaluate();
  greatestValue_ += result_.value - before;
}

}  // namespace denseam::pointcloud
