#include "euclidean/row_memory.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "parallel/pool.h"
#include "simd/distances.h"

namespace denseam::euclidean {
namespace {

// The number of rows from which codes pay.
constexpr std::size_t kLeastScreened = 4096;
// Rows in a chunk of work that is a pass over memory.
constexpr std::size_t kGrain = 256;
// The least squared ratio of the mean's length to the spread at which the centre is used: below that it would save one
// bit.
constexpr double kFarOff = 4;
// The centre is the mean of so many numbers of the first rows: fewer than `create` and `load` append at once, so that a
// loaded memory has the same centre.
constexpr std::size_t kCentreNumbers = std::size_t{1} << 18;
// The bound on squared norms of centred rows and queries: scores and their errors are then finite or known not to be,
// and distances are finite in double precision.
template <typename T>
constexpr double kMostReach = static_cast<double>(std::numeric_limits<T>::max()) / (sizeof(T) == 4 ? 1 : 4);
template <typename T>
constexpr const char* kPrecisionName = sizeof(T) == 4 ? "float32" : "float64";

}  // namespace

template <typename T>
std::vector<T> RowMemory<T>::centreOf(const std::vector<T>& rows, std::size_t count) const {
  const std::size_t width = embedding_.width();
  std::vector<double> mean(width);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = 0; j < width; ++j)
      mean[j] += static_cast<double>(rows[i * width + j]) / static_cast<double>(count);
  }
  const std::vector<double> origin(width);
  double spread = 0;
  for (std::size_t i = 0; i < count; ++i) {
    spread += squaredDistance(std::span(rows).subspan(i * width, width), mean) / static_cast<double>(count);
  }
  const double offset = squaredDistance(mean, origin);
  if (!(offset > kFarOff * spread) || !std::isfinite(offset)) return {};
  std::vector<T> centre(width);
  std::transform(mean.begin(), mean.end(), centre.begin(), [](double x) { return static_cast<T>(x); });
  return centre;
}

template <typename T>
std::vector<T> RowMemory<T>::normsOf(const std::vector<T>& rows, const Items& items, Job& job) const {
  const std::size_t width = embedding_.width();
  std::vector<double> centre(width);
  std::copy(rows_.centre().begin(), rows_.centre().end(), centre.begin());
  std::vector<T> norms(items.count);
  parallel::forEach(items.count, kGrain, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const double norm = squaredDistance(std::span(rows).subspan(i * width, width), centre);
      norms[i] = static_cast<T>(norm);
      if (!(norm <= kMostReach<T>)) {
        throw Error("ERR_RANGE", {.argument = items.at(embedding_.positionsName(), i),
                                  .expected = std::string("numbers whose squares fit in ") + kPrecisionName<T>,
                                  .found = "their sum of squares overflows"});
      }
    }
    job.advance(end - begin);
  });
  return norms;
}

template <typename T>
std::shared_ptr<const Memory> RowMemory<T>::append(const Items& items, Job& job) const {
  const std::size_t width = embedding_.width();
  const auto& positions = std::get<std::vector<T>>(items.positions);
  const auto& variances = std::get<std::vector<T>>(items.covariances);
  std::vector<T> rows(items.count * width);
  std::vector<std::uint8_t> remainders(items.count * embedding_.remainderBytes());
  job.expect(items.count);
  parallel::forEach(items.count, kGrain, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const T* variance = variances.data() + i * embedding_.variances();
      T* row = rows.data() + i * width;
      embedding_.embed(
          positions.data() + i * embedding_.dimension(), variance, 0.0, false,
          [&](const char* field) { return items.at(field, i); }, row);
      embedding_.keepRemainders(variance, row, remainders.data() + i * embedding_.remainderBytes());
    }
  });
  auto result = std::make_shared<RowMemory>(*this);
  if (size() == 0) {
    const std::size_t sample = std::max<std::size_t>(1, kCentreNumbers / width);
    result->rows_.setCentre(centreOf(rows, std::min(items.count, sample)));
  }
  const std::vector<T> norms = result->normsOf(rows, items, job);
  result->rows_.append(rows, norms, remainders);
  if (!items.savedIndex.empty() && codes_.book() && codes_.size() == size())
    appendRecords(result->rows_, items, result->codes_, job);
  return result;
}

template <typename T>
std::shared_ptr<const Memory> RowMemory<T>::withSharedIndex(const std::vector<double>& numbers) const {
  auto result = std::make_shared<RowMemory>(*this);
  result->codes_ = Codes<T>(embedding_.width(), readBook(embedding_.width(), numbers));
  return result;
}

template <typename T>
Items RowMemory<T>::saved(std::size_t first, std::size_t count, bool withIndex, Job& job) const {
  std::vector<std::int32_t> indices(count);
  std::iota(indices.begin(), indices.end(), static_cast<std::int32_t>(first));
  const Batch batch = get(indices, job);
  Items items;
  items.count = count;
  items.positions = std::vector<T>(batch.positions.begin(), batch.positions.end());
  items.covariances = std::vector<T>(batch.covariances.begin(), batch.covariances.end());
  if (withIndex) items.savedIndex = savedRecords(codes_, first, count);
  return items;
}

template <typename T>
bool RowMemory<T>::isIndexed() const {
  return indexed_ && size() >= kLeastScreened && codes_.size() == size();
}

template <typename T>
std::shared_ptr<const Memory> RowMemory<T>::remove(const std::vector<std::int32_t>& indices, Job& job) const {
  auto result = std::make_shared<RowMemory>(*this);
  result->rows_.remove(indices, job);
  if (codes_.size() > 0) result->codes_.remove(indices, job);
  return result;
}

template <typename T>
std::shared_ptr<const Memory> RowMemory<T>::prepare(Job& job) const {
  if (!indexed_ || size() < kLeastScreened) return nullptr;
  auto result = std::make_shared<RowMemory>(*this);
  result->codes_.complete(rows_, job);
  return result;
}

template <typename T>
Engine<T> RowMemory<T>::engine() const {
  return Engine<T>(rows_, isIndexed() ? &codes_ : nullptr);
}

template <typename T>
Batch RowMemory<T>::emptyBatch(std::size_t count) const {
  Batch batch;
  batch.count = count;
  batch.positions.resize(count * embedding_.dimension());
  batch.covariances.resize(count * embedding_.variances());
  return batch;
}

template <typename T>
Batch RowMemory<T>::get(const std::vector<std::int32_t>& indices, Job& job) const {
  Batch batch = emptyBatch(indices.size());
  parallel::forEach(indices.size(), kGrain, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto item = static_cast<std::size_t>(indices[i]);
      embedding_.extract(rows_.values(item).data(), rows_.remainders(item).data(),
                         batch.positions.data() + i * embedding_.dimension(),
                         batch.covariances.data() + i * embedding_.variances());
    }
  });
  return batch;
}

// The bound on squared norms of queries: |x - x_i|^2 <= (|x| + |x_i|)^2 has to be finite.
template <typename T>
double RowMemory<T>::queryReach() const {
  if (sizeof(T) == 4) return kMostReach<T>;
  const double most = std::sqrt(std::numeric_limits<double>::max()) - std::sqrt(rows_.greatestNorm());
  return most * most;
}

template <typename T>
Points RowMemory<T>::embed(const Batch& queries, double ridge, bool positive, Job& job) const {
  const std::size_t width = embedding_.width();
  Points points{queries.count, std::vector<double>(queries.count * width), queries.covariances};
  for (double& variance : points.variances) variance += ridge;
  const double reach = queryReach();
  parallel::forEach(queries.count, kGrain, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t q = begin; q < end; ++q) {
      double* row = points.values.data() + q * width;
      embedding_.embed(
          queries.positions.data() + q * embedding_.dimension(),
          queries.covariances.data() + q * embedding_.variances(), ridge, positive,
          [&](const char* field) { return queries.at(field, q); }, row);
      if (!(rows_.norm(row) <= reach)) {
        throw Error("ERR_RANGE",
                    {.argument = queries.at(embedding_.positionsName(), q),
                     .expected = "a query within reach of the items",
                     .found = std::string("its squared distance to every one overflows ") + kPrecisionName<T>});
      }
    }
  });
  return points;
}

template <typename T>
std::vector<double> RowMemory<T>::distances(const Batch& queries, double ridge, Job& job) const {
  job.expect(queries.count * size());
  return Engine<T>(rows_).distances(embed(queries, ridge, false, job), job);
}

template <typename T>
std::vector<double> RowMemory<T>::weights(const Batch& queries, double ridge, double beta, Pruning, Job& job) const {
  job.expect(queries.count * size());
  return Engine<T>(rows_).weights(embed(queries, ridge, false, job), beta, job);
}

template <typename T>
std::vector<double> RowMemory<T>::energy(const Batch& queries, double ridge, double beta, Pruning pruning,
                                         Job& job) const {
  const std::vector<double> betas(queries.count, beta);
  job.expect(queries.count * size());
  return engine().evaluate(embed(queries, ridge, false, job), betas, 1, false, pruning, job).energy;
}

template <typename T>
Neighbours RowMemory<T>::nearest(const Batch& queries, double ridge, std::size_t k, bool prune, Job& job) const {
  job.expect(queries.count * size());
  return engine().nearest(embed(queries, ridge, false, job), k, prune, job);
}

template <typename T>
Batch RowMemory<T>::step(const Batch& queries, double ridge, double beta, Pruning pruning, Job& job) const {
  const std::vector<double> betas(queries.count, beta);
  job.expect(queries.count * size());
  const Engine<T> rows = engine();
  const Points next = rows.evaluate(embed(queries, ridge, true, job), betas, 1, true, pruning, job).next;
  Batch batch = emptyBatch(queries.count);
  const RowDynamics<T> dynamics(embedding_, rows, pruning);
  for (std::size_t q = 0; q < queries.count; ++q) dynamics.write(next, q, batch, q);
  return batch;
}

template <typename T>
auto RowDynamics<T>::advance(const States& states, const std::vector<double>& betas, std::size_t copies,
                             const Stops& /*stops*/, Job& job) const -> Advance<States> {
  Evaluation evaluation = engine_.evaluate(states, betas, copies, true, pruning_, job);
  const std::size_t width = embedding_.width();
  Advance<States> result(betas.size());
  for (std::size_t r = 0; r < betas.size(); ++r) {
    const std::span<const double> state = std::span(states.values).subspan(r / copies * width, width);
    result.stepLength[r] =
        std::sqrt(squaredDistance(state, std::span(evaluation.next.values).subspan(r * width, width)));
  }
  result.energy = std::move(evaluation.energy);
  result.nearest = std::move(evaluation.nearest);
  result.nearestDistance = std::move(evaluation.nearestDistance);
  std::copy(evaluation.evaluated.begin(), evaluation.evaluated.end(), result.evaluated.begin());
  result.droppedMass = std::move(evaluation.droppedMass);
  result.next = std::move(evaluation.next);
  return result;
}

template <typename T>
void RowDynamics<T>::write(const States& states, std::size_t index, Batch& batch, std::size_t slot) const {
  const std::size_t d = embedding_.dimension();
  const std::size_t variances = embedding_.variances();
  std::copy_n(states.values.data() + index * embedding_.width(), d, batch.positions.data() + slot * d);
  std::copy_n(states.variances.data() + index * variances, variances, batch.covariances.data() + slot * variances);
}

// A row is a mean and the roots, whose squares sum to the trace.
template <typename T>
double RowMemory<T>::defaultTolerance(const Job& job) const {
  const std::size_t d = embedding_.dimension();
  return defaultTolerance_.get([&] {
    return measureScale(
        size(), d,
        [&](std::size_t item, std::span<double> mean) {
          const std::span<const T> row = rows_.values(item);
          std::copy_n(row.begin(), d, mean.begin());
          double trace = 0;
          for (std::size_t k = d; k < embedding_.width(); ++k) {
            trace += static_cast<double>(row[k]) * static_cast<double>(row[k]);
          }
          return trace;
        },
        job);
  });
}

template <typename T>
Retrieval RowMemory<T>::retrieve(const Batch& queries, double ridge, const RetrievalOptions& options, Job& job) const {
  const std::size_t copies = options.sweep ? options.betas.size() : 1;
  const double tolerance = options.tolerance ? *options.tolerance : defaultTolerance(job);
  const RowDynamics<T> dynamics(embedding_, engine(), options.pruning);
  Iteration<RowDynamics<T>> iteration(dynamics, size(), options, tolerance, emptyBatch(queries.count * copies));
  return iteration.run(embed(queries, ridge, true, job), job);
}

// T_i(x) = mu_i + diag(t_i / t) (x - m).
template <typename T>
TransportMaps RowMemory<T>::transportMaps(const Batch& query, double ridge, const std::vector<std::int32_t>& indices,
                                          Job& job) const {
  const std::size_t d = embedding_.dimension();
  const std::size_t variances = embedding_.variances();
  const Points point = embed(query, ridge, true, job);
  TransportMaps maps{std::vector<double>(indices.size() * variances), std::vector<double>(indices.size() * d)};
  std::vector<double> row(embedding_.width());
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const auto item = static_cast<std::size_t>(indices[i]);
    embedding_.exactRow(rows_.values(item).data(), rows_.remainders(item).data(), row.data());
    double* scale = maps.matrices.data() + i * variances;
    for (std::size_t j = 0; j < variances; ++j) scale[j] = row[d + j] / point.values[d + j];
    for (std::size_t j = 0; j < d; ++j) {
      maps.offsets[i * d + j] = row[j] - scale[variances == 1 ? 0 : j] * point.values[j];
    }
  }
  return maps;
}

template class RowDynamics<float>;
template class RowDynamics<double>;
template class RowMemory<float>;
template class RowMemory<double>;

}  // namespace denseam::euclidean
