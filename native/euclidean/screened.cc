#include "euclidean/screened.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "parallel/pool.h"

namespace denseam::euclidean {
namespace {

// The share of rows above which evaluating all of them together is faster than the kept ones one by one.
constexpr std::size_t kMostKept = 16;
// Up to so many queries reading the codes takes longer than the products of two planes do. The neighbours are the same
// with either; what recall leaves out must not depend on the other queries.
constexpr std::size_t kFewQueries = 8;
constexpr std::size_t kRecallPlanes = 2;
// The share of the rows that is looked at first, and the number of them from which that share is small enough.
constexpr std::size_t kSampled = 50;
constexpr std::size_t kLeastSampled = 32768;

// Rows whose exact distances are computed in a chunk of work.
constexpr std::size_t kGrain = 128;

using Kept = std::vector<std::vector<std::int32_t>>;

// The exact distances of the queries at these indices to the rows kept for each.
template <typename T>
std::vector<std::vector<double>> exactDistances(const Rows<T>& rows, const Points& points,
                                                const std::vector<std::size_t>& queries, const Kept& kept,
                                                const Job& job) {
  std::vector<std::vector<double>> result;
  std::vector<std::pair<std::size_t, std::size_t>> chunks;  // a query's place, and its first row
  for (std::size_t k = 0; k < queries.size(); ++k) {
    result.emplace_back(kept[k].size());
    for (std::size_t begin = 0; begin < kept[k].size(); begin += kGrain) chunks.emplace_back(k, begin);
  }
  parallel::forEach(chunks.size(), 1, job, [&](std::size_t from, std::size_t to) {
    for (std::size_t chunk = from; chunk < to; ++chunk) {
      const auto [k, begin] = chunks[chunk];
      for (std::size_t i = begin; i < std::min(kept[k].size(), begin + kGrain); ++i) {
        result[k][i] = rows.squaredDistance(static_cast<std::size_t>(kept[k][i]), points, queries[k]);
      }
    }
  });
  return result;
}

// Adds the queries for which nothing was kept, since screening would leave out too little.
void addOthers(const std::vector<std::size_t>& queries, const Kept& kept, std::vector<std::size_t>& others) {
  for (std::size_t k = 0; k < queries.size(); ++k) {
    if (kept[k].empty()) others.push_back(queries[k]);
  }
}

// Distances beyond which a row may be left out, in the screen's unit, if the nearest row is within `reach`.
template <typename T>
double reachOf(const Screen<T>& screen, double reach, std::size_t size, double beta, double mass) {
  const double margin = std::log(static_cast<double>(size) / mass) / beta / (screen.unit() * screen.unit());
  return std::sqrt(reach * reach + margin);
}

}  // namespace

template <typename T>
ScreenedNearest<T>::ScreenedNearest(const Rows<T>& rows, const Codes<T>& codes, const Points& points, std::size_t k,
                                    Job& job)
    : neighbours_{std::vector<std::int32_t>(points.count * k), std::vector<double>(points.count * k)} {
  const std::size_t atOnce = Screen<T>::queriesAtOnce(rows.size());
  for (std::size_t first = 0; first < points.count; first += atOnce) {
    const auto queries = indicesBetween(first, std::min(points.count, first + atOnce));
    const Screen<T> screen(rows, codes, points, queries, queries.size() <= kFewQueries ? 2 : 1, k, 1, job);
    std::vector<double> reaches;
    for (std::size_t q = 0; q < queries.size(); ++q) reaches.push_back(screen.reach(q));
    const Kept kept = screen.within(reaches, std::max(k, rows.size() / kMostKept), job);
    const auto distances = exactDistances(rows, points, queries, kept, job);
    const std::size_t before = others_.size();
    addOthers(queries, kept, others_);
    for (std::size_t q = 0; q < queries.size(); ++q) {
      if (!kept[q].empty()) choose(queries[q], kept[q], distances[q], k);
    }
    job.advance((queries.size() - (others_.size() - before)) * rows.size());
  }
}

template <typename T>
void ScreenedNearest<T>::choose(std::size_t q, const std::vector<std::int32_t>& kept,
                                const std::vector<double>& distances, std::size_t k) {
  std::vector<std::pair<double, std::int32_t>> found;
  for (std::size_t i = 0; i < kept.size(); ++i) found.emplace_back(distances[i], kept[i]);
  std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(k), found.end());
  for (std::size_t j = 0; j < k; ++j) {
    neighbours_.distances[q * k + j] = found[j].first;
    neighbours_.indices[q * k + j] = found[j].second;
  }
}

template <typename T>
ScreenedRecall<T>::ScreenedRecall(const Rows<T>& rows, const Codes<T>& codes, const Points& points,
                                  const std::vector<double>& betas, double mass, bool wantNext, Job& job)
    : evaluation_{std::vector<double>(points.count),
                  std::vector<std::int32_t>(points.count),
                  std::vector<double>(points.count),
                  {points.count, std::vector<double>(wantNext ? points.count * rows.width() : 0), {}},
                  std::vector<std::int32_t>(points.count),
                  std::vector<double>(points.count)} {
  const std::size_t atOnce = Screen<T>::queriesAtOnce(rows.size());
  for (std::size_t first = 0; first < points.count; first += atOnce) {
    const auto all = indicesBetween(first, std::min(points.count, first + atOnce));
    const std::size_t before = others_.size();
    const std::vector<std::size_t> queries = sample(rows, codes, points, all, betas, mass, job);
    if (!queries.empty()) search(rows, codes, points, queries, betas, mass, job);
    job.advance((all.size() - (others_.size() - before)) * rows.size());
  }
  std::sort(others_.begin(), others_.end());
}

template <typename T>
std::vector<std::size_t> ScreenedRecall<T>::sample(const Rows<T>& rows, const Codes<T>& codes, const Points& points,
                                                   const std::vector<std::size_t>& queries,
                                                   const std::vector<double>& betas, double mass, Job& job) {
  if (rows.size() < kLeastSampled) return queries;
  const Screen<T> screen(rows, codes, points, queries, kRecallPlanes, 1, kSampled, job);
  std::vector<double> reaches;
  for (const std::size_t q : queries) reaches.push_back(reachOf(screen, 0, rows.size(), betas[q], mass));
  // The nearest row is taken to be at no distance: what is kept then is kept in any case.
  const auto kept = screen.within(reaches, rows.size(), job);
  std::vector<std::size_t> result;
  for (std::size_t k = 0; k < queries.size(); ++k) {
    (kept[k].size() > screen.size() / kMostKept ? others_ : result).push_back(queries[k]);
  }
  return result;
}

template <typename T>
void ScreenedRecall<T>::search(const Rows<T>& rows, const Codes<T>& codes, const Points& points,
                               const std::vector<std::size_t>& queries, const std::vector<double>& betas, double mass,
                               Job& job) {
  const auto size = static_cast<double>(rows.size());
  const Screen<T> screen(rows, codes, points, queries, kRecallPlanes, 1, 1, job);
  std::vector<double> reaches;
  for (std::size_t k = 0; k < queries.size(); ++k) {
    reaches.push_back(reachOf(screen, screen.reach(k), rows.size(), betas[queries[k]], mass));
  }
  const Kept kept = screen.within(reaches, std::max<std::size_t>(1, rows.size() / kMostKept), job);
  auto distances = exactDistances(rows, points, queries, kept, job);
  parallel::forEach(queries.size(), 1, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t k = begin; k < end; ++k) {
      if (kept[k].empty()) continue;
      const std::size_t q = queries[k];
      weigh(rows, q, betas[q], kept[k], distances[k]);
      evaluation_.droppedMass[q] = mass * (size - static_cast<double>(kept[k].size())) / size;
    }
  });
  addOthers(queries, kept, others_);
}

template <typename T>
void ScreenedRecall<T>::weigh(const Rows<T>& rows, std::size_t q, double beta, const std::vector<std::int32_t>& kept,
                              std::vector<double>& weights) {
  const auto nearest = std::min_element(weights.begin(), weights.end());
  const double least = *nearest;
  const auto at = static_cast<std::size_t>(nearest - weights.begin());
  // The 1 of the nearest row is kept apart, so that far rows count as well.
  double others = 0;
  for (std::size_t k = 0; k < weights.size(); ++k) {
    weights[k] = k == at ? 1 : std::exp(-beta * (weights[k] - least));
    if (k != at) others += weights[k];
  }
  evaluation_.energy[q] = least - std::log1p(others) / beta;
  evaluation_.nearest[q] = kept[at];
  evaluation_.nearestDistance[q] = least;
  evaluation_.evaluated[q] = static_cast<std::int32_t>(kept.size());
  if (evaluation_.next.values.empty()) return;
  for (double& weight : weights) weight /= 1 + others;
  sum(rows, q, kept, weights);
}

template <typename T>
void ScreenedRecall<T>::sum(const Rows<T>& rows, std::size_t q, const std::vector<std::int32_t>& kept,
                            const std::vector<double>& weights) {
  const std::size_t width = rows.width();
  double* next = evaluation_.next.values.data() + q * width;
  std::vector<double> row(width);
  for (std::size_t k = 0; k < kept.size(); ++k) {
    if (weights[k] == 0) continue;
    const auto item = static_cast<std::size_t>(kept[k]);
    rows.embedding().exactRow(rows.values(item).data(), rows.remainders(item).data(), row.data());
    for (std::size_t j = 0; j < width; ++j) next[j] += weights[k] * row[j];
  }
  for (std::size_t j = 0; j < rows.centre().size(); ++j) next[j] -= static_cast<double>(rows.centre()[j]);
}

template class ScreenedNearest<float>;
template class ScreenedNearest<double>;
template class ScreenedRecall<float>;
template class ScreenedRecall<double>;

}  // namespace denseam::euclidean
