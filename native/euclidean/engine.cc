#include "euclidean/engine.h"

#include <algorithm>
#include <utility>

#include "euclidean/recall.h"
#include "euclidean/scorer.h"
#include "gibbs.h"
#include "parallel/pool.h"

namespace denseam::euclidean {

template <typename T>
Evaluation Engine<T>::evaluate(const Points& points, const std::vector<double>& betas, std::size_t copies,
                               bool wantNext, Job& job) const {
  const std::vector<Tile<T>> rowTiles = tiles(rows_, rowTile<T>(points.count, rows_.width()));
  const Plan plan(points.count, rowTiles.size());
  const std::size_t width = rows_.width();
  const std::size_t results = points.count * copies;
  std::vector<Partial> partials(plan.parts * results);
  std::vector<double> sums(wantNext ? plan.parts * results * width : 0);

  forEachTask(rows_, points, plan, job, [&](Scorer<T>& scorer, std::size_t part) {
    const std::size_t first = scorer.firstQuery() * copies;
    const std::size_t offset = part * results + first;
    Recall<T> recall(rows_, betas.data() + first, copies, wantNext, scorer, partials.data() + offset,
                     wantNext ? sums.data() + offset * width : nullptr);
    for (std::size_t tile = plan.beginTile(part); tile < plan.beginTile(part + 1); ++tile) {
      job.poll();
      recall.addTile(rowTiles[tile]);
      job.advance(scorer.count() * copies * rowTiles[tile].count);
    }
  });

  Evaluation evaluation{std::vector<double>(results),
                        std::vector<std::int32_t>(results),
                        std::vector<double>(results),
                        {results, std::vector<double>(wantNext ? results * width : 0)}};
  parallel::forEach(results, 16, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end; ++r) merge(plan, results, width, r, betas[r], partials, sums, evaluation);
  });
  if (wantNext && !rows_.centre().empty()) {
    for (std::size_t i = 0; i < evaluation.next.values.size(); ++i) {
      evaluation.next.values[i] += static_cast<double>(rows_.centre()[i % width]);
    }
  }
  return evaluation;
}

template <typename T>
std::vector<double> Engine<T>::distances(const Points& points, Job& job) const {
  const std::vector<Tile<T>> rowTiles = tiles(rows_, rowTile<T>(points.count, rows_.width()));
  const Plan plan(points.count, rowTiles.size());
  std::vector<double> result(points.count * rows_.size());
  forEachTask(rows_, points, plan, job, [&](Scorer<T>& scorer, std::size_t part) {
    for (std::size_t index = plan.beginTile(part); index < plan.beginTile(part + 1); ++index) {
      const Tile<T>& tile = rowTiles[index];
      job.poll();
      scorer.score(tile);
      for (std::size_t q = 0; q < scorer.count(); ++q) {
        scorer.complete(q);
        double* out = result.data() + (scorer.firstQuery() + q) * rows_.size() + tile.first;
        for (std::size_t j = 0; j < tile.count; ++j) {
          const auto distance = static_cast<double>(scorer.scores(q)[j]);
          const double norms = scorer.norm(q) + static_cast<double>(tile.norms[j]);
          const bool cancelled = distance <= Accuracy<T>::kCancellation * norms + (sizeof(T) == 4 ? kTinyFloat : 0.0);
          out[j] = cancelled ? scorer.exact(q, j) : distance;
        }
      }
      job.advance(scorer.count() * tile.count);
    }
  });
  return result;
}

template <typename T>
std::vector<double> Engine<T>::weights(const Points& points, double beta, Job& job) const {
  std::vector<double> result = distances(points, job);
  parallel::forEach(points.count, 1, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t q = begin; q < end; ++q) gibbsWeights(rows_.size(), beta, result.data() + q * rows_.size());
  });
  return result;
}

template <typename T>
Neighbours Engine<T>::nearest(const Points& points, std::size_t k, Job& job) const {
  using Neighbour = std::pair<double, std::size_t>;  // ordered by distance, ties by index
  const std::vector<Tile<T>> rowTiles = tiles(rows_, rowTile<T>(points.count, rows_.width()));
  const Plan plan(points.count, rowTiles.size());
  std::vector<std::vector<Neighbour>> heaps(plan.parts * points.count);

  forEachTask(rows_, points, plan, job, [&](Scorer<T>& scorer, std::size_t part) {
    for (std::size_t index = plan.beginTile(part); index < plan.beginTile(part + 1); ++index) {
      const Tile<T>& tile = rowTiles[index];
      job.poll();
      scorer.score(tile);
      for (std::size_t q = 0; q < scorer.count(); ++q) {
        std::vector<Neighbour>& heap = heaps[part * points.count + scorer.firstQuery() + q];
        const double slack = 2 * scorer.error(q) + (sizeof(T) == 4 ? kTinyFloat : 0.0);
        const auto canEnter = [&](double distance) {
          return heap.size() < k || distance - slack <= heap.front().first;
        };
        if (!canEnter(scorer.complete(q))) continue;
        for (std::size_t j = 0; j < tile.count; ++j) {
          if (!canEnter(static_cast<double>(scorer.scores(q)[j]))) continue;
          heap.emplace_back(scorer.exact(q, j), tile.first + j);
          std::push_heap(heap.begin(), heap.end());
          if (heap.size() <= k) continue;
          std::pop_heap(heap.begin(), heap.end());
          heap.pop_back();
        }
      }
      job.advance(scorer.count() * tile.count);
    }
  });

  Neighbours result{std::vector<std::int32_t>(points.count * k), std::vector<double>(points.count * k)};
  parallel::forEach(points.count, 1, job, [&](std::size_t q, std::size_t) {
    std::vector<Neighbour> all;
    for (std::size_t part = 0; part < plan.parts; ++part) {
      const auto& heap = heaps[part * points.count + q];
      all.insert(all.end(), heap.begin(), heap.end());
    }
    std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(k), all.end());
    for (std::size_t j = 0; j < k; ++j) {
      result.distances[q * k + j] = all[j].first;
      result.indices[q * k + j] = static_cast<std::int32_t>(all[j].second);
    }
  });
  return result;
}

template class Engine<float>;
template class Engine<double>;

}  // namespace denseam::euclidean
