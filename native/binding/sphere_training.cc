#include <cmath>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "binding/columns.h"
#include "binding/handles.h"
#include "binding/options.h"
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

// Refuses sizes and numbers that a trainer cannot work with: lib/ refuses them first, by their names in the public API.
void require(bool holds, Napi::Env env, const char* expected) {
  if (!holds) throw codedError(env, "ERR_RANGE", std::string("Expected ") + expected);
}

bool isPositive(double x) { return x > 0 && std::isfinite(x); }

bool isShare(double x) { return x >= 0 && x <= 1; }

template <typename T>
std::vector<T> readArray(const Options& options, const char* name, std::size_t count) {
  return std::get<std::vector<T>>(readNumbers(options[name], name, count, kPrecisionOf<T>));
}

Shares readShares(const Options& options, std::size_t units, std::size_t labels) {
  return {options.doubles("hiddenShares", units), options.doubles("classShares", labels)};
}

template <typename T>
TrainingState<T> readState(const Options& given, std::size_t dimension) {
  const std::size_t units = given.count("hiddenUnits");
  const std::size_t labels = given.count("labels");
  checkProduct(given.env(), units, dimension);
  checkProduct(given.env(), units + 1, labels);
  require(units > 0 && labels > 0, given.env(), "at least one hidden unit and one label");
  TrainingState<T> state;
  state.model = {dimension,
                 units,
                 labels,
                 readArray<T>(given, "memories", units * dimension),
                 given.doubles("classWeights", (units + 1) * labels),
                 given.number("beta"),
                 given.number("betaScale")};
  state.shares = readShares(given, units + 1, labels);
  state.memoryVelocities = readArray<T>(given, "memoryVelocities", units * dimension);
  state.classVelocities = given.doubles("classVelocities", (units + 1) * labels);
  state.betaVelocity = given.number("betaVelocity");
  require(isPositive(state.model.beta) && isPositive(state.model.betaScale), given.env(), "a beta and a scale above 0");
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

// ({ dimension, precision, hiddenUnits, labels, hiddenShares, classShares, beta, betaScale, seed })
Napi::Value initialSphereState(const Napi::CallbackInfo& info) {
  const Options given(info[0]);
  const std::size_t dimension = given.count("dimension");
  const bool isSingle = given.precision() == Precision::kFloat32;
  const Shares shares = readShares(given, given.count("hiddenUnits") + 1, given.count("labels"));
  const double beta = given.number("beta");
  const double betaScale = given.number("betaScale");
  const std::uint64_t seed = given.seed("seed");
  return launch<AnyTrainingState>(
      info.Env(),
      [=](Job& job) -> AnyTrainingState {
        if (isSingle) return sphere::initialState<float>(dimension, shares, beta, betaScale, seed, job);
        return sphere::initialState<double>(dimension, shares, beta, betaScale, seed, job);
      },
      toState);
}

TrainingSettings readSettings(const Options& given) {
  const TrainingSettings settings{given.number("softening"), given.count("batchSize"), given.number("learningRate"),
                                  given.number("momentum"),  given.flag("trainsBeta"), given.flag("isMixed"),
                                  given.seed("seed")};
  require(settings.batchSize > 0, given.env(), "at least one row in a batch");
  require(isShare(settings.softening) && isShare(settings.momentum), given.env(), "shares from 0 to 1");
  require(settings.learningRate >= 0 && std::isfinite(settings.learningRate), given.env(),
          "a learning rate of at least 0");
  return settings;
}

// (rows, { labels: indices or undefined, trainingRows, settings, state })
Napi::Value makeSphereTrainer(const Napi::CallbackInfo& info) {
  const SharedRows any = readRows(info[0]);
  const Options options(info[1]);
  const std::size_t trainingRows = options.count("trainingRows");
  const Options given(options["state"]);
  const TrainingSettings settings = readSettings(Options(options["settings"]));
  return std::visit(
      [&]<typename T>(Rows<T>& rows) {
        std::vector<std::int32_t> labels;
        if (options.has("labels")) labels = options.indices("labels", given.count("labels"));
        if ((!labels.empty() && labels.size() != rows.count()) || trainingRows > rows.count()) {
          throw codedError(info.Env(), "ERR_SHAPE", "Expected a label for every row");
        }
        require(trainingRows > 0, info.Env(), "at least one row to train on");
        TrainingData<T> data{std::shared_ptr<const Rows<T>>(any, &rows), std::move(labels), trainingRows};
        const std::size_t dimension = rows.dimension;
        std::shared_ptr<Trainer> trainer =
            sphere::makeTrainer<T>(std::move(data), settings, readState<T>(given, dimension));
        // The handle reports the rows' memory, too: the trainer keeps them when their own handle is released.
        return toHandle(info.Env(), std::move(trainer), bytesOf(rows.values));
      },
      *any);
}

std::shared_ptr<Trainer> readTrainer(const Napi::Value& handle) { return fromHandle<Trainer>(handle, "a trainer"); }

// (trainer, { index, onProgress })
Napi::Value trainSphereEpoch(const Napi::CallbackInfo& info) {
  const auto trainer = readTrainer(info[0]);
  const Options options(info[1]);
  const std::size_t index = options.count("index");
  return launch<Epoch>(
      options, [=](Job& job) { return trainer->epoch(index, job); },
      [](Napi::Env env, Epoch&& epoch) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        result.Set("loss", epoch.loss);
        result.Set("accuracy", epoch.accuracy);
        result.Set("validationLoss", epoch.validationLoss);
        result.Set("validationAccuracy", epoch.validationAccuracy);
        return result;
      });
}

constexpr Column<SplitResult> kSplit[] = {{"split", &SplitResult::split}, {"eigenvalues", &SplitResult::eigenvalues}};

// (trainer, { most, threshold, distance, mostRows, epoch, passes, seed, onProgress })
Napi::Value splitSphereMemories(const Napi::CallbackInfo& info) {
  const auto trainer = readTrainer(info[0]);
  const Options given(info[1]);
  const sphere::SplitSettings settings{given.count("most"),      given.number("threshold"),
                                       given.number("distance"), given.count("mostRows"),
                                       given.count("epoch"),     {given.count("passes"), 0, given.seed("seed")}};
  require(settings.mostRows > 0 && isPositive(settings.distance), info.Env(), "rows and a distance above 0");
  return launch<SplitResult>(
      given, [=](Job& job) { return trainer->split(settings, job); }, toColumns(kSplit));
}

// (trainer)
Napi::Value sphereTrainerState(const Napi::CallbackInfo& info) {
  const auto trainer = readTrainer(info[0]);
  return launch<AnyTrainingState>(
      info.Env(), [=](Job&) { return trainer->state(); }, toState);
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
