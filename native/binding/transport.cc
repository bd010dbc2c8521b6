#include <cmath>
#include <memory>
#include <utility>

#include "binding/arguments.h"
#include "binding/matrices.h"
#include "binding/pointcloud.h"
#include "binding/promise_worker.h"
#include "pointcloud/divergence.h"

namespace denseam::binding {

using pointcloud::Clouds;
using pointcloud::Divergences;
using pointcloud::Plans;
using pointcloud::SolverOptions;

Clouds readClouds(const Napi::Value& value, std::size_t dimension, const Napi::Value& firstIndex) {
  const Napi::Object given = value.ToObject();
  const Napi::Value offsets = given.Get("offsets");
  Clouds clouds;
  clouds.count = readCount(given.Get("count"), "count");
  clouds.dimension = dimension;
  clouds.name = given.Get("name").ToString();
  clouds.first = readCount(firstIndex, "firstIndex");
  const bool isInts = offsets.IsTypedArray() && offsets.As<Napi::TypedArray>().TypedArrayType() == napi_int32_array;
  if (!isInts || offsets.As<Napi::TypedArray>().ElementLength() != clouds.count + 1) {
    throw codedError(value.Env(), "ERR_SHAPE", "Expected an Int32Array of count + 1 for offsets");
  }
  const auto view = offsets.As<Napi::Int32Array>();
  for (std::size_t i = 0; i <= clouds.count; ++i) {
    const std::int32_t previous = i == 0 ? -1 : view[i - 1];
    if (view[i] <= previous || (i == 0 && view[i] != 0)) {
      throw codedError(value.Env(), "ERR_SHAPE", "Expected offsets that begin at 0 and rise");
    }
    clouds.offsets.push_back(static_cast<std::size_t>(view[i]));
  }
  clouds.points = readAligned(given.Get("points"), "points", clouds.offsets.back() * dimension);
  clouds.weights = readAligned(given.Get("weights"), "weights", clouds.offsets.back());
  return clouds;
}

SolverOptions readSolverOptions(const Napi::Value& value) {
  const Napi::Object given = value.ToObject();
  return {readDouble(given, "marginalTolerance"), readCount(given.Get("maxSolverIterations"), "maxSolverIterations")};
}

double readEpsilon(const Napi::Value& value) {
  const double epsilon = value.ToNumber();
  if (epsilon > 0 && std::isfinite(epsilon)) return epsilon;
  throw codedError(value.Env(), "ERR_RANGE", "Expected a finite number above 0 for epsilon");
}

namespace {

Napi::Value toPlans(Napi::Env env, Plans&& plans) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("values", toFloat64Array(env, std::move(plans.values)));
  result.Set("transportCosts", toFloat64Array(env, std::move(plans.transportCosts)));
  result.Set("marginalErrors", toFloat64Array(env, std::move(plans.marginalErrors)));
  result.Set("iterations", toInt32Array(env, std::move(plans.iterations)));
  result.Set("newtonSteps", toInt32Array(env, std::move(plans.newtonSteps)));
  result.Set("converged", toUint8Array(env, std::move(plans.converged)));
  result.Set("sourcePotentials", toFloat64Array(env, std::move(plans.sourcePotentials)));
  result.Set("targetPotentials", toFloat64Array(env, std::move(plans.targetPotentials)));
  result.Set("plans", toFloat64Array(env, std::move(plans.plans)));
  return result;
}

Napi::Value toDivergences(Napi::Env env, Divergences&& divergences) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("values", toFloat64Array(env, std::move(divergences.values)));
  result.Set("marginalErrors", toFloat64Array(env, std::move(divergences.marginalErrors)));
  result.Set("iterations", toInt32Array(env, std::move(divergences.iterations)));
  result.Set("converged", toUint8Array(env, std::move(divergences.converged)));
  result.Set("gradients", toFloat64Array(env, std::move(divergences.gradients)));
  result.Set("firstVariations", toFloat64Array(env, std::move(divergences.firstVariations)));
  return result;
}

// The arguments that functions on pairs share: (sources, targets, firstIndex, dimension, epsilon, solver).
struct Pairs {
  Clouds sources, targets;
  double epsilon;
  SolverOptions options;
};

std::shared_ptr<Pairs> readPairs(const Napi::CallbackInfo& info) {
  const std::size_t dimension = readCount(info[3], "dimension");
  auto pairs =
      std::make_shared<Pairs>(Pairs{readClouds(info[0], dimension, info[2]), readClouds(info[1], dimension, info[2]),
                                    readEpsilon(info[4]), readSolverOptions(info[5])});
  const std::size_t sources = pairs->sources.count, targets = pairs->targets.count;
  if (sources == targets || sources == 1 || targets == 1) return pairs;
  throw codedError(info.Env(), "ERR_SHAPE", "Expected as many sources as targets, or one");
}

// (..., wantPlans, onProgress)
Napi::Value solveTransport(const Napi::CallbackInfo& info) {
  return launch<Plans>(
      info.Env(), info[7],
      [pairs = readPairs(info), wantPlans = info[6].ToBoolean().Value()](Job& job) {
        return pointcloud::solveTransport(std::move(pairs->sources), std::move(pairs->targets), pairs->epsilon,
                                          pairs->options, wantPlans, job);
      },
      toPlans);
}

// (..., wantGradients, onProgress)
Napi::Value sinkhornDivergences(const Napi::CallbackInfo& info) {
  return launch<Divergences>(
      info.Env(), info[7],
      [pairs = readPairs(info), wantGradients = info[6].ToBoolean().Value()](Job& job) {
        return pointcloud::sinkhornDivergences(std::move(pairs->sources), std::move(pairs->targets), pairs->epsilon,
                                               pairs->options, wantGradients, job);
      },
      toDivergences);
}

// (matrix, epsilon, solver, wantPlan, onProgress)
Napi::Value solveTransportOfCosts(const Napi::CallbackInfo& info) {
  const double epsilon = readEpsilon(info[1]);
  const SolverOptions options = readSolverOptions(info[2]);
  const bool wantPlan = info[3].ToBoolean();
  const auto problem = std::make_shared<MarginalMatrix>(takeMarginalMatrix(info[0]));
  return launch<Plans>(
      info.Env(), info[4],
      [=](Job& job) { return pointcloud::solveTransport(*problem, epsilon, options, wantPlan, job); }, toPlans);
}

}  // namespace

void defineTransport(Napi::Env env, Napi::Object exports) {
  exports.Set("solveTransport", Napi::Function::New<solveTransport>(env));
  exports.Set("solveTransportOfCosts", Napi::Function::New<solveTransportOfCosts>(env));
  exports.Set("sinkhornDivergences", Napi::Function::New<sinkhornDivergences>(env));
}

}  // namespace denseam::binding
