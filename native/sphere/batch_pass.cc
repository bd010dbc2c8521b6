#include "sphere/batch_pass.h"

#include <algorithm>

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
      classSums_((hiddenUnits + 1) * labels),
      blockSums_(Pieces(mostRows, Mixture<T>::kBlockRows).count() * classSums_.size()) {}

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
  const std::size_t size = classSums_.size();
  parallel::forEach(blocks.count(), 1, job, [&](std::size_t begin, std::size_t end) {
    typename Mixture<T>::Block block(hiddenUnits_, labels_);
    std::vector<double> pulls(Mixture<T>::kBlockRows * labels_);
    for (std::size_t piece = begin; piece < end; ++piece) {
      const std::size_t first = blocks.begin(piece);
      T* scores = scores_.data() + first * hiddenUnits_;
      double* sums = blockSums_.data() + piece * size;
      std::fill_n(sums, size, 0.0);
      mixture.evaluate(blocks.size(piece), scores, block);
      totals[piece] = objective.evaluate(firstRow + first, blocks.size(piece), block.logs.data(), pulls.data());
      mixture.responsibilities(blocks.size(piece), pulls.data(), scores, sums, block);
    }
  });
  std::fill(classSums_.begin(), classSums_.end(), 0.0);
  Totals result;
  for (std::size_t piece = 0; piece < blocks.count(); ++piece) {
    for (std::size_t i = 0; i < size; ++i) classSums_[i] += blockSums_[piece * size + i];
    result += totals[piece];
  }
  return result;
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
