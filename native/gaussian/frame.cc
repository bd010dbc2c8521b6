#include "gaussian/frame.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "error.h"
#include "format.h"
#include "linalg/linalg.h"
#include "parallel/pool.h"

namespace denseam::gaussian {
namespace {

using linalg::Workspace;

double greatestEntry(std::size_t d, const double* a) {
  double greatest = 0;
  for (std::size_t i = 0; i < d * d; ++i) greatest = std::max(greatest, std::abs(a[i]));
  return greatest;
}

std::string entry(const std::string& where, std::size_t i, std::size_t j) {
  return where + "[" + std::to_string(i) + "][" + std::to_string(j) + "]";
}

State makeState(const Batch& queries, std::size_t d, double ridge, bool invertible, std::size_t index) {
  const double* mean = queries.positions.data() + index * d;
  State state{{mean, mean + d}, std::vector<double>(d * d)};
  for (std::size_t i = 0; i < d; ++i) {
    if (!std::isfinite(mean[i])) throw notFinite(queries.at("means", index) + "[" + std::to_string(i) + "]", mean[i]);
  }

  std::vector<double> covariance(queries.covariances.begin() + static_cast<std::ptrdiff_t>(index * d * d),
                                 queries.covariances.begin() + static_cast<std::ptrdiff_t>((index + 1) * d * d));
  const std::string where = queries.at("covariances", index);
  const bool isSingle = queries.precision == Precision::kFloat32;
  isSingle ? checkCovariance<float>(d, covariance.data(), where) : checkCovariance<double>(d, covariance.data(), where);
  for (std::size_t i = 0; i < d; ++i) covariance[i * d + i] += ridge;

  const Definiteness kind = isSingle ? classify<float>(d, covariance.data(), state.factor.data())
                                     : classify<double>(d, covariance.data(), state.factor.data());
  if (kind == Definiteness::kIndefinite) throw notPositive(where, smallestEigenvalue(d, covariance.data()));
  if (kind == Definiteness::kSemidefinite) {
    if (invertible) throw singular(where, smallestEigenvalue(d, covariance.data()));
    factorize(d, covariance.data(), state.factor.data());
  } else if (invertible) {
    const double reciprocal = linalg::reciprocalCondition(d, state.factor.data());
    if (reciprocal * reciprocal < std::numeric_limits<double>::epsilon() / 16) {
      throw singular(where, smallestEigenvalue(d, covariance.data()));
    }
  }
  return state;
}

}  // namespace

template <typename T>
void checkCovariance(std::size_t d, double* a, const std::string& where) {
  for (std::size_t i = 0; i < d * d; ++i) {
    if (!std::isfinite(a[i])) throw notFinite(entry(where, i / d, i % d), a[i]);
  }
  const double tolerance = kAsymmetry<T> * greatestEntry(d, a);
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      double& low = a[i * d + j];
      double& high = a[j * d + i];
      if (std::abs(low - high) > tolerance) {
        throw Error("ERR_NOT_POSITIVE_DEFINITE", "Expected a symmetric matrix for " + where + " but received " +
                                                     number(low) + " at [" + std::to_string(i) + "][" +
                                                     std::to_string(j) + "] and " + number(high) + " at [" +
                                                     std::to_string(j) + "][" + std::to_string(i) + "]");
      }
      low = high = low + (high - low) / 2;
    }
  }
}

template <typename T>
double semidefiniteShift(std::size_t d, const double* covariance) {
  return 8 * static_cast<double>(d) * static_cast<double>(std::numeric_limits<T>::epsilon()) *
         greatestEntry(d, covariance);
}

template <typename T>
Definiteness classify(std::size_t d, const double* covariance, double* factor) {
  std::copy_n(covariance, d * d, factor);
  if (linalg::cholesky(d, factor)) return Definiteness::kPositive;
  const double shift = semidefiniteShift<T>(d, covariance);
  std::copy_n(covariance, d * d, factor);
  for (std::size_t i = 0; i < d; ++i) factor[i * d + i] += shift;
  const bool semidefinite = linalg::cholesky(d, factor) || greatestEntry(d, covariance) == 0;
  return semidefinite ? Definiteness::kSemidefinite : Definiteness::kIndefinite;
}

double smallestEigenvalue(std::size_t d, const double* covariance) {
  std::vector<double> a(covariance, covariance + d * d);
  std::vector<double> values(d);
  linalg::eigenvalues(d, a.data(), values.data());
  return values.front();
}

void factorize(std::size_t d, const double* covariance, double* factor) {
  std::copy_n(covariance, d * d, factor);
  if (linalg::cholesky(d, factor)) return;
  double* values = Workspace::local().get(Workspace::kValues, d);
  std::copy_n(covariance, d * d, factor);
  linalg::eigenvectors(d, factor, values);
  if (!std::isfinite(values[d - 1])) throw overflow("a covariance");
  // Eigenvalues at the level of rounding are zeros: their roots would be 1e-8 of the greatest, not 1e-16.
  const double zero =
      4 * static_cast<double>(d) * std::numeric_limits<double>::epsilon() * std::max(0.0, values[d - 1]);
  for (std::size_t j = 0; j < d; ++j) {
    const double root = values[j] > zero ? std::sqrt(values[j]) : 0.0;
    std::transform(factor + j * d, factor + (j + 1) * d, factor + j * d, [root](double x) { return x * root; });
  }
  linalg::lowerFactor(d, factor);
}

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

template void checkCovariance<float>(std::size_t, double*, const std::string&);
template void checkCovariance<double>(std::size_t, double*, const std::string&);
template double semidefiniteShift<float>(std::size_t, const double*);
template double semidefiniteShift<double>(std::size_t, const double*);
template Definiteness classify<float>(std::size_t, const double*, double*);
template Definiteness classify<double>(std::size_t, const double*, double*);

}  // namespace denseam::gaussian
