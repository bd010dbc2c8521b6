#include "sphere/scaling/multipliers.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>

#include "sphere/scaling/marginal_problem.h"

namespace denseam::sphere {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// The least positive number relative to the sum of pbar: smaller ones count as that. Class weights may die out over
// many iterations, as a memory's for a class that it has no part in; here they stop before they lose digits.
constexpr double kTrace = 1e-290;

// The table divided by the power of two above its greatest number.
struct ScaledTable {
  std::vector<double> values;
  int exponent = 0;
  double trace = 0;

  explicit ScaledTable(std::span<const double> pbar) : values(pbar.begin(), pbar.end()) {
    std::frexp(*std::max_element(values.begin(), values.end()), &exponent);
    for (double& value : values) value = std::ldexp(value, -exponent);
    trace = kTrace * std::accumulate(values.begin(), values.end(), 0.0);
  }
};

// The indices 0 .. count - 1 that are wanted.
template <typename Wanted>
std::vector<std::size_t> select(std::size_t count, const Wanted& wanted) {
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < count; ++i) {
    if (wanted(i)) indices.push_back(i);
  }
  return indices;
}

// The columns, the one with the greatest share last: the rounding of the sums shows there (MarginalProblem).
std::vector<std::size_t> greatestLast(std::vector<std::size_t> columns, const std::vector<double>& shares) {
  const auto isLess = [&](std::size_t a, std::size_t b) { return shares[a] < shares[b]; };
  if (!columns.empty()) std::iter_swap(std::max_element(columns.begin(), columns.end(), isLess), columns.end() - 1);
  return columns;
}

// The part of the problem with these rows and columns. Its last digits are changed so that both sums have one total.
MarginalProblem restricted(const std::vector<double>& pbar, const Shares& shares, const std::vector<std::size_t>& rows,
                           const std::vector<std::size_t>& columns) {
  MarginalProblem problem{rows.size(), columns.size(), {}, {}, {}};
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

}  // namespace

Multipliers classWeightMultipliers(std::span<const double> pbar, const Shares& shares, const Job& job) {
  const std::size_t units = shares.hidden.size();
  const std::size_t labels = shares.classes.size();
  ScaledTable known(pbar);
  for (std::size_t at = 0; at < known.values.size(); ++at) {
    if (pbar[at] > 0) known.values[at] = std::max(known.values[at], known.trace);
  }
  const auto rows = select(units, [&](std::size_t i) { return shares.hidden[i] > 0; });
  const auto columns =
      greatestLast(select(labels, [&](std::size_t j) { return shares.classes[j] > 0; }), shares.classes);
  const MarginalProblem problem = restricted(known.values, shares, rows, columns);
  const MarginalSolution found = solve(problem, job);

  Multipliers result{std::vector<double>(units, kInfinity), std::vector<double>(labels, kInfinity),
                     std::vector<double>(units * labels), found.iterations, found.residual};
  scatter(found.p, rows, columns, labels, result.classWeights);
  // Half the sum of the products p zeta has to come from the multipliers of either side.
  double byRows = 0;
  double byColumns = 0;
  double mass = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    byRows += problem.rowSums[i] * found.omega[i];
    mass += problem.rowSums[i];
  }
  for (std::size_t j = 0; j < columns.size(); ++j) byColumns += problem.columnSums[j] * found.lambda[j];
  const double shift = (byRows - byColumns) / (2 * mass);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    result.rows[rows[i]] = std::ldexp(found.omega[i] - shift, known.exponent);
  }
  for (std::size_t j = 0; j < columns.size(); ++j) {
    result.columns[columns[j]] = std::ldexp(found.lambda[j] + shift, known.exponent);
  }
  return result;
}

std::vector<double> stationaryClassWeights(std::span<const double> pbar, const Shares& shares,
                                           const std::vector<double>& current, const Job& job) {
  const std::size_t units = shares.hidden.size();
  const std::size_t labels = shares.classes.size();
  const ScaledTable known(pbar);
  const double* values = known.values.data();
  const auto rows =
      select(units, [&](std::size_t i) { return shares.hidden[i] > 0 && rowTotal(values, labels, i) > known.trace; });
  const auto isKnown = [&](std::size_t j) {
    return shares.classes[j] > 0 && columnTotal(values, units, labels, j) > known.trace;
  };
  const auto columns = greatestLast(select(labels, isKnown), shares.classes);
  std::vector<double> result = current;
  for (std::size_t at = 0; at < result.size(); ++at) {
    if (shares.hidden[at / labels] == 0 || shares.classes[at % labels] == 0) result[at] = 0;
  }
  if (rows.empty() || columns.empty()) return result;
  // The current weights prove that a table of their pattern of zeros exists, and give the part of a unit's or a label's
  // share that is among these.
  const std::vector<double> weights = restricted(current, shares, rows, columns).pbar;
  Shares part = shares;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    part.hidden[rows[i]] *= rowTotal(weights.data(), columns.size(), i) / rowTotal(current.data(), labels, rows[i]);
  }
  for (std::size_t j = 0; j < columns.size(); ++j) {
    part.classes[columns[j]] *= columnTotal(weights.data(), rows.size(), columns.size(), j) /
                                columnTotal(current.data(), units, labels, columns[j]);
  }
  MarginalProblem problem = restricted(known.values, part, rows, columns);
  for (std::size_t at = 0; at < weights.size(); ++at) {
    if (weights[at] > 0) problem.pbar[at] = std::max(problem.pbar[at], known.trace);
  }
  scatter(solve(problem, job).p, rows, columns, labels, result);
  return result;
}

}  // namespace denseam::sphere
