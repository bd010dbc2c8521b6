#include "sphere/batch_pass.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <type_traits>
#include <utility>

#include "parallel/pool.h"
#include "sphere/tiles.h"

namespace denseam::sphere {
namespace {

// The most groups of blocks, each with class sums of its own: enough for as many threads.
constexpr std::size_t kGroups = 32;

// The standard error of a score w.x of vectors rounded to bfloat16, times sqrt(dimension): 9.4e-5 in 784 dimensions,
// measured on vectors of which a fifth is not zero; that of dense ones is half as large.
constexpr double kScoreError = 2.63e-3;
// The error of an exponent that scores may make.
constexpr double kMostExponentError = 1e-2;

bool allowsRoundedScores(double effectiveBeta, std::size_t dimension) {
  return effectiveBeta * kScoreError / std::sqrt(static_cast<double>(dimension)) < kMostExponentError;
}

}  // namespace

template <typename T>
BatchPass<T>::BatchPass(std::size_t dimension, std::size_t hiddenUnits, std::size_t labels, std::size_t mostRows,
                        bool isMixed)
    : dimension_(dimension),
      hiddenUnits_(hiddenUnits),
      labels_(labels),
      scores_(mostRows * hiddenUnits),
      memorySums_(hiddenUnits * dimension),
      groupSums_(std::min(kGroups, Pieces(mostRows, Mixture<T>::kBlockRows).count()) * (hiddenUnits + 1) * labels) {
  const Bfloat16Kernels* kernels = isMixed ? bfloat16Kernels() : nullptr;
  if (kernels != nullptr) rounded_.emplace(*kernels);
}

template <typename T>
Totals BatchPass<T>::run(const Mixture<T>& mixture, const T* memories, const T* x, std::size_t rows,
                         const Objective& objective, std::size_t firstRow, const Job& job) {
  rows_ = rows;
  score(mixture, memories, x, job);
  return respond(mixture, x, objective, firstRow, job);
}

template <typename T>
std::size_t BatchPass<T>::groups() const {
  return std::min(kGroups, Pieces(rows_, Mixture<T>::kBlockRows).count());
}

template <typename T>
void BatchPass<T>::multiply(bool isRounded, std::size_t m, std::size_t n, std::size_t k, linalg::MatrixView<T> a,
                            linalg::MatrixView<T> b, bool accumulate, T* c, const Job& job) {
  if constexpr (std::is_same_v<T, float>) {
    if (isRounded && rounded_) return rounded_->multiply(m, n, k, a, b, accumulate, c, job);
  }
  multiplyInTiles<T>(m, n, k, a, b, accumulate, c, job);
}

template <typename T>
void BatchPass<T>::score(const Mixture<T>& mixture, const T* memories, const T* x, const Job& job) {
  multiply(allowsRoundedScores(mixture.effectiveBeta(), dimension_), rows_, hiddenUnits_, dimension_, {x, dimension_},
           linalg::transposed(memories, dimension_), false, scores_.data(), job);
}

template <typename T>
Totals BatchPass<T>::respond(const Mixture<T>& mixture, const T* x, const Objective& objective, std::size_t firstRow,
                             const Job& job) {
  const Pieces blocks(rows_, Mixture<T>::kBlockRows);
  std::vector<Totals> totals(groups());
  const std::size_t size = (hiddenUnits_ + 1) * labels_;
  const auto groupBegin = [&](std::size_t group) { return blocks.count() * group / groups(); };
  parallel::forEach(groups(), 1, job, [&](std::size_t begin, std::size_t end) {
    auto block = spares_.take([&] { return std::make_unique<typename Mixture<T>::Block>(hiddenUnits_, labels_); });
    std::vector<double> pulls(Mixture<T>::kBlockRows * labels_);
    for (std::size_t group = begin; group < end; ++group) {
      double* sums = groupSums_.data() + group * size;
      std::fill_n(sums, size, 0.0);
      for (std::size_t piece = groupBegin(group); piece < groupBegin(group + 1); ++piece) {
        const std::size_t first = blocks.begin(piece);
        T* scores = scores_.data() + first * hiddenUnits_;
        mixture.evaluate(blocks.size(piece), x + first * dimension_, scores, *block);
        totals[group] += objective.evaluate(firstRow + first, blocks.size(piece), block->logs.data(), pulls.data());
        mixture.responsibilities(blocks.size(piece), pulls.data(), scores, sums, *block);
      }
    }
    spares_.giveBack(std::move(block));
  });
  Totals result;
  for (const Totals& total : totals) result += total;
  return result;
}

template <typename T>
std::vector<double> BatchPass<T>::sumClasses() const {
  const std::size_t size = (hiddenUnits_ + 1) * labels_;
  std::vector<double> sums(groupSums_.begin(), groupSums_.begin() + static_cast<std::ptrdiff_t>(size));
  for (std::size_t group = 1; group < groups(); ++group) {
    const double* own = groupSums_.data() + group * size;
    for (std::size_t i = 0; i < size; ++i) sums[i] += own[i];
  }
  return sums;
}

template <typename T>
const T* BatchPass<T>::sumMemories(const T* x, bool accumulate, const Job& job) {
  multiply(true, hiddenUnits_, dimension_, rows_, linalg::transposed(scores_.data(), hiddenUnits_), {x, dimension_},
           accumulate, memorySums_.data(), job);
  return memorySums_.data();
}

template class BatchPass<float>;
template class BatchPass<double>;

}  // namespace denseam::sphere
