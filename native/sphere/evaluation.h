#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "parallel/job.h"
#include "sphere/model.h"
#include "sphere/objective.h"

namespace denseam::sphere {

// Functions of a model and rows x, rows x dimension; each takes one product of the size rows x hiddenUnits x dimension.

// The objective, its rows counted from `firstRow`.
template <typename T>
Totals evaluateObjective(const Model<T>& model, RowSpan<T> x, const Objective& objective, std::size_t firstRow,
                         Job& job);

// log P(x, y) of every label, rows x labels.
template <typename T>
std::vector<double> logDensities(const Model<T>& model, RowSpan<T> x, Job& job);

// P(y | x) of every label (eq. 14), rows x labels.
template <typename T>
std::vector<double> posteriors(const Model<T>& model, RowSpan<T> x, Job& job);

// The likeliest label of every row; the first of equal ones.
template <typename T>
std::vector<std::int32_t> predictions(const Model<T>& model, RowSpan<T> x, Job& job);

struct NearestMemories {
  std::vector<std::int32_t> indices;
  std::vector<double> overlaps;  // w.x
};

// The memory with the greatest overlap; the first of equal ones (overlap.h).
template <typename T>
NearestMemories nearestMemories(const Model<T>& model, RowSpan<T> x, Job& job);

extern template Totals evaluateObjective(const Model<float>&, RowSpan<float>, const Objective&, std::size_t, Job&);
extern template Totals evaluateObjective(const Model<double>&, RowSpan<double>, const Objective&, std::size_t, Job&);
extern template std::vector<double> logDensities(const Model<float>&, RowSpan<float>, Job&);
extern template std::vector<double> logDensities(const Model<double>&, RowSpan<double>, Job&);
extern template std::vector<double> posteriors(const Model<float>&, RowSpan<float>, Job&);
extern template std::vector<double> posteriors(const Model<double>&, RowSpan<double>, Job&);
extern template std::vector<std::int32_t> predictions(const Model<float>&, RowSpan<float>, Job&);
extern template std::vector<std::int32_t> predictions(const Model<double>&, RowSpan<double>, Job&);
extern template NearestMemories nearestMemories(const Model<float>&, RowSpan<float>, Job&);
extern template NearestMemories nearestMemories(const Model<double>&, RowSpan<double>, Job&);

}  // namespace denseam::sphere
