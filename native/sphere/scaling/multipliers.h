#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "sphere/class_weights.h"

namespace denseam::sphere {

// The solution of eq. 21: class weights p = pbar / zeta, zeta = row multiplier + column multiplier, that sum to the
// shares. It is the one table with the support of pbar at which sum pbar log p is greatest.
struct Multipliers {
  std::vector<double> rows;          // omega, of units; infinite where their share is zero
  std::vector<double> columns;       // lambda, of labels; likewise
  std::vector<double> classWeights;  // units x labels; zero where pbar or a share is
  std::size_t iterations = 0;
  double residual = 0;  // greatest relative error of a sum, or of the product p zeta as a pbar
};

// `pbar` is units x labels, non-negative and finite; numbers between zero and 1e-290 of its sum count as that. Only the
// sums zeta are determined; the result is the pair of multipliers with sum_y lambda_y p_q(y) = sum_gamma omega_gamma
// p_h(gamma). Throws ERR_RANGE where no table that is positive just where pbar is has these sums.
Multipliers classWeightMultipliers(std::span<const double> pbar, const Shares& shares, const Job& job);

// The class weights of eq. 21 for a pbar computed from the `current` ones, which have the shares. Units or labels about
// which pbar says nothing keep their weights, and the others share the rest.
std::vector<double> stationaryClassWeights(std::span<const double> pbar, const Shares& shares,
                                           const std::vector<double>& current, const Job& job);

}  // namespace denseam::sphere
