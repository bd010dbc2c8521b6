#include "pointcloud/flow.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "memory/scale.h"

namespace denseam::pointcloud {
namespace {

// The share of the first-order decrease of the energy that a step must reach.
constexpr double kArmijo = 1e-4;
// The rounding of the energy relative to the numbers whose difference it is: a smaller decrease is invisible.
constexpr double kRounding = 1e-15;
// The growth of reweighting steps, which may need to begin shorter: each tries to be this much longer than the last.
constexpr double kRegrowth = 1.3;
constexpr int kMostReweightTrials = 12;
// The most trial steps to states whose problems are not solved, which takes long to find out.
constexpr int kMostUnsolvedTrials = 4;
// The greatest change of the ratio of two weights by reweighting, as a power of e.
constexpr double kMostLogChange = 1;

class Flow {
 public:
  Flow(Assessor& assessor, State state, const std::vector<double>& betas, const FlowOptions& options,
       const std::string& where, Job& job)
      : assessor_(assessor), betas_(betas), options_(options), where_(where), job_(job) {
    result_.state = std::move(state);
  }

  FlowResult run() {
    assessment_ = assess(result_.state, beta(), memo_, true);
    result_.evaluated += assessment_.found.items.size();
    for (;; ++result_.iterations) {
      note();
      descent_ = assessor_.descent(assessment_, memo_, job_);
      result_.gradientNorm = normIn(1);
      if (isFixedPoint()) {
        result_.stopped = Stop::kConverged;
        break;
      }
      if (!assessment_.converged) {
        result_.stopped = Stop::kUnsolved;
        break;
      }
      if (result_.iterations == options_.maxIterations) break;
      if (!advance()) {
        // A later beta may still move a state that this one cannot.
        if (isLastBeta()) {
          result_.stopped = unsolvedTrials_ == kMostUnsolvedTrials ? Stop::kUnsolved : Stop::kStalled;
          break;
        }
      }
      changeBeta();
    }
    finish();
    return std::move(result_);
  }

 private:
  double betaAt(std::size_t iteration) const { return betas_[std::min(iteration, betas_.size() - 1)]; }
  double beta() const { return betaAt(result_.iterations); }
  bool isLastBeta() const { return result_.iterations + 1 >= betas_.size(); }

  // Progress counts the first search and one for each iteration.
  Assessment assess(const State& state, double beta, Memo& memo, bool isCounted) {
    SearchRule rule = assessor_.rule(beta, options_.pruning);
    rule.isCounted = isCounted;
    return assessor_.assess(state, beta, rule, memo, where_, job_);
  }

  // Norms mean little before the plans are exact, and a state is no fixed point while beta still changes.
  bool isFixedPoint() const {
    if (!isLastBeta() || !assessment_.converged) return false;
    if (options_.tolerance) return result_.gradientNorm <= *options_.tolerance;
    return normIn(options_.scale) <= kRelativeTolerance * options_.scale;
  }

  double normIn(double unit) const {
    return gradientNorm(descent_, options_.transportStep > 0, options_.reweightStep > 0, unit);
  }

  void note() {
    result_.droppedMass = std::max(result_.droppedMass, assessment_.droppedMass);
    if (!options_.trajectory) return;
    result_.trajectory.push_back(result_.state);
    Memo memo = memo_;
    result_.trajectoryEnergy.push_back(
        assessor_.completeEnergy(assessment_, beta(), options_.pruning, memo, job_).energy);
  }

  // One step, shortened until the energy falls enough: reweighting alone first, which transport need not wait for, then
  // both. False when no step lowers the energy visibly.
  bool advance() {
    const double reweightStep = this->reweightStep();
    reweightShare_ = std::min(1.0, kRegrowth * reweightShare_);
    double share = 1;
    for (int trial = 0;; ++trial) {
      const double eta = share * options_.transportStep, tau = share * reweightShare_ * reweightStep;
      const double fall = 2 * eta * descent_.squaredMove + tau * descent_.variance;
      if (!(fall > kRounding * assessment_.magnitude) || unsolvedTrials_ == kMostUnsolvedTrials) return false;
      if (accept(moved(eta, tau), assessment_.gap - kArmijo * fall, trial == 0)) return true;
      const bool reweights = reweightStep > 0 && trial < kMostReweightTrials;
      (reweights ? reweightShare_ : share) /= 2;
    }
  }

  // Moves to the next state if its energy is known and low enough: an unsolved state looks lower than it is. Potentials
  // stay with the state they belong to.
  bool accept(State next, double gap, bool isCounted) {
    Memo memo = memo_;
    Assessment assessment = assess(next, beta(), memo, isCounted);
    result_.evaluated += assessment.found.items.size();
    if (!assessment.converged) ++unsolvedTrials_;
    if (!(assessment.converged && assessment.gap <= gap)) return false;
    result_.state = std::move(next);
    assessment_ = std::move(assessment);
    memo_ = std::move(memo);
    return true;
  }

  // With `gated`, weights wait while points gain more: weight moved before its points have arrived goes to the wrong
  // ones, and at small epsilon does not come back.
  double reweightStep() const {
    const auto [least, most] = std::minmax_element(descent_.variation.begin(), descent_.variation.end());
    const double range = *most - *least;
    const double step = options_.reweightStep * range > kMostLogChange ? kMostLogChange / range : options_.reweightStep;
    const bool waits = options_.gated && 2 * options_.transportStep * descent_.squaredMove > step * descent_.variance;
    return waits ? 0 : step;
  }

  // x_k + eta move_k, and weights proportional to a_k exp(-tau V_k). A weight that vanishes stays 0.
  State moved(double transportStep, double reweightStep) const {
    State next = result_.state;
    const Cloud& cloud = assessment_.cloud;
    const std::size_t d = cloud.dimension;
    double total = 0;
    for (std::size_t k = 0; k < cloud.size; ++k) {
      const std::size_t place = cloud.index[k];
      for (std::size_t i = 0; i < d; ++i) next.points[place * d + i] += transportStep * descent_.moves[k * d + i];
      double& weight = next.weights[place];
      weight *= std::exp(-reweightStep * descent_.variation[k]);
      if (weight < kLeastWeight) weight = 0;
      total += weight;
    }
    for (double& weight : next.weights) weight /= total;
    return next;
  }

  // Energies of the next iteration use its own beta.
  void changeBeta() {
    const double next = betaAt(result_.iterations + 1);
    if (next == beta()) return;
    assessment_ = assess(result_.state, next, memo_, false);
    result_.evaluated += assessment_.found.items.size();
  }

  // Computes the description of the returned state to the last digits. The verb `step` needs no energy.
  void finish() {
    if (options_.asksEnergy) completeEnergy();
    result_.energy = assessment_.energy;
    result_.nearest = assessment_.nearest;
    result_.nearestDivergence = assessment_.nearestDivergence;
    result_.marginalError = assessment_.marginalError;
  }

  void completeEnergy() {
    const std::size_t before = assessment_.found.items.size();
    assessment_ = assessor_.completeEnergy(std::move(assessment_), beta(), options_.pruning, memo_, job_);
    result_.evaluated += assessment_.found.items.size() - before;
    result_.droppedMass = std::max(result_.droppedMass, assessment_.droppedMass);
  }

  Assessor& assessor_;
  const std::vector<double>& betas_;
  const FlowOptions& options_;
  const std::string& where_;
  Job& job_;
  Memo memo_;
  Assessment assessment_;
  Descent descent_;
  double reweightShare_ = 1;
  int unsolvedTrials_ = 0;
  FlowResult result_;
};

}  // namespace

FlowResult follow(Assessor& assessor, State state, const std::vector<double>& betas, const FlowOptions& options,
                  const std::string& where, Job& job) {
  return Flow(assessor, std::move(state), betas, options, where, job).run();
}

double gradientNorm(const Descent& descent, bool transports, bool reweights, double unit) {
  // grad V(x_k) = -2 move_k.
  return std::hypot(transports ? 2 * std::sqrt(descent.squaredMove) : 0,
                    reweights ? std::sqrt(descent.variance) / unit : 0);
}

}  // namespace denseam::pointcloud
