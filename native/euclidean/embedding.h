#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "base/format.h"
#include "euclidean/root.h"
#include "simd/distances.h"

namespace denseam::euclidean {

// The embedding of items where the 2-Wasserstein geometry is flat: with t = sqrt(variances), W2^2 = |mu_i - mu_j|^2 +
// |t_i - t_j|^2, so a diagonal Gaussian is the row [mu, t] of R^2d and an isotropic one the row [mu, sqrt(d) t] of
// R^(d+1). A plain vector is its own row. The rounding errors of an item's t are kept beside its row (root.h).
class Embedding {
 public:
  enum class Kind { kVector, kDiagonal, kIsotropic };

  Embedding(Kind kind, std::size_t dimension) : kind_(kind), dimension_(dimension) {}

  Kind kind() const { return kind_; }
  std::size_t dimension() const { return dimension_; }
  std::size_t variances() const { return kind_ == Kind::kVector ? 0 : kind_ == Kind::kDiagonal ? dimension_ : 1; }
  std::size_t width() const { return dimension_ + variances(); }
  // Bytes of an item's remainders: two bits for each of many roots, one byte for a single root.
  std::size_t remainderBytes() const { return kind_ == Kind::kDiagonal ? packedRemainders(dimension_) : variances(); }
  const char* positionsName() const { return kind_ == Kind::kVector ? "values" : "means"; }

  // The row of one item or query. `nameOf(field)` names the item in errors. `positive` refuses a variance of zero.
  template <typename T, typename NameOf>
  void embed(const T* position, const T* variance, double ridge, bool positive, const NameOf& nameOf, T* row) const {
    for (std::size_t j = 0; j < dimension_; ++j) {
      const auto x = static_cast<double>(position[j]);
      if (!std::isfinite(x)) throw notFinite(nameOf(positionsName()) + "[" + std::to_string(j) + "]", x);
      row[j] = position[j];
    }
    for (std::size_t j = 0; j < variances(); ++j) {
      const auto given = static_cast<double>(variance[j]);
      const double value = given + ridge;
      const auto where = [&] {
        return nameOf("covariances") + (kind_ == Kind::kDiagonal ? "[" + std::to_string(j) + "]" : "");
      };
      if (!std::isfinite(given)) throw notFinite(where(), given);
      if (given < 0) throw negativeVariance(where(), given);
      if (positive && !(value > 0)) throw singular(where(), value);
      row[dimension_ + j] = static_cast<T>(rootOf(value));
    }
  }

  // The rounding errors of the roots in the row of an item with these variances.
  template <typename T>
  void keepRemainders(const T* variance, const T* row, std::uint8_t* remainders) const {
    const T* roots = row + dimension_;
    if (kind_ == Kind::kDiagonal) {
      packRemainders(dimension_, variance, roots, remainders);
    } else if (kind_ == Kind::kIsotropic) {
      remainders[0] = static_cast<std::uint8_t>(remainderOf(roots[0], variance[0], multiplicity()) + kMiddle);
    }
  }

  // The item of this row and these remainders, exactly as it was given.
  template <typename T>
  void extract(const T* row, const std::uint8_t* remainders, double* position, double* variance) const {
    for (std::size_t j = 0; j < dimension_; ++j) position[j] = static_cast<double>(row[j]);
    if (kind_ == Kind::kDiagonal) unpackVariances(dimension_, row + dimension_, remainders, variance);
    if (kind_ == Kind::kIsotropic) *variance = varianceOfOne(row, remainders);
  }

  // The row with its roots in double precision.
  template <typename T>
  void exactRow(const T* row, const std::uint8_t* remainders, double* exact) const {
    extract(row, remainders, exact, exact + dimension_);
    for (std::size_t j = dimension_; j < width(); ++j) exact[j] = rootOf(exact[j]);
  }

  // The inverse of embed for a state, which is a row: variances that embed to exactly its roots.
  void writeVariances(const double* row, double* variance) const {
    for (std::size_t j = 0; j < variances(); ++j) variance[j] = nearestVariance(row[dimension_ + j]);
  }

  // The squared distance of an item to a point, which is given by its row and its variances.
  template <typename T>
  double squaredDistance(const T* row, const std::uint8_t* remainders, const double* point,
                         const double* variances) const {
    const double means = denseam::squaredDistance({row, dimension_}, {point, dimension_});
    if (kind_ == Kind::kVector) return means;
    const T* roots = row + dimension_;
    const double* others = point + dimension_;
    if (kind_ == Kind::kDiagonal) return means + squaredRootDistance(dimension_, roots, remainders, variances, others);
    const double variance = varianceOfOne(row, remainders);
    const double difference =
        rootDifference(roots[0], multiplicity() * variance, multiplicity() * (variance - *variances), *others);
    return means + difference * difference;
  }

 private:
  // A byte holds remainders from -kMiddle on.
  static constexpr int kMiddle = 128;

  // The number of coordinates that share one variance.
  double multiplicity() const { return kind_ == Kind::kIsotropic ? static_cast<double>(dimension_) : 1.0; }
  double rootOf(double variance) const { return std::sqrt(multiplicity() * variance); }

  template <typename T>
  double varianceOfOne(const T* row, const std::uint8_t* remainders) const {
    return static_cast<double>(varianceOf(row[dimension_], BitsOf<T>{remainders[0]} - kMiddle, multiplicity()));
  }

  // The variance next to root^2 / multiplicity that embeds to `root` itself: a returned state that comes in as a query
  // is then equal to the bit.
  double nearestVariance(double root) const {
    const double square = suggestedVariance(root, multiplicity());
    const double above = std::nextafter(square, std::numeric_limits<double>::infinity());
    const double below = std::nextafter(square, 0.0);
    if (rootOf(square) != root && rootOf(above) == root) return above;
    if (rootOf(square) != root && rootOf(below) == root) return below;
    return square;
  }

  Kind kind_;
  std::size_t dimension_;
};

}  // namespace denseam::euclidean
