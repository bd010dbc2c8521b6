#include "gaussian/dynamics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "linalg/linalg.h"
#include "parallel/pool.h"
#include "simd/distances.h"

namespace denseam::gaussian {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
// Sums over items are cut into at most this many parts, whatever the number of threads.
constexpr std::size_t kParts = 16;
// The number of operations from which a part is worth a task of its own.
constexpr double kOperationsInPart = 1e6;
// The bound on the rounding of a step length, relative to the size of the state (the error allowed in a map's image).
constexpr double kStepSlack = 1e-9;

// The result of a search about the state of result r.
template <typename T>
void describe(const Search<T>& search, const Weighted& weighted, double beta, std::size_t r,
              Advance<MovingStates>& result) {
  result.energy[r] = weighted.gibbs.energy;
  result.nearest[r] = weighted.gibbs.nearest;
  result.nearestDistance[r] = weighted.gibbs.nearestDistance;
  result.evaluated[r] = weighted.items.size();
  result.droppedMass[r] = search.droppedMass(beta);
}

std::size_t partsFor(std::size_t items, std::size_t d) {
  const double operations = static_cast<double>(items) * 10 * static_cast<double>(d * d * d);
  return static_cast<std::size_t>(std::clamp(operations / kOperationsInPart, 1.0, static_cast<double>(kParts)));
}

}  // namespace

template <typename T>
Purpose Dynamics<T>::purpose(double hottest, double coldest) const {
  if (!pruning_) return {SearchRule::all(), hottest, coldest};
  // An item that does not matter at the hottest beta matters at no other.
  return {SearchRule::gibbs(items_.size(), hottest, *pruning_), hottest, coldest};
}

template <typename T>
auto Dynamics<T>::advance(const States& states, const std::vector<double>& betas, std::size_t copies,
                          const Stops& stops, Job& job) const -> Advance<States> {
  const std::size_t count = betas.size();
  Advance<States> result(count);
  result.next.states.resize(count);
  result.next.carries.resize(count);
  std::vector<Purpose> purposes;
  for (auto own = betas.begin(); own != betas.end(); own += static_cast<std::ptrdiff_t>(copies)) {
    const auto [least, greatest] = std::minmax_element(own, own + static_cast<std::ptrdiff_t>(copies));
    purposes.push_back(purpose(*least, *greatest));
  }
  Evaluation<T> evaluation(items_, states.states, std::move(purposes), states.carries);
  evaluation.run(true, job);
  job.advance((copies - 1) * states.states.size() * items_.size());  // what the copies share
  parallel::forEach(count, 1, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end; ++r) {
      const std::size_t q = r / copies;
      const Search<T>& search = evaluation.search(q);
      const Weighted weighted = weigh(search, betas[r], "queries.means");
      describe(search, weighted, betas[r], r, result);
      result.next.states[r] = move(evaluation, q, weighted, result.stepLength[r], job);
      if (!pruning_) continue;
      const Frame& frame = evaluation.frame(q);
      result.next.carries[r] = search.carry();
      result.next.carries[r].move(result.stepLength[r], kStepSlack * std::sqrt(frame.trace() + frame.squaredMean()));
    }
  });
  if (completesEnergy()) completeEnergies(evaluation, betas, copies, stops, result, job);
  return result;
}

template <typename T>
void Dynamics<T>::completeEnergies(Evaluation<T>& evaluation, const std::vector<double>& betas, std::size_t copies,
                                   const Stops& stops, Advance<States>& result, Job& job) const {
  // The hottest beta at which a state stops.
  std::vector<double> hottest(betas.size() / copies, std::numeric_limits<double>::infinity());
  for (std::size_t r = 0; r < betas.size(); ++r) {
    if (stops(result.stepLength[r])) hottest[r / copies] = std::min(hottest[r / copies], betas[r]);
  }
  evaluation.completeEnergies(hottest, energyBudget_, job);
  for (std::size_t r = 0; r < betas.size(); ++r) {
    if (!stops(result.stepLength[r])) continue;
    const Search<T>& search = evaluation.search(r / copies);
    describe(search, weigh(search, betas[r], "queries.means"), betas[r], r, result);
  }
}

template <typename T>
auto Dynamics<T>::select(States states, const std::vector<std::size_t>& indices) const -> States {
  States kept;
  for (const std::size_t index : indices) {
    kept.states.push_back(std::move(states.states[index]));
    kept.carries.push_back(std::move(states.carries[index]));
  }
  return kept;
}

// The items whose maps are worth their eigenvectors, as positions in the list of weighted items. An item moves the
// factor by at most w_i sqrt(tr S_i); all omitted items together move it by less than rounding does.
template <typename T>
std::vector<std::size_t> Dynamics<T>::survivors(const Weighted& weighted) const {
  const std::size_t count = weighted.items.size();
  std::vector<double> reach(count);
  double total = 0;
  for (std::size_t k = 0; k < count; ++k) {
    const double trace = items_.note(static_cast<std::size_t>(weighted.items[k])).trace;
    reach[k] = weighted.weights[k] * std::sqrt(std::max(0.0, trace));
    total += reach[k];
  }
  const double least = total * kEpsilon / (2 * static_cast<double>(items_.size()));
  std::vector<std::size_t> result;
  for (std::size_t k = 0; k < count; ++k) {
    if (reach[k] > least) result.push_back(k);
  }
  return result;
}

template <typename T>
std::vector<double> Dynamics<T>::image(const Evaluation<T>& evaluation, std::size_t state, const Weighted& weighted,
                                       const Job& job) const {
  const auto& kept = evaluation.map(state);
  std::vector<std::int32_t> indices;
  std::vector<double> weights;
  double keptWeight = 0;
  for (const std::size_t k : survivors(weighted)) {
    if (kept.image && weighted.items[k] == kept.item) {
      keptWeight = weighted.weights[k];
    } else {
      indices.push_back(weighted.items[k]);
      weights.push_back(weighted.weights[k]);
    }
  }
  const std::size_t parts = partsFor(indices.size(), items_.dimension());
  const std::size_t atOnce = rootsAtOnce(items_.dimension());
  const std::size_t groups = (indices.size() + atOnce - 1) / atOnce;
  std::vector<Transport> transports(parts, Transport(evaluation.frame(state)));
  parallel::forEach(parts, 1, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t part = begin; part < end; ++part) {
      for (std::size_t group = groups * part / parts; group < groups * (part + 1) / parts; ++group) {
        job.poll();
        const std::size_t first = group * atOnce;
        transports[part].add(items_, indices.data() + first, weights.data() + first,
                             std::min(atOnce, indices.size() - first));
      }
    }
  });
  for (std::size_t part = 1; part < parts; ++part) transports[0].merge(transports[part]);
  if (kept.image && keptWeight > 0) transports[0].add(keptWeight, *kept.image);
  return transports[0].image();
}

template <typename T>
State Dynamics<T>::move(const Evaluation<T>& evaluation, std::size_t state, const Weighted& weighted,
                        double& stepLength, const Job& job) const {
  const std::size_t d = items_.dimension();
  const Frame& frame = evaluation.frame(state);
  State next{std::vector<double>(d), image(evaluation, state, weighted, job), d};
  for (std::size_t k = 0; k < weighted.items.size(); ++k) {
    if (weighted.weights[k] == 0) continue;
    const std::span<const T> mean = items_.mean(static_cast<std::size_t>(weighted.items[k]));
    for (std::size_t j = 0; j < d; ++j) next.mean[j] += weighted.weights[k] * static_cast<double>(mean[j]);
  }
  // W2^2(xi, Phi(xi)) = |m' - m|^2 + |K - R|_F^2: the map is optimal, so moving the factor along it costs just that.
  stepLength =
      std::sqrt(squaredDistance(next.mean, frame.mean()) + squaredDistance(next.factor, {frame.factor(), d * d}));
  linalg::lowerFactor(d, next.factor.data());
  return next;
}

template class Dynamics<float>;
template class Dynamics<double>;

}  // namespace denseam::gaussian
