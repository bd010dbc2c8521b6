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

// Rows in double precision: all functions here compute in it, and lib/ makes the handles so.
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

std::shared_ptr<const std::vector<double>> readTargets(const Options& options, const Rows<double>& rows,
                                                       std::size_t labels) {
  return std::make_shared<const std::vector<double>>(options.doubles("targets", rows.count() * labels));
}

Shares readShares(const Options& options, std::size_t units, std::size_t labels) {
  return {options.doubles("hiddenShares", units), options.doubles("classShares", labels)};
}

// (pbar, { units, labels, hiddenShares, classShares })
Napi::Value classWeightMultipliers(const Napi::CallbackInfo& info) {
  const Options options(info[1]);
  const std::size_t units = options.count("units");
  const std::size_t labels = options.count("labels");
  const auto pbar = std::make_shared<const std::vector<double>>(readDoubles(info[0], "pbar", units * labels));
  const Shares shares = readShares(options, units, labels);
  return launch<Multipliers>(
      info.Env(), [=](Job& job) { return sphere::classWeightMultipliers(*pbar, shares, job); },
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

// (model, rows, { targets, hiddenShares, classShares, onProgress })
Napi::Value sphereStationarity(const Napi::CallbackInfo& info) {
  const auto model = readDoubleModel(info[0]);
  const auto rows = readDoubleRows(info[1]);
  const Options options(info[2]);
  const auto targets = readTargets(options, *rows, model->labels);
  const Shares shares = readShares(options, model->hiddenUnits + 1, model->labels);
  return launch<Stationarity>(
      options,
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

// (model, rows, { targets, maxPasses, tolerance, seed, onProgress })
Napi::Value sphereSplittingSpectrum(const Napi::CallbackInfo& info) {
  const auto model = readDoubleModel(info[0]);
  const auto rows = readDoubleRows(info[1]);
  const Options options(info[2]);
  const auto targets = readTargets(options, *rows, model->labels);
  const sphere::PowerIteration iteration{options.count("maxPasses"), options.number("tolerance"), options.seed("seed")};
  return launch<Spectrum>(
      options,
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

// (patterns, memories: rows, { targets, labels, beta, betaScale, load, hiddenShares, classShares, lengths,
// classWeights, tolerance, maxIterations, onProgress })
Napi::Value solveSphereSaddlePoint(const Napi::CallbackInfo& info) {
  const auto patterns = readDoubleRows(info[0]);
  const auto memories = readDoubleRows(info[1]);
  const Options options(info[2]);
  const std::size_t units = memories->count();
  const std::size_t labels = options.count("labels");
  const auto targets = readTargets(options, *patterns, labels);
  const Shares shares = readShares(options, units + 1, labels);
  const double beta = options.number("beta");
  const double betaScale = options.number("betaScale");
  const double load = options.number("load");
  if (memories->dimension != patterns->dimension) {
    throw codedError(info.Env(), "ERR_SHAPE", "Expected memories and patterns of one dimension");
  }
  const SaddlePointState start{memories->values, options.doubles("lengths", units),
                               options.doubles("classWeights", (units + 1) * labels)};
  const double tolerance = options.number("tolerance");
  const std::size_t maxIterations = options.count("maxIterations");
  return launch<SaddlePoint>(
      options,
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
