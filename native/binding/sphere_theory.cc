#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "binding/handles.h"
#include "binding/promise_worker.h"
#include "binding/sphere.h"
#include "sphere/model.h"
#include "sphere/normalizer.h"
#include "sphere/saddle_point.h"
#include "sphere/scaling/multipliers.h"
#include "sphere/splitting.h"

namespace denseam::binding {
namespace {

using sphere::AnyModel;
using sphere::Model;
using sphere::Multipliers;
using sphere::Objective;
using sphere::Rows;
using sphere::SaddlePoint;
using sphere::SaddlePointProblem;
using sphere::SaddlePointState;
using sphere::Shares;
using sphere::Stationarity;

using Spectrum = sphere::SplittingSpectrum<double>;

// The functions here compute in double precision whatever the model: lib/ makes the handles so.
std::shared_ptr<const Rows<double>> readDoubleRows(const Napi::Value& handle) {
  const SharedRows any = readRows(handle);
  const auto* rows = std::get_if<Rows<double>>(any.get());
  if (rows == nullptr) throw codedError(handle.Env(), "ERR_SHAPE", "Expected rows of float64");
  return {any, rows};
}

std::shared_ptr<const Model<double>> readDoubleModel(const Napi::Value& handle) {
  const auto any = fromHandle<const AnyModel>(handle, "a model");
  const auto* model = std::get_if<Model<double>>(any.get());
  if (model == nullptr) throw codedError(handle.Env(), "ERR_SHAPE", "Expected a model of float64");
  return {any, model};
}

std::shared_ptr<const std::vector<double>> readTargets(const Napi::Value& value, const Rows<double>& rows,
                                                       std::size_t labels) {
  return std::make_shared<const std::vector<double>>(readDoubles(value, "targets", rows.count() * labels));
}

Shares readShares(const Napi::Value& hidden, const Napi::Value& classes, std::size_t units, std::size_t labels) {
  return {readDoubles(hidden, "hiddenShares", units), readDoubles(classes, "classShares", labels)};
}

// (units, labels, pbar, hiddenShares, classShares)
Napi::Value classWeightMultipliers(const Napi::CallbackInfo& info) {
  const std::size_t units = readCount(info[0], "units");
  const std::size_t labels = readCount(info[1], "labels");
  const auto pbar = std::make_shared<const std::vector<double>>(readDoubles(info[2], "pbar", units * labels));
  const Shares shares = readShares(info[3], info[4], units, labels);
  return launch<Multipliers>(
      info.Env(), info.Env().Undefined(), [=](Job& job) { return sphere::classWeightMultipliers(*pbar, shares, job); },
      [](Napi::Env env, Multipliers&& found) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        result.Set("rows", toFloat64Array(env, std::move(found.rows)));
        result.Set("columns", toFloat64Array(env, std::move(found.columns)));
        result.Set("classWeights", toFloat64Array(env, std::move(found.classWeights)));
        result.Set("iterations", static_cast<double>(found.iterations));
        result.Set("residual", found.residual);
        return result;
      });
}

// (model, rows, targets, hiddenShares, classShares, onProgress)
Napi::Value sphereStationarity(const Napi::CallbackInfo& info) {
  const auto model = readDoubleModel(info[0]);
  const auto rows = readDoubleRows(info[1]);
  const auto targets = readTargets(info[2], *rows, model->labels);
  const Shares shares = readShares(info[3], info[4], model->hiddenUnits + 1, model->labels);
  return launch<Stationarity>(
      info.Env(), info[5],
      [=](Job& job) {
        return sphere::stationarity(*model, *rows, Objective::soft(*targets, model->labels), shares, job);
      },
      [](Napi::Env env, Stationarity&& found) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        result.Set("memories", toFloat64Array(env, std::move(found.memories)));
        result.Set("classWeights", toFloat64Array(env, std::move(found.classWeights)));
        result.Set("unsupported", toInt32Array(env, std::move(found.unsupported)));
        result.Set("memorySums", toFloat64Array(env, std::move(found.sums.memories)));
        result.Set("classSums", toFloat64Array(env, std::move(found.sums.classWeights)));
        return result;
      });
}

// (model, rows, targets, { maxPasses, tolerance, seed }, onProgress)
Napi::Value sphereSplittingSpectrum(const Napi::CallbackInfo& info) {
  const auto model = readDoubleModel(info[0]);
  const auto rows = readDoubleRows(info[1]);
  const auto targets = readTargets(info[2], *rows, model->labels);
  const Napi::Object given = info[3].ToObject();
  const sphere::PowerIteration iteration{readCount(given.Get("maxPasses"), "maxPasses"), readDouble(given, "tolerance"),
                                         readSeed(given.Get("seed"))};
  return launch<Spectrum>(
      info.Env(), info[4],
      [=](Job& job) {
        const Objective objective = Objective::soft(*targets, model->labels);
        return sphere::splittingSpectrum(*model, rows->values, objective, iteration, job);
      },
      [](Napi::Env env, Spectrum&& found) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        result.Set("eigenvalues", toFloat64Array(env, std::move(found.eigenvalues)));
        result.Set("spreads", toFloat64Array(env, std::move(found.spreads)));
        result.Set("pulls", toFloat64Array(env, std::move(found.pulls)));
        result.Set("resultants", toFloat64Array(env, std::move(found.resultants)));
        result.Set("directions", toFloat64Array(env, std::move(found.directions)));
        result.Set("passes", static_cast<double>(found.passes));
        return result;
      });
}

Napi::Value toSaddlePoint(Napi::Env env, SaddlePoint&& found) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("memories", toFloat64Array(env, std::move(found.state.memories)));
  result.Set("lengths", toFloat64Array(env, std::move(found.state.lengths)));
  result.Set("classWeights", toFloat64Array(env, std::move(found.state.classWeights)));
  result.Set("memorySums", toFloat64Array(env, std::move(found.sums.memories)));
  result.Set("classSums", toFloat64Array(env, std::move(found.sums.classWeights)));
  result.Set("overlaps", toFloat64Array(env, std::move(found.overlaps)));
  result.Set("iterations", static_cast<double>(found.iterations));
  result.Set("residual", found.residual);
  result.Set("converged", found.converged);
  return result;
}

// (patterns, targets, memories: rows, { labels, beta, betaScale, load, hiddenShares, classShares, lengths,
// classWeights, tolerance, maxIterations }, onProgress)
Napi::Value solveSphereSaddlePoint(const Napi::CallbackInfo& info) {
  const auto patterns = readDoubleRows(info[0]);
  const auto memories = readDoubleRows(info[2]);
  const Napi::Object given = info[3].ToObject();
  const std::size_t units = memories->count();
  const std::size_t labels = readCount(given.Get("labels"), "labels");
  const auto targets = readTargets(info[1], *patterns, labels);
  const Shares shares = readShares(given.Get("hiddenShares"), given.Get("classShares"), units + 1, labels);
  const double beta = readDouble(given, "beta");
  const double betaScale = readDouble(given, "betaScale");
  const double load = readDouble(given, "load");
  if (memories->dimension != patterns->dimension) {
    throw codedError(info.Env(), "ERR_SHAPE", "Expected memories and patterns of one dimension");
  }
  const SaddlePointState start{memories->values, readDoubles(given.Get("lengths"), "lengths", units),
                               readDoubles(given.Get("classWeights"), "classWeights", (units + 1) * labels)};
  const double tolerance = readDouble(given, "tolerance");
  const std::size_t maxIterations = readCount(given.Get("maxIterations"), "maxIterations");
  return launch<SaddlePoint>(
      info.Env(), info[4],
      [=](Job& job) {
        const SaddlePointProblem problem{
            patterns.get(),
            Objective::soft(*targets, labels),
            betaScale * beta,
            sphere::logPeak(sphere::logNormalizer(patterns->dimension, beta), beta, betaScale),
            load,
            shares};
        return sphere::solveSaddlePoint(problem, start, tolerance, maxIterations, job);
      },
      toSaddlePoint);
}

}  // namespace

void defineSphereTheory(Napi::Env env, Napi::Object exports) {
  exports.Set("classWeightMultipliers", Napi::Function::New<classWeightMultipliers>(env));
  exports.Set("sphereStationarity", Napi::Function::New<sphereStationarity>(env));
  exports.Set("sphereSplittingSpectrum", Napi::Function::New<sphereSplittingSpectrum>(env));
  exports.Set("solveSphereSaddlePoint", Napi::Function::New<solveSphereSaddlePoint>(env));
}

}  // namespace denseam::binding
