#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/aligned.h"
#include "base/spares.h"
#include "linalg/product.h"
#include "parallel/job.h"
#include "sphere/bfloat16.h"
#include "sphere/mixture.h"
#include "sphere/objective.h"

namespace denseam::sphere {

// The objective of a batch of rows and the sums of its gradients: two products of the size rows x hiddenUnits x
// dimension, with one sweep of exponentials between them. The work is cut the same way whatever the number of threads,
// and sums over rows are taken in the order of the rows.
//
// In mixed precision, of float32 alone, the sums of rows are products in bfloat16 where the processor has them, which
// changes a gradient by about a thousandth; so are the scores while beta makes little of their error.
template <typename T>
class BatchPass {
 public:
  BatchPass(std::size_t dimension, std::size_t hiddenUnits, std::size_t labels, std::size_t mostRows,
            bool isMixed = false);

  // `memories` are hiddenUnits x dimension, `rows` at most mostRows rows of x. The objective counts rows from
  // `firstRow`.
  Totals run(const Mixture<T>& mixture, const T* memories, const T* x, std::size_t rows, const Objective& objective,
             std::size_t firstRow, const Job& job);

  // After `run`: gamma, rows x hiddenUnits.
  const T* responsibilities() const { return scores_.data(); }
  // sum_n gamma_n^mu x_n, hiddenUnits x dimension: computed by this call; `accumulate` adds it to the sums so far.
  const T* sumMemories(const T* x, bool accumulate, const Job& job);
  // sum_n pull_y exp(a) / P(x, y), (hiddenUnits + 1) x labels, of `run`. Times the class weights: the sums of
  // responsibilities by label. Divided by minus the number of rows: the gradient.
  std::vector<double> sumClasses() const;

 private:
  // The number of blocks of the present rows.
  std::size_t groups() const;
  void score(const Mixture<T>& mixture, const T* memories, const T* x, const Job& job);
  // multiplyInTiles (tiles.h), in bfloat16 if `isRounded` and the pass can.
  void multiply(bool isRounded, std::size_t m, std::size_t n, std::size_t k, linalg::MatrixView<T> a,
                linalg::MatrixView<T> b, bool accumulate, T* c, const Job& job);
  Totals respond(const Mixture<T>& mixture, const T* x, const Objective& objective, std::size_t firstRow,
                 const Job& job);

  std::size_t dimension_;
  std::size_t hiddenUnits_;
  std::size_t labels_;
  std::size_t rows_ = 0;
  AlignedVector<T> scores_;        // mostRows x hiddenUnits
  AlignedVector<T> memorySums_;    // hiddenUnits x dimension
  std::vector<double> groupSums_;  // class sums of each group of blocks
  Spares<typename Mixture<T>::Block> spares_;
  std::optional<Bfloat16Product> rounded_;
};

extern template class BatchPass<float>;
extern template class BatchPass<double>;

}  // namespace denseam::sphere
