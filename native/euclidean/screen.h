#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/aligned.h"
#include "euclidean/codes.h"
#include "euclidean/rows.h"
#include "parallel/job.h"

namespace denseam::euclidean {

// Screening: lower bounds on the distances of some queries to all rows from codes (euclidean/codes.h), and the rows
// that they cannot leave out. First the prefixes of all codes are read, then the rests of those codes that their
// prefixes do not leave out. Lengths are in the codes' unit.
template <typename T>
class Screen {
 public:
  // The queries at these indices of the points; looks for the rows that are the nearest by their codes. With a stride
  // above 1 only every so many runs of rows are read: a sample.
  Screen(const Rows<T>& rows, const Codes<T>& codes, const Points& points, const std::vector<std::size_t>& indices,
         std::size_t neighbours, std::size_t stride);

  // The number of rows that are read.
  std::size_t size() const;

  // How many queries may be screened together: what is kept about rows takes 128 MiB at most.
  static std::size_t queriesAtOnce(std::size_t rows);

  void readPrefixes(Job& job);
  // Of the rows that may be within `reaches[q]` of query q; the others are left out from now on.
  void readRests(const std::vector<double>& reaches, Job& job);

  // The query's nearest rows as far as codes have been read: fewer where codes tell too little.
  std::vector<std::int32_t> nearest(std::size_t q) const;
  // For every query the rows that may be within `reaches[q]`, ascending; empty where there are more than `most`.
  std::vector<std::vector<std::int32_t>> within(const std::vector<double>& reaches, std::size_t most, Job& job) const;

 private:
  // The rows of a chunk of work, inside one block of codes.
  struct Chunk {
    std::size_t first, count;
    const std::uint8_t* prefixes;
    const std::uint8_t* rests;
    const CodeNote* notes;
  };
  // Rows and their distances by codes, the farthest first.
  using Heap = std::vector<std::pair<float, std::int32_t>>;

  void cut(std::size_t stride);
  void addPlane(const QueryCode::Plane& plane);
  // products <- those of a tile's codes with query q's, both planes together, whose sums are `sum`.
  void writeProducts(std::size_t q, std::size_t tile, const std::int32_t* dots, std::int32_t QueryCode::Plane::*sum,
                     float* products) const;
  void clearHeaps();
  void keepNearest(std::size_t q, const float* squares, std::size_t first, std::size_t count, Heap& heap) const;
  void readPrefixes(const Chunk& chunk, AlignedVector<float>& squares, Heap* heaps) const;
  void readRests(const Chunk& chunk, const std::vector<float>& reaches, AlignedVector<float>& squares,
                 Heap* heaps) const;
  // dots <- those of the rests in a tile: of `kept` rows within reach one by one where they are few, else of all.
  void writeRestDots(const std::uint8_t* codes, std::size_t tile, std::size_t kept, const std::vector<float>& lower,
                     const std::vector<float>& reaches, std::vector<std::int32_t>& dots) const;
  void collect(const Chunk& chunk, const float* squares, std::size_t q, float reach,
               std::vector<std::int32_t>& found) const;

  const Codes<T>& codes_;
  std::size_t count_;
  std::size_t neighbours_;
  std::vector<QueryCode> queries_;
  // The planes of all queries: first every high one, then those low ones that there are, at lowPlanes_.
  std::vector<std::int8_t> prefixes_, rests_;
  std::vector<std::size_t> lowPlanes_;
  std::size_t planeCount_ = 0;
  std::vector<Chunk> chunks_;
  // Of each chunk, count x its rows: squared distances of what has been read of the codes; infinite for rows left out.
  std::vector<AlignedVector<float>> squares_;
  bool haveRests_ = false;
  std::vector<Heap> heaps_;  // chunks x count
  // Of each query the least square that is the last of any chunk's nearest: farther rows are not among those of all.
  std::unique_ptr<std::atomic<float>[]> farthest_;
};

extern template class Screen<float>;
extern template class Screen<double>;

}  // namespace denseam::euclidean
