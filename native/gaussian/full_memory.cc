#include "gaussian/full_memory.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "euclidean/vector_math.h"
#include "format.h"
#include "gibbs.h"
#include "linalg/linalg.h"
#include "parallel/pool.h"

namespace denseam::gaussian {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
// A distance is recomputed in Procrustes form when its error bound exceeds this share of it...
constexpr double kRelativeError = 1e-10;
// ...or this much of beta D in a weight that counts; but that form does no better than kRelativeFloor.
constexpr double kExponentError = 1e-10;
constexpr double kRelativeFloor = 1e-13;
// exp(-40) < 2^-53: items this far (in beta D) behind the nearest one do not show in any sum.
constexpr double kNegligible = 40;
// Sums over items are cut into at most this many parts, whatever the number of threads.
constexpr std::size_t kParts = 16;

// Items in a chunk of about 100 microseconds; one distance takes about 0.3 + 0.05 d^2 of them for d up to 100, more
// above.
std::size_t grain(std::size_t d) {
  const double microseconds = 0.3 + 0.05 * static_cast<double>(d) * static_cast<double>(d);
  return static_cast<std::size_t>(std::max(1.0, 100 / microseconds));
}

void checkReach(const double* distances, std::size_t count, const std::string& where) {
  if (!std::isfinite(*std::min_element(distances, distances + count))) {
    throw Error("ERR_RANGE",
                "Expected " + where + " within reach of the items but its squared distance to every one overflows");
  }
}

}  // namespace

template <typename T>
std::shared_ptr<const Memory> FullMemory<T>::append(const Items& items, Job& job) const {
  const std::size_t d = dimension_;
  const auto& means = std::get<std::vector<T>>(items.positions);
  const auto& covariances = std::get<std::vector<T>>(items.covariances);
  std::vector<T> values(items.count * items_.width());
  std::vector<std::uint8_t> notes(items.count);
  job.expect(items.count);
  parallel::forEach(items.count, grain(d), job, [&](std::size_t begin, std::size_t end) {
    linalg::Workspace& workspace = linalg::Workspace::local();
    double* covariance = workspace.get(linalg::Workspace::kGram, d * d);
    double* factor = workspace.get(linalg::Workspace::kFactor, d * d);
    for (std::size_t i = begin; i < end; ++i) {
      const T* mean = means.data() + i * d;
      for (std::size_t j = 0; j < d; ++j) {
        if (!std::isfinite(mean[j])) throw notFinite(items.at("means", i) + "[" + std::to_string(j) + "]", mean[j]);
      }
      std::copy_n(covariances.data() + i * d * d, d * d, covariance);
      const std::string where = items.at("covariances", i);
      checkCovariance<T>(d, covariance, where);
      const Definiteness kind = classify<T>(d, covariance, factor);
      if (kind == Definiteness::kIndefinite) throw notPositive(where, smallestEigenvalue(d, covariance));
      notes[i] = kind == Definiteness::kSemidefinite;
      T* row = values.data() + i * items_.width();
      std::copy_n(mean, d, row);
      std::transform(covariance, covariance + d * d, row + d, [](double x) { return static_cast<T>(x); });
    }
    job.advance(end - begin);
  });
  auto result = std::make_shared<FullMemory>(*this);
  result->items_.append(values.data(), notes.data(), items.count);
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
  Batch batch;
  batch.count = count;
  batch.positions.resize(count * dimension_);
  batch.covariances.resize(count * dimension_ * dimension_);
  return batch;
}

template <typename T>
Batch FullMemory<T>::get(const std::vector<std::int32_t>& indices, Job& job) const {
  Batch batch = emptyBatch(indices.size());
  parallel::forEach(indices.size(), grain(dimension_), job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto item = static_cast<std::size_t>(indices[i]);
      std::copy_n(mean(item), dimension_, batch.positions.data() + i * dimension_);
      std::copy_n(covariance(item), dimension_ * dimension_, batch.covariances.data() + i * dimension_ * dimension_);
    }
  });
  return batch;
}

template <typename T>
Distance FullMemory<T>::distance(const Frame& frame, std::size_t item) const {
  const double means = euclidean::squaredDistance(dimension_, mean(item), frame.mean());
  Distance distance = buresDistance(frame, covariance(item), singular(item));
  distance.value += means;
  distance.error += 4 * kEpsilon * means;
  return distance;
}

template <typename T>
void FullMemory<T>::allDistances(const Frame& frame, double beta, double* distances, Job& job) const {
  std::vector<double> errors(size());
  parallel::forEach(size(), grain(dimension_), job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      job.poll();
      const Distance result = distance(frame, i);
      distances[i] = result.value;
      errors[i] = result.error;
    }
    job.advance(end - begin);
  });
  refine(frame, beta, distances, errors, job);
}

template <typename T>
void FullMemory<T>::refine(const Frame& frame, double beta, double* distances, const std::vector<double>& errors,
                           Job& job) const {
  const double* least = std::min_element(distances, distances + size());
  const double nearest = *least + 2 * errors[static_cast<std::size_t>(least - distances)];
  std::vector<std::size_t> doubtful;
  for (std::size_t i = 0; i < size(); ++i) {
    const double low = distances[i] - errors[i];
    const bool mayBeNearest = low <= nearest;
    const bool vague = errors[i] > kRelativeError * distances[i];
    const bool shows = beta * errors[i] > kExponentError && errors[i] > kRelativeFloor * distances[i] &&
                       low <= nearest + kNegligible / beta;
    if (vague && (beta == 0 || mayBeNearest)) {
      doubtful.push_back(i);
    } else if (beta > 0 && shows) {
      doubtful.push_back(i);
    }
  }
  parallel::forEach(doubtful.size(), 1, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t k = begin; k < end; ++k) {
      const std::size_t i = doubtful[k];
      distances[i] =
          euclidean::squaredDistance(dimension_, mean(i), frame.mean()) + buresDistanceProcrustes(frame, covariance(i));
    }
  });
}

template <typename T>
template <typename Body>
void FullMemory<T>::forEachFrame(const Batch& queries, double ridge, Job& job, const Body& body) const {
  job.expect(queries.count * size());
  const std::vector<State> states = makeStates(queries, dimension_, ridge, false, job);
  parallel::forEach(queries.count, 1, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t q = begin; q < end; ++q) body(q, Frame(states[q]));
  });
}

template <typename T>
std::vector<double> FullMemory<T>::distances(const Batch& queries, double ridge, Job& job) const {
  std::vector<double> result(queries.count * size());
  forEachFrame(queries, ridge, job, [&](std::size_t q, const Frame& frame) {
    allDistances(frame, 0, result.data() + q * size(), job);
    checkReach(result.data() + q * size(), size(), queries.at("means", q));
  });
  return result;
}

template <typename T>
std::vector<double> FullMemory<T>::weights(const Batch& queries, double ridge, double beta, Job& job) const {
  std::vector<double> result(queries.count * size());
  forEachFrame(queries, ridge, job, [&](std::size_t q, const Frame& frame) {
    double* row = result.data() + q * size();
    allDistances(frame, beta, row, job);
    checkReach(row, size(), queries.at("means", q));
    gibbsWeights(size(), beta, row);
  });
  return result;
}

template <typename T>
std::vector<double> FullMemory<T>::energy(const Batch& queries, double ridge, double beta, Job& job) const {
  std::vector<double> result(queries.count);
  forEachFrame(queries, ridge, job, [&](std::size_t q, const Frame& frame) {
    std::vector<double> row(size());
    allDistances(frame, beta, row.data(), job);
    checkReach(row.data(), size(), queries.at("means", q));
    result[q] = gibbsWeights(size(), beta, row.data()).energy;
  });
  return result;
}

template <typename T>
Neighbours FullMemory<T>::nearest(const Batch& queries, double ridge, std::size_t k, Job& job) const {
  Neighbours result{std::vector<std::int32_t>(queries.count * k), std::vector<double>(queries.count * k)};
  forEachFrame(queries, ridge, job, [&](std::size_t q, const Frame& frame) {
    std::vector<double> row(size());
    allDistances(frame, 0, row.data(), job);
    checkReach(row.data(), size(), queries.at("means", q));
    std::vector<std::int32_t> order(size());
    for (std::size_t i = 0; i < size(); ++i) order[i] = static_cast<std::int32_t>(i);
    const auto closer = [&](std::int32_t a, std::int32_t b) {
      const double da = row[static_cast<std::size_t>(a)], db = row[static_cast<std::size_t>(b)];
      return da != db ? da < db : a < b;
    };
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(k), order.end(), closer);
    for (std::size_t j = 0; j < k; ++j) {
      result.indices[q * k + j] = order[j];
      result.distances[q * k + j] = row[static_cast<std::size_t>(order[j])];
    }
  });
  return result;
}

// The items whose maps are worth their eigenvectors: an item moves the factor by at most w_i sqrt(tr S_i), and those
// left out move it, all together, by less than rounding does.
template <typename T>
std::vector<std::size_t> FullMemory<T>::survivors(const double* weights) const {
  std::vector<double> reach(size());
  double total = 0;
  for (std::size_t i = 0; i < size(); ++i) {
    double trace = 0;
    for (std::size_t j = 0; j < dimension_; ++j) trace += static_cast<double>(covariance(i)[j * dimension_ + j]);
    reach[i] = weights[i] * std::sqrt(std::max(0.0, trace));
    total += reach[i];
  }
  const double least = total * kEpsilon / (2 * static_cast<double>(size()));
  std::vector<std::size_t> result;
  for (std::size_t i = 0; i < size(); ++i) {
    if (reach[i] > least) result.push_back(i);
  }
  return result;
}

template <typename T>
State FullMemory<T>::move(const Frame& frame, const double* weights, double& stepLength, const Job& job) const {
  const std::vector<std::size_t> items = survivors(weights);
  const std::size_t parts =
      std::clamp<std::size_t>(items.size() / std::max<std::size_t>(4, grain(dimension_)), 1, kParts);
  std::vector<Transport> transports(parts, Transport(frame));
  parallel::forEach(parts, 1, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t part = begin; part < end; ++part) {
      for (std::size_t k = items.size() * part / parts; k < items.size() * (part + 1) / parts; ++k) {
        job.poll();
        transports[part].add(weights[items[k]], covariance(items[k]), singular(items[k]));
      }
    }
  });
  for (std::size_t part = 1; part < parts; ++part) transports[0].merge(transports[part]);

  State next{std::vector<double>(dimension_), transports[0].image()};
  for (std::size_t i = 0; i < size(); ++i) {
    if (weights[i] == 0) continue;
    for (std::size_t j = 0; j < dimension_; ++j) next.mean[j] += weights[i] * static_cast<double>(mean(i)[j]);
  }
  // W2^2(xi, Phi(xi)) = |m' - m|^2 + |K - R|_F^2: the map is optimal, so moving the factor along it costs just that.
  stepLength = std::sqrt(euclidean::squaredDistance(dimension_, next.mean.data(), frame.mean()) +
                         euclidean::squaredDistance(dimension_ * dimension_, next.factor.data(), frame.factor()));
  linalg::lowerFactor(dimension_, next.factor.data());
  return next;
}

template <typename T>
auto FullMemory<T>::advance(const States& states, double beta, Job& job) const -> Advance<States> {
  const std::size_t count = states.size();
  Advance<States> result{std::vector<double>(count), std::vector<std::int32_t>(count), std::vector<double>(count),
                         std::vector<double>(count), States(count)};
  parallel::forEach(count, 1, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t q = begin; q < end; ++q) {
      const Frame frame(states[q]);
      std::vector<double> weights(size());
      allDistances(frame, beta, weights.data(), job);
      checkReach(weights.data(), size(), "queries.means");
      const Gibbs gibbs = gibbsWeights(size(), beta, weights.data());
      result.energy[q] = gibbs.energy;
      result.nearest[q] = gibbs.nearest;
      result.nearestDistance[q] = gibbs.nearestDistance;
      result.next[q] = move(frame, weights.data(), result.stepLength[q], job);
    }
  });
  return result;
}

template <typename T>
auto FullMemory<T>::select(States states, const std::vector<std::size_t>& indices) const -> States {
  States kept;
  kept.reserve(indices.size());
  for (const std::size_t index : indices) kept.push_back(std::move(states[index]));
  return kept;
}

template <typename T>
Batch FullMemory<T>::step(const Batch& queries, double ridge, double beta, Job& job) const {
  job.expect(queries.count * size());
  const Advance<States> result = advance(makeStates(queries, dimension_, ridge, true, job), beta, job);
  Batch next = emptyBatch(queries.count);
  parallel::forEach(queries.count, 1, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t q = begin; q < end; ++q) writeState(result.next[q], next, q);
  });
  return next;
}

template <typename T>
Retrieval FullMemory<T>::retrieve(const Batch& queries, double ridge, const RetrievalOptions& options, Job& job) const {
  Iteration<FullMemory> iteration(*this, size(), options, emptyBatch(queries.count));
  return iteration.run(makeStates(queries, dimension_, ridge, true, job), job);
}

template <typename T>
TransportMaps FullMemory<T>::transportMaps(const Batch& query, double ridge, const std::vector<std::int32_t>& indices,
                                           Job& job) const {
  const std::size_t d = dimension_;
  const std::vector<State> states = makeStates(query, d, ridge, true, job);
  const Frame frame(states.front());
  TransportMaps maps{std::vector<double>(indices.size() * d * d), std::vector<double>(indices.size() * d)};
  job.expect(indices.size());
  parallel::forEach(indices.size(), grain(d), job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      job.poll();
      const auto item = static_cast<std::size_t>(indices[i]);
      Transport transport(frame);
      transport.add(1, covariance(item), singular(item));
      double* matrix = maps.matrices.data() + i * d * d;
      const std::vector<double> image = transport.image();
      std::copy(image.begin(), image.end(), matrix);
      linalg::solveRight(d, frame.factor(), matrix);  // A = K R^-1
      linalg::symmetrize(d, matrix);
      for (std::size_t r = 0; r < d; ++r) {
        double moved = 0;
        for (std::size_t c = 0; c < d; ++c) moved += matrix[c * d + r] * frame.mean()[c];
        maps.offsets[i * d + r] = static_cast<double>(mean(item)[r]) - moved;
      }
    }
    job.advance(end - begin);
  });
  return maps;
}

template class FullMemory<float>;
template class FullMemory<double>;

}  // namespace denseam::gaussian
