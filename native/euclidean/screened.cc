#include "euclidean/screened.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "euclidean/recall.h"
#include "parallel/pool.h"

namespace denseam::euclidean {
namespace {

// Whether the rows kept can hold k neighbours: not where screening would leave out too little, nor where codes that
// were read from a file are wrong.
bool areEnough(const Kept& kept, std::size_t k) { return kept.rows.size() >= k; }

// Adds the queries that do not keep enough rows to `others`; returns how many of all they are.
std::size_t addOthers(const std::vector<std::size_t>& queries, const std::vector<Kept>& kept, std::size_t least,
                      std::vector<std::size_t>& others) {
  std::size_t count = 0;
  for (std::size_t k = 0; k < queries.size(); ++k) {
    if (areEnough(kept[k], least)) continue;
    others.push_back(queries[k]);
    ++count;
  }
  return count;
}

}  // namespace

template <typename T>
ScreenedNearest<T>::ScreenedNearest(const Rows<T>& rows, const Codes<T>& codes, const Points& points, std::size_t k,
                                    Job& job)
    : neighbours_{std::vector<std::int32_t>(points.count * k), std::vector<double>(points.count * k)} {
  const Screening<T> screening(rows, codes, points, k);
  const std::size_t atOnce = Screen<T>::queriesAtOnce(rows.size());
  for (std::size_t first = 0; first < points.count; first += atOnce) {
    const auto queries = indicesBetween(first, std::min(points.count, first + atOnce));
    const auto kept = screening.keep(queries, std::vector<double>(queries.size()), job);
    const std::size_t left = addOthers(queries, kept, k, others_);
    for (std::size_t q = 0; q < queries.size(); ++q) {
      if (areEnough(kept[q], k)) choose(queries[q], kept[q], k);
    }
    job.advance((queries.size() - left) * rows.size());
  }
}

template <typename T>
void ScreenedNearest<T>::choose(std::size_t q, const Kept& kept, std::size_t k) {
  std::vector<std::pair<double, std::int32_t>> found;
  for (std::size_t i = 0; i < kept.rows.size(); ++i) found.emplace_back(kept.distances[i], kept.rows[i]);
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
  const Screening<T> screening(rows, codes, points, 1);
  const std::size_t atOnce = Screen<T>::queriesAtOnce(rows.size());
  const auto size = static_cast<double>(rows.size());
  for (std::size_t first = 0; first < points.count; first += atOnce) {
    const auto queries = indicesBetween(first, std::min(points.count, first + atOnce));
    std::vector<double> margins;
    for (const std::size_t q : queries) margins.push_back(std::log(size / mass) / betas[q]);
    auto kept = screening.keep(queries, margins, job);
    parallel::forEach(queries.size(), 1, job, [&](std::size_t begin, std::size_t end) {
      for (std::size_t k = begin; k < end; ++k) {
        if (!areEnough(kept[k], 1)) continue;
        const std::size_t q = queries[k];
        weigh(rows, q, betas[q], kept[k]);
        evaluation_.droppedMass[q] = mass * (size - static_cast<double>(kept[k].rows.size())) / size;
      }
    });
    job.advance((queries.size() - addOthers(queries, kept, 1, others_)) * rows.size());
  }
}

template <typename T>
void ScreenedRecall<T>::weigh(const Rows<T>& rows, std::size_t q, double beta, Kept& kept) {
  std::vector<double>& weights = kept.distances;
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
  evaluation_.nearest[q] = kept.rows[at];
  evaluation_.nearestDistance[q] = least;
  evaluation_.evaluated[q] = static_cast<std::int32_t>(kept.rows.size());
  if (evaluation_.next.values.empty()) return;
  for (double& weight : weights) weight /= 1 + others;
  sum(rows, q, kept);
}

template <typename T>
void ScreenedRecall<T>::sum(const Rows<T>& rows, std::size_t q, const Kept& weighed) {
  const std::size_t width = rows.width();
  double* next = evaluation_.next.values.data() + q * width;
  std::vector<double> row(width);
  const double least = kInvisibleMass<double> / static_cast<double>(rows.size());
  for (std::size_t k = 0; k < weighed.rows.size(); ++k) {
    const double weight = weighed.distances[k];
    // Rows that no digit of the state shows.
    if (weight < least) continue;
    const auto item = static_cast<std::size_t>(weighed.rows[k]);
    rows.embedding().exactRow(rows.values(item).data(), rows.remainders(item).data(), row.data());
    for (std::size_t j = 0; j < width; ++j) next[j] += weight * row[j];
  }
  for (std::size_t j = 0; j < rows.centre().size(); ++j) next[j] -= static_cast<double>(rows.centre()[j]);
}

template class ScreenedNearest<float>;
template class ScreenedNearest<double>;
template class ScreenedRecall<float>;
template class ScreenedRecall<double>;

}  // namespace denseam::euclidean
