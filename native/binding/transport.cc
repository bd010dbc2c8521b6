#include <cmath>
#include <memory>
#include <utility>

#include "binding/arguments.h"
#include "binding/columns.h"
#include "binding/matrices.h"
#include "binding/pointcloud.h"
#include "binding/promise_worker.h"
#include "pointcloud/divergence.h"

namespace denseam::binding {

using pointcloud::Clouds;
using pointcloud::Divergences;
using pointcloud::Plans;
using pointcloud::SolverOptions;

Clouds readClouds(const Napi::Value& value, std::size_t dimension, std::size_t firstIndex) {
  const Options given(value);
  const Napi::Value offsets = given["offsets"];
  Clouds clouds;
  clouds.count = given.count("count");
  clouds.dimension = dimension;
  clouds.name = given.text("name");
  clouds.first = firstIndex;
  clouds.firstPoint = given.count("firstPoint");
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
  clouds.points = readAligned(given["points"], "points", clouds.offsets.back() * dimension);
  clouds.weights = readAligned(given["weights"], "weights", clouds.offsets.back());
  return clouds;
}

SolverOptions readSolverOptions(const Options& options) {
  return {options.number("marginalTolerance"), options.count("maxSolverIterations"), options.count("mostCosts")};
}

double readEpsilon(const Options& options) {
  const double epsilon = options.number("epsilon");
  if (epsilon > 0 && std::isfinite(epsilon)) return epsilon;
  throw codedError(options.env(), "ERR_RANGE", "Expected a finite number above 0 for epsilon");
}

namespace {

constexpr Column<Plans> kPlans[] = {{"values", &Plans::values},
                                    {"transportCosts", &Plans::transportCosts},
                                    {"marginalErrors", &Plans::marginalErrors},
                                    {"iterations", &Plans::iterations},
                                    {"newtonSteps", &Plans::newtonSteps},
                                    {"converged", &Plans::converged},
                                    {"sourcePotentials", &Plans::sourcePotentials},
                                    {"targetPotentials", &Plans::targetPotentials},
                                    {"plans", &Plans::plans}};

constexpr Column<Divergences> kDivergences[] = {
    {"values", &Divergences::values},         {"marginalErrors", &Divergences::marginalErrors},
    {"iterations", &Divergences::iterations}, {"converged", &Divergences::converged},
    {"gradients", &Divergences::gradients},   {"firstVariations", &Divergences::firstVariations}};

// The common arguments of the functions on pairs: (sources, targets, { dimension, epsilon, marginalTolerance,
// maxSolverIterations, firstIndex, onProgress, ... }).
struct Pairs {
  Clouds sources, targets;
  double epsilon;
  SolverOptions solver;
};

std::shared_ptr<Pairs> readPairs(const Napi::CallbackInfo& info, const Options& options) {
  const std::size_t dimension = options.count("dimension");
  const std::size_t first = options.count("firstIndex");
  auto pairs =
      std::make_shared<Pairs>(Pairs{readClouds(info[0], dimension, first), readClouds(info[1], dimension, first),
                                    readEpsilon(options), readSolverOptions(options)});
  const std::size_t sources = pairs->sources.count, targets = pairs->targets.count;
  if (sources == targets || sources == 1 || targets == 1) return pairs;
  throw codedError(info.Env(), "ERR_SHAPE", "Expected as many sources as targets, or one");
}

// { ..., wantPlans }
Napi::Value solveTransport(const Napi::CallbackInfo& info) {
  const Options options(info[2]);
  return launch<Plans>(
      options,
      [pairs = readPairs(info, options), wantPlans = options.flag("wantPlans")](Job& job) {
        return pointcloud::solveTransport(std::move(pairs->sources), std::move(pairs->targets), pairs->epsilon,
                                          pairs->solver, wantPlans, job);
      },
      toColumns(kPlans));
}

// { ..., wantGradients }
Napi::Value sinkhornDivergences(const Napi::CallbackInfo& info) {
  const Options options(info[2]);
  return launch<Divergences>(
      options,
      [pairs = readPairs(info, options), wantGradients = options.flag("wantGradients")](Job& job) {
        return pointcloud::sinkhornDivergences(std::move(pairs->sources), std::move(pairs->targets), pairs->epsilon,
                                               pairs->solver, wantGradients, job);
      },
      toColumns(kDivergences));
}

// (matrix, { epsilon, marginalTolerance, maxSolverIterations, wantPlan, onProgress })
Napi::Value solveTransportOfCosts(const Napi::CallbackInfo& info) {
  const Options options(info[1]);
  const double epsilon = readEpsilon(options);
  const SolverOptions solver = readSolverOptions(options);
  const bool wantPlan = options.flag("wantPlan");
  const auto problem = std::make_shared<MarginalMatrix>(takeMarginalMatrix(info[0]));
  return launch<Plans>(
      options, [=](Job& job) { return pointcloud::solveTransport(*problem, epsilon, solver, wantPlan, job); },
      toColumns(kPlans));
}

}  // namespace

void defineTransport(Napi::Env env, Napi::Object exports) {
  exports.Set("solveTransport", Napi::Function::New<solveTransport>(env));
  exports.Set("solveTransportOfCosts", Napi::Function::New<solveTransportOfCosts>(env));
  exports.Set("sinkhornDivergences", Napi::Function::New<sinkhornDivergences>(env));
}

}  // namespace denseam::binding
