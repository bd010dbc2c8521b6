#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

#include "parallel/job.h"
#include "sphere/class_weights.h"
#include "sphere/model.h"
#include "sphere/rows.h"
#include "sphere/splitting.h"

namespace denseam::sphere {

// The rows of the training data; the last ones may be kept for validation.
template <typename T>
struct TrainingData {
  std::shared_ptr<const Rows<T>> rows;
  std::vector<std::int32_t> labelOfRow;  // empty: unsupervised
  std::size_t trainingRows = 0;          // the others, at the end, are for validation
};

struct TrainingSettings {
  double softening;  // of the labels; without labels, of the posterior
  std::size_t batchSize;
  double learningRate;
  double momentum;
  bool trainsBeta;
  bool isMixed;  // in mixed precision: batch_pass.h
  std::uint64_t seed;
};

// The state of training: with the settings and the data it determines every later epoch, to the bit.
template <typename T>
struct TrainingState {
  Model<T> model;
  Shares shares;
  std::vector<T> memoryVelocities;
  std::vector<double> classVelocities;
  double betaVelocity = 0;
};

using AnyTrainingState = std::variant<TrainingState<float>, TrainingState<double>>;

// The initial state: memories uniform on the sphere, uninformative class weights (appendix D), no velocities.
template <typename T>
TrainingState<T> initialState(std::size_t dimension, const Shares& shares, double beta, double betaScale,
                              std::uint64_t seed, const Job& job);

struct Epoch {
  double loss = 0;  // mean over the training rows, each at the moment that its batch was seen
  double accuracy = 0;
  double validationLoss = 0;
  double validationAccuracy = 0;
};

// Constrained stochastic gradient descent with momentum (appendices C and D).
class Trainer {
 public:
  virtual ~Trainer() = default;
  // One pass over the training rows in the random order of epoch `index`, then one over the validation rows. An
  // exception, also of an abort, leaves the trainer in an undefined state.
  virtual Epoch epoch(std::size_t index, Job& job) = 0;
  // Finds the directions along which memories may be split and splits those that should be (algorithm 1, steps 5 to
  // 11).
  virtual SplitResult split(const SplitSettings& settings, Job& job) = 0;
  virtual AnyModel model() const = 0;
  virtual AnyTrainingState state() const = 0;
};

template <typename T>
std::unique_ptr<Trainer> makeTrainer(TrainingData<T> data, const TrainingSettings& settings, TrainingState<T> state);

extern template TrainingState<float> initialState(std::size_t, const Shares&, double, double, std::uint64_t,
                                                  const Job&);
extern template TrainingState<double> initialState(std::size_t, const Shares&, double, double, std::uint64_t,
                                                   const Job&);
extern template std::unique_ptr<Trainer> makeTrainer(TrainingData<float>, const TrainingSettings&,
                                                     TrainingState<float>);
extern template std::unique_ptr<Trainer> makeTrainer(TrainingData<double>, const TrainingSettings&,
                                                     TrainingState<double>);

}  // namespace denseam::sphere
