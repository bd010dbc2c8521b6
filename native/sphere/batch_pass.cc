#include "sphere/batch_pass.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "parallel/pool.h"
#include "sphere/tiles.h"

namespace denseam::sphere {

template <typename T>
BatchPass<T>::BatchPass(std::size_t dimension, std::size_t hiddenUnits, std::size_t labels, std::size_t mostRows)
    : dimension_(dimension),
      hiddenUnits_(hiddenUnits),
      labels_(labels),
      scores_(mostRows * hiddenUnits),
      memorySums_(hiddenUnits * dimension),
      blockSums_(Pieces(mostRows, Mixture<T>::kBlockRows).count() * (hiddenUnits + 1) * labels) {}

template <typename T>
Totals BatchPass<T>::run(const Mixture<T>& mixture, const T* memories, const T* x, std::size_t rows,
                         const Objective& objective, std::size_t firstRow, const Job& job) {
  rows_ = rows;
  score(memories, x, job);
  return respond(mixture, objective, firstRow, job);
}

template <typename T>
void BatchPass<T>::score(const T* memories, const T* x, const Job& job) {
  multiplyInTiles<T>(rows_, hiddenUnits_, dimension_, {x, dimension_}, linalg::transposed(memories, dimension_), false,
                     scores_.data(), job);
}

template <typename T>
Totals BatchPass<T>::respond(const Mixture<T>& mixture, const Objective& objective, std::size_t firstRow,
                             const Job& job) {
  const Pieces blocks(rows_, Mixture<T>::kBlockRows);
  std::vector<Totals> totals(blocks.count());
  const std::size_t size = (hiddenUnits_ + 1) * labels_;
  parallel::forEach(blocks.count(), 1, job, [&](std::size_t begin, std::size_t end) {
    auto block = spares_.take([&] { return std::make_unique<typename Mixture<T>::Block>(hiddenUnits_, labels_); });
    std::vector<double> pulls(Mixture<T>::kBlockRows * labels_);
    for (std::size_t piece = begin; piece < end; ++piece) {
      const std::size_t first = blocks.begin(piece);
      T* scores = scores_.data() + first * hiddenUnits_;
      double* sums = blockSums_.data() + piece * size;
      mixture.evaluate(blocks.size(piece), scores, *block);
      totals[piece] = objective.evaluate(firstRow + first, blocks.size(piece), block->logs.data(), pulls.data());
      mixture.responsibilities(blocks.size(piece), pulls.data(), scores, sums, *block);
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
  std::vector<double> sums(blockSums_.begin(), blockSums_.begin() + static_cast<std::ptrdiff_t>(size));
  for (std::size_t piece = 1; piece < Pieces(rows_, Mixture<T>::kBlockRows).count(); ++piece) {
    const double* block = blockSums_.data() + piece * size;
    for (std::size_t i = 0; i < size; ++i) sums[i] += block[i];
  }
  return sums;
}

template <typename T>
const T* BatchPass<T>::sumMemories(const T* x, bool accumulate, const Job& job) {
  multiplyInTiles<T>(hiddenUnits_, dimension_, rows_, linalg::transposed(scores_.data(), hiddenUnits_), {x, dimension_},
                     accumulate, memorySums_.data(), job);
  return memorySums_.data();
}

template class BatchPass<float>;
template class BatchPass<double>;

}  // namespace denseam::sphere
