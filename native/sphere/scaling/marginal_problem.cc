#include "sphere/scaling/marginal_problem.h"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include "sphere/scaling/sinkhorn_knopp.h"

namespace denseam::sphere {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// The rounding of products, and of the sums of some thousand numbers.
constexpr double kTolerance = 2e-14;
// The error below which a standstill is rounding, too, in tables larger still.
constexpr double kRoundingError = 1e-9;
constexpr std::size_t kMaxIterations = 1000;
// The relative errors of products and sums that steps leave alone as rounding, or little more: correcting them might
// move far more mass than the small p on its way, where shares nearly separate parts of the table.
constexpr double kSameProduct = 1e-15;
constexpr double kSameSum = 1e-14;
// The relative change of products that says nothing about F.
constexpr double kRounding = 1e-13;
// The most sweeps for a pbar with zeros: they find the first table of its pattern, which Newton's method makes exact.
constexpr std::size_t kMaxSweeps = 10000;
constexpr double kStartError = 1e-9;
// The greatest factors by which a product p zeta is meant to change in a step, tried in turn. They keep all products on
// their way together, however far they have to go: pbar may span the range of doubles. Once in ten thousand such
// tables, rounding stops a method that goes so fast, and the next factor is tried.
constexpr std::array kMostChanges = {10.0, 5.0, 2.5};
// The share of the way to the point where a number becomes zero.
constexpr double kMostOfTheWay = 0.95;

Error notFound() {
  return {"ERR_RANGE",
          {.argument = "pbar",
           .expected = "sums that class weights with these shares can have",
           .found = "none were found in " + std::to_string(kMaxIterations) +
                    " steps: the sum of some shares of units may be that of some shares of classes to rounding. A "
                    "slight change of the shares helps"}};
}

// The differences x_i - x_j of the solution of W x = b, n x n, for a weighted Laplacian W given by its weights off the
// diagonal (times -1). Elimination without a subtraction (Grassmann, Taksar and Heyman 1985) is right to rounding in
// every weight, however different they are. So are the differences of unknowns that a great weight ties together, as
// they are not computed from the unknowns. Between unconnected parts differences are arbitrary.
std::vector<double> laplacianDifferences(std::vector<double> weights, std::vector<double> b, const Job& job) {
  const std::size_t n = b.size();
  std::vector<double> degrees(n);
  for (std::size_t k = 0; k < n; ++k) {
    job.poll();
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
    job.poll();
    for (std::size_t j = k + 1; j < n; ++j) {
      double difference = degrees[k] == 0 ? differences[(n - 1) * n + j] : b[k];
      for (std::size_t l = k + 1; l < n; ++l) difference += weights[k * n + l] * differences[l * n + j];
      differences[k * n + j] = difference;
      differences[j * n + k] = -difference;
    }
  }
  return differences;
}

// Newton's method for p zeta = pbar in p and zeta = omega + lambda at once, as interior points solve linear programs: p
// keeps its sums, so both factors stay accurate where their product is tiny. The divergence
//
//   F = sum (r - 1 - log r) pbar,   r = p zeta / pbar,
//
// falls along every step and is convex along it, since the changes of p and of zeta are orthogonal.
class Newton {
 public:
  Newton(const MarginalProblem& problem, double mostChange, const Job& job)
      : problem_(problem),
        job_(job),
        mostChange_(mostChange),
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

  // Returns whether it converged.
  bool solve() {
    double last = kInfinity;
    for (double now = error(0); now > kTolerance; last = now, now = error(0), ++iterations_) {
      if (now <= kRoundingError && !(now < last / 2)) break;
      if (iterations_ == kMaxIterations || !std::isfinite(now)) return false;
      findStep();
      move(stepLength());
    }
    return true;
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
    const Scaling scaling = sinkhornKnopp({problem_.rowSums, problem_.columnSums}, kTolerance, kMaxSweeps, p_, job_);
    if (!(scaling.residual <= kStartError)) throw noTable();
  }

  // Finds the step towards products t: dp = t / zeta - p - (p / zeta) dzeta, dzeta = domega + dlambda, and dp makes the
  // sums right. Without the rows, the Laplacian of a graph whose vertices are the columns remains.
  void findStep() {
    std::vector<double> weights(columns_ * columns_);
    std::vector<double> right = corrections();
    double* rightOfColumns = right.data() + problem_.rows;
    for (std::size_t i = 0; i < problem_.rows; ++i) {
      job_.poll();
      double* dp = dp_.data() + i * columns_;
      double* shares = shares_.data() + i * columns_;
      const double total = aim(i);
      for (std::size_t j = 0; j < columns_; ++j) {
        rightOfColumns[j] -= shares[j] * right[i];
        for (std::size_t k = 0; k < j; ++k) {
          const double flow = shares[k] * dp[j] - shares[j] * dp[k];
          rightOfColumns[j] += flow;
          rightOfColumns[k] -= flow;
          weights[j * columns_ + k] += total * shares[j] * shares[k];
        }
      }
      right[i] = std::accumulate(dp, dp + columns_, right[i]) / total;
    }
    for (std::size_t j = 0; j < columns_; ++j) {
      for (std::size_t k = 0; k < j; ++k) weights[k * columns_ + j] = weights[j * columns_ + k];
    }
    differences_ = laplacianDifferences(
        std::move(weights), {right.begin() + static_cast<std::ptrdiff_t>(problem_.rows), right.end()}, job_);
    for (std::size_t i = 0; i < problem_.rows; ++i) eliminated(i, right[i]);
    for (std::size_t j = 0; j < columns_; ++j) dlambda_[j] = differences_[(j + 1) * columns_ - 1];
  }

  // Computes the change of p of a row at constant zeta, and the shares of p / zeta in its sum, which is returned.
  double aim(std::size_t i) {
    double total = 0;
    for (std::size_t at = i * columns_; at < (i + 1) * columns_; ++at) {
      const double product = p_[at] * zeta_[at];
      // The difference comes first: it is small in the end, and then has all its digits.
      const double rise = std::clamp(problem_.pbar[at], product / mostChange_, product * mostChange_) - product;
      dp_[at] = std::abs(rise) > kSameProduct * product ? rise / zeta_[at] : 0;
      shares_[at] = p_[at] / zeta_[at];
      total += shares_[at];
    }
    for (std::size_t at = i * columns_; at < (i + 1) * columns_; ++at) shares_[at] /= total;
    return total;
  }

  // The excess of rows and columns.
  std::vector<double> corrections() const {
    std::vector<double> result = shortfalls(0);
    for (std::size_t k = 0; k < result.size(); ++k) {
      const double sum = k < problem_.rows ? problem_.rowSums[k] : problem_.columnSums[k - problem_.rows];
      result[k] = std::abs(result[k]) <= kSameSum * sum ? 0 : -result[k];
    }
    return result;
  }

  // The changes of a row from those of the columns: dzeta_j = offset + sum_k share_k (dlambda_j - dlambda_k).
  void eliminated(std::size_t i, double offset) {
    job_.poll();
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

  // The shortfalls of the sums of rows and of columns, some way along the step.
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
  // ever smaller steps at whose end F still falls.
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

  // dF along the step, there. Where a product is right, the rounding of its change may exceed the remaining changes of
  // all others, of far smaller numbers.
  double slope(double length) const {
    double sum = 0;
    for (std::size_t at = 0; at < p_.size(); ++at) {
      if (problem_.pbar[at] == 0) continue;
      const double p = p_[at] + length * dp_[at];
      const double zeta = zeta_[at] + length * dzeta_[at];
      const double change = p * dzeta_[at] + zeta * dp_[at];
      if (std::abs(change) > kRounding * p * zeta) sum += change * (1 - problem_.pbar[at] / zeta / p);
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

  const MarginalProblem& problem_;
  const Job& job_;
  double mostChange_;
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

void checkSolvable(const MarginalProblem& problem) {
  std::vector<bool> isKnown(problem.rows + problem.columns);
  for (std::size_t at = 0; at < problem.pbar.size(); ++at) {
    if (problem.pbar[at] == 0) continue;
    isKnown[at / problem.columns] = true;
    isKnown[problem.rows + at % problem.columns] = true;
  }
  const auto isPositive = [](double sum) { return sum > 0; };
  const bool isSolvable = std::all_of(isKnown.begin(), isKnown.end(), [](bool known) { return known; }) &&
                          std::all_of(problem.rowSums.begin(), problem.rowSums.end(), isPositive) &&
                          std::all_of(problem.columnSums.begin(), problem.columnSums.end(), isPositive);
  if (!isSolvable) throw noTable();
}

}  // namespace

MarginalSolution solve(const MarginalProblem& problem, const Job& job) {
  checkSolvable(problem);
  for (const double mostChange : kMostChanges) {
    Newton newton(problem, mostChange, job);
    if (!newton.solve()) continue;
    return {newton.p(), newton.omega(), newton.lambda(), newton.iterations(), newton.error(0)};
  }
  throw notFound();
}

Error noTable() {
  return {"ERR_RANGE",
          {.argument = "pbar",
           .expected = "sums that class weights with these shares can have",
           .found = "no table that is positive just where pbar is has them"}};
}

}  // namespace denseam::sphere
