#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "euclidean/codes.h"
#include "euclidean/rows.h"
#include "parallel/job.h"

namespace denseam::euclidean {

// Screening: bounds on the distances of some queries to all rows from codes (euclidean/codes.h), and the rows that they
// cannot leave out. Lengths are in the codes' unit.
template <typename T>
class Screen {
 public:
  // The queries at these indices of the points, in so many planes of codes; looks for so many neighbours. With a stride
  // above 1 only every so many runs of rows are read: a sample.
  Screen(const Rows<T>& rows, const Codes<T>& codes, const Points& points, const std::vector<std::size_t>& indices,
         std::size_t planes, std::size_t neighbours, std::size_t stride, Job& job);

  // The number of rows that are read.
  std::size_t size() const;

  // How many queries may be screened together: their bounds take 128 MiB at most.
  static std::size_t queriesAtOnce(std::size_t rows);

  // An upper bound on the distance of the query's last of the nearest neighbours.
  double reach(std::size_t q) const { return reach_[q]; }
  // For every query the rows that may be within `reaches[q]`, ascending; empty where there are more than `most`.
  std::vector<std::vector<std::int32_t>> within(const std::vector<double>& reaches, std::size_t most, Job& job) const;
  double unit() const { return codes_.unit(); }

 private:
  // The rows of a chunk of work, inside one block of codes, and their notes side by side.
  struct Chunk {
    std::size_t first, count;
    const std::uint8_t* codes;
    const CodeNote* notes;
  };

  void cut(std::size_t stride);
  void bound(const Chunk& chunk, std::vector<float>& squares, std::vector<float>* least) const;
  void collect(const Chunk& chunk, const float* squares, std::size_t q, float reach,
               std::vector<std::int32_t>& found) const;

  const Codes<T>& codes_;
  std::size_t count_;
  std::size_t neighbours_;
  std::size_t planes_;
  std::vector<QueryCode> queries_;
  std::vector<std::int8_t> planeCodes_;  // of all queries: first every high plane, then every low one
  std::vector<Chunk> chunks_;
  std::vector<std::vector<float>> squares_;  // of each chunk, count x its rows: squared distances between codes
  std::vector<double> reach_;
};

extern template class Screen<float>;
extern template class Screen<double>;

}  // namespace denseam::euclidean
