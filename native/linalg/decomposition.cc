#include "linalg/decomposition.h"

#include <lapacke.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "linalg/linalg.h"

namespace denseam::linalg {
namespace {

using lanes::kLanes;

std::size_t groupsOf(std::size_t count) { return (count + kLanes - 1) / kLanes; }

// The matrices from group * kLanes on in the lanes of some groups; lanes beyond the last matrix are zero.
template <typename T>
std::vector<T> pack(const Matrices& matrices, std::size_t group, std::size_t groups = 1) {
  const std::size_t n = matrices.n;
  std::vector<T> packed(groups * lanes::packedSize(n));
  const std::size_t first = group * kLanes, last = std::min(first + groups * kLanes, matrices.count);
  for (std::size_t item = first; item < last; ++item) {
    const double* matrix = matrices.numbers.data() + item * n * n;
    T* to = packed.data() + (item - first) / kLanes * lanes::packedSize(n) + item % kLanes;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j <= i; ++j, to += kLanes) *to = static_cast<T>(matrix[i * n + j]);
    }
  }
  return packed;
}

// The eigenvalues of up to two groups, or values and vectors of one.
struct Solution {
  explicit Solution(std::size_t n) : values(2 * n * kLanes), vectors(n * n * kLanes), work(2 * lanes::workSize(n)) {}
  std::vector<double> values, vectors, work;
};

unsigned solveValues(std::size_t n, std::vector<double>&& packed, std::size_t groups, const lanes::Kernels& kernels,
                     Solution& solution) {
  const auto solve = groups == 2 ? kernels.eigenvaluesOfTwo : kernels.eigenvalues;
  return solve(n, packed.data(), solution.values.data(), solution.work.data());
}

unsigned solveVectors(std::size_t n, std::vector<double>&& packed, const lanes::Kernels& kernels, Solution& solution) {
  return kernels.eigenvectors(n, packed.data(), solution.values.data(), solution.vectors.data(), solution.work.data());
}

Decomposition sized(const Matrices& matrices, bool wantVectors) {
  const std::size_t n = matrices.n, count = matrices.count;
  return {std::vector<double>(count * n), std::vector<double>(wantVectors ? count * n * n : 0),
          std::vector<std::uint8_t>(count)};
}

// Copies a lane, counted through the groups, to matrix `item` of the result, its values ascending.
void unpack(std::size_t n, const Solution& solution, std::size_t lane, std::size_t item, Decomposition& result) {
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const double* values = solution.values.data() + lane / kLanes * n * kLanes + lane % kLanes;
  const auto value = [&](std::size_t k) { return values[k * kLanes]; };
  if (!result.notConverged[item]) {
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return value(a) < value(b); });
  }
  for (std::size_t k = 0; k < n; ++k) {
    result.values[item * n + k] = value(order[k]);
    if (result.vectors.empty()) continue;
    for (std::size_t i = 0; i < n; ++i) {
      result.vectors[(item * n + k) * n + i] = solution.vectors[(order[k] * n + i) * kLanes + lane];
    }
  }
}

// The columns of a row-major matrix, one after the other.
std::vector<double> transposed(std::size_t n, const std::vector<double>& rows) {
  std::vector<double> columns(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) columns[j * n + i] = rows[i * n + j];
  }
  return columns;
}

}  // namespace

Decomposition decompose(const Matrices& matrices, bool wantVectors, const lanes::Kernels& kernels) {
  Decomposition result = sized(matrices, wantVectors);
  const std::size_t n = matrices.n, groups = groupsOf(matrices.count);
  Solution solution(n);
  for (std::size_t group = 0, together = 1; group < groups; group += together) {
    together = !wantVectors && group + 1 < groups ? 2 : 1;
    std::vector<double> packed = pack<double>(matrices, group, together);
    const unsigned failed = wantVectors ? solveVectors(n, std::move(packed), kernels, solution)
                                        : solveValues(n, std::move(packed), together, kernels, solution);
    const std::size_t first = group * kLanes, last = std::min(first + together * kLanes, matrices.count);
    for (std::size_t item = first; item < last; ++item) {
      result.notConverged[item] = failed >> (item - first) & 1;
      unpack(n, solution, item - first, item, result);
    }
  }
  return result;
}

Decomposition decomposeByLapack(const Matrices& matrices, bool wantVectors) {
  Decomposition result = sized(matrices, wantVectors);
  const std::size_t n = matrices.n;
  const auto order = static_cast<lapack_int>(n);
  for (std::size_t item = 0; item < matrices.count; ++item) {
    const double* matrix = matrices.numbers.data() + item * n * n;
    std::vector<double> a(matrix, matrix + n * n);
    // Columns of a become rows of the result.
    result.notConverged[item] = LAPACKE_dsyevd(LAPACK_COL_MAJOR, wantVectors ? 'V' : 'N', 'L', order, a.data(), order,
                                               result.values.data() + item * n) != 0;
    if (wantVectors) std::copy(a.begin(), a.end(), result.vectors.data() + item * n * n);
  }
  return result;
}

std::vector<double> largeEigenvalues(const Matrices& matrices, const lanes::Kernels* stages) {
  const std::size_t n = matrices.n;
  std::vector<double> a(n * n), inLanes(n * kLanes), result(matrices.count * n);
  for (std::size_t first = 0; first < matrices.count; first += kLanes) {
    const auto matrix = [&](std::size_t k) {
      std::copy_n(matrices.numbers.data() + (first + k) * n * n, n * n, a.data());
      return a.data();
    };
    const std::size_t count = std::min(kLanes, matrices.count - first);
    eigenvaluesInLanes(n, count, matrix, stages, inLanes.data());
    for (std::size_t lane = 0; lane < count; ++lane) {
      double* const values = result.data() + (first + lane) * n;
      for (std::size_t k = 0; k < n; ++k) values[k] = inLanes[k * kLanes + lane];
      std::sort(values, values + n);
    }
  }
  return result;
}

std::vector<double> congruences(const Matrices& matrices, const std::vector<double>& r, bool single,
                                const lanes::Kernels& kernels) {
  const std::size_t n = matrices.n;
  const std::vector<double> columns = transposed(n, r);
  std::vector<double> gram(lanes::packedSize(n)), work(lanes::workSize(n));
  std::vector<double> result(matrices.count * n * n);
  for (std::size_t g = 0; g < groupsOf(matrices.count); ++g) {
    if (single) {
      kernels.congruenceFloat(n, columns.data(), pack<float>(matrices, g).data(), gram.data(), work.data());
    } else {
      kernels.congruence(n, columns.data(), pack<double>(matrices, g).data(), gram.data(), work.data());
    }
    for (std::size_t lane = 0; lane < kLanes && g * kLanes + lane < matrices.count; ++lane) {
      double* matrix = result.data() + (g * kLanes + lane) * n * n;
      const double* from = gram.data() + lane;
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j <= i; ++j, from += kLanes) matrix[i * n + j] = matrix[j * n + i] = *from;
      }
    }
  }
  return result;
}

std::vector<double> congruencesOneByOne(const Matrices& matrices, const std::vector<double>& r) {
  const std::size_t n = matrices.n;
  const std::vector<double> columns = transposed(n, r);
  std::vector<double> result = matrices.numbers;
  for (std::size_t item = 0; item < matrices.count; ++item) {
    congruence(n, columns.data(), result.data() + item * n * n);
    symmetrize(n, result.data() + item * n * n);
  }
  return result;
}

std::vector<double> spectralSum(const Matrices& matrices, const std::vector<double>& weights,
                                const lanes::Kernels& kernels) {
  const std::size_t n = matrices.n;
  Solution solution(n);
  std::vector<double> sum(lanes::packedSize(n)), result(n * n);
  for (std::size_t g = 0; g < groupsOf(matrices.count); ++g) {
    solveVectors(n, pack<double>(matrices, g), kernels, solution);
    for (double& value : solution.values) value = std::max(value, 0.0);
    double laneWeights[kLanes] = {};
    for (std::size_t lane = 0; lane < kLanes && g * kLanes + lane < matrices.count; ++lane) {
      laneWeights[lane] = weights[g * kLanes + lane];
    }
    kernels.addSpectral(n, laneWeights, solution.vectors.data(), solution.values.data(), sum.data(),
                        solution.work.data());
  }
  lanes::sumLanes(n, sum.data(), result.data());
  symmetrize(n, result.data());
  return result;
}

}  // namespace denseam::linalg
