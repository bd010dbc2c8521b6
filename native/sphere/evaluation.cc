#include "sphere/evaluation.h"

#include <algorithm>

#include "base/aligned.h"
#include "linalg/product.h"
#include "parallel/pool.h"
#include "sphere/mixture.h"
#include "sphere/normalizer.h"
#include "sphere/overlap.h"
#include "sphere/tiles.h"

namespace denseam::sphere {
namespace {

// The most scores of a thread at a time: 128 MB in double.
constexpr std::size_t kMostScores = std::size_t{1} << 24;

Pieces piecesOf(std::size_t rows, std::size_t hiddenUnits) {
  return {rows, std::clamp<std::size_t>(kMostScores / hiddenUnits, 1, kTileRows)};
}

// A run of rows and their scores w.x.
template <typename T>
struct Scored {
  std::size_t piece;
  std::size_t first;
  std::size_t count;
  const T* x;
  T* scores;  // count x hiddenUnits
};

// body(scored) for pieces of the rows.
template <typename T, typename Body>
void forEachScored(const Model<T>& model, RowSpan<T> rows, Job& job, const Body& body) {
  const std::size_t d = model.dimension;
  const T* x = rows.data();
  const Pieces pieces = piecesOf(rows.size() / d, model.hiddenUnits);
  parallel::forEach(pieces.count(), 1, job, [&](std::size_t begin, std::size_t end) {
    AlignedVector<T> scores(pieces.most() * model.hiddenUnits);
    for (std::size_t piece = begin; piece < end; ++piece) {
      const std::size_t first = pieces.begin(piece);
      const std::size_t count = pieces.size(piece);
      linalg::multiply(count, model.hiddenUnits, d, {x + first * d, d}, linalg::transposed(model.memories.data(), d),
                       T(0), scores.data(), model.hiddenUnits);
      body(Scored<T>{piece, first, count, x + first * d, scores.data()});
      job.advance(count);
    }
  });
}

// body(first, count, logs) for blocks of the rows of a piece, with their log P(x, y) Omega_N(0), count x labels.
template <typename T, typename Body>
void forEachBlock(const Model<T>& model, const Mixture<T>& mixture, const Scored<T>& rows, const Body& body) {
  constexpr std::size_t kRows = Mixture<T>::kBlockRows;
  typename Mixture<T>::Block block(model.hiddenUnits, model.labels);
  for (std::size_t begin = 0; begin < rows.count; begin += kRows) {
    const std::size_t size = std::min(kRows, rows.count - begin);
    mixture.evaluate(size, rows.x + begin * model.dimension, rows.scores + begin * model.hiddenUnits, block);
    body(rows.first + begin, size, block.logs.data());
  }
}

// body(row, logs) for every row, with its log P(x, y) Omega_N(0).
template <typename T, typename Body>
void forEachRow(const Model<T>& model, RowSpan<T> x, Job& job, const Body& body) {
  const Mixture<T> mixture(model, logNormalizer(model.dimension, model.beta));
  forEachScored(model, x, job, [&](const Scored<T>& scored) {
    forEachBlock(model, mixture, scored, [&](std::size_t row, std::size_t size, const double* logs) {
      for (std::size_t i = 0; i < size; ++i) body(row + i, logs + i * model.labels);
    });
  });
}

}  // namespace

template <typename T>
Totals evaluateObjective(const Model<T>& model, RowSpan<T> x, const Objective& objective, std::size_t firstRow,
                         Job& job) {
  const Mixture<T> mixture(model, logNormalizer(model.dimension, model.beta));
  std::vector<Totals> totals(piecesOf(x.size() / model.dimension, model.hiddenUnits).count());
  forEachScored(model, x, job, [&](const Scored<T>& scored) {
    std::vector<double> pulls(Mixture<T>::kBlockRows * model.labels);
    forEachBlock(model, mixture, scored, [&](std::size_t row, std::size_t size, const double* logs) {
      totals[scored.piece] += objective.evaluate(firstRow + row, size, logs, pulls.data());
    });
  });
  Totals sum;
  for (const Totals& total : totals) sum += total;
  return sum;
}

template <typename T>
std::vector<double> logDensities(const Model<T>& model, RowSpan<T> x, Job& job) {
  const double area = logSurface(model.dimension);
  std::vector<double> result(x.size() / model.dimension * model.labels);
  forEachRow(model, x, job, [&](std::size_t row, const double* logs) {
    std::transform(logs, logs + model.labels, result.data() + row * model.labels,
                   [area](double log) { return log - area; });
  });
  return result;
}

template <typename T>
std::vector<double> posteriors(const Model<T>& model, RowSpan<T> x, Job& job) {
  std::vector<double> result(x.size() / model.dimension * model.labels);
  forEachRow(model, x, job, [&](std::size_t row, const double* logs) {
    double* probabilities = result.data() + row * model.labels;
    std::copy_n(logs, model.labels, probabilities);
    normalizeLogs(model.labels, probabilities);
  });
  return result;
}

template <typename T>
std::vector<std::int32_t> predictions(const Model<T>& model, RowSpan<T> x, Job& job) {
  std::vector<std::int32_t> result(x.size() / model.dimension);
  forEachRow(model, x, job, [&](std::size_t row, const double* logs) {
    result[row] = static_cast<std::int32_t>(std::max_element(logs, logs + model.labels) - logs);
  });
  return result;
}

template <typename T>
NearestMemories nearestMemories(const Model<T>& model, RowSpan<T> x, Job& job) {
  const std::size_t rows = x.size() / model.dimension;
  NearestMemories result{std::vector<std::int32_t>(rows), std::vector<double>(rows)};
  const Directions<T> memories{model.dimension, model.hiddenUnits, model.memories.data()};
  forEachScored(model, x, job, [&](const Scored<T>& scored) {
    for (std::size_t row = 0; row < scored.count; ++row) {
      const T* overlaps = scored.scores + row * model.hiddenUnits;
      const std::size_t nearest = nearestMemory(memories, scored.x + row * model.dimension, overlaps);
      result.indices[scored.first + row] = static_cast<std::int32_t>(nearest);
      result.overlaps[scored.first + row] = static_cast<double>(overlaps[nearest]);
    }
  });
  return result;
}

template Totals evaluateObjective(const Model<float>&, RowSpan<float>, const Objective&, std::size_t, Job&);
template Totals evaluateObjective(const Model<double>&, RowSpan<double>, const Objective&, std::size_t, Job&);
template std::vector<double> logDensities(const Model<float>&, RowSpan<float>, Job&);
template std::vector<double> logDensities(const Model<double>&, RowSpan<double>, Job&);
template std::vector<double> posteriors(const Model<float>&, RowSpan<float>, Job&);
template std::vector<double> posteriors(const Model<double>&, RowSpan<double>, Job&);
template std::vector<std::int32_t> predictions(const Model<float>&, RowSpan<float>, Job&);
template std::vector<std::int32_t> predictions(const Model<double>&, RowSpan<double>, Job&);
template NearestMemories nearestMemories(const Model<float>&, RowSpan<float>, Job&);
template NearestMemories nearestMemories(const Model<double>&, RowSpan<double>, Job&);

}  // namespace denseam::sphere
