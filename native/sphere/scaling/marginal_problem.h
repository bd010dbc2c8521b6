#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "base/error.h"
#include "parallel/job.h"

namespace denseam::sphere {

// A sum that keeps the rounding errors of its additions (Neumaier 1974).
class PreciseSum {
 public:
  void add(double term) {
    const double sum = sum_ + term;
    lost_ += std::abs(sum_) >= std::abs(term) ? (sum_ - sum) + term : (term - sum) + sum_;
    sum_ = sum;
  }
  double value() const { return sum_ + lost_; }

 private:
  double sum_ = 0;
  double lost_ = 0;
};

// The search for a table p = pbar / zeta with these sums, zeta = omega + lambda (eq. 21): p is zero just where pbar is.
// The sums are positive and their totals equal but for rounding, which is left to the last column: it should be a great
// one.
struct MarginalProblem {
  std::size_t rows;
  std::size_t columns;
  std::vector<double> pbar;
  std::vector<double> rowSums;
  std::vector<double> columnSums;
};

struct MarginalSolution {
  std::vector<double> p;
  std::vector<double> omega;   // of rows
  std::vector<double> lambda;  // of columns
  std::size_t iterations;
  double residual;  // greatest relative error of a sum, or of a product p zeta as a pbar
};

// Throws noTable() where no table exists. Polls the job after every row or column.
MarginalSolution solve(const MarginalProblem& problem, const Job& job);

Error noTable();

}  // namespace denseam::sphere
