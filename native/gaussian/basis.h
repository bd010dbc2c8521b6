#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "gaussian/structure.h"
#include "memory/memory.h"
#include "parallel/job.h"

// Covariances with common eigenvectors, S = V diag(v) V': they commute, and between Gaussians that have them W2^2 is
// |mu_i - mu_j|^2 + |v_i^1/2 - v_j^1/2|^2 (science 1.2), whatever V is. Means stay in the original coordinates.
namespace denseam::gaussian {

// An orthogonal d x d matrix V, eigenvectors in its columns, in both layouts.
struct Basis {
  std::size_t dimension = 0;
  std::vector<double> columnMajor;
  std::vector<double> rowMajor;
};

// Throws unless the numbers are finite and orthogonal to rounding. `name` is the matrix's name in errors.
Basis makeBasis(std::size_t d, std::vector<double> rowMajor, const std::string& name);

// covariance <- V diag(v) V' for nonnegative v.
void writeCovariance(const Basis& basis, const double* variances, double* covariance);

// Expands Gaussians to full covariances. Without a basis, diagonal ones have their variances along the coordinates.
Batch expand(Structure structure, std::size_t d, const Basis* basis, Batch items, Job& job);

struct Projection {
  Batch items;  // diagonal: v_k = V_k' S V_k
  // How far each covariance is from diagonal in the basis: the greatest |S V_k - v_k V_k| over the greatest v_k.
  // No entry of V' S V off the diagonal is larger.
  std::vector<double> residuals;
  // Whether float32 holds all numbers of each covariance, so that it may have been rounded to them.
  std::vector<std::uint8_t> isSingle;
};

// Projects full covariances to variances along the basis. Those within rounding of zero become zero.
Projection project(const Basis& basis, Batch items, Job& job);

// Computes the offsets of the maps x -> V diag(a_i) V' x + b_i: b_i = mu_i - V diag(a_i) V' m, mu_i from `items`.
void writeOffsets(const Basis& basis, const std::vector<double>& m, const Batch& items, TransportMaps& maps, Job& job);

}  // namespace denseam::gaussian
