#include "gaussian/frame.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/format.h"
#include "gaussian/covariance.h"
#include "linalg/linalg.h"
#include "parallel/pool.h"

namespace denseam::gaussian {
namespace {

double greatestEntry(std::size_t d, const double* a) {
  double greatest = 0;
  for (std::size_t i = 0; i < d * d; ++i) greatest = std::max(greatest, std::abs(a[i]));
  return greatest;
}

// A ridge helps when it lifts the least eigenvalue above the level of zeros, which the ridge raises, too.
Error refused(std::size_t d, const double* covariance, double ridge, const std::string& where) {
  const double least = 1.01 * zeroLevel(d, linalg::trace(d, covariance));
  return singular(where, smallestEigenvalue(d, covariance), ridge, least);
}

// Makes a state. A singular covariance has no transport map: where one is asked for, it is refused by the rule of
// zeroLevel on the covariance with the ridge.
State makeState(const Batch& queries, std::size_t d, double ridge, bool invertible, std::size_t index) {
  const double* mean = queries.positions.data() + index * d;
  State state{{mean, mean + d}, std::vector<double>(d * d), d};
  for (std::size_t i = 0; i < d; ++i) {
    if (!std::isfinite(mean[i])) throw notFinite(queries.at("means", index) + "[" + std::to_string(i) + "]", mean[i]);
  }

  std::vector<double> covariance(queries.covariances.begin() + static_cast<std::ptrdiff_t>(index * d * d),
                                 queries.covariances.begin() + static_cast<std::ptrdiff_t>((index + 1) * d * d));
  const std::string where = queries.at("covariances", index);
  checkCovariance(d, covariance.data(), where);
  Definiteness found = judge(d, covariance.data(), where);
  if (found.isIndefinite) projectPositive(d, covariance.data());
  if (ridge > 0) {
    for (std::size_t i = 0; i < d; ++i) covariance[i * d + i] += ridge;
    found = judge(d, covariance.data(), where);
  }
  if (invertible && found.rank < d) throw refused(d, covariance.data(), ridge, where);
  state.rank = found.scaledRank;
  factorize(d, covariance.data(), state.rank == d, state.factor.data());
  return state;
}

}  // namespace

std::vector<State> makeStates(const Batch& queries, std::size_t d, double ridge, bool invertible, Job& job) {
  std::vector<State> states(queries.count);
  parallel::forEach(queries.count, 1, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t q = begin; q < end; ++q) states[q] = makeState(queries, d, ridge, invertible, q);
  });
  return states;
}

void writeState(const State& state, Batch& batch, std::size_t index) {
  const std::size_t d = state.mean.size();
  std::copy(state.mean.begin(), state.mean.end(), batch.positions.begin() + static_cast<std::ptrdiff_t>(index * d));
  double* covariance = batch.covariances.data() + index * d * d;
  linalg::outer(d, state.factor.data(), covariance);
  linalg::symmetrize(d, covariance);
}

Frame::Frame(const State& state) : state_(state), scaled_(state.factor), scale_(1), trace_(0) {
  const std::size_t d = dimension();
  const double greatest = greatestEntry(d, state.factor.data());
  for (const double r : state.factor) trace_ += r * r;
  if (greatest > 0) {
    const int exponent = std::ilogb(greatest);
    scale_ = std::ldexp(1.0, exponent);
    for (double& r : scaled_) r = std::ldexp(r, -exponent);
  }
  reciprocalCondition_ = greatest > 0 ? linalg::reciprocalCondition(d, scaled_.data()) : 0;
}

double Frame::squaredMean() const {
  double sum = 0;
  for (const double x : state_.mean) sum += x * x;
  return sum;
}

}  // namespace denseam::gaussian
