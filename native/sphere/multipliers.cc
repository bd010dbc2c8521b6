#include "sphere/multipliers.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "error.h"
#include "sphere/sinkhorn_knopp.h"

namespace denseam::sphere {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// What rounding leaves: of products, and of the sums of some thousand numbers.
constexpr double kTolerance = 2e-14;
// An error this small that no longer falls is rounding, too, in tables larger still.
constexpr double kRoundingError = 1e-9;
constexpr std::size_t kMaxIterations = 1000;
// Where pbar has zeros: the first table of their pattern, which Newton's method then makes exact.
constexpr std::size_t kMaxSweeps = 10000;
constexpr double kStartError = 1e-9;
// No product p zeta is meant to fall or to rise by more than this at once, which keeps all of them on their way
// together, however far they have to go: pbar may span the range of doubles.
constexpr double kMostChange = 10;
// Share of the way to where something becomes zero.
constexpr double kMostOfTheWay = 0.95;

Error noTable() {
  return {"ERR_RANGE",
          "Expected sums pbar for which class weights with these shares exist, but no table that is positive just "
          "where pbar is has them"};
}

// A table of positive sums to be found; all rows and columns have a positive entry and a positive sum.
struct Problem {
  std::size_t rows;
  std::size_t columns;
  std::vector<double> pbar;
  std::vector<double> rowSums;
  std::vector<double> columnSums;
};

// The differences x_i - x_j of the solution of W x = b, n x n, for a weighted Laplacian W given by its weights off the
// diagonal (times -1). Elimination without a subtraction (Grassmann, Taksar and Heyman 1985) is right to rounding in
// every weight, however different they are, and so are the differences of unknowns that a great weight all but ties
// together, as they are not taken from the unknowns. Between unconnected parts differences are arbitrary.
std::vector<double> laplacianDifferences(std::vector<double> weights, std::vector<double> b) {
  const std::size_t n = b.size();
  std::vector<double> degrees(n);
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t j = k + 1; j < n; ++j) degrees[k] += weights[k * n + j];
    if (degrees[k] == 0) continue;
    b[k] /= degrees[k];
    for (std::size_t j = k + 1; j < n; ++j) weights[k * n + j] /= degrees[k];
    for (std::size_t i = k + 1; i < n; ++i) {
      b[i] += weights[i * n + k] * b[k];
      for (std::size_t j = k + 1; j < n; ++j) weights[i * n + j] += weights[i * n + k] * weights[k * n + j];
    }
  }
  // x_k = b_k + sum_l W_kl x_l, the weights of what follows k now having the sum 1; nothing follows the last of a part.
  std::vector<double> differences(n * n);
  for (std::size_t k = n; k-- > 0;) {
    for (std::size_t j = k + 1; j < n; ++j) {
      double difference = degrees[k] == 0 ? differences[(n - 1) * n + j] : b[k];
      for (std::size_t l = k + 1; l < n; ++l) difference += weights[k * n + l] * differences[l * n + j];
      differences[k * n + j] = difference;
      differences[j * n + k] = -difference;
    }
  }
  return differences;
}

// A sum that keeps what its additions lose (Neumaier 1974).
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

// Newton's method for p zeta = pbar in p and zeta = omega + lambda at once, as interior points solve linear programs: p
// keeps its sums, so both factors stay accurate where their product is tiny. The divergence
//
//   F = sum (r - 1 - log r) pbar,   r = p zeta / pbar,
//
// falls along every step and is convex along it, since the changes of p and of zeta are orthogonal.
class Newton {
 public:
  explicit Newton(const Problem& problem)
      : problem_(problem),
        columns_(problem.columns),
        p_(problem.pbar.size()),
        zeta_(problem.pbar.size()),
        dp_(problem.pbar.size()),
        dzeta_(problem.pbar.size()),
        shares_(problem.pbar.size()),
        omega_(problem.rows),
        lambda_(problem.columns),
        domega_(problem.rows),
        dlambda_(problem.columns) {
    start();
  }

  void solve() {
    double last = kInfinity;
    for (double now = error(0); now > kTolerance; last = now, now = error(0), ++iterations_) {
      if (now <= kRoundingError && !(now < last / 2)) break;
      if (iterations_ == kMaxIterations || !std::isfinite(now)) throw noTable();
      findStep();
      move(stepLength());
    }
  }

  const std::vector<double>& p() const { return p_; }
  const std::vector<double>& omega() const { return omega_; }
  const std::vector<double>& lambda() const { return lambda_; }
  std::size_t iterations() const { return iterations_; }

  // The greatest relative error of a product or of a sum, some way along the step.
  double error(double along) const {
    const std::vector<double> missing = shortfalls(along);
    double greatest = 0;
    for (std::size_t i = 0; i < problem_.rows; ++i) {
      greatest = std::max(greatest, std::abs(missing[i]) / problem_.rowSums[i]);
    }
    for (std::size_t j = 0; j < columns_; ++j) {
      greatest = std::max(greatest, std::abs(missing[problem_.rows + j]) / problem_.columnSums[j]);
    }
    for (std::size_t at = 0; at < p_.size(); ++at) {
      if (problem_.pbar[at] == 0) continue;
      const double ratio = (p_[at] + along * dp_[at]) / problem_.pbar[at];
      greatest = std::max(greatest, std::abs(ratio * (zeta_[at] + along * dzeta_[at]) - 1));
    }
    return greatest;
  }

 private:
  // Independence on the support of pbar, and multipliers whose sum is right in the mean.
  void start() {
    const double total = std::accumulate(problem_.pbar.begin(), problem_.pbar.end(), 0.0);
    const double mass = std::accumulate(problem_.rowSums.begin(), problem_.rowSums.end(), 0.0);
    for (std::size_t at = 0; at < p_.size(); ++at) {
      const bool isEmpty = problem_.pbar[at] == 0;
      p_[at] = isEmpty ? 0 : problem_.rowSums[at / columns_] * problem_.columnSums[at % columns_] / mass;
      zeta_[at] = total / mass;
    }
    std::fill(omega_.begin(), omega_.end(), total / mass / 2);
    std::fill(lambda_.begin(), lambda_.end(), total / mass / 2);
    if (std::find(p_.begin(), p_.end(), 0.0) == p_.end()) return;
    const Marginals sums{problem_.rowSums.data(), problem_.columnSums.data()};
    const Scaling scaling = sinkhornKnopp(problem_.rows, columns_, sums, kTolerance, kMaxSweeps, p_.data());
    if (!(scaling.residual <= kStartError)) throw noTable();
  }

  // With products aimed at targets t: dp = t / zeta - p - (p / zeta) dzeta, dzeta = domega + dlambda, and dp makes the
  // sums right. The rows are eliminated; what is left is the Laplacian of a graph whose vertices are the columns.
  void findStep() {
    std::vector<double> weights(columns_ * columns_);
    std::vector<double> right = shortfalls(0);
    for (double& value : right) value = -value;
    double* rightOfColumns = right.data() + problem_.rows;
    for (std::size_t i = 0; i < problem_.rows; ++i) {
      double* dp = dp_.data() + i * columns_;
      double* shares = shares_.data() + i * columns_;
      double total = 0;
      for (std::size_t j = 0; j < columns_; ++j) {
        const std::size_t at = i * columns_ + j;
        const double product = p_[at] * zeta_[at];
        // The difference is taken first: it is small in the end, and then has all its digits.
        dp[j] = (std::clamp(problem_.pbar[at], product / kMostChange, product * kMostChange) - product) / zeta_[at];
        right[i] += dp[j];
        rightOfColumns[j] += dp[j];
        shares[j] = p_[at] / zeta_[at];
        total += shares[j];
      }
      right[i] /= total;
      for (std::size_t j = 0; j < columns_; ++j) {
        if (shares[j] == 0) continue;
        rightOfColumns[j] -= shares[j] * right[i];
        for (std::size_t k = 0; k < columns_; ++k) weights[j * columns_ + k] += shares[j] / total * shares[k];
      }
      for (std::size_t j = 0; j < columns_; ++j) shares[j] /= total;
    }
    differences_ = laplacianDifferences(std::move(weights),
                                        {right.begin() + static_cast<std::ptrdiff_t>(problem_.rows), right.end()});
    for (std::size_t i = 0; i < problem_.rows; ++i) eliminated(i, right[i]);
    for (std::size_t j = 0; j < columns_; ++j) dlambda_[j] = differences_[(j + 1) * columns_ - 1];
  }

  // The changes of a row from those of the columns: dzeta_j = offset + sum_k share_k (dlambda_j - dlambda_k).
  void eliminated(std::size_t i, double offset) {
    const double* shares = shares_.data() + i * columns_;
    for (std::size_t j = 0; j < columns_; ++j) {
      const std::size_t at = i * columns_ + j;
      dzeta_[at] = offset;
      for (std::size_t k = 0; k < columns_; ++k) dzeta_[at] += shares[k] * differences_[j * columns_ + k];
      dp_[at] -= p_[at] / zeta_[at] * dzeta_[at];
    }
    // dlambda of the last column is zero.
    domega_[i] = dzeta_[(i + 1) * columns_ - 1];
  }

  // What the sums of rows and of columns lack, some way along the step.
  std::vector<double> shortfalls(double along) const {
    std::vector<PreciseSum> sums(problem_.rows + columns_);
    for (std::size_t i = 0; i < problem_.rows; ++i) sums[i].add(problem_.rowSums[i]);
    for (std::size_t j = 0; j < columns_; ++j) sums[problem_.rows + j].add(problem_.columnSums[j]);
    for (std::size_t at = 0; at < p_.size(); ++at) {
      const double p = p_[at] + along * dp_[at];
      sums[at / columns_].add(-p);
      sums[problem_.rows + at % columns_].add(-p);
    }
    std::vector<double> result(sums.size());
    std::transform(sums.begin(), sums.end(), result.begin(), [](const PreciseSum& sum) { return sum.value(); });
    return result;
  }

  // A whole step where it at least halves the least error so far, which can only happen so often; else the first of
  // ever smaller ones at whose end F still falls.
  double stepLength() {
    double length = 1;
    for (std::size_t at = 0; at < p_.size(); ++at) {
      if (problem_.pbar[at] == 0) continue;
      if (dp_[at] < 0) length = std::min(length, -kMostOfTheWay * p_[at] / dp_[at]);
      if (dzeta_[at] < 0) length = std::min(length, -kMostOfTheWay * zeta_[at] / dzeta_[at]);
    }
    if (length == 1) {
      const double reached = error(1);
      if (reached <= least_ / 2) {
        least_ = reached;
        return 1;
      }
    }
    while (length > std::numeric_limits<double>::min() && !(slope(length) <= 0)) length /= 2;
    return length;
  }

  // dF along the step, there.
  double slope(double length) const {
    double sum = 0;
    for (std::size_t at = 0; at < p_.size(); ++at) {
      if (problem_.pbar[at] == 0) continue;
      const double p = p_[at] + length * dp_[at];
      const double zeta = zeta_[at] + length * dzeta_[at];
      sum += (p * dzeta_[at] + zeta * dp_[at]) * (1 - problem_.pbar[at] / zeta / p);
    }
    return sum;
  }

  void move(double length) {
    for (std::size_t at = 0; at < p_.size(); ++at) {
      p_[at] += length * dp_[at];
      if (problem_.pbar[at] > 0) zeta_[at] += length * dzeta_[at];
    }
    for (std::size_t i = 0; i < omega_.size(); ++i) omega_[i] += length * domega_[i];
    for (std::size_t j = 0; j < lambda_.size(); ++j) lambda_[j] += length * dlambda_[j];
  }

  const Problem& problem_;
  std::size_t columns_;
  std::vector<double> p_;     // zero where pbar is
  std::vector<double> zeta_;  // there without a meaning, but positive
  std::vector<double> dp_;
  std::vector<double> dzeta_;
  std::vector<double> shares_;       // of p / zeta in the sums of rows
  std::vector<double> differences_;  // of dlambda
  std::vector<double> omega_;
  std::vector<double> lambda_;
  std::vector<double> domega_;
  std::vector<double> dlambda_;
  double least_ = kInfinity;
  std::size_t iterations_ = 0;
};

// Those of the indices 0 .. count - 1 that are wanted.
template <typename Wanted>
std::vector<std::size_t> select(std::size_t count, const Wanted& wanted) {
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < count; ++i) {
    if (wanted(i)) indices.push_back(i);
  }
  return indices;
}

// The part of the problem with these rows and columns. Both sums have one total: the last digits are changed for it.
Problem restricted(const double* pbar, const Shares& shares, const std::vector<std::size_t>& rows,
                   const std::vector<std::size_t>& columns) {
  Problem problem{rows.size(), columns.size(), {}, {}, {}};
  PreciseSum rowTotal, columnTotal;
  for (const std::size_t i : rows) {
    problem.rowSums.push_back(shares.hidden[i]);
    rowTotal.add(shares.hidden[i]);
    for (const std::size_t j : columns) problem.pbar.push_back(pbar[i * shares.classes.size() + j]);
  }
  for (const std::size_t j : columns) columnTotal.add(shares.classes[j]);
  const double scale = rowTotal.value() / columnTotal.value();
  for (const std::size_t j : columns) problem.columnSums.push_back(shares.classes[j] * scale);
  return problem;
}

double rowTotal(const double* matrix, std::size_t columns, std::size_t row) {
  return std::accumulate(matrix + row * columns, matrix + (row + 1) * columns, 0.0);
}

double columnTotal(const double* matrix, std::size_t rows, std::size_t columns, std::size_t column) {
  double total = 0;
  for (std::size_t i = 0; i < rows; ++i) total += matrix[i * columns + column];
  return total;
}

// Writes a table of these rows and columns into the whole one.
void scatter(const std::vector<double>& part, const std::vector<std::size_t>& rows,
             const std::vector<std::size_t>& columns, std::size_t stride, std::vector<double>& whole) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = 0; j < columns.size(); ++j) {
      whole[rows[i] * stride + columns[j]] = part[i * columns.size() + j];
    }
  }
}

void checkNonEmpty(const Problem& problem) {
  for (std::size_t i = 0; i < problem.rows; ++i) {
    if (!(rowTotal(problem.pbar.data(), problem.columns, i) > 0)) throw noTable();
  }
  for (std::size_t j = 0; j < problem.columns; ++j) {
    if (!(columnTotal(problem.pbar.data(), problem.rows, problem.columns, j) > 0)) throw noTable();
  }
}

}  // namespace

Multipliers classWeightMultipliers(const double* pbar, const Shares& shares) {
  const std::size_t units = shares.hidden.size();
  const std::size_t labels = shares.classes.size();
  const auto rows = select(units, [&](std::size_t i) { return shares.hidden[i] > 0; });
  const auto columns = select(labels, [&](std::size_t j) { return shares.classes[j] > 0; });
  const Problem problem = restricted(pbar, shares, rows, columns);
  checkNonEmpty(problem);
  Newton newton(problem);
  newton.solve();

  Multipliers result{std::vector<double>(units, kInfinity), std::vector<double>(labels, kInfinity),
                     std::vector<double>(units * labels), newton.iterations(), newton.error(0)};
  scatter(newton.p(), rows, columns, labels, result.classWeights);
  // What half the sum of the products is: the multipliers of either side alone, weighted by the shares.
  double byRows = 0;
  double byColumns = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) byRows += problem.rowSums[i] * newton.omega()[i];
  for (std::size_t j = 0; j < columns.size(); ++j) byColumns += problem.columnSums[j] * newton.lambda()[j];
  const double mass = std::accumulate(problem.rowSums.begin(), problem.rowSums.end(), 0.0);
  const double shift = (byRows - byColumns) / (2 * mass);
  for (std::size_t i = 0; i < rows.size(); ++i) result.rows[rows[i]] = newton.omega()[i] - shift;
  for (std::size_t j = 0; j < columns.size(); ++j) result.columns[columns[j]] = newton.lambda()[j] + shift;
  return result;
}

std::vector<double> stationaryClassWeights(const double* pbar, const Shares& shares,
                                           const std::vector<double>& current) {
  const std::size_t units = shares.hidden.size();
  const std::size_t labels = shares.classes.size();
  const auto rows = select(units, [&](std::size_t i) { return rowTotal(pbar, labels, i) > 0; });
  const auto columns = select(labels, [&](std::size_t j) { return columnTotal(pbar, units, labels, j) > 0; });
  std::vector<double> result = current;
  if (rows.empty()) return result;
  scatter(std::vector<double>(rows.size() * columns.size()), rows, columns, labels, result);
  Shares rest;
  for (const std::size_t i : rows) {
    rest.hidden.push_back(shares.hidden[i] - rowTotal(result.data(), labels, i));
  }
  for (const std::size_t j : columns) {
    rest.classes.push_back(shares.classes[j] - columnTotal(result.data(), units, labels, j));
  }
  const std::vector<double> known = restricted(pbar, shares, rows, columns).pbar;
  scatter(classWeightMultipliers(known.data(), rest).classWeights, rows, columns, labels, result);
  return result;
}

}  // namespace denseam::sphere
