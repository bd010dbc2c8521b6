#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "euclidean/codes.h"
#include "euclidean/rows.h"
#include "euclidean/screen.h"
#include "parallel/job.h"

namespace denseam::euclidean {

// The rows that screening keeps for a query, ascending, and their exact squared distances.
struct Kept {
  std::vector<std::int32_t> rows;
  std::vector<double> distances;
};

// Screening of some queries: it keeps every row whose squared distance may exceed that of the query's last of the
// nearest `neighbours` by no more than the query's margin. Queries for which it would leave out too little keep none.
// What a query keeps does not depend on the others.
template <typename T>
class Screening {
 public:
  Screening(const Rows<T>& rows, const Codes<T>& codes, const Points& points, std::size_t neighbours);

  // The queries at these indices of the points, and a margin of each.
  std::vector<Kept> keep(const std::vector<std::size_t>& queries, const std::vector<double>& margins, Job& job) const;

 private:
  // A query: its index, its margin, and an upper bound on the squared distance of its last neighbour.
  struct Query {
    std::size_t index;
    double margin;
    double least;
    bool isLeftOut;
  };
  using Queries = std::vector<Query>;

  // A screen of the queries at these positions.
  Screen<T> screenOf(const Queries& queries, const std::vector<std::size_t>& positions, std::size_t stride) const;
  // The distances beyond which rows do not count, in units of the codes.
  std::vector<double> reachesOf(const Queries& queries, const std::vector<std::size_t>& positions) const;
  // Tightens the upper bounds by the rows that are nearest by their codes.
  void tighten(const Screen<T>& screen, const std::vector<std::size_t>& positions, Queries& queries,
               const Job& job) const;
  // Leaves out the queries for which a sample of the rows promises too little.
  void leaveOut(const Screen<T>& sample, const std::vector<double>& reaches, Queries& queries, Job& job) const;
  // The exact distances of the rows kept, each by the query at its position.
  std::vector<Kept> measure(std::vector<std::vector<std::int32_t>>&& kept, const std::vector<std::size_t>& positions,
                            const Queries& queries, const Job& job) const;

  const Rows<T>& rows_;
  const Codes<T>& codes_;
  const Points& points_;
  std::size_t neighbours_;
};

extern template class Screening<float>;
extern template class Screening<double>;

}  // namespace denseam::euclidean
