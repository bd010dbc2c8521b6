#include "sphere/objective.h"

#include <algorithm>
#include <cmath>

namespace denseam::sphere {
namespace {

// A label without pull does not count, even if its log is -infinity.
double minusMean(std::size_t labels, const double* weights, const double* logs) {
  double sum = 0;
  for (std::size_t y = 0; y < labels; ++y) {
    if (weights[y] > 0) sum -= weights[y] * logs[y];
  }
  return sum;
}

}  // namespace

Objective Objective::supervised(std::span<const std::int32_t> labelOfRow, std::size_t labels, double softening) {
  return {labelOfRow, {}, labels, softening};
}

Objective Objective::unsupervised(std::size_t labels, double softening) { return {{}, {}, labels, softening}; }

Objective Objective::soft(std::span<const double> targets, std::size_t labels) { return {{}, targets, labels, 0}; }

double Objective::evaluate(std::size_t row, const double* logs, double* pulls) const {
  if (!targets_.empty()) {
    std::copy_n(targets_.data() + row * labels_, labels_, pulls);
    return minusMean(labels_, pulls, logs);
  }
  const double even = softening_ / static_cast<double>(labels_);
  if (!labelOfRow_.empty()) {
    std::fill_n(pulls, labels_, even);
    pulls[labelOfRow_[row]] += 1 - softening_;
    return minusMean(labels_, pulls, logs);
  }
  // d/dlog P_y of -sum_k q_k log P_k is -q_y - (1 - e) pi_y (log P_y - sum_k pi_k log P_k), pi the posterior.
  std::copy_n(logs, labels_, pulls);
  normalizeLogs(labels_, pulls);
  const double mean = -minusMean(labels_, pulls, logs);
  double loss = 0;
  for (std::size_t y = 0; y < labels_; ++y) {
    const double share = (1 - softening_) * pulls[y];
    const double target = share + even;
    if (target > 0) loss -= target * logs[y];
    pulls[y] = share > 0 ? target + share * (logs[y] - mean) : target;
  }
  return loss;
}

Totals Objective::evaluate(std::size_t firstRow, std::size_t rows, const double* logs, double* pulls) const {
  Totals totals;
  for (std::size_t row = 0; row < rows; ++row) {
    const double* logsOfRow = logs + row * labels_;
    totals.loss += evaluate(firstRow + row, logsOfRow, pulls + row * labels_);
    const auto likeliest = std::max_element(logsOfRow, logsOfRow + labels_) - logsOfRow;
    if (!labelOfRow_.empty() && likeliest == labelOfRow_[firstRow + row]) ++totals.hits;
  }
  return totals;
}

double normalizeLogs(std::size_t labels, double* logs) {
  const double top = *std::max_element(logs, logs + labels);
  double sum = 0;
  for (std::size_t y = 0; y < labels; ++y) sum += logs[y] = std::exp(logs[y] - top);
  for (std::size_t y = 0; y < labels; ++y) logs[y] /= sum;
  return top + std::log(sum);
}

}  // namespace denseam::sphere
