#pragma once

#include <cstddef>

// The loops over points and pairs of points. Matrices are row-major.
namespace denseam::pointcloud {

// c_kj <- |x_k - y_j|^2 of x, n x d, and y, d x m (a coordinate after the other), from differences: coincident points
// are at distance 0, and far ones as exact as their coordinates.
void squaredDistances(std::size_t n, std::size_t m, std::size_t d, const double* x, const double* y, double* c);

// y <- x' for x, n x d.
void transpose(std::size_t n, std::size_t d, const double* x, double* y);
// x <- (x - shift) scale for each of n rows of d numbers. Returns the greatest absolute value; NaN counts as infinite.
double shiftAndScale(std::size_t n, std::size_t d, const double* shift, double scale, double* x);
// x <- x - shift for each of n rows, and the weighted sum of the shifted rows.
void centre(std::size_t n, std::size_t d, const double* weights, const double* shift, double* x, double* sums);

bool allFinite(std::size_t count, const double* values);

// The conditional plan p_j = b_j exp((g_j - c_j) / t) / s of one row, s such that it sums to 1, with `logB` = log b.
// Returns log s, and adds weight p to the column sums.
double conditionalRow(std::size_t m, double inverseTemperature, const double* costs, const double* potentials,
                      const double* logB, double weight, double* p, double* columnSums);

// For every column j: s_j <- log sum_k a_k exp((f_k - c_kj) / t), with `logA` = log a. `greatestTerm` is work space, m.
void columnLogSums(std::size_t n, std::size_t m, double inverseTemperature, const double* costs,
                   const double* potentials, const double* logA, double* greatestTerm, double* logSums);

// One Sinkhorn sweep on p diag(v): with u_k = 1 / (p_k . v), s_j <- sum_k a_k u_k p_kj. Reads p once.
void scalingSweep(std::size_t n, std::size_t m, const double* p, const double* a, const double* v, double* s);

// Whether the entries a_k p_kj >= least visibly join all rows and columns, in a few passes over p. False where they
// join them by long paths only. `reached` is work space, n + m.
bool isJoined(std::size_t n, std::size_t m, const double* p, const double* a, double least, double* reached);

// y <- p' diag(a) p x. Reads p once.
void applyTwice(std::size_t n, std::size_t m, const double* p, const double* a, const double* x, double* y);

// q_kj <- sqrt(a_k) p_kj / s_j.
void scaleBothSides(std::size_t n, std::size_t m, const double* p, const double* a, const double* s, double* q);

// A sum of two numbers and its exact rounding error (Knuth).
struct TwoSum {
  double value, error;
};
inline TwoSum twoSum(double a, double b) {
  const double value = a + b, part = value - a;
  return {value, (a - (value - part)) + (b - part)};
}

// r_j <- c_j - g_j - f, rounded once.
void subtractTwice(std::size_t m, const double* c, const double* g, double f, double* r);

}  // namespace denseam::pointcloud
