#include "sphere/mixture.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "linalg/product.h"
#include "simd/exponentials.h"
#include "simd/vectors.h"

namespace denseam::sphere {
namespace {

// The greatest of a row's terms is 2^kLift, above 1 in float, so that the exponent's range is used on both sides: terms
// vanish below exp(-127) of it in float and exp(-708) in double. A label whose sum has fallen by exp(-kDeep) still has
// all terms that matter to it. A term over such a sum is at most exp(kDeep), which keeps pulls and sums over rows in
// the range of the numbers, exp(88) in float and exp(709) in double.
template <typename T>
constexpr double kDeep = sizeof(T) == sizeof(float) ? 70 : 660;

// log(sum of the exponentials of these numbers), by log1p of the others beside the greatest.
double logSum(std::vector<double>& values) {
  const auto top = std::max_element(values.begin(), values.end());
  const double greatest = std::exchange(*top, -std::numeric_limits<double>::infinity());
  exponentials(values.size(), 1.0, greatest, 0.0, values.data(), values.data());
  return greatest + std::log1p(std::accumulate(values.begin(), values.end(), 0.0));
}

}  // namespace

template <typename T>
Mixture<T>::Block::Block(std::size_t hiddenUnits, std::size_t labels)
    : terms(kBlockRows * (hiddenUnits + 1)),
      sums(kBlockRows * labels),
      ratios(kBlockRows * labels),
      product((hiddenUnits + 1) * labels),
      logs(kBlockRows * labels),
      isWide(kBlockRows) {}

template <typename T>
Mixture<T>::Mixture(std::size_t hiddenUnits, std::size_t labels, const double* classWeights, double effectiveBeta,
                    double logPeak)
    : hiddenUnits_(hiddenUnits),
      labels_(labels),
      classWeights_(classWeights),
      weights_((hiddenUnits + 1) * labels),
      isAbsent_(labels, 1),
      beta_(effectiveBeta),
      logPeak_(logPeak),
      hasBackground_(std::any_of(classWeights, classWeights + labels, [](double p) { return p > 0; })) {
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    weights_[i] = static_cast<T>(classWeights[i]);
    if (classWeights[i] > 0) isAbsent_[i % labels] = 0;
  }
}

template <typename T>
Mixture<T>::Mixture(const Model<T>& model, const LogNormalizer& ofBeta)
    : Mixture(model.hiddenUnits, model.labels, model.classWeights.data(), model.effectiveBeta(),
              logPeak(ofBeta, model.beta, model.betaScale)) {
  if (!needsSharpOverlaps<T>(beta_, logPeak_)) return;
  memories_ = {model.dimension, model.hiddenUnits, model.memories.data()};
  scoreAtPeak_ = 0;
}

template <typename T>
void Mixture<T>::evaluate(std::size_t rows, const T* x, T* scores, Block& block) const {
  const std::size_t terms = hiddenUnits_ + 1;
  double shifts[kBlockRows];
  const double leastShift = hasBackground_ ? 0 : -std::numeric_limits<double>::infinity();
  for (std::size_t row = 0; row < rows; ++row) {
    T* scoresOfRow = scores + row * hiddenUnits_;
    T* termsOfRow = block.terms.data() + row * terms;
    if (memories_.count > 0) sharpenOverlaps(memories_, x + row * memories_.dimension, scoresOfRow);
    const T best = greatest({scoresOfRow, hiddenUnits_});
    const double bestExponent = exponent(best);
    shifts[row] = std::max(leastShift, bestExponent);
    termsOfRow[0] = hasBackground_ ? static_cast<T>(kLifted<T> * std::exp(-shifts[row])) : T(0);
    exponentials(hiddenUnits_, static_cast<T>(beta_), best, static_cast<T>(bestExponent - shifts[row]), scoresOfRow,
                 termsOfRow + 1);
  }
  linalg::multiply(rows, labels_, terms, {block.terms.data(), terms}, {weights_.data(), labels_}, T(0),
                   block.sums.data(), labels_);
  const T least = static_cast<T>(kLifted<T> * std::exp(-kDeep<T>));
  for (std::size_t row = 0; row < rows; ++row) {
    const T* sums = block.sums.data() + row * labels_;
    double* logs = block.logs.data() + row * labels_;
    bool isWide = false;
    for (std::size_t y = 0; y < labels_; ++y) {
      isWide |= !(sums[y] > least) && isAbsent_[y] == 0;
      logs[y] = shifts[row] + std::log(static_cast<double>(sums[y]) / kLifted<T>);
    }
    block.isWide[row] = isWide;
    if (isWide) evaluateWide(scores + row * hiddenUnits_, logs);
  }
}

template <typename T>
void Mixture<T>::responsibilities(std::size_t rows, const double* pulls, T* scores, double* classSums,
                                  Block& block) const {
  const std::size_t terms = hiddenUnits_ + 1;
  // Wide rows have ratios of zero in the product that sums over rows, and are absent from the other one.
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t at = row * labels_, y = 0; y < labels_; ++y, ++at) {
      const bool counts = !block.isWide[row] && !isAbsent_[y];
      block.ratios[at] = counts ? static_cast<T>(pulls[at]) / block.sums[at] : T(0);
    }
  }
  linalg::multiply(terms, labels_, rows, linalg::transposed(block.terms.data(), terms), {block.ratios.data(), labels_},
                   T(0), block.product.data(), labels_);
  for (std::size_t i = 0; i < block.product.size(); ++i) classSums[i] += static_cast<double>(block.product[i]);
  for (std::size_t row = 0; row < rows; ++row) {
    if (!block.isWide[row]) continue;
    const std::size_t at = row * labels_;
    wideResponsibilities(pulls + at, block.logs.data() + at, scores + row * hiddenUnits_, classSums);
  }
  for (std::size_t begin = 0, end; begin < rows; begin = end + 1) {
    for (end = begin; end < rows && !block.isWide[end];) ++end;
    if (begin == end) continue;
    linalg::multiply(end - begin, hiddenUnits_, labels_, {block.ratios.data() + begin * labels_, labels_},
                     linalg::transposed(weights_.data() + labels_, labels_), T(0), scores + begin * hiddenUnits_,
                     hiddenUnits_);
    for (std::size_t row = begin; row < end; ++row) {
      multiplyBy(hiddenUnits_, block.terms.data() + row * terms + 1, scores + row * hiddenUnits_);
    }
  }
}

template <typename T>
const std::vector<double>& Mixture<T>::logWeights() const {
  std::call_once(logsTaken_, [&] {
    const std::size_t terms = hiddenUnits_ + 1;
    logWeights_.resize(terms * labels_);
    for (std::size_t mu = 0; mu < terms; ++mu) {
      for (std::size_t y = 0; y < labels_; ++y) logWeights_[y * terms + mu] = std::log(classWeights_[mu * labels_ + y]);
    }
  });
  return logWeights_;
}

template <typename T>
void Mixture<T>::exponents(const T* scores, std::size_t label, double* values) const {
  const double* logs = logWeights().data() + label * (hiddenUnits_ + 1);
  values[0] = logs[0];
  for (std::size_t mu = 0; mu < hiddenUnits_; ++mu) {
    values[mu + 1] = exponent(scores[mu]) + logs[mu + 1];
  }
}

template <typename T>
void Mixture<T>::evaluateWide(const T* scores, double* logs) const {
  const std::size_t terms = hiddenUnits_ + 1;
  std::vector<double> values(terms);
  for (std::size_t y = 0; y < labels_; ++y) {
    if (isAbsent_[y]) {
      logs[y] = -std::numeric_limits<double>::infinity();
      continue;
    }
    exponents(scores, y, values.data());
    logs[y] = logSum(values);
  }
}

template <typename T>
void Mixture<T>::wideResponsibilities(const double* pulls, const double* logs, T* scores, double* classSums) const {
  const std::size_t terms = hiddenUnits_ + 1;
  std::vector<double> values(terms), gammas(terms);
  for (std::size_t y = 0; y < labels_; ++y) {
    if (isAbsent_[y] || pulls[y] == 0) continue;
    exponents(scores, y, values.data());
    exponentials(terms, 1.0, logs[y], 0.0, values.data(), values.data());
    for (std::size_t mu = 0; mu < terms; ++mu) {
      const double pulled = pulls[y] * values[mu];
      const double weight = classWeights_[mu * labels_ + y];
      gammas[mu] += pulled;
      if (weight > 0) classSums[mu * labels_ + y] += pulled / weight;
    }
  }
  for (std::size_t mu = 0; mu < hiddenUnits_; ++mu) scores[mu] = static_cast<T>(gammas[mu + 1]);
}

template class Mixture<float>;
template class Mixture<double>;

}  // namespace denseam::sphere
