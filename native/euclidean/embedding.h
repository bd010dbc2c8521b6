#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>

#include "format.h"

namespace denseam::euclidean {

// Where the 2-Wasserstein geometry is flat: with t = sqrt(variances), W2^2 = |mu_i - mu_j|^2 + |t_i - t_j|^2, so a
// diagonal Gaussian is the row [mu, t] of R^2d and an isotropic one the row [mu, sqrt(d) t] of R^(d+1). A plain vector
// is its own row.
class Embedding {
 public:
  enum class Kind { kVector, kDiagonal, kIsotropic };

  Embedding(Kind kind, std::size_t dimension) : kind_(kind), dimension_(dimension) {}

  Kind kind() const { return kind_; }
  std::size_t dimension() const { return dimension_; }
  std::size_t variances() const { return kind_ == Kind::kVector ? 0 : kind_ == Kind::kDiagonal ? dimension_ : 1; }
  std::size_t width() const { return dimension_ + variances(); }
  const char* positionsName() const { return kind_ == Kind::kVector ? "values" : "means"; }

  // The row of one item or query. `nameOf(field)` names the item in errors. A zero variance is refused where `positive`
  // says so.
  template <typename T, typename NameOf>
  void embed(const T* position, const T* variance, double ridge, bool positive, const NameOf& nameOf, T* row) const {
    for (std::size_t j = 0; j < dimension_; ++j) {
      if (!std::isfinite(position[j]))
        throw notFinite(nameOf(positionsName()) + "[" + std::to_string(j) + "]", position[j]);
      row[j] = position[j];
    }
    for (std::size_t j = 0; j < variances(); ++j) {
      const double value = static_cast<double>(variance[j]) + ridge;
      const auto where = [&] {
        return nameOf("covariances") + (kind_ == Kind::kDiagonal ? "[" + std::to_string(j) + "]" : "");
      };
      if (!std::isfinite(variance[j])) throw notFinite(where(), variance[j]);
      if (variance[j] < 0) throw negativeVariance(where(), variance[j]);
      if (positive && !(value > 0)) throw singular(where(), value);
      row[dimension_ + j] = static_cast<T>(std::sqrt(multiplicity() * value));
    }
  }

  // The inverse of embed: what embeds to exactly this row.
  template <typename T>
  void extract(const T* row, double* position, double* variance) const {
    for (std::size_t j = 0; j < dimension_; ++j) position[j] = static_cast<double>(row[j]);
    for (std::size_t j = 0; j < variances(); ++j) variance[j] = static_cast<double>(varianceOf(row[dimension_ + j]));
  }

 private:
  // How many coordinates one variance stands for.
  double multiplicity() const { return kind_ == Kind::kIsotropic ? static_cast<double>(dimension_) : 1.0; }

  // The variance is one rounding away from root^2 / multiplicity; of its neighbours the one that embeds to `root` is
  // taken, so that a memory that is saved and loaded is the same to the bit.
  template <typename T>
  T varianceOf(T root) const {
    const auto embeds = [&](T variance) {
      return static_cast<T>(std::sqrt(multiplicity() * static_cast<double>(variance))) == root;
    };
    const T square = static_cast<T>(static_cast<double>(root) * static_cast<double>(root) / multiplicity());
    const T above = std::nextafter(square, std::numeric_limits<T>::infinity());
    const T below = std::nextafter(square, T(0));
    if (!embeds(square) && embeds(above)) return above;
    if (!embeds(square) && embeds(below)) return below;
    return square;
  }

  Kind kind_;
  std::size_t dimension_;
};

}  // namespace denseam::euclidean
