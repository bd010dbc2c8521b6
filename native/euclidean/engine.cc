#include "euclidean/engine.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "euclidean/recall.h"
#include "euclidean/scorer.h"
#include "euclidean/screened.h"
#include "memory/gibbs.h"
#include "parallel/pool.h"
#include "simd/vectors.h"

namespace denseam::euclidean {
namespace {

using Heap = std::vector<std::pair<double, std::size_t>>;  // distances and indices, the farthest first

// Puts items of the scorer's tile that are among the k nearest of query q into the heap; the lower index wins ties.
template <typename T>
void keepNearest(Scorer<T>& scorer, std::size_t q, std::size_t k, Heap& heap) {
  const double slack = 2 * scorer.error(q);
  const double least = scorer.complete(q);
  // For k = 1 only items about as near as the tile's least distance are candidates.
  const double reach = k == 1 ? least + slack : std::numeric_limits<double>::infinity();
  const auto canEnter = [&](double distance) {
    return distance <= reach && (heap.size() < k || distance <= heap.front().first + slack);
  };
  if (!canEnter(least)) return;
  const Tile<T>& tile = scorer.tile();
  for (std::size_t j = 0; j < tile.count; ++j) {
    if (!canEnter(static_cast<double>(scorer.scores(q)[j]))) continue;
    heap.emplace_back(scorer.exact(q, j), tile.first + j);
    std::push_heap(heap.begin(), heap.end());
    if (heap.size() <= k) continue;
    std::pop_heap(heap.begin(), heap.end());
    heap.pop_back();
  }
}

// Calls body(first, points) for runs of at most `atOnce` points.
template <typename Body>
void inRuns(const Points& points, std::size_t atOnce, const Body& body) {
  if (atOnce >= points.count) return body(0, points);
  for (std::size_t begin = 0; begin < points.count; begin += atOnce) {
    body(begin, select(points, indicesBetween(begin, std::min(points.count, begin + atOnce))));
  }
}

// whole <- whole, then part.
void append(Evaluation&& part, Evaluation& whole) {
  const auto add = [](auto& from, auto& to) { to.insert(to.end(), from.begin(), from.end()); };
  if (whole.energy.empty()) {
    whole = std::move(part);
    return;
  }
  add(part.energy, whole.energy);
  add(part.nearest, whole.nearest);
  add(part.nearestDistance, whole.nearestDistance);
  add(part.next.values, whole.next.values);
  whole.next.count += part.next.count;
  add(part.evaluated, whole.evaluated);
  add(part.droppedMass, whole.droppedMass);
}

// Result k of one evaluation <- result r of another.
void copyResult(const Evaluation& from, std::size_t r, Evaluation& to, std::size_t k) {
  to.energy[k] = from.energy[r];
  to.nearest[k] = from.nearest[r];
  to.nearestDistance[k] = from.nearestDistance[r];
  to.evaluated[k] = from.evaluated[r];
  to.droppedMass[k] = from.droppedMass[r];
  if (from.next.count == 0) return;
  const std::size_t width = from.next.values.size() / from.next.count;
  const std::size_t variances = from.next.variances.size() / from.next.count;
  std::copy_n(from.next.values.data() + r * width, width, to.next.values.data() + k * width);
  std::copy_n(from.next.variances.data() + r * variances, variances, to.next.variances.data() + k * variances);
}

}  // namespace

template <typename T>
Evaluation Engine<T>::evaluate(const Points& points, const std::vector<double>& betas, std::size_t copies,
                               bool wantNext, Pruning pruning, Job& job) const {
  if (codes_ == nullptr || !pruning || copies > 1) return evaluateAll(points, betas, copies, wantNext, job);
  ScreenedRecall<T> screened(rows_, *codes_, points, betas, *pruning, wantNext, job);
  Evaluation whole = screened.takeEvaluation();
  if (wantNext) complete(whole.next);
  const std::vector<std::size_t>& others = screened.others();
  if (others.empty()) return whole;
  std::vector<double> own;
  for (const std::size_t q : others) own.push_back(betas[q]);
  const Evaluation rest = evaluateAll(select(points, others), own, 1, wantNext, job);
  for (std::size_t k = 0; k < others.size(); ++k) copyResult(rest, k, whole, others[k]);
  return whole;
}

template <typename T>
Plan Engine<T>::planOf(const Points& points, const std::vector<Tile<T>>& rowTiles) const {
  return {points.count, rowTiles.size(), rowTile<T>(rows_.width())};
}

template <typename T>
Evaluation Engine<T>::evaluateAll(const Points& points, const std::vector<double>& betas, std::size_t copies,
                                  bool wantNext, Job& job) const {
  const std::size_t width = rows_.width();
  const std::vector<Tile<T>> rowTiles = tiles(rows_, rowTile<T>(width));
  const std::size_t atOnce = planOf(points, rowTiles).queriesAtOnce(wantNext ? copies * width : 0);
  Evaluation whole;
  inRuns(points, atOnce, [&](std::size_t first, const Points& some) {
    const auto begin = betas.begin() + static_cast<std::ptrdiff_t>(first * copies);
    const std::vector<double> own(begin, begin + static_cast<std::ptrdiff_t>(some.count * copies));
    append(evaluateRun(rowTiles, some, own, copies, wantNext, job), whole);
  });
  if (wantNext) complete(whole.next);
  return whole;
}

template <typename T>
Evaluation Engine<T>::evaluateRun(const std::vector<Tile<T>>& rowTiles, const Points& points,
                                  const std::vector<double>& betas, std::size_t copies, bool wantNext, Job& job) const {
  const std::size_t width = rows_.width();
  const std::size_t results = points.count * copies;
  const Plan plan = planOf(points, rowTiles);
  std::vector<Partial> partials(plan.parts * results);
  std::vector<double> sums(wantNext ? plan.parts * results * width : 0);

  forEachTask(rows_, points, plan, job, [&](Scorer<T>& scorer, std::size_t part) {
    const std::size_t first = scorer.firstQuery() * copies;
    const std::size_t offset = part * results + first;
    Recall<T> recall(rows_, rowTiles.size(), betas.data() + first, copies, wantNext, scorer, partials.data() + offset,
                     wantNext ? sums.data() + offset * width : nullptr);
    for (std::size_t tile = plan.beginTile(part); tile < plan.beginTile(part + 1); ++tile) {
      job.poll();
      recall.addTile(rowTiles[tile]);
      job.advance(scorer.count() * copies * rowTiles[tile].count);
    }
    recall.finish();
  });

  Evaluation evaluation{std::vector<double>(results),
                        std::vector<std::int32_t>(results),
                        std::vector<double>(results),
                        {results, std::vector<double>(wantNext ? results * width : 0), {}},
                        std::vector<std::int32_t>(results, static_cast<std::int32_t>(rows_.size())),
                        std::vector<double>(results)};
  parallel::forEach(results, 16, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end; ++r) {
      const double weight = merge(plan, results, width, r, betas[r], partials, sums, evaluation);
      if (!wantNext) continue;
      // A state that consists of a single item is likely to be returned: it is computed in double precision.
      const auto nearest = static_cast<std::size_t>(evaluation.nearest[r]);
      rows_.addLost(nearest, weight, evaluation.next.values.data() + r * width);
    }
  });
  return evaluation;
}

// Adds the centre back to states and computes their variances.
template <typename T>
void Engine<T>::complete(Points& states) const {
  const Embedding& embedding = rows_.embedding();
  const std::size_t width = rows_.width();
  states.variances.resize(states.count * embedding.variances());
  for (std::size_t i = 0; i < states.count; ++i) {
    double* row = states.values.data() + i * width;
    for (std::size_t j = 0; j < rows_.centre().size(); ++j) row[j] += static_cast<double>(rows_.centre()[j]);
    embedding.writeVariances(row, states.variances.data() + i * embedding.variances());
  }
}

template <typename T>
std::vector<double> Engine<T>::distances(const Points& points, Job& job) const {
  const std::vector<Tile<T>> rowTiles = tiles(rows_, rowTile<T>(rows_.width()));
  const Plan plan = planOf(points, rowTiles);
  std::vector<double> result(points.count * rows_.size());
  forEachTask(rows_, points, plan, job, [&](Scorer<T>& scorer, std::size_t part) {
    std::vector<double> nearest(scorer.count(), std::numeric_limits<double>::infinity());
    for (std::size_t index = plan.beginTile(part); index < plan.beginTile(part + 1); ++index) {
      const Tile<T>& tile = rowTiles[index];
      job.poll();
      scorer.score(tile);
      for (std::size_t q = 0; q < scorer.count(); ++q) {
        writeDistances(scorer, q, nearest[q], result.data() + (scorer.firstQuery() + q) * rows_.size() + tile.first);
      }
      job.advance(scorer.count() * tile.count);
    }
  });
  return result;
}

// Query q's distances in the tile. Those that may be the least of all, `nearest` so far, are exact, as in the other
// verbs.
template <typename T>
void Engine<T>::writeDistances(Scorer<T>& scorer, std::size_t q, double& nearest, double* distances) const {
  const double least = scorer.complete(q);
  const double slack = 2 * scorer.error(q);
  const double limit = least <= nearest + slack ? least + slack : 0;
  const double cancelled = scorer.cancellation(q);
  const Tile<T>& tile = scorer.tile();
  const T* scores = scorer.scores(q);
  for (std::size_t j = 0; j < tile.count; ++j) {
    distances[j] = static_cast<double>(scores[j]);
    const double cancelledHere = cancelled + Accuracy<T>::kCancellation * static_cast<double>(tile.norms[j]);
    if (distances[j] > limit && distances[j] > cancelledHere) continue;
    distances[j] = scorer.exact(q, j);
    nearest = std::min(nearest, distances[j]);
  }
}

template <typename T>
std::vector<double> Engine<T>::weights(const Points& points, double beta, Job& job) const {
  std::vector<double> result = distances(points, job);
  const double greatestNorm = rows_.greatestNorm();
  parallel::forEach(points.count, 1, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t q = begin; q < end; ++q) {
      double* distances = result.data() + q * rows_.size();
      refine(points, q, scoreError(rows_, rows_.norm(points.values.data() + q * rows_.width()), greatestNorm), beta,
             distances);
      gibbsWeights(beta, {distances, rows_.size()});
    }
  });
  return result;
}

// Recomputes the distances whose error would change a weight visibly.
template <typename T>
void Engine<T>::refine(const Points& points, std::size_t q, double error, double beta, double* distances) const {
  const double visible = visibleExcess<T>(beta, error);
  if (!(visible > 0)) return;
  const double limit = least({distances, rows_.size()}) + visible + 2 * error;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (distances[i] > limit) continue;
    distances[i] = rows_.squaredDistance(i, points, q);
  }
}

template <typename T>
Neighbours Engine<T>::nearest(const Points& points, std::size_t k, bool prune, Job& job) const {
  if (codes_ == nullptr || !prune || k > kMostScreened) return nearestOfAll(points, k, job);
  ScreenedNearest<T> screened(rows_, *codes_, points, k, job);
  Neighbours whole = screened.takeNeighbours();
  const std::vector<std::size_t>& others = screened.others();
  if (others.empty()) return whole;
  const Neighbours rest = nearestOfAll(select(points, others), k, job);
  for (std::size_t i = 0; i < others.size(); ++i) {
    std::copy_n(rest.indices.data() + i * k, k, whole.indices.data() + others[i] * k);
    std::copy_n(rest.distances.data() + i * k, k, whole.distances.data() + others[i] * k);
  }
  return whole;
}

template <typename T>
Neighbours Engine<T>::nearestOfAll(const Points& points, std::size_t k, Job& job) const {
  const std::vector<Tile<T>> rowTiles = tiles(rows_, rowTile<T>(rows_.width()));
  Neighbours whole;
  inRuns(points, planOf(points, rowTiles).queriesAtOnce(k), [&](std::size_t, const Points& some) {
    const Neighbours found = nearestRun(rowTiles, some, k, job);
    whole.indices.insert(whole.indices.end(), found.indices.begin(), found.indices.end());
    whole.distances.insert(whole.distances.end(), found.distances.begin(), found.distances.end());
  });
  return whole;
}

template <typename T>
Neighbours Engine<T>::nearestRun(const std::vector<Tile<T>>& rowTiles, const Points& points, std::size_t k,
                                 Job& job) const {
  const Plan plan = planOf(points, rowTiles);
  std::vector<Heap> heaps(plan.parts * points.count);
  forEachTask(rows_, points, plan, job, [&](Scorer<T>& scorer, std::size_t part) {
    for (std::size_t tile = plan.beginTile(part); tile < plan.beginTile(part + 1); ++tile) {
      job.poll();
      scorer.score(rowTiles[tile]);
      for (std::size_t q = 0; q < scorer.count(); ++q) {
        keepNearest(scorer, q, k, heaps[part * points.count + scorer.firstQuery() + q]);
      }
      job.advance(scorer.count() * rowTiles[tile].count);
    }
  });

  Neighbours result{std::vector<std::int32_t>(points.count * k), std::vector<double>(points.count * k)};
  parallel::forEach(points.count, 1, job, [&](std::size_t q, std::size_t) {
    Heap all;
    for (std::size_t part = 0; part < plan.parts; ++part) {
      const Heap& heap = heaps[part * points.count + q];
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
