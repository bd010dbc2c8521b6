#include "euclidean/screening.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "parallel/pool.h"

namespace denseam::euclidean {
namespace {

// The share of rows above which evaluating all of them together is faster than the kept ones one by one, for many
// queries; a few would gain from a greater one, but what is left out does not depend on the number of queries.
constexpr std::size_t kMostKept = 32;
// The share of the rows that is looked at first, and the number of them from which that share is small enough.
constexpr std::size_t kSampled = 50;
constexpr std::size_t kLeastSampled = 32768;
// Rows whose exact distances are computed in a chunk of work.
constexpr std::size_t kGrain = 128;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

template <typename T>
Screening<T>::Screening(const Rows<T>& rows, const Codes<T>& codes, const Points& points, std::size_t neighbours)
    : rows_(rows), codes_(codes), points_(points), neighbours_(neighbours) {}

template <typename T>
std::vector<Kept> Screening<T>::keep(const std::vector<std::size_t>& indices, const std::vector<double>& margins,
                                     Job& job) const {
  Queries queries;
  for (std::size_t k = 0; k < indices.size(); ++k) queries.push_back({indices[k], margins[k], kInfinity, false});
  const std::vector<std::size_t> all = indicesBetween(0, queries.size());
  std::optional<Screen<T>> sample;
  if (rows_.size() >= kLeastSampled) {
    sample.emplace(screenOf(queries, all, kSampled));
    sample->readPrefixes(job);
    sample->readRests(std::vector<double>(all.size(), kInfinity), job);
    // The nearest row is taken to be at no distance: what is kept then is kept in any case.
    for (Query& query : queries) query.least = 0;
    leaveOut(*sample, reachesOf(queries, all), queries, job);
    for (Query& query : queries) query.least = kInfinity;
    tighten(*sample, all, queries, job);
  }
  std::vector<std::size_t> others;
  for (const std::size_t k : all) {
    if (!queries[k].isLeftOut) others.push_back(k);
  }
  if (others.empty()) return std::vector<Kept>(queries.size());
  Screen<T> screen = screenOf(queries, others, 1);
  screen.readPrefixes(job);
  tighten(screen, others, queries, job);
  if (sample) leaveOut(*sample, reachesOf(queries, all), queries, job);
  screen.readRests(reachesOf(queries, others), job);
  tighten(screen, others, queries, job);
  const std::size_t most = std::max(neighbours_, rows_.size() / kMostKept);
  return measure(screen.within(reachesOf(queries, others), most, job), others, queries, job);
}

template <typename T>
Screen<T> Screening<T>::screenOf(const Queries& queries, const std::vector<std::size_t>& positions,
                                 std::size_t stride) const {
  std::vector<std::size_t> indices;
  for (const std::size_t k : positions) indices.push_back(queries[k].index);
  return Screen<T>(rows_, codes_, points_, indices, neighbours_, stride);
}

template <typename T>
std::vector<double> Screening<T>::reachesOf(const Queries& queries, const std::vector<std::size_t>& positions) const {
  std::vector<double> reaches;
  for (const std::size_t k : positions) {
    const double reach = std::sqrt(queries[k].least + queries[k].margin) / codes_.unit();
    reaches.push_back(queries[k].isLeftOut ? -kInfinity : reach);
  }
  return reaches;
}

template <typename T>
void Screening<T>::tighten(const Screen<T>& screen, const std::vector<std::size_t>& positions, Queries& queries,
                           const Job& job) const {
  parallel::forEach(positions.size(), 1, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t q = begin; q < end; ++q) {
      const std::vector<std::int32_t> nearest = screen.nearest(q);
      Query& query = queries[positions[q]];
      if (nearest.size() < neighbours_ || query.isLeftOut) continue;
      double farthest = 0;
      for (const std::int32_t row : nearest) {
        farthest = std::max(farthest, rows_.squaredDistance(static_cast<std::size_t>(row), points_, query.index));
      }
      query.least = std::min(query.least, farthest);
    }
  });
}

template <typename T>
void Screening<T>::leaveOut(const Screen<T>& sample, const std::vector<double>& reaches, Queries& queries,
                            Job& job) const {
  const auto within = sample.within(reaches, rows_.size(), job);
  const std::size_t most = std::max(4 * neighbours_, sample.size() / kMostKept);
  for (std::size_t k = 0; k < queries.size(); ++k) {
    if (within[k].size() > most) queries[k].isLeftOut = true;
  }
}

template <typename T>
std::vector<Kept> Screening<T>::measure(std::vector<std::vector<std::int32_t>>&& kept,
                                        const std::vector<std::size_t>& positions, const Queries& queries,
                                        const Job& job) const {
  std::vector<Kept> result(queries.size());
  std::vector<std::pair<std::size_t, std::size_t>> chunks;  // a query's position, and its first row
  for (std::size_t q = 0; q < positions.size(); ++q) {
    const std::size_t k = positions[q];
    if (queries[k].isLeftOut) continue;
    result[k].rows = std::move(kept[q]);
    result[k].distances.resize(result[k].rows.size());
    for (std::size_t begin = 0; begin < result[k].rows.size(); begin += kGrain) chunks.emplace_back(k, begin);
  }
  parallel::forEach(chunks.size(), 1, job, [&](std::size_t from, std::size_t to) {
    for (std::size_t chunk = from; chunk < to; ++chunk) {
      const auto [k, begin] = chunks[chunk];
      auto& [rows, distances] = result[k];
      for (std::size_t i = begin; i < std::min(rows.size(), begin + kGrain); ++i) {
        distances[i] = rows_.squaredDistance(static_cast<std::size_t>(rows[i]), points_, queries[k].index);
      }
    }
  });
  return result;
}

template class Screening<float>;
template class Screening<double>;

}  // namespace denseam::euclidean
