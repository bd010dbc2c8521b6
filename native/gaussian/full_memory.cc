#include "gaussian/full_memory.h"

#include <algorithm>
#include <span>
#include <utility>

#include "gaussian/dynamics.h"
#include "linalg/linalg.h"
#include "parallel/pool.h"

namespace denseam::gaussian {
namespace {

// Numbers of items copied in a chunk.
constexpr std::size_t kNumbersInChunk = 50'000;

std::size_t copyGrain(std::size_t d) { return std::max<std::size_t>(1, kNumbersInChunk / (d * d)); }

}  // namespace

template <typename T>
std::shared_ptr<const Memory> FullMemory<T>::append(const Items& items, Job& job) const {
  auto result = std::make_shared<FullMemory>(*this);
  result->items_.append(items, job);
  return result;
}

template <typename T>
std::shared_ptr<const Memory> FullMemory<T>::prepare(Job& job) const {
  auto result = std::make_shared<FullMemory>(*this);
  result->items_.index(job);
  return result;
}

template <typename T>
std::shared_ptr<const Memory> FullMemory<T>::remove(const std::vector<std::int32_t>& indices, Job& job) const {
  auto result = std::make_shared<FullMemory>(*this);
  result->items_.remove(indices, job);
  return result;
}

template <typename T>
Batch FullMemory<T>::emptyBatch(std::size_t count) const {
  const std::size_t d = items_.dimension();
  Batch batch;
  batch.count = count;
  batch.positions.resize(count * d);
  batch.covariances.resize(count * d * d);
  return batch;
}

template <typename T>
Batch FullMemory<T>::get(const std::vector<std::int32_t>& indices, Job& job) const {
  const std::size_t d = items_.dimension();
  Batch batch = emptyBatch(indices.size());
  parallel::forEach(indices.size(), copyGrain(d), job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto item = static_cast<std::size_t>(indices[i]);
      std::ranges::copy(items_.mean(item), batch.positions.data() + i * d);
      items_.given(item, batch.covariances.data() + i * d * d);
    }
  });
  return batch;
}

template <typename T>
std::vector<double> FullMemory<T>::distances(const Batch& queries, double ridge, Job& job) const {
  job.expect(queries.count * size());
  const std::vector<State> states = makeStates(queries, items_.dimension(), ridge, false, job);
  Evaluation<T> evaluation(items_, states, std::vector<Purpose>(queries.count));
  evaluation.run(false, job);
  std::vector<double> result;
  result.reserve(queries.count * size());
  for (std::size_t q = 0; q < queries.count; ++q) {
    const std::vector<double>& row = evaluation.search(q).values();
    checkReach(row, queries.at("means", q));
    result.insert(result.end(), row.begin(), row.end());
  }
  return result;
}

template <typename T>
std::vector<Weighted> FullMemory<T>::weighAll(const Batch& queries, double ridge, double beta, Pruning pruning,
                                              bool asksEnergy, Job& job) const {
  job.expect(queries.count * size());
  const std::vector<State> states = makeStates(queries, items_.dimension(), ridge, false, job);
  const Dynamics<T> dynamics(items_, pruning);
  Evaluation<T> evaluation(items_, states, std::vector<Purpose>(queries.count, dynamics.purpose(beta, beta)));
  evaluation.run(false, job);
  if (asksEnergy && dynamics.completesEnergy()) {
    evaluation.completeEnergies(std::vector<double>(queries.count, beta), size(), job);
  }
  std::vector<Weighted> result;
  for (std::size_t q = 0; q < queries.count; ++q) {
    result.push_back(weigh(evaluation.search(q), beta, queries.at("means", q)));
  }
  return result;
}

template <typename T>
std::vector<double> FullMemory<T>::weights(const Batch& queries, double ridge, double beta, Pruning pruning,
                                           Job& job) const {
  std::vector<double> result(queries.count * size());
  double* row = result.data();
  for (const Weighted& weighted : weighAll(queries, ridge, beta, pruning, false, job)) {
    for (std::size_t k = 0; k < weighted.items.size(); ++k) {
      row[static_cast<std::size_t>(weighted.items[k])] = weighted.weights[k];
    }
    row += size();
  }
  return result;
}

template <typename T>
std::vector<double> FullMemory<T>::energy(const Batch& queries, double ridge, double beta, Pruning pruning,
                                          Job& job) const {
  std::vector<double> result;
  for (const Weighted& weighted : weighAll(queries, ridge, beta, pruning, true, job)) {
    result.push_back(weighted.gibbs.energy);
  }
  return result;
}

template <typename T>
Neighbours FullMemory<T>::nearest(const Batch& queries, double ridge, std::size_t k, bool prune, Job& job) const {
  job.expect(queries.count * size());
  const std::vector<State> states = makeStates(queries, items_.dimension(), ridge, false, job);
  const Purpose purpose{prune ? SearchRule::nearest(k) : SearchRule::all()};
  Evaluation<T> evaluation(items_, states, std::vector<Purpose>(queries.count, purpose));
  evaluation.run(false, job);
  Neighbours result;
  for (std::size_t q = 0; q < queries.count; ++q) {
    const Search<T>& search = evaluation.search(q);
    checkReach(search.values(), queries.at("means", q));
    std::vector<std::int32_t> order = search.evaluated();
    const auto value = [&](std::int32_t item) { return search.values()[static_cast<std::size_t>(item)]; };
    std::partial_sort(
        order.begin(), order.begin() + static_cast<std::ptrdiff_t>(k), order.end(),
        [&](std::int32_t a, std::int32_t b) { return value(a) != value(b) ? value(a) < value(b) : a < b; });
    order.resize(k);
    result.indices.insert(result.indices.end(), order.begin(), order.end());
    for (const std::int32_t item : order) result.distances.push_back(value(item));
  }
  return result;
}

template <typename T>
Batch FullMemory<T>::step(const Batch& queries, double ridge, double beta, Pruning pruning, Job& job) const {
  job.expect(queries.count * size());
  const Dynamics<T> dynamics(items_, pruning);
  const MovingStates states{makeStates(queries, items_.dimension(), ridge, true, job), {}};
  const std::vector<double> betas(queries.count, beta);
  const Advance<MovingStates> result = dynamics.advance(states, betas, 1, neverStops, job);
  Batch next = emptyBatch(queries.count);
  parallel::forEach(queries.count, 1, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t q = begin; q < end; ++q) dynamics.write(result.next, q, next, q);
  });
  return next;
}

template <typename T>
double FullMemory<T>::defaultTolerance(const Job& job) const {
  const std::size_t d = items_.dimension();
  return defaultTolerance_.get([&] {
    return measureScale(
        size(), d,
        [&](std::size_t item, std::span<double> mean) {
          std::ranges::copy(items_.mean(item), mean.begin());
          return items_.note(item).trace;
        },
        job);
  });
}

template <typename T>
Retrieval FullMemory<T>::retrieve(const Batch& queries, double ridge, const RetrievalOptions& options, Job& job) const {
  // Without steps the caller asks for the energy.
  const Dynamics<T> dynamics(items_, options.pruning, options.maxIterations == 0 ? size() : Dynamics<T>::kEnergyBudget);
  const std::size_t copies = options.sweep ? options.betas.size() : 1;
  const double tolerance = options.tolerance ? *options.tolerance : defaultTolerance(job);
  Iteration<Dynamics<T>> iteration(dynamics, size(), options, tolerance, emptyBatch(queries.count * copies));
  return iteration.run({makeStates(queries, items_.dimension(), ridge, true, job), {}}, job);
}

template <typename T>
TransportMaps FullMemory<T>::transportMaps(const Batch& query, double ridge, const std::vector<std::int32_t>& indices,
                                           Job& job) const {
  const std::size_t d = items_.dimension();
  const std::vector<State> states = makeStates(query, d, ridge, true, job);
  const Frame frame(states.front());
  TransportMaps maps{std::vector<double>(indices.size() * d * d), std::vector<double>(indices.size() * d)};
  job.expect(indices.size());
  parallel::forEach(indices.size(), 1, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const double one = 1;
      Transport transport(frame);
      transport.add(items_, &indices[i], &one, 1);
      double* matrix = maps.matrices.data() + i * d * d;
      const std::vector<double> image = transport.image();
      std::copy(image.begin(), image.end(), matrix);
      linalg::solveRight(d, frame.factor(), matrix);  // A = K R^-1
      linalg::symmetrize(d, matrix);
      const std::span<const T> mean = items_.mean(static_cast<std::size_t>(indices[i]));
      for (std::size_t r = 0; r < d; ++r) {
        double moved = 0;
        for (std::size_t c = 0; c < d; ++c) moved += matrix[c * d + r] * frame.mean()[c];
        maps.offsets[i * d + r] = static_cast<double>(mean[r]) - moved;
      }
    }
    job.advance(end - begin);
  });
  return maps;
}

template class FullMemory<float>;
template class FullMemory<double>;

}  // namespace denseam::gaussian
