#pragma once

#include <cstddef>
#include <span>
#include <type_traits>
#include <variant>
#include <vector>

namespace denseam::sphere {

// The von Mises-Fisher memory (Theriault and Tantari 2025): the joint density of a direction x and a class y, 0 for
// "none",
//
//   P(x, y) = sum_mu p_y^mu exp(s beta w_mu.x) / Omega_N(beta) + p_y^0 / Omega_N(0)
//
// (eq. 12; eq. 4 when the beta scale s is 1). Row 0 of the class weights p is the background's, row mu that of memory
// mu, counted from 1 there and from 0 among the memories.
template <typename T>
struct Model {
  std::size_t dimension = 0;
  std::size_t hiddenUnits = 0;
  std::size_t labels = 0;            // classes with "none"
  std::vector<T> memories;           // hiddenUnits x dimension, rows of norm 1
  std::vector<double> classWeights;  // (hiddenUnits + 1) x labels
  double beta = 1;
  double betaScale = 1;

  double effectiveBeta() const { return betaScale * beta; }
};

// Rows in the precision of a model: the model sets T, so that any array of such numbers converts.
template <typename T>
using RowSpan = std::span<const std::type_identity_t<T>>;

using AnyModel = std::variant<Model<float>, Model<double>>;

}  // namespace denseam::sphere
