#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "euclidean/engine.h"
#include "euclidean/screening.h"

// Searches that evaluate only the rows that screening keeps, exactly and in the order of their indices.
namespace denseam::euclidean {

// The most neighbours that screening looks for.
inline constexpr std::size_t kMostScreened = 128;

// The k nearest rows: the same as without screening, since every row whose lower bound is within the k-th least upper
// bound is evaluated.
template <typename T>
class ScreenedNearest {
 public:
  ScreenedNearest(const Rows<T>& rows, const Codes<T>& codes, const Points& points, std::size_t k, Job& job);

  // Empty places for the others.
  Neighbours takeNeighbours() { return std::move(neighbours_); }
  // The queries for which screening would leave out too little.
  const std::vector<std::size_t>& others() const { return others_; }

 private:
  void choose(std::size_t q, const Kept& kept, std::size_t k);

  Neighbours neighbours_;
  std::vector<std::size_t> others_;
};

// Recall that leaves out rows of at most `mass` of the Gibbs mass together: those with beta (L_i - U) > ln(N / mass), L
// a row's lower bound and U an upper bound on the least distance.
template <typename T>
class ScreenedRecall {
 public:
  ScreenedRecall(const Rows<T>& rows, const Codes<T>& codes, const Points& points, const std::vector<double>& betas,
                 double mass, bool wantNext, Job& job);

  // Without the centre, and with empty places for the others.
  Evaluation takeEvaluation() { return std::move(evaluation_); }
  const std::vector<std::size_t>& others() const { return others_; }

 private:
  // The distances of the rows kept become their weights.
  void weigh(const Rows<T>& rows, std::size_t q, double beta, Kept& kept);
  void sum(const Rows<T>& rows, std::size_t q, const Kept& weighed);

  Evaluation evaluation_;
  std::vector<std::size_t> others_;
};

extern template class ScreenedNearest<float>;
extern template class ScreenedNearest<double>;
extern template class ScreenedRecall<float>;
extern template class ScreenedRecall<double>;

}  // namespace denseam::euclidean
