#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "parallel/job.h"

namespace denseam::sphere {

// Directions: rows of norm 1, or 0 for an empty row (a blank image).
template <typename T>
struct Rows {
  std::size_t dimension = 0;
  std::vector<T> values;

  std::size_t count() const { return values.size() / dimension; }
  const T* row(std::size_t index) const { return values.data() + index * dimension; }
};

using AnyRows = std::variant<Rows<float>, Rows<double>>;

// Throws where a number is not finite, or a row of rows.values from `firstRow` on has a norm other than 1 or 0.
// `allowsZero`: whether the norm 0 is allowed. Errors call the array `name` and count its rows from `firstIndex`.
struct RowsCheck {
  std::string name;
  std::size_t firstIndex;
  bool allowsZero;
};
template <typename T>
void checkRows(std::size_t dimension, std::span<const T> values, const RowsCheck& check, const Job& job);

extern template void checkRows(std::size_t, std::span<const float>, const RowsCheck&, const Job&);
extern template void checkRows(std::size_t, std::span<const double>, const RowsCheck&, const Job&);

}  // namespace denseam::sphere
