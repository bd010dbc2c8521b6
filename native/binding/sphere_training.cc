#include <cmath>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "binding/handles.h"
#include "binding/promise_worker.h"
#include "binding/sphere.h"
#include "sphere/trainer.h"

namespace denseam::binding {
namespace {

using sphere::AnyTrainingState;
using sphere::Epoch;
using sphere::Rows;
using sphere::Shares;
using sphere::SplitResult;
using sphere::Trainer;
using sphere::TrainingData;
using sphere::TrainingSettings;
using sphere::TrainingState;

std::size_t readSize(const Napi::Object& object, const char* name) { return readCount(object.Get(name), name); }

// Sizes and numbers that a trainer could not work with: lib/ refuses them first, by the names that callers know.
void require(bool holds, Napi::Env env, const char* expected) {
  if (!holds) throw codedError(env, "ERR_RANGE", std::string("Expected ") + expected);
}

bool isPositive(double x) { return x > 0 && std::isfinite(x); }

bool isShare(double x) { return x >= 0 && x <= 1; }

template <typename T>
std::vector<T> readArray(const Napi::Object& object, const char* name, std::size_t count) {
  return std::get<std::vector<T>>(readNumbers(object.Get(name), name, count, kPrecisionOf<T>));
}

Shares readShares(const Napi::Object& object, std::size_t units, std::size_t labels) {
  return {readArray<double>(object, "hiddenShares", units), readArray<double>(object, "classShares", labels)};
}

template <typename T>
TrainingState<T> readState(const Napi::Object& given, std::size_t dimension) {
  const std::size_t units = readSize(given, "hiddenUnits");
  const std::size_t labels = readSize(given, "labels");
  checkProduct(given.Env(), units, dimension);
  checkProduct(given.Env(), units + 1, labels);
  require(units > 0 && labels > 0, given.Env(), "at least one hidden unit and one label");
  TrainingState<T> state;
  state.model = {dimension,
                 units,
                 labels,
                 readArray<T>(given, "memories", units * dimension),
                 readArray<double>(given, "classWeights", (units + 1) * labels),
                 readDouble(given, "beta"),
                 readDouble(given, "betaScale")};
  state.shares = readShares(given, units + 1, labels);
  state.memoryVelocities = readArray<T>(given, "memoryVelocities", units * dimension);
  state.classVelocities = readArray<double>(given, "classVelocities", (units + 1) * labels);
  state.betaVelocity = readDouble(given, "betaVelocity");
  require(isPositive(state.model.beta) && isPositive(state.model.betaScale), given.Env(), "a beta and a scale above 0");
  return state;
}

Napi::Value toState(Napi::Env env, AnyTrainingState&& any) {
  return std::visit(
      [env](auto& state) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        result.Set("hiddenUnits", static_cast<double>(state.model.hiddenUnits));
        result.Set("labels", static_cast<double>(state.model.labels));
        result.Set("memories", toFloatArray(env, std::move(state.model.memories)));
        result.Set("classWeights", toFloat64Array(env, std::move(state.model.classWeights)));
        result.Set("beta", state.model.beta);
        result.Set("betaScale", state.model.betaScale);
        result.Set("hiddenShares", toFloat64Array(env, std::move(state.shares.hidden)));
        result.Set("classShares", toFloat64Array(env, std::move(state.shares.classes)));
        result.Set("memoryVelocities", toFloatArray(env, std::move(state.memoryVelocities)));
        result.Set("classVelocities", toFloat64Array(env, std::move(state.classVelocities)));
        result.Set("betaVelocity", state.betaVelocity);
        return result;
      },
      any);
}

// (dimension, precision, { hiddenUnits, labels, hiddenShares, classShares, beta, betaScale, seed })
Napi::Value initialSphereState(const Napi::CallbackInfo& info) {
  const std::size_t dimension = readCount(info[0], "dimension");
  const bool isSingle = readPrecision(info[1]) == Precision::kFloat32;
  const Napi::Object given = info[2].ToObject();
  const Shares shares = readShares(given, readSize(given, "hiddenUnits") + 1, readSize(given, "labels"));
  const double beta = readDouble(given, "beta");
  const double betaScale = readDouble(given, "betaScale");
  const std::uint64_t seed = readSeed(given.Get("seed"));
  return launch<AnyTrainingState>(
      info.Env(), info.Env().Undefined(),
      [=](Job& job) -> AnyTrainingState {
        if (isSingle) return sphere::initialState<float>(dimension, shares, beta, betaScale, seed, job);
        return sphere::initialState<double>(dimension, shares, beta, betaScale, seed, job);
      },
      toState);
}

TrainingSettings readSettings(const Napi::Object& given) {
  const TrainingSettings settings{readDouble(given, "softening"),      readSize(given, "batchSize"),
                                  readDouble(given, "learningRate"),   readDouble(given, "momentum"),
                                  given.Get("trainsBeta").ToBoolean(), readSeed(given.Get("seed"))};
  require(settings.batchSize > 0, given.Env(), "at least one row in a batch");
  require(isShare(settings.softening) && isShare(settings.momentum), given.Env(), "shares from 0 to 1");
  require(settings.learningRate >= 0 && std::isfinite(settings.learningRate), given.Env(),
          "a learning rate of at least 0");
  return settings;
}

// (rows, labels or undefined, trainingRows, settings, state)
Napi::Value makeSphereTrainer(const Napi::CallbackInfo& info) {
  const SharedRows any = readRows(info[0]);
  const std::size_t trainingRows = readCount(info[2], "trainingRows");
  const Napi::Object given = info[4].ToObject();
  const TrainingSettings settings = readSettings(info[3].ToObject());
  return std::visit(
      [&]<typename T>(Rows<T>& rows) {
        std::vector<std::int32_t> labels;
        if (!info[1].IsUndefined()) labels = readIndices(info[1], readSize(given, "labels"));
        if ((!labels.empty() && labels.size() != rows.count()) || trainingRows > rows.count()) {
          throw codedError(info.Env(), "ERR_SHAPE", "Expected a label for every row");
        }
        require(trainingRows > 0, info.Env(), "at least one row to train on");
        TrainingData<T> data{std::shared_ptr<const Rows<T>>(any, &rows), std::move(labels), trainingRows};
        const std::size_t dimension = rows.dimension;
        std::shared_ptr<Trainer> trainer =
            sphere::makeTrainer<T>(std::move(data), settings, readState<T>(given, dimension));
        // The rows count here too: the trainer keeps them when their own handle is gone.
        return toHandle(info.Env(), std::move(trainer), bytesOf(rows.values));
      },
      *any);
}

std::shared_ptr<Trainer> readTrainer(const Napi::Value& handle) { return fromHandle<Trainer>(handle, "a trainer"); }

// (trainer, index, onProgress)
Napi::Value trainSphereEpoch(const Napi::CallbackInfo& info) {
  const auto trainer = readTrainer(info[0]);
  const std::size_t index = readCount(info[1], "index");
  return launch<Epoch>(
      info.Env(), info[2], [=](Job& job) { return trainer->epoch(index, job); },
      [](Napi::Env env, Epoch&& epoch) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        result.Set("loss", epoch.loss);
        result.Set("accuracy", epoch.accuracy);
        result.Set("validationLoss", epoch.validationLoss);
        result.Set("validationAccuracy", epoch.validationAccuracy);
        return result;
      });
}

// (trainer, { most, threshold, distance, mostRows, epoch, passes, seed }, onProgress)
Napi::Value splitSphereMemories(const Napi::CallbackInfo& info) {
  const auto trainer = readTrainer(info[0]);
  const Napi::Object given = info[1].ToObject();
  const sphere::SplitSettings settings{
      readSize(given, "most"),       readDouble(given, "threshold"),
      readDouble(given, "distance"), readSize(given, "mostRows"),
      readSize(given, "epoch"),      {readSize(given, "passes"), 0, readSeed(given.Get("seed"))}};
  require(settings.mostRows > 0 && isPositive(settings.distance), info.Env(), "rows and a distance above 0");
  return launch<SplitResult>(
      info.Env(), info[2], [=](Job& job) { return trainer->split(settings, job); },
      [](Napi::Env env, SplitResult&& found) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        result.Set("split", toInt32Array(env, std::move(found.split)));
        result.Set("eigenvalues", toFloat64Array(env, std::move(found.eigenvalues)));
        return result;
      });
}

// (trainer)
Napi::Value sphereTrainerState(const Napi::CallbackInfo& info) {
  const auto trainer = readTrainer(info[0]);
  return launch<AnyTrainingState>(
      info.Env(), info.Env().Undefined(), [=](Job&) { return trainer->state(); }, toState);
}

}  // namespace

void defineSphereTraining(Napi::Env env, Napi::Object exports) {
  exports.Set("initialSphereState", Napi::Function::New<initialSphereState>(env));
  exports.Set("makeSphereTrainer", Napi::Function::New<makeSphereTrainer>(env));
  exports.Set("trainSphereEpoch", Napi::Function::New<trainSphereEpoch>(env));
  exports.Set("splitSphereMemories", Napi::Function::New<splitSphereMemories>(env));
  exports.Set("sphereTrainerState", Napi::Function::New<sphereTrainerState>(env));
}

}  // namespace denseam::binding
