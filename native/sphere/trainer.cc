#include "sphere/trainer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <utility>

#include "base/aligned.h"
#include "base/error.h"
#include "base/random.h"
#include "parallel/pool.h"
#include "simd/vectors.h"
#include "sphere/batch_pass.h"
#include "sphere/evaluation.h"
#include "sphere/momentum.h"
#include "sphere/normalizer.h"
#include "sphere/tiles.h"

namespace denseam::sphere {
namespace {

constexpr std::size_t kMemoryGrain = 16;
constexpr std::size_t kGatherGrain = 32;
// The replacement of a beta of exactly zero: a model has a beta above it.
constexpr double kLeastBeta = std::numeric_limits<double>::min();

// A random order of 0 .. count - 1 (Fisher and Yates).
std::vector<std::uint32_t> permutation(std::size_t count, std::uint64_t seed, Purpose purpose, std::size_t index) {
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0U);
  RandomStream random(seed, purpose, index);
  for (std::size_t last = count; last-- > 1;) {
    std::swap(order[last], order[static_cast<std::size_t>(random.uniform() * static_cast<double>(last + 1))]);
  }
  return order;
}

// A batch: some of the rows side by side, with their labels.
template <typename T>
class Batch {
 public:
  Batch(const TrainingData<T>& data, std::size_t mostRows)
      : data_(data), values_(mostRows * data.rows->dimension), labels_(mostRows) {}

  void gather(const std::uint32_t* rows, std::size_t count, const Job& job) {
    const std::size_t d = data_.rows->dimension;
    parallel::forEach(count, kGatherGrain, job, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        std::copy_n(data_.rows->row(rows[i]), d, values_.data() + i * d);
        if (!data_.labelOfRow.empty()) labels_[i] = data_.labelOfRow[rows[i]];
      }
    });
  }

  const T* values() const { return values_.data(); }
  std::span<const std::int32_t> labels() const { return labels_; }

 private:
  const TrainingData<T>& data_;
  AlignedVector<T> values_;
  std::vector<std::int32_t> labels_;
};

template <typename T>
class TrainerOf : public Trainer {
 public:
  TrainerOf(TrainingData<T> data, const TrainingSettings& settings, TrainingState<T> state)
      : data_(std::move(data)), settings_(settings), state_(std::move(state)) {
    settings_.batchSize = std::min(settings_.batchSize, data_.trainingRows);
  }

  Epoch epoch(std::size_t index, Job& job) override {
    job.expect(data_.rows->count());
    const std::size_t count = data_.trainingRows;
    const std::vector<std::uint32_t> order = permutation(count, settings_.seed, Purpose::kShuffle, index);
    Batch<T> batch(data_, settings_.batchSize);
    BatchPass<T> pass(model().dimension, model().hiddenUnits, model().labels, settings_.batchSize, settings_.isMixed);
    Totals totals;
    for (std::size_t first = 0; first < count; first += settings_.batchSize) {
      const std::size_t rows = std::min(settings_.batchSize, count - first);
      batch.gather(order.data() + first, rows, job);
      totals += step(batch, rows, pass, job);
      job.advance(rows);
    }
    return toEpoch(totals, validate(job));
  }

  SplitResult split(const SplitSettings& settings, Job& job) override {
    const std::size_t rows = std::min(settings.mostRows, data_.trainingRows);
    std::vector<std::uint32_t> chosenRows =
        permutation(data_.trainingRows, settings_.seed, Purpose::kSplitRows, settings.epoch);
    std::sort(chosenRows.begin(), chosenRows.begin() + static_cast<std::ptrdiff_t>(rows));
    Batch<T> batch(data_, rows);
    batch.gather(chosenRows.data(), rows, job);
    const SplittingSpectrum<T> spectrum = splittingSpectrum(model(), {batch.values(), rows * state_.model.dimension},
                                                            objective(batch.labels()), settings.iteration, job);
    const std::vector<std::int32_t> chosen = chooseSplits(spectrum.eigenvalues, settings.threshold, settings.most);
    splitMemories(chosen, spectrum.directions, settings.distance, model(), state_.shares);
    rest();
    return {chosen, spectrum.eigenvalues};
  }

  AnyModel model() const override { return state_.model; }
  AnyTrainingState state() const override { return state_; }

 private:
  Model<T>& model() { return state_.model; }

  Objective objective(std::span<const std::int32_t> labels) const {
    const std::size_t count = state_.model.labels;
    return data_.labelOfRow.empty() ? Objective::unsupervised(count, settings_.softening)
                                    : Objective::supervised(labels, count, settings_.softening);
  }

  // Sets all velocities to zero after a split.
  void rest() {
    state_.memoryVelocities.assign(model().memories.size(), T(0));
    state_.classVelocities.assign(model().classWeights.size(), 0.0);
    state_.betaVelocity = 0;
  }

  // All gradients belong to the model before the step.
  Totals step(const Batch<T>& batch, std::size_t rows, BatchPass<T>& pass, const Job& job) {
    const LogNormalizer normalizer = logNormalizer(model().dimension, model().beta);
    const Mixture<T> mixture(model(), normalizer);
    const Totals totals =
        pass.run(mixture, model().memories.data(), batch.values(), rows, objective(batch.labels()), 0, job);
    const T* sums = pass.sumMemories(batch.values(), false, job);
    Pulls pulls{0, std::vector<double>(model().hiddenUnits)};
    // The class weights are one piece of the work, as only their own step reads them here; the memories are the others.
    const Pieces pieces(model().hiddenUnits, kMemoryGrain);
    parallel::forEach(pieces.count() + 1, 1, job, [&](std::size_t begin, std::size_t end) {
      for (std::size_t piece = begin; piece < end; ++piece) {
        if (piece == 0) {
          pulls.mass = descendClasses(pass.sumClasses(), rows, job);
        } else {
          descendMemories(pieces.begin(piece - 1), pieces.begin(piece), sums, rows, pulls.overlaps);
        }
      }
    });
    if (settings_.trainsBeta) descendBeta(gradientOfBeta(pulls, rows, normalizer.derivative));
    return totals;
  }

  // Sums over a batch before the step, for the gradient of beta.
  struct Pulls {
    double mass;                   // sum of all responsibilities of memories
    std::vector<double> overlaps;  // w.(sum of gamma x) of each memory
  };

  void descendMemories(std::size_t begin, std::size_t end, const T* sums, std::size_t rows,
                       std::vector<double>& overlaps) {
    const std::size_t d = model().dimension;
    const double scale = settings_.learningRate * model().effectiveBeta() / static_cast<double>(rows);
    const MomentumStep by{settings_.momentum, scale, settings_.learningRate};
    for (std::size_t mu = begin; mu < end; ++mu) {
      T* w = model().memories.data() + mu * d;
      overlaps[mu] = innerProduct(d, w, sums + mu * d);
      const double square = descend(d, by, overlaps[mu], sums + mu * d, state_.memoryVelocities.data() + mu * d, w);
      if (!(square > 0 && std::isfinite(square))) throw diverged();
      scaleBy(1 / std::sqrt(square), {w, d});
    }
  }

  // Returns the mass of the responsibilities before the step.
  double descendClasses(std::vector<double> sums, std::size_t rows, const Job& job) {
    std::vector<double>& weights = model().classWeights;
    double mass = 0;
    for (std::size_t i = model().labels; i < sums.size(); ++i) mass += weights[i] * sums[i];
    for (double& sum : sums) sum /= -static_cast<double>(rows);
    descendClassWeights({settings_.learningRate, settings_.momentum}, state_.shares, sums.data(),
                        state_.classVelocities.data(), weights.data(), job);
    return mass;
  }

  // -E[sum_mu gamma_mu (s w_mu.x - A_N(beta))], s the beta scale.
  double gradientOfBeta(const Pulls& pulls, std::size_t rows, double meanResultantLength) const {
    double pulled = 0;
    for (const double overlap : pulls.overlaps) pulled += overlap;
    return -(state_.model.betaScale * pulled - meanResultantLength * pulls.mass) / static_cast<double>(rows);
  }

  void descendBeta(double gradient) {
    state_.betaVelocity = settings_.momentum * state_.betaVelocity - settings_.learningRate * gradient;
    model().beta += settings_.learningRate * state_.betaVelocity;
    if (!std::isfinite(model().beta)) throw diverged();
    if (model().beta < 0) reflect();
    model().beta = std::max(kLeastBeta, model().beta);
  }

  // Makes a negative beta positive: that is the same model with all memories and their velocities reversed.
  void reflect() {
    model().beta = -model().beta;
    state_.betaVelocity = -state_.betaVelocity;
    scaleBy(-1, model().memories);
    scaleBy(-1, state_.memoryVelocities);
  }

  Totals validate(Job& job) {
    const std::size_t first = data_.trainingRows;
    return evaluateObjective(model(), std::span(data_.rows->values).subspan(first * data_.rows->dimension),
                             objective(data_.labelOfRow), first, job);
  }

  Epoch toEpoch(const Totals& training, const Totals& validation) const {
    const double area = logSurface(state_.model.dimension);
    const auto count = static_cast<double>(data_.trainingRows);
    const auto others = static_cast<double>(data_.rows->count() - data_.trainingRows);
    Epoch result{training.loss / count + area, static_cast<double>(training.hits) / count,
                 validation.loss / others + area, static_cast<double>(validation.hits) / others};
    const bool hasValidation = data_.rows->count() > data_.trainingRows;
    if (!std::isfinite(result.loss) || (hasValidation && !std::isfinite(result.validationLoss))) throw diverged();
    return result;
  }

  static Error diverged() {
    return {"ERR_NOT_FINITE", "Training diverged: its numbers are no longer finite. A lower learningRate may help"};
  }

  TrainingData<T> data_;
  TrainingSettings settings_;
  TrainingState<T> state_;
};

}  // namespace

template <typename T>
TrainingState<T> initialState(std::size_t dimension, const Shares& shares, double beta, double betaScale,
                              std::uint64_t seed, const Job& job) {
  const std::size_t units = shares.hidden.size();
  const std::size_t labels = shares.classes.size();
  TrainingState<T> state;
  state.model = {
      dimension, units - 1, labels, std::vector<T>((units - 1) * dimension), std::vector<double>(units * labels),
      beta,      betaScale};
  parallel::forEach(units - 1, kMemoryGrain, job, [&](std::size_t begin, std::size_t end) {
    for (std::size_t mu = begin; mu < end; ++mu) {
      RandomStream random(seed, Purpose::kMemory, mu);
      T* w = state.model.memories.data() + mu * dimension;
      for (std::size_t j = 0; j < dimension; ++j) w[j] = static_cast<T>(random.normal());
      scaleBy(1 / std::sqrt(innerProduct(dimension, w, w)), {w, dimension});
    }
  });
  for (std::size_t i = 0; i < units * labels; ++i) {
    state.model.classWeights[i] = shares.hidden[i / labels] * shares.classes[i % labels];
  }
  state.shares = shares;
  state.memoryVelocities.assign((units - 1) * dimension, T(0));
  state.classVelocities.assign(units * labels, 0.0);
  return state;
}

template <typename T>
std::unique_ptr<Trainer> makeTrainer(TrainingData<T> data, const TrainingSettings& settings, TrainingState<T> state) {
  return std::make_unique<TrainerOf<T>>(std::move(data), settings, std::move(state));
}

template TrainingState<float> initialState(std::size_t, const Shares&, double, double, std::uint64_t, const Job&);
template TrainingState<double> initialState(std::size_t, const Shares&, double, double, std::uint64_t, const Job&);
template std::unique_ptr<Trainer> makeTrainer(TrainingData<float>, const TrainingSettings&, TrainingState<float>);
template std::unique_ptr<Trainer> makeTrainer(TrainingData<double>, const TrainingSettings&, TrainingState<double>);

}  // namespace denseam::sphere
