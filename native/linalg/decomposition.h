#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "linalg/lanes.h"

// Eigen decompositions of a run of dense matrices, by the kernels of lanes.h or by LAPACK, for tests to compare.
namespace denseam::linalg {

struct Matrices {
  std::size_t n;
  std::size_t count;
  std::vector<double> numbers;  // count x n x n, symmetric
};

struct Decomposition {
  std::vector<double> values;              // count x n, ascending; NaN where QL did not converge
  std::vector<double> vectors;             // count x n x n: row k of a matrix is the vector of its value k
  std::vector<std::uint8_t> notConverged;  // count
};

Decomposition decompose(const Matrices& matrices, bool wantVectors, const lanes::Kernels& kernels);
// The decomposition by LAPACK's dsyevd alone.
Decomposition decomposeByLapack(const Matrices& matrices, bool wantVectors);

// Eigenvalues (count x n, ascending) by the way for large matrices, whatever their size: in two stages by these
// kernels, or by LAPACK's dsytrd where they are null. Throws where a matrix is not finite.
std::vector<double> largeEigenvalues(const Matrices& matrices, const lanes::Kernels* stages);

// r' s r for every matrix s, both triangles; r is lower triangular, row-major. With `single`, s is rounded to floats.
std::vector<double> congruences(const Matrices& matrices, const std::vector<double>& r, bool single,
                                const lanes::Kernels& kernels);
// The same by BLAS.
std::vector<double> congruencesOneByOne(const Matrices& matrices, const std::vector<double>& r);

// The sum of weights[i] V diag(max(values, 0)) V' over the matrices, in both triangles.
std::vector<double> spectralSum(const Matrices& matrices, const std::vector<double>& weights,
                                const lanes::Kernels& kernels);

}  // namespace denseam::linalg
