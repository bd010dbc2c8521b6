#include "sphere/reconstruction.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "base/aligned.h"
#include "base/error.h"
#include "linalg/product.h"
#include "parallel/pool.h"
#include "simd/distances.h"
#include "simd/exponentials.h"
#include "simd/vectors.h"
#include "sphere/normalizer.h"
#include "sphere/overlap.h"
#include "sphere/tiles.h"

namespace denseam::sphere {
namespace {

// The starts in one task.
constexpr std::size_t kBlockStates = 64;
// The memories whose products are computed between two polls of the job.
constexpr std::size_t kStripMemories = 512;

// log p_y, for one label or for the sum over labels.
struct LogWeights {
  std::vector<double> memories;
  double background = 0;
  double total = 0;
};

template <typename T>
LogWeights logWeights(const Model<T>& model, std::int32_t label) {
  const auto weight = [&](std::size_t unit) {
    const double* weights = model.classWeights.data() + unit * model.labels;
    return label == kAnyLabel ? std::accumulate(weights, weights + model.labels, 0.0) : weights[label];
  };
  LogWeights result{std::vector<double>(model.hiddenUnits), std::log(weight(0)), weight(0)};
  for (std::size_t mu = 0; mu < model.hiddenUnits; ++mu) {
    result.memories[mu] = std::log(weight(mu + 1));
    result.total += weight(mu + 1);
  }
  result.total = std::log(result.total);
  return result;
}

// The part of the energy -log P(x | y) that depends on the label alone, shared by starts.
template <typename T>
class Conditionals {
 public:
  Conditionals(const Model<T>& model, const ReconstructionSettings& settings) : ofLabel_(model.labels + 1) {
    for (std::size_t i = 0; i < settings.labels.size(); ++i) {
      const std::int32_t label = settings.labels[i];
      LogWeights& weights = ofLabel_[slot(label)];
      if (!weights.memories.empty()) continue;
      weights = logWeights(model, label);
      if (std::isinf(weights.total)) throw absent(label, settings.firstIndex + i);
    }
  }

  const LogWeights& operator[](std::int32_t label) const { return ofLabel_[slot(label)]; }

 private:
  static std::size_t slot(std::int32_t label) { return static_cast<std::size_t>(label - kAnyLabel); }

  static Error absent(std::int32_t label, std::size_t start) {
    const std::string name = label == kAnyLabel ? "every class" : "class " + std::to_string(label);
    return {"ERR_RANGE",
            {.argument = "start " + std::to_string(start),
             .expected = "a class with weights",
             .found = "the weights of " + name + " are all 0"}};
  }

  std::vector<LogWeights> ofLabel_;
};

// log(exp(a) + exp(b)); one of them may be minus infinity.
double logAdd(double a, double b) {
  const double greater = std::max(a, b);
  return greater + std::log1p(std::exp(std::min(a, b) - greater));
}

// A block of states that move together. States that have stopped leave, and the others close ranks.
template <typename T>
class StateBlock {
 public:
  StateBlock(const Model<T>& model, const Conditionals<T>& conditionals, const ReconstructionSettings& settings,
             Reconstruction& result)
      : model_(model),
        conditionals_(conditionals),
        settings_(settings),
        result_(result),
        memories_{model.dimension, model.hiddenUnits, model.memories.data()},
        logPeak_(logPeak(logNormalizer(model.dimension, model.beta), model.beta, model.betaScale)),
        isSharp_(needsSharpOverlaps<T>(model.effectiveBeta(), logPeak_)),
        logSurface_(logSurface(model.dimension)),
        scores_(kBlockStates * model.hiddenUnits),
        states_(kBlockStates * model.dimension),
        next_(kBlockStates * model.dimension),
        exponents_(model.hiddenUnits) {}

  void run(const T* starts, std::size_t first, std::size_t count, Job& job) {
    std::copy_n(starts + first * model_.dimension, count * model_.dimension, states_.begin());
    active_.resize(count);
    for (std::size_t i = 0; i < count; ++i) active_[i] = {first + i, freeNorm(i), 0};
    for (std::size_t iteration = 0; !active_.empty(); ++iteration) {
      score(job);
      for (std::size_t i = 0; i < active_.size(); ++i) weigh(i);
      sumMemories(job);
      move(iteration, job);
    }
  }

 private:
  struct Active {
    std::size_t index;  // of the start
    double freeNorm;    // of the coordinates that are not clamped
    double total;       // of the shares of the memories, before they are divided by it
  };

  double freeNorm(std::size_t i) const {
    const T* x = states_.data() + i * model_.dimension;
    double clamped = 0;
    for (std::size_t j = 0; j < settings_.clamped.size(); ++j) {
      if (settings_.clamped[j]) clamped += static_cast<double>(x[j]) * static_cast<double>(x[j]);
    }
    return std::sqrt(std::max(0.0, 1 - clamped));
  }

  template <typename Body>
  void forEachStrip(const Job& job, const Body& body) const {
    const Pieces strips(model_.hiddenUnits, kStripMemories);
    for (std::size_t strip = 0; strip < strips.count(); ++strip) {
      job.poll();
      const std::size_t first = strips.begin(strip);
      body(first, strips.size(strip), model_.memories.data() + first * model_.dimension);
    }
  }

  void score(const Job& job) {
    const std::size_t d = model_.dimension;
    forEachStrip(job, [&](std::size_t first, std::size_t count, const T* memories) {
      linalg::multiply(active_.size(), count, d, {states_.data(), d}, linalg::transposed(memories, d), T(0),
                       scores_.data() + first, model_.hiddenUnits);
    });
  }

  // Records the energy of a state from its scores and replaces them by the shares of the memories, the greatest of
  // which is 1. The background has no share: it would only shorten the sum, down to underflow.
  void weigh(std::size_t i) {
    const std::size_t units = model_.hiddenUnits;
    T* scores = scores_.data() + i * units;
    const T* x = states_.data() + i * model_.dimension;
    const std::size_t r = active_[i].index;
    const std::size_t nearest = nearestMemory(memories_, x, scores);
    result_.nearest[r] = static_cast<std::int32_t>(nearest);
    result_.overlap[r] = static_cast<double>(scores[nearest]);

    const LogWeights& weights = conditionals_[settings_.labels[r]];
    setExponents(weights, x, scores);
    const auto greatest = std::max_element(exponents_.begin(), exponents_.end());
    const double top = *greatest;
    if (std::isinf(top)) {  // the background alone has any weight
      std::fill_n(scores, units, T(0));
      active_[i].total = 0;
      result_.energy[r] = logSurface_ + weights.total - weights.background;
      return;
    }
    exponentials(units, 1.0, top, 0.0, exponents_.data(), exponents_.data());
    double others = 0;
    for (std::size_t mu = 0; mu < units; ++mu) {
      if (&exponents_[mu] != &*greatest) others += exponents_[mu];
      // Subnormal numbers would slow the product down and add nothing.
      const bool counts = exponents_[mu] >= static_cast<double>(std::numeric_limits<T>::min());
      scores[mu] = counts ? static_cast<T>(exponents_[mu]) : T(0);
    }
    active_[i].total = 1 + others;
    result_.energy[r] = logSurface_ + weights.total - logAdd(top + std::log1p(others), weights.background);
  }

  // s beta w.x - L(beta) + log p of every memory (mixture.h).
  void setExponents(const LogWeights& weights, const T* x, T* scores) {
    if (isSharp_) sharpenOverlaps(memories_, x, scores);
    const double beta = model_.effectiveBeta();
    const double scoreAtPeak = isSharp_ ? 0 : 1;
    for (std::size_t mu = 0; mu < exponents_.size(); ++mu) {
      exponents_[mu] = logPeak_ + beta * (static_cast<double>(scores[mu]) - scoreAtPeak) + weights.memories[mu];
    }
  }

  void sumMemories(const Job& job) {
    const std::size_t d = model_.dimension;
    forEachStrip(job, [&](std::size_t first, std::size_t count, const T* memories) {
      linalg::multiply(active_.size(), d, count, {scores_.data() + first, model_.hiddenUnits}, {memories, d},
                       first == 0 ? T(0) : T(1), next_.data(), d);
    });
  }

  // Records for every state how it stops, or lets it take its step.
  void move(std::size_t iteration, Job& job) {
    const std::size_t d = model_.dimension;
    const std::size_t left = settings_.maxIterations - iteration;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < active_.size(); ++i) {
      const Active state = active_[i];
      const double length = completeStep(i);
      const bool converged = length <= settings_.tolerance;
      const bool stops = converged || left == 0;
      result_.iterations[state.index] = static_cast<std::int32_t>(iteration);
      result_.stepLength[state.index] = length;
      result_.converged[state.index] = converged;
      job.advance(model_.hiddenUnits * (stops ? left + 1 : 1));
      if (stops) {
        std::copy_n(states_.data() + i * d, d, result_.states.data() + state.index * d);
      } else {
        std::copy_n(next_.data() + i * d, d, states_.data() + kept * d);
        active_[kept++] = state;
      }
    }
    active_.resize(kept);
  }

  // Turns the sum of memories into the next state; returns the length of the step.
  double completeStep(std::size_t i) {
    const std::size_t d = model_.dimension;
    const T* x = states_.data() + i * d;
    T* next = next_.data() + i * d;
    for (std::size_t j = 0; j < settings_.clamped.size(); ++j) {
      if (settings_.clamped[j]) next[j] = 0;
    }
    const double norm = std::sqrt(innerProduct(d, next, next));
    // All memories have norm 1, so this much of their sum is rounding.
    if (norm <= active_[i].total * static_cast<double>(std::numeric_limits<T>::epsilon())) {
      std::copy_n(x, d, next);
      return 0;
    }
    scaleBy(active_[i].freeNorm / norm, {next, d});
    for (std::size_t j = 0; j < settings_.clamped.size(); ++j) {
      if (settings_.clamped[j]) next[j] = x[j];
    }
    return std::sqrt(squaredDistance({next, d}, {x, d}));
  }

  const Model<T>& model_;
  const Conditionals<T>& conditionals_;
  const ReconstructionSettings& settings_;
  Reconstruction& result_;
  Directions<T> memories_;
  double logPeak_;
  bool isSharp_;
  double logSurface_;
  AlignedVector<T> scores_;  // states x hiddenUnits: w.x, then the shares
  AlignedVector<T> states_;
  AlignedVector<T> next_;
  std::vector<double> exponents_;
  std::vector<Active> active_;
};

Reconstruction emptyResult(std::size_t count, std::size_t dimension) {
  return {std::vector<double>(count * dimension), std::vector<double>(count),
          std::vector<std::int32_t>(count),       std::vector<double>(count),
          std::vector<std::int32_t>(count),       std::vector<double>(count),
          std::vector<std::uint8_t>(count)};
}

}  // namespace

template <typename T>
Reconstruction reconstruct(const Model<T>& model, RowSpan<T> starts, const ReconstructionSettings& settings, Job& job) {
  const std::size_t count = starts.size() / model.dimension;
  const Conditionals<T> conditionals(model, settings);
  Reconstruction result = emptyResult(count, model.dimension);
  job.expect(count * model.hiddenUnits * (settings.maxIterations + 1));
  const Pieces blocks(count, kBlockStates);
  parallel::forEach(blocks.count(), 1, job, [&](std::size_t begin, std::size_t end) {
    StateBlock<T> block(model, conditionals, settings, result);
    for (std::size_t piece = begin; piece < end; ++piece) {
      block.run(starts.data(), blocks.begin(piece), blocks.size(piece), job);
    }
  });
  return result;
}

template Reconstruction reconstruct(const Model<float>&, RowSpan<float>, const ReconstructionSettings&, Job&);
template Reconstruction reconstruct(const Model<double>&, RowSpan<double>, const ReconstructionSettings&, Job&);

}  // namespace denseam::sphere
