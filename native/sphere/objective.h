#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace denseam::sphere {

// The totals of an objective over some rows.
struct Totals {
  double loss = 0;       // without the constant log Omega_N(0)
  std::size_t hits = 0;  // rows whose likeliest label is theirs

  Totals& operator+=(const Totals& other) {
    loss += other.loss;
    hits += other.hits;
    return *this;
  }
};

// The loss of training, row by row. With labels: -sum_y q_y log P(x, y), q the label softened, or given as it is (eq.
// 12). Without: the same with q = (1 - e) P(y | x) + e / labels (eq. 15), e the softening.
class Objective {
 public:
  static Objective supervised(std::span<const std::int32_t> labelOfRow, std::size_t labels, double softening);
  static Objective unsupervised(std::size_t labels, double softening);
  // q of every row, rows x labels.
  static Objective soft(std::span<const double> targets, std::size_t labels);

  // The loss of a row from log P(x, y) of every label y. Writes the row's pulls at the labels, minus the derivative of
  // the loss with respect to log P(x, y): q where there are labels; else also the term from the change of q.
  double evaluate(std::size_t row, const double* logs, double* pulls) const;
  // The totals of consecutive rows; logs and pulls are rows x labels.
  Totals evaluate(std::size_t firstRow, std::size_t rows, const double* logs, double* pulls) const;

 private:
  Objective(std::span<const std::int32_t> labelOfRow, std::span<const double> targets, std::size_t labels,
            double softening)
      : labelOfRow_(labelOfRow), targets_(targets), labels_(labels), softening_(softening) {}

  std::span<const std::int32_t> labelOfRow_;
  std::span<const double> targets_;
  std::size_t labels_;
  double softening_;
};

// P(y | x) from log P(x, y) (eq. 14), in place; returns log P(x).
double normalizeLogs(std::size_t labels, double* logs);

}  // namespace denseam::sphere
